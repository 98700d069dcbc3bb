//! A program's machine code made by several sessions: each is given the same modules, goes through the same stages as far as functions have to do with each
//! other, and makes the code of its share of them. One of them puts the shares together. The artifact is the same, byte for byte, as one session alone
//! makes, and so are the units of work that are counted for it.

use super::{Failure, Progress, Session};
use base::wire::{In, Malformed, Out};
use base::{Budget, EntityId as _};
use codegen::{EmitError, OptLevel, Target};
use mir::legal::{self, FuncId};
use mir::simplify::Apart;
use sema::Role;

/// What a program is compiled for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// An artifact: [`Session::emit`].
    Artifact,
    /// A module file: [`Session::compile`].
    Module,
}

/// One of several equal parts of the work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ShareOf {
    /// Which, from 0.
    pub index: u32,
    /// Of how many.
    pub count: u32,
}

/// A share as it was handed in.
pub(super) struct Share {
    /// Work before functions are looked at one by one: the same in all sessions.
    common: u64,
    simplify: u64,
    emit: u64,
    code: Vec<u8>,
}

impl Session {
    /// Machine code of a share of the program's functions, for [`add_shares`](Session::add_shares) of a session that has the same modules.
    ///
    /// # Errors
    /// The program is wrong, or a limit is reached; see [`Failure`]. What is wrong with a function is found by a session that makes all of them.
    pub fn emit_share(
        &mut self,
        target: Target,
        purpose: Purpose,
        share: ShareOf,
    ) -> Result<Vec<u8>, Failure> {
        self.serves(purpose);
        if !self.has_code(purpose)? {
            return Ok(Vec::new());
        }
        self.joined()?;
        let Some(program) = self.progress.legal() else { unreachable!("it is legal MIR now") };
        // Work on a share is counted by whoever puts them together.
        let mut budget = self.cx.budget.clone();
        let made = self.make_share(program, target, share, &mut budget);
        let made = made.map_err(|error| match error {
            EmitError::Exhausted | EmitError::TooLarge { .. } => Failure::Rejected,
            EmitError::Internal { .. } => Failure::Internal(error.to_string()),
        })?;
        let mut out = Out::default();
        for number in [self.cx.budget.used(), made.common, made.simplify, made.emit] {
            out.uint(number);
        }
        out.block(&made.code);
        self.within_limit(out.into_bytes())
    }

    fn make_share(
        &self,
        program: &legal::Program,
        target: Target,
        share: ShareOf,
        budget: &mut Budget,
    ) -> Result<Share, EmitError> {
        let mut emitted = codegen::Share::new(program, target, &self.codegen_options())?;
        let mut made = Share { common: 0, simplify: 0, emit: 0, code: Vec::new() };
        let simplified = matches!(self.progress, Progress::Lowered(..));
        let passes = match self.options.optimization {
            OptLevel::Speed if !simplified => {
                Some(counted(budget, &mut made.common, |budget| Apart::new(program, budget))?)
            }
            OptLevel::Speed | OptLevel::None => None,
        };
        for id in functions_of(program, share) {
            let func = &program.funcs[id];
            match &passes {
                Some(passes) => {
                    let mut func = func.clone();
                    counted(budget, &mut made.simplify, |budget| passes.run(&mut func, budget))?;
                    counted(budget, &mut made.emit, |budget| emitted.add(id, &func, budget))?;
                }
                None => counted(budget, &mut made.emit, |budget| emitted.add(id, func, budget))?,
            }
        }
        made.code = emitted.finish();
        Ok(made)
    }

    /// Hands in all shares of the program's machine code for a target. [`emit`](Session::emit) and [`compile`](Session::compile) use them.
    ///
    /// # Errors
    /// They are not what sessions with the same modules made: a bug of whoever handed them in.
    pub fn add_shares(
        &mut self,
        target: Target,
        purpose: Purpose,
        shares: &[Vec<u8>],
    ) -> Result<(), Failure> {
        self.serves(purpose);
        if !self.has_code(purpose)? {
            return Ok(());
        }
        self.joined()?;
        let used = self.cx.budget.used();
        let read = shares.iter().map(|bytes| read(bytes, used)).collect::<Result<_, _>>();
        let read =
            read.map_err(|malformed| Failure::Internal(format!("a share of the code: {malformed}")))?;
        self.shares.retain(|(other, _)| *other != target);
        self.shares.push((target, read));
        Ok(())
    }

