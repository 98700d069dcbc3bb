//! Locals to SSA values, block by block.
//!
//! Blocks are lowered in reverse postorder. A block takes what its locals hold from its predecessors. Where they disagree, or where a loop
//! writes a local, the leaves of the local become block parameters; liveness keeps dead ones out. Arguments of jumps are filled in when
//! both ends are known.

use super::emit::Leaves;
use super::liveness::{LocalSet, liveness, loop_writes};
use super::{Lower, Val};
use crate::generic::{BlockId, Body, Const, End, Local, Operand, Place};
use crate::generic_cfg::reverse_postorder;
use crate::instantiate::{R, Stop};
use crate::layout::Parts;
use crate::legal::{self, Target, Value};
use abi::{Repr, RtFn};
use base::EntityId;
use smallvec::SmallVec;
use std::collections::BTreeMap;

/// A block of the body, in terms of the function that is made.
#[derive(Default)]
struct Shape {
    /// Where its code begins, once something jumps there.
    entry: Option<legal::BlockId>,
    /// Locals whose leaves are parameters, in order.
    params: Vec<Local>,
    /// Edges into it from blocks that were lowered: the block that jumps, and what locals hold there.
    incoming: Vec<Edge>,
    /// Its own place in the order.
    order: usize,
    done: bool,
}

struct Edge {
    from: legal::BlockId,
    exit: usize,
}

type Holding = BTreeMap<Local, Leaves>;

impl Lower<'_, '_> {
    /// Lowers all blocks that can be reached.
    pub(super) fn blocks(&mut self, body: &Body) -> R<()> {
        let order = reverse_postorder(body);
        let live = liveness(body, &order);
        let written = loop_writes(body, &order);
        let mut shapes: Vec<Shape> = body.blocks.ids().map(|_| Shape::default()).collect();
        for (number, block) in order.iter().enumerate() {
            shapes[block.index()].order = number;
        }
        let mut exits: Vec<Holding> = Vec::new();
        let first = order[0];
        shapes[first.index()].entry = Some(self.e.at);
        for &id in &order {
            let Some(entry) = shapes[id.index()].entry else { continue };
            self.e.at = entry;
            if id != first || !shapes[id.index()].incoming.is_empty() {
                self.enter(id, &mut shapes, &exits, &live[id.index()], written.get(&id))?;
            }
            shapes[id.index()].done = true;
            self.dead = false;
            let block = &body.blocks[id];
            for stmt in &block.stmts {
                self.s.cx.budget.spend(1).map_err(|_| Stop)?;
                self.go_to(stmt.span);
                self.stmt(&stmt.kind)?;
                if self.dead {
                    break;
                }
            }
            if self.dead {
                continue;
            }
            self.go_to(block.end_span);
            let exit = exits.len();
            self.leave(&block.end, id, exit, &mut shapes)?;
            let mut holding = Holding::new();
            for target in block.end.targets() {
                for local in live[target.index()].iter() {
                    if let Some(leaves) = &self.state[local.index()] {
                        holding.insert(local, leaves.clone());
                    }
                }
            }
            exits.push(holding);
        }
        self.fill_arguments(&shapes, &exits);
        Ok(())
    }

    /// Sets what locals hold at the start of a block.
    fn enter(
        &mut self,
        id: BlockId,
        shapes: &mut [Shape],
        exits: &[Holding],
        live: &LocalSet,
        written: Option<&LocalSet>,
    ) -> R<()> {
        self.state.iter_mut().for_each(|state| *state = None);
        let shape = &mut shapes[id.index()];
        let entry = self.e.at;
        for local in live.iter() {
            let mut known = shape.incoming.iter().map(|edge| exits[edge.exit].get(&local));
            let first = known.next().flatten();
            let Some(first) = first else { continue };
            let same =
                known.all(|leaves| leaves == Some(first)) && !written.is_some_and(|w| w.contains(local));
            if same || first.is_empty() {
                self.state[local.index()] = Some(first.clone());
            } else {
                let val = self.block_params(entry, self.tys[local.index()])?;
                self.state[local.index()] = Some(val.leaves);
                shape.params.push(local);
            }
        }
        Ok(())
    }

