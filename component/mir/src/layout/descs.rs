//! Type descriptors for the runtime, made as types are used. A descriptor gets its id before its parts are looked at, so recursive types need
//! no special care, and parts wait in a list, so long chains of types need no stack.

use super::{Layouts, LeafInfo, Part, Parts, Payload, Result, TypeCx};
use abi::types::{FieldDesc, Leaf, VariantDesc, lay_out, well_known};
use abi::{Repr, TypeDesc, TypeId, TypeKind};
use base::{Interner, Symbol};
use sema::hir::AdtKind;
use sema::ty::{Ty, TyId, Types};
use std::collections::BTreeMap;

/// The table of descriptors under construction.
pub(super) struct Descs {
    list: Vec<TypeDesc>,
    of_type: BTreeMap<TyId, TypeId>,
    of_box: BTreeMap<TyId, TypeId>,
    waiting: Vec<(TypeId, TyId)>,
}

/// An object that is not a value of some type.
#[derive(Clone, Copy)]
pub enum Object<'a> {
    /// A closure of a function of this name; empty for a lambda.
    Closure(&'a str),
    /// The module-level variables.
    Globals,
    /// The parameters and the result of a function of the host with this name.
    Host(&'a str),
}

impl Default for Descs {
    fn default() -> Self {
        Descs {
            list: abi::types::well_known(),
            of_type: BTreeMap::new(),
            of_box: BTreeMap::new(),
            waiting: Vec::new(),
        }
    }
}

impl Descs {
    pub fn take(&mut self) -> Vec<TypeDesc> {
        std::mem::take(&mut self.list)
    }

    fn push(&mut self, desc: TypeDesc) -> TypeId {
        let id = TypeId(self.list.len() as u32);
        self.list.push(desc);
        id
    }

    /// The id of a type; its descriptor waits to be filled in.
    fn reserve(&mut self, types: &Types, ty: TyId) -> TypeId {
        if let Some(&id) = self.of_type.get(&ty) {
            return id;
        }
        let id = well_known_id(types, ty).unwrap_or_else(|| {
            let id = self.push(scalar(TypeKind::Unit, &[]));
            self.waiting.push((id, ty));
            id
        });
        self.of_type.insert(ty, id);
        id
    }
}

pub(super) fn of_type(layouts: &mut Layouts, cx: &mut TypeCx<'_>, ty: TyId) -> Result<TypeId> {
    let id = layouts.descs.reserve(&cx.program.types, ty);
    fill(layouts, cx)?;
    Ok(id)
}

pub(super) fn of_box(layouts: &mut Layouts, cx: &mut TypeCx<'_>, ty: TyId) -> Result<TypeId> {
    if let Some(&id) = layouts.descs.of_box.get(&ty) {
        return Ok(id);
    }
    let inner = of_type(layouts, cx, ty)?;
    let id = match inner {
        well_known::I64 => well_known::BOX_I64,
        well_known::U64 => well_known::BOX_U64,
        well_known::F64 => well_known::BOX_F64,
        _ => {
            let layout = layouts.layout(cx, ty)?;
            let may_cycle = layout.leaves.iter().any(|leaf| leaf.may_cycle);
            let leaves = leaves(&layout.leaves);
            let kind = TypeKind::Box { inner };
            layouts.descs.push(TypeDesc { kind, boxed: false, leaves, size: layout.size, may_cycle })
        }
    };
    layouts.descs.of_box.insert(ty, id);
    Ok(id)
}

pub(super) fn of_object(
    layouts: &mut Layouts,
    cx: &mut TypeCx<'_>,
    object: Object<'_>,
    fields: &[(Option<Symbol>, TyId)],
) -> Result<(TypeId, Payload)> {
    let payload = layouts.fields_payload(cx, fields)?;
    if payload.size + abi::object::CLOSURE_DATA >= abi::context::MAX_DISPLACEMENT {
        return Err(super::LayoutError::TooLarge(Types::unit()));
    }
    let Parts::Fields(parts) = &payload.parts else { unreachable!("fields were asked for") };
    let fields = field_descs(layouts, cx, parts);
    let kind = match object {
        Object::Closure(name) => TypeKind::Closure { name: name.to_owned(), captures: fields },
        Object::Globals => TypeKind::Class { name: "<module>".to_owned(), fields },
        Object::Host(name) => TypeKind::Class { name: name.to_owned(), fields },
    };
    let may_cycle = payload.leaves.iter().any(|leaf| leaf.may_cycle);
    let leaves = leaves(&payload.leaves);
    let id = layouts.descs.push(TypeDesc { kind, boxed: false, leaves, size: payload.size, may_cycle });
    fill(layouts, cx)?;
    Ok((id, payload))
}

/// Fills in all descriptors that wait.
fn fill(layouts: &mut Layouts, cx: &mut TypeCx<'_>) -> Result<()> {
    while let Some((id, ty)) = layouts.descs.waiting.pop() {
        let desc = make(layouts, cx, ty)?;
        layouts.descs.list[id.0 as usize] = desc;
    }
    Ok(())
}

fn make(layouts: &mut Layouts, cx: &mut TypeCx<'_>, ty: TyId) -> Result<TypeDesc> {
    let layout = layouts.layout(cx, ty)?;
    let may_cycle = layouts.may_cycle(cx, ty)?;
    let of_value = |kind: TypeKind| TypeDesc {
        kind,
        boxed: false,
        leaves: leaves(&layout.leaves),
        size: layout.size,
        may_cycle,
    };
    Ok(match cx.program.types.get(ty).clone() {
        Ty::Error | Ty::Number(_) | Ty::Param(_) => return Err(super::LayoutError::NotConcrete(ty)),
        Ty::Never | Ty::Unit => of_value(TypeKind::Unit),
        Ty::Bool => of_value(TypeKind::Bool),
        Ty::Int(int) => of_value(TypeKind::Int { signed: int.signed }),
        Ty::Float { .. } => of_value(TypeKind::Float),
        Ty::Text => of_value(TypeKind::Text),
        Ty::Any => of_value(TypeKind::Any),
        Ty::Range => of_value(TypeKind::Range),
        Ty::Fn(..) => of_value(TypeKind::Fn),
        Ty::Dyn(..) => of_value(TypeKind::Dyn),
        Ty::Array(elem) => {
            let elem = layouts.descs.reserve(&cx.program.types, elem);
            of_value(TypeKind::Array { elem })
        }
        Ty::Dict(key, value) => {
            let key = layouts.descs.reserve(&cx.program.types, key);
            let value = layouts.descs.reserve(&cx.program.types, value);
            of_value(TypeKind::Dict { key, value })
        }
        Ty::Tuple(_) | Ty::Option(_) | Ty::Adt(..) => {
            let payload = layouts.payload(cx, ty)?;
            let kind = kind(layouts, cx, ty, &payload);
            let leaves = leaves(&payload.leaves);
            TypeDesc { kind, boxed: layout.boxed, leaves, size: payload.size, may_cycle }
        }
    })
}

fn kind(layouts: &mut Layouts, cx: &mut TypeCx<'_>, ty: TyId, payload: &Payload) -> TypeKind {
    match &payload.parts {
        Parts::Fields(parts) => {
            let fields = field_descs(layouts, cx, parts);
            let Ty::Adt(id, _) = *cx.program.types.get(ty) else { return TypeKind::Tuple(fields) };
            let adt = &cx.program.adts[id];
            if let ([items], true) = (&parts[..], cx.program.set_type(cx.names) == Some(id))
                && let Ty::Dict(key, value) = *cx.program.types.get(items.ty)
            {
                // It is shown as what it is made of.
                let key = layouts.descs.reserve(&cx.program.types, key);
                let value = layouts.descs.reserve(&cx.program.types, value);
                return TypeKind::Dict { key, value };
            }
            let name = cx.names.name(adt.name).to_owned();
            match adt.kind {
                AdtKind::Class(_) => TypeKind::Class { name, fields },
                AdtKind::Struct(_) | AdtKind::Enum(_) => TypeKind::Struct { name, fields },
            }
        }
        Parts::Variants { variants, .. } => {
            let fields: Vec<_> = variants.iter().map(|parts| field_descs(layouts, cx, parts)).collect();
            let Ty::Adt(id, _) = *cx.program.types.get(ty) else { unreachable!("only enums have variants") };
            let adt = &cx.program.adts[id];
            let AdtKind::Enum(variants) = &adt.kind else { unreachable!("only enums have variants") };
            let variants = variants.iter().zip(fields).map(|(variant, fields)| VariantDesc {
                name: cx.names.name(variant.name).to_owned(),
                fields,
            });
            TypeKind::Enum { name: cx.names.name(adt.name).to_owned(), variants: variants.collect() }
        }
        Parts::Option { niche, value } => {
            let inner = layouts.descs.reserve(&cx.program.types, value.ty);
            TypeKind::Option { inner, niche: *niche }
        }
    }
}

fn field_descs(layouts: &mut Layouts, cx: &mut TypeCx<'_>, parts: &[Part]) -> Vec<FieldDesc> {
    let desc = |part: &Part| FieldDesc {
        name: field_name(cx.names, part.name),
        ty: layouts.descs.reserve(&cx.program.types, part.ty),
        leaves: part.leaves.clone(),
    };
    parts.iter().map(desc).collect()
}

fn field_name(names: &Interner, name: Option<Symbol>) -> String {
    name.map_or_else(String::new, |name| names.name(name).to_owned())
}

fn leaves(infos: &[LeafInfo]) -> Vec<Leaf> {
    infos.iter().map(|info| Leaf { offset: info.offset, repr: info.repr }).collect()
}

fn scalar(kind: TypeKind, reprs: &[Repr]) -> TypeDesc {
    let (leaves, size) = lay_out(reprs.iter().copied());
    TypeDesc { kind, boxed: false, leaves, size, may_cycle: false }
}

fn well_known_id(types: &Types, ty: TyId) -> Option<TypeId> {
    let is_any = |ty: TyId| matches!(types.get(ty), Ty::Any);
    Some(match types.get(ty) {
        Ty::Unit | Ty::Never => well_known::UNIT,
        Ty::Bool => well_known::BOOL,
        Ty::Int(int) => match (int.bits, int.signed) {
            (8, true) => well_known::I8,
            (16, true) => well_known::I16,
            (32, true) => well_known::I32,
            (8, false) => well_known::U8,
            (16, false) => well_known::U16,
            (32, false) => well_known::U32,
            (_, true) => well_known::I64,
            (_, false) => well_known::U64,
        },
        Ty::Float { bits: 32 } => well_known::F32,
        Ty::Float { .. } => well_known::F64,
        Ty::Text => well_known::TEXT,
        Ty::Any => well_known::ANY,
        Ty::Range => well_known::RANGE,
        Ty::Array(elem) => match types.get(*elem) {
            Ty::Text => well_known::ARRAY_TEXT,
            Ty::Int(int) if int.bits == 64 && int.signed => well_known::ARRAY_I64,
            Ty::Any => well_known::ARRAY_ANY,
            _ => return None,
        },
        Ty::Dict(key, value) if is_any(*key) && is_any(*value) => well_known::DICT_ANY,
        Ty::Tuple(items) if items.len() == 2 && items.iter().all(|&item| is_any(item)) => {
            well_known::PAIR_ANY
        }
        Ty::Error
        | Ty::Number(_)
        | Ty::Param(_)
        | Ty::Dict(..)
        | Ty::Tuple(_)
        | Ty::Option(_)
        | Ty::Fn(..)
        | Ty::Adt(..)
        | Ty::Dyn(..) => return None,
    })
}
