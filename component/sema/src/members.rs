//! The index of members: methods by the head of the type and their name.

use crate::hir::{ImplId, Program};
use crate::infer::ity::Con;
use crate::scheme::Member;
use crate::ty::{Ty, TyId, Types};
use base::Symbol;

impl Program {
    /// Makes the methods of an implementation findable.
    pub(crate) fn index_methods(&mut self, id: ImplId) {
        let con = member_con(&self.types, self.impls[id].self_ty);
        let mut list: Vec<(Symbol, Member)> = self.impls[id]
            .methods
            .iter()
            .map(|&(name, f)| (name, Member { id: f, via: id, default_of: None }))
            .collect();
        if let Some(trait_) = &self.impls[id].trait_ {
            for &(name, f) in &self.traits[trait_.id].methods {
                if self.schemes.sigs[f].has_body && !list.iter().any(|(own, _)| *own == name) {
                    list.push((name, Member { id: f, via: id, default_of: Some(trait_.id) }));
                }
            }
        }
        for (name, member) in list {
            self.schemes.members.entry((con, name)).or_default().push(member);
        }
    }
}

/// The head under which methods of a type are found: one for all type parameters.
pub(crate) fn member_con(types: &Types, ty: TyId) -> Con {
    match con_of(types, ty) {
        Con::Param(_) => Con::Param(0),
        con => con,
    }
}

/// The head of a type.
pub(crate) fn con_of(types: &Types, ty: TyId) -> Con {
    match *types.get(ty) {
        Ty::Error => Con::Error,
        Ty::Never => Con::Never,
        Ty::Unit => Con::Unit,
        Ty::Bool => Con::Bool,
        Ty::Int(int) => Con::Int(int),
        Ty::Float { bits } => Con::Float(bits),
        Ty::Text => Con::Text,
        Ty::Any => Con::Any,
        Ty::Range => Con::Range,
        Ty::Number(n) => Con::Number(n),
        Ty::Array(_) => Con::Array,
        Ty::Dict(..) => Con::Dict,
        Ty::Tuple(_) => Con::Tuple,
        Ty::Option(_) => Con::Option,
        Ty::Fn(..) => Con::Fn,
        Ty::Adt(id, _) => Con::Adt(id),
        Ty::Dyn(id, _) => Con::Dyn(id),
        Ty::Param(n) => Con::Param(n),
    }
}
