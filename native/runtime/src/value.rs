//! A value taken apart by its descriptor: what showing, comparing, hashing and dynamic operations look at.

use crate::memory::Access;
use crate::{Host, Memory, Raised, Rt};
use abi::types::{FieldDesc, Leaf};
use abi::{TypeId, TypeKind, object, value};
use smallvec::SmallVec;

/// The leaves of a value, each in a word: integers in the low bits, floats as bits.
pub(crate) type Words = SmallVec<[u64; 6]>;

/// A value. Options and tagged values are looked through.
#[derive(Clone, Debug)]
pub(crate) enum Val {
    Nil,
    Unit,
    Bool(bool),
    Int(i64),
    UInt(u64),
    F32(f32),
    F64(f64),
    Text(u32),
    Array(u32),
    Dict(u32),
    Class(u32),
    Fn(u32),
    Range {
        start: i64,
        end: i64,
        step: i64,
        inclusive: bool,
    },
    /// Tuple, struct, enum, and an option of an option that is there.
    Flat(TypeId, Words),
}

/// Options in options, boxes in boxes: more than this no program has.
const MAX_WRAPPERS: u32 = 64;

impl<M: Memory, H: Host> Rt<M, H> {
    /// The leaves at an address.
    pub(crate) fn read_leaves(&self, leaves: &[Leaf], at: u32) -> Result<Words, Raised> {
        let mut words = Words::with_capacity(leaves.len());
        for leaf in leaves {
            let at = at.saturating_add(leaf.offset);
            words.push(self.read_scalar(leaf.repr.size(), at)?);
        }
        Ok(words)
    }

    /// A leaf of so many bytes.
    #[inline]
    pub(crate) fn read_scalar(&self, size: u32, at: u32) -> Result<u64, Raised> {
        Ok(match size {
            1 => u64::from(self.heap.mem.u8(at)?),
            2 => u64::from(self.heap.mem.u16(at)?),
            4 => u64::from(self.heap.mem.u32(at)?),
            _ => self.heap.mem.u64(at)?,
        })
    }

    /// The leaves of the value of a type at an address.
    pub(crate) fn read_words(&self, ty: TypeId, at: u32) -> Result<Words, Raised> {
        self.read_leaves(&self.types.get(ty)?.leaves, at)
    }

    /// Writes the leaves of a value of a type. Counts stay as they are.
    pub(crate) fn write_words(&mut self, ty: TypeId, words: &[u64], at: u32) -> Result<(), Raised> {
        let info = self.types.get(ty)?;
        write_leaves(&mut self.heap.mem, &info.leaves, words, at)
    }

    /// The value of a type at an address.
    pub(crate) fn val_at(&self, ty: TypeId, at: u32) -> Result<Val, Raised> {
        let words = self.read_words(ty, at)?;
        self.val(ty, &words)
    }

    /// The value with these leaves.
    pub(crate) fn val(&self, ty: TypeId, words: &[u64]) -> Result<Val, Raised> {
        self.val_inside(ty, words, 0)
    }

    fn val_inside(&self, ty: TypeId, words: &[u64], wrappers: u32) -> Result<Val, Raised> {
        if wrappers > MAX_WRAPPERS {
            return Err(Raised::Internal);
        }
        let desc = &self.types.get(ty)?.desc;
        let first = || words.first().copied().ok_or(Raised::Internal);
        if desc.is_ref() && first()? as u32 == 0 {
            return Ok(Val::Nil);
        }
        let payload;
        let words = if desc.boxed {
            payload = self.read_leaves(&desc.leaves, first()? as u32 + object::PAYLOAD)?;
            payload.as_slice()
        } else {
            words
        };
        let first = || words.first().copied().ok_or(Raised::Internal);
        Ok(match &desc.kind {
            TypeKind::Unit => Val::Unit,
            TypeKind::Bool => Val::Bool(first()? as u8 != 0),
            TypeKind::Int { signed } => {
                let unused = 64 - 8 * desc.leaves.first().ok_or(Raised::Internal)?.repr.size();
                let word = first()? << unused;
                if *signed { Val::Int(word as i64 >> unused) } else { Val::UInt(word >> unused) }
            }
            TypeKind::Float => match desc.leaves.first().ok_or(Raised::Internal)?.repr.size() {
                4 => Val::F32(f32::from_bits(first()? as u32)),
                _ => Val::F64(f64::from_bits(first()?)),
            },
            TypeKind::Text => Val::Text(first()? as u32),
            TypeKind::Any => self.val_any_inside(first()?, wrappers + 1)?,
            TypeKind::Range => match words {
                [start, end, step, inclusive] => Val::Range {
                    start: *start as i64,
                    end: *end as i64,
                    step: *step as i64,
                    inclusive: *inclusive as u8 != 0,
                },
                _ => return Err(Raised::Internal),
            },
            TypeKind::Array { .. } => Val::Array(first()? as u32),
            TypeKind::Dict { .. } => Val::Dict(first()? as u32),
            TypeKind::Class { .. } => Val::Class(first()? as u32),
            TypeKind::Fn | TypeKind::Closure { .. } => Val::Fn(first()? as u32),
            TypeKind::Tuple(_) | TypeKind::Struct { .. } | TypeKind::Enum { .. } => {
                Val::Flat(ty, words.into())
            }
            TypeKind::Dyn | TypeKind::Box { .. } => self.val_object(first()? as u32, wrappers + 1)?,
            TypeKind::Option { inner, niche } => {
                if first()? as u32 == 0 || (!niche && first()? as u8 == 0) {
                    return Ok(Val::Nil);
                }
                if let TypeKind::Option { .. } = self.types.get(*inner)?.desc.kind {
                    return Ok(Val::Flat(ty, words.into()));
                }
                self.val_inside(*inner, if *niche { words } else { &words[1..] }, wrappers + 1)?
            }
        })
    }

