//! Places: what may be assigned, and what a changing method may be called on.

use super::ity::Con;
use super::tree::{IExpr, IKind};
use super::{BindKind, Infer};
use crate::hir::AdtKind;
use base::{Code, Diagnostic, Span, Symbol};
use syntax::ast::{self, ExprKind};

/// What stands at the root of a place.
enum Root {
    /// A local variable.
    Bind(super::tree::BindId),
    Module(super::tree::ModuleVar),
    Global(crate::hir::GlobalId),
    /// Something behind a reference, or perhaps so: it may be changed whoever holds it.
    Shared,
    /// A value that nothing refers to: a change of it is lost.
    Value,
}

impl<'a> Infer<'a> {
    /// The target of an assignment.
    pub fn place(&mut self, target: &'a ast::Expr) -> IExpr {
        match &target.kind {
            ExprKind::Field(base, name)
                if self.type_path(base).is_none() && self.namespace(base).is_none() =>
            {
                let base = self.place(base);
                let base = self.soften(base);
                let ty = self.known(base.ty);
                if self.at_cursor(name.span) {
                    self.propose_members(ty, true);
                }
                match self.find_field(ty, name.sym) {
                    Some((index, field)) => {
                        self.seen_field(ty, index, name.span);
                        self.expr(IKind::Field(Box::new(base), index), field, target.span)
                    }
                    None if self.tt.var_of(ty).is_some() => self.member_get(base, *name, false, target.span),
                    None => {
                        self.missing_field(ty, *name);
                        self.error_expr(target.span)
                    }
                }
            }
            ExprKind::Index(base, index) => {
                let base = self.place(base);
                self.index_value(base, index, true, target.span)
            }
            _ => self.infer(target, None),
        }
    }

    /// A receiver as a place: an entry of a dict that is unwrapped to be read is the entry itself where it is changed.
    pub fn as_place(&self, expr: IExpr) -> IExpr {
        let IExpr { kind, ty, span, soft } = expr;
        let kind = match kind {
            IKind::Coerce(inner) => match *inner {
                IExpr { kind: IKind::Index(base, index), .. }
                    if self.tt.con_of(base.ty) == Some(Con::Dict) =>
                {
                    IKind::Index(Box::new(self.as_place(*base)), index)
                }
                inner => IKind::Coerce(Box::new(inner)),
            },
            IKind::Field(base, index) => IKind::Field(Box::new(self.as_place(*base)), index),
            IKind::Index(base, index) => IKind::Index(Box::new(self.as_place(*base)), index),
            kind => kind,
        };
        IExpr { kind, ty, span, soft }
    }

    fn missing_field(&mut self, ty: super::ity::T, name: ast::Name) {
        if matches!(self.tt.con_of(ty), Some(Con::Error | Con::Never)) {
            return;
        }
        let (text, shown) = (self.name(name.sym), self.show(ty));
        let mut diagnostic =
            Diagnostic::new(Code::UnknownMember, name.span, format!("`{shown}` has no field `{text}`"));
        if let Some(Con::Adt(id)) = self.tt.con_of(ty)
            && let AdtKind::Struct(fields) | AdtKind::Class(fields) = &self.p.adts[id].kind
        {
            let known = fields.iter().filter_map(|field| field.name).map(|name| self.name(name)).collect();
            if let Some(close) = crate::names::closest(&text, known) {
                diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
            }
        }
        self.report(diagnostic);
    }

    /// Reports a target that cannot be assigned.
    pub fn require_assignable(&mut self, place: &IExpr, target: &'a ast::Expr) {
        match &place.kind {
            IKind::Bind(bind) => {
                let info = &self.body().binds[*bind];
                let (name, kind, declared) = (info.name, info.kind, info.span);
                let text = self.name(name);
                match kind {
                    BindKind::Val => self.report(
                        Diagnostic::new(
                            Code::NotAssignable,
                            target.span,
                            format!("`{text}` cannot be assigned again"),
                        )
                        .note(declared, "declared with `val`")
                        .help(format!("declare it with `var {text}`")),
                    ),
                    BindKind::Capture => self.captured(&text, declared, target.span),
                    BindKind::Own { me: false } => self.report(
                        Diagnostic::new(
                            Code::NotAssignable,
                            target.span,
                            "`self` can only be changed in a method declared with `me`",
                        )
                        .help("write `me` instead of `fn`"),
                    ),
                    BindKind::Var { .. } | BindKind::Param | BindKind::Own { me: true } => {}
                }
            }
            IKind::Module(var) => {
                let bind = &self.module_binds[*var];
                if !bind.mutable {
                    let (name, declared) = (bind.name, bind.span);
                    let text = self.name(name);
                    self.report(
                        Diagnostic::new(
                            Code::NotAssignable,
                            target.span,
                            format!("`{text}` cannot be assigned again"),
                        )
                        .note(declared, "declared with `val`")
                        .help(format!("declare it with `var {text}`")),
                    );
                }
            }
            IKind::Global(id) => {
                let global = &self.p.globals[*id];
                if !global.mutable {
                    let (name, declared) = (global.name, global.span);
                    let text = self.name(name);
                    self.report(
                        Diagnostic::new(
                            Code::NotAssignable,
                            target.span,
                            format!("`{text}` cannot be assigned again"),
                        )
                        .note(declared, "declared with `val`")
                        .help(format!("declare it with `var {text}`")),
                    );
                }
            }
            IKind::Field(..) | IKind::Index(..) | IKind::Member { .. } => {
                self.require_changeable(place, target.span, None);
            }
            IKind::Error => {}
            // Of other forms the parser has said so.
            _ if !matches!(target.kind, ExprKind::Name(_)) => {}
            _ => self.report(
                Diagnostic::new(Code::NotAssignable, target.span, "this cannot be assigned")
                    .help("a name, a field or an element can"),
            ),
        }
    }

