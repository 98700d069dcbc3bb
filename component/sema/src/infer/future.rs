//! `await`: the value of a future; work is done when it is asked for, so any other value is there already.

use super::Infer;
use super::ity::Con;
use super::tree::{IExpr, IKind};
use base::Span;
use syntax::ast;

impl<'a> Infer<'a> {
    pub fn await_value(&mut self, value: &'a ast::Expr, span: Span) -> IExpr {
        let value = self.infer(value, None);
        let ty = self.known(value.ty);
        match self.tt.con_of(ty) {
            Some(con) if self.future() == Some(con) => {
                let inner = self.tt.arg(ty, 0);
                self.expr(IKind::Field(Box::new(value), 0), inner, span)
            }
            _ => value,
        }
    }

    /// The type of futures, by the function of the standard library that takes one.
    fn future(&mut self) -> Option<Con> {
        let id = self.lang("join")?;
        let ty = self.p.schemes.sigs[id].params.first()?.ty?;
        Some(self.con_of_ty(ty))
    }
}
