//! Typed tree to generic MIR.
//!
//! Every expression is evaluated left to right into operands. A variable that is read is used where it stands, as a `Copy` of its place; where something
//! that is evaluated later writes it, a copy in a temporary is put in at the point of reading ([`Held`]). Nothing is known here about ownership: all
//! reads are copies, [`crate::ownership`] turns the last ones into moves.
//!
//! Code behind an expression that never returns goes to blocks without predecessors; they are left out at the end.

mod calls;
mod cleanup;
mod control;
mod expr;
mod literals;
mod loops;
mod matching;
mod pattern;
mod place;

pub use calls::may_change_receiver;

use crate::generic::{
    Block, BlockId, Body, End, Local, LocalDecl, Operand, Place, Root, Rvalue, Stmt, StmtKind,
};
use crate::{coroutine, generic_cfg, ownership};
use base::{Budget, EntityId, Exhausted, Map, Span};
use cleanup::Cleanup;
use place::{Held, Mark, Value};
use sema::hir::{self, FnId, FnKind, LocalId, LoopId, Program, Receiver};
use sema::ty::{Ty, TyId};

/// The template of a function that has a body: built, and completed by [`ownership`].
///
/// # Errors
/// [`Exhausted`] when the budget is used up.
///
/// # Panics
/// If the function has no body; the caller knows its kind.
pub fn template(program: &Program, id: FnId, budget: &mut Budget) -> Result<Body, Exhausted> {
    let mut body = build(program, id, budget)?;
    coroutine::expand(program, &mut body, budget)?;
    ownership::complete(&mut body, budget)?;
    Ok(body)
}

/// The body of a function before ownership: all reads are copies, nothing is dropped.
///
/// # Errors
/// [`Exhausted`] when the budget is used up.
///
/// # Panics
/// If the function has no body; the caller knows its kind.
pub fn build(program: &Program, id: FnId, budget: &mut Budget) -> Result<Body, Exhausted> {
    let function = &program.fns[id];
    let FnKind::Body(source) = &function.kind else {
        panic!("a template was asked for a function without body: {}", function.path);
    };
    let mut builder = Builder::new(program, function, source);
    budget.spend(source.locals.len() as u64)?;
    builder.function();
    budget.spend(builder.work)?;
    Ok(builder.finish(id))
}

/// A block that is being filled.
#[derive(Default)]
struct Draft {
    stmts: Vec<Stmt>,
    end: Option<(End, Span)>,
}

/// A loop around what is being built.
struct Frame {
    id: LoopId,
    continue_to: BlockId,
    break_to: BlockId,
    /// What `break` values fill.
    dest: Option<Local>,
    /// How many cleanups stood around the loop.
    cleanups: usize,
}

struct Builder<'a> {
    program: &'a Program,
    function: &'a hir::Fn,
    source: &'a hir::Body,
    /// The locals of the typed tree come first, with the same numbers.
    locals: Map<Local, LocalDecl>,
    blocks: Map<BlockId, Draft>,
    current: BlockId,
    frames: Vec<Frame>,
    /// What is to be done on the way out, outermost first.
    cleanups: Vec<Cleanup>,
    /// Counts statements: the clock of `written` and `effects`.
    clock: u32,
    /// When each local was last written.
    written: Vec<u32>,
    /// When memory that others see (module-level variables, instances) may last have been written.
    effects: u32,
    /// Expressions and statements, for the budget.
    work: u64,
}

