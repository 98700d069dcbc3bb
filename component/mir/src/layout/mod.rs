//! What concrete types look like in registers and in memory: every value is a list of *leaves*, as `abi::types` describes them.
//!
//! Two questions are kept apart, so that recursive types need no fixed point: the *layout* of a type is its value as it stands in
//! registers, fields and arrays; its *payload* is what stands in the object behind it, or, for a flat type, the leaves themselves with the way
//! to each field. The layout of a boxed type never asks for its payload.

mod cycles;
mod descs;
mod mutated;
#[cfg(test)]
mod tests;

use abi::Repr;
use abi::types::{lay_out, make::MAX_FLAT_LEAVES};
use abi::{TypeDesc, TypeId, object};
use base::{Interner, Symbol};
pub(crate) use mutated::{Mutated, Writes};
use sema::hir::{AdtKind, Program};
use sema::ty::{Ty, TyId, Types};
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Values nest in values no deeper than this.
const MAX_NESTING: u32 = 200;
/// A type reaches no more types than this.
const MAX_REACHED: usize = 20_000;

/// Why a type has no layout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LayoutError {
    /// It contains ever larger types, or nests deeper than the compiler follows.
    TooDeep(TyId),
    /// Its payload is larger than an object may be.
    TooLarge(TyId),
    /// It mentions a type parameter, or a type that was reported.
    NotConcrete(TyId),
}

/// A leaf of a value or payload.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeafInfo {
    /// Its machine type.
    pub repr: Repr,
    /// Byte offset in the value or payload.
    pub offset: u32,
    /// A `Ref` that may be 0.
    pub nullable: bool,
    /// A `Ref` or `Any` whose object may be part of a cycle.
    pub may_cycle: bool,
}

/// A value of a type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layout {
    /// The type.
    pub ty: TyId,
    /// Its leaves, as they stand in registers, arrays and fields of their own.
    pub leaves: Vec<LeafInfo>,
    /// Bytes of a value in an array.
    pub size: u32,
    /// One `Ref` to an object with the payload, copied on write.
    pub boxed: bool,
}

/// What is inside of a value with parts: the flat leaves, or those of the object behind it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Payload {
    /// All leaves.
    pub leaves: Vec<LeafInfo>,
    /// Their bytes, padded.
    pub size: u32,
    /// Which leaves are whose.
    pub parts: Parts,
}

/// Which leaves of a payload are whose.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Parts {
    /// Struct, tuple, class, closure.
    Fields(Vec<Part>),
    /// Enum. The tag, where there is one, is leaf 0.
    Variants {
        /// Machine type of the tag; none with one variant.
        tag: Option<Repr>,
        /// The payload of each variant.
        variants: Vec<Vec<Part>>,
    },
    /// Option. With a niche the value's one leaf is 0 for nil; else leaf 0 is 1 where there is a value.
    Option {
        /// Which of the two forms.
        niche: bool,
        /// The value, where there is one.
        value: Part,
    },
}

/// A part of a payload.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Part {
    /// Its name, if it has one.
    pub name: Option<Symbol>,
    /// Its type.
    pub ty: TyId,
    /// For each leaf of the part's type the leaf of the whole that holds it. In an enum that may be an `I64` word for a number
    /// of another machine type.
    pub leaves: Vec<u32>,
}

/// A concrete type taken apart once.
enum Inside {
    /// Nothing in it.
    Scalar,
    Fields(Vec<(Option<Symbol>, TyId)>),
    Variants(Vec<Vec<(Option<Symbol>, TyId)>>),
    Option(TyId),
}

/// Layouts, payloads and descriptors of the types of one program.
#[derive(Default)]
pub struct Layouts {
    layouts: BTreeMap<TyId, Rc<Layout>>,
    payloads: BTreeMap<TyId, Rc<Payload>>,
    recursive: BTreeMap<TyId, bool>,
    cycles: BTreeMap<TyId, bool>,
    reached: BTreeMap<TyId, Rc<BTreeSet<TyId>>>,
    /// Found when it is first asked for, once for all layouts of a program.
    mutated: Rc<OnceCell<Mutated>>,
    /// What the code of libraries writes.
    libraries: Writes,
    nesting: u32,
    descs: descs::Descs,
}

/// The program whose types are laid out, and the names in it.
pub struct TypeCx<'a> {
    /// The types; new ones are interned as fields of generic types are looked at.
    pub program: &'a mut Program,
    /// Names for descriptors.
    pub names: &'a Interner,
}

type Result<T> = std::result::Result<T, LayoutError>;

impl Layouts {
    /// Of a program whose libraries write this in instances; `mutated` is what other layouts of the program found out.
    pub(crate) fn new(libraries: Writes, mutated: Rc<OnceCell<Mutated>>) -> Layouts {
        Layouts { libraries, mutated, ..Layouts::default() }
    }

