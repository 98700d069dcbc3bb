//! Operators on tagged values.

use crate::any::{any_bool, any_ref};
use crate::compare::{Num, cmp_numbers};
use crate::count::any_object;
use crate::math::int_pow;
use crate::value::Val;
use crate::{Host, Memory, Raised, Rt, RunError};
use abi::runtime_fns::DynOp;
use abi::types::well_known;
use abi::{ErrorKind, TypeKind, value};
use std::cmp::Ordering;

/// Two numbers in the kind in which an operator works on them.
enum Pair {
    Int(i64, i64),
    UInt(u64, u64),
    Float(f64, f64),
}

fn pair(a: &Val, b: &Val) -> Option<Pair> {
    match (a, b) {
        (Val::Int(a), Val::Int(b)) => Some(Pair::Int(*a, *b)),
        (Val::UInt(a), Val::UInt(b)) => Some(Pair::UInt(*a, *b)),
        (Val::UInt(a), Val::Int(b)) => Some(Pair::UInt(*a, *b as u64)),
        (Val::Int(a), Val::UInt(b)) => Some(Pair::UInt(*a as u64, *b)),
        _ => {
            let float = |number| match number {
                Num::Int(value) => value as f64,
                Num::Float(value) => value,
            };
            Some(Pair::Float(float(a.number()?), float(b.number()?)))
        }
    }
}

fn symbol(op: DynOp) -> &'static str {
    match op {
        DynOp::Add => "+",
        DynOp::Sub | DynOp::Neg => "-",
        DynOp::Mul => "*",
        DynOp::Div => "/",
        DynOp::Rem => "%",
        DynOp::Pow => "**",
        DynOp::BitAnd => "&",
        DynOp::BitOr => "|",
        DynOp::BitXor => "^",
        DynOp::Shl => "<<",
        DynOp::Shr => ">>",
        DynOp::Eq => "==",
        DynOp::Ne => "!=",
        DynOp::Lt => "<",
        DynOp::Le => "<=",
        DynOp::Gt => ">",
        DynOp::Ge => ">=",
        DynOp::In => "in",
        DynOp::BitNot => "~",
    }
}

impl<M: Memory, H: Host> Rt<M, H> {
    fn raise_operator<T>(&mut self, op: DynOp, a: &Val, b: &Val) -> Result<T, Raised> {
        let message = format!(
            "`{}` is not possible between {} and {}",
            symbol(op),
            self.kind_name(a)?,
            self.kind_name(b)?
        );
        self.raise_type(message)
    }

    pub(crate) fn rt_any_binary(&mut self, op: u32, a: u64, b: u64) -> Result<u64, Raised> {
        let op = DynOp::from_number(op).ok_or(Raised::Internal)?;
        let (left, right) = (self.val_any(a)?, self.val_any(b)?);
        if let (DynOp::Add, Val::Text(_), _) | (DynOp::Add, _, Val::Text(_)) = (op, &left, &right) {
            let (first, second) = (self.show_to_text(&left)?, self.show_to_text(&right)?);
            let joined = self.rt_text_concat(first, second)?;
            self.heap.release(second, &self.types)?;
            return Ok(any_ref(joined));
        }
        if let Some(numbers) = pair(&left, &right) {
            return match numbers {
                Pair::Int(x, y) => match self.int_binary(op, x, y)? {
                    Some(result) => Ok(result),
                    None => self.compare_result(op, &left, &right),
                },
                Pair::UInt(x, y) => match self.uint_binary(op, x, y)? {
                    Some(result) => Ok(result),
                    None => self.compare_result(op, &left, &right),
                },
                Pair::Float(x, y) => match self.float_binary(op, x, y)? {
                    Some(result) => Ok(result),
                    None => self.compare_result(op, &left, &right),
                },
            };
        }
        match (op, &left, &right) {
            (DynOp::Mul, Val::Text(text), Val::Int(n)) => Ok(any_ref(self.rt_text_repeat(*text, *n)?)),
            (DynOp::Add, Val::Array(first), Val::Array(second)) => {
                let (first, second) = (*first, *second);
                let mut ty = self.type_of(first)?;
                if self.array_type(first)? != self.array_type(second)? {
                    ty = well_known::ARRAY_ANY;
                }
                let converted =
                    (self.any_to_words(any_ref(first), ty)?, self.any_to_words(any_ref(second), ty)?);
                let (Some(first), Some(second)) = converted else { return Err(Raised::Internal) };
                let joined = self.rt_array_concat(first[0] as u32, second[0] as u32)?;
                self.heap.release(second[0] as u32, &self.types)?;
                Ok(any_ref(joined))
            }
            (DynOp::BitAnd, Val::Bool(x), Val::Bool(y)) => Ok(any_bool(x & y)),
            (DynOp::BitOr, Val::Bool(x), Val::Bool(y)) => Ok(any_bool(x | y)),
            (DynOp::BitXor, Val::Bool(x), Val::Bool(y)) => Ok(any_bool(x ^ y)),
            _ => self.compare_result(op, &left, &right),
        }
    }

