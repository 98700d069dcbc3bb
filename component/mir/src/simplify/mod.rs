//! Makes legal MIR smaller and faster. Every pass takes a sound program (in the sense of the
//! [verifier](crate::legal::verify)) and leaves a sound one that does the same; each says in its header what it looks for.
//!
//! The work is counted in the budget, about one unit per instruction that is looked at.

mod blocks;
mod counts;
mod dead;
mod edit;
mod fold;
mod gvn;
mod hoist;
mod inline;
mod known;
mod loops;
mod memory;
mod params;
pub(crate) mod prune;
mod rotate;
mod signs;
mod strength;
mod thread;

use crate::legal::{Func, FuncId, Program};
use base::{Budget, Exhausted};
use memory::Summary;

/// A pass over a function. True if it changed something that lets other passes find more.
type FuncPass = fn(&mut Func, &mut Budget) -> Result<bool, Exhausted>;

/// A row of the table of passes.
pub struct Pass {
    /// Its name.
    pub name: &'static str,
    run: FuncPass,
    /// Passes that come before this one in a round, with the reason.
    pub after: &'static [(&'static str, &'static str)],
}

/// A round over a function, in order.
pub const ROUND: &[Pass] = &[
    Pass { name: "blocks", run: blocks::run, after: &[] },
    Pass {
        name: "params",
        run: params::run,
        after: &[("blocks", "an edge from a block that is never reached passes values that do not count")],
    },
    Pass {
        name: "signs",
        run: signs::run,
        after: &[("params", "a parameter that is handed round a loop hides what it stands for")],
    },
    Pass {
        name: "fold",
        run: fold::run,
        after: &[
            ("params", "a parameter that is always the same constant is one operand more to fold with"),
            ("signs", "its answers are constants"),
        ],
    },
    Pass {
        name: "strength",
        run: strength::run,
        after: &[("fold", "it looks for divisors that are constants")],
    },
    Pass {
        name: "thread",
        run: thread::run,
        after: &[
            ("fold", "it looks for constants that are passed to a block that branches on them"),
            ("blocks", "it looks at blocks that do nothing else, and merging leaves fewer of those that do"),
        ],
    },
    Pass {
        name: "counts",
        run: counts::run,
        after: &[(
            "blocks",
            "a pair is found within a block, or down a chain of blocks with one predecessor",
        )],
    },
    Pass {
        name: "dead",
        run: dead::run,
        after: &[
            ("fold", "folding leaves operands that nobody uses"),
            ("counts", "a value that was only counted is not used any more"),
        ],
    },
];

/// A function is gone over again while that finds something, this often at most.
const MAX_ROUNDS: usize = 4;

/// All passes over a whole program: each function by itself, calls inlined from the leaves up, then what is not called any more removed.
///
/// # Errors
/// The budget is used up. The program is sound all the same.
pub fn simplify(program: &mut Program, budget: &mut Budget) -> Result<(), Exhausted> {
    together(program, budget)?;
    apart(program, budget)
}

/// The first half of [`simplify`]: what several functions have to do with each other, calls inlined and functions dropped. Places, slots and all other
/// tables of the program stay as they are afterwards.
///
/// # Errors
/// The budget is used up. The program is sound all the same.
pub fn together(program: &mut Program, budget: &mut Budget) -> Result<(), Exhausted> {
    inline::run(program, budget)?;
    prune::run(program);
    Ok(())
}

/// The second half: each function by itself.
///
/// # Errors
/// The budget is used up. The program is sound all the same.
pub fn apart(program: &mut Program, budget: &mut Budget) -> Result<(), Exhausted> {
    let one = Apart::new(program, budget)?;
    program.funcs.iter_mut().try_for_each(|(_, func)| one.run(func, budget))
}

/// The second half for functions of a program one by one, in any order: the passes that have to know what calls change, and those on loops.
pub struct Apart(Summary);

impl Apart {
    /// Looks at a program that the first half is done with.
    ///
    /// # Errors
    /// The budget is used up.
    pub fn new(program: &Program, budget: &mut Budget) -> Result<Apart, Exhausted> {
        Ok(Apart(Summary::of(program, budget)?))
    }

    /// Simplifies a function of the program.
    ///
    /// # Errors
    /// The budget is used up. The function is sound all the same.
    pub fn run(&self, func: &mut Func, budget: &mut Budget) -> Result<(), Exhausted> {
        let mut result = known_memory(func, &self.0, budget);
        if result.is_ok() && loops::has_loops(func) {
            result = around_loops(func, &self.0, budget);
        }
        edit::compact(func);
        result
    }
}

/// What is known from before: counts, values, decisions.
fn known_memory(func: &mut Func, summary: &Summary, budget: &mut Budget) -> Result<(), Exhausted> {
    let fewer_counts = counts::run_knowing(func, summary, budget)?;
    let same_values = gvn::run(func, summary, budget)?;
    if known::run(func, summary, budget)? || fewer_counts {
        fold::run(func, budget)?;
        round(func, budget)?;
    } else if same_values {
        signs::run(func, budget)?;
        fold::run(func, budget)?;
        dead::run(func, budget)?;
    }
    Ok(())
}

/// Fewer instructions in each turn of a loop.
fn around_loops(func: &mut Func, summary: &Summary, budget: &mut Budget) -> Result<(), Exhausted> {
    // An object that turned out to have one owner is the same in every turn: what is read from it is known from before.
    if gvn::run(func, summary, budget)? {
        signs::run(func, budget)?;
        fold::run(func, budget)?;
    }
    rotate::run(func, budget)?;
    if hoist::run(func, summary, budget)? && gvn::run(func, summary, budget)? {
        known::run(func, summary, budget)?;
    }
    fold::run(func, budget)?;
    blocks::run(func, budget)?;
    params::run(func, budget)?;
    dead::run(func, budget)?;
    Ok(())
}

/// The passes over one function.
///
/// # Errors
/// The budget is used up. The function is sound all the same.
pub fn simplify_func(program: &mut Program, id: FuncId, budget: &mut Budget) -> Result<(), Exhausted> {
    rounds(&mut program.funcs[id], budget)
}

/// Rounds until nothing changes.
fn rounds(func: &mut Func, budget: &mut Budget) -> Result<(), Exhausted> {
    let mut result = Ok(());
    for _ in 0..MAX_ROUNDS {
        match round(func, budget) {
            Ok(true) => {}
            Ok(false) => break,
            Err(exhausted) => {
                result = Err(exhausted);
                break;
            }
        }
    }
    edit::compact(func);
    result
}

fn round(func: &mut Func, budget: &mut Budget) -> Result<bool, Exhausted> {
    let mut changed = false;
    for pass in ROUND {
        changed |= (pass.run)(func, budget)?;
    }
    Ok(changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passes_come_in_the_order_they_ask_for() {
        for (index, pass) in ROUND.iter().enumerate() {
            for (before, reason) in pass.after {
                assert!(
                    ROUND[..index].iter().any(|earlier| earlier.name == *before),
                    "{} comes after {before}: {reason}",
                    pass.name
                );
            }
        }
    }
}
