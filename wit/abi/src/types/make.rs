//! Descriptors of types without a name, made of the types in them. Compiler and hosts make the same ones.
//!
//! None of them is part of a cycle of references, which only a compiler can tell: parts that may be are none for these functions.

use super::{FieldDesc, TypeDesc, TypeId, TypeKind, lay_out};
use crate::Repr;
use alloc::{string::String, vec, vec::Vec};

/// More leaves than this are not passed around one by one: the value is boxed.
pub const MAX_FLAT_LEAVES: usize = 8;

/// `[elem]`.
pub fn array(elem: TypeId) -> TypeDesc {
    let (leaves, size) = lay_out([Repr::Ref]);
    TypeDesc { kind: TypeKind::Array { elem }, boxed: false, leaves, size, may_cycle: false }
}

/// `(items)`, of types in a table.
///
/// # Panics
/// For an id that is not in the table; so for [`option`].
pub fn tuple(items: &[TypeId], table: &[TypeDesc]) -> TypeDesc {
    let mut reprs = Vec::new();
    let mut fields = Vec::new();
    for &ty in items {
        let first = reprs.len() as u32;
        reprs.extend(reprs_of(ty, table));
        fields.push(FieldDesc { name: String::new(), ty, leaves: (first..reprs.len() as u32).collect() });
    }
    flat(TypeKind::Tuple(fields), reprs)
}

/// `inner?`, of a type in a table. Nil is 0 where the value is one reference that is never 0; else a leaf in front says whether there is one.
pub fn option(inner: TypeId, table: &[TypeDesc]) -> TypeDesc {
    let reprs: Vec<Repr> = reprs_of(inner, table).collect();
    let niche = reprs == [Repr::Ref] && !may_be_zero(inner, table);
    let tag = if niche { Vec::new() } else { vec![Repr::I8] };
    flat(TypeKind::Option { inner, niche }, [tag, reprs].concat())
}

/// True where the one reference of a value may be 0.
fn may_be_zero(ty: TypeId, table: &[TypeDesc]) -> bool {
    let desc = &table[ty.0 as usize];
    match &desc.kind {
        _ if desc.boxed => false,
        TypeKind::Option { .. } => true,
        TypeKind::Tuple(fields) | TypeKind::Struct { fields, .. } => {
            fields.iter().any(|field| !field.leaves.is_empty() && may_be_zero(field.ty, table))
        }
        TypeKind::Enum { variants, .. } => {
            let mut fields = variants.iter().flat_map(|variant| &variant.fields);
            variants.len() > 1 || fields.any(|field| !field.leaves.is_empty() && may_be_zero(field.ty, table))
        }
        TypeKind::Unit
        | TypeKind::Bool
        | TypeKind::Int { .. }
        | TypeKind::Float
        | TypeKind::Text
        | TypeKind::Any
        | TypeKind::Range
        | TypeKind::Array { .. }
        | TypeKind::Dict { .. }
        | TypeKind::Class { .. }
        | TypeKind::Fn
        | TypeKind::Closure { .. }
        | TypeKind::Dyn
        | TypeKind::Box { .. } => false,
    }
}

fn reprs_of(ty: TypeId, table: &[TypeDesc]) -> impl Iterator<Item = Repr> {
    table[ty.0 as usize].value_leaves().iter().map(|leaf| leaf.repr)
}

fn flat(kind: TypeKind, reprs: Vec<Repr>) -> TypeDesc {
    let boxed = reprs.len() > MAX_FLAT_LEAVES;
    let (leaves, size) = lay_out(reprs);
    TypeDesc { kind, boxed, leaves, size, may_cycle: false }
}