    fn captured(&mut self, text: &str, declared: Span, span: Span) {
        self.report(
            Diagnostic::new(
                Code::CapturedAssignment,
                span,
                format!("`{text}` is a copy here: a lambda or nested function cannot change it"),
            )
            .note(declared, "it belongs to the function around")
            .help("return the new value instead, or keep the state in a class instance"),
        );
    }

    /// A changing method needs a receiver that may change.
    pub fn require_mutable(&mut self, place: &IExpr, name: ast::Name) {
        let text = self.name(name.sym);
        self.require_changeable(place, name.span, Some(text));
    }

    fn require_changeable(&mut self, place: &IExpr, span: Span, method: Option<String>) {
        let root = self.root_of(place);
        let what = match &method {
            Some(method) => format!("`{method}` changes it"),
            None => "this assignment changes it".to_owned(),
        };
        match root {
            Root::Shared => {}
            // A method may be called for its result.
            Root::Value if method.is_some() => {}
            Root::Value => self.report(
                Diagnostic::new(Code::NotAssignable, span, "this changes a value that nothing keeps")
                    .help("put the value into a variable first: `var x = ..`"),
            ),
            Root::Bind(bind) => {
                let info = &self.bodies[self.cur].binds[bind];
                let (name, ty, kind, declared) = (info.name, info.ty, info.kind, info.span);
                let text = self.name(name);
                let is_collection =
                    matches!(self.tt.con_of(ty), Some(Con::Array | Con::Dict | Con::Any) | None);
                match kind {
                    BindKind::Val if !is_collection => self.immutable(&text, declared, span, &what),
                    BindKind::Capture => self.captured(&text, declared, span),
                    BindKind::Own { me: false } => {
                        self.report(
                            Diagnostic::new(
                                Code::NotAssignable,
                                span,
                                "`self` can only be changed in a method declared with `me`",
                            )
                            .label(what)
                            .help("write `me` instead of `fn` before the method's name"),
                        );
                    }
                    BindKind::Val | BindKind::Var { .. } | BindKind::Param | BindKind::Own { me: true } => {}
                }
            }
            Root::Module(var) => {
                let bind = &self.module_binds[var];
                let (ty, mutable, name, declared) = (bind.ty, bind.mutable, bind.name, bind.span);
                self.module_place(ty, mutable, name, declared, span, &what);
            }
            Root::Global(id) => {
                let global = &self.p.globals[id];
                let (ty, mutable, name, declared) = (global.ty, global.mutable, global.name, global.span);
                let ty = self.own_ty(ty);
                self.module_place(ty, mutable, name, declared, span, &what);
            }
        }
    }

    /// The contents of a collection may change even where its variable may not.
    fn module_place(
        &mut self,
        ty: super::ity::T,
        mutable: bool,
        name: Symbol,
        declared: Span,
        span: Span,
        what: &str,
    ) {
        let is_collection = matches!(self.tt.con_of(ty), Some(Con::Array | Con::Dict | Con::Any) | None);
        if !mutable && !is_collection {
            let text = self.name(name);
            self.immutable(&text, declared, span, what);
        }
    }

    fn immutable(&mut self, text: &str, declared: Span, span: Span, what: &str) {
        self.report(
            Diagnostic::new(Code::NotAssignable, span, format!("`{text}` cannot be changed"))
                .label(what.to_owned())
                .note(declared, "declared with `val`")
                .help(format!("declare it with `var {text}`")),
        );
    }

    fn root_of(&self, place: &IExpr) -> Root {
        let is_reference = |ty: super::ity::T| match self.tt.con_of(ty) {
            Some(Con::Adt(id)) => matches!(self.p.adts[id].kind, AdtKind::Class(_)),
            Some(Con::Dyn(_)) => true,
            _ => false,
        };
        if is_reference(place.ty) {
            return Root::Shared;
        }
        match &place.kind {
            IKind::Bind(bind) => Root::Bind(*bind),
            IKind::Module(var) => Root::Module(*var),
            IKind::Global(id) => Root::Global(*id),
            IKind::Field(base, _) | IKind::Index(base, _) => {
                if is_reference(base.ty) {
                    Root::Shared
                } else {
                    self.root_of(base)
                }
            }
            IKind::Coerce(inner) if matches!(inner.kind, IKind::Index(..)) => self.root_of(inner),
            IKind::Member { recv, args: None, .. } => self.root_of(recv),
            _ => match self.tt.con_of(place.ty) {
                None | Some(Con::Param(_) | Con::Any | Con::Error | Con::Never) => Root::Shared,
                Some(_) => Root::Value,
            },
        }
    }
}
