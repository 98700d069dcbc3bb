//! Type descriptors in artifacts: written, read, and checked to describe values that exist.

use super::DecodeError;
use super::read::Reader;
use super::write::Writer;
use crate::Repr;
use crate::types::{FieldDesc, Leaf, TypeDesc, TypeId, TypeKind, VariantDesc, well_known};
use alloc::vec::Vec;

/// Largest flat value or payload, in bytes: the runtime passes values through a scratch area of this size.
const MAX_SIZE: u32 = 64 << 10;

pub(super) fn write(out: &mut Writer, desc: &TypeDesc) {
    let flags = u64::from(desc.boxed) | u64::from(desc.may_cycle) << 1;
    match &desc.kind {
        TypeKind::Unit => out.number(0),
        TypeKind::Bool => out.number(1),
        TypeKind::Int { signed } => out.number(2 + u64::from(*signed)),
        TypeKind::Float => out.number(4),
        TypeKind::Text => out.number(5),
        TypeKind::Any => out.number(6),
        TypeKind::Range => out.number(7),
        TypeKind::Array { elem } => {
            out.number(8);
            out.number(u64::from(elem.0));
        }
        TypeKind::Dict { key, value } => {
            out.number(9);
            out.number(u64::from(key.0));
            out.number(u64::from(value.0));
        }
        TypeKind::Tuple(fields) => {
            out.number(10);
            write_fields(out, fields);
        }
        TypeKind::Struct { name, fields } => {
            out.number(11);
            out.string(name);
            write_fields(out, fields);
        }
        TypeKind::Class { name, fields } => {
            out.number(12);
            out.string(name);
            write_fields(out, fields);
        }
        TypeKind::Enum { name, variants } => {
            out.number(13);
            out.string(name);
            out.number(variants.len() as u64);
            for variant in variants {
                out.string(&variant.name);
                write_fields(out, &variant.fields);
            }
        }
        TypeKind::Option { inner, niche } => {
            out.number(14 + u64::from(*niche));
            out.number(u64::from(inner.0));
        }
        TypeKind::Fn => out.number(16),
        TypeKind::Closure { name, captures } => {
            out.number(17);
            out.string(name);
            write_fields(out, captures);
        }
        TypeKind::Dyn => out.number(18),
        TypeKind::Box { inner } => {
            out.number(19);
            out.number(u64::from(inner.0));
        }
    }
    out.number(flags);
    out.number(u64::from(desc.size));
    out.number(desc.leaves.len() as u64);
    for leaf in &desc.leaves {
        out.number(u64::from(leaf.offset));
        out.number(leaf.repr as u64);
    }
}

fn write_fields(out: &mut Writer, fields: &[FieldDesc]) {
    out.number(fields.len() as u64);
    for field in fields {
        out.string(&field.name);
        out.number(u64::from(field.ty.0));
        out.number(field.leaves.len() as u64);
        for &leaf in &field.leaves {
            out.number(u64::from(leaf));
        }
    }
}

pub(super) fn read(input: &mut Reader<'_>) -> Result<TypeDesc, DecodeError> {
    let kind = match input.u32("kind of a type")? {
        0 => TypeKind::Unit,
        1 => TypeKind::Bool,
        number @ 2..=3 => TypeKind::Int { signed: number == 3 },
        4 => TypeKind::Float,
        5 => TypeKind::Text,
        6 => TypeKind::Any,
        7 => TypeKind::Range,
        8 => TypeKind::Array { elem: read_id(input)? },
        9 => TypeKind::Dict { key: read_id(input)?, value: read_id(input)? },
        10 => TypeKind::Tuple(read_fields(input)?),
        11 => TypeKind::Struct { name: input.name()?, fields: read_fields(input)? },
        12 => TypeKind::Class { name: input.name()?, fields: read_fields(input)? },
        13 => {
            let name = input.name()?;
            let mut variants = Vec::new();
            for _ in 0..input.count("variant count")? {
                variants.push(VariantDesc { name: input.name()?, fields: read_fields(input)? });
            }
            TypeKind::Enum { name, variants }
        }
        number @ 14..=15 => TypeKind::Option { inner: read_id(input)?, niche: number == 15 },
        16 => TypeKind::Fn,
        17 => TypeKind::Closure { name: input.name()?, captures: read_fields(input)? },
        18 => TypeKind::Dyn,
        19 => TypeKind::Box { inner: read_id(input)? },
        _ => return Err(input.wrong("an unknown kind of type")),
    };
    let flags = input.index(4, "flags of a type")?;
    let size = input.u32("size of a type")?;
    let mut leaves = Vec::new();
    for _ in 0..input.count("leaf count")? {
        let offset = input.u32("leaf offset")?;
        let repr = input.index(Repr::ALL.len(), "machine type of a leaf")?;
        leaves.push(Leaf { offset, repr: Repr::ALL[repr as usize] });
    }
    Ok(TypeDesc { kind, boxed: flags & 1 != 0, leaves, size, may_cycle: flags & 2 != 0 })
}

