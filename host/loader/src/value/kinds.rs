//! The Rust types that stand for types of the language.

use super::shape::Parts;
use super::{Arguments, FromProgram, Shape, ToProgram, Type, Typed, Words};
use runtime::{Raised, Values};

macro_rules! numbers {
    ($($rust:ident $ty:expr, |$value:ident| $put:expr, |$word:ident| $get:expr;)*) => {$(
        impl Typed for $rust {
            fn ty() -> Type {
                $ty
            }
        }

        impl ToProgram for $rust {
            fn put(&self, _: &Shape, _: &mut dyn Values, words: &mut Vec<u64>) -> Result<(), Raised> {
                let $value = *self;
                words.push($put);
                Ok(())
            }
        }

        impl FromProgram for $rust {
            fn get(_: &Shape, _: &dyn Values, words: &mut Words<'_>) -> Result<Self, Raised> {
                let $word = words.next()?;
                Ok($get)
            }
        }
    )*};
}

// Bits of a word above a value's width may be anything.
numbers! {
    i8 Type::Int { bits: 8, signed: true }, |value| value as u64, |word| word as i8;
    i16 Type::Int { bits: 16, signed: true }, |value| value as u64, |word| word as i16;
    i32 Type::Int { bits: 32, signed: true }, |value| value as u64, |word| word as i32;
    i64 Type::Int { bits: 64, signed: true }, |value| value as u64, |word| word as i64;
    u8 Type::Int { bits: 8, signed: false }, |value| value.into(), |word| word as u8;
    u16 Type::Int { bits: 16, signed: false }, |value| value.into(), |word| word as u16;
    u32 Type::Int { bits: 32, signed: false }, |value| value.into(), |word| word as u32;
    u64 Type::Int { bits: 64, signed: false }, |value| value, |word| word;
    f32 Type::Float(32), |value| value.to_bits().into(), |word| f32::from_bits(word as u32);
    f64 Type::Float(64), |value| value.to_bits(), |word| f64::from_bits(word);
    bool Type::Bool, |value| value.into(), |word| word as u8 != 0;
}

impl Typed for () {
    fn ty() -> Type {
        Type::Unit
    }
}

impl ToProgram for () {
    fn put(&self, _: &Shape, _: &mut dyn Values, _: &mut Vec<u64>) -> Result<(), Raised> {
        Ok(())
    }
}

impl FromProgram for () {
    fn get(_: &Shape, _: &dyn Values, _: &mut Words<'_>) -> Result<Self, Raised> {
        Ok(())
    }
}

// -- texts -----------------------------------------------------------------------------------------------------

impl Typed for str {
    fn ty() -> Type {
        Type::Text
    }
}

impl ToProgram for str {
    fn put(&self, _: &Shape, heap: &mut dyn Values, words: &mut Vec<u64>) -> Result<(), Raised> {
        words.push(heap.new_text(self)?.into());
        Ok(())
    }
}

impl Typed for String {
    fn ty() -> Type {
        Type::Text
    }
}

impl ToProgram for String {
    fn put(&self, shape: &Shape, heap: &mut dyn Values, words: &mut Vec<u64>) -> Result<(), Raised> {
        self.as_str().put(shape, heap, words)
    }
}

impl FromProgram for String {
    fn get(_: &Shape, heap: &dyn Values, words: &mut Words<'_>) -> Result<Self, Raised> {
        heap.text(words.next()? as u32).map(str::to_owned)
    }
}

// -- references as arguments -----------------------------------------------------------------------------------

impl<T: Typed + ?Sized> Typed for &T {
    fn ty() -> Type {
        T::ty()
    }
}

impl<T: ToProgram + ?Sized> ToProgram for &T {
    fn put(&self, shape: &Shape, heap: &mut dyn Values, words: &mut Vec<u64>) -> Result<(), Raised> {
        (**self).put(shape, heap, words)
    }
}

// -- arrays ----------------------------------------------------------------------------------------------------

impl<T: Typed> Typed for [T] {
    fn ty() -> Type {
        Type::Array(Box::new(T::ty()))
    }
}

impl<T: ToProgram> ToProgram for [T] {
    fn put(&self, shape: &Shape, heap: &mut dyn Values, words: &mut Vec<u64>) -> Result<(), Raised> {
        let Parts::Elements(elem) = &shape.parts else { return Err(Raised::Internal) };
        let mut elements = Vec::with_capacity(self.len() * elem.reprs.len());
        for item in self {
            item.put(elem, heap, &mut elements)?;
        }
        words.push(heap.new_array(shape.id, self.len(), &elements)?.into());
        Ok(())
    }
}

impl<T: Typed> Typed for Vec<T> {
    fn ty() -> Type {
        <[T]>::ty()
    }
}

impl<T: ToProgram> ToProgram for Vec<T> {
    fn put(&self, shape: &Shape, heap: &mut dyn Values, words: &mut Vec<u64>) -> Result<(), Raised> {
        self.as_slice().put(shape, heap, words)
    }
}

