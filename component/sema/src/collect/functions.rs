//! Signatures of functions.

use super::Context;
use crate::hir::{AdtKind, FnId, Receiver};
use crate::infer::ity::VarKind;
use crate::infer::{Decl, DeclBody, Infer, State};
use crate::intrinsic::Intrinsic;
use crate::scheme::{External, Owner, Sig, SigParam};
use crate::ty::{Ty, TyId, Types};
use abi::RtFn;
use base::EntityId;
use base::{Code, Diagnostic};
use syntax::ast;

impl<'a> Infer<'a> {
    /// A signature that only has a name.
    pub(crate) fn new_sig(&mut self, name: ast::Name, context: &Context) -> FnId {
        let is_std = self.scopes.get(context.scope).is_std;
        let path = format!("{}{}", context.prefix, self.cx.names.name(name.sym));
        self.p.schemes.sigs.push(Sig {
            name: name.sym,
            path,
            span: name.span,
            owner: context.owner,
            generics: context.generics.clone(),
            kinds: vec![VarKind::General; context.generics.len()],
            declared: context.generics.len(),
            owned: context.generics.len(),
            params: Vec::new(),
            ret: None,
            receiver: Receiver::None,
            me: false,
            constraints: Vec::new(),
            is_std,
            external: None,
            has_body: true,
        })
    }

    /// A hidden function that gives a default value; it is called where an argument or a field is left out.
    pub(super) fn default_fn(
        &mut self,
        name: ast::Name,
        value: &'a ast::Expr,
        ty: Option<TyId>,
        context: &Context,
    ) -> FnId {
        let id = self.new_sig(name, context);
        let sig = &mut self.p.schemes.sigs[id];
        sig.path = format!("{}{}.default", context.prefix, self.cx.names.name(name.sym));
        sig.owner = Owner::None;
        sig.span = value.span;
        sig.ret = ty;
        self.set_decl(
            id,
            Decl { body: DeclBody::Default(value), scope: context.scope, state: State::Unstarted },
        );
        id
    }

    /// Reads the signature of a function.
    pub(crate) fn signature(&mut self, id: FnId, decl: &'a ast::Fn, context: &Context) {
        let scope = self.scopes.child(Some(context.scope));
        let mut generics = context.generics.clone();
        generics.extend(self.generics(&decl.generics, scope, context.generics.len()));
        self.wheres(&decl.generics, scope, &mut generics);
        let is_std = self.scopes.get(scope).is_std;

        let receiver = self.receiver(decl, context);
        let mut params = Vec::new();
        if receiver != Receiver::None {
            let span = decl.explicit_self.unwrap_or(decl.name.span);
            params.push(SigParam {
                name: self.sy.self_,
                span,
                ty: context.self_ty,
                default: None,
                mutable: false,
                variadic: false,
            });
        } else if let (Some(span), None) = (decl.explicit_self, context.self_ty) {
            self.report(
                Diagnostic::new(Code::Misplaced, span, "`self` is only for methods")
                    .help("give the parameter another name"),
            );
        }
        let inner = Context {
            scope,
            generics: generics.clone(),
            prefix: format!("{}.", self.p.schemes.sigs[id].path),
            ..context.clone()
        };
        for (index, param) in decl.params.iter().enumerate() {
            if let Some(before) = decl.params[..index].iter().find(|other| other.name.sym == param.name.sym)
                && self.name(param.name.sym) != "_"
            {
                self.duplicate(param.name, before.name.span);
            }
            if param.variadic && index + 1 < decl.params.len() {
                self.report(
                    Diagnostic::new(
                        Code::BadArguments,
                        param.name.span,
                        "only the last parameter can take all further arguments",
                    )
                    .help("move it behind the others"),
                );
            }
            let mut ty = param.ty.as_ref().map(|ty| self.resolve_type(scope, ty));
            if param.variadic {
                ty = ty.map(|elem| self.p.types.intern(Ty::Array(elem)));
            }
            let default = param.default.as_ref().map(|value| self.default_fn(param.name, value, ty, &inner));
            params.push(SigParam {
                name: param.name.sym,
                span: param.name.span,
                ty,
                default,
                mutable: param.mutable,
                variadic: param.variadic,
            });
        }
        let mut ret = decl.ret.as_ref().map(|ty| self.resolve_type(scope, ty));
        let mut external = None;
        if decl.is_extern {
            external = if is_std {
                self.external(decl)
            } else {
                self.host_function(decl, context, (&generics, &params, ret))
            };
            let never = match external {
                Some(External::Runtime(f)) => f.never_returns(),
                Some(External::Intrinsic(f)) => f == Intrinsic::Raise,
                Some(External::Host) | None => false,
            };
            ret = ret.or(Some(if never { Types::never() } else { Types::unit() }));
        } else if decl.body.is_none() {
            ret = ret.or(Some(Types::unit()));
        }
        let sig = &mut self.p.schemes.sigs[id];
        sig.kinds = vec![VarKind::General; generics.len()];
        sig.declared = generics.len();
        sig.owned = context.generics.len();
        sig.generics = generics;
        sig.params = params;
        sig.ret = ret;
        sig.receiver = receiver;
        sig.me = decl.kind == ast::FnKind::Me;
        sig.external = external;
        sig.has_body = decl.body.is_some();
        if decl.body.is_none() && !decl.is_extern && !matches!(context.owner, Owner::Trait(_)) {
            self.report(
                Diagnostic::new(Code::UnexpectedToken, decl.name.span, "a function needs a body")
                    .help("end the line with `:` and write the body below it"),
            );
        }
        self.set_decl(id, Decl { body: DeclBody::Fn(decl), scope, state: State::Unstarted });
    }

    /// What stands behind an extern function of the standard library.
    fn external(&mut self, decl: &ast::Fn) -> Option<External> {
        let name = self.name(decl.name.sym);
        let found = RtFn::from_name(&name)
            .map(External::Runtime)
            .or_else(|| Intrinsic::from_name(&name).map(External::Intrinsic));
        if found.is_none() {
            self.report(Diagnostic::new(
                Code::UnknownName,
                decl.name.span,
                format!("no runtime function or intrinsic is called `{name}`"),
            ));
        }
        found
    }

    /// Whether a function has a `self`, and how it is passed.
    pub(super) fn receiver(&mut self, decl: &ast::Fn, context: &Context) -> Receiver {
        let Some(self_ty) = context.self_ty else { return Receiver::None };
        let me = decl.kind == ast::FnKind::Me;
        let name = self.cx.names.name(decl.name.sym);
        let is_maker = matches!(name, "new" | "create" | "default" | "init") || name.starts_with("from_");
        let of_trait = match context.owner {
            Owner::Impl(id) => self.p.impls[id].trait_.is_some(),
            Owner::Trait(_) => true,
            Owner::None => false,
        };
        let is_static = matches!(decl.kind, ast::FnKind::Static | ast::FnKind::Const)
            || (is_maker
                && !me
                && !of_trait
                && decl.explicit_self.is_none()
                && !crate::names::mentions_self(decl, self.sy.self_));
        if is_static {
            return Receiver::None;
        }
        let is_class = match self.p.types.get(self_ty) {
            Ty::Adt(id, _) => matches!(self.p.adts[*id].kind, AdtKind::Class(_)),
            _ => false,
        };
        if me && !is_class { Receiver::InOut } else { Receiver::Value }
    }

    pub(super) fn set_decl(&mut self, id: FnId, decl: Decl<'a>) {
        if self.decls.len() <= id.index() {
            self.decls.resize_with(id.index() + 1, || None);
        }
        self.decls[id.index()] = Some(decl);
    }
}
