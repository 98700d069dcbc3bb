//! Structs, classes and enums: what is in them.

use super::Context;
use crate::assoc::Open;
use crate::hir::{AdtKind, Field, Generic, Variant};
use crate::infer::Infer;
use crate::scheme::Owner;
use crate::scope::{ScopeId, TypeDef, ValueDef};
use crate::ty::{AdtId, Ty, TyId, Types};
use base::{Code, Diagnostic, Span, Symbol};
use syntax::ast;

impl<'a> Infer<'a> {
    /// Declares type parameters in a scope, the first as `Param(offset)`, then reads their bounds.
    pub(super) fn generics(
        &mut self,
        generics: &'a ast::Generics,
        scope: ScopeId,
        offset: usize,
    ) -> Vec<Generic> {
        let mut constants = Vec::new();
        for (index, param) in generics.params.iter().enumerate() {
            let n = (offset + index) as u32;
            self.define_type(scope, param.name, TypeDef::Param(n));
            let constant = param.constant.as_ref().map(|ty| self.number_type(scope, ty));
            self.define_number(scope, param.name.sym, param.name.span, n, constant);
            constants.push(constant);
        }
        let mut list = Vec::new();
        let mut added = Vec::new();
        let next = (offset + generics.params.len()) as u32;
        for (param, constant) in generics.params.iter().zip(constants) {
            let mut generic = Generic { constant, ..Generic::any(param.name.sym) };
            for bound in &param.bounds {
                let open = Open::Bound { subject: param.name.sym, next, added: &mut added };
                self.add_bound(&mut generic, scope, bound, open);
            }
            generic.default = param.default.as_ref().map(|ty| self.resolve_arg(scope, ty, constant));
            list.push(generic);
        }
        list.extend(added);
        list
    }

    /// `Trait`, or `!Trait`.
    fn add_bound(&mut self, generic: &mut Generic, scope: ScopeId, bound: &'a ast::Type, open: Open<'_>) {
        match &bound.kind {
            ast::TypeKind::Not(inner) => generic.lacks.extend(self.resolve_bound(scope, inner, open)),
            _ => generic.bounds.extend(self.resolve_bound(scope, bound, open)),
        }
    }

    /// The type of a number that is a type parameter.
    fn number_type(&mut self, scope: ScopeId, ty: &'a ast::Type) -> TyId {
        let resolved = self.resolve_type(scope, ty);
        if !matches!(self.p.types.get(resolved), Ty::Int(_) | Ty::Error) {
            let text = self.show_type(resolved);
            self.report(
                Diagnostic::new(
                    Code::TypeMismatch,
                    ty.span,
                    format!("a constant among type parameters is a whole number, not `{text}`"),
                )
                .help("declare it `usize`, or any other type of whole numbers"),
            );
            return Types::error();
        }
        resolved
    }

    /// Makes a type parameter that stands for a number known as one; nothing for others.
    pub(super) fn define_number(
        &mut self,
        scope: ScopeId,
        name: Symbol,
        span: Span,
        n: u32,
        constant: Option<TyId>,
    ) {
        if let Some(ty) = constant {
            self.scopes.get_mut(scope).values.insert(name, (ValueDef::Number(n, ty), span));
        }
    }

    /// Adds the bounds of a `where` clause to parameters.
    pub(super) fn wheres(&mut self, generics: &'a ast::Generics, scope: ScopeId, list: &mut Vec<Generic>) {
        for (ty, bounds) in &generics.wheres {
            let subject = self.resolve_type(scope, ty);
            let Ty::Param(n) = *self.p.types.get(subject) else {
                if subject != Types::error() {
                    self.report(
                        Diagnostic::new(
                            Code::NotSupportedYet,
                            ty.span,
                            "a bound on a type that is not a parameter is not supported yet",
                        )
                        .help("put the bound on a type parameter"),
                    );
                }
                continue;
            };
            let mut added = Vec::new();
            for bound in bounds {
                let (subject, next) = (list[n as usize].name, list.len() as u32);
                let open = Open::Bound { subject, next, added: &mut added };
                self.add_bound(&mut list[n as usize], scope, bound, open);
            }
            list.extend(added);
        }
    }

