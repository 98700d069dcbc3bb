//! The functions that a component has for its users: what they are called, and which form their types take outside.
//!
//! The outside form is that of WIT. What has none (function values, `any`, class instances, which have an identity) cannot be in the signature of such a function.

use crate::artifact::DecodeError;
use crate::artifact::read::Reader;
use crate::artifact::write::Writer;
use crate::module::{decode_types, encode_types};
use crate::types::{CheckedTypes, FieldDesc, VariantDesc};
use crate::{TypeDesc, TypeId, TypeKind};
use alloc::{string::String, vec::Vec};

/// The custom section of a module with [`Library`].
pub const SECTION: &str = "simple.exports";

/// A module's export of the n-th function.
pub fn export_name(index: usize) -> String {
    alloc::format!("export{index}")
}

/// A function for users.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Export {
    /// Its name in the program.
    pub name: String,
    /// Names and types of its parameters.
    pub params: Vec<(String, TypeId)>,
    /// Type of its result.
    pub result: TypeId,
}

/// The functions of a module, and all types of the program.
#[derive(Clone, Debug)]
pub struct Library {
    /// In the order of their numbers.
    pub exports: Vec<Export>,
    /// The types.
    pub types: Vec<TypeDesc>,
}

impl Library {
    /// The bytes of the section.
    pub fn encode(exports: &[Export], types: &[TypeDesc]) -> Vec<u8> {
        let exports = encode(exports);
        let mut bytes = (exports.len() as u32).to_le_bytes().to_vec();
        bytes.extend(exports);
        bytes.extend(encode_types(types));
        bytes
    }

    /// Reads and checks the section.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn decode(bytes: &[u8]) -> Result<Library, DecodeError> {
        let short = DecodeError { offset: 0, what: "header cut short" };
        let (len, rest) = bytes.split_first_chunk::<4>().ok_or(short.clone())?;
        let (exports, types) = rest.split_at_checked(u32::from_le_bytes(*len) as usize).ok_or(short)?;
        let types = decode_types(types).map(CheckedTypes::into_inner)?;
        let exports = decode(exports, types.len())?;
        Ok(Library { exports, types })
    }
}

/// Functions as bytes.
pub fn encode(exports: &[Export]) -> Vec<u8> {
    let mut body = Writer::default();
    body.number(exports.len() as u64);
    for export in exports {
        body.string(&export.name);
        body.number(export.params.len() as u64);
        for (name, ty) in &export.params {
            body.string(name);
            body.number(u64::from(ty.0));
        }
        body.number(u64::from(export.result.0));
    }
    body.behind_strings(&[])
}

/// Functions of a program that has so many types.
///
/// # Errors
/// The first thing that is wrong.
pub fn decode(bytes: &[u8], types: usize) -> Result<Vec<Export>, DecodeError> {
    let mut reader = Reader::new(bytes);
    reader.read_strings()?;
    let mut exports = Vec::new();
    for _ in 0..reader.count("function count")? {
        let name = reader.name()?;
        let mut params = Vec::new();
        for _ in 0..reader.count("parameter count")? {
            params.push((reader.name()?, TypeId(reader.index(types, "type of a parameter")?)));
        }
        let result = TypeId(reader.index(types, "type of a result")?);
        exports.push(Export { name, params, result });
    }
    reader.end()?;
    Ok(exports)
}

