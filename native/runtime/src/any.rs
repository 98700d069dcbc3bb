//! Conversions between typed values and tagged ones.

use crate::count::any_object;
use crate::types::Layout;
use crate::value::{Val, Words, field_words, write_leaves};
use crate::{Host, Memory, Raised, Rt};
use abi::types::{FieldDesc, well_known};
use abi::{Repr, TypeId, TypeKind, context, object, value};

/// A place for one value behind the scratch areas that programs know.
pub(crate) const OWN_SCRATCH: u32 = context::SCRATCH_R + 512;
const OWN_SCRATCH_LEN: u32 = context::HEAP_START - OWN_SCRATCH;

/// The tagged value of an object.
pub(crate) fn any_ref(object: u32) -> u64 {
    if object == 0 { value::NIL } else { u64::from(object) | value::TAG_REF }
}

pub(crate) fn any_bool(value: bool) -> u64 {
    if value { value::TRUE } else { value::FALSE }
}

impl<M: Memory, H: Host> Rt<M, H> {
    pub(crate) fn any_int(&mut self, number: i64) -> Result<u64, Raised> {
        if value::fits_int(number) {
            return Ok((number << 3) as u64);
        }
        self.any_box(well_known::BOX_I64, &[number as u64])
    }

    pub(crate) fn any_uint(&mut self, number: u64) -> Result<u64, Raised> {
        self.any_box(well_known::BOX_U64, &[number])
    }

    pub(crate) fn any_float(&mut self, number: f64) -> Result<u64, Raised> {
        self.any_box(well_known::BOX_F64, &[number.to_bits()])
    }

    fn any_box(&mut self, ty: TypeId, words: &[u64]) -> Result<u64, Raised> {
        Ok(any_ref(self.object_of(ty, words)?))
    }

    /// A new object of a type with these leaves, which are handed over.
    pub(crate) fn object_of(&mut self, ty: TypeId, words: &[u64]) -> Result<u32, Raised> {
        let at = self.rt_object_new(ty.0)?;
        let Layout::Plain { data, .. } = self.types.get(ty)?.layout else { return Err(Raised::Internal) };
        write_leaves(&mut self.heap.mem, &self.types.get(ty)?.desc.leaves, words, at + data)?;
        Ok(at)
    }

    /// One more owner for everything in a value of a type.
    pub(crate) fn retain_words(&mut self, ty: TypeId, words: &[u64]) -> Result<(), Raised> {
        for (leaf, word) in self.types.get(ty)?.leaves.iter().zip(words) {
            match leaf.repr {
                Repr::Ref => self.heap.retain(*word as u32)?,
                Repr::Any => self.heap.retain(any_object(*word))?,
                Repr::I8 | Repr::I16 | Repr::I32 | Repr::I64 | Repr::F32 | Repr::F64 => {}
            }
        }
        Ok(())
    }

    pub(crate) fn release_words(&mut self, ty: TypeId, words: &[u64]) -> Result<(), Raised> {
        for (leaf, word) in self.types.get(ty)?.leaves.iter().zip(words) {
            match leaf.repr {
                Repr::Ref => self.heap.release(*word as u32, &self.types)?,
                Repr::Any => self.heap.release(any_object(*word), &self.types)?,
                Repr::I8 | Repr::I16 | Repr::I32 | Repr::I64 | Repr::F32 | Repr::F64 => {}
            }
        }
        Ok(())
    }

