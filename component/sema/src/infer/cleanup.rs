//! `defer`, `errdefer` and `with`.

use super::ity::{Con, T};
use super::member::Pick;
use super::tree::{BindId, IExit, IExpr, IKind, IPat, IPatKind};
use super::{BindKind, Infer};
use crate::hir::Receiver;
use base::{Code, Diagnostic, Span};
use syntax::ast;

/// Deferred work of blocks that may run any number of times: the variables that collect it, and the blocks' places.
#[derive(Default)]
pub struct Collected {
    always: Option<BindId>,
    on_error: Option<BindId>,
}

impl<'a> Infer<'a> {
    /// `defer` and `errdefer`. Where every way to what is behind it comes by, the work is built into the exits of the function and sees
    /// its variables as they are then. In a branch or loop it is a function value, which is kept until the exit.
    pub fn defer_stmt(&mut self, on_error: bool, body: &'a ast::Block, span: Span) -> IExpr {
        if self.frame().deferring {
            self.report(
                Diagnostic::new(Code::Misplaced, span, "`defer` inside of deferred work")
                    .help("write the work one behind the other"),
            );
            return self.error_expr(span);
        }
        let unit = self.tt.unit();
        if self.is_straight() {
            let loops = std::mem::take(&mut self.frame().loops);
            self.frame().deferring = true;
            let body = Box::new(self.block(body, None, false));
            self.frame().deferring = false;
            self.frame().loops = loops;
            let exit = if on_error { IExit::Error(None) } else { IExit::Any };
            return self.expr(IKind::Defer { exit, body }, unit, span);
        }
        let work = self.tt.func(&[], unit);
        let list = self.tt.array(work);
        let collected = &self.frame().collected;
        let known = if on_error { collected.on_error } else { collected.always };
        let bind = match known {
            Some(bind) => bind,
            None => {
                let name = self.sy.temp;
                let bind = self.new_bind(name, list, span, BindKind::Var { annotated: true });
                let collected = &mut self.frame().collected;
                *(if on_error { &mut collected.on_error } else { &mut collected.always }) = Some(bind);
                bind
            }
        };
        let value = self.lambda(&[], body, Some(work), span);
        let value = self.expr(IKind::Array(vec![(false, value)]), list, span);
        let place = Box::new(self.bind_expr(bind, span));
        let kind = IKind::Assign { place, op: Some(ast::BinOp::Add), value: Box::new(value) };
        self.expr(kind, unit, span)
    }

    /// Whether this statement is passed on every way through the function to what is behind it.
    fn is_straight(&mut self) -> bool {
        let frame = self.frame();
        frame.scopes.len() == frame.straight
    }

    /// Behind a statement of a straight block: the variables that its branches and loops collect work in, and what runs it, to go before it.
    pub fn take_collected(&mut self, span: Span) -> Vec<IExpr> {
        if !self.is_straight() {
            return Vec::new();
        }
        let Collected { always, on_error } = std::mem::take(&mut self.frame().collected);
        let unit = self.tt.unit();
        let mut stmts = Vec::new();
        for (bind, exit) in [(always, IExit::Any), (on_error, IExit::Error(None))] {
            let Some(bind) = bind else { continue };
            let Some(id) = self.lang("run_deferred") else { continue };
            let ty = self.body().binds[bind].ty;
            let pat = IPat { kind: IPatKind::Bind(bind), ty, span };
            let init = Box::new(self.expr(IKind::Array(Vec::new()), ty, span));
            stmts.push(self.expr(IKind::Let { pat, init }, unit, span));
            let args = vec![self.bind_expr(bind, span)];
            let callee = super::tree::ICallee::Fn(id, Vec::new());
            let body = Box::new(self.expr(IKind::Call { callee, args }, unit, span));
            stmts.push(self.expr(IKind::Defer { exit, body }, unit, span));
        }
        stmts
    }

