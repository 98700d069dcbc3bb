//! Lambdas, and functions inside functions that use the names around them.

use super::convert::Why;
use super::ity::{Con, T};
use super::tree::{IExpr, IKind, IPat, IPatKind};
use super::{BindKind, Infer, Ret};
use crate::scheme::{Owner, Sig};
use base::{Code, Diagnostic, Span, Symbol};
use syntax::ast;

impl<'a> Infer<'a> {
    pub fn lambda(
        &mut self,
        params: &'a [ast::LambdaParam],
        body: &'a ast::Block,
        expect: Option<T>,
        span: Span,
    ) -> IExpr {
        let expected = self.expected_fn(expect, params.len());
        let mut types = Vec::new();
        let scope = self.items();
        for (index, param) in params.iter().enumerate() {
            let ty = match &param.ty {
                Some(ty) => {
                    let ty = self.resolve_type(scope, ty);
                    self.own_ty(ty)
                }
                None => self.fresh(),
            };
            if let Some((wanted, _)) = &expected {
                self.same(param.pat.span, ty, wanted[index], &Why::Other("this parameter"));
            }
            types.push(ty);
        }
        let ret = match expected {
            Some((_, ret)) if self.tt.con_of(ret) == Some(Con::Unit) => Ret::Unit,
            Some((_, ret)) if self.tt.con_of(ret).is_some() => Ret::Declared(ret),
            _ => {
                let ret = self.fresh();
                Ret::Inferred { inputs: Vec::new(), ret }
            }
        };
        let name = self.sy.lambda;
        let id = self.closure_sig(name, "<lambda>".to_owned(), span);
        self.push_frame(id, ret, span);
        let mut lets = Vec::new();
        for (param, &ty) in params.iter().zip(&types) {
            self.lambda_param(&param.pat, ty, &mut lets);
        }
        self.frame_body(body);
        if !lets.is_empty() {
            self.prepend(lets);
        }
        let frame = self.pop_frame();
        let ret_ty = self.body().frames[frame].ret_ty;
        let ty = self.tt.func(&types, ret_ty);
        self.expr(IKind::Closure(frame), ty, span)
    }

    /// Parameter and result types of an expected function type of that many parameters.
    fn expected_fn(&mut self, expect: Option<T>, count: usize) -> Option<(Vec<T>, T)> {
        let mut ty = self.known(expect?);
        if self.tt.con_of(ty) == Some(Con::Option) {
            ty = self.tt.arg(ty, 0);
        }
        let (con, parts) = self.tt.head(ty)?;
        let (ret, params) = parts.split_last()?;
        (con == Con::Fn && params.len() == count).then(|| (params.to_vec(), *ret))
    }

    fn lambda_param(&mut self, pat: &'a ast::Pat, ty: T, lets: &mut Vec<IExpr>) {
        if let ast::PatKind::Name { name, .. } = &pat.kind {
            let bind = self.new_bind(name.sym, ty, name.span, BindKind::Param);
            self.frame().params.push(bind);
            self.bind_name(name.sym, bind);
            return;
        }
        let bind = self.temp(ty, pat.span);
        self.frame().params.push(bind);
        let pattern = self.pattern(pat, ty, BindKind::Param);
        if matches!(pattern.kind, IPatKind::Wild) {
            return;
        }
        let init = Box::new(self.bind_expr(bind, pat.span));
        let unit = self.tt.unit();
        lets.push(self.expr(IKind::Let { pat: pattern, init }, unit, pat.span));
    }

    /// Puts statements before the value of the frame.
    pub fn prepend(&mut self, mut stmts: Vec<IExpr>) {
        let Some(value) = self.frame().value.take() else { return };
        let (ty, span) = (value.ty, value.span);
        let kind = match value {
            IExpr { kind: IKind::Block { stmts: own, value }, .. } => {
                stmts.extend(own);
                IKind::Block { stmts, value }
            }
            other => IKind::Block { stmts, value: Some(Box::new(other)) },
        };
        let value = self.expr(kind, ty, span);
        self.frame().value = Some(value);
    }

    /// The entry of a lambda in the table of functions. Its type parameters are those of the function around it.
    pub(super) fn closure_sig(&mut self, name: Symbol, path: String, span: Span) -> crate::hir::FnId {
        let body = self.bodies[self.cur].id;
        let is_std = self.p.schemes.sigs[body].is_std;
        self.p.schemes.sigs.push(Sig {
            name,
            path,
            span,
            owner: Owner::None,
            generics: Vec::new(),
            kinds: Vec::new(),
            declared: 0,
            owned: 0,
            params: Vec::new(),
            ret: None,
            receiver: crate::hir::Receiver::None,
            me: false,
            constraints: Vec::new(),
            is_std,
            external: None,
            has_body: true,
        })
    }

    /// A function inside a function that uses names around it: a closure bound to its name.
    pub fn local_fn(&mut self, decl: &'a ast::Fn) -> IExpr {
        let span = decl.name.span;
        if !decl.generics.params.is_empty() {
            self.not_yet(
                span,
                "type parameters of a function that uses local names around it",
                "pass what it uses as parameters",
            );
        }
        let scope = self.items();
        let mut types = Vec::new();
        for param in &decl.params {
            let own = match &param.ty {
                Some(ty) => {
                    let ty = self.resolve_type(scope, ty);
                    self.own_ty(ty)
                }
                None => self.fresh(),
            };
            types.push(if param.variadic { self.tt.array(own) } else { own });
        }
        let ret = match &decl.ret {
            Some(ty) => {
                let ty = self.resolve_type(scope, ty);
                let ty = self.own_ty(ty);
                if self.tt.con_of(ty) == Some(Con::Unit) { Ret::Unit } else { Ret::Declared(ty) }
            }
            None => {
                let ret = self.fresh();
                Ret::Inferred { inputs: Vec::new(), ret }
            }
        };
        let ret_ty = match &ret {
            Ret::Declared(ty) | Ret::Inferred { ret: ty, .. } => *ty,
            Ret::Unit => self.tt.unit(),
        };
        let ty = self.tt.func(&types, ret_ty);
        let path = self.name(decl.name.sym);
        let id = self.closure_sig(decl.name.sym, path, span);
        self.push_frame(id, ret, span);
        // Inside, the name is the closure itself.
        let own = self.new_bind(decl.name.sym, ty, span, BindKind::Capture);
        self.frame().self_closure = Some(own);
        self.body().binds[own].decl = Some(decl);
        self.bind_name(decl.name.sym, own);
        for (param, &ty) in decl.params.iter().zip(&types) {
            let bind = self.new_bind(param.name.sym, ty, param.name.span, BindKind::Param);
            self.frame().params.push(bind);
            self.bind_name(param.name.sym, bind);
        }
        match &decl.body {
            Some(body) => self.frame_body(body),
            None => {
                self.report(Diagnostic::new(Code::UnexpectedToken, span, "a function needs a body"));
            }
        }
        let frame = self.pop_frame();
        let closure = self.expr(IKind::Closure(frame), ty, span);
        let bind = self.new_bind(decl.name.sym, ty, span, BindKind::Val);
        self.body().binds[bind].decl = Some(decl);
        self.bind_name(decl.name.sym, bind);
        let pat = IPat { kind: IPatKind::Bind(bind), ty, span };
        let unit = self.tt.unit();
        self.expr(IKind::Let { pat, init: Box::new(closure) }, unit, span)
    }
}
