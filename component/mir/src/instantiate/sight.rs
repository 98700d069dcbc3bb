//! What running a function may look at: fields of instances and module-level variables, which others can see too.
//!
//! A value that is lent to a call is taken out of its place where the call cannot look there; else a copy of it stays. The answer is found on the
//! typed tree, before the callee is lowered: what each template looks at ([`Look`]), then per instance, from the callee through everything that it
//! may call. Calls of function values and of methods that are found when the program runs may look at everything.

use super::{MAX_DEPTH, R, Session, Stop};
use crate::layout::TypeCx;
use base::Symbol;
use sema::hir::{
    AdtKind, BinOp, Call, Callee, DictElement, Expr, ExprKind, FnId, FnKind, FormatPart, GlobalId, Pat,
    PatKind, Program, TraitRef, UnOp,
};
use sema::resolve::{self, Member, Method, TraitMethod};
use sema::ty::{AdtId, Ty, TyId};
use sema::{walk, wire_enum};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Functions are followed so far; what calls more may look at everything.
const MAX_FOLLOWED: usize = 5_000;

/// Who holds a value that others can see.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Holder {
    /// Instances of a class, in a field.
    Class(AdtId),
    /// A module-level variable.
    Global(GlobalId),
}

/// What a call may see of a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sight {
    /// The place itself.
    Place,
    /// Not the place, but others that may keep what holds it alive.
    Around,
    /// Nothing but its arguments.
    Nothing,
}

/// Something that a template does and that may look at what others see. Types mention the template's parameters.
#[derive(Clone)]
pub(crate) enum Look {
    Global(GlobalId),
    /// Reads a field of a value of this type.
    Field(TyId),
    /// Looks at the whole of a value: shows it, compares it.
    Whole(TyId),
    /// An operator by the types of its operands.
    Binary(BinOp, TyId, TyId),
    Negate(TyId),
    Call(FnId, Vec<TyId>),
    Trait {
        trait_: TraitRef,
        method: u32,
        self_ty: TyId,
        args: Vec<TyId>,
    },
    Member {
        recv: TyId,
        name: Symbol,
        args: Option<Vec<TyId>>,
        ret: TyId,
        statement: bool,
    },
    Anything,
}

wire_enum! {
    Look {
        0 Global(id), 1 Field(base), 2 Whole(ty), 3 Binary(op, left, right), 4 Negate(ty), 5 Call(id, args),
        6 Trait { trait_, method, self_ty, args }, 7 Member { recv, name, args, ret, statement }, 8 Anything
    }
}

/// What a template looks at; a library keeps it beside the template. The second is the work of finding it.
pub(crate) fn looks_of(program: &Program, id: FnId) -> (Vec<Look>, u64) {
    let mut scan = Scan { program, looks: Vec::new(), work: 0 };
    match &program.fns[id].kind {
        FnKind::Body(body) => scan.expr(&body.value),
        // A template brings its own; a function without a body is any.
        FnKind::Template | FnKind::Required => scan.looks.push(Look::Anything),
        // They are looked at where they are called.
        FnKind::Runtime(_) | FnKind::Intrinsic(_) => {}
        // The host sees what it is given, and nothing of the program besides.
        FnKind::Host => {}
    }
    (scan.looks, scan.work)
}

/// What an instance looks at itself, and what it calls.
#[derive(Default)]
struct Looks {
    holders: BTreeSet<Holder>,
    anything: bool,
    calls: Vec<(FnId, Vec<TyId>)>,
}

type Instance = (FnId, Vec<TyId>);

/// What is known already.
#[derive(Default)]
pub(super) struct Known {
    templates: BTreeMap<FnId, Rc<Vec<Look>>>,
    instances: BTreeMap<Instance, Rc<Looks>>,
    answers: BTreeMap<(Instance, Holder), Sight>,
}