    fn compare_result(&mut self, op: DynOp, left: &Val, right: &Val) -> Result<u64, Raised> {
        self.compare_any(op, left, right).map(any_bool)
    }

    /// `None` where the operator compares.
    fn int_binary(&mut self, op: DynOp, x: i64, y: i64) -> Result<Option<u64>, Raised> {
        let result = match op {
            DynOp::Add => x.wrapping_add(y),
            DynOp::Sub => x.wrapping_sub(y),
            DynOp::Mul => x.wrapping_mul(y),
            DynOp::Div | DynOp::Rem if y == 0 => return self.raise_zero(op),
            DynOp::Div => x.wrapping_div(y),
            DynOp::Rem => x.wrapping_rem(y),
            DynOp::Pow if y < 0 => return self.raise(RunError::with_args(ErrorKind::NegativeExponent, y, 0)),
            DynOp::Pow => int_pow(x, y),
            DynOp::BitAnd => x & y,
            DynOp::BitOr => x | y,
            DynOp::BitXor => x ^ y,
            DynOp::Shl => x.wrapping_shl(y as u32),
            DynOp::Shr => x.wrapping_shr(y as u32),
            DynOp::Eq | DynOp::Ne | DynOp::Lt | DynOp::Le | DynOp::Gt | DynOp::Ge | DynOp::In => {
                return Ok(None);
            }
            DynOp::Neg | DynOp::BitNot => return Err(Raised::Internal),
        };
        self.any_int(result).map(Some)
    }

    fn uint_binary(&mut self, op: DynOp, x: u64, y: u64) -> Result<Option<u64>, Raised> {
        let result = match op {
            DynOp::Add => x.wrapping_add(y),
            DynOp::Sub => x.wrapping_sub(y),
            DynOp::Mul => x.wrapping_mul(y),
            DynOp::Div | DynOp::Rem if y == 0 => return self.raise_zero(op),
            DynOp::Div => x / y,
            DynOp::Rem => x % y,
            DynOp::Pow => {
                let (mut base, mut left, mut power) = (x, y, 1u64);
                while left > 0 {
                    if left & 1 != 0 {
                        power = power.wrapping_mul(base);
                    }
                    base = base.wrapping_mul(base);
                    left >>= 1;
                }
                power
            }
            DynOp::BitAnd => x & y,
            DynOp::BitOr => x | y,
            DynOp::BitXor => x ^ y,
            DynOp::Shl => x.wrapping_shl(y as u32),
            DynOp::Shr => x.wrapping_shr(y as u32),
            DynOp::Eq | DynOp::Ne | DynOp::Lt | DynOp::Le | DynOp::Gt | DynOp::Ge | DynOp::In => {
                return Ok(None);
            }
            DynOp::Neg | DynOp::BitNot => return Err(Raised::Internal),
        };
        self.any_uint(result).map(Some)
    }

    fn float_binary(&mut self, op: DynOp, x: f64, y: f64) -> Result<Option<u64>, Raised> {
        let result = match op {
            DynOp::Add => x + y,
            DynOp::Sub => x - y,
            DynOp::Mul => x * y,
            DynOp::Div => x / y,
            DynOp::Rem => self.rt_f64_rem(x, y)?,
            DynOp::Pow => libm::pow(x, y),
            DynOp::BitAnd | DynOp::BitOr | DynOp::BitXor | DynOp::Shl | DynOp::Shr => {
                return self.raise_operator(op, &Val::F64(x), &Val::F64(y));
            }
            DynOp::Eq | DynOp::Ne | DynOp::Lt | DynOp::Le | DynOp::Gt | DynOp::Ge | DynOp::In => {
                return Ok(None);
            }
            DynOp::Neg | DynOp::BitNot => return Err(Raised::Internal),
        };
        self.any_float(result).map(Some)
    }

