//! From the tree of inference to the final one: types without variables, members as they were resolved, conversions where the
//! types differ.

use crate::hir::{self, Callee, ExprKind, FnId, LocalId, PatKind, Receiver, TraitRef};
use crate::infer::ity::{Con, MAX_DEPTH, Node, T, Var, VarKind};
use crate::infer::tree::{
    BindId, FrameId, IArm, ICallee, ICond, IDictElement, IExpr, IFormat, IKind, IPat, IPatKind, ModuleVar,
    Pending, Resolution,
};
use crate::infer::{BindKind, Infer};
use crate::scheme::External;
use crate::ty::{Ty, TyId, Types};
use base::{Code, Diagnostic, EntityId, Map, Span, Symbol};
use std::collections::BTreeMap;
use std::collections::HashMap;
use syntax::ast::UnOp;

/// Types with more nodes than this are rejected.
pub(crate) const MAX_SIZE: u64 = 10_000;

impl Infer<'_> {
    /// A type without variables: those of `map` become type parameters, others get their default.
    pub(crate) fn lower(&mut self, t: T, map: &HashMap<Var, u32>) -> TyId {
        self.lower_at(t, map, 0, &mut HashMap::new())
    }

    fn lower_at(&mut self, t: T, map: &HashMap<Var, u32>, depth: u32, memo: &mut HashMap<T, TyId>) -> TyId {
        let t = self.tt.shallow(t);
        if let Some(&ty) = memo.get(&t) {
            return ty;
        }
        if depth > MAX_DEPTH {
            return Types::error();
        }
        self.tt.steps += 1;
        let (con, args) = match self.tt.node(t) {
            Node::Var(var) => {
                if let Some(&n) = map.get(var) {
                    return self.p.types.intern(Ty::Param(n));
                }
                return match self.tt.vars[*var].kind {
                    VarKind::General => Types::unit(),
                    VarKind::Int => Types::i64(),
                    VarKind::Float => Types::f64(),
                };
            }
            Node::App(con, args) => (*con, args.clone()),
        };
        let mut list: Vec<TyId> =
            args.into_iter().map(|arg| self.lower_at(arg, map, depth + 1, memo)).collect();
        let ty = match con {
            Con::Error => Ty::Error,
            Con::Never => Ty::Never,
            Con::Unit => Ty::Unit,
            Con::Bool => Ty::Bool,
            Con::Int(int) => Ty::Int(int),
            Con::Float(bits) => Ty::Float { bits },
            Con::Text => Ty::Text,
            Con::Any => Ty::Any,
            Con::Range => Ty::Range,
            Con::Array => Ty::Array(list[0]),
            Con::Dict => Ty::Dict(list[0], list[1]),
            Con::Tuple => Ty::Tuple(list),
            Con::Option => Ty::Option(list[0]),
            Con::Fn => {
                let ret = list.pop().expect("a function type has a result");
                Ty::Fn(list, ret)
            }
            Con::Adt(id) => Ty::Adt(id, list),
            Con::Dyn(id) => Ty::Dyn(id, list),
            Con::Param(n) => Ty::Param(n),
        };
        let ty = self.p.types.intern(ty);
        memo.insert(t, ty);
        ty
    }

    /// Number of nodes of a type, counted up to a limit.
    pub(crate) fn type_size(&self, ty: TyId, sizes: &mut HashMap<TyId, u64>) -> u64 {
        if let Some(&size) = sizes.get(&ty) {
            return size;
        }
        let parts: Vec<TyId> = match self.p.types.get(ty) {
            Ty::Array(inner) | Ty::Option(inner) => vec![*inner],
            Ty::Dict(key, value) => vec![*key, *value],
            Ty::Tuple(items) | Ty::Adt(_, items) | Ty::Dyn(_, items) => items.clone(),
            Ty::Fn(params, ret) => params.iter().copied().chain([*ret]).collect(),
            Ty::Error
            | Ty::Never
            | Ty::Unit
            | Ty::Bool
            | Ty::Int(_)
            | Ty::Float { .. }
            | Ty::Text
            | Ty::Any
            | Ty::Range
            | Ty::Param(_) => vec![],
        };
        let mut size = 1u64;
        for part in parts {
            size = size.saturating_add(self.type_size(part, sizes));
        }
        sizes.insert(ty, size);
        size
    }

    /// Module-level variables that functions use become globals.
    fn build_globals(&mut self) {
        let none = HashMap::new();
        for var in self.module_binds.ids() {
            let bind = &self.module_binds[var];
            if !bind.shared {
                continue;
            }
            let (name, t, span) = (bind.name, bind.ty, bind.span);
            let ty = self.lower(t, &none);
            let id = self.p.globals.push(hir::Global { name, ty, span });
            self.globals.insert(var, id);
        }
    }

    /// All functions, in the order of their ids.
    pub(crate) fn build_program(&mut self) {
        self.build_globals();
        let mut built: BTreeMap<usize, hir::FnKind> = BTreeMap::new();
        let mut closures: BTreeMap<usize, (Vec<TyId>, TyId, Vec<hir::Generic>)> = BTreeMap::new();
        for body in 0..self.bodies.len() {
            if self.bodies[body].frames.is_empty() {
                continue;
            }
            self.cur = body;
            let mut zonk =
                Zonk { infer: self, body, sizes: HashMap::new(), memo: HashMap::new(), closures: Vec::new() };
            let first = FrameId::from_index(0);
            let id = zonk.infer.bodies[body].frames[first].id;
            let main = zonk.frame(first);
            built.insert(id.index(), hir::FnKind::Body(main));
            let owner = zonk.infer.p.schemes.sigs[id].generics.clone();
            for (id, params, ret, body) in std::mem::take(&mut zonk.closures) {
                built.insert(id.index(), hir::FnKind::Body(body));
                closures.insert(id.index(), (params, ret, owner.clone()));
            }
        }
        for id in self.p.schemes.sigs.ids() {
            let kind = built.remove(&id.index());
            let sig = &self.p.schemes.sigs[id];
            let kind = kind.unwrap_or(match sig.external {
                Some(External::Runtime(f)) => hir::FnKind::Runtime(f),
                Some(External::Intrinsic(f)) => hir::FnKind::Intrinsic(f),
                None => hir::FnKind::Required,
            });
            let (params, ret, generics) = match closures.remove(&id.index()) {
                Some(closure) => closure,
                None => (
                    sig.params.iter().map(|param| param.ty.unwrap_or(Types::error())).collect(),
                    sig.ret.unwrap_or(Types::unit()),
                    sig.generics.clone(),
                ),
            };
            let function = hir::Fn {
                name: sig.name,
                path: sig.path.clone(),
                span: sig.span,
                generics,
                params,
                ret,
                receiver: sig.receiver,
                kind,
                is_std: sig.is_std,
            };
            self.p.fns.push(function);
        }
    }
}

