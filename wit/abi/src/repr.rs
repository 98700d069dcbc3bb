//! Machine types: what a value of legal MIR is.

/// A machine type. Every value of legal MIR, every parameter and every leaf in memory has one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Repr {
    /// 8 bits; also bool (0 or 1) and enum tags.
    I8,
    /// 16 bits.
    I16,
    /// 32 bits; also addresses inside the heap region that own nothing.
    I32,
    /// 64 bits.
    I64,
    /// Single-precision float.
    F32,
    /// Double-precision float.
    F64,
    /// A counted reference to a heap object: a 32-bit offset, 0 where the type has a nil.
    Ref,
    /// A tagged 64-bit value (see [`crate::value`]) that counts the object it may refer to.
    Any,
}

impl Repr {
    /// All machine types.
    pub const ALL: [Repr; 8] =
        [Repr::I8, Repr::I16, Repr::I32, Repr::I64, Repr::F32, Repr::F64, Repr::Ref, Repr::Any];

    /// Size in memory, in bytes; also its alignment.
    pub const fn size(self) -> u32 {
        match self {
            Repr::I8 => 1,
            Repr::I16 => 2,
            Repr::I32 | Repr::F32 | Repr::Ref => 4,
            Repr::I64 | Repr::F64 | Repr::Any => 8,
        }
    }

    /// The printed name.
    pub const fn name(self) -> &'static str {
        match self {
            Repr::I8 => "i8",
            Repr::I16 => "i16",
            Repr::I32 => "i32",
            Repr::I64 => "i64",
            Repr::F32 => "f32",
            Repr::F64 => "f64",
            Repr::Ref => "ref",
            Repr::Any => "any",
        }
    }

    /// The machine type of a printed name.
    pub fn from_name(name: &str) -> Option<Repr> {
        Repr::ALL.into_iter().find(|repr| repr.name() == name)
    }

    /// True for values that hold a count on a heap object.
    pub const fn is_counted(self) -> bool {
        matches!(self, Repr::Ref | Repr::Any)
    }

    /// True for F32 and F64.
    pub const fn is_float(self) -> bool {
        matches!(self, Repr::F32 | Repr::F64)
    }
}
