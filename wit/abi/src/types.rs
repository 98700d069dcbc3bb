//! Type descriptors: how the runtime shows, compares, hashes, copies and frees values of a program's types.
//!
//! A value of a type is a list of *leaves*, each with a machine type. Scalars have one leaf. A struct, tuple, range,
//! enum or option is *flat* (its leaves stand side by side, in registers and in memory) or *boxed* (one `Ref` leaf to an object
//! whose payload has the flat leaves). Texts, arrays, dicts, class instances and closures are always one `Ref` leaf.
//!
//! Flat enum: leaf 0 is the tag (absent with one variant), then slots shared by all variants: first `Ref` slots, then `Any`
//! slots, then `I64` words (integers zero-extended, floats as bits). Slots that a variant does not use are 0, so
//! counted slots can be retained and released without looking at the tag.

mod check;
pub mod make;
mod map;

pub use check::{CheckedTypes, WrongType, wrong_types};

use crate::Repr;
use alloc::{string::String, vec::Vec};

/// Index of a descriptor in a program's table.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord)]
pub struct TypeId(pub u32);

/// Descriptors that every program has, at fixed ids.
#[allow(missing_docs)]
pub mod well_known {
    use super::TypeId;
    pub const UNIT: TypeId = TypeId(0);
    pub const BOOL: TypeId = TypeId(1);
    pub const I8: TypeId = TypeId(2);
    pub const I16: TypeId = TypeId(3);
    pub const I32: TypeId = TypeId(4);
    pub const I64: TypeId = TypeId(5);
    pub const U8: TypeId = TypeId(6);
    pub const U16: TypeId = TypeId(7);
    pub const U32: TypeId = TypeId(8);
    pub const U64: TypeId = TypeId(9);
    pub const F32: TypeId = TypeId(10);
    pub const F64: TypeId = TypeId(11);
    pub const TEXT: TypeId = TypeId(12);
    pub const ANY: TypeId = TypeId(13);
    pub const RANGE: TypeId = TypeId(14);
    pub const ARRAY_TEXT: TypeId = TypeId(15);
    pub const ARRAY_I64: TypeId = TypeId(16);
    pub const ARRAY_ANY: TypeId = TypeId(17);
    pub const DICT_ANY: TypeId = TypeId(18);
    /// Box of an i64 / u64 / f64 inside `any`: kind `Box`.
    pub const BOX_I64: TypeId = TypeId(19);
    pub const BOX_U64: TypeId = TypeId(20);
    pub const BOX_F64: TypeId = TypeId(21);
    /// Tuple of two `any`: an entry of a dynamic dict.
    pub const PAIR_ANY: TypeId = TypeId(22);
    /// The first id of a program's own types.
    pub const FIRST_OWN: u32 = 32;
}

/// One scalar of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct Leaf {
    /// Byte offset inside the flat value.
    pub offset: u32,
    /// Its machine type.
    pub repr: Repr,
}

/// A field of a struct, class, tuple, variant or closure.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct FieldDesc {
    /// Its name; empty where it has none.
    pub name: String,
    /// Its type.
    pub ty: TypeId,
    /// For each leaf of the field's type in order, the index of the leaf of the whole that holds it.
    pub leaves: Vec<u32>,
}

/// A variant of an enum; its tag is its index.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct VariantDesc {
    /// Its name.
    pub name: String,
    /// Its payload.
    pub fields: Vec<FieldDesc>,
}

/// What a type is.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub enum TypeKind {
    /// No leaves. Shown as `()`.
    Unit,
    /// I8, 0 or 1.
    Bool,
    /// I8 to I64.
    Int {
        /// Wraps and prints as signed.
        signed: bool,
    },
    /// F32 or F64.
    Float,
    /// Ref to a text object.
    Text,
    /// One `Any` leaf.
    Any,
    /// Leaves I64 start, I64 end, I64 step, I8 inclusive. An open end is `i64::MAX` inclusive.
    Range,
    /// Ref to an array object; `stride` is the element's size in memory.
    Array {
        /// Element type.
        elem: TypeId,
    },
    /// Ref to a dict object.
    Dict {
        /// Key type.
        key: TypeId,
        /// Value type.
        value: TypeId,
    },
    /// Shown as `(a, b)`.
    Tuple(Vec<FieldDesc>),
    /// Shown as `Name(field: v)`.
    Struct {
        /// Its name.
        name: String,
        /// Its fields.
        fields: Vec<FieldDesc>,
    },
    /// Ref to an instance; a reference type. Shown like a struct.
    Class {
        /// Its name.
        name: String,
        /// Its fields.
        fields: Vec<FieldDesc>,
    },
    /// Shown as `Name::Variant(a, b)`.
    Enum {
        /// Its name.
        name: String,
        /// Its variants.
        variants: Vec<VariantDesc>,
    },
    /// Shown as its value, or `nil`. With `niche`, the one `Ref` leaf of the inner type is 0 for nil; otherwise leaf 0 is an
    /// I8 that is 1 where a value is present, and the inner leaves follow.
    Option {
        /// The type of the value.
        inner: TypeId,
        /// Which of the two forms.
        niche: bool,
    },
    /// A function value: Ref to a closure object of some `Closure` type. Shown as `<fn:name>` or `<lambda>`.
    Fn,
    /// The object behind a function value.
    Closure {
        /// The function's name; empty for a lambda.
        name: String,
        /// Its captures; leaves count from `CLOSURE_DATA`.
        captures: Vec<FieldDesc>,
    },
    /// Leaves Ref object, I32 first function-table index of the trait's methods. The object is a class instance, a boxed struct or a `Box`.
    Dyn,
    /// An object that holds a flat value of another type, for `any` and `dyn`.
    Box {
        /// What it holds.
        inner: TypeId,
    },
}