struct Zonk<'z, 'a> {
    infer: &'z mut Infer<'a>,
    body: usize,
    sizes: HashMap<TyId, u64>,
    memo: HashMap<T, TyId>,
    closures: Vec<(FnId, Vec<TyId>, TyId, hir::Body)>,
}

/// What building one frame needs.
struct Locals {
    list: Map<LocalId, hir::Local>,
    of: HashMap<BindId, LocalId>,
    /// Variables that hold their zero from the start.
    hoisted: Vec<LocalId>,
    /// Module-level variables that only the module body uses.
    module: HashMap<ModuleVar, LocalId>,
}

impl Locals {
    fn new() -> Locals {
        Locals { list: Map::new(), of: HashMap::new(), hoisted: Vec::new(), module: HashMap::new() }
    }
}

impl Zonk<'_, '_> {
    fn ty(&mut self, t: T, span: Span) -> TyId {
        let key = self.infer.tt.shallow(t);
        if let Some(&ty) = self.memo.get(&key) {
            return ty;
        }
        let map = std::mem::take(&mut self.infer.bodies[self.body].params);
        let ty = self.infer.lower(t, &map);
        self.infer.bodies[self.body].params = map;
        if self.infer.type_size(ty, &mut self.sizes) > MAX_SIZE {
            self.infer.report(
                Diagnostic::new(Code::TooDeep, span, "the type of this is too large")
                    .help("give parts of it names of their own: a struct or class"),
            );
        }
        self.memo.insert(key, ty);
        ty
    }

    fn types(&mut self, list: &[T], span: Span) -> Vec<TyId> {
        list.iter().map(|&t| self.ty(t, span)).collect()
    }

    fn frame(&mut self, id: FrameId) -> hir::Body {
        let frame = &mut self.infer.bodies[self.body].frames[id];
        let params = frame.params.clone();
        let captures: Vec<BindId> = frame.captures.iter().map(|&(_, inner)| inner).collect();
        let self_closure = frame.self_closure;
        let value = frame.value.take();
        let (ret_ty, span) = (frame.ret_ty, frame.span);
        let mut locals = Locals::new();
        let params = params.into_iter().map(|bind| self.local(bind, &mut locals)).collect();
        let captures = captures.into_iter().map(|bind| self.local(bind, &mut locals)).collect();
        let self_closure = self_closure.map(|bind| self.local(bind, &mut locals));
        let ret = self.ty(ret_ty, span);
        let value = match value {
            Some(value) => self.expr(value, &mut locals),
            None => hir::Expr { kind: ExprKind::Error, ty: Types::error(), span },
        };
        let value = self.convert(value, ret);
        let value = self.with_hoisted(value, &mut locals);
        hir::Body { locals: locals.list, params, captures, self_closure, value }
    }

    /// Zeros for the variables that are read behind the block that sets them.
    fn with_hoisted(&mut self, value: hir::Expr, locals: &mut Locals) -> hir::Expr {
        let hoisted = std::mem::take(&mut locals.hoisted);
        if hoisted.is_empty() {
            return value;
        }
        let (ty, span) = (value.ty, value.span);
        let mut stmts = Vec::new();
        for local in hoisted {
            let info = &locals.list[local];
            let (local_ty, at, name) = (info.ty, info.span, info.name);
            match self.zero(local_ty, at) {
                Some(zero) => {
                    let pat = hir::Pat { kind: PatKind::Bind(local), ty: local_ty, span: at };
                    let kind = ExprKind::Let { pat, init: Box::new(zero) };
                    stmts.push(hir::Expr { kind, ty: Types::unit(), span: at });
                }
                None => {
                    let text = self.infer.name(name);
                    self.infer.report(
                        Diagnostic::new(
                            Code::AmbiguousType,
                            at,
                            format!(
                                "`{text}` may not be set where it is used, behind the block that declares it"
                            ),
                        )
                        .help(format!(
                            "declare it before the block, with an optional type: `var {text}: T? = nil`"
                        )),
                    );
                }
            }
        }
        hir::Expr { kind: ExprKind::Block { stmts, value: Some(Box::new(value)) }, ty, span }
    }

