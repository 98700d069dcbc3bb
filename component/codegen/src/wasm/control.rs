//! Blocks and jumps as nested blocks and loops.
//!
//! Norman Ramsey's way (Beyond Relooper: Recursive Translation of Unstructured Control Flow to Structured Control Flow, ICFP 2022), which needs only the dominator tree
//! of a reducible function. The code of a block holds that of all blocks that it dominates. A block that several ways lead to by going forward comes
//! behind a `block`, and jumps to it leave that; the head of a loop begins a `loop`, and jumps back to it repeat that; every other block stands where
//! the one jump to it is. The recursion is a stack of tasks here, since functions may be large.

use super::func::Translation;
use crate::EmitError;
use abi::Repr;
use base::EntityId;
use mir::legal::verify::Flow;
use mir::legal::{BlockId, End, Func, Target, Value};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;
use wasm_encoder::BlockType;

/// Cases up to so many are compared one after the other.
const FEW: usize = 3;

/// The dominator tree and what else the nesting depends on.
pub struct Shape {
    /// By block: those that it dominates immediately and that stand behind a `block`, those that come later in the order first.
    followers: Vec<Vec<BlockId>>,
    /// By block: several ways lead there by going forward.
    is_merge: Vec<bool>,
    /// By block: a jump leads back there.
    is_loop: Vec<bool>,
}

impl Shape {
    /// The shape of a function.
    pub fn of(func: &Func, flow: &Flow) -> Shape {
        let blocks = func.blocks.len();
        let mut forward = vec![0u32; blocks];
        let mut is_loop = vec![false; blocks];
        for &id in flow.order() {
            for target in func.blocks[id].end.targets() {
                if flow.is_back_edge(id, target.block) {
                    is_loop[target.block.index()] = true;
                } else {
                    forward[target.block.index()] += 1;
                }
            }
        }
        let is_merge: Vec<bool> = forward.iter().map(|&count| count > 1).collect();
        let mut followers = vec![Vec::new(); blocks];
        for (block, dominator) in flow.immediate_dominators(func).into_iter().rev() {
            if is_merge[block.index()] {
                followers[dominator.index()].push(block);
            }
        }
        Shape { followers, is_merge, is_loop }
    }
}

/// What a branch out of a construct means.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    /// Again from the head.
    Loop(BlockId),
    /// On with this block.
    Follow(BlockId),
    /// On with a way that a switch takes.
    Arm(BlockId, usize),
    /// An `if`: nobody branches to its end.
    If,
}

/// What is still to be written, the next last.
enum Task {
    /// A block with all that it dominates.
    Tree(BlockId),
    /// A block's own instructions and its end.
    Body(BlockId),
    /// The end of the innermost construct.
    End,
    /// The n-th way out of a block.
    Edge(BlockId, usize),
    /// A run of the cases of a switch; the list has all of them in the order of their values.
    Cases(BlockId, Rc<[usize]>, Range<usize>),
}

/// The nesting at the place that is being written.
pub struct Nesting {
    labels: Vec<Label>,
    /// How many labels stand around each that one can branch to.
    around: BTreeMap<Label, usize>,
    tasks: Vec<Task>,
}

/// Writes a whole function.
pub fn emit(translation: &mut Translation<'_>) -> Result<(), EmitError> {
    let tasks = vec![Task::Tree(BlockId::from_index(0))];
    let mut nesting = Nesting { labels: Vec::new(), around: BTreeMap::new(), tasks };
    while let Some(task) = nesting.tasks.pop() {
        nesting.task(task, translation)?;
    }
    translation.code.finish();
    Ok(())
}

impl Nesting {
    fn task(&mut self, task: Task, translation: &mut Translation<'_>) -> Result<(), EmitError> {
        match task {
            Task::Tree(block) => self.tree(block, translation),
            Task::Body(block) => {
                translation.block(block)?;
                self.end_of(block, translation)?;
            }
            Task::End => {
                if let Some(label) = self.labels.pop() {
                    self.around.remove(&label);
                }
                translation.code.add().end();
            }
            Task::Edge(from, way) => self.edge(from, way, translation)?,
            Task::Cases(from, sorted, cases) => self.cases(from, &sorted, cases, translation)?,
        }
        Ok(())
    }

