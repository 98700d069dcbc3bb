//! Members: fields and methods of values, found by the head of the type; on a type parameter by its bounds, or later.

mod find;
mod solve;
mod tuple;

pub(crate) use find::Pick;

use super::Infer;
use super::ity::{Con, T};
use super::solve::At;
use super::tree::{ICallee, IExpr, IKind, Resolution};
use crate::hir::{AdtKind, FnId, Receiver};
use crate::scheme::Constraint;
use base::{Code, Diagnostic, Span, Symbol};
use syntax::ast;

/// A method for one use.
pub(crate) struct Target {
    pub callee: ICallee,
    /// The function whose signature holds: names, defaults.
    pub id: FnId,
    pub args: Vec<T>,
    /// `self` first.
    pub params: Vec<T>,
    pub ret: T,
    pub receiver: Receiver,
}

/// What a name is on a type.
pub(crate) enum Found {
    Method(Target),
    /// The value is dynamic.
    Dynamic,
    /// One of these must be known first; on a type parameter, none will be.
    Blocked(Vec<T>),
    Missing,
    /// Reported before.
    Error,
}

impl<'a> Infer<'a> {
    /// `recv.name` without parentheses: a field, or a method without arguments.
    pub fn member_get(&mut self, recv: IExpr, name: ast::Name, statement: bool, span: Span) -> IExpr {
        let ty = self.known(recv.ty);
        if self.at_cursor(name.span) {
            self.propose_members(ty, true);
        }
        if let Some((index, field)) = self.find_field(ty, name.sym) {
            self.seen_field(ty, index, name.span);
            return self.expr(IKind::Field(Box::new(recv), index), field, span);
        }
        match self.find_method(ty, name.sym, statement, name.span, &[]) {
            Found::Method(target) => self.call_target(target, recv, name, &[], None, span),
            Found::Blocked(_) => {
                let ret = self.fresh();
                let pending = self.pendings.push(None);
                self.add(
                    Constraint::Member { recv: ty, name: name.sym, args: None, ret, statement },
                    name.span,
                    Some(pending),
                );
                self.expr(
                    IKind::Member { recv: Box::new(recv), name: name.sym, args: None, statement, pending },
                    ret,
                    span,
                )
            }
            Found::Dynamic => {
                let any = self.tt.any();
                let pending = self.pendings.push(Some(Resolution::Dynamic));
                self.expr(
                    IKind::Member { recv: Box::new(recv), name: name.sym, args: None, statement, pending },
                    any,
                    span,
                )
            }
            Found::Missing if recv.soft && self.tt.con_of(ty) == Some(Con::Option) => {
                let recv = self.soften(recv);
                self.member_get(recv, name, statement, span)
            }
            Found::Missing if self.missing_method(ty).is_some() => {
                match self.call_missing(recv, name, &[], span) {
                    Some(call) => call,
                    None => self.error_expr(span),
                }
            }
            Found::Missing => match self.tuple_method(recv, name, &[], span) {
                Some(value) => value,
                None => {
                    self.missing_member(&At::new(name.span), ty, name.sym);
                    self.error_expr(span)
                }
            },
            Found::Error => self.error_expr(span),
        }
    }

    /// `recv.name(args)`.
    pub fn method_call(
        &mut self,
        recv: IExpr,
        name: ast::Name,
        args: &'a [ast::Arg],
        expect: Option<T>,
        statement: bool,
        span: Span,
    ) -> IExpr {
        let ty = self.known(recv.ty);
        if self.at_cursor(name.span) {
            self.propose_members(ty, true);
        }
        match self.find_method(ty, name.sym, statement, name.span, &[]) {
            Found::Method(target) => self.call_target(target, recv, name, args, expect, span),
            found @ (Found::Blocked(_) | Found::Dynamic) => {
                if let Some((index, field)) = self.find_field(ty, name.sym) {
                    self.seen_field(ty, index, name.span);
                    let callee = self.expr(IKind::Field(Box::new(recv), index), field, span);
                    return self.call_value(callee, args, span);
                }
                let is_dynamic = matches!(found, Found::Dynamic);
                self.open_call(recv, name, args, statement, is_dynamic, span)
            }
            Found::Missing => {
                if let Some((index, field)) = self.find_field(ty, name.sym) {
                    self.seen_field(ty, index, name.span);
                    let callee = self.expr(IKind::Field(Box::new(recv), index), field, span);
                    return self.call_value(callee, args, span);
                }
                if recv.soft && self.tt.con_of(ty) == Some(Con::Option) {
                    let recv = self.soften(recv);
                    return self.method_call(recv, name, args, expect, statement, span);
                }
                if self.missing_method(ty).is_some() {
                    return match self.call_missing(recv, name, args, span) {
                        Some(call) => call,
                        None => self.error_expr(span),
                    };
                }
                match self.tuple_method(recv, name, args, span) {
                    Some(value) => value,
                    None => {
                        self.missing_member(&At::new(name.span), ty, name.sym);
                        self.effects(args);
                        self.error_expr(span)
                    }
                }
            }
            Found::Error => {
                self.effects(args);
                self.error_expr(span)
            }
        }
    }