    /// The tagged value of a value of a type, which is handed over.
    pub(crate) fn any_of_words(&mut self, ty: TypeId, words: &[u64]) -> Result<u64, Raised> {
        let desc = &self.types.get(ty)?.desc;
        let first = words.first().copied();
        if let TypeKind::Option { inner, niche } = desc.kind {
            let is_flat = !matches!(self.types.get(inner)?.desc.kind, TypeKind::Option { .. });
            if desc.boxed {
                let object = first.ok_or(Raised::Internal)? as u32;
                if matches!(self.val(ty, words)?, Val::Nil) {
                    self.heap.release(object, &self.types)?;
                    return Ok(value::NIL);
                }
                if !is_flat {
                    return Ok(any_ref(object));
                }
                let leaves = self.read_leaves(&desc.leaves, object + object::PAYLOAD)?;
                let words = if niche { &leaves[..] } else { &leaves[1..] };
                self.retain_words(inner, words)?;
                self.heap.release(object, &self.types)?;
                return self.any_of_words(inner, words);
            }
            if matches!(self.val(ty, words)?, Val::Nil) {
                return Ok(value::NIL);
            }
            if is_flat {
                return self.any_of_words(inner, if niche { words } else { &words[1..] });
            }
        } else if desc.is_ref() {
            return Ok(any_ref(first.ok_or(Raised::Internal)? as u32));
        } else if let TypeKind::Any = desc.kind {
            return first.ok_or(Raised::Internal);
        }
        match self.val(ty, words)? {
            Val::Bool(value) => Ok(any_bool(value)),
            Val::Int(number) => self.any_int(number),
            Val::UInt(number) => match i64::try_from(number) {
                Ok(small) if ty != well_known::U64 => self.any_int(small),
                Ok(_) | Err(_) => self.any_uint(number),
            },
            Val::F64(number) => self.any_float(number),
            Val::F32(_)
            | Val::Nil
            | Val::Unit
            | Val::Text(_)
            | Val::Array(_)
            | Val::Dict(_)
            | Val::Class(_)
            | Val::Fn(_)
            | Val::Range { .. }
            | Val::Flat(..) => {
                let ty = self.types.box_for(ty)?;
                self.any_box(ty, words)
            }
        }
    }

    /// The tagged value of a value in memory, which keeps its owner.
    pub(crate) fn any_copy_at(&mut self, ty: TypeId, at: u32) -> Result<u64, Raised> {
        let words = self.read_words(ty, at)?;
        self.retain_words(ty, &words)?;
        self.any_of_words(ty, &words)
    }

    /// The tagged value of a field, which keeps its owner.
    pub(crate) fn any_copy_field(&mut self, field: &FieldDesc, words: &[u64]) -> Result<u64, Raised> {
        let words = field_words(field, words)?;
        self.retain_words(field.ty, &words)?;
        self.any_of_words(field.ty, &words)
    }

    /// The leaves of an owned copy, where the tagged value is exactly of the type, by its object's header.
    fn exactly(&mut self, bits: u64, ty: TypeId) -> Result<Option<Words>, Raised> {
        let at = any_object(bits);
        if at == 0 {
            return Ok(None);
        }
        let found = self.type_of(at)?;
        let desc = &self.types.get(found)?.desc;
        if found == ty {
            self.heap.retain(at)?;
            return Ok(Some([u64::from(at)].into_iter().collect()));
        }
        match desc.kind {
            TypeKind::Box { inner } if inner == ty => {
                let words = self.read_leaves(&desc.leaves, at + object::PAYLOAD)?;
                self.retain_words(ty, &words)?;
                Ok(Some(words))
            }
            _ => Ok(None),
        }
    }

    /// The leaves of an owned value of a type; `None` where the tagged value does not convert.
    pub(crate) fn any_to_words(&mut self, bits: u64, ty: TypeId) -> Result<Option<Words>, Raised> {
        self.any_to_words_inside(bits, ty, 0)
    }

