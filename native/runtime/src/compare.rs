//! Equality, order and hashes by structure. A list of what is still to be compared stands in for recursion, and pairs of
//! class instances that were met before count as equal, so cyclic graphs end.

use crate::memory::Access;
use crate::value::{Val, field_words};
use crate::{Host, Memory, Raised, Rt};
use abi::{TypeId, TypeKind, object};
use std::cmp::Ordering;
use std::collections::BTreeSet;

/// A number of any kind.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Num {
    Int(i128),
    Float(f64),
}

impl Val {
    pub(crate) fn number(&self) -> Option<Num> {
        match self {
            Val::Int(value) => Some(Num::Int(i128::from(*value))),
            Val::UInt(value) => Some(Num::Int(i128::from(*value))),
            Val::F32(value) => Some(Num::Float(f64::from(*value))),
            Val::F64(value) => Some(Num::Float(*value)),
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

    /// Order among values of different kinds.
    fn rank(&self) -> u32 {
        match self {
            Val::Nil => 0,
            Val::Unit => 1,
            Val::Bool(_) => 2,
            Val::Int(_) | Val::UInt(_) | Val::F32(_) | Val::F64(_) => 3,
            Val::Text(_) => 4,
            Val::Range { .. } => 5,
            Val::Array(_) => 6,
            Val::Dict(_) => 7,
            Val::Flat(..) => 8,
            Val::Class(_) => 9,
            Val::Fn(_) => 10,
        }
    }
}

/// Mathematical order; `None` with a NaN.
pub(crate) fn cmp_numbers(a: Num, b: Num) -> Option<Ordering> {
    match (a, b) {
        (Num::Int(a), Num::Int(b)) => Some(a.cmp(&b)),
        (Num::Float(a), Num::Float(b)) => a.partial_cmp(&b),
        (Num::Int(a), Num::Float(b)) => cmp_int_float(a, b),
        (Num::Float(a), Num::Int(b)) => cmp_int_float(b, a).map(Ordering::reverse),
    }
}

fn cmp_int_float(a: i128, b: f64) -> Option<Ordering> {
    if b.is_nan() {
        return None;
    }
    // Saturates far outside of what 64-bit integers reach.
    let whole = b as i128;
    Some(a.cmp(&whole).then_with(|| 0.0f64.partial_cmp(&(b - whole as f64)).unwrap_or(Ordering::Equal)))
}

/// The order with NaN equal to itself and after all numbers.
pub(crate) fn cmp_floats_total(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// Which relation is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Mode {
    /// NaN differs from everything; different lengths differ at once.
    Equal,
    /// A total order in which NaN is one value.
    Order,
}

enum Todo {
    Pair(Val, Val),
    /// Elements from `next` to `end` of two arrays.
    Elems {
        a: u32,
        b: u32,
        next: u32,
        end: u32,
    },
    /// Entries of two dicts, in key order.
    Entries {
        a: (u32, Vec<u32>),
        b: (u32, Vec<u32>),
        next: usize,
    },
    Then(Ordering),
}

/// Dicts as keys of dicts as keys of dicts and so on.
const MAX_KEY_DEPTH: u32 = 16;

impl<M: Memory, H: Host> Rt<M, H> {
    pub(crate) fn vals_equal(&self, a: Val, b: Val) -> Result<bool, Raised> {
        Ok(self.compare(a, b, Mode::Equal, 0)? == Ordering::Equal)
    }

    /// A total order over all values.
    pub(crate) fn cmp_vals(&self, a: Val, b: Val) -> Result<Ordering, Raised> {
        self.compare(a, b, Mode::Order, 0)
    }

    pub(crate) fn cmp_keys(&self, a: Val, b: Val, depth: u32) -> Result<Ordering, Raised> {
        self.compare(a, b, Mode::Order, depth)
    }

    fn compare(&self, a: Val, b: Val, mode: Mode, depth: u32) -> Result<Ordering, Raised> {
        let mut todo = Vec::new();
        let mut met = BTreeSet::new();
        let first = self.compare_pair(a, b, mode, depth, &mut todo, &mut met)?;
        if first != Ordering::Equal {
            return Ok(first);
        }
        while let Some(next) = todo.pop() {
            self.heap.work(1)?;
            let found = match next {
                Todo::Then(order) => order,
                Todo::Pair(a, b) => self.compare_pair(a, b, mode, depth, &mut todo, &mut met)?,
                Todo::Elems { a, b, next, end } => {
                    if next == end {
                        continue;
                    }
                    todo.push(Todo::Elems { a, b, next: next + 1, end });
                    let (a, b) = (self.elem_val(a, next)?, self.elem_val(b, next)?);
                    self.compare_pair(a, b, mode, depth, &mut todo, &mut met)?
                }
                Todo::Entries { a, b, next } => {
                    let (Some(entry_a), Some(entry_b)) = (a.1.get(next).copied(), b.1.get(next).copied())
                    else {
                        continue;
                    };
                    let (key_a, value_a) = self.entry_vals(a.0, entry_a)?;
                    let (key_b, value_b) = self.entry_vals(b.0, entry_b)?;
                    todo.push(Todo::Entries { a, b, next: next + 1 });
                    todo.push(Todo::Pair(value_a, value_b));
                    self.compare_pair(key_a, key_b, mode, depth, &mut todo, &mut met)?
                }
            };
            if found != Ordering::Equal {
                return Ok(found);
            }
        }
        Ok(Ordering::Equal)
    }

    fn elem_val(&self, array: u32, i: u32) -> Result<Val, Raised> {
        let (elem, stride) = self.array_type(array)?;
        self.val_at(elem, self.elem_at(array, stride, i))
    }

    /// Compares what can be compared at once, and puts the rest on the list, first things last.
    fn compare_pair(
        &self,
        a: Val,
        b: Val,
        mode: Mode,
        depth: u32,
        todo: &mut Vec<Todo>,
        met: &mut BTreeSet<(u32, u32)>,
    ) -> Result<Ordering, Raised> {
        if let (Some(a), Some(b)) = (a.number(), b.number()) {
            return Ok(match (cmp_numbers(a, b), mode) {
                (Some(order), _) => order,
                (None, Mode::Equal) => Ordering::Greater,
                (None, Mode::Order) => is_nan(a).cmp(&is_nan(b)),
            });
        }
        match (a, b) {
            (Val::Nil, Val::Nil) | (Val::Unit, Val::Unit) => Ok(Ordering::Equal),
            (Val::Bool(a), Val::Bool(b)) => Ok(a.cmp(&b)),
            (Val::Text(a), Val::Text(b)) => {
                if a == b {
                    return Ok(Ordering::Equal);
                }
                self.heap.cmp_bytes(self.bytes_of(a)?, self.bytes_of(b)?)
            }
            (
                Val::Range { start, end, step, inclusive },
                Val::Range { start: start_b, end: end_b, step: step_b, inclusive: inclusive_b },
            ) => Ok((start, end, step, inclusive).cmp(&(start_b, end_b, step_b, inclusive_b))),
            (Val::Array(a), Val::Array(b)) => self.compare_arrays(a, b, mode, todo),
            (Val::Dict(a), Val::Dict(b)) => {
                if depth >= MAX_KEY_DEPTH {
                    return Err(Raised::Internal);
                }
                let lengths = self.len_of(a)?.cmp(&self.len_of(b)?);
                if mode == Mode::Equal && lengths != Ordering::Equal {
                    return Ok(lengths);
                }
                let a = (a, self.entries_in_order(a, depth + 1)?);
                let b = (b, self.entries_in_order(b, depth + 1)?);
                todo.push(Todo::Then(lengths));
                todo.push(Todo::Entries { a, b, next: 0 });
                Ok(Ordering::Equal)
            }
            (Val::Class(a), Val::Class(b)) => {
                if a == b || !met.insert((a, b)) {
                    return Ok(Ordering::Equal);
                }
                let (type_a, words_a) = self.class_words(a)?;
                let (type_b, words_b) = self.class_words(b)?;
                self.compare_fields((type_a, &words_a), (type_b, &words_b), todo)
            }
            (Val::Flat(type_a, words_a), Val::Flat(type_b, words_b)) => {
                match (self.option_inner(type_a, &words_a)?, self.option_inner(type_b, &words_b)?) {
                    (Some(a), Some(b)) => {
                        todo.push(Todo::Pair(a, b));
                        Ok(Ordering::Equal)
                    }
                    (None, None) => self.compare_fields((type_a, &words_a), (type_b, &words_b), todo),
                    (a, b) => Ok(a.is_some().cmp(&b.is_some())),
                }
            }
            (Val::Fn(a), Val::Fn(b)) => Ok(a.cmp(&b)),
            (a, b) => Ok(a.rank().cmp(&b.rank())),
        }
    }

    fn compare_arrays(&self, a: u32, b: u32, mode: Mode, todo: &mut Vec<Todo>) -> Result<Ordering, Raised> {
        let (len_a, len_b) = (self.len_of(a)?, self.len_of(b)?);
        if mode == Mode::Equal && len_a != len_b {
            return Ok(len_a.cmp(&len_b));
        }
        let ((elem, stride), (elem_b, _)) = (self.array_type(a)?, self.array_type(b)?);
        if elem == elem_b
            && mode == Mode::Equal
            && let TypeKind::Int { .. } | TypeKind::Bool = self.types.get(elem)?.desc.kind
        {
            let bytes = u64::from(stride) * u64::from(len_a);
            let a = self.heap.mem.slice(a + object::ARRAY_DATA, bytes)?;
            return self.heap.cmp_bytes(a, self.heap.mem.slice(b + object::ARRAY_DATA, bytes)?);
        }
        todo.push(Todo::Then(len_a.cmp(&len_b)));
        todo.push(Todo::Elems { a, b, next: 0, end: len_a.min(len_b) });
        Ok(Ordering::Equal)
    }

    fn compare_fields(
        &self,
        (type_a, words_a): (TypeId, &[u64]),
        (type_b, words_b): (TypeId, &[u64]),
        todo: &mut Vec<Todo>,
    ) -> Result<Ordering, Raised> {
        let (tag_a, fields_a) = self.fields_of(type_a, words_a)?;
        let (tag_b, fields_b) = self.fields_of(type_b, words_b)?;
        if type_a != type_b {
            // Tuples are compared by what they hold; types with a name only with themselves.
            let is_tuple = |id| Ok(matches!(self.types.get(id)?.desc.kind, TypeKind::Tuple(_)));
            if !is_tuple(type_a)? || !is_tuple(type_b)? {
                return Ok(type_a.cmp(&type_b));
            }
        }
        if tag_a != tag_b {
            return Ok(tag_a.cmp(&tag_b));
        }
        todo.push(Todo::Then(fields_a.len().cmp(&fields_b.len())));
        for (a, b) in fields_a.iter().zip(fields_b).rev() {
            let a = self.val(a.ty, &field_words(a, words_a)?)?;
            let b = self.val(b.ty, &field_words(b, words_b)?)?;
            todo.push(Todo::Pair(a, b));
        }
        Ok(Ordering::Equal)
    }

    /// A hash that is the same for values that compare equal. What stands deep inside does not count.
    pub(crate) fn hash_val(&self, value: &Val, depth: u32) -> Result<u32, Raised> {
        const MAX_DEPTH: u32 = 6;
        if depth > MAX_DEPTH {
            return Ok(0);
        }
        self.heap.work(1)?;
        let of_all = |seed: u64, values: &mut dyn Iterator<Item = Result<Val, Raised>>| {
            values.take(64).try_fold(hash_word(seed), |hash, value| {
                Ok(hash_word(u64::from(hash) << 32 | u64::from(self.hash_val(&value?, depth + 1)?)))
            })
        };
        match value {
            Val::Nil => Ok(hash_word(1)),
            Val::Unit => Ok(hash_word(2)),
            Val::Bool(value) => Ok(hash_word(u64::from(*value))),
            Val::Int(value) => Ok(hash_word(*value as u64)),
            Val::UInt(value) => Ok(hash_word(*value)),
            Val::F32(value) => Ok(hash_float(f64::from(*value))),
            Val::F64(value) => Ok(hash_float(*value)),
            Val::Text(at) => self.text_hash(*at),
            Val::Range { start, end, .. } => Ok(hash_word((*start as u64).rotate_left(32) ^ *end as u64)),
            Val::Array(at) => {
                let len = self.len_of(*at)?;
                of_all(u64::from(len), &mut (0..len).map(|i| self.elem_val(*at, i)))
            }
            Val::Dict(at) => Ok(hash_word(u64::from(self.len_of(*at)?))),
            Val::Flat(ty, words) => {
                if let Some(inner) = self.option_inner(*ty, words)? {
                    return self.hash_val(&inner, depth + 1);
                }
                let (tag, fields) = self.fields_of(*ty, words)?;
                of_all(u64::from(tag), &mut fields.iter().map(|field| self.field(field, words)))
            }
            Val::Class(at) => {
                let (ty, words) = self.class_words(*at)?;
                let (tag, fields) = self.fields_of(ty, &words)?;
                of_all(u64::from(tag), &mut fields.iter().map(|field| self.field(field, &words)))
            }
            Val::Fn(at) => Ok(hash_word(u64::from(*at))),
        }
    }

    pub(crate) fn rt_eq(&mut self, ty: u32, a: u32, b: u32) -> Result<u8, Raised> {
        let ty = TypeId(ty);
        Ok(u8::from(self.vals_equal(self.val_at(ty, a)?, self.val_at(ty, b)?)?))
    }

    pub(crate) fn rt_cmp(&mut self, ty: u32, a: u32, b: u32) -> Result<u32, Raised> {
        let ty = TypeId(ty);
        Ok(self.cmp_vals(self.val_at(ty, a)?, self.val_at(ty, b)?)? as i32 as u32)
    }
}

fn is_nan(number: Num) -> bool {
    matches!(number, Num::Float(value) if value.is_nan())
}

/// Fibonacci hashing of a word.
pub(crate) fn hash_word(word: u64) -> u32 {
    ((word ^ word >> 32).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32) as u32
}

fn hash_float(value: f64) -> u32 {
    if value.is_nan() {
        return hash_word(3);
    }
    let whole = value as i64;
    if whole as f64 == value { hash_word(whole as u64) } else { hash_word(value.to_bits()) }
}