impl Session<'_> {
    /// What a call of a function may see of what a holder holds.
    pub fn sight(&mut self, id: FnId, args: &[TyId], holder: Holder) -> R<Sight> {
        let question = ((id, args.to_vec()), holder);
        if let Some(&known) = self.sights.answers.get(&question) {
            return Ok(known);
        }
        let mut sight = Sight::Nothing;
        let mut followed: BTreeSet<Instance> = BTreeSet::new();
        let mut work = vec![question.0.clone()];
        while let Some(instance) = work.pop() {
            if !followed.insert(instance.clone()) {
                continue;
            }
            let looks = self.looks(&instance)?;
            if looks.anything || looks.holders.contains(&holder) || followed.len() > MAX_FOLLOWED {
                sight = Sight::Place;
                break;
            }
            if !looks.holders.is_empty() {
                sight = Sight::Around;
            }
            work.extend(looks.calls.iter().cloned());
        }
        self.sights.answers.insert(question, sight);
        Ok(sight)
    }

    /// Whether looking at the whole of a value may see what a holder holds.
    pub fn shows(&mut self, ty: TyId, holder: Holder) -> bool {
        match (self.classes_within(ty), holder) {
            (None, _) => true,
            (Some(classes), Holder::Class(class)) => classes.contains(&class),
            (Some(_), Holder::Global(_)) => false,
        }
    }

    fn classes_within(&mut self, ty: TyId) -> Option<BTreeSet<AdtId>> {
        let mut cx = TypeCx { program: self.hir, names: &self.cx.names };
        self.layouts.classes_within(&mut cx, ty)
    }

    fn looks(&mut self, instance: &Instance) -> R<Rc<Looks>> {
        if let Some(known) = self.sights.instances.get(instance) {
            return Ok(known.clone());
        }
        let (id, args) = instance;
        let mut looks = Looks::default();
        if args.iter().any(|&ty| self.depth(ty) > MAX_DEPTH) {
            looks.anything = true;
        } else {
            let template = self.look_template(*id)?;
            for look in template.iter() {
                self.look(look, args, &mut looks);
            }
        }
        let looks = Rc::new(looks);
        self.sights.instances.insert(instance.clone(), looks.clone());
        Ok(looks)
    }

    fn look_template(&mut self, id: FnId) -> R<Rc<Vec<Look>>> {
        if let Some(known) = self.sights.templates.get(&id) {
            return Ok(known.clone());
        }
        let (looks, work) = match &self.hir.fns[id].kind {
            FnKind::Template => match self.compiled.looks(id) {
                Ok(looks) => (looks, 1),
                Err(malformed) => return Err(self.bad_template(id, &malformed.to_string())),
            },
            FnKind::Body(_) | FnKind::Required | FnKind::Runtime(_) | FnKind::Intrinsic(_) | FnKind::Host => {
                looks_of(self.hir, id)
            }
        };
        self.cx.budget.spend(work).map_err(|_| Stop)?;
        let looks = Rc::new(looks);
        self.sights.templates.insert(id, looks.clone());
        Ok(looks)
    }

    fn look(&mut self, look: &Look, args: &[TyId], looks: &mut Looks) {
        let types = &mut self.hir.types;
        match look {
            Look::Global(id) => {
                looks.holders.insert(Holder::Global(*id));
            }
            Look::Field(base) => {
                let base = types.subst(*base, args);
                looks.holders.extend(self.class(base).map(Holder::Class));
            }
            Look::Whole(ty) => {
                let ty = types.subst(*ty, args);
                self.look_at_whole(ty, looks);
            }
            Look::Binary(op, left, right) => {
                let (left, right) = (types.subst(*left, args), types.subst(*right, args));
                match resolve::operator(self.cx, self.hir, *op, left, right) {
                    Some(method) => looks.call(method),
                    None => {
                        self.look_at_whole(left, looks);
                        self.look_at_whole(right, looks);
                    }
                }
            }
            Look::Negate(ty) => {
                let ty = types.subst(*ty, args);
                if let Some(method) = resolve::negation(self.cx, self.hir, ty) {
                    looks.call(method);
                }
            }
            Look::Call(id, targs) => looks.calls.push((*id, types.subst_all(targs, args))),
            Look::Trait { trait_, method, self_ty, args: targs } => {
                let trait_ = TraitRef { id: trait_.id, args: types.subst_all(&trait_.args, args) };
                let (self_ty, targs) = (types.subst(*self_ty, args), types.subst_all(targs, args));
                match resolve::trait_method(self.cx, self.hir, &trait_, *method, self_ty, &targs) {
                    Some(TraitMethod::Fn(id, targs)) => looks.calls.push((id, targs)),
                    Some(TraitMethod::Dyn(..)) | None => looks.anything = true,
                }
            }
            Look::Member { recv, name, args: given, ret, statement } => {
                let (recv, ret) = (types.subst(*recv, args), types.subst(*ret, args));
                let given = given.as_ref().map(|given| types.subst_all(given, args));
                let member =
                    resolve::member(self.cx, self.hir, recv, *name, given.as_deref(), ret, *statement);
                match member {
                    Some(Member::Field(..)) => looks.holders.extend(self.class(recv).map(Holder::Class)),
                    Some(Member::Method(method)) => looks.call(method),
                    Some(Member::Dyn { .. } | Member::FieldCall { .. } | Member::Dynamic) | None => {
                        looks.anything = true;
                    }
                }
            }
            Look::Anything => looks.anything = true,
        }
    }

    fn look_at_whole(&mut self, ty: TyId, looks: &mut Looks) {
        match self.classes_within(ty) {
            Some(classes) => looks.holders.extend(classes.into_iter().map(Holder::Class)),
            None => looks.anything = true,
        }
    }

    fn class(&self, ty: TyId) -> Option<AdtId> {
        match self.hir.types.get(ty) {
            Ty::Adt(id, _) => matches!(self.hir.adts[*id].kind, AdtKind::Class(_)).then_some(*id),
            _ => None,
        }
    }
}

