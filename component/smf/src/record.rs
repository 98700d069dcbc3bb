//! Macros for the two kinds of lists in a binary format: records with fields at fixed offsets, and enumerations with codes.

/// A number or array of bytes that stands in a record.
pub(crate) trait Field: Copy {
    /// Bytes it takes.
    const WIDTH: usize;
    /// From the first bytes of `from`, which has at least as many.
    fn get(from: &[u8]) -> Self;
    /// Into the first bytes of `into`, which has at least as many.
    fn put(self, into: &mut [u8]);
}

macro_rules! integer_fields {
    ($($ty:ty),*) => {$(
        impl Field for $ty {
            const WIDTH: usize = size_of::<$ty>();
            fn get(from: &[u8]) -> Self {
                let mut raw = [0; size_of::<$ty>()];
                raw.copy_from_slice(&from[..size_of::<$ty>()]);
                <$ty>::from_le_bytes(raw)
            }
            fn put(self, into: &mut [u8]) {
                into[..size_of::<$ty>()].copy_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}

integer_fields!(u8, u16, u32, u64);

impl<const N: usize> Field for [u8; N] {
    const WIDTH: usize = N;
    fn get(from: &[u8]) -> Self {
        let mut raw = [0; N];
        raw.copy_from_slice(&from[..N]);
        raw
    }
    fn put(self, into: &mut [u8]) {
        into[..N].copy_from_slice(&self);
    }
}

/// Whether each field begins where the one before it ends, and all fit into `size`.
pub(crate) const fn follow_each_other(fields: &[(usize, usize)], size: usize) -> bool {
    let mut end = 0;
    let mut index = 0;
    while index < fields.len() {
        if fields[index].0 != end {
            return false;
        }
        end += fields[index].1;
        index += 1;
    }
    end <= size
}

/// A record of a fixed size: its fields in order, each with the offset where it stands. What is behind the last field is reserved and zero.
macro_rules! record {
    ($(#[$doc:meta])* $name:ident, $offsets:ident, $size:literal { $($at:literal $field:ident: $ty:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub(crate) struct $name {
            $(pub(crate) $field: $ty,)*
        }

        /// Where each field begins.
        #[allow(dead_code, reason = "the table is complete; errors name some of the fields")]
        pub(crate) struct $offsets {
            $(pub(crate) $field: usize,)*
        }

        impl $name {
            /// Size in bytes, with what is reserved.
            pub(crate) const SIZE: usize = $size;
            /// Bytes of the fields; the rest is reserved.
            pub(crate) const USED: usize = 0 $(+ <$ty as $crate::record::Field>::WIDTH)*;
            /// Where each field begins.
            pub(crate) const AT: $offsets = $offsets { $($field: $at,)* };

            pub(crate) fn decode(bytes: &[u8; $size]) -> $name {
                $name { $($field: <$ty as $crate::record::Field>::get(&bytes[$at..]),)* }
            }

            pub(crate) fn encode(&self) -> [u8; $size] {
                let mut bytes = [0; $size];
                $($crate::record::Field::put(self.$field, &mut bytes[$at..]);)*
                bytes
            }
        }

        const _: () = assert!($crate::record::follow_each_other(
            &[$(($at, <$ty as $crate::record::Field>::WIDTH)),*],
            $size
        ));
    };
}

/// An enumeration with the code that stands in files and the word that people read.
macro_rules! codes {
    ($(#[$doc:meta])* $name:ident: $what:literal { $($(#[$row:meta])* $variant:ident = $code:literal $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name {
            $($(#[$row])* $variant,)*
        }

        impl $name {
            /// All of them, by code.
            pub const ALL: &'static [$name] = &[$($name::$variant),*];

            /// The code in files.
            pub const fn code(self) -> u8 {
                match self {
                    $($name::$variant => $code,)*
                }
            }

            /// The printed word.
            pub const fn name(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)*
                }
            }

            /// The one with this code.
            #[allow(dead_code, reason = "some have their code in a few bits, where every value has a meaning")]
            pub(crate) fn from_code(code: u8) -> Result<$name, $crate::error::Fault> {
                match code {
                    $($code => Ok($name::$variant),)*
                    other => Err($crate::error::Fault::new(concat!("the code of ", $what), other.to_string())),
                }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.name())
            }
        }
    };
}