    pub(super) fn struct_body(&mut self, id: AdtId, decl: &'a ast::Struct, scope: ScopeId) {
        let self_ty = self.own_type(id, scope, decl.name.span);
        let mut generics = self.p.adts[id].generics.clone();
        self.wheres(&decl.generics, scope, &mut generics);
        self.p.adts[id].generics = generics.clone();
        let context = Context {
            scope,
            owner: Owner::None,
            generics,
            self_ty: Some(self_ty),
            prefix: format!("{}.", self.name(decl.name.sym)),
        };
        let parts = self.with_mixins(decl, scope);
        let declared: Vec<&'a ast::Field> = parts.iter().flat_map(|part| &part.fields).collect();
        let mut fields: Vec<Field> = Vec::new();
        for (index, field) in declared.iter().enumerate() {
            if let Some(before) = declared[..index].iter().find(|other| other.name.sym == field.name.sym) {
                self.duplicate(field.name, before.name.span);
            }
            let ty = self.resolve_type(scope, &field.ty);
            fields.push(Field { name: Some(field.name.sym), ty });
            if let Some(default) = &field.default {
                let f = self.default_fn(field.name, default, Some(ty), &context);
                self.p.schemes.field_defaults.insert((id, index as u32), f);
            }
        }
        self.p.adts[id].kind = if decl.is_class { AdtKind::Class(fields) } else { AdtKind::Struct(fields) };
        let methods = self.mixed_methods(&parts);
        let checked = parts.into_iter().filter(|part| !part.invariants.is_empty()).collect();
        self.body_methods(methods, checked, self_ty, context);
    }

    pub(super) fn enum_body(&mut self, id: AdtId, decl: &'a ast::Enum, scope: ScopeId) {
        let self_ty = self.own_type(id, scope, decl.name.span);
        let mut generics = self.p.adts[id].generics.clone();
        self.wheres(&decl.generics, scope, &mut generics);
        self.p.adts[id].generics = generics.clone();
        let mut variants: Vec<Variant> = Vec::new();
        let mut next = 0;
        for (index, variant) in decl.variants.iter().enumerate() {
            if let Some(before) =
                decl.variants[..index].iter().find(|other| other.name.sym == variant.name.sym)
            {
                self.duplicate(variant.name, before.name.span);
            }
            let fields = variant
                .fields
                .iter()
                .map(|(name, ty)| Field { name: name.map(|name| name.sym), ty: self.resolve_type(scope, ty) })
                .collect();
            let discriminant = match &variant.discriminant {
                Some(expr) => self.discriminant(expr),
                None => next,
            };
            next = discriminant.wrapping_add(1);
            variants.push(Variant { name: variant.name.sym, fields, discriminant });
        }
        self.p.adts[id].kind = AdtKind::Enum(variants);
        let context = Context {
            scope,
            owner: Owner::None,
            generics,
            self_ty: Some(self_ty),
            prefix: format!("{}.", self.name(decl.name.sym)),
        };
        self.body_methods(decl.methods.iter().collect(), Vec::new(), self_ty, context);
    }

    pub(super) fn discriminant(&mut self, expr: &ast::Expr) -> i64 {
        match &expr.kind {
            ast::ExprKind::Int(n, _) => *n as i64,
            ast::ExprKind::Unary(ast::UnOp::Neg, inner) => self.discriminant(inner).wrapping_neg(),
            _ => {
                self.report(
                    Diagnostic::new(
                        Code::TypeMismatch,
                        expr.span,
                        "the number of a variant must be an integer literal",
                    )
                    .help("write a number such as `= 3`"),
                );
                0
            }
        }
    }

    /// Defines `Self` in the scope of a declared type.
    pub(super) fn own_type(&mut self, id: AdtId, scope: ScopeId, span: Span) -> TyId {
        let count = self.p.adts[id].generics.len();
        let args = (0..count).map(|n| self.p.types.intern(Ty::Param(n as u32))).collect();
        let self_ty = self.p.types.intern(Ty::Adt(id, args));
        let own = self.sy.own;
        self.scopes.get_mut(scope).types.insert(own, (TypeDef::Own(self_ty), span));
        self_ty
    }

    /// A struct that holds itself without anything between has no value.
    pub(super) fn check_finite(&mut self, id: AdtId, span: Span) {
        let mut seen = vec![id];
        let mut work = vec![id];
        while let Some(adt) = work.pop() {
            let AdtKind::Struct(fields) = &self.p.adts[adt].kind else { continue };
            for field in fields {
                if let Ty::Adt(inner, _) = *self.p.types.get(field.ty) {
                    if inner == id {
                        let name = self.name(self.p.adts[id].name);
                        self.report(
                            Diagnostic::new(
                                Code::InfiniteType,
                                span,
                                format!("`{name}` contains itself without end"),
                            )
                            .help(format!(
                                "make the field optional (`{name}?`), or declare `{name}` as a class"
                            )),
                        );
                        return;
                    }
                    if !seen.contains(&inner) {
                        seen.push(inner);
                        work.push(inner);
                    }
                }
            }
        }
    }
}