/// What a type is outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Form<'a> {
    /// Nothing: where a result or a payload is missing.
    Nothing,
    /// `bool`.
    Bool,
    /// `s8` to `u64`.
    Int {
        /// Its width.
        bits: u32,
        /// Which of the two.
        signed: bool,
    },
    /// `f32`, `f64`: its width.
    Float(u32),
    /// `string`.
    Text,
    /// `list`.
    List(TypeId),
    /// `tuple`.
    Tuple(&'a [FieldDesc]),
    /// `record`, with the name of the struct.
    Record(&'a str, &'a [FieldDesc]),
    /// `option`; `niche` as in [`TypeKind::Option`].
    Option {
        /// Of this.
        inner: TypeId,
        /// How it is laid out.
        niche: bool,
    },
    /// `result`: the variants `Ok` and `Err`.
    Result(&'a [VariantDesc]),
    /// `variant`, or `enum` where none has a payload; with the name of the enum.
    Variant(&'a str, &'a [VariantDesc]),
}

/// The form of a type, of which parts may have none.
pub fn form(desc: &TypeDesc) -> Option<Form<'_>> {
    let bits = || desc.leaves.first().map_or(0, |leaf| leaf.repr.size() * 8);
    Some(match &desc.kind {
        TypeKind::Unit => Form::Nothing,
        TypeKind::Bool => Form::Bool,
        TypeKind::Int { signed } => Form::Int { bits: bits(), signed: *signed },
        TypeKind::Float => Form::Float(bits()),
        TypeKind::Text => Form::Text,
        TypeKind::Array { elem } => Form::List(*elem),
        TypeKind::Tuple(fields) if fields.is_empty() => return None,
        TypeKind::Tuple(fields) => Form::Tuple(fields),
        // Records have fields.
        TypeKind::Struct { fields, .. } if fields.is_empty() => return None,
        TypeKind::Struct { name, fields } => Form::Record(name, fields),
        TypeKind::Option { inner, niche } => Form::Option { inner: *inner, niche: *niche },
        TypeKind::Enum { variants, .. } if variants.is_empty() => return None,
        TypeKind::Enum { name, variants } if is_result(name, variants) => Form::Result(variants),
        TypeKind::Enum { name, variants } => Form::Variant(name, variants),
        TypeKind::Any
        | TypeKind::Range
        | TypeKind::Dict { .. }
        | TypeKind::Class { .. }
        | TypeKind::Fn
        | TypeKind::Closure { .. }
        | TypeKind::Dyn
        | TypeKind::Box { .. } => return None,
    })
}

fn is_result(name: &str, variants: &[VariantDesc]) -> bool {
    let names: Vec<&str> = variants.iter().map(|variant| variant.name.as_str()).collect();
    name == "Result" && names == ["Ok", "Err"] && variants.iter().all(|variant| variant.fields.len() <= 1)
}

/// Where a value may be nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// A result of a function, a payload of `Ok` or `Err`.
    MayBeNothing,
    /// Anywhere else.
    IsSomething,
}

/// Whether values of a type can go in and out.
pub fn has_form(types: &[TypeDesc], ty: TypeId) -> bool {
    all_have_form(types, ty, Place::IsSomething, &mut Vec::new())
}

/// Whether a function can have results of a type.
pub fn result_has_form(types: &[TypeDesc], ty: TypeId) -> bool {
    all_have_form(types, ty, Place::MayBeNothing, &mut Vec::new())
}

/// `open` are the types that this one is inside of: types outside do not contain themselves.
fn all_have_form(types: &[TypeDesc], ty: TypeId, place: Place, open: &mut Vec<TypeId>) -> bool {
    let Some(form) = types.get(ty.0 as usize).and_then(form) else { return false };
    if open.contains(&ty) {
        return false;
    }
    open.push(ty);
    let mut part = |ty, place| all_have_form(types, ty, place, open);
    let known = match form {
        Form::Nothing => place == Place::MayBeNothing,
        Form::Bool | Form::Int { .. } | Form::Float(_) | Form::Text => true,
        Form::List(inner) | Form::Option { inner, .. } => part(inner, Place::IsSomething),
        Form::Tuple(fields) | Form::Record(_, fields) => {
            fields.iter().all(|field| part(field.ty, Place::IsSomething))
        }
        Form::Result(variants) => {
            variants.iter().flat_map(|it| &it.fields).all(|field| part(field.ty, Place::MayBeNothing))
        }
        Form::Variant(_, variants) => {
            variants.iter().flat_map(|it| &it.fields).all(|field| part(field.ty, Place::IsSomething))
        }
    };
    open.pop();
    known
}