    /// The layout of a value of a type.
    ///
    /// # Errors
    /// [`LayoutError`] where the type is not concrete or too large.
    pub fn layout(&mut self, cx: &mut TypeCx<'_>, ty: TyId) -> Result<Rc<Layout>> {
        if let Some(layout) = self.layouts.get(&ty) {
            return Ok(layout.clone());
        }
        let layout = Rc::new(self.make_layout(cx, ty)?);
        self.layouts.insert(ty, layout.clone());
        Ok(layout)
    }

    fn make_layout(&mut self, cx: &mut TypeCx<'_>, ty: TyId) -> Result<Layout> {
        let scalar = |repr: Repr, may_cycle: bool| {
            let leaf = LeafInfo { repr, offset: 0, nullable: false, may_cycle };
            Layout { ty, leaves: vec![leaf], size: repr.size(), boxed: false }
        };
        Ok(match cx.program.types.get(ty) {
            Ty::Error | Ty::Number(_) | Ty::Param(_) => return Err(LayoutError::NotConcrete(ty)),
            Ty::Never | Ty::Unit => Layout { ty, leaves: Vec::new(), size: 0, boxed: false },
            Ty::Bool => scalar(Repr::I8, false),
            Ty::Int(int) => scalar(int_repr(int.bits), false),
            Ty::Float { bits } => scalar(float_repr(*bits), false),
            Ty::Text => scalar(Repr::Ref, false),
            Ty::Any => scalar(Repr::Any, self.may_cycle(cx, ty)?),
            Ty::Fn(..) => scalar(Repr::Ref, self.may_cycle(cx, ty)?),
            Ty::Array(_) | Ty::Dict(..) => scalar(Repr::Ref, self.may_cycle(cx, ty)?),
            Ty::Range => {
                let (leaves, size) = place(&RANGE_LEAVES.map(plain));
                Layout { ty, leaves, size, boxed: false }
            }
            Ty::Dyn(..) => {
                let object = LeafInfo {
                    repr: Repr::Ref,
                    offset: 0,
                    nullable: false,
                    may_cycle: self.may_cycle(cx, ty)?,
                };
                let (leaves, size) = place(&[object, plain(Repr::I32)]);
                Layout { ty, leaves, size, boxed: false }
            }
            Ty::Adt(id, _) if matches!(cx.program.adts[*id].kind, AdtKind::Class(_)) => {
                scalar(Repr::Ref, self.may_cycle(cx, ty)?)
            }
            Ty::Adt(..) | Ty::Tuple(_) | Ty::Option(_) => {
                if !self.is_recursive(cx, ty)? {
                    let payload = self.payload(cx, ty)?;
                    if payload.leaves.len() <= MAX_FLAT_LEAVES {
                        let leaves = payload.leaves.clone();
                        return Ok(Layout { ty, leaves, size: payload.size, boxed: false });
                    }
                }
                Layout { boxed: true, ..scalar(Repr::Ref, self.may_cycle(cx, ty)?) }
            }
        })
    }

    /// The payload of a struct, class, tuple, enum or option.
    ///
    /// # Errors
    /// As for [`Layouts::layout`].
    ///
    /// # Panics
    /// For a type that has no parts.
    pub fn payload(&mut self, cx: &mut TypeCx<'_>, ty: TyId) -> Result<Rc<Payload>> {
        if let Some(payload) = self.payloads.get(&ty) {
            return Ok(payload.clone());
        }
        if self.nesting == MAX_NESTING {
            return Err(LayoutError::TooDeep(ty));
        }
        self.nesting += 1;
        let payload = match inside(cx, ty) {
            Inside::Scalar => panic!("a payload is asked only of types with parts"),
            Inside::Fields(fields) => self.fields_payload(cx, &fields),
            Inside::Variants(variants) => self.enum_payload(cx, &variants),
            Inside::Option(value) => self.option_payload(cx, value),
        };
        self.nesting -= 1;
        let payload = Rc::new(payload?);
        if payload.size + object::ARRAY_DATA >= abi::context::MAX_DISPLACEMENT {
            return Err(LayoutError::TooLarge(ty));
        }
        self.payloads.insert(ty, payload.clone());
        Ok(payload)
    }

    /// The payload of these fields, one behind the other: also that of a closure with these captures.
    ///
    /// # Errors
    /// As for [`Layouts::layout`].
    pub fn fields_payload(
        &mut self,
        cx: &mut TypeCx<'_>,
        fields: &[(Option<Symbol>, TyId)],
    ) -> Result<Payload> {
        let mut leaves = Vec::new();
        let mut parts = Vec::new();
        for &(name, ty) in fields {
            let layout = self.layout(cx, ty)?;
            let first = leaves.len() as u32;
            leaves.extend_from_slice(&layout.leaves);
            parts.push(Part { name, ty, leaves: (first..leaves.len() as u32).collect() });
        }
        let (leaves, size) = place(&leaves);
        Ok(Payload { leaves, size, parts: Parts::Fields(parts) })
    }

