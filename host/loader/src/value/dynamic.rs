//! Values whose types are known only when the host runs.

use super::kinds::{outside, within};
use super::shape::Parts;
use super::{FromProgram, Shape, ToProgram, Type, Words};
use runtime::{Raised, Values};

/// A value of some type.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// `()`.
    Unit,
    /// A `bool`.
    Bool(bool),
    /// An integer of any width.
    Int(i128),
    /// A float of any width.
    Float(f64),
    /// A `text`.
    Text(String),
    /// An array.
    Array(Vec<Value>),
    /// A value or nil.
    Option(Option<Box<Value>>),
    /// A tuple.
    Tuple(Vec<Value>),
}

impl Value {
    /// True where it is a value of the type. A float is one of any width, which may round it.
    pub fn is(&self, ty: &Type) -> bool {
        match (self, ty) {
            (Value::Unit, Type::Unit)
            | (Value::Bool(_), Type::Bool)
            | (Value::Float(_), Type::Float(_))
            | (Value::Text(_), Type::Text)
            | (Value::Option(None), Type::Option(_)) => true,
            (Value::Int(number), Type::Int { bits, signed }) => {
                let (low, high) = match signed {
                    true => (-(1i128 << (bits - 1)), (1 << (bits - 1)) - 1),
                    false => (0, (1i128 << bits) - 1),
                };
                (low..=high).contains(number)
            }
            (Value::Array(items), Type::Array(elem)) => items.iter().all(|item| item.is(elem)),
            (Value::Option(Some(value)), Type::Option(inner)) => value.is(inner),
            (Value::Tuple(items), Type::Tuple(types)) => {
                items.len() == types.len() && items.iter().zip(types).all(|(item, ty)| item.is(ty))
            }
            (
                Value::Unit
                | Value::Bool(_)
                | Value::Int(_)
                | Value::Float(_)
                | Value::Text(_)
                | Value::Array(_)
                | Value::Option(_)
                | Value::Tuple(_),
                _,
            ) => false,
        }
    }

    /// As [`ToProgram::put`], for a value that is of the type of the shape.
    pub(crate) fn put(
        &self,
        shape: &Shape,
        heap: &mut dyn Values,
        words: &mut Vec<u64>,
    ) -> Result<(), Raised> {
        match (self, &shape.parts) {
            (Value::Unit, _) => Ok(()),
            (Value::Bool(value), _) => value.put(shape, heap, words),
            (Value::Int(number), _) => {
                words.push(*number as u64);
                Ok(())
            }
            (Value::Float(number), _) if shape.reprs == [abi::Repr::F32] => {
                (*number as f32).put(shape, heap, words)
            }
            (Value::Float(number), _) => number.put(shape, heap, words),
            (Value::Text(text), _) => text.put(shape, heap, words),
            (Value::Array(items), Parts::Elements(elem)) => {
                let mut elements = Vec::with_capacity(items.len() * elem.reprs.len());
                items.iter().try_for_each(|item| item.put(elem, heap, &mut elements))?;
                words.push(heap.new_array(shape.id, items.len(), &elements)?.into());
                Ok(())
            }
            (Value::Option(value), Parts::Option { value: inside, niche, boxed }) => {
                within(shape, *boxed, heap, words, |heap, words| {
                    if !niche {
                        words.push(value.is_some().into());
                    }
                    match value {
                        Some(value) => value.put(inside, heap, words),
                        None => {
                            words.extend(inside.reprs.iter().map(|_| 0));
                            Ok(())
                        }
                    }
                })
            }
            (Value::Tuple(values), Parts::Items { items, boxed }) => {
                within(shape, *boxed, heap, words, |heap, words| {
                    values.iter().zip(items).try_for_each(|(value, item)| value.put(item, heap, words))
                })
            }
            (Value::Array(_) | Value::Option(_) | Value::Tuple(_), _) => Err(Raised::Internal),
        }
    }

    /// As [`FromProgram::get`].
    pub(crate) fn get(
        ty: &Type,
        shape: &Shape,
        heap: &dyn Values,
        words: &mut Words<'_>,
    ) -> Result<Value, Raised> {
        Ok(match (ty, &shape.parts) {
            (Type::Unit, _) => Value::Unit,
            (Type::Bool, _) => Value::Bool(bool::get(shape, heap, words)?),
            (Type::Int { bits, signed }, _) => {
                let unused = 64 - u32::from(*bits);
                let word = words.next()? << unused;
                Value::Int(match signed {
                    true => i128::from(word as i64 >> unused),
                    false => i128::from(word >> unused),
                })
            }
            (Type::Float(32), _) => Value::Float(f32::get(shape, heap, words)?.into()),
            (Type::Float(_), _) => Value::Float(f64::get(shape, heap, words)?),
            (Type::Text, _) => Value::Text(String::get(shape, heap, words)?),
            (Type::Array(ty), Parts::Elements(elem)) => {
                let mut elements = Vec::new();
                let len = heap.elements(words.next()? as u32, &mut elements)?;
                let mut elements = Words::new(&elements);
                let items = (0..len).map(|_| Value::get(ty, elem, heap, &mut elements));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            (Type::Option(ty), Parts::Option { value, niche, boxed }) => {
                outside(*boxed, heap, words, |words| {
                    let is_some = if *niche { words.peek()? as u32 != 0 } else { words.next()? as u8 != 0 };
                    if is_some {
                        return Ok(Value::Option(Some(Box::new(Value::get(ty, value, heap, words)?))));
                    }
                    words.skip(value.reprs.len())?;
                    Ok(Value::Option(None))
                })?
            }
            (Type::Tuple(types), Parts::Items { items, boxed }) => outside(*boxed, heap, words, |words| {
                let items = types.iter().zip(items).map(|(ty, item)| Value::get(ty, item, heap, words));
                Ok(Value::Tuple(items.collect::<Result<_, _>>()?))
            })?,
            (Type::Array(_) | Type::Option(_) | Type::Tuple(_), _) => return Err(Raised::Internal),
        })
    }
}