    /// What a tagged value is.
    pub(crate) fn val_any(&self, bits: u64) -> Result<Val, Raised> {
        self.val_any_inside(bits, 0)
    }

    fn val_any_inside(&self, bits: u64, wrappers: u32) -> Result<Val, Raised> {
        match bits & value::TAG_MASK {
            value::TAG_INT => Ok(Val::Int(bits as i64 >> 3)),
            value::TAG_REF => self.val_object((bits - value::TAG_REF) as u32, wrappers),
            _ if bits == value::NIL => Ok(Val::Nil),
            _ if bits == value::TRUE => Ok(Val::Bool(true)),
            _ if bits == value::FALSE => Ok(Val::Bool(false)),
            _ => Err(Raised::Internal),
        }
    }

    /// What an object is by its own header.
    fn val_object(&self, at: u32, wrappers: u32) -> Result<Val, Raised> {
        if at == 0 {
            return Ok(Val::Nil);
        }
        let ty = self.type_of(at)?;
        match &self.types.get(ty)?.desc {
            desc if let TypeKind::Box { inner } = desc.kind => {
                let words = self.read_leaves(&desc.leaves, at.saturating_add(object::PAYLOAD))?;
                self.val_inside(inner, &words, wrappers + 1)
            }
            desc if desc.is_ref() => self.val_inside(ty, &[u64::from(at)], wrappers + 1),
            _ => Err(Raised::Internal),
        }
    }

    /// The type in an object's header.
    pub(crate) fn type_of(&self, at: u32) -> Result<TypeId, Raised> {
        Ok(TypeId(self.heap.mem.u32(at.saturating_add(object::TYPE))? & object::TYPE_MASK))
    }

    /// The leaves of a class instance.
    pub(crate) fn class_words(&self, at: u32) -> Result<(TypeId, Words), Raised> {
        let ty = self.type_of(at)?;
        let words = self.read_leaves(&self.types.get(ty)?.desc.leaves, at.saturating_add(object::PAYLOAD))?;
        Ok((ty, words))
    }

    /// A field of a value with these leaves.
    pub(crate) fn field(&self, field: &FieldDesc, words: &[u64]) -> Result<Val, Raised> {
        self.val(field.ty, &field_words(field, words)?)
    }

    /// The fields of a flat value that are there: for an enum, those of its variant, whose number comes with them.
    pub(crate) fn fields_of(&self, ty: TypeId, words: &[u64]) -> Result<(u32, &[FieldDesc]), Raised> {
        let desc = &self.types.get(ty)?.desc;
        match &desc.kind {
            TypeKind::Tuple(fields) | TypeKind::Struct { fields, .. } | TypeKind::Class { fields, .. } => {
                Ok((0, fields))
            }
            TypeKind::Enum { variants, .. } => {
                let tag = if variants.len() > 1 {
                    let unused = 64 - 8 * desc.leaves.first().ok_or(Raised::Internal)?.repr.size();
                    words.first().ok_or(Raised::Internal)? << unused >> unused
                } else {
                    0
                };
                let variant = variants.get(tag as usize).ok_or(Raised::Internal)?;
                Ok((tag as u32, &variant.fields))
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
            | TypeKind::Closure { .. }
            | TypeKind::Dyn
            | TypeKind::Box { .. } => Err(Raised::Internal),
        }
    }

    /// The value inside a [`Val::Flat`] of an option of an option.
    pub(crate) fn option_inner(&self, ty: TypeId, words: &[u64]) -> Result<Option<Val>, Raised> {
        match &self.types.get(ty)?.desc.kind {
            TypeKind::Option { inner, niche } => {
                self.val(*inner, if *niche { words } else { words.get(1..).unwrap_or(&[]) }).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Element type and stride of an array.
    #[inline]
    pub(crate) fn array_type(&self, at: u32) -> Result<(TypeId, u32), Raised> {
        match &self.types.of_word(self.heap.mem.u32(at.saturating_add(object::TYPE))?)?.layout {
            crate::types::Layout::Array(layout) => Ok((layout.elem, layout.stride)),
            _ => Err(Raised::Internal),
        }
    }

    /// Number of bytes, elements or entries.
    #[inline]
    pub(crate) fn len_of(&self, at: u32) -> Result<u32, Raised> {
        self.heap.mem.u32(at.saturating_add(object::LEN))
    }
}

/// The leaves of a field in the leaves of the whole.
pub(crate) fn field_words(field: &FieldDesc, words: &[u64]) -> Result<Words, Raised> {
    field.leaves.iter().map(|leaf| words.get(*leaf as usize).copied().ok_or(Raised::Internal)).collect()
}

/// Writes leaves at an address.
pub(crate) fn write_leaves<M: Memory>(
    mem: &mut M,
    leaves: &[Leaf],
    words: &[u64],
    at: u32,
) -> Result<(), Raised> {
    if leaves.len() != words.len() {
        return Err(Raised::Internal);
    }
    for (leaf, word) in leaves.iter().zip(words) {
        let at = at.saturating_add(leaf.offset);
        match leaf.repr.size() {
            1 => mem.set_u8(at, *word as u8)?,
            2 => mem.set_u16(at, *word as u16)?,
            4 => mem.set_u32(at, *word as u32)?,
            _ => mem.set_u64(at, *word)?,
        }
    }
    Ok(())
}
