//! Types as JSON.

use serde::{Deserialize, Serialize};

/// A type, as a loader and a compiler tell each other.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Serialize)]
#[serde(into = "Raw")]
pub enum TypeInfo {
    /// An integer: `{"kind":"int","bits":64,"signed":true}`.
    Int {
        /// Its width.
        bits: IntWidth,
        /// Whether it has negative values.
        signed: bool,
    },
    /// A floating-point number: `{"kind":"float","bits":64}`.
    Float {
        /// Its width.
        bits: FloatWidth,
    },
    /// `{"kind":"bool"}`.
    Bool,
    /// A text: `{"kind":"string"}`.
    String,
    /// A declared type and its arguments: `{"kind":"named","name":"Vec","args":[...]}`.
    Named {
        /// Its name.
        name: String,
        /// Its type arguments.
        args: Vec<TypeInfo>,
    },
    /// A type parameter: `{"kind":"generic","name":"T"}`.
    Generic {
        /// Its name.
        name: String,
    },
    /// An array: `{"kind":"array","elem":...}`.
    Array {
        /// What is in it.
        elem: Box<TypeInfo>,
    },
    /// A tuple: `{"kind":"tuple","args":[...]}`.
    Tuple {
        /// What is in it, in order.
        args: Vec<TypeInfo>,
    },
    /// Numbers that are worked on together: `{"kind":"simd","lanes":4,"elem":...}`.
    Simd {
        /// How many, from 1.
        lanes: u32,
        /// Each of them.
        elem: Box<TypeInfo>,
    },
    /// A function: `{"kind":"function","args":[...],"elem":...}`.
    Function {
        /// Its parameters.
        args: Vec<TypeInfo>,
        /// Its result, if it has one.
        result: Option<Box<TypeInfo>>,
    },
}

from_object!(Raw => TypeInfo);

/// Bits of an integer.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum IntWidth {
    /// 8 bits.
    W8,
    /// 16 bits.
    W16,
    /// 32 bits.
    W32,
    /// 64 bits.
    W64,
}

impl IntWidth {
    /// All of them.
    pub const ALL: [IntWidth; 4] = [IntWidth::W8, IntWidth::W16, IntWidth::W32, IntWidth::W64];

    /// How many.
    pub const fn bits(self) -> u32 {
        match self {
            IntWidth::W8 => 8,
            IntWidth::W16 => 16,
            IntWidth::W32 => 32,
            IntWidth::W64 => 64,
        }
    }
}

/// Bits of a floating-point number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum FloatWidth {
    /// 32 bits.
    W32,
    /// 64 bits.
    W64,
}

impl FloatWidth {
    /// All of them.
    pub const ALL: [FloatWidth; 2] = [FloatWidth::W32, FloatWidth::W64];

    /// How many.
    pub const fn bits(self) -> u32 {
        match self {
            FloatWidth::W32 => 32,
            FloatWidth::W64 => 64,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Int,
    Float,
    Bool,
    String,
    Named,
    Generic,
    Array,
    Tuple,
    Simd,
    Function,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Kind::Int => "int",
            Kind::Float => "float",
            Kind::Bool => "bool",
            Kind::String => "string",
            Kind::Named => "named",
            Kind::Generic => "generic",
            Kind::Array => "array",
            Kind::Tuple => "tuple",
            Kind::Simd => "simd",
            Kind::Function => "function",
        }
    }
}

/// The JSON object: all fields that some kind has.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Raw {
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bits: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signed: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lanes: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    args: Option<Vec<TypeInfo>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    elem: Option<Box<TypeInfo>>,
}

impl Raw {
    fn new(kind: Kind) -> Raw {
        Raw { kind, name: None, bits: None, signed: None, lanes: None, args: None, elem: None }
    }
}