    /// A call on a value whose type is not known yet, or is dynamic.
    fn open_call(
        &mut self,
        recv: IExpr,
        name: ast::Name,
        args: &'a [ast::Arg],
        statement: bool,
        dynamic: bool,
        span: Span,
    ) -> IExpr {
        let mut values = Vec::new();
        for arg in args {
            if let Some(label) = arg.name {
                self.report(
                    Diagnostic::new(
                        Code::BadArguments,
                        label.span,
                        "a named argument needs a function that is known here",
                    )
                    .help("write the arguments in order, or declare the type of the receiver"),
                );
            }
            if arg.spread {
                self.not_yet(arg.value.span, "spread arguments", "pass the elements one by one");
            }
            let value = self.infer(&arg.value, None);
            values.push(if dynamic {
                let any = self.tt.any();
                self.coerce(value, any, &super::convert::Why::Argument(String::new()))
            } else {
                value
            });
        }
        let recv_ty = recv.ty;
        if dynamic {
            let ret = self.tt.any();
            let pending = self.pendings.push(Some(Resolution::Dynamic));
            let kind = IKind::Member {
                recv: Box::new(recv),
                name: name.sym,
                args: Some(values),
                statement,
                pending,
            };
            return self.expr(kind, ret, span);
        }
        let ret = self.fresh();
        let types = values.iter().map(|value| value.ty).collect();
        let pending = self.pendings.push(None);
        let kind =
            IKind::Member { recv: Box::new(recv), name: name.sym, args: Some(values), statement, pending };
        self.add(
            Constraint::Member { recv: recv_ty, name: name.sym, args: Some(types), ret, statement },
            name.span,
            Some(pending),
        );
        self.expr(kind, ret, span)
    }

    pub fn missing_member(&mut self, at: &At, ty: T, name: Symbol) {
        let (text, shown) = (self.name(name), self.show(ty));
        let mut diagnostic = Diagnostic::new(
            Code::UnknownMember,
            at.span,
            format!("`{shown}` has no field or method `{text}`"),
        );
        let mut known: Vec<String> = Vec::new();
        let con = self.tt.con_of(ty);
        if let Some(con) = con {
            known.extend(
                self.p
                    .schemes
                    .members
                    .keys()
                    .filter(|(own, _)| *own == con)
                    .map(|(_, name)| self.name(*name)),
            );
            if let Con::Adt(id) = con
                && let AdtKind::Struct(fields) | AdtKind::Class(fields) = &self.p.adts[id].kind
            {
                known.extend(fields.iter().filter_map(|field| field.name).map(|name| self.name(name)));
            }
        }
        if con == Some(Con::Option) {
            let inner = self.tt.arg(ty, 0);
            let inner_con = self.tt.con_of(inner);
            let inner_has = inner_con.is_some_and(|con| !self.candidates(con, name).is_empty())
                || self.find_field(inner, name).is_some();
            if inner_has {
                diagnostic =
                    diagnostic.help(format!("the value may be nil: write `?.{text}`, or unwrap it first"));
            }
        } else if con == Some(Con::Tuple) && text.parse::<u64>().is_ok() {
            let last = self.tt.head(ty).map_or(0, |(_, parts)| parts.len().saturating_sub(1));
            diagnostic = diagnostic.help(format!("its elements are `.0` to `.{last}`"));
        } else if let Some(close) = crate::names::closest(&text, known) {
            diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
        } else if let Some(Con::Param(_)) = con {
            diagnostic = diagnostic.help("add a bound with a trait that has it");
        }
        self.fail(at, diagnostic);
    }
}
