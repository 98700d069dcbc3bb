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

use crate::instantiate::{Name, Named};
use crate::legal::{Func, FuncId, Inst, LocId, Op, Program, SigId, Slot, SlotId, Symbol, SymbolKind, Value};
use crate::simplify::prune;
use abi::{Repr, RtFn};
use base::{EntityId, Map};
use std::collections::{BTreeMap, BTreeSet};

/// A symbol as the loader knows it: name, signature, content.
pub type Known = (String, u64, u64);

/// The program with its functions as symbols. Those that are among `known` are imported; in the first version of a program nothing is. Later versions
/// have no entry: the program runs already.
pub fn link(named: Named, known: &BTreeSet<Known>) -> Program {
    let Named { mut program, names, initialisers } = named;
    let runs = runs(&program);
    let contents = content::contents(&program, &names, &runs);
    let mut symbols =
        Symbols { known, symbols: std::mem::take(&mut program.symbols), by_key: BTreeMap::new() };
    let mut called: Map<FuncId, Option<u32>> = Map::new();
    for (id, func) in program.funcs.iter() {
        let symbol = (!program.locs[func.loc].is_std).then(|| symbols.code(&[id], &names, &contents));
        called.push(symbol);
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
        if let Some(symbol) = by.and_then(|by| called[by])
            && let SymbolKind::Variable { initialiser, .. } = &mut symbols.symbols[index].kind
        {
            *initialiser = Some(symbol);
        }
    }
    program.symbols = symbols.symbols;
    program.table.clear();
    if !known.is_empty() {
        program.entry = None;
    }
    let mut rewrite =
        Rewrite { program: &mut program, called: &called, slots: new_slots, sigs: BTreeMap::new() };
    rewrite.all();
    prune::functions(&mut program);
    drop_slots(&mut program);
    program
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
            Slot::Text(_) | Slot::Type(_) | Slot::Globals | Slot::Symbol(_) => None,
        })
        .collect();
    let ends = starts.iter().skip(1).copied().chain([program.table.len() as u32]);
    starts.iter().zip(ends).map(|(&start, end)| (start, start as usize..end as usize)).collect()
}

/// Symbols that were given out.
struct Symbols<'a> {
    known: &'a BTreeSet<Known>,
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
        let kind = if self.known.contains(&(name.clone(), signature, content)) {
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
            self.func(&mut func);
            self.program.funcs[id] = func;
        }
    }

    fn func(&mut self, func: &mut Func) {
        let Func { blocks, values, .. } = func;
        for (_, block) in blocks.iter_mut() {
            let mut insts = Vec::with_capacity(block.insts.len());
            for mut inst in std::mem::take(&mut block.insts) {
                match inst.op {
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
