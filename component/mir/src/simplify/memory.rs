//! What may change between two places: the memory that a `load` reads, and counts.
//!
//! Memory is divided into [`Class`]es by how it is reached, which decides what it is: a length stands at a fixed place of its object's header, and
//! every other word of an object is always read and written as the same machine type, for layouts say so. Only the scratch area
//! holds one type after another; it is reached through constant addresses, and a store through one changes all classes.
//!
//! A class has a version at each place; where two places see the same version, no instruction on any way between them can have
//! changed what it stands for. [`Class::Raised`] is changed by what may raise a count, so it tells whether what had one owner still has one;
//! [`Class::Lowered`] is only summed up over functions.
//!
//! Requires: reducible control flow. Linear, but that a block's loops are walked.

use super::counts;
use super::edit;
use super::loops::Loops;
use crate::legal::verify::Flow;
use crate::legal::{Func, FuncId, Inst, Op, Program};
use abi::runtime_fns::Changes;
use abi::{Repr, RtFn, object};
use base::{Budget, EntityId, Exhausted, Map};

/// A part of what a program can change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Class {
    /// That no count was raised.
    Raised,
    /// That no count was lowered or asked for.
    Lowered,
    /// The 32-bit word behind the header: lengths of collections, and fields of that place and size.
    Len,
    /// All other memory, by what it is read and written as.
    Data(Repr),
}

const CLASSES: usize = 11;

impl Class {
    fn index(self) -> usize {
        match self {
            Class::Raised => 0,
            Class::Lowered => 10,
            Class::Len => 1,
            Class::Data(repr) => match repr {
                Repr::I8 => 2,
                Repr::I16 => 3,
                Repr::I32 => 4,
                Repr::I64 => 5,
                Repr::F32 => 6,
                Repr::F64 => 7,
                Repr::Ref => 8,
                Repr::Any => 9,
            },
        }
    }

    /// The class of a `load` or `store`.
    pub(super) fn of_access(inst: &Inst) -> Class {
        if inst.ty == Repr::I32 && inst.imm == i64::from(object::LEN) {
            Class::Len
        } else {
            Class::Data(inst.ty)
        }
    }
}

/// Classes that something changes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct ClassSet(u16);

impl ClassSet {
    const ALL: ClassSet = ClassSet((1 << CLASSES) - 1);

    fn with(self, class: Class) -> ClassSet {
        ClassSet(self.0 | 1 << class.index())
    }

    fn has(self, class: Class) -> bool {
        self.0 & 1 << class.index() != 0
    }

    fn union(self, other: ClassSet) -> ClassSet {
        ClassSet(self.0 | other.0)
    }

    /// The indices of its classes.
    fn indices(self) -> impl Iterator<Item = usize> {
        (0..CLASSES).filter(move |index| self.0 & 1 << index != 0)
    }
}

/// What each function of a program may change, whatever it calls.
pub(super) struct Summary {
    funcs: Map<FuncId, ClassSet>,
    /// By signature for indirect calls: all functions of the table that have it.
    sigs: Vec<ClassSet>,
}