impl<T: FromProgram> FromProgram for Vec<T> {
    fn get(shape: &Shape, heap: &dyn Values, words: &mut Words<'_>) -> Result<Self, Raised> {
        let Parts::Elements(elem) = &shape.parts else { return Err(Raised::Internal) };
        let mut elements = Vec::new();
        let len = heap.elements(words.next()? as u32, &mut elements)?;
        let mut elements = Words::new(&elements);
        (0..len).map(|_| T::get(elem, heap, &mut elements)).collect()
    }
}

// -- options ---------------------------------------------------------------------------------------------------

impl<T: Typed> Typed for Option<T> {
    fn ty() -> Type {
        Type::Option(Box::new(T::ty()))
    }
}

impl<T: ToProgram> ToProgram for Option<T> {
    fn put(&self, shape: &Shape, heap: &mut dyn Values, words: &mut Vec<u64>) -> Result<(), Raised> {
        let Parts::Option { value, niche, boxed } = &shape.parts else { return Err(Raised::Internal) };
        within(shape, *boxed, heap, words, |heap, words| {
            if !niche {
                words.push(self.is_some().into());
            }
            match self {
                Some(item) => item.put(value, heap, words),
                None => {
                    words.extend(value.reprs.iter().map(|_| 0));
                    Ok(())
                }
            }
        })
    }
}

impl<T: FromProgram> FromProgram for Option<T> {
    fn get(shape: &Shape, heap: &dyn Values, words: &mut Words<'_>) -> Result<Self, Raised> {
        let Parts::Option { value, niche, boxed } = &shape.parts else { return Err(Raised::Internal) };
        outside(*boxed, heap, words, |words| {
            let is_some = if *niche { words.peek()? as u32 != 0 } else { words.next()? as u8 != 0 };
            if is_some {
                return T::get(value, heap, words).map(Some);
            }
            words.skip(value.reprs.len())?;
            Ok(None)
        })
    }
}

/// Has the words of a value's inside added, or an object with them where it is boxed.
pub(super) fn within(
    shape: &Shape,
    boxed: bool,
    heap: &mut dyn Values,
    words: &mut Vec<u64>,
    inside: impl FnOnce(&mut dyn Values, &mut Vec<u64>) -> Result<(), Raised>,
) -> Result<(), Raised> {
    if !boxed {
        return inside(heap, words);
    }
    let mut payload = Vec::new();
    inside(heap, &mut payload)?;
    words.push(heap.new_box(shape.id, &payload)?.into());
    Ok(())
}

/// Has a value's inside read from its words, or from the object with them where it is boxed.
pub(super) fn outside<T>(
    boxed: bool,
    heap: &dyn Values,
    words: &mut Words<'_>,
    inside: impl FnOnce(&mut Words<'_>) -> Result<T, Raised>,
) -> Result<T, Raised> {
    if !boxed {
        return inside(words);
    }
    let mut payload = Vec::new();
    heap.payload(words.next()? as u32, &mut payload)?;
    inside(&mut Words::new(&payload))
}

// -- tuples ----------------------------------------------------------------------------------------------------

macro_rules! tuples {
    ($(($($item:ident $index:tt),+))*) => {$(
        impl<$($item: Typed),+> Typed for ($($item,)+) {
            fn ty() -> Type {
                Type::Tuple(vec![$($item::ty()),+])
            }
        }

        impl<$($item: ToProgram),+> ToProgram for ($($item,)+) {
            fn put(
                &self,
                shape: &Shape,
                heap: &mut dyn Values,
                words: &mut Vec<u64>,
            ) -> Result<(), Raised> {
                let Parts::Items { items, boxed } = &shape.parts else { return Err(Raised::Internal) };
                within(shape, *boxed, heap, words, |heap, words| self.put_all(items, heap, words))
            }
        }

        impl<$($item: FromProgram),+> FromProgram for ($($item,)+) {
            fn get(shape: &Shape, heap: &dyn Values, words: &mut Words<'_>) -> Result<Self, Raised> {
                let Parts::Items { items, boxed } = &shape.parts else { return Err(Raised::Internal) };
                outside(*boxed, heap, words, |words| {
                    Ok(($($item::get(items.get($index).ok_or(Raised::Internal)?, heap, words)?,)+))
                })
            }
        }

        impl<$($item: ToProgram),+> Arguments for ($($item,)+) {
            fn types() -> Vec<Type> {
                vec![$($item::ty()),+]
            }

            fn put_all(
                &self,
                shapes: &[Shape],
                heap: &mut dyn Values,
                words: &mut Vec<u64>,
            ) -> Result<(), Raised> {
                $(self.$index.put(shapes.get($index).ok_or(Raised::Internal)?, heap, words)?;)+
                Ok(())
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}

impl Arguments for () {
    fn types() -> Vec<Type> {
        Vec::new()
    }

    fn put_all(&self, _: &[Shape], _: &mut dyn Values, _: &mut Vec<u64>) -> Result<(), Raised> {
        Ok(())
    }
}
