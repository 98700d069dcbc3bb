//! Test groups. At the level of the module a group is no scope of its own at run time: its variables are the module's, so that hooks
//! and examples, which are functions, may read and set them; only its names end with it.

use super::Infer;
use super::ity::Con;
use super::tree::IExpr;
use crate::scope::ScopeId;

use base::Span;
use syntax::ast::{self, StmtKind};

/// The groups of the module, in the order in which they begin.
#[derive(Default)]
pub(crate) struct Groups {
    /// The scope of each.
    pub scopes: Vec<ScopeId>,
    /// How many have begun.
    begun: usize,
}

impl<'a> Infer<'a> {
    /// The statements of a group. Below the level of the module it is an ordinary block.
    pub fn group_stmt(&mut self, body: &'a ast::Block) -> Vec<IExpr> {
        if self.cur != 0 || !self.is_module_level() {
            return vec![self.block(body, None, false)];
        }
        let scope = self.groups.scopes[self.groups.begun];
        self.groups.begun += 1;
        let outer = self.enter_items(scope);
        let items: Vec<&'a ast::Item> = body
            .stmts
            .iter()
            .filter_map(|stmt| match &stmt.kind {
                StmtKind::Item(item) => Some(item),
                _ => None,
            })
            .collect();
        self.declare_local(&items, scope);
        let mut stmts = Vec::new();
        for stmt in &body.stmts {
            if !self.spend() {
                break;
            }
            stmts.extend(self.statement(stmt));
        }
        self.bodies[0].frames[base::EntityId::from_index(0)].scopes[0].items = outer;
        stmts
    }

    /// Declarations are looked for in this scope, at the level of the module. Returns where they were looked for before.
    pub fn enter_items(&mut self, scope: ScopeId) -> Option<ScopeId> {
        let first = base::EntityId::from_index(0);
        self.bodies[0].frames[first].scopes[0].items.replace(scope)
    }
}

/// A variable of `given_lazy` is read through this method.
const GET: &str = "get";

impl Infer<'_> {
    /// The value of a variable; what `given_lazy` declares stands for the value that it makes. The variable itself is only meant where
    /// it is declared: the parser sets it anew by a name at that place.
    pub fn given_value(&mut self, value: IExpr, declared: Span) -> IExpr {
        let Some(con @ Con::Adt(_)) = self.tt.con_of(value.ty) else { return value };
        if value.span == declared {
            return value;
        }
        if self.scopes.get(self.items()).is_std || self.given_type() != Some(con) {
            return value;
        }
        let span = value.span;
        let name = ast::Name { sym: self.cx.names.intern(GET), span };
        self.method_call(value, name, &[], None, false, span)
    }

    /// The type of such variables, by the function of the standard library that takes one.
    fn given_type(&mut self) -> Option<Con> {
        let id = self.lang("spec_given")?;
        let ty = self.p.schemes.sigs[id].params.first()?.ty?;
        Some(self.con_of_ty(ty))
    }
}
