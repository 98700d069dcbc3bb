//! What the functions of a program share: slots, signatures, source places, the function table.

use super::{Key, R, Session, Variables};
use crate::layout::{Object, Payload, TypeCx};
use crate::legal::{FuncId, Loc, LocId, Sig, SigId, Slot, SlotId};
use abi::{TypeId, context};
use base::{Code, EntityId, FileId, Span, Symbol};
use sema::hir::{FnId, GlobalId, TraitRef};
use sema::ty::TyId;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Numbers given out so far.
#[derive(Default)]
pub(super) struct Tables {
    slots: BTreeMap<Slot, SlotId>,
    sigs: BTreeMap<(Vec<abi::Repr>, Vec<abi::Repr>), SigId>,
    locs: BTreeMap<(FileId, u32, Option<FnId>), LocId>,
    files: BTreeMap<FileId, u32>,
    entries: BTreeMap<FuncId, u32>,
    vtables: BTreeMap<(TyId, TraitKey), u32>,
    closures: BTreeMap<(FnId, Vec<TyId>), (TypeId, Rc<Payload>)>,
}

type TraitKey = (usize, Vec<TyId>);

/// A vtable: a run of the function table.
#[derive(Clone, Debug)]
pub(crate) struct Vtable {
    /// Its entries in order.
    pub methods: Vec<Key>,
}