    fn zero(&mut self, ty: TyId, span: Span) -> Option<hir::Expr> {
        let kind = match self.infer.p.types.get(ty) {
            Ty::Unit => ExprKind::Unit,
            Ty::Bool => ExprKind::Bool(false),
            Ty::Int(_) => ExprKind::Int(0),
            Ty::Float { .. } => ExprKind::Float(0.0),
            Ty::Text => ExprKind::Text(String::new()),
            Ty::Any | Ty::Option(_) => ExprKind::Nil,
            Ty::Array(_) => ExprKind::Array(Vec::new()),
            Ty::Dict(..) => ExprKind::Dict(Vec::new()),
            Ty::Error
            | Ty::Never
            | Ty::Range
            | Ty::Tuple(_)
            | Ty::Fn(..)
            | Ty::Adt(..)
            | Ty::Dyn(..)
            | Ty::Param(_) => return None,
        };
        Some(hir::Expr { kind, ty, span })
    }

    /// The local of a binding, by its shared place.
    fn local(&mut self, bind: BindId, locals: &mut Locals) -> LocalId {
        self.infer.cur = self.body;
        let bind = self.infer.root(bind);
        if let Some(&local) = locals.of.get(&bind) {
            return local;
        }
        let info = &self.infer.bodies[self.body].binds[bind];
        let (name, t, span, hoisted, kind) = (info.name, info.ty, info.span, info.hoisted, info.kind);
        let ty = self.ty(t, span);
        let local = locals.list.push(hir::Local { name, ty, span });
        locals.of.insert(bind, local);
        if hoisted && kind != BindKind::Capture {
            locals.hoisted.push(local);
        }
        local
    }

    fn is_hoisted(&self, bind: BindId) -> bool {
        let bind = self.infer.root(bind);
        self.infer.bodies[self.body].binds[bind].hoisted
    }

    fn node(&self, kind: ExprKind, ty: TyId, span: Span) -> hir::Expr {
        hir::Expr { kind, ty, span }
    }

    fn boxed(&mut self, expr: IExpr, locals: &mut Locals) -> Box<hir::Expr> {
        Box::new(self.expr(expr, locals))
    }

    fn maybe(&mut self, expr: Option<Box<IExpr>>, locals: &mut Locals) -> Option<Box<hir::Expr>> {
        expr.map(|expr| self.boxed(*expr, locals))
    }

    fn list(&mut self, list: Vec<IExpr>, locals: &mut Locals) -> Vec<hir::Expr> {
        list.into_iter().map(|expr| self.expr(expr, locals)).collect()
    }

    /// Puts in the conversions from one type to another.
    fn convert(&mut self, expr: hir::Expr, to: TyId) -> hir::Expr {
        let from = expr.ty;
        if from == to || from == Types::error() || to == Types::error() {
            return expr;
        }
        let span = expr.span;
        let (import, to_ty) = (self.infer.p.types.get(from).clone(), self.infer.p.types.get(to).clone());
        match (&import, &to_ty) {
            (Ty::Never, _) => {}
            // A value that nobody uses.
            (_, Ty::Unit) if from != Types::any() => {
                return self.node(ExprKind::Block { stmts: vec![expr], value: None }, to, span);
            }
            (Ty::Option(_), Ty::Option(_)) | (Ty::Any, _) | (_, Ty::Any) => {}
            (_, Ty::Option(inner)) => {
                let expr = self.convert(expr, *inner);
                return self.node(ExprKind::Coerce(Box::new(expr)), to, span);
            }
            (Ty::Option(inner), _) => {
                let expr = self.unwrap(expr, *inner);
                return self.convert(expr, to);
            }
            _ => {}
        }
        self.node(ExprKind::Coerce(Box::new(expr)), to, span)
    }

    /// The payload of an option, or a run-time error.
    fn unwrap(&mut self, expr: hir::Expr, inner: TyId) -> hir::Expr {
        let span = expr.span;
        let name = self.infer.cx.names.intern("unwrap");
        let found =
            self.infer.p.schemes.members.get(&(Con::Option, name)).and_then(|list| list.first()).copied();
        let callee = match found {
            Some(member) => Callee::Fn(member.id, vec![inner]),
            None => return self.node(ExprKind::Error, Types::error(), span),
        };
        self.node(ExprKind::Call(Box::new(hir::Call { callee, args: vec![expr] })), inner, span)
    }