/// A type descriptor.
#[derive(Clone, PartialEq, Eq, Debug, Hash)]
pub struct TypeDesc {
    /// What it is.
    pub kind: TypeKind,
    /// For Struct, Tuple, Enum, Option, Range: the value is one Ref to an object with these leaves.
    pub boxed: bool,
    /// Leaves of the flat value, or of the payload where the type has an object of its own (boxed, Class, Closure, Box).
    /// For Array, Dict, Text, Fn: the one Ref leaf of the value.
    pub leaves: Vec<Leaf>,
    /// Bytes of those leaves, padded to their alignment: the array stride of a flat type.
    pub size: u32,
    /// An object of this type may be part of a cycle of references.
    pub may_cycle: bool,
}

impl TypeDesc {
    /// True where a value is one Ref leaf, whatever `leaves` says of the object behind it.
    pub fn is_ref(&self) -> bool {
        self.boxed
            || matches!(
                self.kind,
                TypeKind::Text
                    | TypeKind::Array { .. }
                    | TypeKind::Dict { .. }
                    | TypeKind::Class { .. }
                    | TypeKind::Fn
                    | TypeKind::Closure { .. }
                    | TypeKind::Box { .. }
            )
    }

    /// The leaves of a value of this type as it stands in registers, arrays and fields.
    pub fn value_leaves(&self) -> &[Leaf] {
        if self.is_ref() { &[Leaf { offset: 0, repr: Repr::Ref }] } else { &self.leaves }
    }

    /// Bytes of a value of this type in an array.
    pub fn value_size(&self) -> u32 {
        if self.is_ref() { 4 } else { self.size }
    }
}

/// The descriptors of [`well_known`], in the order of their ids: every program's table begins with these
/// `FIRST_OWN` entries. Ids that are not given out are `Unit`.
pub fn well_known() -> Vec<TypeDesc> {
    use well_known as id;
    let desc = |kind: TypeKind, reprs: &[Repr], may_cycle: bool| {
        let (leaves, size) = lay_out(reprs.iter().copied());
        TypeDesc { kind, boxed: false, leaves, size, may_cycle }
    };
    let int = |signed, repr| desc(TypeKind::Int { signed }, &[repr], false);
    let field = |leaf| FieldDesc { name: String::new(), ty: id::ANY, leaves: alloc::vec![leaf] };
    let unit = || desc(TypeKind::Unit, &[], false);
    let mut all = alloc::vec![
        unit(),
        desc(TypeKind::Bool, &[Repr::I8], false),
        int(true, Repr::I8),
        int(true, Repr::I16),
        int(true, Repr::I32),
        int(true, Repr::I64),
        int(false, Repr::I8),
        int(false, Repr::I16),
        int(false, Repr::I32),
        int(false, Repr::I64),
        desc(TypeKind::Float, &[Repr::F32], false),
        desc(TypeKind::Float, &[Repr::F64], false),
        desc(TypeKind::Text, &[Repr::Ref], false),
        desc(TypeKind::Any, &[Repr::Any], true),
        desc(TypeKind::Range, &[Repr::I64, Repr::I64, Repr::I64, Repr::I8], false),
        desc(TypeKind::Array { elem: id::TEXT }, &[Repr::Ref], false),
        desc(TypeKind::Array { elem: id::I64 }, &[Repr::Ref], false),
        desc(TypeKind::Array { elem: id::ANY }, &[Repr::Ref], true),
        desc(TypeKind::Dict { key: id::ANY, value: id::ANY }, &[Repr::Ref], true),
        desc(TypeKind::Box { inner: id::I64 }, &[Repr::I64], false),
        desc(TypeKind::Box { inner: id::U64 }, &[Repr::I64], false),
        desc(TypeKind::Box { inner: id::F64 }, &[Repr::F64], false),
        desc(TypeKind::Tuple(alloc::vec![field(0), field(1)]), &[Repr::Any, Repr::Any], true),
    ];
    all.resize_with(id::FIRST_OWN as usize, unit);
    all
}

/// Lays out leaves one behind the other with natural alignment; returns them and the padded size.
pub fn lay_out(reprs: impl IntoIterator<Item = Repr>) -> (Vec<Leaf>, u32) {
    let (mut at, mut align) = (0u32, 1u32);
    let mut leaves = Vec::new();
    for repr in reprs {
        at = at.next_multiple_of(repr.size());
        align = align.max(repr.size());
        leaves.push(Leaf { offset: at, repr });
        at += repr.size();
    }
    (leaves, at.next_multiple_of(align))
}
