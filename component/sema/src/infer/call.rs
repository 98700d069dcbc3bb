//! Calls: matching arguments with parameters, and every kind of callee.

use super::Infer;
use super::binding::Meaning;
use super::convert::Why;
use super::ity::{Con, T, VarKind};
use super::member::{Found, Pick, Target};
use super::places::Meant;
use super::tree::{ICallee, IExpr, IFormat, IKind};
use crate::hir::{FnId, Receiver};
use crate::scheme::External;
use crate::ty::AdtId;
use base::{Code, Diagnostic, Span, Symbol};
use syntax::ast::{self, ExprKind};

/// A parameter that an argument is matched with.
#[derive(Clone)]
pub(crate) struct Slot<'a> {
    pub name: Option<Symbol>,
    pub ty: T,
    pub default: Option<FnId>,
    /// The default as it is written, for a function that has no other form of it.
    pub written: Option<&'a ast::Expr>,
    /// Takes all further arguments, as an array.
    pub variadic: bool,
}

impl Slot<'_> {
    pub fn new(name: Option<Symbol>, ty: T, default: Option<FnId>) -> Self {
        Slot { name, ty, default, written: None, variadic: false }
    }
}

/// What a call gives for a parameter.
pub(crate) enum Given<'a> {
    Nothing,
    One(&'a ast::Expr),
    /// A part of a value that was spread.
    Part(IExpr),
    /// All further arguments, spreads marked.
    Rest(Vec<(bool, &'a ast::Expr)>),
}

/// Parameters of a call, and how to name the callee in messages.
pub(crate) struct Slots<'a> {
    pub list: Vec<Slot<'a>>,
    pub what: String,
    pub declared: Option<Span>,
    /// A plain name that is a field's fills that field, where other arguments are named.
    pub is_constructor: bool,
    /// Type arguments of the callee, for its defaults.
    pub args: Vec<T>,
    pub of: SlotsOf,
}

/// Whose parameters they are, for who asks what names mean.
#[derive(Clone, Copy)]
pub(crate) enum SlotsOf {
    /// Fields of a type.
    Fields(AdtId),
    /// Those of a function, without so many at the beginning.
    Fn(FnId, usize),
    Others,
}

/// Functions that print their arguments.
const PRINTS: &[&str] = &["print", "println", "print_raw", "eprint"];

impl<'a> Infer<'a> {
    pub fn call(
        &mut self,
        callee: &'a ast::Expr,
        args: &'a [ast::Arg],
        expect: Option<T>,
        statement: bool,
        span: Span,
    ) -> IExpr {
        match &callee.kind {
            ExprKind::Name(name) => self.call_name(*name, None, callee, args, expect, span),
            ExprKind::TypeApply(base, types) => match &base.kind {
                ExprKind::Name(name) => self.call_name(*name, Some(types), callee, args, expect, span),
                ExprKind::Field(base, name) => {
                    self.call_field(base, *name, Some(types), args, expect, statement, span)
                }
                _ => {
                    let callee = self.infer(callee, None);
                    self.call_value(callee, args, span)
                }
            },
            ExprKind::Field(base, name) => self.call_field(base, *name, None, args, expect, statement, span),
            _ => {
                let callee = self.infer(callee, None);
                self.call_value(callee, args, span)
            }
        }
    }

    fn call_name(
        &mut self,
        name: Symbol,
        types: Option<&'a [ast::Type]>,
        callee: &'a ast::Expr,
        args: &'a [ast::Arg],
        expect: Option<T>,
        span: Span,
    ) -> IExpr {
        if name == self.sy.old && self.olds.is_some() {
            return self.old_value(args, span);
        }
        let called = ast::Name { sym: name, span: callee.span };
        if let Some(call) = self.context_call(called, args, expect, false, span) {
            return call;
        }
        match self.lookup(name, callee.span) {
            Meaning::Bind(bind) if self.body().binds[bind].decl.is_some() => {
                let callee = self.bind_expr(bind, callee.span);
                self.call_local_fn(bind, callee, args, span)
            }
            Meaning::Bind(_)
            | Meaning::Module(_)
            | Meaning::Global(_)
            | Meaning::Namespace(_)
            | Meaning::Number(..) => {
                let callee = self.infer(callee, None);
                self.call_value(callee, args, span)
            }
            Meaning::Fn(id) => self.call_fn(id, types, args, expect, span),
            Meaning::Adt(adt) => self.construct(adt, types, args, expect, span),
            Meaning::Unknown => {
                if name == self.sy.some {
                    return self.some(args, expect, span);
                }
                if self.sy.own == name
                    && let Some((Con::Adt(adt), own)) = self.own_type_here()
                {
                    return self.construct_typed(adt, own, args, span);
                }
                if let Some(call) = self.context_call(called, args, expect, true, span) {
                    return call;
                }
                if let Some((adt, variant)) = self.bare_variant(name, expect, span) {
                    return self.construct_variant(adt, variant, None, args, expect, span);
                }
                if let Some((id, ty)) = self.flat_method(name, callee.span) {
                    return self.call_static(id, ty, None, args, expect, span);
                }
                if let Some(own) = self.aliased(name, types.unwrap_or_default(), callee.span)
                    && let Some(Con::Adt(adt)) = self.tt.con_of(own)
                {
                    self.hint_result(own, expect);
                    return self.construct_typed(adt, own, args, span);
                }
                self.unknown_name(name, callee.span);
                self.effects(args);
                self.error_expr(span)
            }
        }
    }

    // One for each part of the call as it is written.
    #[allow(clippy::too_many_arguments)]
    fn call_field(
        &mut self,
        base: &'a ast::Expr,
        name: ast::Name,
        types: Option<&'a [ast::Type]>,
        args: &'a [ast::Arg],
        expect: Option<T>,
        statement: bool,
        span: Span,
    ) -> IExpr {
        if let Some(module) = self.namespace(base) {
            return self.namespaced_call(module, name, types, args, expect, span);
        }
        if let Some(ty) = self.type_path(base) {
            return self.call_type_member(ty, name, types, args, expect, span);
        }
        let recv = self.infer(base, None);
        if let Some(types) = types {
            let ty = self.known(recv.ty);
            match self.find_method(ty, name.sym, statement, name.span, &[]) {
                Found::Method(target) => {
                    self.explicit_for(target.id, &target.args, types, span);
                    return self.call_target(target, recv, name, args, expect, span);
                }
                Found::Blocked(_) | Found::Dynamic => self.not_yet(
                    name.span,
                    "type arguments of a method of a value whose type is not known here",
                    "declare the type of the value",
                ),
                Found::Missing | Found::Error => {}
            }
        }
        self.method_call(recv, name, args, expect, statement, span)
    }

    /// `f(args)`.
    pub fn call_fn(
        &mut self,
        id: FnId,
        types: Option<&'a [ast::Type]>,
        args: &'a [ast::Arg],
        expect: Option<T>,
        span: Span,
    ) -> IExpr {
        if let Some(printed) = self.print_several(id, types, args, span) {
            return printed;
        }
        if let Some(generator) = self.generator_call(id, args, expect, span) {
            return generator;
        }
        let inst = self.instantiate(id, span);
        self.explicit_args(id, &inst, types, span);
        self.hint_result(inst.ret, expect);
        let slots = self.slots_of(id, &inst.params, &inst.args, 0);
        let values = self.arguments(&slots, args, span);
        let values = self.places(id, values);
        let ret = inst.ret;
        self.expr(IKind::Call { callee: ICallee::Fn(id, inst.args), args: values }, ret, span)
    }

    /// `print a, b`: one text of all, with spaces between them. None for any other function.
    fn print_several(
        &mut self,
        id: FnId,
        types: Option<&'a [ast::Type]>,
        args: &'a [ast::Arg],
        span: Span,
    ) -> Option<IExpr> {
        let plain = args.iter().all(|arg| arg.name.is_none() && !arg.spread);
        if args.len() < 2 || types.is_some() || !plain {
            return None;
        }
        let name = self.p.schemes.sigs[id].name;
        if self.p.schemes.lang.get(&name) != Some(&id) || !PRINTS.contains(&self.cx.names.name(name)) {
            return None;
        }
        let mut parts = Vec::new();
        for (n, arg) in args.iter().enumerate() {
            if n > 0 {
                parts.push(IFormat::Text(" ".to_owned()));
            }
            let value = self.infer(&arg.value, None);
            parts.push(IFormat::Value(value, None));
        }
        let text = self.tt.text();
        let line = self.expr(IKind::Format(parts), text, span);
        let inst = self.instantiate(id, span);
        let _ = self.tt.unify(inst.params[0], text);
        let callee = ICallee::Fn(id, inst.args);
        Some(self.expr(IKind::Call { callee, args: vec![line] }, inst.ret, span))
    }

    /// `Type.f(args)`.
    pub fn call_static(
        &mut self,
        id: FnId,
        own: T,
        types: Option<&'a [ast::Type]>,
        args: &'a [ast::Arg],
        expect: Option<T>,
        span: Span,
    ) -> IExpr {
        let inst = self.instantiate(id, span);
        self.tie_owner(id, &inst.args, own);
        self.explicit_args(id, &inst, types, span);
        self.hint_result(inst.ret, expect);
        let slots = self.slots_of(id, &inst.params, &inst.args, 0);
        let values = self.arguments(&slots, args, span);
        let ret = inst.ret;
        self.expr(IKind::Call { callee: ICallee::Fn(id, inst.args), args: values }, ret, span)
    }

    /// Makes the type arguments of a method's owner those of a type.
    pub fn tie_owner(&mut self, id: FnId, args: &[T], own: T) {
        if let crate::scheme::Owner::Impl(owner) = self.p.schemes.sigs[id].owner {
            let declared = self.tt.import(&self.p.types, self.p.impls[owner].self_ty, args);
            let _ = self.tt.attempt(|tt| tt.unify(declared, own));
        }
    }

    /// A method on a receiver, without arguments of its own so far.
    pub fn call_with(&mut self, target: Target, recv: IExpr, name: ast::Name, span: Span) -> IExpr {
        let recv = self.receiver_value(&target, recv, name);
        let ret = self.tt.shallow(target.ret);
        self.expr(IKind::Call { callee: target.callee, args: vec![recv] }, ret, span)
    }

    /// The body of a forwarded method: the call of the other one with the same arguments.
    pub fn forwarded(&mut self, forward: super::Forward, span: Span) -> IExpr {
        let params = self.frame().params.clone();
        let mut recv = self.bind_expr(params[0], span);
        let name = ast::Name { sym: forward.method, span };
        if let Some(field) = forward.field {
            let ty = self.known(recv.ty);
            let Some((index, field)) = self.find_field(ty, field.sym) else {
                return self.error_expr(span);
            };
            recv = self.expr(IKind::Field(Box::new(recv), index), field, span);
        }
        let ty = self.known(recv.ty);
        let Found::Method(target) = self.find_method(ty, forward.method, false, span, &[]) else {
            self.missing_member(&super::solve::At::new(span), ty, forward.method);
            return self.error_expr(span);
        };
        let wanted = target.params[1..].to_vec();
        if wanted.len() != params.len() - 1 {
            let (text, shown) = (self.name(forward.method), self.show(ty));
            self.report(Diagnostic::new(
                Code::BadImpl,
                span,
                format!(
                    "`{text}` of `{shown}` takes {} arguments, the trait's {}",
                    wanted.len(),
                    params.len() - 1
                ),
            ));
            return self.error_expr(span);
        }
        let mut call = self.call_with(target, recv, name, span);
        if let IKind::Call { args, .. } = &mut call.kind {
            for (&param, ty) in params[1..].iter().zip(wanted) {
                let value = self.bind_expr(param, span);
                args.push(self.coerce(value, ty, &Why::Other("the forwarded argument")));
            }
        }
        call
    }

    /// A method on a receiver.
    pub fn call_target(
        &mut self,
        target: Target,
        recv: IExpr,
        name: ast::Name,
        args: &'a [ast::Arg],
        expect: Option<T>,
        span: Span,
    ) -> IExpr {
        self.hint_result(target.ret, expect);
        let recv = self.receiver_value(&target, recv, name);
        let slots = self.slots_of(target.id, &target.params[1..], &target.args, 1);
        let mut values = vec![recv];
        values.extend(self.arguments(&slots, args, span));
        let ret = self.tt.shallow(target.ret);
        let soft = self.is_lookup(target.id, ret);
        IExpr { soft, ..self.expr(IKind::Call { callee: target.callee, args: values }, ret, span) }
    }

    /// What collections of the standard library give (`get`, `first`, `max`, ..) may be used as the element, checked.
    fn is_lookup(&self, id: FnId, ret: T) -> bool {
        let sig = &self.p.schemes.sigs[id];
        let crate::scheme::Owner::Impl(owner) = sig.owner else { return false };
        let own = self.con_of_ty(self.p.impls[owner].self_ty);
        sig.is_std && matches!(own, Con::Array | Con::Dict) && self.tt.con_of(ret) == Some(Con::Option)
    }

    fn receiver_value(&mut self, target: &Target, recv: IExpr, name: ast::Name) -> IExpr {
        let mut recv = recv;
        if target.receiver == Receiver::InOut {
            self.require_mutable(&recv, name);
            recv = self.as_place(recv);
        }
        let wanted = target.params[0];
        let (from, to) = (self.tt.con_of(recv.ty), self.tt.con_of(wanted));
        let numbers = |con: Option<Con>| matches!(con, Some(Con::Int(_) | Con::Float(_)));
        if numbers(from) && numbers(to) && from != to {
            let span = recv.span;
            return self.expr(IKind::Cast(Box::new(recv)), wanted, span);
        }
        self.coerce(recv, wanted, &Why::Other("the receiver"))
    }

    /// A call of a function inside this one, with its names and defaults. A default is evaluated where the call is.
    fn call_local_fn(
        &mut self,
        bind: super::tree::BindId,
        callee: IExpr,
        args: &'a [ast::Arg],
        span: Span,
    ) -> IExpr {
        let ty = self.known(callee.ty);
        let (Some(decl), Some((Con::Fn, parts))) =
            (self.body().binds[bind].decl, self.tt.head(ty).map(|(con, parts)| (con, parts.to_vec())))
        else {
            return self.call_value(callee, args, span);
        };
        let Some((&ret, params)) = parts.split_last() else { return self.call_value(callee, args, span) };
        let list = decl
            .params
            .iter()
            .zip(params)
            .map(|(param, &ty)| Slot {
                variadic: param.variadic,
                written: param.default.as_ref(),
                ..Slot::new(Some(param.name.sym), ty, None)
            })
            .collect();
        let slots = Slots {
            list,
            what: format!("`{}`", self.name(decl.name.sym)),
            declared: Some(decl.name.span),
            is_constructor: false,
            args: Vec::new(),
            of: SlotsOf::Others,
        };
        let values = self.arguments(&slots, args, span);
        let callee = ICallee::Value(std::rc::Rc::new(callee));
        self.expr(IKind::Call { callee, args: values }, ret, span)
    }

    /// A call of a value that holds a function.
    pub fn call_value(&mut self, callee: IExpr, args: &'a [ast::Arg], span: Span) -> IExpr {
        let callee = self.soften(callee);
        let ty = self.known(callee.ty);
        if let Some(con @ Con::Adt(_)) = self.tt.con_of(ty) {
            let call = ast::Name { sym: self.cx.names.intern("__call__"), span: callee.span };
            if matches!(self.pick(ty, con, call.sym, false, false), Pick::One(_)) {
                return self.method_call(callee, call, args, None, false, span);
            }
        }
        match self.tt.head(ty).map(|(con, parts)| (con, parts.to_vec())) {
            Some((Con::Fn, parts)) => {
                let (&ret, params) = parts.split_last().expect("a function type has a result");
                let list = params.iter().map(|&ty| Slot::new(None, ty, None)).collect();
                let slots = Slots {
                    list,
                    what: "this function".to_owned(),
                    declared: None,
                    is_constructor: false,
                    args: vec![],
                    of: SlotsOf::Others,
                };
                let values = self.arguments(&slots, args, span);
                let callee = ICallee::Value(std::rc::Rc::new(callee));
                self.expr(IKind::Call { callee, args: values }, ret, span)
            }
            None if self.tt.kind_of(ty) == Some(VarKind::General) => {
                let values: Vec<IExpr> = args.iter().map(|arg| self.infer(&arg.value, None)).collect();
                let params: Vec<T> = values.iter().map(|value| value.ty).collect();
                let ret = self.fresh();
                let wanted = self.tt.func(&params, ret);
                self.same(callee.span, ty, wanted, &Why::Other("what is called"));
                let callee = ICallee::Value(std::rc::Rc::new(callee));
                self.expr(IKind::Call { callee, args: values }, ret, span)
            }
            Some((Con::Error | Con::Never, _)) => {
                self.effects(args);
                self.error_expr(span)
            }
            _ => {
                let text = self.show(ty);
                let mut diagnostic = Diagnostic::new(
                    Code::NotCallable,
                    callee.span,
                    format!("this is `{text}`, it cannot be called"),
                );
                if self.tt.con_of(ty) == Some(Con::Any) {
                    diagnostic = diagnostic.help("declare its type: `fn(..) -> ..`");
                } else if matches!(callee.kind, IKind::Field(..)) && args.is_empty() {
                    diagnostic = diagnostic.help("a field is read without parentheses");
                }
                self.report(diagnostic);
                self.effects(args);
                self.error_expr(span)
            }
        }
    }

    /// Arguments of a call that was rejected: what is wrong inside them is reported still.
    pub fn effects(&mut self, args: &'a [ast::Arg]) {
        for arg in args {
            self.infer(&arg.value, None);
        }
    }

    /// The place around a call may know type arguments that its arguments do not tell.
    pub fn hint_result(&mut self, ret: T, expect: Option<T>) {
        let Some(expect) = expect else { return };
        let (mut wanted, con) = (self.tt.shallow(expect), self.tt.con_of(ret));
        if self.tt.con_of(wanted) == Some(Con::Option) && con != Some(Con::Option) && con.is_some() {
            wanted = self.tt.arg(wanted, 0);
        }
        if con.is_some() && con == self.tt.con_of(wanted) {
            let _ = self.tt.attempt(|tt| tt.unify(ret, wanted));
        }
    }

    pub fn slots_of(&mut self, id: FnId, params: &[T], args: &[T], skip: usize) -> Slots<'a> {
        let sig = &self.p.schemes.sigs[id];
        let list = sig.params[skip..]
            .iter()
            .zip(params)
            .map(|(param, &ty)| Slot {
                name: Some(param.name),
                ty,
                default: param.default,
                written: None,
                variadic: param.variadic,
            })
            .collect();
        let declared = (!sig.is_std).then_some(sig.span);
        let of = SlotsOf::Fn(id, skip);
        Slots {
            list,
            what: format!("`{}`", sig.path),
            declared,
            is_constructor: false,
            args: args.to_vec(),
            of,
        }
    }

    /// Keeps what the name of an argument means.
    pub fn seen_slot(&mut self, slots: &Slots<'_>, index: usize, span: Span) {
        match slots.of {
            SlotsOf::Fields(adt) => self.seen(span, Meant::Field(adt, index as u32)),
            SlotsOf::Fn(id, skip) => self.seen(span, Meant::Param(id, (index + skip) as u32)),
            SlotsOf::Others => {}
        }
    }

    /// The type of a default value for type arguments, with its own type arguments.
    pub fn default_type(&mut self, default: FnId, args: &[T], span: Span) -> (Vec<T>, T) {
        let inst = self.instantiate_default(default, args, span);
        (inst.args, inst.ret)
    }

    pub fn default_value(&mut self, default: FnId, slot: &Slot<'_>, args: &[T], span: Span) -> IExpr {
        let (args, ret) = self.default_type(default, args, span);
        let value =
            self.expr(IKind::Call { callee: ICallee::Fn(default, args), args: Vec::new() }, ret, span);
        self.coerce(value, slot.ty, &Why::Other("the default value"))
    }

    pub fn unknown_argument(&mut self, slots: &Slots<'a>, name: ast::Name) {
        let text = self.name(name.sym);
        let kind = if slots.is_constructor { "field" } else { "parameter" };
        let known: Vec<String> =
            slots.list.iter().filter_map(|slot| slot.name).map(|name| self.name(name)).collect();
        let mut diagnostic =
            Diagnostic::new(Code::BadArguments, name.span, format!("{} has no {kind} `{text}`", slots.what));
        if let Some(close) = crate::names::closest(&text, known.clone()) {
            diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
        } else if !known.is_empty() {
            diagnostic = diagnostic.help(format!(
                "it has {}",
                known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
            ));
        }
        if let Some(declared) = slots.declared {
            diagnostic = diagnostic.note(declared, "declared here");
        }
        self.report(diagnostic);
    }

    pub fn too_many(&mut self, slots: &Slots<'a>, args: &[ast::Arg], span: Span) {
        let (wanted, found) = (slots.list.len(), args.len());
        let plural = if wanted == 1 { "" } else { "s" };
        let mut diagnostic = Diagnostic::new(
            Code::BadArguments,
            span,
            format!("{} takes {wanted} argument{plural}, not {found}", slots.what),
        );
        if let Some(declared) = slots.declared {
            diagnostic = diagnostic.note(declared, "declared here");
        }
        self.report(diagnostic);
    }

    /// Intrinsics with `mut` parameters change a place.
    fn places(&mut self, id: FnId, values: Vec<IExpr>) -> Vec<IExpr> {
        let sig = &self.p.schemes.sigs[id];
        if !matches!(sig.external, Some(External::Intrinsic(_))) {
            return values;
        }
        let name = sig.name;
        let mutable: Vec<bool> = sig.params.iter().map(|param| param.mutable).collect();
        let mut list = Vec::new();
        for (value, mutable) in values.into_iter().zip(mutable) {
            list.push(if mutable {
                self.require_mutable(&value, ast::Name { sym: name, span: value.span });
                self.as_place(value)
            } else {
                value
            });
        }
        list
    }

    /// `Type__method`: the flat spelling of a static method.
    pub fn flat_method(&mut self, name: Symbol, span: Span) -> Option<(FnId, T)> {
        let text = self.name(name);
        let (ty, method) = text.split_once("__")?;
        if ty.is_empty() || method.is_empty() {
            return None;
        }
        let ty = self.cx.names.find(ty)?;
        let method = self.cx.names.find(method)?;
        let own = self.named_type(ty, &[], span)?;
        let con = self.tt.con_of(own)?;
        for is_static in [true, false] {
            if let Pick::One(member) = self.pick(own, con, method, false, is_static) {
                return Some((member.id, own));
            }
        }
        None
    }

    /// `Type.name(args)`: a variant, or a method of the type itself.
    fn call_type_member(
        &mut self,
        own: T,
        name: ast::Name,
        types: Option<&'a [ast::Type]>,
        args: &'a [ast::Arg],
        expect: Option<T>,
        span: Span,
    ) -> IExpr {
        let con = self.tt.con_of(own).expect("a type that was written");
        if con == Con::Error {
            self.effects(args);
            return self.error_expr(span);
        }
        if self.at_cursor(name.span) {
            self.propose_members(own, false);
        }
        if let Con::Adt(adt) = con
            && let Some(variant) = self.variant_index(adt, name.sym)
        {
            self.seen(name.span, Meant::Variant(adt, variant));
            return self.construct_variant(adt, variant, Some(own), args, expect, span);
        }
        if let Con::Param(n) = con {
            return self.call_param_static(own, n, name, args, span);
        }
        if con == Con::Option && name.sym == self.sy.some {
            return self.some(args, expect, span);
        }
        for is_static in [true, false] {
            if let Pick::One(member) = self.pick(own, con, name.sym, false, is_static) {
                if member.default_of.is_some() {
                    break;
                }
                self.seen(name.span, Meant::Fn(member.id));
                return self.call_static(member.id, own, types, args, expect, span);
            }
        }
        let (text, shown) = (self.name(name.sym), self.show(own));
        let mut diagnostic = Diagnostic::new(
            Code::UnknownMember,
            name.span,
            format!("`{shown}` has no static method or variant `{text}`"),
        );
        if text == "new" {
            diagnostic =
                diagnostic.help(format!("make a value with `{shown}(..)`, or declare `static fn new`"));
        } else {
            let mut known: Vec<String> = self
                .p
                .schemes
                .members
                .keys()
                .filter(|(own, _)| *own == con)
                .map(|(_, name)| self.name(*name))
                .collect();
            if let Con::Adt(adt) = con
                && let crate::hir::AdtKind::Enum(variants) = &self.p.adts[adt].kind
            {
                known.extend(variants.iter().map(|variant| self.name(variant.name)));
            }
            if let Some(close) = crate::names::closest(&text, known) {
                diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
            }
        }
        self.report(diagnostic);
        self.effects(args);
        self.error_expr(span)
    }

    /// `T.make(..)` on a type parameter: a static method of a bound.
    pub(super) fn call_param_static(
        &mut self,
        own: T,
        n: u32,
        name: ast::Name,
        args: &'a [ast::Arg],
        span: Span,
    ) -> IExpr {
        let _ = n;
        match self.find_method(own, name.sym, false, name.span, &[]) {
            Found::Method(target) if target.receiver == Receiver::None => {
                let slots = self.slots_of(target.id, &target.params, &target.args, 0);
                let values = self.arguments(&slots, args, span);
                self.expr(IKind::Call { callee: target.callee, args: values }, target.ret, span)
            }
            _ => {
                let (text, shown) = (self.name(name.sym), self.show(own));
                self.report(
                    Diagnostic::new(
                        Code::UnknownMember,
                        name.span,
                        format!("`{shown}` has no static method `{text}`"),
                    )
                    .help("add a bound with a trait that has it"),
                );
                self.effects(args);
                self.error_expr(span)
            }
        }
    }
}