impl Summary {
    pub(super) fn of(program: &Program, budget: &mut Budget) -> Result<Summary, Exhausted> {
        let funcs = program.funcs.values().map(|_| ClassSet::default()).collect();
        // In a part of a program, functions of another part may be called, now or after one was replaced.
        let is_whole = program.entry.is_some() && program.exported().next().is_none();
        let others = if is_whole { ClassSet::default() } else { ClassSet::ALL };
        let mut summary = Summary { funcs, sigs: vec![others; program.sigs.len()] };
        // Functions, and behind them signatures, by number: who calls them.
        let first_sig = program.funcs.len();
        let mut users: Vec<Vec<usize>> = vec![Vec::new(); first_sig + program.sigs.len()];
        for (id, func) in program.funcs.iter() {
            edit::spend(func, budget)?;
            summary.funcs[id] = summary.own(func);
            for inst in func.blocks.values().flat_map(|block| &block.insts) {
                let called = usize::try_from(inst.imm).unwrap_or(usize::MAX);
                match inst.op {
                    Op::Call => users[called].push(id.index()),
                    Op::CallIndirect => users[first_sig + called].push(id.index()),
                    _ => {}
                }
            }
        }
        for id in &program.table {
            let sigs = program.sigs.values().enumerate();
            let fits = sigs.filter(|(_, sig)| **sig == program.funcs[*id].sig);
            users[id.index()].extend(fits.map(|(index, _)| first_sig + index));
            budget.spend(program.sigs.len() as u64)?;
        }
        // Up the graph of calls: each class comes to each function once.
        let mut work: Vec<usize> = (0..users.len()).collect();
        while let Some(called) = work.pop() {
            let set = *summary.node(first_sig, called);
            budget.spend(users[called].len() as u64)?;
            for &user in &users[called] {
                let of_user = summary.node(first_sig, user);
                let all = of_user.union(set);
                if std::mem::replace(of_user, all) != all {
                    work.push(user);
                }
            }
        }
        Ok(summary)
    }

    fn node(&mut self, first_sig: usize, number: usize) -> &mut ClassSet {
        match number.checked_sub(first_sig) {
            Some(sig) => &mut self.sigs[sig],
            None => &mut self.funcs[FuncId::from_index(number)],
        }
    }

    /// What a function changes without its calls.
    fn own(&self, func: &Func) -> ClassSet {
        let constants = constants(func);
        let mut set = ClassSet::default();
        for inst in func.blocks.values().flat_map(|block| &block.insts) {
            if !matches!(inst.op, Op::Call | Op::CallIndirect) {
                set = set.union(self.changes(inst, Some(&constants)));
                if counts::looks_at_counts(inst) {
                    set = set.with(Class::Lowered);
                }
            }
        }
        set
    }

    /// True for an instruction that may lower a count, or whose effect depends on one.
    pub(super) fn looks_at_counts(&self, inst: &Inst) -> bool {
        match inst.op {
            Op::Call | Op::CallIndirect => self.changes(inst, None).has(Class::Lowered),
            _ => counts::looks_at_counts(inst),
        }
    }

    /// What an instruction may change. Which values are constants matters for stores alone.
    fn changes(&self, inst: &Inst, constants: Option<&[bool]>) -> ClassSet {
        let index = usize::try_from(inst.imm).unwrap_or(usize::MAX);
        match inst.op {
            Op::Store if constants.is_none_or(|constants| constants[inst.args[0].index()]) => ClassSet::ALL,
            Op::Store => ClassSet::default().with(Class::of_access(inst)),
            Op::Retain => ClassSet::default().with(Class::Raised),
            Op::Call => self.funcs.get(FuncId::from_index(index)).copied().unwrap_or(ClassSet::ALL),
            Op::CallIndirect => self.sigs.get(index).copied().unwrap_or(ClassSet::ALL),
            Op::Runtime => match RtFn::ALL.get(index).map(|function| function.changes()) {
                Some(Changes::Nothing) => ClassSet::default(),
                Some(Changes::Counts) => ClassSet::default().with(Class::Raised),
                Some(Changes::Anything) | None => ClassSet::ALL,
            },
            // `release` frees only what is not looked at any more.
            _ => ClassSet::default(),
        }
    }
}

/// By value: true for a constant.
fn constants(func: &Func) -> Vec<bool> {
    let mut constants = vec![false; func.values.len()];
    for inst in func.blocks.values().flat_map(|block| &block.insts) {
        if let (Op::IConst, [value]) = (inst.op, &inst.results[..]) {
            constants[value.index()] = true;
        }
    }
    constants
}

/// What a class holds at a place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub(super) struct Version(u32);