    #[allow(clippy::too_many_lines)]
    fn expr(&mut self, expr: IExpr, locals: &mut Locals) -> hir::Expr {
        let IExpr { kind, ty: t, span, .. } = expr;
        let ty = self.ty(t, span);
        let kind = match kind {
            IKind::Int(value) => self.int(value, ty, false, span),
            IKind::Float(value) => ExprKind::Float(value),
            IKind::Bool(value) => ExprKind::Bool(value),
            IKind::Text(text) => ExprKind::Text(text),
            IKind::Format(parts) => ExprKind::Format(
                parts
                    .into_iter()
                    .map(|part| match part {
                        IFormat::Text(text) => hir::FormatPart::Text(text),
                        IFormat::Value(value, spec) => {
                            let value = self.expr(value, locals);
                            if let Some(spec) = &spec {
                                self.check_spec(spec, &value);
                            }
                            hir::FormatPart::Value(value, spec)
                        }
                    })
                    .collect(),
            ),
            IKind::Nil => ExprKind::Nil,
            IKind::Unit => ExprKind::Unit,
            IKind::Bind(bind) => ExprKind::Local(self.local(bind, locals)),
            IKind::Module(var) => self.module_var(var, locals),
            IKind::FnValue(id, args) => ExprKind::FnValue(id, self.fn_args(id, &args, span)),
            IKind::Closure(frame) => return self.closure(frame, ty, span, locals),
            IKind::Construct { variant, fields } => {
                ExprKind::Construct { variant, fields: self.list(fields, locals) }
            }
            IKind::Some(inner) => ExprKind::Some(self.boxed(*inner, locals)),
            IKind::Tuple(items) => ExprKind::Tuple(self.list(items, locals)),
            IKind::Array(items) => ExprKind::Array(
                items.into_iter().map(|(spread, item)| (spread, self.expr(item, locals))).collect(),
            ),
            IKind::Repeat(value, count) => {
                ExprKind::Repeat(self.boxed(*value, locals), self.boxed(*count, locals))
            }
            IKind::Dict(items) => ExprKind::Dict(
                items
                    .into_iter()
                    .map(|item| match item {
                        IDictElement::Pair(key, value) => {
                            hir::DictElement::Pair(self.expr(key, locals), self.expr(value, locals))
                        }
                        IDictElement::Spread(value) => hir::DictElement::Spread(self.expr(value, locals)),
                    })
                    .collect(),
            ),
            IKind::Range { start, end, inclusive } => {
                ExprKind::Range { start: self.boxed(*start, locals), end: self.maybe(end, locals), inclusive }
            }
            IKind::Binary(op, left, right, pending) => {
                let left = self.expr(*left, locals);
                let right = self.expr(*right, locals);
                match pending.and_then(|pending| self.infer.pendings[pending].take()) {
                    Some(Resolution::Call { callee, params, negate, .. }) => {
                        return self.operator_call(callee, &params, vec![left, right], negate, ty, span);
                    }
                    _ => ExprKind::Binary(op, Box::new(left), Box::new(right)),
                }
            }
            IKind::And(left, right) => ExprKind::And(self.boxed(*left, locals), self.boxed(*right, locals)),
            IKind::Or(left, right) => ExprKind::Or(self.boxed(*left, locals), self.boxed(*right, locals)),
            IKind::Unary(UnOp::Neg, operand, _) if matches!(operand.kind, IKind::Int(_)) => {
                let IKind::Int(value) = operand.kind else { unreachable!("looked at above") };
                let inner = self.int(value, ty, true, operand.span);
                match inner {
                    ExprKind::Float(value) => ExprKind::Float(-value),
                    inner => ExprKind::Unary(UnOp::Neg, Box::new(self.node(inner, ty, operand.span))),
                }
            }
            IKind::Unary(op, operand, pending) => {
                let operand = self.expr(*operand, locals);
                match pending.and_then(|pending| self.infer.pendings[pending].take()) {
                    Some(Resolution::Call { callee, params, negate, .. }) => {
                        return self.operator_call(callee, &params, vec![operand], negate, ty, span);
                    }
                    _ => ExprKind::Unary(op, Box::new(operand)),
                }
            }
            IKind::Truthy(inner) => ExprKind::Truthy(self.boxed(*inner, locals)),
            IKind::Present(inner) => return self.present(*inner, span, locals),
            IKind::Coerce(inner) => {
                let inner = self.expr(*inner, locals);
                return self.convert(inner, ty);
            }
            IKind::Cast(inner) => {
                let inner = self.boxed(*inner, locals);
                if inner.ty == ty {
                    return *inner;
                }
                ExprKind::Cast(inner)
            }
            IKind::Call { callee, args } => {
                self.require_known(t, span);
                let args = self.list(args, locals);
                let callee = self.callee(callee, span, locals);
                ExprKind::Call(Box::new(hir::Call { callee, args }))
            }
            IKind::Field(base, index) => ExprKind::Field(self.boxed(*base, locals), index),
            IKind::Member { recv, name, args, statement, pending } => {
                return self.member(*recv, name, args, statement, pending, (ty, span), locals);
            }
            IKind::Index(base, index) => {
                ExprKind::Index(self.boxed(*base, locals), self.boxed(*index, locals))
            }
            IKind::Slice { base, start, end, step } => ExprKind::Slice {
                base: self.boxed(*base, locals),
                start: self.maybe(start, locals),
                end: self.maybe(end, locals),
                step: self.maybe(step, locals),
            },
            IKind::Try(inner) => ExprKind::Try(self.boxed(*inner, locals)),
            IKind::Coalesce(left, right) => {
                ExprKind::Coalesce(self.boxed(*left, locals), self.boxed(*right, locals))
            }
            IKind::Block { stmts, value } => {
                let stmts = self.stmts(stmts, locals);
                let value = self.maybe(value, locals);
                ExprKind::Block { stmts, value }
            }
            IKind::Let { .. } | IKind::LetElse { .. } => {
                let mut stmts = self.stmt(IExpr { kind, ty: t, span, soft: false }, locals);
                if stmts.len() == 1 {
                    return stmts.pop().expect("one statement");
                }
                ExprKind::Block { stmts, value: None }
            }
            IKind::Assign { place, op, value } => {
                let place = self.boxed(*place, locals);
                let value = self.boxed(*value, locals);
                ExprKind::Assign { place, op, value }
            }
            IKind::If { cond, then, otherwise } => {
                let (cond, extra) = self.cond(*cond, locals);
                let then = self.expr(*then, locals);
                let then = self.after(extra, then);
                ExprKind::If {
                    cond: Box::new(cond),
                    then: Box::new(then),
                    otherwise: self.maybe(otherwise, locals),
                }
            }
            IKind::Match { value, arms, exhaustive } => {
                let value = self.boxed(*value, locals);
                let arms = arms.into_iter().map(|arm| self.arm(arm, locals)).collect();
                ExprKind::Match { value, arms, exhaustive }
            }
            IKind::While { id, cond, body } => {
                let (cond, extra) = self.cond(*cond, locals);
                let body = self.expr(*body, locals);
                let body = self.after(extra, body);
                ExprKind::While { id, cond: Box::new(cond), body: Box::new(body) }
            }
            IKind::For { id, index, pat, iter, body } => {
                let iter = self.boxed(*iter, locals);
                let index = index.map(|bind| self.local(bind, locals));
                let (pat, extra) = self.pat(pat, locals);
                let body = self.expr(*body, locals);
                let body = self.after(extra, body);
                ExprKind::For { id, index, pat, iter, body: Box::new(body) }
            }
            IKind::Loop { id, body } => ExprKind::Loop { id, body: self.boxed(*body, locals) },
            IKind::Break(id, value) => ExprKind::Break(id, self.maybe(value, locals)),
            IKind::Continue(id) => ExprKind::Continue(id),
            IKind::Return(value) => ExprKind::Return(self.maybe(value, locals)),
            IKind::Assert { cond, message } => {
                ExprKind::Assert { cond: self.boxed(*cond, locals), message: self.maybe(message, locals) }
            }
            IKind::Error => ExprKind::Error,
        };
        self.node(kind, ty, span)
    }