    /// `with e as p:`. The value of `__enter__`, or the resource itself, is bound; `__exit__` or `close` of the resource is called
    /// whichever way the block is left.
    pub fn with_block(
        &mut self,
        resource: &'a ast::Expr,
        pat: Option<&'a ast::Pat>,
        body: &'a ast::Block,
        expect: Option<T>,
        used: bool,
        span: Span,
    ) -> IExpr {
        let unit = self.tt.unit();
        let at = resource.span;
        let value = self.infer(resource, None);
        let value = self.soften(value);
        let ty = self.known(value.ty);
        let name = self.sy.temp;
        let held = self.new_bind(name, ty, at, BindKind::Var { annotated: true });
        let init_pat = IPat { kind: IPatKind::Bind(held), ty, span: at };
        let mut stmts = vec![self.expr(IKind::Let { pat: init_pat, init: Box::new(value) }, unit, at)];
        let straight = self.is_straight();
        self.push_scope();
        if straight {
            self.frame().straight += 1;
        }
        let entered = match self.protocol_call(held, ty, "__enter__", at) {
            Some(entered) => {
                match pat {
                    Some(pat) => {
                        let bound = self.pattern(pat, entered.ty, BindKind::Val);
                        stmts.push(self.take_apart(bound, entered, pat.span));
                    }
                    None => stmts.push(entered),
                }
                true
            }
            None => {
                // Without `__enter__` the name is the resource itself, not a copy of it.
                match pat.map(|pat| &pat.kind) {
                    Some(ast::PatKind::Name { name, .. }) => self.bind_name(name.sym, held),
                    Some(_) => {
                        let pat = pat.expect("looked at above");
                        let value = self.bind_expr(held, at);
                        let bound = self.pattern(pat, ty, BindKind::Val);
                        stmts.push(self.take_apart(bound, value, pat.span));
                    }
                    None => {}
                }
                false
            }
        };
        let cleanup = match self.protocol_call(held, ty, "__exit__", at) {
            Some(cleanup) => Some(cleanup),
            None => self.protocol_call(held, ty, "close", at),
        };
        let body = self.block_open(body, expect, used);
        if straight {
            self.frame().straight -= 1;
        }
        self.pop_scope();
        let (soft, body_ty) = (body.soft, body.ty);
        let body = match cleanup {
            Some(cleanup) => {
                let (body, cleanup) = (Box::new(body), Box::new(cleanup));
                self.expr(IKind::Finally { body, cleanup }, body_ty, span)
            }
            None if entered || matches!(self.tt.con_of(ty), Some(Con::Error)) => body,
            None => {
                let text = self.show(ty);
                self.report(
                    Diagnostic::new(Code::UnknownMember, at, format!("`{text}` cannot be used with `with`"))
                        .label("it has no method `close`, `__enter__` or `__exit__`")
                        .help("declare `me close():`, which is called at the end of the block"),
                );
                body
            }
        };
        if !used {
            stmts.push(body);
            let ty = self.block_type(body_ty);
            return self.expr(IKind::Block { stmts, value: None }, ty, span);
        }
        IExpr { soft, ..self.expr(IKind::Block { stmts, value: Some(Box::new(body)) }, body_ty, span) }
    }

    /// The type of a block whose value nobody uses.
    fn block_type(&mut self, last: T) -> T {
        if self.tt.con_of(last) == Some(Con::Never) { last } else { self.tt.unit() }
    }

    /// A call of a method that `with` looks for, where the type has it. Parameters that it has get nil.
    fn protocol_call(&mut self, held: BindId, ty: T, method: &str, span: Span) -> Option<IExpr> {
        let sym = self.cx.names.intern(method);
        let con = self.tt.con_of(ty)?;
        let found = match con {
            Con::Dyn(_) | Con::Param(_) => true,
            Con::Any | Con::Error | Con::Never => return None,
            _ => matches!(self.pick(ty, con, sym, true, false), Pick::One(_)),
        };
        if !found {
            return None;
        }
        let super::member::Found::Method(target) = self.find_method(ty, sym, true, span, &[]) else {
            return None;
        };
        if target.receiver == Receiver::None {
            return None;
        }
        let recv = self.bind_expr(held, span);
        let params = target.params[1..].to_vec();
        let call = self.call_with(target, recv, ast::Name { sym, span }, span);
        let IExpr { kind: IKind::Call { callee, mut args }, ty, span, soft } = call else { return None };
        for wanted in params {
            let inner = self.fresh();
            let option = self.tt.option(inner);
            let nil = self.expr(IKind::Nil, option, span);
            args.push(self.coerce(nil, wanted, &super::convert::Why::Other("what `with` gives")));
        }
        Some(IExpr { kind: IKind::Call { callee, args }, ty, span, soft })
    }
}
