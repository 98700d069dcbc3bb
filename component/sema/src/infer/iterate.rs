//! Loops over declared types: over the array that a method gives, or step by step with `next() -> T?` until it gives nil.

use super::ity::{Con, T};
use super::member::{Found, Pick, Target};
use super::tree::{BindId, ICond, IExpr, IKind, IPat, IPatKind};
use super::{BindKind, Infer};
use crate::hir::{BinOp, LoopId};
use base::Span;
use syntax::ast;

/// Methods that give what a loop goes over, most wanted first.
const COLLECTIONS: &[&str] = &["__iter__", "iter"];
/// The method that gives one value after the other.
const STEP: &str = "next";
/// A method that gives an array, of types that have none of the others.
const ARRAY: &str = "to_array";

/// What a loop goes over.
pub(crate) enum Iterated {
    /// The items of a collection.
    Items(IExpr),
    /// What `next` gives for a value, one after the other.
    Steps(IExpr, Target),
}

impl Infer<'_> {
    /// What a loop over a value goes over.
    pub fn iterated(&mut self, value: IExpr) -> Iterated {
        let mut value = value;
        for name in COLLECTIONS {
            if let Some((target, sym)) = self.plain_method(&value, name) {
                let span = value.span;
                value = self.call_with(target, value, ast::Name { sym, span }, span);
                break;
            }
        }
        if let Some((target, _)) = self.plain_method(&value, STEP)
            && self.tt.con_of(target.ret) == Some(Con::Option)
        {
            return Iterated::Steps(value, target);
        }
        if let Some((target, sym)) = self.plain_method(&value, ARRAY) {
            let span = value.span;
            value = self.call_with(target, value, ast::Name { sym, span }, span);
        }
        Iterated::Items(value)
    }

    /// The method of a declared type with a name and without parameters.
    fn plain_method(&mut self, value: &IExpr, name: &str) -> Option<(Target, base::Symbol)> {
        let ty = self.known(value.ty);
        let con @ Con::Adt(_) = self.tt.con_of(ty)? else { return None };
        let sym = self.cx.names.intern(name);
        if !matches!(self.pick(ty, con, sym, false, false), Pick::One(_)) {
            return None;
        }
        match self.find_method(ty, sym, false, value.span, &[]) {
            Found::Method(mut target) if target.params.len() == 1 => {
                target.ret = self.known(target.ret);
                Some((target, sym))
            }
            _ => None,
        }
    }

    /// The type of what is met one after the other.
    pub fn step_type(&mut self, over: &Iterated) -> T {
        match over {
            Iterated::Items(items) => self.item_type(items),
            Iterated::Steps(_, target) => self.tt.arg(target.ret, 0),
        }
    }

    /// A loop whose pattern and body are known.
    pub fn loop_over(
        &mut self,
        (id, over): (LoopId, Iterated),
        (index, pat): (Option<BindId>, IPat),
        body: IExpr,
        span: Span,
    ) -> IExpr {
        let unit = self.tt.unit();
        let (value, target) = match over {
            Iterated::Items(items) => {
                let (iter, body) = (Box::new(items), Box::new(body));
                return self.expr(IKind::For { id, index, pat, iter, body }, unit, span);
            }
            Iterated::Steps(value, target) => (value, target),
        };
        let at = value.span;
        let (object_let, object) = self.let_variable(value);
        let object = self.bind_expr(object, at);
        let sym = self.cx.names.intern(STEP);
        let ty = target.ret;
        let next = self.call_with(target, object, ast::Name { sym, span: at }, at);
        let pat = IPat { span: pat.span, kind: IPatKind::Some(Box::new(pat)), ty };
        let cond = Box::new(ICond::Let { pat, value: next });
        let mut stmts = vec![object_let];
        let body = match index {
            None => body,
            Some(index) => {
                let (count_let, count) = self.counted(index, at);
                stmts.push(count_let);
                self.expr(IKind::Block { stmts: count, value: Some(Box::new(body)) }, unit, span)
            }
        };
        stmts.push(self.expr(IKind::While { id, cond, body: Box::new(body) }, unit, span));
        self.expr(IKind::Block { stmts, value: None }, unit, span)
    }

    /// A counter from 0, and what each round does first: the index is the counter, which goes on.
    fn counted(&mut self, index: BindId, span: Span) -> (IExpr, Vec<IExpr>) {
        let (int, unit) = (self.tt.i64(), self.tt.unit());
        let zero = self.expr(IKind::Int(0), int, span);
        let (count_let, count) = self.let_variable(zero);
        let now = Box::new(self.bind_expr(count, span));
        let pat = IPat { kind: IPatKind::Bind(index), ty: int, span };
        let index_let = self.expr(IKind::Let { pat, init: now }, unit, span);
        let place = Box::new(self.bind_expr(count, span));
        let one = Box::new(self.expr(IKind::Int(1), int, span));
        let step = self.expr(IKind::Assign { place, op: Some(BinOp::Add), value: one }, unit, span);
        (count_let, vec![index_let, step])
    }

    /// A variable without a name that holds a value.
    fn let_variable(&mut self, value: IExpr) -> (IExpr, BindId) {
        let (span, ty, unit) = (value.span, value.ty, self.tt.unit());
        let name = self.sy.temp;
        let bind = self.new_bind(name, ty, span, BindKind::Var { annotated: false });
        let pat = IPat { kind: IPatKind::Bind(bind), ty, span };
        (self.expr(IKind::Let { pat, init: Box::new(value) }, unit, span), bind)
    }
}
