//! Types in a program: where the words of a value are.

use super::Type;
use abi::types::{make, well_known};
use abi::{Repr, TypeDesc, TypeId, TypeKind};

/// A type of a program, taken apart.
#[derive(Clone, Debug)]
pub struct Shape {
    pub(crate) id: TypeId,
    /// Machine types of a value's words.
    pub(crate) reprs: Vec<Repr>,
    pub(crate) parts: Parts,
}

/// What is inside of a value.
#[derive(Clone, Debug)]
pub(crate) enum Parts {
    /// Nothing: a number, a text.
    None,
    /// Elements of this shape, in an object.
    Elements(Box<Shape>),
    /// Parts one behind the other, in an object where there are many.
    Items { items: Vec<Shape>, boxed: bool },
    /// A value, or none.
    Option { value: Box<Shape>, niche: bool, boxed: bool },
}

/// The types of a program, which grow.
pub(crate) trait Table {
    /// The types that are there.
    fn types(&self) -> &[TypeDesc];

    /// The number of a type, which is added where it is not there.
    fn find(&mut self, desc: TypeDesc) -> Result<TypeId, crate::LinkError>;
}

impl Type {
    /// The type of a descriptor, where it is one that values go in and out as.
    pub(crate) fn of(id: TypeId, types: &[TypeDesc]) -> Option<Type> {
        // Types inside of a type stand anywhere in the table, and damaged ones in themselves.
        Type::at(id, types, 64)
    }

    fn at(id: TypeId, types: &[TypeDesc], depth: u32) -> Option<Type> {
        let depth = depth.checked_sub(1)?;
        let desc = types.get(id.0 as usize)?;
        let bits = |desc: &TypeDesc| desc.leaves.first().map(|leaf| 8 * leaf.repr.size() as u8);
        Some(match &desc.kind {
            TypeKind::Unit => Type::Unit,
            TypeKind::Bool => Type::Bool,
            TypeKind::Int { signed } => Type::Int { bits: bits(desc)?, signed: *signed },
            TypeKind::Float => Type::Float(bits(desc)?),
            TypeKind::Text => Type::Text,
            TypeKind::Array { elem } => Type::Array(Box::new(Type::at(*elem, types, depth)?)),
            TypeKind::Option { inner, .. } => Type::Option(Box::new(Type::at(*inner, types, depth)?)),
            TypeKind::Tuple(fields) => {
                let items = fields.iter().map(|field| Type::at(field.ty, types, depth));
                Type::Tuple(items.collect::<Option<_>>()?)
            }
            TypeKind::Any
            | TypeKind::Range
            | TypeKind::Dict { .. }
            | TypeKind::Struct { .. }
            | TypeKind::Class { .. }
            | TypeKind::Enum { .. }
            | TypeKind::Fn
            | TypeKind::Closure { .. }
            | TypeKind::Dyn
            | TypeKind::Box { .. } => return None,
        })
    }
}

impl Shape {
    /// The shape of a type in a program.
    pub(crate) fn of(ty: &Type, table: &mut dyn Table) -> Result<Shape, crate::LinkError> {
        let (id, parts) = match ty {
            Type::Unit => (well_known::UNIT, Parts::None),
            Type::Bool => (well_known::BOOL, Parts::None),
            Type::Int { bits: 8, signed: true } => (well_known::I8, Parts::None),
            Type::Int { bits: 16, signed: true } => (well_known::I16, Parts::None),
            Type::Int { bits: 32, signed: true } => (well_known::I32, Parts::None),
            Type::Int { signed: true, .. } => (well_known::I64, Parts::None),
            Type::Int { bits: 8, signed: false } => (well_known::U8, Parts::None),
            Type::Int { bits: 16, signed: false } => (well_known::U16, Parts::None),
            Type::Int { bits: 32, signed: false } => (well_known::U32, Parts::None),
            Type::Int { signed: false, .. } => (well_known::U64, Parts::None),
            Type::Float(32) => (well_known::F32, Parts::None),
            Type::Float(_) => (well_known::F64, Parts::None),
            Type::Text => (well_known::TEXT, Parts::None),
            Type::Array(elem) => {
                let elem = Shape::of(elem, table)?;
                (table.find(make::array(elem.id))?, Parts::Elements(Box::new(elem)))
            }
            Type::Option(inner) => {
                let value = Box::new(Shape::of(inner, table)?);
                let desc = make::option(value.id, table.types());
                let niche = desc.leaves.len() == value.reprs.len();
                let boxed = desc.boxed;
                (table.find(desc)?, Parts::Option { value, niche, boxed })
            }
            Type::Tuple(items) => {
                let items = items.iter().map(|item| Shape::of(item, table)).collect::<Result<Vec<_>, _>>()?;
                let ids: Vec<TypeId> = items.iter().map(|item| item.id).collect();
                let desc = make::tuple(&ids, table.types());
                let boxed = desc.boxed;
                (table.find(desc)?, Parts::Items { items, boxed })
            }
        };
        let reprs = table.types()[id.0 as usize].value_leaves().iter().map(|leaf| leaf.repr).collect();
        Ok(Shape { id, reprs, parts })
    }
}
