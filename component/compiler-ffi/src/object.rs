//! Reading a JSON object and nothing else. What serde derives for a struct also takes a list of its fields, and errors of a conversion
//! behind it have no place.

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;

/// Reads the fields `R` of an object and makes a `T` of them.
pub(crate) fn object<'de, D, R, T>(from: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    R: Deserialize<'de>,
    T: TryFrom<R>,
    T::Error: fmt::Display,
{
    from.deserialize_map(Object(PhantomData::<(R, T)>))
}

struct Object<R, T>(PhantomData<(R, T)>);

impl<'de, R, T> Visitor<'de> for Object<R, T>
where
    R: Deserialize<'de>,
    T: TryFrom<R>,
    T::Error: fmt::Display,
{
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::try_from(R::deserialize(MapAccessDeserializer::new(map))?).map_err(A::Error::custom)
    }
}

/// `Deserialize` for types that are made from the fields in another type.
macro_rules! from_object {
    ($($raw:ty => $ty:ty),*) => {$(
        impl<'de> serde::Deserialize<'de> for $ty {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<$ty, D::Error> {
                $crate::object::object::<D, $raw, $ty>(from)
            }
        }
    )*};
}

/// The value of a struct as its derived reader gives it.
pub(crate) struct Fields<T>(pub(crate) T);

/// Both directions for structs whose fields are their JSON. They derive with `remote = "Self"`, which makes functions of their own
/// (these take precedence below) and leaves the traits to this.
macro_rules! objects {
    ($($ty:ident),*) => {$(
        impl serde::Serialize for $ty {
            fn serialize<S: serde::Serializer>(&self, into: S) -> Result<S::Ok, S::Error> {
                <$ty>::serialize(self, into)
            }
        }

        impl<'de> serde::Deserialize<'de> for Fields<$ty> {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                <$ty>::deserialize(from).map(Fields)
            }
        }

        impl From<Fields<$ty>> for $ty {
            fn from(fields: Fields<$ty>) -> $ty {
                fields.0
            }
        }

        from_object!(Fields<$ty> => $ty);
    )*};
}