impl Session<'_> {
    /// The number of a slot.
    pub fn slot(&mut self, slot: Slot) -> SlotId {
        if let Some(&id) = self.tables.slots.get(&slot) {
            return id;
        }
        let id = self.out.slots.push(slot.clone());
        self.tables.slots.insert(slot, id);
        id
    }

    /// The number of a signature.
    pub fn sig(&mut self, sig: Sig) -> SigId {
        let key = (sig.params.clone(), sig.results.clone());
        if let Some(&id) = self.tables.sigs.get(&key) {
            return id;
        }
        let id = self.out.sigs.push(sig);
        self.tables.sigs.insert(key, id);
        id
    }

    /// The place of a span in a function.
    pub fn loc(&mut self, span: Span, within: Option<FnId>) -> LocId {
        let key = (span.file, span.start, within);
        if let Some(&id) = self.tables.locs.get(&key) {
            return id;
        }
        let (function, is_std) = match within {
            Some(id) => (self.hir.fns[id].path.clone(), self.hir.fns[id].is_std),
            None => ("<program>".to_owned(), true),
        };
        let known = span.file.index() < self.cx.sources.files().count();
        let file = self.file(span.file, known);
        let (line, column) = if known {
            let place = self.cx.sources.line_col(span);
            (place.line, place.column)
        } else {
            (1, 1)
        };
        let id = self.out.locs.push(Loc { file, line, column, function, inlined_at: None, is_std });
        self.tables.locs.insert(key, id);
        id
    }

    fn file(&mut self, id: FileId, known: bool) -> u32 {
        if let Some(&number) = self.tables.files.get(&id) {
            return number;
        }
        let path = if known { self.cx.sources.file(id).path.clone() } else { String::new() };
        let number = self.out.files.len() as u32;
        self.out.files.push(path);
        self.tables.files.insert(id, number);
        number
    }

    pub(super) fn key_loc(&mut self, key: &Key) -> LocId {
        match key {
            Key::Body(id, _) | Key::Closure { id, .. } | Key::FnValue { id, .. } | Key::Method { id, .. } => {
                let span = self.hir.fns[*id].span;
                self.loc(span, Some(*id))
            }
            Key::Entry => {
                let span = self.program_span();
                self.loc(span, None)
            }
        }
    }

    /// The entry of a function in the function table.
    pub fn table_entry(&mut self, func: FuncId) -> u32 {
        if let Some(&entry) = self.tables.entries.get(&func) {
            return entry;
        }
        let entry = self.out.table.len() as u32;
        self.out.table.push(func);
        self.tables.entries.insert(func, entry);
        entry
    }

    /// The first function-table entry of the vtable of a type for a trait.
    pub fn vtable(&mut self, self_ty: TyId, trait_: &TraitRef, span: Span) -> R<u32> {
        let key = (self_ty, (trait_.id.index(), trait_.args.clone()));
        if let Some(&start) = self.tables.vtables.get(&key) {
            return Ok(start);
        }
        let mut funcs = Vec::new();
        for method in crate::lower::vtable_methods(self, self_ty, trait_, span)?.methods {
            funcs.push(self.instance(method, span)?);
        }
        let start = self.out.table.len() as u32;
        self.out.table.extend(funcs);
        self.tables.vtables.insert(key, start);
        Ok(start)
    }

    /// The object behind a closure of a function with captures of these types.
    pub fn closure_object(
        &mut self,
        id: FnId,
        args: &[TyId],
        captures: &[(Option<Symbol>, TyId)],
        span: Span,
    ) -> R<(TypeId, Rc<Payload>)> {
        let key = (id, args.to_vec());
        if let Some((ty, payload)) = self.tables.closures.get(&key) {
            return Ok((*ty, payload.clone()));
        }
        let path = &self.hir.fns[id].path;
        let name =
            if path.starts_with('<') || path.ends_with("<lambda>") { String::new() } else { path.clone() };
        let mut cx = TypeCx { program: self.hir, names: &self.cx.names };
        let result = self.layouts.object_desc(&mut cx, Object::Closure(&name), captures);
        let (ty, payload) = self.laid_out(result, span)?;
        let payload = Rc::new(payload);
        self.tables.closures.insert(key, (ty, payload.clone()));
        Ok((ty, payload))
    }

    /// The object with the parameters and the result of a function of the host.
    pub fn host_frame(&mut self, name: &str, fields: &[TyId], span: Span) -> R<(TypeId, Payload)> {
        let fields: Vec<_> = fields.iter().map(|&ty| (None, ty)).collect();
        let mut cx = TypeCx { program: self.hir, names: &self.cx.names };
        let result = self.layouts.object_desc(&mut cx, Object::Host(name), &fields);
        self.laid_out(result, span)
    }

    pub(super) fn make_globals(&mut self, span: Span) -> R<()> {
        if self.hir.globals.is_empty() {
            return Ok(());
        }
        if self.symbols.is_some() {
            return self.make_variables(span);
        }
        let fields: Vec<_> = self.hir.globals.values().map(|global| (Some(global.name), global.ty)).collect();
        let mut cx = TypeCx { program: self.hir, names: &self.cx.names };
        let result = self.layouts.object_desc(&mut cx, Object::Globals, &fields);
        let (ty, mut payload) = self.laid_out(result, span)?;
        unset(&mut payload);
        self.out.globals = Some(ty);
        self.globals = Variables::Together(Rc::new(payload));
        Ok(())
    }

    /// Each variable in an object of its own.
    fn make_variables(&mut self, span: Span) -> R<()> {
        self.globals = Variables::Apart(BTreeMap::new());
        self.hir
            .globals
            .ids()
            .collect::<Vec<_>>()
            .into_iter()
            .try_for_each(|id| self.make_variable(id, span).map(drop))
    }

    /// A variable in an object of its own; the number of its symbol.
    pub(super) fn make_variable(&mut self, id: GlobalId, span: Span) -> R<u32> {
        let fields = [(Some(self.hir.globals[id].name), self.hir.globals[id].ty)];
        let mut cx = TypeCx { program: self.hir, names: &self.cx.names };
        let result = self.layouts.object_desc(&mut cx, Object::Globals, &fields);
        let (ty, mut payload) = self.laid_out(result, span)?;
        unset(&mut payload);
        let symbol = self.variable_symbol(id, ty);
        let number = self.out.symbols.len() as u32;
        self.out.symbols.push(symbol);
        if let Variables::Apart(known) = &mut self.globals {
            known.insert(id, (number, Rc::new(payload)));
        }
        Ok(number)
    }

    pub(super) fn check_size(&mut self) -> R<()> {
        let span = self.program_span();
        if self.out.table.len() > context::FN_TABLE_LEN {
            return Err(self.error(
                Code::ProgramTooLarge,
                span,
                "the program has too many closures and trait objects",
            ));
        }
        Ok(())
    }
}

/// Nothing is in a variable until the module body has set it.
fn unset(payload: &mut Payload) {
    for leaf in &mut payload.leaves {
        leaf.nullable = true;
    }
}