    fn tree(&mut self, block: BlockId, translation: &mut Translation<'_>) {
        if translation.shape.is_loop[block.index()] {
            translation.at_block(block);
            translation.code.add().loop_(BlockType::Empty);
            self.open(Label::Loop(block));
            self.tasks.push(Task::End);
        }
        let shape = translation.shape;
        for &follower in &shape.followers[block.index()] {
            translation.code.add().block(BlockType::Empty);
            self.open(Label::Follow(follower));
            self.tasks.extend([Task::Tree(follower), Task::End]);
        }
        self.tasks.push(Task::Body(block));
    }

    fn end_of(&mut self, id: BlockId, translation: &mut Translation<'_>) -> Result<(), EmitError> {
        let func = translation.func;
        match &func.blocks[id].end {
            End::Jump(_) => self.tasks.push(Task::Edge(id, 0)),
            End::Return(values) => translation.leave(values, self.labels.is_empty())?,
            End::Unreachable => {
                translation.code.add().unreachable();
                translation.code.close();
            }
            End::Branch(condition, then, other) => self.branches(id, *condition, then, other, translation)?,
            End::Switch(value, cases, _) => self.switch(id, *value, cases, translation)?,
        }
        Ok(())
    }

    fn branches(
        &mut self,
        id: BlockId,
        condition: Value,
        then: &Target,
        other: &Target,
        translation: &mut Translation<'_>,
    ) -> Result<(), EmitError> {
        let func = translation.func;
        let direct = |target: &Target| self.direct(id, target, translation);
        // One that is a branch and nothing else needs no `if`; seldom taken ways stand inside of one, so that the others nest less.
        let inside =
            |target: &Target| func.blocks[target.block].cold || self.label(id, target, translation).is_some();
        let (to_then, to_other) = (direct(then), direct(other));
        let (first, second) = if to_then.is_some() || (to_other.is_none() && (inside(then) || !inside(other)))
        {
            (0, 1)
        } else {
            (1, 0)
        };
        translation.condition(condition, first == 0)?;
        if let Some(label) = if first == 0 { to_then } else { to_other } {
            let depth = self.depth(label, translation)?;
            translation.code.add().br_if(depth);
            self.tasks.push(Task::Edge(id, second));
        } else {
            self.open_if(translation);
            self.tasks.extend([Task::Edge(id, second), Task::End, Task::Edge(id, first)]);
        }
        Ok(())
    }

    /// The way that a jump goes, and what was moved into the parameters before.
    fn edge(
        &mut self,
        from: BlockId,
        way: usize,
        translation: &mut Translation<'_>,
    ) -> Result<(), EmitError> {
        let target = target(&translation.func.blocks[from].end, way)
            .ok_or_else(|| translation.wrong("a way that is not there"))?;
        translation.pass(target)?;
        match self.label(from, target, translation) {
            Some(label) => self.branch(label, translation)?,
            None => self.tasks.push(Task::Tree(target.block)),
        }
        Ok(())
    }

    /// The label of a jump that is a branch and nothing else.
    fn direct(&self, from: BlockId, target: &Target, translation: &Translation<'_>) -> Option<Label> {
        self.label(from, target, translation).filter(|_| translation.has_no_moves(target))
    }

    /// The label that a jump branches to; none where the block stands right there.
    fn label(&self, from: BlockId, target: &Target, translation: &Translation<'_>) -> Option<Label> {
        if translation.flow.is_back_edge(from, target.block) {
            Some(Label::Loop(target.block))
        } else if translation.shape.is_merge[target.block.index()] {
            Some(Label::Follow(target.block))
        } else {
            None
        }
    }

    fn branch(&mut self, label: Label, translation: &mut Translation<'_>) -> Result<(), EmitError> {
        let falls = matches!(self.tasks.last(), Some(Task::End)) && self.labels.last() == Some(&label);
        let repeats = matches!(label, Label::Loop(_));
        if repeats || !falls {
            let depth = self.depth(label, translation)?;
            translation.code.add().br(depth);
        }
        Ok(())
    }

    fn depth(&self, label: Label, translation: &Translation<'_>) -> Result<u32, EmitError> {
        match self.around.get(&label) {
            Some(around) => Ok((self.labels.len() - 1 - around) as u32),
            None => Err(translation.wrong("control flow that is not reducible")),
        }
    }

    /// A construct begins.
    fn open(&mut self, label: Label) {
        self.around.insert(label, self.labels.len());
        self.labels.push(label);
    }

