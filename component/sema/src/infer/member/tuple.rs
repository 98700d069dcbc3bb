//! Methods of tuples. A tuple has no type for all of its items: what looks at each of them goes over an array of them.

use crate::infer::Infer;
use crate::infer::convert::Why;
use crate::infer::ity::{Con, T};
use crate::infer::tree::{IExpr, IKind};
use base::Span;
use syntax::ast;

impl<'a> Infer<'a> {
    /// A method of a tuple, if it has one of this name.
    pub(super) fn tuple_method(
        &mut self,
        recv: IExpr,
        name: ast::Name,
        args: &'a [ast::Arg],
        span: Span,
    ) -> Option<IExpr> {
        let items = match self.tt.head(recv.ty) {
            Some((Con::Tuple, items)) => items.to_vec(),
            _ => return None,
        };
        let last = items.len().saturating_sub(1);
        match (self.cx.names.name(name.sym), args) {
            ("first", []) => Some(self.expr(IKind::Field(Box::new(recv), 0), items[0], span)),
            ("last", []) => Some(self.expr(IKind::Field(Box::new(recv), last as u32), items[last], span)),
            ("len", []) => {
                let int = self.tt.i64();
                let len = self.expr(IKind::Int(items.len() as u64), int, span);
                let (evaluated, _) = self.let_temp(recv);
                Some(self.with_let(evaluated, len))
            }
            ("contains" | "has", [_]) => {
                let (taken, array) = self.items_of(recv, &items, span);
                let found = self.method_call(array, name, args, None, false, span);
                Some(self.with_let(taken, found))
            }
            ("map", [_]) => {
                let (taken, array) = self.items_of(recv, &items, span);
                let mapped = self.method_call(array, name, args, None, false, span);
                let mapped = self.again_as_tuple(mapped, items.len(), span);
                Some(self.with_let(taken, mapped))
            }
            _ => None,
        }
    }

    /// The items of a tuple as an array, behind the statement that takes the tuple.
    fn items_of(&mut self, tuple: IExpr, items: &[T], span: Span) -> (IExpr, IExpr) {
        let (taken, temp) = self.let_temp(tuple);
        let item = self.join(items.to_vec(), span);
        let mut list = Vec::new();
        for (index, &ty) in items.iter().enumerate() {
            let whole = self.bind_expr(temp, span);
            let value = self.expr(IKind::Field(Box::new(whole), index as u32), ty, span);
            list.push((false, self.coerce(value, item, &Why::Element)));
        }
        let array = self.tt.array(item);
        (taken, self.expr(IKind::Array(list), array, span))
    }

    fn again_as_tuple(&mut self, array: IExpr, count: usize, span: Span) -> IExpr {
        let ty = self.known(array.ty);
        if self.tt.con_of(ty) != Some(Con::Array) {
            return array;
        }
        let item = self.tt.arg(ty, 0);
        let (taken, temp) = self.let_temp(array);
        let int = self.tt.i64();
        let mut items = Vec::new();
        for index in 0..count {
            let whole = Box::new(self.bind_expr(temp, span));
            let index = Box::new(self.expr(IKind::Int(index as u64), int, span));
            items.push(self.expr(IKind::Index(whole, index), item, span));
        }
        let ty = self.tt.app(Con::Tuple, vec![item; count]);
        let tuple = self.expr(IKind::Tuple(items), ty, span);
        self.with_let(taken, tuple)
    }

    fn with_let(&mut self, before: IExpr, value: IExpr) -> IExpr {
        let (ty, span) = (value.ty, value.span);
        self.expr(IKind::Block { stmts: vec![before], value: Some(Box::new(value)) }, ty, span)
    }
}