    fn raise_zero<T>(&mut self, op: DynOp) -> Result<T, Raised> {
        let kind = if op == DynOp::Div { ErrorKind::DivisionByZero } else { ErrorKind::ModuloByZero };
        self.raise(RunError::with_args(kind, 0, 0))
    }

    pub(crate) fn rt_any_compare(&mut self, op: u32, a: u64, b: u64) -> Result<u8, Raised> {
        let op = DynOp::from_number(op).ok_or(Raised::Internal)?;
        let (left, right) = (self.val_any(a)?, self.val_any(b)?);
        self.compare_any(op, &left, &right).map(u8::from)
    }

    fn compare_any(&mut self, op: DynOp, left: &Val, right: &Val) -> Result<bool, Raised> {
        match op {
            DynOp::Eq => self.vals_equal(left.clone(), right.clone()),
            DynOp::Ne => Ok(!self.vals_equal(left.clone(), right.clone())?),
            DynOp::In => self.contains_any(left, right),
            DynOp::Lt => Ok(self.order_any(op, left, right)? == Some(Ordering::Less)),
            DynOp::Gt => Ok(self.order_any(op, left, right)? == Some(Ordering::Greater)),
            DynOp::Le => {
                Ok(matches!(self.order_any(op, left, right)?, Some(Ordering::Less | Ordering::Equal)))
            }
            DynOp::Ge => {
                Ok(matches!(self.order_any(op, left, right)?, Some(Ordering::Greater | Ordering::Equal)))
            }
            DynOp::Add
            | DynOp::Sub
            | DynOp::Mul
            | DynOp::Div
            | DynOp::Rem
            | DynOp::Pow
            | DynOp::BitAnd
            | DynOp::BitOr
            | DynOp::BitXor
            | DynOp::Shl
            | DynOp::Shr
            | DynOp::Neg
            | DynOp::BitNot => self.raise_operator(op, left, right),
        }
    }

    /// The order of two values of one kind; `None` with a NaN.
    fn order_any(&mut self, op: DynOp, left: &Val, right: &Val) -> Result<Option<Ordering>, Raised> {
        if let (Some(a), Some(b)) = (left.number(), right.number()) {
            return Ok(cmp_numbers(a, b));
        }
        match (left, right) {
            (Val::Bool(_), Val::Bool(_)) | (Val::Text(_), Val::Text(_)) | (Val::Array(_), Val::Array(_)) => {
                self.cmp_vals(left.clone(), right.clone()).map(Some)
            }
            (Val::Flat(a, _), Val::Flat(b, _)) if a == b => {
                self.cmp_vals(left.clone(), right.clone()).map(Some)
            }
            _ => self.raise_operator(op, left, right),
        }
    }