    fn any_to_words_inside(&mut self, bits: u64, ty: TypeId, depth: u32) -> Result<Option<Words>, Raised> {
        const MAX_DEPTH: u32 = 64;
        if depth > MAX_DEPTH {
            return Err(Raised::Internal);
        }
        if let Some(words) = self.exactly(bits, ty)? {
            return Ok(Some(words));
        }
        let val = self.val_any(bits)?;
        let one = |word: u64| Ok(Some([word].into_iter().collect()));
        let info = self.types.get(ty)?;
        let size = info.leaves.first().map_or(8, |leaf| leaf.repr.size());
        match (&info.desc.kind, &val) {
            (TypeKind::Any, _) => {
                self.heap.retain(any_object(bits))?;
                one(bits)
            }
            (TypeKind::Unit, Val::Unit | Val::Nil) => Ok(Some(Words::new())),
            (TypeKind::Bool, Val::Bool(value)) => one(u64::from(*value)),
            (TypeKind::Int { signed }, _) => match whole(&val) {
                Some(number) if fits(number, *signed, size) => one(number as u64),
                Some(_) | None => Ok(None),
            },
            (TypeKind::Float, _) => Ok(float_word(&val, size).map(|word| [word].into_iter().collect())),
            (TypeKind::Text, Val::Text(at)) | (TypeKind::Fn, Val::Fn(at)) => {
                self.heap.retain(*at)?;
                one(u64::from(*at))
            }
            (TypeKind::Range, Val::Range { start, end, step, inclusive }) => {
                let words = [*start as u64, *end as u64, *step as u64, u64::from(*inclusive)];
                self.boxed_if_so(ty, words.into_iter().collect())
            }
            (TypeKind::Option { .. }, Val::Nil) => {
                let words = info.desc.leaves.iter().map(|_| 0).collect();
                self.boxed_if_so(ty, words)
            }
            (TypeKind::Option { inner, niche }, _) => {
                let (inner, niche) = (*inner, *niche);
                let Some(inside) = self.any_to_words_inside(bits, inner, depth + 1)? else { return Ok(None) };
                let words = if niche { inside } else { std::iter::once(1).chain(inside).collect() };
                self.boxed_if_so(ty, words)
            }
            (TypeKind::Array { elem }, Val::Array(from)) => {
                let elem = *elem;
                let (from, len) = (*from, self.len_of(*from)?);
                let (from_elem, stride) = self.array_type(from)?;
                let mut array = self.rt_array_new(ty.0, i64::from(len))?;
                for i in 0..len {
                    self.heap.work(1)?;
                    let item = self.any_copy_at(from_elem, self.elem_at(from, stride, i))?;
                    let converted = self.any_to_words_inside(item, elem, depth + 1)?;
                    self.heap.release(any_object(item), &self.types)?;
                    let Some(words) = converted else {
                        self.heap.release(array, &self.types)?;
                        return Ok(None);
                    };
                    array = self.push_words(array, &words)?;
                }
                one(u64::from(array))
            }
            (TypeKind::Dict { key, value }, Val::Dict(from)) => {
                let (from, key, value) = (*from, *key, *value);
                let mut dict = self.rt_dict_new(ty.0)?;
                for entry in self.entries_in_order(from, 0)? {
                    self.heap.work(1)?;
                    let (any_key, any_value) = self.any_entry(from, entry)?;
                    let new_key = self.any_to_words_inside(any_key, key, depth + 1)?;
                    let new_value = self.any_to_words_inside(any_value, value, depth + 1)?;
                    self.heap.release(any_object(any_key), &self.types)?;
                    self.heap.release(any_object(any_value), &self.types)?;
                    let (Some(new_key), Some(new_value)) = (new_key, new_value) else {
                        self.heap.release(dict, &self.types)?;
                        return Ok(None);
                    };
                    dict = self.dict_put(dict, &new_key, &new_value)?;
                }
                one(u64::from(dict))
            }
            (TypeKind::Tuple(fields), Val::Flat(from, from_words)) => {
                let (fields, leaves) = (fields.clone(), info.desc.leaves.len());
                if !matches!(self.types.get(*from)?.desc.kind, TypeKind::Tuple(_)) {
                    return Ok(None);
                }
                let from_fields = self.fields_of(*from, from_words)?.1.to_vec();
                if from_fields.len() != fields.len() {
                    return Ok(None);
                }
                let mut words = Words::from_elem(0, leaves);
                for (field, from_field) in fields.iter().zip(&from_fields) {
                    let item = self.any_copy_field(from_field, from_words)?;
                    let converted = self.any_to_words_inside(item, field.ty, depth + 1)?;
                    self.heap.release(any_object(item), &self.types)?;
                    let Some(converted) = converted else { return Ok(None) };
                    for (leaf, word) in field.leaves.iter().zip(converted) {
                        *words.get_mut(*leaf as usize).ok_or(Raised::Internal)? = word;
                    }
                }
                self.boxed_if_so(ty, words)
            }
            (
                TypeKind::Unit
                | TypeKind::Bool
                | TypeKind::Text
                | TypeKind::Range
                | TypeKind::Array { .. }
                | TypeKind::Dict { .. }
                | TypeKind::Tuple(_)
                | TypeKind::Struct { .. }
                | TypeKind::Class { .. }
                | TypeKind::Enum { .. }
                | TypeKind::Fn
                | TypeKind::Closure { .. }
                | TypeKind::Dyn
                | TypeKind::Box { .. },
                _,
            ) => Ok(None),
        }
    }

