//! Instructions that do the same on every turn of a loop, moved before it.
//!
//! Without effects and faults they may stand before the loop though the loop may not come to them. A `load` must find memory there:
//! - it is moved from where each loop that is entered comes to, before anything else can happen. On the way there a check that raises an error and asks
//!   the same on every turn moves before the loop as well;
//! - or it reads the first words behind a reference: `object::READABLE` bytes are always there. What was itself read so, where it is not
//!   known yet that it is a reference, counts as none.
//!
//! Requires: a loop that is not sure to have a turn tests before it (`rotate`), or little moves.
//! Keeps: dominance; the order of everything that can be seen.

use super::edit;
use super::loops::{LoopId, Loops};
use super::memory::{Class, Memory, Summary};
use crate::legal::verify::Flow;
use crate::legal::{Block, BlockId, End, Func, Inst, Op, Target, Value};
use abi::{Repr, object};
use base::{Budget, EntityId, Exhausted};
use smallvec::SmallVec;

pub(super) fn run(func: &mut Func, summary: &Summary, budget: &mut Budget) -> Result<bool, Exhausted> {
    edit::spend(func, budget)?;
    let flow = Flow::of(func);
    if Loops::of(func, &flow).loops.is_empty() {
        return Ok(false);
    }
    edit::spend(func, budget)?;
    let before = preheaders(func);
    let flow = Flow::of(func);
    let loops = Loops::of(func, &flow);
    let memory = Memory::of(func, &flow, &loops, summary);
    // By loop: its own blocks, without those of loops inside.
    let mut own: Vec<Vec<BlockId>> = loops.loops.iter().map(|_| Vec::new()).collect();
    for &id in flow.order() {
        if let Some(inner) = loops.innermost(id) {
            own[inner].push(id);
        }
    }
    let mut hoist = Hoist {
        memory: &memory,
        defs: definitions(func),
        doubtful: vec![false; func.values.len()],
        rest: vec![None; func.blocks.len()],
        before,
        loops,
        func,
        changed: false,
    };
    for (id, own) in own.iter().enumerate() {
        hoist.empty(id, own);
    }
    Ok(hoist.changed)
}

/// By the loop's header: the block before it, which goes nowhere else.
fn preheaders(func: &mut Func) -> Vec<Option<BlockId>> {
    let flow = Flow::of(func);
    let loops = Loops::of(func, &flow);
    let mut entered: Vec<Vec<BlockId>> = vec![Vec::new(); func.blocks.len()];
    for &id in flow.order() {
        for target in func.blocks[id].end.targets() {
            if loops.headed_by(target.block).is_some() && !flow.is_back_edge(id, target.block) {
                entered[target.block.index()].push(id);
            }
        }
    }
    let mut before = vec![None; func.blocks.len()];
    for header in loops.loops.iter().map(|found| found.header).filter(|header| *header != edit::entry()) {
        let entered = &entered[header.index()];
        before[header.index()] = Some(match entered[..] {
            [only] if matches!(func.blocks[only].end, End::Jump(_)) => only,
            _ => preheader(func, header, entered),
        });
    }
    before
}

fn preheader(func: &mut Func, header: BlockId, entered: &[BlockId]) -> BlockId {
    let params: Vec<Value> = func.blocks[header].params.clone();
    let params: Vec<Value> = params.into_iter().map(|param| func.values.push(func.values[param])).collect();
    let end = End::Jump(Target { block: header, args: params.iter().copied().collect() });
    let block = func.blocks.push(Block { params, insts: Vec::new(), end, cold: false });
    for from in entered {
        for target in func.blocks[*from].end.targets_mut() {
            if target.block == header {
                target.block = block;
            }
        }
    }
    block
}

/// Where a value is defined, and which constant it is.
#[derive(Clone, Copy)]
struct Def {
    block: BlockId,
    constant: Option<i64>,
}

fn definitions(func: &Func) -> Vec<Def> {
    let mut defs = vec![Def { block: edit::entry(), constant: None }; func.values.len()];
    for (id, block) in func.blocks.iter() {
        for param in &block.params {
            defs[param.index()].block = id;
        }
        for inst in &block.insts {
            let constant = (inst.op == Op::IConst).then_some(inst.imm);
            for result in &inst.results {
                defs[result.index()] = Def { block: id, constant };
            }
        }
    }
    defs
}

struct Hoist<'a> {
    func: &'a mut Func,
    loops: Loops,
    memory: &'a Memory<'a>,
    /// By value.
    defs: Vec<Def>,
    /// By value: a reference that may be none where it stands now.
    doubtful: Vec<bool>,
    /// By block before a loop: what was split off from it, behind a check that moved there.
    rest: Vec<Option<BlockId>>,
    /// By header: the block before the loop that goes to it.
    before: Vec<Option<BlockId>>,
    changed: bool,
}