    fn contains_any(&mut self, item: &Val, container: &Val) -> Result<bool, Raised> {
        match (container, item) {
            (Val::Text(text), Val::Text(part)) => Ok(self.rt_text_contains(*text, *part)? != 0),
            (Val::Array(array), _) => Ok(self.position_of(*array, item)?.is_some()),
            (Val::Dict(dict), _) => {
                for entry in 0..self.len_of(*dict)? {
                    self.heap.work(1)?;
                    if self.vals_equal(self.entry_vals(*dict, entry)?.0, item.clone())? {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
            (Val::Range { start, end, step, inclusive }, Val::Int(number)) => {
                let inside = if *step >= 0 {
                    number >= start && (number < end || (*inclusive && number == end))
                } else {
                    number <= start && (number > end || (*inclusive && number == end))
                };
                let distance = i128::from(*number) - i128::from(*start);
                Ok(inside && *step != 0 && distance % i128::from(*step) == 0)
            }
            _ => self.raise_operator(DynOp::In, item, container),
        }
    }

    /// Index of the first element that equals a value.
    pub(crate) fn position_of(&self, array: u32, item: &Val) -> Result<Option<u32>, Raised> {
        let (elem, stride) = self.array_type(array)?;
        for i in 0..self.len_of(array)? {
            self.heap.work(1)?;
            let other = self.val_at(elem, self.elem_at(array, stride, i))?;
            if self.vals_equal(other, item.clone())? {
                return Ok(Some(i));
            }
        }
        Ok(None)
    }

    pub(crate) fn rt_any_unary(&mut self, op: u32, a: u64) -> Result<u64, Raised> {
        let op = DynOp::from_number(op).ok_or(Raised::Internal)?;
        let operand = self.val_any(a)?;
        match (op, &operand) {
            (DynOp::Neg, Val::Int(number)) => self.any_int(number.wrapping_neg()),
            (DynOp::Neg, Val::UInt(number)) => self.any_uint(number.wrapping_neg()),
            (DynOp::Neg, Val::F64(number)) => self.any_float(-number),
            (DynOp::Neg, Val::F32(number)) => self.any_float(-f64::from(*number)),
            (DynOp::BitNot, Val::Int(number)) => self.any_int(!number),
            (DynOp::BitNot, Val::UInt(number)) => self.any_uint(!number),
            _ => {
                let message = format!("`{}` is not possible on {}", symbol(op), self.kind_name(&operand)?);
                self.raise_type(message)
            }
        }
    }

    pub(crate) fn rt_any_index(&mut self, value: u64, index: u64) -> Result<u64, Raised> {
        let (container, at) = (self.val_any(value)?, self.val_any(index)?);
        match (&container, &at) {
            (Val::Array(array), Val::Int(i)) => self.any_elem(*array, *i),
            (Val::Text(text), Val::Int(i)) => Ok(any_ref(self.rt_text_char_at(*text, *i)?)),
            (Val::Array(array), Val::Range { start, end, step, inclusive }) => {
                Ok(any_ref(self.rt_array_slice(*array, *start, range_end(*end, *inclusive), *step)?))
            }
            (Val::Text(text), Val::Range { start, end, step, inclusive }) => {
                Ok(any_ref(self.rt_text_slice(*text, *start, range_end(*end, *inclusive), *step)?))
            }
            (Val::Dict(dict), _) => self.any_lookup(*dict, index, value::NIL),
            (Val::Flat(ty, words), Val::Int(i))
                if matches!(self.types.get(*ty)?.desc.kind, TypeKind::Tuple(_)) =>
            {
                let fields = self.fields_of(*ty, words)?.1.to_vec();
                let index = self.index_in(*i, fields.len() as u32, fields.len() as u64)?;
                self.any_copy_field(&fields[index as usize], words)
            }
            _ => {
                let message = format!(
                    "a value of type {} has no `[{}]`",
                    self.kind_name(&container)?,
                    self.kind_name(&at)?
                );
                self.raise_type(message)
            }
        }
    }

    /// An element as a tagged value.
    pub(crate) fn any_elem(&mut self, array: u32, i: i64) -> Result<u64, Raised> {
        let len = self.len_of(array)?;
        let index = self.index_in(i, len, u64::from(len))?;
        let (elem, stride) = self.array_type(array)?;
        self.any_copy_at(elem, self.elem_at(array, stride, index))
    }

    /// The value of a key, or `default` (borrowed) where there is none.
    pub(crate) fn any_lookup(&mut self, dict: u32, key: u64, default: u64) -> Result<u64, Raised> {
        let layout = self.dict_layout(dict)?;
        let (key_type, value_type) = (layout.key, layout.value);
        if let Some(words) = self.any_to_words(key, key_type)? {
            let at = self.put_key(dict, &words)?;
            let found = self.rt_dict_find(dict, at)?;
            self.release_words(key_type, &words)?;
            if found != 0 {
                return self.any_copy_at(value_type, found);
            }
        }
        self.heap.retain(any_object(default))?;
        Ok(default)
    }

    pub(crate) fn rt_any_set_index(&mut self, value: u64, index: u64, item: u64) -> Result<u64, Raised> {
        let (container, at) = (self.val_any(value)?, self.val_any(index)?);
        match (&container, &at) {
            (Val::Array(array), Val::Int(i)) => {
                let len = self.len_of(*array)?;
                let i = self.index_in(*i, len, u64::from(len))?;
                let (array, words) = self.widen_for(*array, item)?;
                let array = self.rt_array_reserve(array, 0)?;
                let (elem, stride) = self.array_type(array)?;
                let place = self.elem_at(array, stride, i);
                let old = self.read_words(elem, place)?;
                self.write_words(elem, &words, place)?;
                self.release_words(elem, &old)?;
                self.heap.release(any_object(item), &self.types)?;
                Ok(any_ref(array))
            }
            (Val::Dict(dict), _) => {
                let dict = self.any_put(*dict, index, item)?;
                self.heap.release(any_object(item), &self.types)?;
                Ok(any_ref(dict))
            }
            _ => {
                let message = format!(
                    "the `[{}]` of a value of type {} cannot be set",
                    self.kind_name(&at)?,
                    self.kind_name(&container)?
                );
                self.raise_type(message)
            }
        }
    }

    /// The array (handed over), of elements of any type if need be, and an owned copy of an item as one of its elements.
    pub(crate) fn widen_for(&mut self, array: u32, item: u64) -> Result<(u32, crate::value::Words), Raised> {
        if let Some(words) = self.any_to_words(item, self.array_type(array)?.0)? {
            return Ok((array, words));
        }
        let wide = self.any_to_words(any_ref(array), well_known::ARRAY_ANY)?.ok_or(Raised::Internal)?;
        self.heap.release(array, &self.types)?;
        self.heap.retain(any_object(item))?;
        Ok((wide[0] as u32, [item].into_iter().collect()))
    }

    /// Sets an entry of a dict (handed over); key and value are borrowed. Its type widens if need be.
    pub(crate) fn any_put(&mut self, dict: u32, key: u64, item: u64) -> Result<u32, Raised> {
        let layout = self.dict_layout(dict)?;
        let (key_type, value_type) = (layout.key, layout.value);
        let new_key = self.any_to_words(key, key_type)?;
        let new_value = self.any_to_words(item, value_type)?;
        if let (Some(key), Some(value)) = (&new_key, &new_value) {
            return self.dict_put(dict, key, value);
        }
        if let Some(words) = new_key {
            self.release_words(key_type, &words)?;
        }
        if let Some(words) = new_value {
            self.release_words(value_type, &words)?;
        }
        let wide = self.any_to_words(any_ref(dict), well_known::DICT_ANY)?.ok_or(Raised::Internal)?;
        self.heap.release(dict, &self.types)?;
        self.heap.retain(any_object(key))?;
        self.heap.retain(any_object(item))?;
        self.dict_put(wide[0] as u32, &[key], &[item])
    }

    pub(crate) fn rt_any_len(&mut self, value: u64) -> Result<i64, Raised> {
        let container = self.val_any(value)?;
        match &container {
            Val::Text(at) | Val::Array(at) | Val::Dict(at) => Ok(i64::from(self.len_of(*at)?)),
            Val::Range { start, end, step, inclusive } => Ok(range_len(*start, *end, *step, *inclusive)),
            Val::Flat(ty, words) if matches!(self.types.get(*ty)?.desc.kind, TypeKind::Tuple(_)) => {
                Ok(self.fields_of(*ty, words)?.1.len() as i64)
            }
            _ => {
                let message = format!("a value of type {} has no length", self.kind_name(&container)?);
                self.raise_type(message)
            }
        }
    }

    pub(crate) fn rt_any_item(&mut self, value: u64, i: i64) -> Result<u64, Raised> {
        let container = self.val_any(value)?;
        match &container {
            Val::Array(array) => self.any_elem(*array, i),
            Val::Text(text) => Ok(any_ref(self.rt_text_char_at(*text, i)?)),
            Val::Dict(dict) => {
                self.rt_dict_sort(*dict)?;
                let len = self.len_of(*dict)?;
                let index = self.index_in(i, len, u64::from(len))?;
                let (key, value) = self.any_entry(*dict, index)?;
                self.any_of_words(well_known::PAIR_ANY, &[key, value])
            }
            Val::Range { start, end, step, inclusive } => {
                let len = range_len(*start, *end, *step, *inclusive);
                if i < 0 || i >= len {
                    return self.raise_index(i, len as u64);
                }
                self.any_int(start.wrapping_add(i.wrapping_mul(*step)))
            }
            _ => self.rt_any_index(value, (i << 3) as u64),
        }
    }
}

fn range_end(end: i64, inclusive: bool) -> i64 {
    if !inclusive {
        end
    } else if end == i64::MAX || end == -1 {
        i64::MIN
    } else {
        end + 1
    }
}

fn range_len(start: i64, end: i64, step: i64, inclusive: bool) -> i64 {
    let span = match step {
        0 => return 0,
        1.. => i128::from(end) - i128::from(start),
        _ => i128::from(start) - i128::from(end),
    };
    let span = span + i128::from(inclusive);
    if span <= 0 {
        return 0;
    }
    let count = (span as u128).div_ceil(u128::from(step.unsigned_abs()));
    i64::try_from(count).unwrap_or(i64::MAX)
}