    /// A value of a type from its flat leaves.
    fn boxed_if_so(&mut self, ty: TypeId, words: Words) -> Result<Option<Words>, Raised> {
        if !self.types.get(ty)?.desc.boxed {
            return Ok(Some(words));
        }
        let at = self.object_of(ty, &words)?;
        Ok(Some([u64::from(at)].into_iter().collect()))
    }

    /// Key and value of an entry as tagged values of their own.
    pub(crate) fn any_entry(&mut self, dict: u32, entry: u32) -> Result<(u64, u64), Raised> {
        let layout = self.dict_layout(dict)?;
        let (key, value) = (layout.key, layout.value);
        let key_at = self.rt_dict_key_at(dict, i64::from(entry))?;
        let value_at = self.rt_dict_value_at(dict, i64::from(entry))?;
        Ok((self.any_copy_at(key, key_at)?, self.any_copy_at(value, value_at)?))
    }

    /// Puts a value of a dict's key type where runtime functions can be given its address.
    pub(crate) fn put_key(&mut self, dict: u32, key: &[u64]) -> Result<u32, Raised> {
        let layout = self.dict_layout(dict)?;
        if layout.key_size > OWN_SCRATCH_LEN {
            return Err(Raised::Internal);
        }
        self.write_words(layout.key, key, OWN_SCRATCH)?;
        Ok(OWN_SCRATCH)
    }

    /// Sets an entry; dict, key and value are handed over.
    pub(crate) fn dict_put(&mut self, dict: u32, key: &[u64], value: &[u64]) -> Result<u32, Raised> {
        let key_at = self.put_key(dict, key)?;
        let dict = self.rt_dict_slot(dict, key_at)?;
        let at = u32::from_le_bytes(crate::memory::Access::array(&self.heap.mem, context::SCRATCH_R)?);
        let ty = self.dict_layout(dict)?.value;
        let old = self.read_words(ty, at)?;
        self.write_words(ty, value, at)?;
        self.release_words(ty, &old)?;
        Ok(dict)
    }

    /// True for types with the same values and layout.
    fn same_type(&self, a: TypeId, b: TypeId) -> Result<bool, Raised> {
        if a == b {
            return Ok(true);
        }
        match (&self.types.get(a)?.desc.kind, &self.types.get(b)?.desc.kind) {
            (TypeKind::Array { elem: a }, TypeKind::Array { elem: b }) => Ok(a == b),
            (TypeKind::Dict { key, value }, TypeKind::Dict { key: key_b, value: value_b }) => {
                Ok(key == key_b && value == value_b)
            }
            _ => Ok(false),
        }
    }

    /// What messages call the type of a value.
    pub(crate) fn kind_name(&self, value: &Val) -> Result<String, Raised> {
        Ok(match value {
            Val::Nil => "nil".to_string(),
            Val::Unit => "()".to_string(),
            Val::Bool(_) => "bool".to_string(),
            Val::Int(_) => "i64".to_string(),
            Val::UInt(_) => "u64".to_string(),
            Val::F32(_) => "f32".to_string(),
            Val::F64(_) => "f64".to_string(),
            Val::Text(_) => "text".to_string(),
            Val::Fn(_) => "fn".to_string(),
            Val::Range { .. } => "range".to_string(),
            Val::Array(at) | Val::Dict(at) | Val::Class(at) => self.types.name(self.type_of(*at)?),
            Val::Flat(ty, _) => self.types.name(*ty),
        })
    }

    pub(crate) fn rt_any_from(&mut self, ty: u32, value: u32) -> Result<u64, Raised> {
        let words = self.read_words(TypeId(ty), value)?;
        self.any_of_words(TypeId(ty), &words)
    }

    pub(crate) fn rt_any_to(&mut self, value: u64, ty: u32, out: u32) -> Result<(), Raised> {
        match self.any_to_words(value, TypeId(ty))? {
            Some(words) => self.write_words(TypeId(ty), &words, out),
            None => {
                let found = self.val_any(value)?;
                let message =
                    format!("expected {}, found {}", self.types.name(TypeId(ty)), self.kind_name(&found)?);
                self.raise_type(message)
            }
        }
    }

    pub(crate) fn rt_any_is(&mut self, value: u64, ty: u32) -> Result<u8, Raised> {
        self.is_type(value, TypeId(ty), 0).map(u8::from)
    }

