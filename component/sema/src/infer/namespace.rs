//! Names of modules behind the name of the module: `shapes.area(x)`, `shapes.Point`; modules are files, or `mod` in a file.

use super::Infer;
use super::binding::Meaning;
use super::ity::T;
use super::tree::IExpr;
use crate::hir::{self, ModuleId};
use crate::modules::{ExportedType, ExportedValue};
use crate::scope::{ScopeId, TypeDef, ValueDef};
use base::{Code, Diagnostic, Span, Symbol};
use syntax::ast::{self, ExprKind};

/// A module.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Space {
    /// A file.
    File(ModuleId),
    /// `mod` in a file.
    Inline(ScopeId),
}

impl<'a> Infer<'a> {
    /// The module that an expression names, if it is one.
    pub fn namespace(&mut self, base: &'a ast::Expr) -> Option<Space> {
        match &base.kind {
            ExprKind::Name(name) => {
                // Hardly any program has such names; only then it is worth a look at all others.
                self.namespace_in(self.items(), *name)?;
                match self.lookup(*name, base.span) {
                    Meaning::Namespace(space) => Some(space),
                    Meaning::Bind(_)
                    | Meaning::Module(_)
                    | Meaning::Global(_)
                    | Meaning::Fn(_)
                    | Meaning::Adt(_)
                    | Meaning::Number(..)
                    | Meaning::Unknown => None,
                }
            }
            ExprKind::Field(outer, name) => match self.namespace(outer)? {
                Space::Inline(scope) => self.inner_space(scope, name.sym),
                Space::File(_) => None,
            },
            _ => None,
        }
    }

    /// The module that a name means where there are only declarations.
    pub fn namespace_in(&self, scope: ScopeId, name: Symbol) -> Option<Space> {
        match self.scopes.find_value(scope, name) {
            Some((ValueDef::Namespace(id), _)) => Some(Space::File(id)),
            Some((ValueDef::Inline(id), _)) => Some(Space::Inline(id)),
            _ => None,
        }
    }

    /// The module that the names of a path up to its last one lead to.
    pub fn namespace_path(&self, scope: ScopeId, path: &[ast::Name]) -> Option<Space> {
        let (first, rest) = path.split_first()?;
        let mut space = self.namespace_in(scope, first.sym)?;
        for name in rest {
            space = match space {
                Space::Inline(scope) => self.inner_space(scope, name.sym)?,
                Space::File(_) => return None,
            };
        }
        Some(space)
    }

    fn inner_space(&self, scope: ScopeId, name: Symbol) -> Option<Space> {
        match self.scopes.get(scope).values.get(&name) {
            Some((ValueDef::Inline(id), _)) => Some(Space::Inline(*id)),
            _ => None,
        }
    }

    /// What the module is called in messages.
    pub fn space_name(&self, space: Space, written: Symbol) -> String {
        match space {
            Space::File(id) => self.p.modules[id].path.clone(),
            Space::Inline(_) => self.name(written),
        }
    }

    /// What a name means in a module; reported where it means nothing.
    fn exported(&mut self, space: Space, name: ast::Name) -> Option<ExportedValue> {
        if self.at_cursor(name.span) {
            self.propose_exports(space);
        }
        let found = match space {
            Space::File(module) => self.p.modules[module].exports.values.get(&name.sym).map(|&(def, _)| def),
            Space::Inline(scope) => match self.scopes.get(scope).values.get(&name.sym) {
                Some((ValueDef::Fn(id), _)) => Some(ExportedValue::Fn(*id)),
                Some((ValueDef::Adt(id), _)) => Some(ExportedValue::Adt(*id)),
                Some((
                    ValueDef::Module(_)
                    | ValueDef::Global(_)
                    | ValueDef::Namespace(_)
                    | ValueDef::Inline(_)
                    | ValueDef::Number(..),
                    _,
                ))
                | None => None,
            },
        };
        if found.is_none() {
            self.not_in_space(space, name);
        }
        self.seen_export(name.span, None, found);
        found
    }

    /// Reports a name that a module does not have.
    pub fn not_in_space(&mut self, space: Space, name: ast::Name) {
        match space {
            Space::File(module) => {
                let hir::Module { path, exports, .. } = &self.p.modules[module];
                let (path, exports) = (path.clone(), exports.clone());
                self.not_exported(&path, name, &exports);
            }
            Space::Inline(scope) => {
                let text = self.name(name.sym);
                let inside = self.scopes.get(scope);
                let known =
                    inside.values.keys().chain(inside.types.keys()).map(|&sym| self.name(sym)).collect();
                let mut diagnostic =
                    Diagnostic::new(Code::UnknownName, name.span, format!("the module has no `{text}`"));
                if let Some(close) = crate::names::closest(&text, known) {
                    diagnostic = diagnostic.help(format!("did you mean `{close}`?"));
                }
                self.report(diagnostic);
            }
        }
    }

    /// The type of a name in a module, without a report.
    pub fn exported_type_of(&mut self, space: Space, name: Symbol) -> Option<ExportedType> {
        match space {
            Space::File(module) => self.p.modules[module].exports.types.get(&name).map(|&(def, _)| def),
            Space::Inline(scope) => match self.scopes.get(scope).types.get(&name)?.0 {
                TypeDef::Adt(id) => Some(ExportedType::Adt(id)),
                TypeDef::Trait(id) => Some(ExportedType::Trait(id)),
                TypeDef::Resolved(ty, count) => Some(ExportedType::Alias(ty, count)),
                TypeDef::Alias(ty, at, generics) if generics.params.is_empty() => {
                    Some(ExportedType::Alias(self.resolve_type(at, ty), 0))
                }
                TypeDef::Alias(..) | TypeDef::Param(_) | TypeDef::Own(_) | TypeDef::Mixin(..) => None,
            },
        }
    }

    /// `module.name` as a value.
    pub fn namespaced_value(&mut self, space: Space, name: ast::Name, span: Span) -> IExpr {
        match self.exported(space, name) {
            Some(ExportedValue::Fn(id)) => self.fn_value(id, None, span),
            Some(ExportedValue::Global(id)) => self.global_expr(id, span),
            Some(ExportedValue::Adt(_)) => self.type_as_value(name.sym, span),
            None => self.error_expr(span),
        }
    }

    /// `module.name(args)`.
    pub fn namespaced_call(
        &mut self,
        space: Space,
        name: ast::Name,
        types: Option<&'a [ast::Type]>,
        args: &'a [ast::Arg],
        expect: Option<T>,
        span: Span,
    ) -> IExpr {
        match self.exported(space, name) {
            Some(ExportedValue::Fn(id)) => self.call_fn(id, types, args, expect, span),
            Some(ExportedValue::Adt(adt)) => self.construct(adt, types, args, expect, span),
            Some(ExportedValue::Global(id)) => {
                let callee = self.global_expr(id, name.span);
                self.call_value(callee, args, span)
            }
            None => {
                self.effects(args);
                self.error_expr(span)
            }
        }
    }
}