/// The versions of all classes at a place.
#[derive(Clone, Copy)]
pub(super) struct Versions([Version; CLASSES]);

impl Versions {
    pub(super) fn get(&self, class: Class) -> Version {
        self.0[class.index()]
    }
}

/// The versions in a function.
pub(super) struct Memory<'a> {
    summary: &'a Summary,
    constants: Vec<bool>,
    /// By block: at its start.
    entries: Vec<Versions>,
    /// By block: the number of its first instruction as a version.
    first: Vec<u32>,
    /// By loop: what it changes.
    loops: Vec<ClassSet>,
}

impl<'a> Memory<'a> {
    pub(super) fn of(func: &Func, flow: &Flow, loops: &Loops, summary: &'a Summary) -> Memory<'a> {
        // Versions below the number of blocks are made where ways meet.
        let mut next = func.blocks.len() as u32;
        let mut first = Vec::with_capacity(func.blocks.len());
        for block in func.blocks.values() {
            first.push(next);
            next += block.insts.len() as u32;
        }
        let entries = vec![Versions([Version(0); CLASSES]); func.blocks.len()];
        let changed = vec![ClassSet::default(); loops.loops.len()];
        let mut memory = Memory { summary, constants: constants(func), entries, first, loops: changed };
        memory.sum_up(func, flow, loops);
        memory.walk(func, flow, loops);
        memory
    }

    /// What each loop changes.
    fn sum_up(&mut self, func: &Func, flow: &Flow, loops: &Loops) {
        for &id in flow.order() {
            if let Some(inner) = loops.innermost(id) {
                let insts = &func.blocks[id].insts;
                let set = insts.iter().fold(self.loops[inner], |set, inst| set.union(self.changes(inst)));
                self.loops[inner] = set;
            }
        }
        for (id, inner) in loops.loops.iter().enumerate() {
            if let Some(parent) = inner.parent {
                self.loops[parent] = self.loops[parent].union(self.loops[id]);
            }
        }
    }

    fn walk(&mut self, func: &Func, flow: &Flow, loops: &Loops) {
        let mut known = vec![false; func.blocks.len()];
        if let Some(entry) = flow.order().first() {
            known[entry.index()] = true;
        }
        for &id in flow.order() {
            if let Some(header) = loops.headed_by(id) {
                for index in self.loops[header].indices() {
                    self.entries[id.index()].0[index] = Version(id.index() as u32);
                }
            }
            let mut at = self.entries[id.index()];
            for index in 0..func.blocks[id].insts.len() {
                self.step(&mut at, func, id, index);
            }
            for target in func.blocks[id].end.targets() {
                // Edges back come to what was made there, or to what the loop does not change.
                if flow.is_back_edge(id, target.block) {
                    continue;
                }
                let entry = &mut self.entries[target.block.index()].0;
                if !std::mem::replace(&mut known[target.block.index()], true) {
                    *entry = at.0;
                    continue;
                }
                for (old, new) in entry.iter_mut().zip(at.0) {
                    if *old != new {
                        *old = Version(target.block.index() as u32);
                    }
                }
            }
        }
    }

    /// At the start of a block.
    pub(super) fn entry(&self, block: crate::legal::BlockId) -> Versions {
        self.entries[block.index()]
    }

    /// Goes over an instruction of a block.
    pub(super) fn step(&self, at: &mut Versions, func: &Func, block: crate::legal::BlockId, index: usize) {
        let changes = self.changes(&func.blocks[block].insts[index]);
        let new = Version(self.first[block.index()] + index as u32);
        for index in changes.indices() {
            at.0[index] = new;
        }
    }

    fn changes(&self, inst: &Inst) -> ClassSet {
        self.summary.changes(inst, Some(&self.constants))
    }

    /// True if nothing in a loop changes a class.
    pub(super) fn stays_in(&self, id: super::loops::LoopId, class: Class) -> bool {
        self.loops[id].indices().all(|index| index != class.index())
    }
}
