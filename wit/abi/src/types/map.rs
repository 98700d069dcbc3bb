//! Descriptors with other ids.

use super::{FieldDesc, TypeDesc, TypeId, TypeKind, VariantDesc};
use alloc::vec::Vec;

impl TypeDesc {
    /// The same descriptor with the id `map(id)` for each id in it, in order.
    pub fn map_ids(&self, mut map: impl FnMut(TypeId) -> TypeId) -> TypeDesc {
        let map = &mut map;
        let kind = match &self.kind {
            TypeKind::Unit => TypeKind::Unit,
            TypeKind::Bool => TypeKind::Bool,
            TypeKind::Int { signed } => TypeKind::Int { signed: *signed },
            TypeKind::Float => TypeKind::Float,
            TypeKind::Text => TypeKind::Text,
            TypeKind::Any => TypeKind::Any,
            TypeKind::Range => TypeKind::Range,
            TypeKind::Array { elem } => TypeKind::Array { elem: map(*elem) },
            TypeKind::Dict { key, value } => TypeKind::Dict { key: map(*key), value: map(*value) },
            TypeKind::Tuple(fields) => TypeKind::Tuple(map_fields(fields, map)),
            TypeKind::Struct { name, fields } => {
                TypeKind::Struct { name: name.clone(), fields: map_fields(fields, map) }
            }
            TypeKind::Class { name, fields } => {
                TypeKind::Class { name: name.clone(), fields: map_fields(fields, map) }
            }
            TypeKind::Enum { name, variants } => {
                let mut mapped = Vec::new();
                for VariantDesc { name, fields } in variants {
                    mapped.push(VariantDesc { name: name.clone(), fields: map_fields(fields, map) });
                }
                TypeKind::Enum { name: name.clone(), variants: mapped }
            }
            TypeKind::Option { inner, niche } => TypeKind::Option { inner: map(*inner), niche: *niche },
            TypeKind::Fn => TypeKind::Fn,
            TypeKind::Closure { name, captures } => {
                TypeKind::Closure { name: name.clone(), captures: map_fields(captures, map) }
            }
            TypeKind::Dyn => TypeKind::Dyn,
            TypeKind::Box { inner } => TypeKind::Box { inner: map(*inner) },
        };
        TypeDesc { kind, leaves: self.leaves.clone(), ..*self }
    }
}

fn map_fields(fields: &[FieldDesc], map: &mut impl FnMut(TypeId) -> TypeId) -> Vec<FieldDesc> {
    let mapped = fields.iter().map(|field| FieldDesc { ty: map(field.ty), ..field.clone() });
    mapped.collect()
}
