//! Whether descriptors describe values that exist. Artifacts are not trusted, and the compiler's own tables pass the same checks.

use super::{FieldDesc, Leaf, TypeDesc, TypeId, TypeKind, well_known};
use crate::Repr;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::fmt;

/// Largest flat value or payload, in bytes: emitted code reaches fields by displacements, which are below this.
const MAX_SIZE: u32 = crate::context::MAX_DISPLACEMENT;

/// A descriptor that describes nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WrongType {
    /// Which one.
    pub ty: TypeId,
    /// What is wrong with it.
    pub what: &'static str,
}

impl fmt::Display for WrongType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "type {}: {}", self.ty.0, self.what)
    }
}

/// What is wrong with a program's table: it begins with the well-known descriptors, ids name descriptors, leaves lie inside their value
/// without overlap and have the machine types of what they hold, and no type contains itself other than behind a reference. One
/// finding per descriptor at most.
pub fn wrong_types<T: Borrow<TypeDesc>>(types: &[T]) -> Vec<WrongType> {
    let wrong = |index: usize, what| WrongType { ty: TypeId(index as u32), what };
    let first = well_known();
    if types.len() < first.len() || !first.iter().zip(types).all(|(first, desc)| first == desc.borrow()) {
        return alloc::vec![wrong(0, "the first types are not the well-known ones")];
    }
    if types.len() > crate::object::TYPE_MASK as usize {
        return alloc::vec![wrong(types.len() - 1, "there are too many types")];
    }
    let types = Table(types);
    let alone =
        types.0.iter().enumerate().filter_map(|(index, desc)| {
            check_one(&types, desc.borrow()).err().map(|what| wrong(index, what))
        });
    let mut all: Vec<WrongType> = alone.collect();
    // Only where ids can be followed.
    if all.is_empty() {
        all.extend(containing_itself(&types).map(|index| wrong(index, "it contains itself")));
    }
    all
}

/// Descriptors in which nothing is wrong.
#[derive(Clone, Debug)]
pub struct CheckedTypes(Vec<TypeDesc>);

impl CheckedTypes {
    /// Checks a program's table.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(types: Vec<TypeDesc>) -> Result<CheckedTypes, WrongType> {
        match wrong_types(&types).first() {
            Some(wrong) => Err(*wrong),
            None => Ok(CheckedTypes(types)),
        }
    }

    /// For whoever has them from their maker.
    pub fn trust(types: Vec<TypeDesc>) -> CheckedTypes {
        CheckedTypes(types)
    }

    /// The table.
    pub fn into_inner(self) -> Vec<TypeDesc> {
        self.0
    }
}

struct Table<'a, T>(&'a [T]);

impl<T: Borrow<TypeDesc>> Table<'_, T> {
    fn get(&self, id: TypeId) -> Result<&TypeDesc, &'static str> {
        self.0.get(id.0 as usize).map(Borrow::borrow).ok_or("it refers to a type that is not there")
    }
}

fn check_one<T: Borrow<TypeDesc>>(types: &Table<'_, T>, desc: &TypeDesc) -> Result<(), &'static str> {
    check_leaves(desc)?;
    for (parts, is_variant) in parts(desc) {
        for field in parts {
            check_field(types, desc, field, is_variant)?;
        }
    }
    let has = |reprs: &mut dyn Iterator<Item = Repr>| desc.leaves.iter().map(|leaf| leaf.repr).eq(reprs);
    let of = |leaves: &[Leaf]| leaves.iter().map(|leaf| leaf.repr).collect::<Vec<_>>();
    let fits = match &desc.kind {
        TypeKind::Unit => has(&mut [].into_iter()),
        TypeKind::Bool => has(&mut [Repr::I8].into_iter()),
        TypeKind::Int { .. } => {
            [Repr::I8, Repr::I16, Repr::I32, Repr::I64].into_iter().any(|repr| has(&mut [repr].into_iter()))
        }
        TypeKind::Float => [Repr::F32, Repr::F64].into_iter().any(|repr| has(&mut [repr].into_iter())),
        TypeKind::Any => has(&mut [Repr::Any].into_iter()),
        TypeKind::Range => has(&mut [Repr::I64, Repr::I64, Repr::I64, Repr::I8].into_iter()),
        TypeKind::Dyn => has(&mut [Repr::Ref, Repr::I32].into_iter()),
        TypeKind::Text | TypeKind::Fn => has(&mut [Repr::Ref].into_iter()),
        TypeKind::Array { elem } => {
            types.get(*elem)?;
            has(&mut [Repr::Ref].into_iter())
        }
        TypeKind::Dict { key, value } => {
            types.get(*key)?;
            types.get(*value)?;
            has(&mut [Repr::Ref].into_iter())
        }
        TypeKind::Box { inner } => has(&mut of(types.get(*inner)?.value_leaves()).into_iter()),
        TypeKind::Option { inner, niche: true } => {
            of(types.get(*inner)?.value_leaves()) == [Repr::Ref] && has(&mut [Repr::Ref].into_iter())
        }
        TypeKind::Option { inner, niche: false } => {
            has(&mut [Repr::I8].into_iter().chain(of(types.get(*inner)?.value_leaves())))
        }
        TypeKind::Enum { variants, .. } => {
            let is_tag = |leaf: &Leaf| !leaf.repr.is_counted() && !leaf.repr.is_float();
            variants.len() < 2 || desc.leaves.first().is_some_and(is_tag)
        }
        TypeKind::Tuple(_) | TypeKind::Struct { .. } | TypeKind::Class { .. } | TypeKind::Closure { .. } => {
            true
        }
    };
    if fits { Ok(()) } else { Err("it has not the leaves of its kind") }
}

fn check_leaves(desc: &TypeDesc) -> Result<(), &'static str> {
    if desc.size > MAX_SIZE {
        return Err("it is too large");
    }
    let mut free = 0u32;
    for leaf in &desc.leaves {
        if leaf.offset < free || leaf.offset % leaf.repr.size() != 0 {
            return Err("its leaves overlap or are not aligned");
        }
        free = leaf.offset.saturating_add(leaf.repr.size());
    }
    if free > desc.size { Err("a leaf ends behind its size") } else { Ok(()) }
}