    /// A call whose result nothing determines.
    fn require_known(&mut self, t: T, span: Span) {
        let open = match self.infer.tt.var_of(t) {
            Some(var) => {
                self.infer.tt.vars[var].kind == VarKind::General
                    && !self.infer.bodies[self.body].params.contains_key(&var)
            }
            None => false,
        };
        if open {
            self.infer.report(
                Diagnostic::new(Code::AmbiguousType, span, "the type of this is not known")
                    .help("declare the type of the variable that it comes from"),
            );
        }
    }

    /// A spec must fit the type, where that is a number or a text.
    fn check_spec(&mut self, spec: &str, value: &hir::Expr) {
        let Ok(parsed) = abi::format_spec::parse(spec) else { return };
        let Some(form) = parsed.form else { return };
        let fits = match self.infer.p.types.get(value.ty) {
            Ty::Text => form.fits_text(),
            Ty::Float { .. } => form.fits_float(),
            _ => true,
        };
        if !fits {
            let text = self.infer.show_type(value.ty);
            self.infer.report(
                Diagnostic::new(
                    Code::BadFormatSpec,
                    value.span,
                    format!("`{spec}` does not format a `{text}`"),
                )
                .help("leave the last letter of the spec out, or convert the value"),
            );
        }
    }

    /// A number in its type: too large ones are reported.
    fn int(&mut self, value: u64, ty: TyId, negative: bool, span: Span) -> ExprKind {
        match *self.infer.p.types.get(ty) {
            Ty::Float { .. } => ExprKind::Float(value as f64),
            Ty::Int(int) if int.bits < 64 => {
                let limit = 1u64 << (int.bits - u8::from(int.signed));
                let fits = if negative && int.signed { value <= limit } else { value < limit };
                if !fits {
                    let text = self.infer.show_type(ty);
                    self.infer.report(
                        Diagnostic::new(
                            Code::BadNumber,
                            span,
                            format!("the number does not fit into `{text}`"),
                        )
                        .help(format!("write `{value} as {text}` to cut it")),
                    );
                }
                ExprKind::Int(value)
            }
            _ => ExprKind::Int(value),
        }
    }

    fn module_var(&mut self, var: ModuleVar, locals: &mut Locals) -> ExprKind {
        match self.infer.globals.get(&var) {
            Some(&global) => ExprKind::Global(global),
            None => ExprKind::Local(self.module_local(var, locals)),
        }
    }