    fn is_type(&self, bits: u64, ty: TypeId, depth: u32) -> Result<bool, Raised> {
        if depth > 64 {
            return Err(Raised::Internal);
        }
        let at = any_object(bits);
        if at != 0 {
            let found = self.type_of(at)?;
            match self.types.get(found)?.desc.kind {
                _ if self.same_type(found, ty)? => return Ok(true),
                TypeKind::Box { inner } if inner == ty => return Ok(true),
                _ => {}
            }
        }
        let info = self.types.get(ty)?;
        let size = info.leaves.first().map_or(8, |leaf| leaf.repr.size());
        Ok(match (&info.desc.kind, self.val_any(bits)?) {
            (TypeKind::Any, _)
            | (TypeKind::Unit, Val::Unit | Val::Nil)
            | (TypeKind::Bool, Val::Bool(_))
            | (TypeKind::Text, Val::Text(_))
            | (TypeKind::Fn, Val::Fn(_))
            | (TypeKind::Range, Val::Range { .. })
            | (TypeKind::Option { .. }, Val::Nil) => true,
            (TypeKind::Int { signed }, Val::Int(number)) => {
                (*signed || size < 8) && fits(i128::from(number), *signed, size)
            }
            (TypeKind::Float, Val::F64(_)) => size == 8,
            (TypeKind::Float, Val::F32(_)) => size == 4,
            (TypeKind::Option { inner, .. }, _) => self.is_type(bits, *inner, depth + 1)?,
            (
                TypeKind::Unit
                | TypeKind::Bool
                | TypeKind::Int { .. }
                | TypeKind::Float
                | TypeKind::Text
                | TypeKind::Range
                | TypeKind::Array { .. }
                | TypeKind::Dict { .. }
                | TypeKind::Tuple(_)
                | TypeKind::Struct { .. }
                | TypeKind::Class { .. }
                | TypeKind::Enum { .. }
                | TypeKind::Fn
                | TypeKind::Closure { .. }
                | TypeKind::Dyn
                | TypeKind::Box { .. },
                _,
            ) => false,
        })
    }

    pub(crate) fn rt_any_truthy(&mut self, value: u64) -> Result<u8, Raised> {
        Ok(u8::from(match self.val_any(value)? {
            Val::Nil | Val::Unit => false,
            Val::Bool(value) => value,
            Val::Int(number) => number != 0,
            Val::UInt(number) => number != 0,
            Val::F32(number) => number != 0.0,
            Val::F64(number) => number != 0.0,
            Val::Text(at) | Val::Array(at) | Val::Dict(at) => self.len_of(at)? != 0,
            Val::Class(_) | Val::Fn(_) | Val::Range { .. } | Val::Flat(..) => true,
        }))
    }
}

/// The integer that a number is, where nothing is lost.
fn whole(value: &Val) -> Option<i128> {
    match value {
        Val::Int(number) => Some(i128::from(*number)),
        Val::UInt(number) => Some(i128::from(*number)),
        Val::F32(number) => whole(&Val::F64(f64::from(*number))),
        Val::F64(number) => {
            let whole = *number as i128;
            (whole as f64 == *number).then_some(whole)
        }
        Val::Nil
        | Val::Unit
        | Val::Bool(_)
        | Val::Text(_)
        | Val::Array(_)
        | Val::Dict(_)
        | Val::Class(_)
        | Val::Fn(_)
        | Val::Range { .. }
        | Val::Flat(..) => None,
    }
}

fn fits(number: i128, signed: bool, size: u32) -> bool {
    let bits = size * 8;
    if signed {
        number >= -(1 << (bits - 1)) && number < 1 << (bits - 1)
    } else {
        number >= 0 && number < 1 << bits
    }
}

/// The bits of the float that a number is, where nothing is lost. A NaN stays a NaN.
fn float_word(value: &Val, size: u32) -> Option<u64> {
    let wide = match value {
        Val::F64(number) => *number,
        Val::F32(number) => f64::from(*number),
        _ => {
            let number = whole(value)?;
            let float = number as f64;
            (float as i128 == number).then_some(float)?
        }
    };
    if size == 8 {
        return Some(wide.to_bits());
    }
    let narrow = wide as f32;
    (f64::from(narrow) == wide || wide.is_nan()).then(|| u64::from(narrow.to_bits()))
}