/// The lists of fields of a type; true for those of an enum's variants, which share leaves and store numbers as words.
fn parts(desc: &TypeDesc) -> Vec<(&[FieldDesc], bool)> {
    match &desc.kind {
        TypeKind::Tuple(fields)
        | TypeKind::Struct { fields, .. }
        | TypeKind::Class { fields, .. }
        | TypeKind::Closure { captures: fields, .. } => alloc::vec![(fields.as_slice(), false)],
        TypeKind::Enum { variants, .. } => {
            variants.iter().map(|variant| (variant.fields.as_slice(), true)).collect()
        }
        TypeKind::Unit
        | TypeKind::Bool
        | TypeKind::Int { .. }
        | TypeKind::Float
        | TypeKind::Text
        | TypeKind::Any
        | TypeKind::Range
        | TypeKind::Array { .. }
        | TypeKind::Dict { .. }
        | TypeKind::Option { .. }
        | TypeKind::Fn
        | TypeKind::Dyn
        | TypeKind::Box { .. } => Vec::new(),
    }
}

fn check_field<T: Borrow<TypeDesc>>(
    types: &Table<'_, T>,
    whole: &TypeDesc,
    field: &FieldDesc,
    is_variant: bool,
) -> Result<(), &'static str> {
    let leaves = types.get(field.ty)?.value_leaves();
    if leaves.len() != field.leaves.len() {
        return Err("a field does not fit its type");
    }
    for (leaf, &index) in leaves.iter().zip(&field.leaves) {
        let holder = whole.leaves.get(index as usize).ok_or("a field has a leaf that is not there")?.repr;
        let as_word = is_variant && !leaf.repr.is_counted() && holder == Repr::I64;
        if holder != leaf.repr && !as_word {
            return Err("a field is in a leaf of another machine type");
        }
    }
    Ok(())
}

/// A type in a cycle of types that stand inside each other, without recursion.
fn containing_itself<T: Borrow<TypeDesc>>(types: &Table<'_, T>) -> Option<usize> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states = alloc::vec![State::New; types.0.len()];
    for start in 0..types.0.len() {
        let mut stack = alloc::vec![(start, false)];
        while let Some((index, leaving)) = stack.pop() {
            if leaving {
                states[index] = State::Done;
                continue;
            }
            match states[index] {
                State::Done => continue,
                State::Open => return Some(index),
                State::New => {}
            }
            states[index] = State::Open;
            stack.push((index, true));
            for inner in inside(types.0[index].borrow()) {
                let inner = inner.0 as usize;
                if types.0[inner].borrow().is_ref() {
                    continue;
                }
                match states[inner] {
                    State::Open => return Some(inner),
                    State::New => stack.push((inner, false)),
                    State::Done => {}
                }
            }
        }
    }
    None
}

/// The types that stand inside a value or payload of a type.
fn inside(desc: &TypeDesc) -> Vec<TypeId> {
    if let TypeKind::Option { inner, .. } | TypeKind::Box { inner } = desc.kind {
        return alloc::vec![inner];
    }
    parts(desc).into_iter().flat_map(|(fields, _)| fields.iter().map(|field| field.ty)).collect()
}
