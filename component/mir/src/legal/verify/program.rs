//! The tables of a program.

use super::Errors;
use crate::legal::{Program, Sig, Slot, SymbolKind};
use abi::context::{ARGS_LEN, FN_TABLE_LEN, RESULTS_LEN};
use abi::{Repr, TypeId, TypeKind};

pub(super) fn check(program: &Program, errors: &mut Errors) {
    for wrong in abi::types::wrong_types(&program.types) {
        errors.check(false, || format!("ty{}: {}", wrong.ty.0, wrong.what));
    }
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
            Slot::Symbol(index) => errors.check((*index as usize) < program.symbols.len(), || {
                format!("{id}: there is no symbol{index}")
            }),
            Slot::Host(_, frame) => {
                let desc = program.types.get(frame.0 as usize);
                let is_frame = desc.is_some_and(
                    |desc| matches!(&desc.kind, TypeKind::Class { fields, .. } if !fields.is_empty()),
                );
                errors.check(is_frame, || format!("{id}: ty{} is no class with a result", frame.0));
            }
            Slot::Globals => {
                errors.check(program.globals.is_some(), || format!("{id}: there are no globals"))
            }
        }
    }
    errors.check(program.table.len() <= FN_TABLE_LEN, || "the function table is too long".to_owned());
    for func in &program.table {
        errors.check(program.funcs.get(*func).is_some(), || format!("table: there is no {func}"));
    }
    check_symbols(program, errors);
    if let Some(globals) = program.globals {
        let desc = program.types.get(globals.0 as usize);
        errors.check(desc.is_some_and(|desc| matches!(desc.kind, TypeKind::Class { .. })), || {
            format!("globals: ty{} is no class", globals.0)
        });
    }
    for export in &program.exports {
        let types = &program.types;
        let leaves = |ty: TypeId| {
            let leaves = types.get(ty.0 as usize)?.value_leaves();
            Some(leaves.iter().map(|leaf| leaf.repr).collect::<Vec<Repr>>())
        };
        let params: Option<Vec<_>> = export.signature.params.iter().map(|&(_, ty)| leaves(ty)).collect();
        let fits = program.funcs.get(export.func).is_some_and(|func| {
            Some(&func.sig.params) == params.map(|params| params.concat()).as_ref()
                && Some(&func.sig.results) == leaves(export.signature.result).as_ref()
        });
        errors.check(fits, || format!("export {}: the function is of other types", export.signature.name));
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

fn check_symbols(program: &Program, errors: &mut Errors) {
    let is_class = |ty: TypeId| {
        program.types.get(ty.0 as usize).is_some_and(|desc| matches!(desc.kind, TypeKind::Class { .. }))
    };
    for (index, symbol) in program.symbols.iter().enumerate() {
        let fits = match &symbol.kind {
            SymbolKind::Code(funcs) => {
                !funcs.is_empty() && funcs.iter().all(|&func| program.funcs.get(func).is_some())
            }
            SymbolKind::Import(len) => *len > 0,
            SymbolKind::Variable { ty, initialiser } => {
                let by = initialiser.map(|by| program.symbols.get(by as usize).map(|symbol| &symbol.kind));
                is_class(*ty) && !matches!(by, Some(None | Some(SymbolKind::Variable { .. })))
            }
        };
        errors.check(fits, || format!("symbol{index}: it stands for nothing"));
    }
}

pub(super) fn check_sig(sig: &Sig, errors: &mut Errors) {
    errors.check(sig.params.len() <= ARGS_LEN, || format!("more than {ARGS_LEN} parameters"));
    errors.check(sig.results.len() <= RESULTS_LEN, || format!("more than {RESULTS_LEN} results"));
}

fn has_type(program: &Program, ty: TypeId) -> bool {
    (ty.0 as usize) < program.types.len()
}
