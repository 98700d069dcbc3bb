//! A whole program cut into parts that can be replaced one by one.
//!
//! Functions of the program are called through the function table, at the index that the loader gives to their symbol; those of the standard library are
//! called directly, and may be inlined: they never change. What stood in the program's own table, closures and vtables, becomes symbols too, so that
//! values which were made by one version of the program run the code of the next. Functions that the running program has already are left out.
//!
//! Back edges call the runtime where they polled: while it works, parts of the program may be replaced and variables set, so it changes anything.
//!
//! Requires: a sound program as it comes from `instantiate_named`. Runs before `simplify`, which must not see across symbols.

mod content;
mod stub;

use crate::instantiate::{Name, Named};
use crate::legal::{
    Func, FuncId, Inst, Loc, LocId, Op, Program, Sig, SigId, Slot, SlotId, Symbol, SymbolKind, Value,
};
use crate::simplify::prune;
use abi::{Repr, RtFn};
use base::{EntityId, Map};
use sema::hir::FnId;
use sema::ty::TyId;
use std::collections::{BTreeMap, BTreeSet};

/// A symbol as the loader knows it: name, signature, content.
pub type Known = (String, u64, u64);

/// What the program that the parts go into has.
#[derive(Clone, Default, Debug)]
pub struct Linkage {
    /// Contents of its symbols, by name and signature: what is among them is imported.
    known: BTreeMap<(String, u64), u64>,
    /// It has an entry of its own that is still to run.
    pub entry: bool,
    /// Bodies of generic functions are made when they are called first.
    pub lazy: bool,
}

impl Linkage {
    /// That of a program which has these symbols.
    pub fn new(known: impl IntoIterator<Item = Known>, entry: bool, lazy: bool) -> Linkage {
        let mut linkage = Linkage { known: BTreeMap::new(), entry, lazy };
        known.into_iter().for_each(|symbol| linkage.add(symbol));
        linkage
    }

    /// Adds a symbol, or replaces its content.
    pub fn add(&mut self, (name, signature, content): Known) {
        self.known.insert((name, signature), content);
    }

    /// True where exactly this symbol is there.
    pub fn knows(&self, (name, signature, content): &Known) -> bool {
        self.known.get(&(name.clone(), *signature)) == Some(content)
    }

    /// True where a symbol of this name and signature is there, whatever it does.
    fn has(&self, name: &str, signature: u64) -> bool {
        self.known.contains_key(&(name.to_owned(), signature))
    }
}

/// An instance among the parts.
pub struct Root {
    /// Its symbol.
    pub symbol: u32,
    /// Its machine values.
    pub sig: Sig,
}

/// A program in parts.
pub struct Linked {
    /// The program, with its functions as symbols.
    pub program: Program,
    /// The instance that was asked for.
    pub root: Option<Root>,
    /// Symbols without a body yet, with template and type arguments.
    pub lazy: Vec<(u32, FnId, Vec<TyId>)>,
}