impl Hoist<'_> {
    /// Empties a loop of what can stand before it; loops inside were gone through.
    fn empty(&mut self, id: LoopId, own: &[BlockId]) {
        let header = self.loops.loops[id].header;
        if self.before[header.index()].is_none() {
            return;
        }
        let sure = self.along_the_sure_way(id, header);
        for &block in own {
            let mut part = Some(block);
            while let Some(block) = part {
                if !sure.contains(&block) && !self.func.blocks[block].cold {
                    self.insts(id, block, false);
                }
                part = self.rest[block.index()];
            }
        }
    }

    /// From the header on, as long as the way is certain. Returns the blocks on it.
    fn along_the_sure_way(&mut self, id: LoopId, header: BlockId) -> Vec<BlockId> {
        let mut way = Vec::new();
        let mut at = header;
        loop {
            way.push(at);
            if !self.insts(id, at, true) {
                // Something happened that can be seen.
                return way;
            }
            let next = match &self.func.blocks[at].end {
                End::Jump(target) => target.block,
                End::Branch(condition, ..) if self.stays(id, *condition) => match self.move_check(id, at) {
                    Some(next) => next,
                    None => return way,
                },
                End::Branch(..) | End::Switch(..) | End::Return(_) | End::Unreachable => return way,
            };
            if !self.loops.contains(id, next) || self.loops.headed_by(next).is_some() {
                return way;
            }
            at = next;
        }
    }

    /// Moves what can be moved out of a block. True if all that stays has no effect. What is behind a call is not sure.
    fn insts(&mut self, id: LoopId, block: BlockId, mut sure: bool) -> bool {
        let mut quiet = true;
        let insts = std::mem::take(&mut self.func.blocks[block].insts);
        let mut stays = Vec::with_capacity(insts.len());
        for inst in insts {
            if self.can_move(id, &inst, sure) {
                self.move_out(id, inst, sure);
            } else {
                quiet &= inst.op.shape().is_pure();
                sure &= !matches!(inst.op, Op::Call | Op::CallIndirect | Op::Runtime);
                stays.push(inst);
            }
        }
        self.func.blocks[block].insts = stays;
        quiet
    }

    fn move_out(&mut self, id: LoopId, inst: Inst, sure: bool) {
        let before = self.before(id);
        for result in &inst.results {
            self.defs[result.index()].block = before;
            self.doubtful[result.index()] = !sure && self.func.values[*result] == Repr::Ref;
        }
        self.func.blocks[before].insts.push(inst);
        self.changed = true;
    }

    /// The block before a loop.
    fn before(&self, id: LoopId) -> BlockId {
        let header = self.loops.loops[id].header;
        self.before[header.index()].expect("a loop without a block before it was left alone")
    }

    /// True if a value comes from outside of a loop.
    fn stays(&self, id: LoopId, value: Value) -> bool {
        !self.loops.contains(id, self.defs[value.index()].block)
    }

    fn can_move(&self, id: LoopId, inst: &Inst, sure: bool) -> bool {
        if !inst.args.iter().all(|arg| self.stays(id, *arg)) {
            return false;
        }
        match inst.op {
            Op::IsUnique => false,
            Op::Load if !self.memory.stays_in(id, Class::of_access(inst)) => false,
            Op::Load => {
                let base = inst.args[0];
                let is_reference = self.func.values[base] == Repr::Ref && !self.doubtful[base.index()];
                sure || is_reference && inst.imm + i64::from(inst.ty.size()) <= i64::from(object::READABLE)
            }
            Op::SDiv | Op::SRem | Op::UDiv | Op::URem => {
                sure || self.defs[inst.args[1].index()].constant.is_some_and(|by| by != 0 && by != -1)
            }
            op => op.shape().is_pure(),
        }
    }

    /// Moves the check at the end of a block before the loop, if one of its ways raises an error. Returns the other way.
    fn move_check(&mut self, id: LoopId, block: BlockId) -> Option<BlockId> {
        let End::Branch(condition, then, otherwise) = self.func.blocks[block].end.clone() else {
            return None;
        };
        let raises = |target: &Target| {
            let block = &self.func.blocks[target.block];
            let own = |value: &Value| block.insts.iter().any(|inst| inst.results.contains(value));
            let used = block.insts.iter().flat_map(|inst| &inst.args).chain(&target.args);
            block.end == End::Unreachable
                && block.params.is_empty()
                && used.into_iter().all(|value| own(value) || self.stays(id, *value))
        };
        let holds = match (raises(&then), raises(&otherwise)) {
            (_, true) => true,
            (true, false) => false,
            (false, false) => return None,
        };
        let before = self.before(id);
        let rest = self.func.blocks.push(Block {
            params: Vec::new(),
            insts: Vec::new(),
            end: self.func.blocks[before].end.clone(),
            cold: self.func.blocks[before].cold,
        });
        let passes = Target { block: rest, args: SmallVec::new() };
        let (check, goes_on) = if holds {
            (End::Branch(condition, passes, otherwise), then)
        } else {
            (End::Branch(condition, then, passes), otherwise)
        };
        self.func.blocks[before].end = check;
        let next = goes_on.block;
        self.func.blocks[block].end = End::Jump(goes_on);
        self.rest[before.index()] = Some(rest);
        self.rest.push(None);
        self.loops.add_block(self.loops.loops[id].parent);
        let header = self.loops.loops[id].header;
        self.before[header.index()] = Some(rest);
        self.changed = true;
        Some(next)
    }
}
