//! What functions do, as hashes: two versions of a function with the same one do the same, wherever they are written.
//!
//! Numbers that mean something else in another version (of functions, slots, signatures, types) count as what they stand for. A function of the standard
//! library that is called directly is part of its callers.

use super::Runs;
use crate::hash::Hash64;
use crate::instantiate::Name;
use crate::legal::{End, Func, FuncId, Inst, Program, Shape, SigId, Slot, SlotId, Target};
use abi::types::well_known;
use abi::{Repr, TypeId};
use base::{EntityId, Map};
use std::collections::BTreeSet;
use std::hash::Hash as _;

/// The hash of every function.
pub(super) fn contents(program: &Program, names: &Map<FuncId, Name>, runs: &Runs) -> Map<FuncId, u64> {
    // Well-known types are the same in every program.
    let hash = |ty| if ty < well_known::FIRST_OWN { u64::from(ty) } else { type_hash(program, TypeId(ty)) };
    let types: Vec<u64> = (0..program.types.len() as u32).map(hash).collect();
    let cx = Cx { program, names, types: &types, runs };
    let own: Map<FuncId, u64> = program.funcs.values().map(|func| cx.func(func)).collect();
    program.funcs.ids().map(|id| hash_of(inside(program, id).into_iter().map(|id| own[id]))).collect()
}

/// The hash of hashes.
pub(super) fn hash_of(hashes: impl Iterator<Item = u64>) -> u64 {
    let mut hash = Hash64::default();
    hashes.for_each(|part| hash.number(part));
    hash.finish()
}

/// A function and those of the standard library that it reaches through direct calls, in the order of the calls.
fn inside(program: &Program, id: FuncId) -> Vec<FuncId> {
    let mut found = vec![id];
    let mut seen = BTreeSet::from([id]);
    let mut next = 0;
    while let Some(&at) = found.get(next) {
        next += 1;
        for inst in program.funcs[at].blocks.values().flat_map(|block| &block.insts) {
            if inst.op.shape() == Shape::Call {
                let callee = FuncId::from_index(inst.imm as usize);
                if program.locs[program.funcs[callee].loc].is_std && seen.insert(callee) {
                    found.push(callee);
                }
            }
        }
    }
    found
}

/// The hash of a descriptor of the program's own with all that it reaches; where a circle comes back to a type, the number at which it was met.
fn type_hash(program: &Program, ty: TypeId) -> u64 {
    let mut met = vec![ty];
    let mut hash = Hash64::default();
    let mut next = 0;
    while let Some(&at) = met.get(next) {
        next += 1;
        let desc = program.types[at.0 as usize].map_ids(|id| {
            if id.0 < well_known::FIRST_OWN {
                return id;
            }
            let known = met.iter().position(|&known| known == id).unwrap_or_else(|| {
                met.push(id);
                met.len() - 1
            });
            TypeId(well_known::FIRST_OWN + known as u32)
        });
        desc.hash(&mut hash);
    }
    hash.finish()
}

struct Cx<'a> {
    program: &'a Program,
    names: &'a Map<FuncId, Name>,
    types: &'a [u64],
    runs: &'a Runs,
}

impl Cx<'_> {
    fn func(&self, func: &Func) -> u64 {
        let mut hash = Hash64::default();
        reprs(&mut hash, &func.sig.params);
        reprs(&mut hash, &func.sig.results);
        hash.number(func.values.len() as u64);
        func.values.values().for_each(|&repr| hash.number(repr as u64));
        hash.number(func.blocks.len() as u64);
        for block in func.blocks.values() {
            numbers(&mut hash, &block.params);
            hash.number(block.insts.len() as u64);
            block.insts.iter().for_each(|inst| self.inst(&mut hash, inst));
            end(&mut hash, &block.end);
        }
        hash.finish()
    }

    fn inst(&self, hash: &mut Hash64, inst: &Inst) {
        hash.text(inst.op.mnemonic());
        hash.number(inst.ty as u64);
        numbers(hash, &inst.args);
        numbers(hash, &inst.results);
        let index = inst.imm as usize;
        match inst.op.shape() {
            Shape::Slot => self.slot(hash, &self.program.slots[SlotId::from_index(index)]),
            Shape::Call => self.name(hash, FuncId::from_index(index)),
            Shape::CallIndirect => {
                let sig = &self.program.sigs[SigId::from_index(index)];
                reprs(hash, &sig.params);
                reprs(hash, &sig.results);
            }
            Shape::Const
            | Shape::Unary
            | Shape::Binary
            | Shape::Compare
            | Shape::Convert
            | Shape::Select
            | Shape::Load
            | Shape::Store
            | Shape::Count
            | Shape::Test
            | Shape::Runtime
            | Shape::Poll => hash.number(inst.imm as u64),
        }
    }

    fn name(&self, hash: &mut Hash64, func: FuncId) {
        hash.text(&self.names[func].name);
        hash.number(self.names[func].signature);
    }

    fn slot(&self, hash: &mut Hash64, slot: &Slot) {
        match slot {
            Slot::Text(text) => {
                hash.number(1);
                hash.text(text);
            }
            Slot::Type(ty) => {
                hash.number(2);
                hash.number(self.types[ty.0 as usize]);
            }
            Slot::Table(start) => {
                hash.number(3);
                for &func in &self.program.table[self.runs[start].clone()] {
                    self.name(hash, func);
                }
            }
            Slot::Globals => hash.number(4),
            Slot::Symbol(symbol) => {
                let symbol = &self.program.symbols[*symbol as usize];
                hash.number(5);
                hash.text(&symbol.name);
                hash.number(symbol.signature);
            }
            Slot::Host(name, frame) => {
                hash.number(6);
                hash.text(name);
                hash.number(self.types[frame.0 as usize]);
            }
        }
    }
}

fn numbers<K: EntityId>(hash: &mut Hash64, ids: &[K]) {
    hash.number(ids.len() as u64);
    ids.iter().for_each(|id| hash.number(id.index() as u64));
}

fn reprs(hash: &mut Hash64, reprs: &[Repr]) {
    hash.number(reprs.len() as u64);
    reprs.iter().for_each(|&repr| hash.number(repr as u64));
}

fn end(hash: &mut Hash64, end: &End) {
    let target = |hash: &mut Hash64, target: &Target| {
        hash.number(target.block.index() as u64);
        numbers(hash, &target.args);
    };
    match end {
        End::Jump(to) => {
            hash.number(1);
            target(hash, to);
        }
        End::Branch(value, yes, no) => {
            hash.number(2);
            hash.number(value.index() as u64);
            target(hash, yes);
            target(hash, no);
        }
        End::Switch(value, cases, default) => {
            hash.number(3);
            hash.number(value.index() as u64);
            hash.number(cases.len() as u64);
            for (case, to) in cases {
                hash.number(*case);
                target(hash, to);
            }
            target(hash, default);
        }
        End::Return(values) => {
            hash.number(4);
            numbers(hash, values);
        }
        End::Unreachable => hash.number(5),
    }
}