    fn module_local(&mut self, var: ModuleVar, locals: &mut Locals) -> LocalId {
        if let Some(&local) = locals.module.get(&var) {
            return local;
        }
        let bind = &self.infer.module_binds[var];
        let (name, t, span) = (bind.name, bind.ty, bind.span);
        let ty = self.ty(t, span);
        let local = locals.list.push(hir::Local { name, ty, span });
        locals.module.insert(var, local);
        local
    }

    /// Type arguments; those that inference added to a function of the same group are this group's own.
    fn fn_args(&mut self, id: FnId, args: &[T], span: Span) -> Vec<TyId> {
        let wanted = self.infer.p.schemes.sigs[id].generics.len();
        let mut args = args.to_vec();
        if args.len() < wanted
            && let Some(extras) = self.infer.extras.get(&id)
        {
            let missing = wanted - args.len();
            args.extend(extras.iter().rev().take(missing).rev());
        }
        self.types(&args, span)
    }

    fn closure(&mut self, frame: FrameId, ty: TyId, span: Span, locals: &mut Locals) -> hir::Expr {
        let outer: Vec<BindId> =
            self.infer.bodies[self.body].frames[frame].captures.iter().map(|&(outer, _)| outer).collect();
        let id = self.infer.bodies[self.body].frames[frame].id;
        let captures = outer
            .into_iter()
            .map(|bind| {
                let local = self.local(bind, locals);
                let ty = locals.list[local].ty;
                self.node(ExprKind::Local(local), ty, span)
            })
            .collect();
        let own = self.infer.bodies[self.body].id;
        let count = self.infer.p.schemes.sigs[own].generics.len();
        let args = (0..count).map(|n| self.infer.p.types.intern(Ty::Param(n as u32))).collect();
        let (params, ret) = match self.infer.p.types.get(ty) {
            Ty::Fn(params, ret) => (params.clone(), *ret),
            _ => (Vec::new(), Types::unit()),
        };
        let body = self.frame(frame);
        self.closures.push((id, params, ret, body));
        self.node(ExprKind::Closure { id, args, captures }, ty, span)
    }

    fn callee(&mut self, callee: ICallee, span: Span, locals: &mut Locals) -> Callee {
        match callee {
            ICallee::Fn(id, args) => Callee::Fn(id, self.fn_args(id, &args, span)),
            ICallee::Trait { trait_, trait_args, method, self_ty, args } => Callee::Trait {
                trait_: TraitRef { id: trait_, args: self.types(&trait_args, span) },
                method,
                self_ty: self.ty(self_ty, span),
                args: self.types(&args, span),
            },
            ICallee::Dyn { trait_, trait_args, method } => {
                Callee::Dyn { trait_: TraitRef { id: trait_, args: self.types(&trait_args, span) }, method }
            }
            ICallee::Value(value) => match std::rc::Rc::try_unwrap(value) {
                Ok(value) => Callee::Value(self.boxed(value, locals)),
                Err(_) => Callee::Value(Box::new(self.node(ExprKind::Error, Types::error(), span))),
            },
        }
    }

    fn operator_call(
        &mut self,
        callee: ICallee,
        params: &[T],
        args: Vec<hir::Expr>,
        negate: bool,
        ty: TyId,
        span: Span,
    ) -> hir::Expr {
        let params = self.types(params, span);
        let args = args.into_iter().zip(params).map(|(arg, param)| self.convert(arg, param)).collect();
        let mut locals = Locals::new();
        let callee = self.callee(callee, span, &mut locals);
        let call = self.node(ExprKind::Call(Box::new(hir::Call { callee, args })), ty, span);
        if negate {
            return self.node(ExprKind::Unary(UnOp::Not, Box::new(call)), ty, span);
        }
        call
    }

    /// A member as its constraint resolved it; unresolved ones are decided per instance.
    #[allow(clippy::too_many_arguments)]
    fn member(
        &mut self,
        recv: IExpr,
        name: Symbol,
        args: Option<Vec<IExpr>>,
        statement: bool,
        pending: Pending,
        (ty, span): (TyId, Span),
        locals: &mut Locals,
    ) -> hir::Expr {
        let recv = self.expr(recv, locals);
        let args = args.map(|args| self.list(args, locals));
        match self.infer.pendings[pending].take() {
            Some(Resolution::Field(index)) => self.node(ExprKind::Field(Box::new(recv), index), ty, span),
            Some(Resolution::Call { callee, params, defaults, .. }) => {
                let params = self.types(&params, span);
                let mut list = vec![self.receiver(recv, params[0], &callee)];
                for arg in args.unwrap_or_default() {
                    list.push(arg);
                }
                for (id, default_args, default_ty) in defaults {
                    let callee = Callee::Fn(id, self.fn_args(id, &default_args, span));
                    let default_ty = self.ty(default_ty, span);
                    let call = hir::Call { callee, args: Vec::new() };
                    list.push(self.node(ExprKind::Call(Box::new(call)), default_ty, span));
                }
                let first = list.remove(0);
                let mut list: Vec<hir::Expr> = list
                    .into_iter()
                    .zip(&params[1..])
                    .map(|(arg, &param)| self.convert(arg, param))
                    .collect();
                list.insert(0, first);
                let mut none = Locals::new();
                let callee = self.callee(callee, span, &mut none);
                self.node(ExprKind::Call(Box::new(hir::Call { callee, args: list })), ty, span)
            }
            Some(Resolution::FieldCall(index, params)) => {
                let params = self.types(&params, span);
                let fn_ty = self.infer.p.types.intern(Ty::Fn(params.clone(), ty));
                let callee = self.node(ExprKind::Field(Box::new(recv), index), fn_ty, span);
                let args = args.unwrap_or_default();
                let args =
                    args.into_iter().zip(params).map(|(arg, param)| self.convert(arg, param)).collect();
                let call = hir::Call { callee: Callee::Value(Box::new(callee)), args };
                self.node(ExprKind::Call(Box::new(call)), ty, span)
            }
            Some(Resolution::Dynamic) | None => match args {
                None => self.node(ExprKind::Member(Box::new(recv), name), ty, span),
                Some(args) => {
                    let mut list = vec![recv];
                    list.extend(args);
                    let call = hir::Call { callee: Callee::Member { name, statement }, args: list };
                    self.node(ExprKind::Call(Box::new(call)), ty, span)
                }
            },
        }
    }