    /// Ends the current block.
    fn leave(&mut self, end: &End, id: BlockId, exit: usize, shapes: &mut [Shape]) -> R<()> {
        let number = shapes[id.index()].order;
        if end.targets().iter().any(|target| shapes[target.index()].order <= number) {
            self.e.poll();
        }
        match end {
            End::Goto(block) => {
                let target = self.edge(*block, exit, shapes);
                self.e.end(legal::End::Jump(target));
            }
            End::Branch(operand, yes, no) => {
                let read = self.read(operand)?;
                let cond = self.truthy(&read.val)?;
                self.done(read)?;
                if let Some(known) = self.e.constant(cond) {
                    let target = self.edge(if known & 1 != 0 { *yes } else { *no }, exit, shapes);
                    self.e.end(legal::End::Jump(target));
                } else {
                    let yes = self.edge(*yes, exit, shapes);
                    let no = self.edge(*no, exit, shapes);
                    self.e.end(legal::End::Branch(cond, yes, no));
                }
            }
            End::SwitchVariant(place, cases, default) => self.switch(place, cases, *default, exit, shapes)?,
            End::Return(operands) => {
                let mut values = SmallVec::new();
                for (index, operand) in operands.iter().enumerate() {
                    let want = self.results[index];
                    let val = match operand {
                        // Code behind a call that does not return has no value to give.
                        Operand::Const(Const::Unit, _) => {
                            Val { ty: sema::ty::Types::unit(), leaves: Leaves::new() }
                        }
                        _ => self.consume(operand)?,
                    };
                    values.extend(self.coerce(val, want)?.leaves);
                }
                self.e.end(legal::End::Return(values));
            }
            End::Raise(kind, message) => {
                match message {
                    None => self.e.raise(*kind, None, None),
                    Some(message) => {
                        let read = self.read(message)?;
                        let kind = self.e.int(Repr::I32, i64::from(*kind as u32));
                        self.e.rt(RtFn::rt_raise_text, &[kind, read.val.leaves[0]]);
                        self.e.end(legal::End::Unreachable);
                    }
                }
                let at = self.e.at;
                self.e.func.blocks[at].cold = at.index() != 0;
            }
            End::Suspend(..) => unreachable!("templates are expanded"),
            End::Unreachable => {
                self.e.raise(abi::ErrorKind::Internal, None, None);
            }
        }
        Ok(())
    }

    fn switch(
        &mut self,
        place: &Place,
        cases: &[(u32, BlockId)],
        default: BlockId,
        exit: usize,
        shapes: &mut [Shape],
    ) -> R<()> {
        let walk = self.walk(place)?;
        let payload = self.payload(walk.spot.ty)?;
        let tag = match &payload.parts {
            Parts::Variants { tag: Some(_), .. } => Some(self.payload_leaf(&walk.spot, 0)?),
            Parts::Variants { tag: None, .. } | Parts::Fields(_) | Parts::Option { .. } => None,
        };
        self.end_walk(walk)?;
        match tag {
            Some(tag) => {
                let cases = cases
                    .iter()
                    .map(|&(variant, block)| (u64::from(variant), self.edge(block, exit, shapes)))
                    .collect();
                let default = self.edge(default, exit, shapes);
                self.e.end(legal::End::Switch(tag, cases, default));
            }
            None => {
                let block =
                    cases.iter().find(|(variant, _)| *variant == 0).map_or(default, |&(_, block)| block);
                let target = self.edge(block, exit, shapes);
                self.e.end(legal::End::Jump(target));
            }
        }
        Ok(())
    }

    /// A jump from the current block; its arguments come later.
    fn edge(&mut self, to: BlockId, exit: usize, shapes: &mut [Shape]) -> Target {
        let shape = &mut shapes[to.index()];
        let block = match shape.entry {
            Some(block) => block,
            None => *shape.entry.insert(self.e.block()),
        };
        shape.incoming.push(Edge { from: self.e.at, exit });
        Target { block, args: SmallVec::new() }
    }

    fn fill_arguments(&mut self, shapes: &[Shape], exits: &[Holding]) {
        for shape in shapes.iter().filter(|shape| shape.done && !shape.params.is_empty()) {
            let Some(entry) = shape.entry else { continue };
            for edge in &shape.incoming {
                let args: SmallVec<[Value; 2]> = shape
                    .params
                    .iter()
                    .flat_map(|local| {
                        exits[edge.exit]
                            .get(local)
                            .unwrap_or_else(|| panic!("{local} holds a value wherever it is live"))
                    })
                    .copied()
                    .collect();
                let fill = |target: &mut Target| {
                    if target.block == entry {
                        target.args = args.clone();
                    }
                };
                match &mut self.e.func.blocks[edge.from].end {
                    legal::End::Jump(target) => fill(target),
                    legal::End::Branch(_, a, b) => {
                        fill(a);
                        fill(b);
                    }
                    legal::End::Switch(_, cases, default) => {
                        cases.iter_mut().for_each(|(_, target)| fill(target));
                        fill(default);
                    }
                    legal::End::Return(_) | legal::End::Unreachable => {}
                }
            }
        }
    }
}
