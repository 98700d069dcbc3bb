//! A program's type descriptors, with what freeing, copying and comparing need looked up once.

use crate::Raised;
use abi::types::{CheckedTypes, Leaf};
use abi::{Repr, TypeDesc, TypeId, TypeKind, object};

/// A leaf that holds a count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted {
    pub offset: u32,
    pub is_any: bool,
}

/// What the object of a type looks like.
#[derive(Clone, Debug)]
pub(crate) enum Layout {
    /// There is no object of this type.
    None,
    Text,
    Array(ArrayLayout),
    Dict(DictLayout),
    /// A header and leaves; `counted` counts from the start of the object.
    Plain {
        size: u32,
        data: u32,
        counted: Box<[Counted]>,
    },
}

impl Layout {
    /// True for objects that own no count and no other block.
    #[inline]
    pub fn is_childless(&self) -> bool {
        match self {
            Layout::Text => true,
            Layout::Array(layout) => layout.counted.is_empty(),
            Layout::Plain { counted, .. } => counted.is_empty(),
            Layout::None | Layout::Dict(_) => false,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct ArrayLayout {
    pub elem: TypeId,
    pub stride: u32,
    pub counted: Box<[Counted]>,
}

#[derive(Clone, Debug)]
pub(crate) struct DictLayout {
    pub key: TypeId,
    pub value: TypeId,
    pub key_size: u32,
    pub value_size: u32,
    /// Offset of the value in an entry; the key stands at 0.
    pub value_at: u32,
    pub stride: u32,
    /// Counted leaves of key and value, from the start of the entry.
    pub counted: Box<[Counted]>,
}

#[derive(Clone, Debug)]
pub(crate) struct TypeInfo {
    pub desc: TypeDesc,
    /// Leaves of a value as it stands in memory.
    pub leaves: Box<[Leaf]>,
    pub value_size: u32,
    pub value_counted: Box<[Counted]>,
    pub layout: Layout,
}

/// Ids from here on belong to boxes that the runtime made for types which the program has no box for.
const OWN_BOXES: u32 = 0x0080_0000;

/// The table.
#[derive(Debug, Default)]
pub(crate) struct Types {
    program: Vec<TypeInfo>,
    boxes: Vec<TypeInfo>,
    /// The type of its boxes by type, in order: lists are small, and the code for them is.
    box_of: Vec<(TypeId, TypeId)>,
}

impl Types {
    #[inline]
    pub fn get(&self, id: TypeId) -> Result<&TypeInfo, Raised> {
        if let Some(info) = self.program.get(id.0 as usize) {
            return Ok(info);
        }
        self.boxes.get(id.0.wrapping_sub(OWN_BOXES) as usize).ok_or(Raised::Internal)
    }

    #[inline]
    pub fn of_word(&self, type_word: u32) -> Result<&TypeInfo, Raised> {
        self.get(TypeId(type_word & object::TYPE_MASK))
    }

    pub fn len(&self) -> u32 {
        self.program.len() as u32
    }

    /// The table of a program.
    pub fn new(descs: CheckedTypes) -> Result<Types, String> {
        let mut types = Types::default();
        types.append(descs.into_inner())?;
        Ok(types)
    }

    /// Appends descriptors, which may refer to each other and to earlier ones.
    pub fn add(&mut self, descs: Vec<TypeDesc>) -> Result<(), String> {
        let all: Vec<&TypeDesc> = self.program.iter().map(|info| &info.desc).chain(&descs).collect();
        if let Some(wrong) = abi::types::wrong_types(&all).first() {
            return Err(wrong.to_string());
        }
        self.append(descs)
    }

    fn append(&mut self, descs: Vec<TypeDesc>) -> Result<(), String> {
        let first = self.program.len();
        if first + descs.len() > OWN_BOXES as usize {
            return Err("too many types".to_string());
        }
        let all: Vec<&TypeDesc> = self.program.iter().map(|info| &info.desc).chain(&descs).collect();
        let added: Vec<TypeInfo> = descs.iter().map(|desc| info(desc.clone(), &all)).collect();
        for (position, desc) in descs.iter().enumerate() {
            if let TypeKind::Box { inner } = desc.kind {
                self.set_box(inner, TypeId((first + position) as u32));
            }
        }
        self.program.extend(added);
        Ok(())
    }

    fn place_of_box(&self, inner: TypeId) -> Result<usize, usize> {
        self.box_of.binary_search_by_key(&inner, |&(inner, _)| inner)
    }

    /// The first one stays.
    fn set_box(&mut self, inner: TypeId, boxed: TypeId) {
        if let Err(place) = self.place_of_box(inner) {
            self.box_of.insert(place, (inner, boxed));
        }
    }

    /// The type of boxes that hold a flat value of a type.
    pub fn box_for(&mut self, inner: TypeId) -> Result<TypeId, Raised> {
        if let Ok(place) = self.place_of_box(inner) {
            return Ok(self.box_of[place].1);
        }
        let of = self.get(inner)?;
        let desc = TypeDesc {
            kind: TypeKind::Box { inner },
            boxed: false,
            leaves: of.leaves.to_vec(),
            size: of.value_size,
            may_cycle: of.desc.may_cycle,
        };
        let id = TypeId(OWN_BOXES + self.boxes.len() as u32);
        if id.0 > object::TYPE_MASK {
            return Err(Raised::Internal);
        }
        self.boxes.push(info(desc, &[]));
        self.set_box(inner, id);
        Ok(id)
    }

    /// How messages call a type.
    pub fn name(&self, id: TypeId) -> String {
        self.name_nested(id, 8)
    }

    fn name_nested(&self, id: TypeId, depth: u32) -> String {
        let Ok(info) = self.get(id) else { return "?".to_string() };
        if depth == 0 {
            return "...".to_string();
        }
        let name = |id: &TypeId| self.name_nested(*id, depth - 1);
        let width = |repr: Option<&Leaf>| repr.map_or(64, |leaf| leaf.repr.size() * 8);
        match &info.desc.kind {
            TypeKind::Unit => "()".to_string(),
            TypeKind::Bool => "bool".to_string(),
            TypeKind::Int { signed: true } => format!("i{}", width(info.leaves.first())),
            TypeKind::Int { signed: false } => format!("u{}", width(info.leaves.first())),
            TypeKind::Float => format!("f{}", width(info.leaves.first())),
            TypeKind::Text => "text".to_string(),
            TypeKind::Any => "any".to_string(),
            TypeKind::Range => "range".to_string(),
            TypeKind::Array { elem } => format!("[{}]", name(elem)),
            TypeKind::Dict { key, value } => format!("{{{}: {}}}", name(key), name(value)),
            TypeKind::Tuple(fields) => {
                let parts: Vec<String> = fields.iter().map(|field| name(&field.ty)).collect();
                format!("({})", parts.join(", "))
            }
            TypeKind::Struct { name, .. } | TypeKind::Class { name, .. } | TypeKind::Enum { name, .. } => {
                name.clone()
            }
            TypeKind::Option { inner, .. } => format!("{}?", name(inner)),
            TypeKind::Fn | TypeKind::Closure { .. } => "fn".to_string(),
            TypeKind::Dyn => "dyn".to_string(),
            TypeKind::Box { inner } => name(inner),
        }
    }
}

fn counted(leaves: &[Leaf], base: u32) -> Box<[Counted]> {
    leaves
        .iter()
        .filter(|leaf| leaf.repr.is_counted())
        .map(|leaf| Counted { offset: base + leaf.offset, is_any: leaf.repr == Repr::Any })
        .collect()
}

fn alignment(desc: &TypeDesc) -> u32 {
    desc.value_leaves().iter().map(|leaf| leaf.repr.size()).max().unwrap_or(1)
}

/// `all` is the table that ids in `desc` index; a box needs none.
fn info(desc: TypeDesc, all: &[&TypeDesc]) -> TypeInfo {
    let plain =
        |data: u32| Layout::Plain { size: data + desc.size, data, counted: counted(&desc.leaves, data) };
    let layout = match &desc.kind {
        TypeKind::Text => Layout::Text,
        TypeKind::Array { elem } => {
            let of = all[elem.0 as usize];
            Layout::Array(ArrayLayout {
                elem: *elem,
                stride: of.value_size(),
                counted: counted(of.value_leaves(), 0),
            })
        }
        TypeKind::Dict { key, value } => {
            let (key_desc, value_desc) = (all[key.0 as usize], all[value.0 as usize]);
            let value_at = key_desc.value_size().next_multiple_of(alignment(value_desc));
            let align = alignment(key_desc).max(alignment(value_desc));
            let mut both = counted(key_desc.value_leaves(), 0).into_vec();
            both.extend(counted(value_desc.value_leaves(), value_at));
            Layout::Dict(DictLayout {
                key: *key,
                value: *value,
                key_size: key_desc.value_size(),
                value_size: value_desc.value_size(),
                value_at,
                stride: (value_at + value_desc.value_size()).next_multiple_of(align),
                counted: both.into(),
            })
        }
        TypeKind::Class { .. } | TypeKind::Box { .. } => plain(object::PAYLOAD),
        TypeKind::Closure { .. } => plain(object::CLOSURE_DATA),
        TypeKind::Unit
        | TypeKind::Bool
        | TypeKind::Int { .. }
        | TypeKind::Float
        | TypeKind::Any
        | TypeKind::Range
        | TypeKind::Tuple(_)
        | TypeKind::Struct { .. }
        | TypeKind::Enum { .. }
        | TypeKind::Option { .. }
        | TypeKind::Fn
        | TypeKind::Dyn => {
            if desc.boxed {
                plain(object::PAYLOAD)
            } else {
                Layout::None
            }
        }
    };
    TypeInfo {
        leaves: desc.value_leaves().into(),
        value_size: desc.value_size(),
        value_counted: counted(desc.value_leaves(), 0),
        layout,
        desc,
    }
}