/// The program with its functions as symbols. Those that are known are imported.
pub fn link(named: Named, linkage: &Linkage) -> Linked {
    let Named { mut program, names, initialisers, root, lazy } = named;
    let is_instance = root.is_some();
    let runs = runs(&program);
    let contents = content::contents(&program, &names, &runs);
    let mut symbols =
        Symbols { linkage, symbols: std::mem::take(&mut program.symbols), by_key: BTreeMap::new() };
    let left_out: BTreeMap<FuncId, usize> =
        lazy.iter().enumerate().map(|(at, lazy)| (lazy.func, at)).collect();
    let mut waiting = Vec::new();
    let mut called: Map<FuncId, Option<u32>> = Map::new();
    for (id, func) in program.funcs.iter() {
        let is_symbol = !program.locs[func.loc].is_std || root == Some(id);
        let symbol = is_symbol.then(|| symbols.code(&[id], &names, &contents));
        called.push(symbol);
        if let (Some(symbol), Some(&at)) = (symbol, left_out.get(&id)) {
            // Whoever asks for one instance goes on with the program that it asked before; a new version of a program has new bodies.
            if is_instance && linkage.has(&names[id].name, names[id].signature) {
                symbols.symbols[symbol as usize].kind = SymbolKind::Import(1);
            }
            waiting.push((symbol, at));
        }
    }
    let mut new_slots: BTreeMap<Slot, SlotId> = BTreeMap::new();
    for (id, slot) in program.slots.iter_mut() {
        if let Slot::Table(start) = *slot {
            let symbol = symbols.code(&program.table[runs[&start].clone()], &names, &contents);
            symbols.symbols[symbol as usize].is_value = true;
            *slot = Slot::Symbol(symbol);
        }
        new_slots.insert(slot.clone(), id);
    }
    for (index, by) in initialisers.into_iter().enumerate() {
        let variable = &symbols.symbols[index];
        let is_there = linkage.has(&variable.name, variable.signature);
        if let Some(symbol) = by.filter(|_| !is_there).and_then(|by| called[by])
            && let SymbolKind::Variable { initialiser, .. } = &mut symbols.symbols[index].kind
        {
            *initialiser = Some(symbol);
        }
    }
    program.symbols = symbols.symbols;
    program.table.clear();
    if !linkage.entry {
        program.entry = None;
    }
    let root = root.and_then(|id| Some(Root { symbol: called[id]?, sig: program.funcs[id].sig.clone() }));
    let unmade = Loc {
        file: 0,
        line: 1,
        column: 1,
        function: "<instance>".to_owned(),
        inlined_at: None,
        is_std: true,
    };
    let unmade = program.locs.push(unmade);
    for lazy in &lazy {
        stub::fill(&mut program, lazy.func, unmade);
    }
    let mut rewrite =
        Rewrite { program: &mut program, called: &called, slots: new_slots, sigs: BTreeMap::new() };
    rewrite.all();
    prune::functions(&mut program);
    drop_slots(&mut program);
    let lazy =
        waiting.into_iter().map(|(symbol, at)| (symbol, lazy[at].function, lazy[at].args.clone())).collect();
    Linked { program, root, lazy }
}

/// Drops slots that nothing reads: what an artifact names keeps other artifacts alive.
fn drop_slots(program: &mut Program) {
    let mut new: Map<SlotId, Option<SlotId>> = program.slots.values().map(|_| None).collect();
    let mut kept: Map<SlotId, Slot> = Map::new();
    for (_, func) in program.funcs.iter_mut() {
        for (_, block) in func.blocks.iter_mut() {
            for inst in block.insts.iter_mut().filter(|inst| inst.op == Op::Slot) {
                let slot = SlotId::from_index(inst.imm as usize);
                let slots = &program.slots;
                let id = *new[slot].get_or_insert_with(|| kept.push(slots[slot].clone()));
                inst.imm = id.index() as i64;
            }
        }
    }
    program.slots = kept;
}

/// Runs of the function table, by their first entries.
type Runs = BTreeMap<u32, std::ops::Range<usize>>;

/// Each begins where a slot says so.
fn runs(program: &Program) -> Runs {
    let starts: BTreeSet<u32> = program
        .slots
        .values()
        .filter_map(|slot| match slot {
            Slot::Table(start) => Some(*start),
            Slot::Text(_) | Slot::Type(_) | Slot::Globals | Slot::Symbol(_) | Slot::Host(..) => None,
        })
        .collect();
    let ends = starts.iter().skip(1).copied().chain([program.table.len() as u32]);
    starts.iter().zip(ends).map(|(&start, end)| (start, start as usize..end as usize)).collect()
}

/// Symbols that were given out.
struct Symbols<'a> {
    linkage: &'a Linkage,
    symbols: Vec<Symbol>,
    by_key: BTreeMap<(String, u64), u32>,
}