    fn open_if(&mut self, translation: &mut Translation<'_>) {
        translation.code.add().if_(BlockType::Empty);
        self.open(Label::If);
    }

    /// Each way that is more than a branch stands behind a `block` of its own. Values that lie close together index a table of all, others are compared.
    fn switch(
        &mut self,
        id: BlockId,
        value: Value,
        cases: &[(u64, Target)],
        translation: &mut Translation<'_>,
    ) -> Result<(), EmitError> {
        let func = translation.func;
        // Ways out of a switch are its cases in order, then the default, which so comes outermost.
        for (way, target) in func.blocks[id].end.targets().into_iter().enumerate().rev() {
            if self.direct(id, target, translation).is_none() {
                translation.code.add().block(BlockType::Empty);
                self.open(Label::Arm(id, way));
                self.tasks.extend([Task::Edge(id, way), Task::End]);
            }
        }
        if let Some(table) = table(func.values[value], cases) {
            translation.index(value, table.lowest)?;
            let ways = (0..=cases.len()).map(|way| self.way(id, way, translation));
            let ways = ways.collect::<Result<Vec<u32>, EmitError>>()?;
            let entries = table.ways.iter().map(|&way| ways[way as usize]);
            translation.code.add().br_table(entries.collect::<Vec<u32>>(), ways[cases.len()]);
        } else {
            let mut sorted: Vec<usize> = (0..cases.len()).collect();
            sorted.sort_by_key(|&case| cases[case].0);
            self.tasks.push(Task::Cases(id, sorted.into(), 0..cases.len()));
        }
        Ok(())
    }

    /// The depth of the label of a switch's way.
    fn way(&self, id: BlockId, way: usize, translation: &Translation<'_>) -> Result<u32, EmitError> {
        self.depth(self.label_of_way(id, way, translation), translation)
    }

    fn label_of_way(&self, id: BlockId, way: usize, translation: &Translation<'_>) -> Label {
        let target = target(&translation.func.blocks[id].end, way);
        let direct = target.and_then(|target| self.direct(id, target, translation));
        direct.unwrap_or(Label::Arm(id, way))
    }

    /// Halves by order down to a few cases, then one by one.
    fn cases(
        &mut self,
        id: BlockId,
        sorted: &Rc<[usize]>,
        cases: Range<usize>,
        translation: &mut Translation<'_>,
    ) -> Result<(), EmitError> {
        if cases.len() > FEW {
            let middle = cases.start + cases.len() / 2;
            translation.case_is_after(id, sorted[middle])?;
            self.open_if(translation);
            self.tasks.extend([
                Task::Cases(id, sorted.clone(), middle..cases.end),
                Task::End,
                Task::Cases(id, sorted.clone(), cases.start..middle),
            ]);
            return Ok(());
        }
        for &case in &sorted[cases] {
            translation.case_is(id, case)?;
            let depth = self.way(id, case, translation)?;
            translation.code.add().br_if(depth);
        }
        let default = self.label_of_way(id, sorted.len(), translation);
        self.branch(default, translation)
    }
}

/// The n-th of the targets of a block's end, without a list of all.
fn target(end: &End, way: usize) -> Option<&Target> {
    match end {
        End::Switch(_, cases, default) => Some(cases.get(way).map_or(default, |(_, target)| target)),
        End::Jump(_) | End::Branch(..) | End::Return(_) | End::Unreachable => end.targets().get(way).copied(),
    }
}

/// What a switch looks up.
pub struct Table {
    lowest: u64,
    /// For each value from `lowest` on.
    ways: Vec<u32>,
}

/// The table for a switch whose values lie close together.
pub fn table(ty: Repr, cases: &[(u64, Target)]) -> Option<Table> {
    if ty.size() > 4 || cases.len() <= FEW {
        return None;
    }
    let lowest = cases.iter().map(|case| case.0).min()?;
    let highest = cases.iter().map(|case| case.0).max()?;
    let span = usize::try_from(highest - lowest).ok().filter(|&span| span < 4 * cases.len())?;
    let mut ways = vec![cases.len() as u32; span + 1];
    for (way, case) in cases.iter().enumerate() {
        ways[(case.0 - lowest) as usize] = way as u32;
    }
    Some(Table { lowest, ways })
}