fn read_id(input: &mut Reader<'_>) -> Result<TypeId, DecodeError> {
    Ok(TypeId(input.u32("type id")?))
}

fn read_fields(input: &mut Reader<'_>) -> Result<Vec<FieldDesc>, DecodeError> {
    let mut fields = Vec::new();
    for _ in 0..input.count("field count")? {
        let name = input.name()?;
        let ty = read_id(input)?;
        let mut leaves = Vec::new();
        for _ in 0..input.count("leaf count")? {
            leaves.push(input.u32("leaf index")?);
        }
        fields.push(FieldDesc { name, ty, leaves });
    }
    Ok(fields)
}

/// Checks descriptors against each other: ids name descriptors, leaves lie inside their value without overlap, a field has as many leaves as
/// its type, and no type contains itself other than behind a reference.
pub(super) fn check(types: &[TypeDesc]) -> Result<(), &'static str> {
    if types.len() < well_known::FIRST_OWN as usize {
        return Err("the well-known types are missing");
    }
    if types.len() > crate::object::TYPE_MASK as usize {
        return Err("too many types");
    }
    for desc in types {
        check_leaves(desc)?;
        for (parts, is_variant) in parts(desc) {
            for field in parts {
                check_field(types, desc, field, is_variant)?;
            }
        }
        let refers = |id: TypeId| types.get(id.0 as usize).ok_or("a type id without a type");
        match &desc.kind {
            TypeKind::Array { elem } => refers(*elem).map(drop)?,
            TypeKind::Dict { key, value } => refers(*key).and(refers(*value)).map(drop)?,
            TypeKind::Box { inner } => {
                if refers(*inner)?.value_leaves().len() != desc.leaves.len() {
                    return Err("a box that does not fit what it holds");
                }
            }
            TypeKind::Option { inner, niche } => {
                let inner = refers(*inner)?.value_leaves();
                let expected = if *niche { 1 } else { inner.len() + 1 };
                if desc.leaves.len() != expected {
                    return Err("an option that does not fit its value");
                }
            }
            TypeKind::Unit
            | TypeKind::Bool
            | TypeKind::Text
            | TypeKind::Any
            | TypeKind::Range
            | TypeKind::Tuple(_)
            | TypeKind::Struct { .. }
            | TypeKind::Class { .. }
            | TypeKind::Enum { .. }
            | TypeKind::Fn
            | TypeKind::Closure { .. }
            | TypeKind::Dyn => {}
            TypeKind::Int { .. } | TypeKind::Float => {
                let float = matches!(desc.kind, TypeKind::Float);
                let fits = |leaf: &Leaf| leaf.repr.is_float() == float && !leaf.repr.is_counted();
                if desc.leaves.len() != 1 || !desc.leaves.iter().all(fits) {
                    return Err("a number with the wrong leaves");
                }
            }
        }
        let shape: Option<&[Repr]> = match &desc.kind {
            TypeKind::Unit => Some(&[]),
            TypeKind::Bool => Some(&[Repr::I8]),
            TypeKind::Any => Some(&[Repr::Any]),
            TypeKind::Range => Some(&[Repr::I64, Repr::I64, Repr::I64, Repr::I8]),
            TypeKind::Dyn => Some(&[Repr::Ref, Repr::I32]),
            TypeKind::Text | TypeKind::Array { .. } | TypeKind::Dict { .. } | TypeKind::Fn => {
                Some(&[Repr::Ref])
            }
            TypeKind::Int { .. }
            | TypeKind::Float
            | TypeKind::Tuple(_)
            | TypeKind::Struct { .. }
            | TypeKind::Class { .. }
            | TypeKind::Enum { .. }
            | TypeKind::Option { .. }
            | TypeKind::Closure { .. }
            | TypeKind::Box { .. } => None,
        };
        if shape.is_some_and(|shape| !desc.leaves.iter().map(|leaf| leaf.repr).eq(shape.iter().copied())) {
            return Err("a type with the wrong leaves");
        }
    }
    if contains_itself(types) { Err("a type that contains itself") } else { Ok(()) }
}