impl Symbols<'_> {
    /// The symbol of a run of functions.
    fn code(&mut self, run: &[FuncId], names: &Map<FuncId, Name>, contents: &Map<FuncId, u64>) -> u32 {
        let (name, signature, content) = match run {
            [only] => (names[*only].name.clone(), names[*only].signature, contents[*only]),
            _ => {
                let all: Vec<&str> = run.iter().map(|&id| names[id].name.as_str()).collect();
                let signature = content::hash_of(run.iter().map(|&id| names[id].signature));
                (all.join(", "), signature, content::hash_of(run.iter().map(|&id| contents[id])))
            }
        };
        if let Some(&symbol) = self.by_key.get(&(name.clone(), signature)) {
            return symbol;
        }
        let number = self.symbols.len() as u32;
        self.by_key.insert((name.clone(), signature), number);
        let kind = if self.linkage.knows(&(name.clone(), signature, content)) {
            SymbolKind::Import(run.len() as u32)
        } else {
            SymbolKind::Code(run.to_vec())
        };
        self.symbols.push(Symbol { name, signature, content, is_value: false, kind });
        number
    }
}

/// The change from direct calls to calls of symbols.
struct Rewrite<'a> {
    program: &'a mut Program,
    called: &'a Map<FuncId, Option<u32>>,
    slots: BTreeMap<Slot, SlotId>,
    sigs: BTreeMap<(Vec<Repr>, Vec<Repr>), SigId>,
}

impl Rewrite<'_> {
    fn all(&mut self) {
        for (id, sig) in self.program.sigs.iter() {
            self.sigs.entry((sig.params.clone(), sig.results.clone())).or_insert(id);
        }
        for id in self.program.funcs.ids().collect::<Vec<_>>() {
            // Signatures of callees are looked up while the function is changed, so it is taken out for that time, but for its signature.
            let blocks = std::mem::take(&mut self.program.funcs[id].blocks);
            let values = std::mem::take(&mut self.program.funcs[id].values);
            let mut func = Func { blocks, values, ..self.program.funcs[id].clone() };
            self.func(&mut func, self.called[id]);
            self.program.funcs[id] = func;
        }
    }

    /// `own` is the function's own symbol.
    fn func(&mut self, func: &mut Func, own: Option<u32>) {
        let Func { blocks, values, .. } = func;
        for (_, block) in blocks.iter_mut() {
            let mut insts = Vec::with_capacity(block.insts.len());
            for mut inst in std::mem::take(&mut block.insts) {
                match inst.op {
                    Op::Runtime if inst.imm == RtFn::rt_instantiate as i64 => {
                        // Written by `stub::fill`: its argument is the entry of the function itself.
                        let index = values.push(Repr::I32);
                        let symbol = own.expect("only symbols are left out");
                        insts.push(self.load(symbol, index, inst.loc));
                        inst.args = [index].into_iter().collect();
                    }
                    Op::Poll => {
                        inst.op = Op::Runtime;
                        inst.imm = RtFn::rt_poll as i64;
                        inst.results.push(values.push(Repr::I64));
                    }
                    Op::Call => {
                        let callee = FuncId::from_index(inst.imm as usize);
                        if let Some(symbol) = self.called[callee] {
                            let index = values.push(Repr::I32);
                            insts.push(self.load(symbol, index, inst.loc));
                            inst.op = Op::CallIndirect;
                            inst.imm = self.sig(callee).index() as i64;
                            inst.args.insert(0, index);
                        }
                    }
                    _ => {}
                }
                insts.push(inst);
            }
            block.insts = insts;
        }
    }

    fn load(&mut self, symbol: u32, result: Value, loc: LocId) -> Inst {
        let slots = &mut self.program.slots;
        let slot =
            *self.slots.entry(Slot::Symbol(symbol)).or_insert_with_key(|slot| slots.push(slot.clone()));
        Inst {
            op: Op::Slot,
            ty: Repr::I32,
            args: Default::default(),
            imm: slot.index() as i64,
            results: [result].into_iter().collect(),
            loc,
        }
    }

    fn sig(&mut self, callee: FuncId) -> SigId {
        let sig = &self.program.funcs[callee].sig;
        let sigs = &mut self.program.sigs;
        let key = (sig.params.clone(), sig.results.clone());
        *self.sigs.entry(key).or_insert_with(|| sigs.push(sig.clone()))
    }
}
