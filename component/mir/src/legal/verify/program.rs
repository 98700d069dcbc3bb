//! The tables of a program.

use super::Errors;
use crate::legal::{Program, Sig, Slot};
use abi::context::{ARGS_LEN, FN_TABLE_LEN, RESULTS_LEN};
use abi::types::{FieldDesc, well_known};
use abi::{Repr, TypeDesc, TypeId, TypeKind};

pub(super) fn check(program: &Program, errors: &mut Errors) {
    types(program, errors);
    for (id, sig) in program.sigs.iter() {
        let before = errors.errors.len();
        check_sig(sig, errors);
        for error in &mut errors.errors[before..] {
            error.message = format!("{id}: {}", error.message);
        }
    }
    for (id, slot) in program.slots.iter() {
        match slot {
            Slot::Text(_) => {}
            Slot::Type(ty) => {
                errors.check(has_type(program, *ty), || format!("{id}: there is no ty{}", ty.0))
            }
            Slot::Table(index) => errors.check((*index as usize) < program.table.len(), || {
                format!("{id}: the table has no entry {index}")
            }),
            Slot::Globals => {
                errors.check(program.globals.is_some(), || format!("{id}: there are no globals"))
            }
        }
    }
    errors.check(program.table.len() <= FN_TABLE_LEN, || "the function table is too long".to_owned());
    for func in &program.table {
        errors.check(program.funcs.get(*func).is_some(), || format!("table: there is no {func}"));
    }
    if let Some(globals) = program.globals {
        let desc = program.types.get(globals.0 as usize);
        errors.check(desc.is_some_and(|desc| matches!(desc.kind, TypeKind::Class { .. })), || {
            format!("globals: ty{} is no class", globals.0)
        });
    }
    if let Some(entry) = program.entry {
        let fits = program
            .funcs
            .get(entry)
            .is_some_and(|func| func.sig.params.is_empty() && func.sig.results == [Repr::I64]);
        errors.check(fits, || format!("entry: {entry} is no function () -> (i64)"));
    }
    for (id, loc) in program.locs.iter() {
        errors.check((loc.file as usize) < program.files.len(), || {
            format!("{id}: there is no file {}", loc.file)
        });
        // Which also means that chains of inlined calls end.
        errors.check(loc.inlined_at.is_none_or(|at| at < id), || {
            format!("{id}: inlined at a place that does not come before")
        });
    }
}

pub(super) fn check_sig(sig: &Sig, errors: &mut Errors) {
    errors.check(sig.params.len() <= ARGS_LEN, || format!("more than {ARGS_LEN} parameters"));
    errors.check(sig.results.len() <= RESULTS_LEN, || format!("more than {RESULTS_LEN} results"));
}

fn has_type(program: &Program, ty: TypeId) -> bool {
    (ty.0 as usize) < program.types.len()
}

fn types(program: &Program, errors: &mut Errors) {
    let first = abi::types::well_known();
    let own = well_known::FIRST_OWN as usize;
    errors.check(program.types.get(..own) == Some(&first), || {
        "the first types are not the well-known ones".to_owned()
    });
    for (index, desc) in program.types.iter().enumerate().skip(own) {
        for used in types_in(desc) {
            errors.check(has_type(program, used), || format!("ty{index}: there is no ty{}", used.0));
        }
        leaves(index, desc, errors);
    }
}

fn leaves(index: usize, desc: &TypeDesc, errors: &mut Errors) {
    let mut end = 0;
    for leaf in &desc.leaves {
        errors.check(leaf.offset % leaf.repr.size() == 0, || {
            format!("ty{index}: a leaf at {} is not aligned", leaf.offset)
        });
        errors.check(leaf.offset >= end, || format!("ty{index}: leaves overlap at {}", leaf.offset));
        end = leaf.offset.saturating_add(leaf.repr.size());
    }
    errors.check(end <= desc.size, || format!("ty{index}: leaves end behind the size {}", desc.size));
    for field in fields_of(desc) {
        let inside = field.leaves.iter().all(|leaf| (*leaf as usize) < desc.leaves.len());
        errors.check(inside, || format!("ty{index}: field {:?} has a leaf that is not there", field.name));
    }
}

fn fields_of(desc: &TypeDesc) -> Vec<&FieldDesc> {
    match &desc.kind {
        TypeKind::Tuple(fields)
        | TypeKind::Struct { fields, .. }
        | TypeKind::Class { fields, .. }
        | TypeKind::Closure { captures: fields, .. } => fields.iter().collect(),
        TypeKind::Enum { variants, .. } => variants.iter().flat_map(|variant| &variant.fields).collect(),
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

fn types_in(desc: &TypeDesc) -> Vec<TypeId> {
    match &desc.kind {
        TypeKind::Array { elem } => vec![*elem],
        TypeKind::Dict { key, value } => vec![*key, *value],
        TypeKind::Option { inner, .. } | TypeKind::Box { inner } => vec![*inner],
        TypeKind::Tuple(_)
        | TypeKind::Struct { .. }
        | TypeKind::Class { .. }
        | TypeKind::Closure { .. }
        | TypeKind::Enum { .. } => fields_of(desc).iter().map(|field| field.ty).collect(),
        TypeKind::Unit
        | TypeKind::Bool
        | TypeKind::Int { .. }
        | TypeKind::Float
        | TypeKind::Text
        | TypeKind::Any
        | TypeKind::Range
        | TypeKind::Fn
        | TypeKind::Dyn => Vec::new(),
    }
}