fn check_leaves(desc: &TypeDesc) -> Result<(), &'static str> {
    if desc.size > MAX_SIZE {
        return Err("a type that is too large");
    }
    let mut free = 0;
    for leaf in &desc.leaves {
        let size = leaf.repr.size();
        if leaf.offset < free || leaf.offset % size != 0 || leaf.offset > MAX_SIZE {
            return Err("leaves that overlap or are not aligned");
        }
        free = leaf.offset + size;
    }
    if free > desc.size { Err("leaves outside of their type") } else { Ok(()) }
}

/// The lists of fields of a type; true for those of an enum's variants, which share leaves and store numbers as words.
fn parts(desc: &TypeDesc) -> Vec<(&[FieldDesc], bool)> {
    match &desc.kind {
        TypeKind::Tuple(fields)
        | TypeKind::Struct { fields, .. }
        | TypeKind::Class { fields, .. }
        | TypeKind::Closure { captures: fields, .. } => alloc::vec![(fields.as_slice(), false)],
        TypeKind::Enum { variants, .. } => {
            variants.iter().map(|variant| (variant.fields.as_slice(), true)).collect()
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
        | TypeKind::Option { .. }
        | TypeKind::Fn
        | TypeKind::Dyn
        | TypeKind::Box { .. } => Vec::new(),
    }
}

fn check_field(
    types: &[TypeDesc],
    whole: &TypeDesc,
    field: &FieldDesc,
    is_variant: bool,
) -> Result<(), &'static str> {
    let ty = types.get(field.ty.0 as usize).ok_or("a field without a type")?;
    let leaves = ty.value_leaves();
    if leaves.len() != field.leaves.len() {
        return Err("a field that does not fit its type");
    }
    for (leaf, &index) in leaves.iter().zip(&field.leaves) {
        let holder = whole.leaves.get(index as usize).ok_or("a field without a leaf")?.repr;
        let as_word = is_variant && !leaf.repr.is_counted() && holder == Repr::I64;
        if holder != leaf.repr && !as_word {
            return Err("a field in a leaf of another machine type");
        }
    }
    Ok(())
}

/// Looks for a cycle of types that stand inside each other, without recursion.
fn contains_itself(types: &[TypeDesc]) -> bool {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states = alloc::vec![State::New; types.len()];
    for start in 0..types.len() {
        let mut stack = alloc::vec![(start, false)];
        while let Some((index, leaving)) = stack.pop() {
            if leaving {
                states[index] = State::Done;
                continue;
            }
            match states[index] {
                State::Done => continue,
                State::Open => return true,
                State::New => {}
            }
            states[index] = State::Open;
            stack.push((index, true));
            for inner in inside(&types[index]) {
                let inner = inner.0 as usize;
                if types[inner].is_ref() {
                    continue;
                }
                match states[inner] {
                    State::Open => return true,
                    State::New => stack.push((inner, false)),
                    State::Done => {}
                }
            }
        }
    }
    false
}

/// The types that stand inside a value or payload of a type.
fn inside(desc: &TypeDesc) -> Vec<TypeId> {
    if let TypeKind::Option { inner, .. } | TypeKind::Box { inner } = desc.kind {
        return alloc::vec![inner];
    }
    parts(desc).into_iter().flat_map(|(fields, _)| fields.iter().map(|field| field.ty)).collect()
}