    fn receiver(&mut self, recv: hir::Expr, to: TyId, callee: &ICallee) -> hir::Expr {
        if let ICallee::Fn(id, _) = callee
            && self.infer.p.schemes.sigs[*id].receiver == Receiver::InOut
        {
            return recv;
        }
        let numbers =
            |this: &Self, ty: TyId| matches!(this.infer.p.types.get(ty), Ty::Int(_) | Ty::Float { .. });
        if recv.ty != to && numbers(self, recv.ty) && numbers(self, to) {
            let span = recv.span;
            return self.node(ExprKind::Cast(Box::new(recv)), to, span);
        }
        self.convert(recv, to)
    }

    /// `x.?`: not nil, and not an empty text or collection. Numbers and bools are always present.
    fn present(&mut self, inner: IExpr, span: Span, locals: &mut Locals) -> hir::Expr {
        let value = self.expr(inner, locals);
        let bool_ = Types::bool();
        let collection = |this: &Self, ty: TyId| {
            matches!(this.infer.p.types.get(ty), Ty::Text | Ty::Array(_) | Ty::Dict(..))
        };
        if collection(self, value.ty) {
            return self.node(ExprKind::Truthy(Box::new(value)), bool_, span);
        }
        match *self.infer.p.types.get(value.ty) {
            Ty::Option(inner) if collection(self, inner) => {
                let local = locals.list.push(hir::Local { name: self.infer.sy.temp, ty: inner, span });
                let bind = hir::Pat { kind: PatKind::Bind(local), ty: inner, span };
                let pat = hir::Pat { kind: PatKind::Some(Box::new(bind)), ty: value.ty, span };
                let read = self.node(ExprKind::Local(local), inner, span);
                let then = self.node(ExprKind::Truthy(Box::new(read)), bool_, span);
                let otherwise = self.node(ExprKind::Bool(false), bool_, span);
                let kind = ExprKind::If {
                    cond: Box::new(hir::Cond::Let { pat, value }),
                    then: Box::new(then),
                    otherwise: Some(Box::new(otherwise)),
                };
                self.node(kind, bool_, span)
            }
            Ty::Option(_) | Ty::Any => {
                let nil = self.node(ExprKind::Nil, value.ty, span);
                self.node(ExprKind::Binary(hir::BinOp::Ne, Box::new(value), Box::new(nil)), bool_, span)
            }
            Ty::Unit => {
                let no = self.node(ExprKind::Bool(false), bool_, span);
                self.node(ExprKind::Block { stmts: vec![value], value: Some(Box::new(no)) }, bool_, span)
            }
            _ => {
                let yes = self.node(ExprKind::Bool(true), bool_, span);
                self.node(ExprKind::Block { stmts: vec![value], value: Some(Box::new(yes)) }, bool_, span)
            }
        }
    }

    // -- statements and patterns ------------------------------------------------------------------------

    fn stmts(&mut self, stmts: Vec<IExpr>, locals: &mut Locals) -> Vec<hir::Expr> {
        stmts.into_iter().flat_map(|stmt| self.stmt(stmt, locals)).collect()
    }

    fn stmt(&mut self, stmt: IExpr, locals: &mut Locals) -> Vec<hir::Expr> {
        let span = stmt.span;
        let unit = Types::unit();
        match stmt.kind {
            IKind::Let { pat, init } => {
                let init = self.boxed(*init, locals);
                let (pat, extra) = self.pat(pat, locals);
                let mut list = vec![self.node(ExprKind::Let { pat, init }, unit, span)];
                list.extend(extra);
                list
            }
            IKind::LetElse { pat, init, otherwise } => {
                let init = self.boxed(*init, locals);
                let otherwise = self.boxed(*otherwise, locals);
                let (pat, extra) = self.pat(pat, locals);
                let mut list = vec![self.node(ExprKind::LetElse { pat, init, otherwise }, unit, span)];
                list.extend(extra);
                list
            }
            kind => vec![self.expr(IExpr { kind, ..stmt }, locals)],
        }
    }

    fn cond(&mut self, cond: ICond, locals: &mut Locals) -> (hir::Cond, Vec<hir::Expr>) {
        match cond {
            ICond::Expr(expr) => (hir::Cond::Expr(self.expr(expr, locals)), Vec::new()),
            ICond::Let { pat, value } => {
                let value = self.expr(value, locals);
                let (pat, extra) = self.pat(pat, locals);
                (hir::Cond::Let { pat, value }, extra)
            }
        }
    }