    fn option_payload(&mut self, cx: &mut TypeCx<'_>, value: TyId) -> Result<Payload> {
        let layout = self.layout(cx, value)?;
        let niche = matches!(layout.leaves[..], [LeafInfo { repr: Repr::Ref, nullable: false, .. }]);
        let mut leaves = if niche { Vec::new() } else { vec![plain(Repr::I8)] };
        let first = leaves.len() as u32;
        leaves.extend(layout.leaves.iter().map(|leaf| LeafInfo { nullable: true, ..*leaf }));
        let value = Part { name: None, ty: value, leaves: (first..leaves.len() as u32).collect() };
        let (leaves, size) = place(&leaves);
        Ok(Payload { leaves, size, parts: Parts::Option { niche, value } })
    }

    fn enum_payload(
        &mut self,
        cx: &mut TypeCx<'_>,
        variants: &[Vec<(Option<Symbol>, TyId)>],
    ) -> Result<Payload> {
        let single = variants.len() == 1;
        let tag = match variants.len() {
            0 | 1 => None,
            2..=256 => Some(Repr::I8),
            _ => Some(Repr::I16),
        };
        let mut refs: Vec<LeafInfo> = Vec::new();
        let (mut anys, mut words) = (0, 0);
        let mut layouts = Vec::new();
        for fields in variants {
            let (mut used_refs, mut used_anys, mut used_words) = (0, 0, 0);
            let mut of_variant = Vec::new();
            for &(_, ty) in fields {
                let layout = self.layout(cx, ty)?;
                for leaf in &layout.leaves {
                    match leaf.repr {
                        Repr::Ref => {
                            if used_refs == refs.len() {
                                refs.push(LeafInfo { nullable: !single, ..*leaf });
                            }
                            refs[used_refs].nullable |= leaf.nullable;
                            refs[used_refs].may_cycle |= leaf.may_cycle;
                            used_refs += 1;
                        }
                        Repr::Any => used_anys += 1,
                        Repr::I8 | Repr::I16 | Repr::I32 | Repr::I64 | Repr::F32 | Repr::F64 => {
                            used_words += 1;
                        }
                    }
                }
                of_variant.push(layout);
            }
            anys = anys.max(used_anys);
            words = words.max(used_words);
            layouts.push(of_variant);
        }
        let first_ref = u32::from(tag.is_some());
        let first_any = first_ref + refs.len() as u32;
        let first_word = first_any + anys;
        let may_cycle = anys > 0 && self.may_cycle(cx, Types::any())?;
        let any = LeafInfo { repr: Repr::Any, offset: 0, nullable: false, may_cycle };
        let mut leaves: Vec<LeafInfo> = tag.map(plain).into_iter().collect();
        leaves.extend(refs);
        leaves.extend((0..anys).map(|_| any));
        leaves.extend((0..words).map(|_| plain(Repr::I64)));
        let mut parts = Vec::new();
        for (fields, layouts) in variants.iter().zip(&layouts) {
            let (mut at_ref, mut at_any, mut at_word) = (first_ref, first_any, first_word);
            let mut of_variant = Vec::new();
            for (&(name, ty), layout) in fields.iter().zip(layouts) {
                let slot = |leaf: &LeafInfo| {
                    let at = match leaf.repr {
                        Repr::Ref => &mut at_ref,
                        Repr::Any => &mut at_any,
                        Repr::I8 | Repr::I16 | Repr::I32 | Repr::I64 | Repr::F32 | Repr::F64 => &mut at_word,
                    };
                    *at += 1;
                    *at - 1
                };
                of_variant.push(Part { name, ty, leaves: layout.leaves.iter().map(slot).collect() });
            }
            parts.push(of_variant);
        }
        let (leaves, size) = place(&leaves);
        Ok(Payload { leaves, size, parts: Parts::Variants { tag, variants: parts } })
    }

    /// True where a value of the type would contain another value of it: then it is boxed.
    fn is_recursive(&mut self, cx: &mut TypeCx<'_>, ty: TyId) -> Result<bool> {
        if let Some(&known) = self.recursive.get(&ty) {
            return Ok(known);
        }
        // Tuples and options cannot name themselves: a circle always goes through a declared type, which is boxed.
        let mut found = false;
        if matches!(cx.program.types.get(ty), Ty::Adt(..)) {
            let mut seen = BTreeSet::new();
            let mut open = vec![ty];
            while let Some(next) = open.pop() {
                for inner in by_value(cx, next) {
                    found |= inner == ty;
                    if seen.insert(inner) {
                        open.push(inner);
                    }
                }
                if found {
                    break;
                }
                if seen.len() > MAX_REACHED {
                    return Err(LayoutError::TooDeep(ty));
                }
            }
        }
        self.recursive.insert(ty, found);
        Ok(found)
    }