impl Looks {
    fn call(&mut self, method: Method) {
        self.calls.push((method.id, method.args));
        self.calls.extend(method.defaults);
    }
}

/// Collects what a body looks at.
struct Scan<'a> {
    program: &'a Program,
    looks: Vec<Look>,
    work: u64,
}

impl<'a> Scan<'a> {
    fn expr(&mut self, e: &'a Expr) {
        self.work += 1;
        match &e.kind {
            ExprKind::Global(id) => self.looks.push(Look::Global(*id)),
            ExprKind::Field(base, _) => self.looks.push(Look::Field(base.ty)),
            ExprKind::Member(recv, name) => self.looks.push(Look::Member {
                recv: recv.ty,
                name: *name,
                args: None,
                ret: e.ty,
                statement: false,
            }),
            ExprKind::Binary(op, left, right) => self.binary(*op, left.ty, right.ty),
            ExprKind::Assign { place, op: Some(op), value } => self.binary(*op, place.ty, value.ty),
            ExprKind::Unary(UnOp::Neg, operand) => self.looks.push(Look::Negate(operand.ty)),
            ExprKind::Index(base, index) => match self.program.types.get(base.ty) {
                Ty::Dict(..) => self.looks.push(Look::Whole(index.ty)),
                Ty::Any | Ty::Param(_) => self.looks.push(Look::Whole(base.ty)),
                _ => {}
            },
            ExprKind::Dict(items) => {
                for item in items {
                    let (DictElement::Pair(key, _) | DictElement::Spread(key)) = item;
                    self.looks.push(Look::Whole(key.ty));
                }
            }
            ExprKind::Cast(value) => self.looks.push(Look::Whole(value.ty)),
            ExprKind::Format(parts) => {
                for part in parts {
                    if let FormatPart::Value(value, _) = part {
                        self.looks.push(Look::Whole(value.ty));
                    }
                }
            }
            ExprKind::Call(call) => self.call(call, e.ty),
            _ => {}
        }
        walk::patterns(e, &mut |pat| self.pat(pat));
        walk::parts(e, &mut |part| self.expr(part));
    }

    fn binary(&mut self, op: BinOp, left: TyId, right: TyId) {
        let is_number = |ty| matches!(self.program.types.get(ty), Ty::Int(_) | Ty::Float { .. });
        if !(is_number(left) && is_number(right)) {
            self.looks.push(Look::Binary(op, left, right));
        }
    }

    fn pat(&mut self, pat: &'a Pat) {
        match &pat.kind {
            PatKind::Struct(_) => self.looks.push(Look::Field(pat.ty)),
            PatKind::Literal(_) | PatKind::Range { .. } => self.looks.push(Look::Whole(pat.ty)),
            PatKind::Wild
            | PatKind::Bind(_)
            | PatKind::Or(_)
            | PatKind::Tuple(_)
            | PatKind::Array { .. }
            | PatKind::Variant { .. }
            | PatKind::Some(_)
            | PatKind::Nil
            | PatKind::Is(..) => {}
        }
        walk::inner_patterns(pat, &mut |inner| self.pat(inner));
    }

    fn call(&mut self, call: &'a Call, ret: TyId) {
        let look = match &call.callee {
            Callee::Fn(id, args) => match self.program.fns[*id].kind {
                FnKind::Body(_) | FnKind::Template | FnKind::Required | FnKind::Host => {
                    Look::Call(*id, args.clone())
                }
                FnKind::Intrinsic(intrinsic) => {
                    if intrinsic.inspects_values() {
                        self.looks.extend(args.first().map(|&ty| Look::Whole(ty)));
                    }
                    return;
                }
                FnKind::Runtime(_) => {
                    self.looks.extend(call.args.iter().map(|arg| Look::Whole(arg.ty)));
                    return;
                }
            },
            Callee::Trait { trait_, method, self_ty, args } => {
                Look::Trait { trait_: trait_.clone(), method: *method, self_ty: *self_ty, args: args.clone() }
            }
            Callee::Member { name, statement } => match call.args.split_first() {
                Some((recv, rest)) => Look::Member {
                    recv: recv.ty,
                    name: *name,
                    args: Some(rest.iter().map(|arg| arg.ty).collect()),
                    ret,
                    statement: *statement,
                },
                None => Look::Anything,
            },
            Callee::Dyn { .. } | Callee::Value(_) => Look::Anything,
        };
        self.looks.push(look);
    }
}