    fn arm(&mut self, arm: IArm, locals: &mut Locals) -> hir::Arm {
        let (pat, extra) = self.pat(arm.pat, locals);
        let guard = arm.guard.map(|guard| {
            let guard = self.expr(guard, locals);
            // The guard reads the names already: it sets them too.
            let extra = self.copies(&extra);
            self.after(extra, guard)
        });
        let body = self.expr(arm.body, locals);
        hir::Arm { pat, guard, body: self.after(extra, body) }
    }

    fn copies(&mut self, extra: &[hir::Expr]) -> Vec<hir::Expr> {
        let mut list = Vec::new();
        for assign in extra {
            let ExprKind::Assign { place, value, .. } = &assign.kind else { continue };
            let place_kind = match place.kind {
                ExprKind::Local(local) => ExprKind::Local(local),
                ExprKind::Global(global) => ExprKind::Global(global),
                _ => continue,
            };
            let ExprKind::Local(from) = value.kind else { continue };
            let place = Box::new(self.node(place_kind, place.ty, place.span));
            let value = Box::new(self.node(ExprKind::Local(from), value.ty, value.span));
            list.push(self.node(ExprKind::Assign { place, op: None, value }, assign.ty, assign.span));
        }
        list
    }

    /// Assignments to variables that live longer than the pattern that binds them, then the rest.
    fn after(&mut self, extra: Vec<hir::Expr>, expr: hir::Expr) -> hir::Expr {
        if extra.is_empty() {
            return expr;
        }
        let (ty, span) = (expr.ty, expr.span);
        self.node(ExprKind::Block { stmts: extra, value: Some(Box::new(expr)) }, ty, span)
    }

    /// A pattern, and assignments to module-level and hoisted variables that it sets.
    fn pat(&mut self, pat: IPat, locals: &mut Locals) -> (hir::Pat, Vec<hir::Expr>) {
        let mut extra = Vec::new();
        let pat = self.pat_into(pat, locals, &mut extra);
        (pat, extra)
    }

    fn pat_into(&mut self, pat: IPat, locals: &mut Locals, extra: &mut Vec<hir::Expr>) -> hir::Pat {
        let span = pat.span;
        let ty = self.ty(pat.ty, span);
        let kind = match pat.kind {
            IPatKind::Wild => PatKind::Wild,
            IPatKind::Bind(bind) if self.is_hoisted(bind) => {
                let place = ExprKind::Local(self.local(bind, locals));
                self.set_later(place, ty, span, locals, extra)
            }
            IPatKind::Bind(bind) => PatKind::Bind(self.local(bind, locals)),
            IPatKind::Module(var) => match self.module_var(var, locals) {
                ExprKind::Local(local) => PatKind::Bind(local),
                place => self.set_later(place, ty, span, locals, extra),
            },
            IPatKind::Literal(literal) => PatKind::Literal(self.boxed(*literal, locals)),
            IPatKind::Range { start, end, inclusive } => {
                PatKind::Range { start: self.maybe(start, locals), end: self.maybe(end, locals), inclusive }
            }
            IPatKind::Or(list) => PatKind::Or(self.pats(list, locals, extra)),
            IPatKind::Tuple(items) => PatKind::Tuple(self.pats(items, locals, extra)),
            IPatKind::Array { first, rest, last } => {
                let first = self.pats(first, locals, extra);
                let rest = rest.map(|rest| rest.map(|bind| self.local(bind, locals)));
                PatKind::Array { first, rest, last: self.pats(last, locals, extra) }
            }
            IPatKind::Struct(fields) => PatKind::Struct(
                fields.into_iter().map(|(index, pat)| (index, self.pat_into(pat, locals, extra))).collect(),
            ),
            IPatKind::Variant { variant, args } => {
                PatKind::Variant { variant, args: self.pats(args, locals, extra) }
            }
            IPatKind::Some(inner) => PatKind::Some(Box::new(self.pat_into(*inner, locals, extra))),
            IPatKind::Nil => PatKind::Nil,
            IPatKind::Is(id, inner) => PatKind::Is(id, Box::new(self.pat_into(*inner, locals, extra))),
        };
        hir::Pat { kind, ty, span }
    }

    fn pats(&mut self, list: Vec<IPat>, locals: &mut Locals, extra: &mut Vec<hir::Expr>) -> Vec<hir::Pat> {
        list.into_iter().map(|pat| self.pat_into(pat, locals, extra)).collect()
    }

    /// Binds a temporary that is then assigned to a longer-lived place.
    fn set_later(
        &mut self,
        place: ExprKind,
        ty: TyId,
        span: Span,
        locals: &mut Locals,
        extra: &mut Vec<hir::Expr>,
    ) -> PatKind {
        let local = locals.list.push(hir::Local { name: self.infer.sy.temp, ty, span });
        let place = Box::new(self.node(place, ty, span));
        let value = Box::new(self.node(ExprKind::Local(local), ty, span));
        extra.push(self.node(ExprKind::Assign { place, op: None, value }, Types::unit(), span));
        PatKind::Bind(local)
    }
}
