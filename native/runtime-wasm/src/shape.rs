//! Types as the canonical ABI lays them out, with where their parts are in the program's values.

use crate::exports::Rt;
use abi::exports::{Form, form};
use abi::types::{FieldDesc, VariantDesc};
use abi::{Repr, TypeId};
use runtime::Raised;

/// A type, outside and inside.
pub struct Shape {
    pub ty: TypeId,
    pub kind: Kind,
    /// Bytes in memory.
    pub size: u32,
    pub align: u32,
    /// Flat values.
    pub flat: usize,
    /// Where the payload of a variant or option is in memory.
    pub payload_at: u32,
    /// Width of a variant's tag in memory.
    pub tag_bits: u32,
    /// Inside it is an object of its own.
    pub boxed: bool,
    /// Words of the value inside, or of the payload of its object.
    pub leaves: usize,
    /// Width of the first of them.
    first_bits: u32,
    /// For each word of a value: whether it is a reference.
    pub counted: Vec<bool>,
}

/// What it consists of.
pub enum Kind {
    Nothing,
    Bool,
    /// An integer or float.
    Number {
        bits: u32,
        signed: bool,
    },
    Text,
    List(Box<Shape>),
    /// A record or tuple.
    Fields(Vec<Field>),
    Option {
        inner: Box<Shape>,
        niche: bool,
    },
    /// A variant, enum or result.
    Variants(Vec<Case>),
}

/// A part of a value.
pub struct Field {
    pub shape: Shape,
    /// In memory, from the beginning of the fields.
    pub offset: u32,
    /// For each of its words the place among the leaves of the whole.
    leaves: Vec<u32>,
}

/// A case of a variant: its payload is laid out like a record.
pub struct Case {
    pub fields: Vec<Field>,
}

impl Field {
    /// Its words among those of the whole.
    pub fn get(&self, whole: &[u64]) -> Vec<u64> {
        self.leaves.iter().map(|&leaf| whole[leaf as usize]).collect()
    }

    /// Puts its words there.
    pub fn put(&self, words: &[u64], whole: &mut [u64]) {
        for (&leaf, &word) in self.leaves.iter().zip(words) {
            whole[leaf as usize] = word;
        }
    }
}

impl Shape {
    /// The shape of a type that has one.
    pub fn of(rt: &Rt, ty: TypeId) -> Result<Shape, Raised> {
        let desc = rt.type_desc(ty)?;
        let leaves = desc.value_leaves();
        let mut shape = Shape {
            ty,
            kind: Kind::Nothing,
            size: 0,
            align: 1,
            flat: 0,
            payload_at: 0,
            tag_bits: 0,
            boxed: desc.boxed,
            leaves: desc.leaves.len(),
            first_bits: desc.leaves.first().map_or(8, |leaf| leaf.repr.size() * 8),
            counted: leaves.iter().map(|leaf| leaf.repr == Repr::Ref).collect(),
        };
        match form(desc).ok_or(Raised::Internal)? {
            Form::Nothing => {}
            Form::Bool => shape.number(Kind::Bool, 8),
            Form::Int { bits, signed } => shape.number(Kind::Number { bits, signed }, bits),
            Form::Float(bits) => shape.number(Kind::Number { bits, signed: false }, bits),
            Form::Text => shape.pair(Kind::Text),
            Form::List(elem) => shape.pair(Kind::List(Box::new(Shape::of(rt, elem)?))),
            Form::Tuple(fields) | Form::Record(_, fields) => {
                let (fields, layout) = fields_of(rt, fields)?;
                (shape.size, shape.align, shape.flat) = layout;
                shape.kind = Kind::Fields(fields);
            }
            Form::Option { inner, niche } => {
                let inner = Box::new(Shape::of(rt, inner)?);
                shape.variant(2, &[(inner.size, inner.align, inner.flat)]);
                shape.kind = Kind::Option { inner, niche };
            }
            Form::Result(variants) | Form::Variant(_, variants) => {
                let case = |variant: &VariantDesc| fields_of(rt, &variant.fields);
                let cases = variants.iter().map(case).collect::<Result<Vec<_>, _>>()?;
                let layouts: Vec<_> = cases.iter().map(|(_, layout)| *layout).collect();
                shape.variant(cases.len(), &layouts);
                shape.kind = Kind::Variants(cases.into_iter().map(|(fields, _)| Case { fields }).collect());
            }
        }
        Ok(shape)
    }

    /// How many words a value has.
    pub fn words(&self) -> usize {
        self.counted.len()
    }

    /// Which of so many cases the leaves of an enum are of.
    pub fn case(&self, cases: usize, whole: &[u64]) -> usize {
        match cases {
            // There is no tag.
            1 => 0,
            _ => (whole[0] & (u64::MAX >> (64 - self.first_bits))) as usize,
        }
    }

    fn number(&mut self, kind: Kind, bits: u32) {
        self.kind = kind;
        (self.size, self.align, self.flat) = (bits / 8, bits / 8, 1);
    }

    /// An address and a length.
    fn pair(&mut self, kind: Kind) {
        self.kind = kind;
        (self.size, self.align, self.flat) = (8, 4, 2);
    }

    /// A tag and payloads in the same place.
    fn variant(&mut self, cases: usize, payloads: &[Layout]) {
        self.tag_bits = match cases {
            0..=0x100 => 8,
            0x101..=0x1_0000 => 16,
            _ => 32,
        };
        let tag = self.tag_bits / 8;
        let most = |part: fn(&Layout) -> u32| payloads.iter().map(part).max().unwrap_or_default();
        let align = most(|layout| layout.1).max(1);
        self.payload_at = tag.next_multiple_of(align);
        self.align = align.max(tag);
        self.size = (self.payload_at + most(|layout| layout.0)).next_multiple_of(self.align);
        self.flat = 1 + payloads.iter().map(|layout| layout.2).max().unwrap_or_default();
    }
}

/// Size, alignment, flat values.
type Layout = (u32, u32, usize);

fn fields_of(rt: &Rt, fields: &[FieldDesc]) -> Result<(Vec<Field>, Layout), Raised> {
    let (mut size, mut align, mut flat) = (0u32, 1, 0);
    let mut laid_out = Vec::new();
    for field in fields {
        let shape = Shape::of(rt, field.ty)?;
        let offset = size.next_multiple_of(shape.align);
        size = offset + shape.size;
        align = align.max(shape.align);
        flat += shape.flat;
        laid_out.push(Field { shape, offset, leaves: field.leaves.clone() });
    }
    Ok((laid_out, (size.next_multiple_of(align), align, flat)))
}
