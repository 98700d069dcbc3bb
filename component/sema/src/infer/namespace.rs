//! Names of other modules behind the name of the module: `shapes.area(x)`, `shapes.Point`.

use super::Infer;
use super::binding::Meaning;
use super::ity::T;
use super::tree::IExpr;
use crate::hir::ModuleId;
use crate::modules::{ExportedType, ExportedValue};
use crate::scope::{ScopeId, ValueDef};
use base::{Span, Symbol};
use syntax::ast::{self, ExprKind};

impl<'a> Infer<'a> {
    /// The module that an expression names, if it is one.
    pub fn namespace(&mut self, base: &'a ast::Expr) -> Option<ModuleId> {
        let ExprKind::Name(name) = base.kind else { return None };
        // Hardly any program has such names; only then it is worth a look at all others.
        self.namespace_in(self.items(), name)?;
        match self.lookup(name, base.span) {
            Meaning::Namespace(id) => Some(id),
            Meaning::Bind(_)
            | Meaning::Module(_)
            | Meaning::Global(_)
            | Meaning::Fn(_)
            | Meaning::Adt(_)
            | Meaning::Unknown => None,
        }
    }

    /// The module that a name means where there are only declarations.
    pub fn namespace_in(&self, scope: ScopeId, name: Symbol) -> Option<ModuleId> {
        match self.scopes.find_value(scope, name) {
            Some((ValueDef::Namespace(id), _)) => Some(id),
            _ => None,
        }
    }

    /// What a name means in a module; reported where it means nothing.
    fn exported(&mut self, module: ModuleId, name: ast::Name) -> Option<ExportedValue> {
        let found = self.p.modules[module].exports.values.get(&name.sym).map(|&(def, _)| def);
        if found.is_none() {
            let exports = self.p.modules[module].exports.clone();
            self.not_exported(module, name, &exports);
        }
        found
    }

    /// The type of a name in a module, without a report.
    pub fn exported_type_of(&self, module: ModuleId, name: Symbol) -> Option<ExportedType> {
        self.p.modules[module].exports.types.get(&name).map(|&(def, _)| def)
    }

    /// `module.name` as a value.
    pub fn namespaced_value(&mut self, module: ModuleId, name: ast::Name, span: Span) -> IExpr {
        match self.exported(module, name) {
            Some(ExportedValue::Fn(id)) => self.fn_value(id, None, span),
            Some(ExportedValue::Global(id)) => self.global_expr(id, span),
            Some(ExportedValue::Adt(_)) => self.type_as_value(name.sym, span),
            None => self.error_expr(span),
        }
    }

    /// `module.name(args)`.
    pub fn namespaced_call(
        &mut self,
        module: ModuleId,
        name: ast::Name,
        types: Option<&'a [ast::Type]>,
        args: &'a [ast::Arg],
        expect: Option<T>,
        span: Span,
    ) -> IExpr {
        match self.exported(module, name) {
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
