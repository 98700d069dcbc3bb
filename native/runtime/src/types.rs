//! A program's type descriptors, with what freeing, copying and comparing need looked up once.

use crate::Raised;
use abi::types::{Leaf, VariantDesc, well_known};
use abi::{Repr, TypeDesc, TypeId, TypeKind, object};
use std::collections::BTreeMap;

/// A leaf that holds a count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub offset: u32,
    pub is_any: bool,
}

/// What the object of a type looks like.
#[derive(Clone, Debug)]
pub(crate) enum Layout {
    /// There is no object of this type.
    None,
    Text,
    Array(ArrayLayout),
    Dict(DictLayout),
    /// A header and leaves; `counted` counts from the start of the object.
    Plain {
        size: u32,
        data: u32,
        counted: Box<[Counted]>,
    },
}

impl Layout {
    /// True for objects that own no count and no other block.
    #[inline]
    pub fn is_childless(&self) -> bool {
        match self {
            Layout::Text => true,
            Layout::Array(layout) => layout.counted.is_empty(),
            Layout::Plain { counted, .. } => counted.is_empty(),
            Layout::None | Layout::Dict(_) => false,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct ArrayLayout {
    pub elem: TypeId,
    pub stride: u32,
    pub counted: Box<[Counted]>,
}

#[derive(Clone, Debug)]
pub(crate) struct DictLayout {
    pub key: TypeId,
    pub value: TypeId,
    pub key_size: u32,
    pub value_size: u32,
    /// Offset of the value in an entry; the key stands at 0.
    pub value_at: u32,
    pub stride: u32,
    /// Counted leaves of key and value, from the start of the entry.
    pub counted: Box<[Counted]>,
}

#[derive(Clone, Debug)]
pub(crate) struct TypeInfo {
    pub desc: TypeDesc,
    /// Leaves of a value as it stands in memory.
    pub leaves: Box<[Leaf]>,
    pub value_size: u32,
    pub value_counted: Box<[Counted]>,
    pub layout: Layout,
}

/// Ids from here on belong to boxes that the runtime made for types which the program has no box for.
const OWN_BOXES: u32 = 0x0080_0000;

/// The table.
#[derive(Debug, Default)]
pub(crate) struct Types {
    program: Vec<TypeInfo>,
    boxes: Vec<TypeInfo>,
    box_of: BTreeMap<TypeId, TypeId>,
}

impl Types {
    #[inline]
    pub fn get(&self, id: TypeId) -> Result<&TypeInfo, Raised> {
        if let Some(info) = self.program.get(id.0 as usize) {
            return Ok(info);
        }
        self.boxes.get(id.0.wrapping_sub(OWN_BOXES) as usize).ok_or(Raised::Internal)
    }

    #[inline]
    pub fn of_word(&self, type_word: u32) -> Result<&TypeInfo, Raised> {
        self.get(TypeId(type_word & object::TYPE_MASK))
    }

    pub fn len(&self) -> u32 {
        self.program.len() as u32
    }

    /// Appends descriptors, which may refer to each other and to earlier ones.
    pub fn add(&mut self, descs: Vec<TypeDesc>) -> Result<(), String> {
        let first = self.program.len();
        if first + descs.len() > OWN_BOXES as usize {
            return Err("too many types".to_string());
        }
        let all: Vec<&TypeDesc> = self.program.iter().map(|info| &info.desc).chain(&descs).collect();
        let mut added = Vec::with_capacity(descs.len());
        for (position, desc) in descs.iter().enumerate() {
            check(desc, &all).map_err(|what| format!("type {}: {what}", first + position))?;
            added.push(info(desc.clone(), &all));
        }
        for (position, desc) in descs.iter().enumerate() {
            if let TypeKind::Box { inner } = desc.kind {
                self.box_of.entry(inner).or_insert(TypeId((first + position) as u32));
            }
        }
        self.program.extend(added);
        Ok(())
    }

    /// The type of boxes that hold a flat value of a type.
    pub fn box_for(&mut self, inner: TypeId) -> Result<TypeId, Raised> {
        if let Some(found) = self.box_of.get(&inner) {
            return Ok(*found);
        }
        let of = self.get(inner)?;
        let desc = TypeDesc {
            kind: TypeKind::Box { inner },
            boxed: false,
            leaves: of.leaves.to_vec(),
            size: of.value_size,
            may_cycle: of.desc.may_cycle,
        };
        let id = TypeId(OWN_BOXES + self.boxes.len() as u32);
        if id.0 > object::TYPE_MASK {
            return Err(Raised::Internal);
        }
        self.boxes.push(info(desc, &[]));
        self.box_of.insert(inner, id);
        Ok(id)
    }

    /// How messages call a type.
    pub fn name(&self, id: TypeId) -> String {
        self.name_nested(id, 8)
    }

    fn name_nested(&self, id: TypeId, depth: u32) -> String {
        let Ok(info) = self.get(id) else { return "?".to_string() };
        if depth == 0 {
            return "...".to_string();
        }
        let name = |id: &TypeId| self.name_nested(*id, depth - 1);
        let width = |repr: Option<&Leaf>| repr.map_or(64, |leaf| leaf.repr.size() * 8);
        match &info.desc.kind {
            TypeKind::Unit => "()".to_string(),
            TypeKind::Bool => "bool".to_string(),
            TypeKind::Int { signed: true } => format!("i{}", width(info.leaves.first())),
            TypeKind::Int { signed: false } => format!("u{}", width(info.leaves.first())),
            TypeKind::Float => format!("f{}", width(info.leaves.first())),
            TypeKind::Text => "text".to_string(),
            TypeKind::Any => "any".to_string(),
            TypeKind::Range => "range".to_string(),
            TypeKind::Array { elem } => format!("[{}]", name(elem)),
            TypeKind::Dict { key, value } => format!("{{{}: {}}}", name(key), name(value)),
            TypeKind::Tuple(fields) => {
                let parts: Vec<String> = fields.iter().map(|field| name(&field.ty)).collect();
                format!("({})", parts.join(", "))
            }
            TypeKind::Struct { name, .. } | TypeKind::Class { name, .. } | TypeKind::Enum { name, .. } => {
                name.clone()
            }
            TypeKind::Option { inner, .. } => format!("{}?", name(inner)),
            TypeKind::Fn | TypeKind::Closure { .. } => "fn".to_string(),
            TypeKind::Dyn => "dyn".to_string(),
            TypeKind::Box { inner } => name(inner),
        }
    }
}

fn counted(leaves: &[Leaf], base: u32) -> Box<[Counted]> {
    leaves
        .iter()
        .filter(|leaf| leaf.repr.is_counted())
        .map(|leaf| Counted { offset: base + leaf.offset, is_any: leaf.repr == Repr::Any })
        .collect()
}

fn alignment(desc: &TypeDesc) -> u32 {
    desc.value_leaves().iter().map(|leaf| leaf.repr.size()).max().unwrap_or(1)
}

/// `all` is the table that ids in `desc` index; a box needs none.
fn info(desc: TypeDesc, all: &[&TypeDesc]) -> TypeInfo {
    let plain =
        |data: u32| Layout::Plain { size: data + desc.size, data, counted: counted(&desc.leaves, data) };
    let layout = match &desc.kind {
        TypeKind::Text => Layout::Text,
        TypeKind::Array { elem } => {
            let of = all[elem.0 as usize];
            Layout::Array(ArrayLayout {
                elem: *elem,
                stride: of.value_size(),
                counted: counted(of.value_leaves(), 0),
            })
        }
        TypeKind::Dict { key, value } => {
            let (key_desc, value_desc) = (all[key.0 as usize], all[value.0 as usize]);
            let value_at = key_desc.value_size().next_multiple_of(alignment(value_desc));
            let align = alignment(key_desc).max(alignment(value_desc));
            let mut both = counted(key_desc.value_leaves(), 0).into_vec();
            both.extend(counted(value_desc.value_leaves(), value_at));
            Layout::Dict(DictLayout {
                key: *key,
                value: *value,
                key_size: key_desc.value_size(),
                value_size: value_desc.value_size(),
                value_at,
                stride: (value_at + value_desc.value_size()).next_multiple_of(align),
                counted: both.into(),
            })
        }
        TypeKind::Class { .. } | TypeKind::Box { .. } => plain(object::PAYLOAD),
        TypeKind::Closure { .. } => plain(object::CLOSURE_DATA),
        TypeKind::Unit
        | TypeKind::Bool
        | TypeKind::Int { .. }
        | TypeKind::Float
        | TypeKind::Any
        | TypeKind::Range
        | TypeKind::Tuple(_)
        | TypeKind::Struct { .. }
        | TypeKind::Enum { .. }
        | TypeKind::Option { .. }
        | TypeKind::Fn
        | TypeKind::Dyn => {
            if desc.boxed {
                plain(object::PAYLOAD)
            } else {
                Layout::None
            }
        }
    };
    TypeInfo {
        leaves: desc.value_leaves().into(),
        value_size: desc.value_size(),
        value_counted: counted(desc.value_leaves(), 0),
        layout,
        desc,
    }
}

/// Largest flat value or payload. Emitted code reaches fields with displacements below 64 KiB.
const MAX_SIZE: u32 = abi::context::MAX_DISPLACEMENT;

/// Refuses descriptors that the rest of the runtime could not index by: artifacts are not trusted.
fn check(desc: &TypeDesc, all: &[&TypeDesc]) -> Result<(), &'static str> {
    let known = |id: &TypeId| all.get(id.0 as usize).copied().ok_or("refers to a type that is not there");
    let mut end = 0u32;
    for leaf in &desc.leaves {
        if leaf.offset < end || leaf.offset % leaf.repr.size() != 0 || leaf.offset >= MAX_SIZE {
            return Err("leaves overlap or are not aligned");
        }
        end = leaf.offset + leaf.repr.size();
    }
    if desc.size < end || desc.size > MAX_SIZE {
        return Err("the size does not fit the leaves");
    }
    let flat = |fields: &[abi::types::FieldDesc]| -> Result<(), &'static str> {
        for field in fields {
            let of = known(&field.ty)?;
            if field.leaves.len() != of.value_leaves().len() {
                return Err("a field has not as many leaves as its type");
            }
            for (at, leaf) in field.leaves.iter().zip(of.value_leaves()) {
                let holder =
                    desc.leaves.get(*at as usize).ok_or("a field refers to a leaf that is not there")?;
                if holder.repr.size() < leaf.repr.size() || holder.repr.is_counted() != leaf.repr.is_counted()
                {
                    return Err("a field's leaf does not fit its type");
                }
            }
        }
        Ok(())
    };
    let one = |reprs: &[Repr]| match desc.leaves.as_slice() {
        [leaf] if reprs.contains(&leaf.repr) && leaf.offset == 0 => Ok(()),
        _ => Err("a scalar has not the one leaf it should have"),
    };
    match &desc.kind {
        TypeKind::Unit => Ok(()),
        TypeKind::Bool => one(&[Repr::I8]),
        TypeKind::Int { .. } => one(&[Repr::I8, Repr::I16, Repr::I32, Repr::I64]),
        TypeKind::Float => one(&[Repr::F32, Repr::F64]),
        TypeKind::Text | TypeKind::Fn => Ok(()),
        TypeKind::Any => one(&[Repr::Any]),
        TypeKind::Range => {
            let reprs: Vec<Repr> = desc.leaves.iter().map(|leaf| leaf.repr).collect();
            if reprs == [Repr::I64, Repr::I64, Repr::I64, Repr::I8] {
                Ok(())
            } else {
                Err("not the leaves of a range")
            }
        }
        TypeKind::Array { elem } => known(elem).map(drop),
        TypeKind::Dict { key, value } => known(key).and(known(value)).map(drop),
        TypeKind::Tuple(fields)
        | TypeKind::Struct { fields, .. }
        | TypeKind::Class { fields, .. }
        | TypeKind::Closure { captures: fields, .. } => flat(fields),
        TypeKind::Enum { variants, .. } => {
            for VariantDesc { fields, .. } in variants {
                flat(fields)?;
            }
            let tagged =
                desc.leaves.first().is_some_and(|leaf| !leaf.repr.is_counted() && !leaf.repr.is_float());
            if variants.len() > 1 && !tagged { Err("an enum has no tag") } else { Ok(()) }
        }
        TypeKind::Option { inner, niche } => {
            let of = known(inner)?;
            let leaves = of.value_leaves();
            let fits = if *niche {
                matches!(leaves, [leaf] if leaf.repr == Repr::Ref)
                    && matches!(desc.leaves.as_slice(), [leaf] if leaf.repr == Repr::Ref)
            } else {
                desc.leaves.len() == leaves.len() + 1
                    && desc.leaves[0].repr == Repr::I8
                    && desc.leaves[1..].iter().zip(leaves).all(|(a, b)| a.repr == b.repr)
            };
            if fits { Ok(()) } else { Err("not the leaves of an option") }
        }
        TypeKind::Dyn => match desc.leaves.as_slice() {
            [object, table] if object.repr == Repr::Ref && table.repr == Repr::I32 => Ok(()),
            _ => Err("not the leaves of a dyn"),
        },
        TypeKind::Box { inner } => {
            let reprs = known(inner)?.value_leaves().iter().map(|leaf| leaf.repr);
            if reprs.eq(desc.leaves.iter().map(|leaf| leaf.repr)) {
                Ok(())
            } else {
                Err("not the leaves of what it holds")
            }
        }
    }
}

/// The well-known ids that a table must begin with.
pub(crate) fn begins_well_known(descs: &[TypeDesc]) -> bool {
    let expected = abi::types::well_known();
    descs.len() >= well_known::FIRST_OWN as usize && descs[..expected.len()] == expected[..]
}
