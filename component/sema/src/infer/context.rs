//! Calls that find their object or their meaning by other ways: `context` blocks, and types that answer to every name.

use super::Infer;
use super::binding::Meaning;
use super::convert::Why;
use super::ity::{Con, T};
use super::member::{Found, Pick};
use super::tree::{IExpr, IKind};
use super::{BindKind, tree};
use base::{Span, Symbol};
use syntax::ast;

/// The name under which the object of a `context` block is bound.
const CONTEXT: &str = "<context>";
/// The method that answers for all names that a type does not have.
const METHOD_MISSING: &str = "method_missing";

impl<'a> Infer<'a> {
    /// `context object:`. Calls in the block of names that the object has methods of are calls of these.
    pub fn context_block(
        &mut self,
        object: &'a ast::Expr,
        body: &'a ast::Block,
        expect: Option<T>,
        used: bool,
        span: Span,
    ) -> IExpr {
        let at = object.span;
        let place = match object.kind {
            ast::ExprKind::Name(name) => match self.lookup(name, at) {
                Meaning::Bind(bind) => Some(bind),
                Meaning::Module(_)
                | Meaning::Global(_)
                | Meaning::Namespace(_)
                | Meaning::Fn(_)
                | Meaning::Adt(_)
                | Meaning::Number(..)
                | Meaning::Unknown => None,
            },
            _ => None,
        };
        self.push_scope();
        let mut stmts = Vec::new();
        let bind = match place {
            // The variable itself, which methods may change.
            Some(bind) => bind,
            None => {
                let value = self.infer(object, None);
                let value = self.soften(value);
                let ty = self.known(value.ty);
                let bind = self.new_bind(self.sy.temp, ty, at, BindKind::Var { annotated: true });
                let pat = tree::IPat { kind: tree::IPatKind::Bind(bind), ty, span: at };
                let unit = self.tt.unit();
                stmts.push(self.expr(IKind::Let { pat, init: Box::new(value) }, unit, at));
                bind
            }
        };
        let name = self.cx.names.intern(CONTEXT);
        self.bind_name(name, bind);
        let body = self.block_open(body, expect, used);
        // The name is known in the block alone.
        if let Some(scope) = self.frame().scopes.last_mut() {
            scope.names.remove(&name);
        }
        self.pop_scope();
        let (ty, soft) = (body.ty, body.soft);
        if used {
            let value = Some(Box::new(body));
            return IExpr { soft, ..self.expr(IKind::Block { stmts, value }, ty, span) };
        }
        stmts.push(body);
        let ty = if self.tt.con_of(ty) == Some(Con::Never) { ty } else { self.tt.unit() };
        self.expr(IKind::Block { stmts, value: None }, ty, span)
    }

    /// A call as one of a method of the object of the `context` block around it. What is `unknown` otherwise may be answered by
    /// `method_missing`.
    pub fn context_call(
        &mut self,
        name: ast::Name,
        args: &'a [ast::Arg],
        expect: Option<T>,
        unknown: bool,
        span: Span,
    ) -> Option<IExpr> {
        let context = self.cx.names.find(CONTEXT)?;
        let Meaning::Bind(bind) = self.lookup(context, name.span) else { return None };
        let recv = self.bind_expr(bind, name.span);
        let ty = self.known(recv.ty);
        let con = self.tt.con_of(ty)?;
        let known = match con {
            Con::Any => unknown,
            Con::Dyn(_) | Con::Param(_) => {
                matches!(self.find_method(ty, name.sym, false, name.span, &[]), Found::Method(_))
            }
            _ => {
                matches!(self.pick(ty, con, name.sym, false, false), Pick::One(_))
                    || unknown && self.missing_method(ty).is_some()
            }
        };
        known.then(|| self.method_call(recv, name, args, expect, false, span))
    }

    /// The symbol of the method that answers for all others, where a type has it.
    pub fn missing_method(&mut self, ty: T) -> Option<Symbol> {
        let sym = self.cx.names.find(METHOD_MISSING)?;
        let con @ Con::Adt(_) = self.tt.con_of(ty)? else { return None };
        matches!(self.pick(ty, con, sym, false, false), Pick::One(_)).then_some(sym)
    }

    /// A call of a method that the type does not have: `method_missing(name, args, block)`, as far as it takes them.
    pub fn call_missing(
        &mut self,
        recv: IExpr,
        name: ast::Name,
        args: &'a [ast::Arg],
        span: Span,
    ) -> Option<IExpr> {
        let sym = self.missing_method(recv.ty)?;
        let ty = recv.ty;
        let Found::Method(target) = self.find_method(ty, sym, false, span, &[]) else { return None };
        let params = target.params[1..].to_vec();
        let mut call = self.call_with(target, recv, ast::Name { sym, span: name.span }, span);
        let mut values = Vec::new();
        let mut block = None;
        for arg in args {
            let value = self.infer(&arg.value, None);
            if matches!(arg.value.kind, ast::ExprKind::Lambda { .. }) {
                block = Some(value);
            } else {
                values.push(value);
            }
        }
        let text = self.tt.text();
        let named = self.expr(IKind::Text(self.name(name.sym)), text, name.span);
        let list = self.array_of(values, span);
        let block = match block {
            Some(block) => block,
            None => {
                let any = self.tt.any();
                self.expr(IKind::Nil, any, span)
            }
        };
        if let IKind::Call { args, .. } = &mut call.kind {
            for (value, ty) in [named, list, block].into_iter().zip(params) {
                args.push(self.coerce(value, ty, &Why::Other("what `method_missing` gets")));
            }
        }
        Some(call)
    }
}