impl<'a> Builder<'a> {
    fn new(program: &'a Program, function: &'a hir::Fn, source: &'a hir::Body) -> Builder<'a> {
        let locals: Map<Local, LocalDecl> =
            source.locals.values().map(|local| LocalDecl { ty: local.ty, name: Some(local.name) }).collect();
        let mut blocks = Map::new();
        let current = blocks.push(Draft::default());
        let written = vec![0; locals.len()];
        Builder {
            program,
            function,
            source,
            locals,
            blocks,
            current,
            frames: Vec::new(),
            cleanups: Vec::new(),
            clock: 0,
            written,
            effects: 0,
            work: 0,
        }
    }

    fn function(&mut self) {
        let value = &self.source.value;
        self.return_value(Some(value), value.span);
    }

    fn finish(self, id: FnId) -> Body {
        let span = self.function.span;
        let mut drafts = self.blocks;
        let blocks = drafts
            .iter_mut()
            .map(|(_, draft)| {
                let (end, end_span) = draft.end.take().unwrap_or((End::Unreachable, span));
                Block { stmts: std::mem::take(&mut draft.stmts), end, end_span }
            })
            .collect();
        let mut results = vec![self.function.ret];
        if self.function.receiver == Receiver::InOut {
            results.insert(0, self.locals[local(self.source.params[0])].ty);
        }
        let mut body = Body {
            id,
            params: self.source.params.iter().map(|&l| local(l)).collect(),
            captures: self.source.captures.iter().map(|&l| local(l)).collect(),
            self_closure: self.source.self_closure.map(local),
            results,
            locals: self.locals,
            blocks,
        };
        generic_cfg::merge_chains(&mut body);
        generic_cfg::order(&mut body);
        body
    }

    // -- locals and blocks -----------------------------------------------------------------------------------

    fn temp(&mut self, ty: TyId) -> Local {
        self.written.push(0);
        self.locals.push(LocalDecl { ty, name: None })
    }

    fn ty(&self, ty: TyId) -> &'a Ty {
        self.program.types.get(ty)
    }

    fn block(&mut self) -> BlockId {
        self.blocks.push(Draft::default())
    }

    /// Ends the current block; what follows until `current` is set again has no predecessor.
    fn end(&mut self, end: End, span: Span) {
        self.blocks[self.current].end = Some((end, span));
        self.current = self.block();
    }

    fn goto(&mut self, target: BlockId, span: Span) {
        self.end(End::Goto(target), span);
    }

    /// Leaves a generator; what was read before is read before anything that happens in the meantime.
    fn suspend(&mut self, state: LocalId, span: Span) {
        self.clock += 1;
        self.effects = self.clock;
        let resume = self.block();
        self.end(End::Suspend(local(state), resume), span);
        self.current = resume;
    }

    // -- statements ------------------------------------------------------------------------------------------

    fn set(&mut self, local: Local, rvalue: Rvalue, span: Span) {
        self.work += 1;
        self.clock += 1;
        if self.may_run_code(&rvalue, local) {
            self.effects = self.clock;
        }
        if let Rvalue::Call(_, args) = &rvalue
            && let Some(Operand::InOut(place)) = args.first()
        {
            self.note_write(&place.clone());
        }
        self.written[local.index()] = self.clock;
        self.blocks[self.current].stmts.push(Stmt { kind: StmtKind::Set(local, rvalue), span });
    }

    fn write(&mut self, kind: StmtKind, span: Span) {
        self.work += 1;
        self.clock += 1;
        self.effects = self.clock;
        if let StmtKind::Store(place, _) | StmtKind::Update(place, ..) = &kind {
            self.note_write(&place.clone());
        }
        self.blocks[self.current].stmts.push(Stmt { kind, span });
    }

    fn note_write(&mut self, place: &Place) {
        if let Root::Local(local) = place.root {
            self.written[local.index()] = self.clock;
        }
    }

    /// A temporary with the value of an rvalue.
    fn set_temp(&mut self, ty: TyId, rvalue: Rvalue, span: Span) -> Local {
        let temp = self.temp(ty);
        self.set(temp, rvalue, span);
        temp
    }