    /// The descriptors made so far, the well-known ones first.
    pub fn take_descs(&mut self) -> Vec<TypeDesc> {
        self.descs.take()
    }

    /// The descriptor of a type.
    ///
    /// # Errors
    /// As for [`Layouts::layout`].
    pub fn desc(&mut self, cx: &mut TypeCx<'_>, ty: TyId) -> Result<TypeId> {
        descs::of_type(self, cx, ty)
    }

    /// The descriptor of an object that holds a flat value of a type, for `dyn`.
    ///
    /// # Errors
    /// As for [`Layouts::layout`].
    pub fn box_desc(&mut self, cx: &mut TypeCx<'_>, ty: TyId) -> Result<TypeId> {
        descs::of_box(self, cx, ty)
    }

    /// A descriptor of its own for a closure, or for the object of module-level variables (kind class).
    ///
    /// # Errors
    /// As for [`Layouts::layout`].
    pub fn object_desc(
        &mut self,
        cx: &mut TypeCx<'_>,
        object: descs::Object<'_>,
        fields: &[(Option<Symbol>, TyId)],
    ) -> Result<(TypeId, Payload)> {
        descs::of_object(self, cx, object, fields)
    }
}

pub use descs::Object;

/// Leaves of a range: start, end, step, inclusive.
pub const RANGE_LEAVES: [Repr; 4] = [Repr::I64, Repr::I64, Repr::I64, Repr::I8];

/// The machine type of an integer of a width.
pub fn int_repr(bits: u8) -> Repr {
    match bits {
        8 => Repr::I8,
        16 => Repr::I16,
        32 => Repr::I32,
        _ => Repr::I64,
    }
}

/// The machine type of a float of a width.
pub fn float_repr(bits: u8) -> Repr {
    if bits == 32 { Repr::F32 } else { Repr::F64 }
}

fn plain(repr: Repr) -> LeafInfo {
    LeafInfo { repr, offset: 0, nullable: false, may_cycle: false }
}

/// Gives leaves their offsets.
fn place(leaves: &[LeafInfo]) -> (Vec<LeafInfo>, u32) {
    let (placed, size) = lay_out(leaves.iter().map(|leaf| leaf.repr));
    let leaves = leaves.iter().zip(placed).map(|(leaf, placed)| LeafInfo { offset: placed.offset, ..*leaf });
    (leaves.collect(), size)
}

fn inside(cx: &mut TypeCx<'_>, ty: TyId) -> Inside {
    let Program { types, adts, .. } = &mut *cx.program;
    match types.get(ty).clone() {
        Ty::Error
        | Ty::Never
        | Ty::Unit
        | Ty::Bool
        | Ty::Int(_)
        | Ty::Float { .. }
        | Ty::Text
        | Ty::Any
        | Ty::Range
        | Ty::Array(_)
        | Ty::Dict(..)
        | Ty::Fn(..)
        | Ty::Dyn(..)
        | Ty::Number(_)
        | Ty::Param(_) => Inside::Scalar,
        Ty::Tuple(items) => Inside::Fields(items.into_iter().map(|ty| (None, ty)).collect()),
        Ty::Option(value) => Inside::Option(value),
        Ty::Adt(id, args) => {
            let mut subst = |fields: &[sema::hir::Field]| -> Vec<_> {
                fields.iter().map(|field| (field.name, types.subst(field.ty, &args))).collect()
            };
            match &adts[id].kind {
                AdtKind::Struct(fields) | AdtKind::Class(fields) => Inside::Fields(subst(fields)),
                AdtKind::Enum(variants) => {
                    Inside::Variants(variants.iter().map(|variant| subst(&variant.fields)).collect())
                }
            }
        }
    }
}

/// Types of values that stand in a value of this type itself.
fn by_value(cx: &mut TypeCx<'_>, ty: TyId) -> Vec<TyId> {
    if let Ty::Adt(id, _) = cx.program.types.get(ty)
        && matches!(cx.program.adts[*id].kind, AdtKind::Class(_))
    {
        return Vec::new();
    }
    match inside(cx, ty) {
        Inside::Scalar => Vec::new(),
        Inside::Fields(fields) => fields.into_iter().map(|(_, ty)| ty).collect(),
        Inside::Variants(variants) => variants.into_iter().flatten().map(|(_, ty)| ty).collect(),
        Inside::Option(value) => vec![value],
    }
}