impl From<TypeInfo> for Raw {
    fn from(ty: TypeInfo) -> Raw {
        match ty {
            TypeInfo::Int { bits, signed } => {
                Raw { bits: Some(bits.bits()), signed: Some(signed), ..Raw::new(Kind::Int) }
            }
            TypeInfo::Float { bits } => Raw { bits: Some(bits.bits()), ..Raw::new(Kind::Float) },
            TypeInfo::Bool => Raw::new(Kind::Bool),
            TypeInfo::String => Raw::new(Kind::String),
            TypeInfo::Named { name, args } => {
                Raw { name: Some(name), args: Some(args), ..Raw::new(Kind::Named) }
            }
            TypeInfo::Generic { name } => Raw { name: Some(name), ..Raw::new(Kind::Generic) },
            TypeInfo::Array { elem } => Raw { elem: Some(elem), ..Raw::new(Kind::Array) },
            TypeInfo::Tuple { args } => Raw { args: Some(args), ..Raw::new(Kind::Tuple) },
            TypeInfo::Simd { lanes, elem } => {
                Raw { lanes: Some(lanes), elem: Some(elem), ..Raw::new(Kind::Simd) }
            }
            TypeInfo::Function { args, result } => {
                Raw { args: Some(args), elem: result, ..Raw::new(Kind::Function) }
            }
        }
    }
}

impl TryFrom<Raw> for TypeInfo {
    type Error = String;

    /// Each kind takes its fields; what is left over belongs to another kind. Without `args` there are none.
    fn try_from(mut raw: Raw) -> Result<TypeInfo, String> {
        let kind = raw.kind;
        let ty = match kind {
            Kind::Int => {
                let bits = need(&mut raw.bits, kind, "bits")?;
                let width = IntWidth::ALL.into_iter().find(|width| width.bits() == bits);
                TypeInfo::Int {
                    bits: width
                        .ok_or_else(|| format!("`bits` of int must be 8, 16, 32 or 64, not {bits}"))?,
                    signed: need(&mut raw.signed, kind, "signed")?,
                }
            }
            Kind::Float => {
                let bits = need(&mut raw.bits, kind, "bits")?;
                let width = FloatWidth::ALL.into_iter().find(|width| width.bits() == bits);
                TypeInfo::Float {
                    bits: width.ok_or_else(|| format!("`bits` of float must be 32 or 64, not {bits}"))?,
                }
            }
            Kind::Bool => TypeInfo::Bool,
            Kind::String => TypeInfo::String,
            Kind::Named => TypeInfo::Named {
                name: need(&mut raw.name, kind, "name")?,
                args: raw.args.take().unwrap_or_default(),
            },
            Kind::Generic => TypeInfo::Generic { name: need(&mut raw.name, kind, "name")? },
            Kind::Array => TypeInfo::Array { elem: need(&mut raw.elem, kind, "elem")? },
            Kind::Tuple => TypeInfo::Tuple { args: raw.args.take().unwrap_or_default() },
            Kind::Simd => {
                let lanes = need(&mut raw.lanes, kind, "lanes")?;
                if lanes == 0 {
                    return Err("`lanes` of simd must be at least 1".to_owned());
                }
                TypeInfo::Simd { lanes, elem: need(&mut raw.elem, kind, "elem")? }
            }
            Kind::Function => {
                TypeInfo::Function { args: raw.args.take().unwrap_or_default(), result: raw.elem.take() }
            }
        };
        let left = [
            ("name", raw.name.is_some()),
            ("bits", raw.bits.is_some()),
            ("signed", raw.signed.is_some()),
            ("lanes", raw.lanes.is_some()),
            // Some printers write an empty list for every kind.
            ("args", raw.args.is_some_and(|args| !args.is_empty())),
            ("elem", raw.elem.is_some()),
        ];
        match left.into_iter().find(|(_, is_left)| *is_left) {
            None => Ok(ty),
            Some((field, _)) => Err(format!("{} has no field `{field}`", kind.name())),
        }
    }
}

/// A field that a kind must have, taken out.
fn need<T>(field: &mut Option<T>, kind: Kind, name: &str) -> Result<T, String> {
    field.take().ok_or_else(|| format!("{} needs the field `{name}`", kind.name()))
}
