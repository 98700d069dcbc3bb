//! Type descriptors in artifacts, written and read.

use super::DecodeError;
use super::read::Reader;
use super::write::Writer;
use crate::Repr;
use crate::types::{FieldDesc, Leaf, TypeDesc, TypeId, TypeKind, VariantDesc};
use alloc::vec::Vec;

pub(crate) fn write(out: &mut Writer, desc: &TypeDesc) {
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

pub(crate) fn read(input: &mut Reader<'_>) -> Result<TypeDesc, DecodeError> {
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