    /// Whether computing it may run functions of the program, which may write what is shared.
    fn may_run_code(&self, rvalue: &Rvalue, dest: Local) -> bool {
        match rvalue {
            Rvalue::Call(..)
            | Rvalue::Member(..)
            | Rvalue::Show(..)
            | Rvalue::Unary(..)
            | Rvalue::Truthy(_) => true,
            Rvalue::Binary(_, a, b) => {
                !(self.is_scalar(self.locals[dest].ty)
                    && self.is_scalar_operand(a)
                    && self.is_scalar_operand(b))
            }
            Rvalue::Use(_)
            | Rvalue::Coerce(_)
            | Rvalue::Cast(_)
            | Rvalue::Construct(..)
            | Rvalue::Some(_)
            | Rvalue::Tuple(_)
            | Rvalue::Array(_)
            | Rvalue::Repeat(..)
            | Rvalue::Dict
            | Rvalue::Range(..)
            | Rvalue::Slice(..)
            | Rvalue::Closure(..)
            | Rvalue::FnValue(..)
            | Rvalue::IsVariant(..)
            | Rvalue::IsSome(_)
            | Rvalue::Is(..)
            | Rvalue::Len(_)
            | Rvalue::IterStart(_)
            | Rvalue::IterMore(..)
            | Rvalue::IterItem(..)
            | Rvalue::IterNext(..) => false,
        }
    }

    fn is_scalar(&self, ty: TyId) -> bool {
        matches!(self.ty(ty), Ty::Bool | Ty::Int(_) | Ty::Float { .. } | Ty::Unit)
    }

    fn is_scalar_operand(&self, operand: &Operand) -> bool {
        match operand {
            Operand::Const(..) => true,
            Operand::Copy(Place { root: Root::Local(local), path }) => {
                path.is_empty() && self.is_scalar(self.locals[*local].ty)
            }
            Operand::Copy(_) | Operand::InOut(_) => false,
            Operand::Move(local) => self.is_scalar(self.locals[*local].ty),
        }
    }

    // -- holding values while others are evaluated ------------------------------------------------------------

    fn mark(&self) -> Mark {
        Mark { block: self.current, index: self.blocks[self.current].stmts.len(), clock: self.clock }
    }

    fn hold(&self, value: Value) -> Held {
        Held { value, mark: self.mark() }
    }

    /// The operands, with copies put in for those that were written after they were read.
    fn settle(&mut self, held: Vec<Held>) -> Vec<Operand> {
        // From the last to the first, so that putting one in does not move the marks of those still to come.
        let mut operands: Vec<Operand> = held.into_iter().rev().map(|held| self.settle_one(held)).collect();
        operands.reverse();
        operands
    }

    fn settle_one(&mut self, held: Held) -> Operand {
        match self.is_stale(&held.value, held.mark.clock) {
            true => self.copy_at(held.value.operand, held.value.ty, held.mark),
            false => held.value.operand,
        }
    }

    fn is_stale(&self, value: &Value, since: u32) -> bool {
        match &value.operand {
            Operand::Copy(place) => {
                let rewritten = match place.root {
                    Root::Local(local) => self.written[local.index()] > since,
                    Root::Global(_) => false,
                };
                rewritten || (value.shared && self.effects > since)
            }
            Operand::Move(_) | Operand::Const(..) | Operand::InOut(_) => false,
        }
    }

    /// A copy of an operand in a temporary, made at a point that was passed before.
    fn copy_at(&mut self, operand: Operand, ty: TyId, mark: Mark) -> Operand {
        let temp = self.temp(ty);
        let span = self.function.span;
        let stmt = Stmt { kind: StmtKind::Set(temp, Rvalue::Use(operand)), span };
        self.blocks[mark.block].stmts.insert(mark.index, stmt);
        copy(temp)
    }
}

/// The local of a local of the typed tree.
fn local(id: LocalId) -> Local {
    Local::from_index(id.index())
}

fn whole(local: Local) -> Place {
    Place { root: Root::Local(local), path: Vec::new() }
}

fn copy(local: Local) -> Operand {
    Operand::Copy(whole(local))
}
