//! Generators: a block that is left at each `yield` and goes on from there when the next value is asked for.
//!
//! The block becomes a closure whose parameter is the generator's state, a `GeneratorState` of the standard library: `yield e` puts the
//! value there and suspends. What it takes to go on is for `mir` (`coroutine`).

use super::convert::Why;
use super::ity::T;
use super::tree::{ICallee, IExpr, IKind};
use super::{BindKind, Infer, Ret};
use crate::hir::FnId;
use crate::modules::ExportedValue;
use base::{Code, Diagnostic, Span};
use syntax::ast::{self, ExprKind};

/// The module of the standard library that has them; the parser has every file that yields use it.
const MODULE: &str = "std.generator";
/// Its function that makes a generator of such a closure.
const MAKER: &str = "generator";

impl<'a> Infer<'a> {
    /// `generator(\: block)`.
    pub fn generator_call(
        &mut self,
        id: FnId,
        args: &'a [ast::Arg],
        expect: Option<T>,
        span: Span,
    ) -> Option<IExpr> {
        if self.maker() != Some(id) {
            return None;
        }
        match args {
            [ast::Arg { name: None, value, spread: false }] => match &value.kind {
                ExprKind::Lambda { params, body } if params.is_empty() => {
                    Some(self.generator(body, expect, span))
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn maker(&mut self) -> Option<FnId> {
        let name = self.cx.names.find(MAKER)?;
        let module = self.p.modules.values().find(|module| module.path == MODULE)?;
        match module.exports.values.get(&name)?.0 {
            ExportedValue::Fn(id) => Some(id),
            ExportedValue::Adt(_) | ExportedValue::Global(_) => None,
        }
    }

    /// The generator of what a block yields.
    pub fn generator(&mut self, block: &'a ast::Block, expect: Option<T>, span: Span) -> IExpr {
        let Some(id) = self.maker() else {
            // The line that uses the module was reported.
            return self.error_expr(span);
        };
        let inst = self.instantiate(id, span);
        self.hint_result(inst.ret, expect);
        let state = self.tt.arg(inst.params[0], 0);
        let item = self.tt.arg(state, 0);
        let name = self.sy.lambda;
        let closure = self.closure_sig(name, "<lambda>".to_owned(), span);
        self.push_frame(closure, Ret::Unit, span);
        let name = self.sy.temp;
        let bind = self.new_bind(name, state, span, BindKind::Param);
        self.frame().params.push(bind);
        self.frame().generator = Some((bind, item));
        self.frame_body(block);
        let frame = self.pop_frame();
        let closure = self.expr(IKind::Closure(frame), inst.params[0], span);
        self.expr(IKind::Call { callee: ICallee::Fn(id, inst.args), args: vec![closure] }, inst.ret, span)
    }

    /// `yield e`, `yield`.
    pub fn yield_value(&mut self, value: Option<&'a ast::Expr>, span: Span) -> IExpr {
        let Some((state, item)) = self.frame().generator else {
            let message = "`yield` outside of a generator";
            self.report(
                Diagnostic::new(Code::Misplaced, span, message)
                    .help("declare the function with `gen`: `gen numbers():`"),
            );
            return self.error_expr(span);
        };
        let unit = self.tt.unit();
        let value = match value {
            Some(value) => self.check(value, item, &Why::Other("the value that is yielded")),
            None => {
                self.same(span, unit, item, &Why::Other("the value that is yielded"));
                self.expr(IKind::Unit, unit, span)
            }
        };
        let place = self.bind_expr(state, span);
        let name = ast::Name { sym: self.cx.names.intern("value"), span };
        let place = self.member_get(place, name, false, span);
        let ty = place.ty;
        let value = self.expr(IKind::Some(Box::new(value)), ty, span);
        let assign = IKind::Assign { place: Box::new(place), op: None, value: Box::new(value) };
        let stmts = vec![self.expr(assign, unit, span), self.expr(IKind::Suspend(state), unit, span)];
        self.expr(IKind::Block { stmts, value: None }, unit, span)
    }
}