    /// False for a module file of a library: there is nothing to run in it.
    fn has_code(&mut self, purpose: Purpose) -> Result<bool, Failure> {
        self.check()?;
        Ok(match purpose {
            Purpose::Artifact => true,
            Purpose::Module => self.progress.typed_tree().runs(),
        })
    }

    /// The program is compiled for this from now on.
    pub(super) fn serves(&mut self, purpose: Purpose) {
        let role = match purpose {
            Purpose::Artifact => Role::Main,
            Purpose::Module => Role::MainLibrary,
        };
        if self.role != role {
            self.role = role;
            self.progress = Progress::Parsed;
        }
    }

    /// The shares for a target, if they were handed in for the program as it is.
    pub(super) fn take_shares(&mut self, target: Target) -> Option<Vec<Share>> {
        let at = self.shares.iter().position(|(other, _)| *other == target)?;
        let (_, shares) = self.shares.swap_remove(at);
        self.progress.legal().map(|_| shares)
    }

    /// The artifact of its shares.
    pub(super) fn join(
        &mut self,
        target: Target,
        shares: &[Share],
    ) -> Result<Result<Vec<u8>, EmitError>, Failure> {
        let common = shares.first().map_or(0, |share| share.common);
        let simplify: u64 = shares.iter().map(|share| share.simplify).sum();
        // A budget that is used up is reported at the end of the phase.
        let _ = self.cx.budget.spend(common + simplify);
        if self.options.optimization == OptLevel::Speed {
            self.end_phase("simplify");
        }
        self.stop_on_errors()?;
        let Some(program) = self.progress.legal() else { unreachable!("whoever took the shares looked") };
        let spent = self.cx.budget.spend(shares.iter().map(|share| share.emit).sum());
        let code: Vec<&[u8]> = shares.iter().map(|share| &*share.code).collect();
        Ok(spent.map_err(EmitError::from).and_then(|()| codegen::join(program, target, &code)))
    }
}

/// Does some work and adds the units that it took.
fn counted<T, E: Into<EmitError>>(
    budget: &mut Budget,
    units: &mut u64,
    work: impl FnOnce(&mut Budget) -> Result<T, E>,
) -> Result<T, EmitError> {
    let before = budget.used();
    let result = work(budget);
    *units += budget.used() - before;
    result.map_err(E::into)
}

fn read(bytes: &[u8], used: u64) -> Result<Share, Malformed> {
    let mut input = In::new(bytes);
    // The work up to here tells programs apart well enough to find a bug.
    if input.uint()? != used {
        return input.fail("a share of the same program");
    }
    let (common, simplify, emit) = (input.uint()?, input.uint()?, input.uint()?);
    Ok(Share { common, simplify, emit, code: input.block()?.to_vec() })
}

/// The functions of a share, so that all shares have about the same number of instructions: the largest ones first, each to the share that has the
/// least so far.
fn functions_of(program: &legal::Program, share: ShareOf) -> Vec<FuncId> {
    let size = |func: &legal::Func| func.blocks.values().map(|block| 1 + block.insts.len()).sum::<usize>();
    let mut sizes: Vec<(usize, FuncId)> = program.funcs.iter().map(|(id, func)| (size(func), id)).collect();
    sizes.sort_by_key(|&(size, id)| (std::cmp::Reverse(size), id.index()));
    let mut filled = vec![0; share.count.max(1) as usize];
    let mut mine = Vec::new();
    for (size, id) in sizes {
        let Some(least) = (0..filled.len()).min_by_key(|&index| filled[index]) else { break };
        filled[least] += size;
        if least == share.index as usize {
            mine.push(id);
        }
    }
    mine
}
