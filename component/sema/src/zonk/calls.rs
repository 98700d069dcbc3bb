//! Calls: closures, callees, members and operators as they were resolved.

use super::{Locals, Zonk};
use crate::hir::{self, Callee, ExprKind, PatKind, Receiver, TraitRef};
use crate::infer::ity::T;
use crate::infer::tree::{BindId, FrameId, ICallee, IExpr, Pending, Resolution};
use crate::ty::{Ty, TyId, Types};
use base::{Span, Symbol};
use syntax::ast::UnOp;

impl Zonk<'_, '_> {
    pub(super) fn closure(&mut self, frame: FrameId, ty: TyId, span: Span, locals: &mut Locals) -> hir::Expr {
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

    pub(super) fn callee(&mut self, callee: ICallee, span: Span, locals: &mut Locals) -> Callee {
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

    pub(super) fn operator_call(
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
    pub(super) fn member(
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
    pub(super) fn present(&mut self, inner: IExpr, span: Span, locals: &mut Locals) -> hir::Expr {
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
}
