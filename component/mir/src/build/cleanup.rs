//! What is done on the way out: deferred work of the function, and the ends of `with` blocks.
//!
//! The work is built anew at every exit that it is for; it stands in the order of the program, so what is registered when an exit is built
//! is what was registered when the program comes there.

use super::{Builder, copy, local};
use crate::generic::{Local, Operand, Rvalue};
use base::Span;
use sema::hir::{Exit, Expr};
use std::rc::Rc;

/// Work for an exit.
#[derive(Clone)]
pub(super) struct Cleanup {
    extent: Extent,
    body: Rc<Expr>,
}

/// What has to be left for the work to be done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// The function.
    Function(Exit),
    /// A block of it, also by `break` and `continue`.
    Block,
}

impl Builder<'_> {
    pub(super) fn defer(&mut self, exit: Exit, body: &Expr) {
        self.cleanups.push(Cleanup { extent: Extent::Function(exit), body: Rc::new(body.clone()) });
    }

    /// A block with work at its end, its value in `dest`.
    pub(super) fn finally(&mut self, dest: Option<Local>, body: &Expr, cleanup: &Expr) {
        self.cleanups.push(Cleanup { extent: Extent::Block, body: Rc::new(cleanup.clone()) });
        match dest {
            Some(dest) => self.into(dest, body),
            None => self.effect(body),
        }
        // Work that the block deferred stays: it is for the end of the function.
        let own = self.cleanups.iter().rposition(|cleanup| cleanup.extent == Extent::Block);
        self.cleanups.remove(own.expect("pushed above"));
        self.effect(cleanup);
    }

    /// The ends of the blocks that a jump to a place with that many cleanups around it leaves.
    pub(super) fn leave_to(&mut self, cleanups: usize) {
        for index in (cleanups..self.cleanups.len()).rev() {
            let Cleanup { extent, body } = self.cleanups[index].clone();
            if extent == Extent::Block {
                self.effect(&body);
            }
        }
    }

    /// Everything that is to be done before the function returns a value; gives the value, which the work no longer changes.
    pub(super) fn leave_function(&mut self, operand: Operand, span: Span) -> Operand {
        if self.cleanups.is_empty() {
            return operand;
        }
        let ret = self.function.ret;
        let (value, result) = match self.is_empty(ret) {
            true => (operand, None),
            false => {
                let result = self.set_temp(ret, Rvalue::Use(operand), span);
                (copy(result), Some(result))
            }
        };
        for index in (0..self.cleanups.len()).rev() {
            let Cleanup { extent, body } = self.cleanups[index].clone();
            match extent {
                Extent::Block | Extent::Function(Exit::Any) => self.effect(&body),
                Extent::Function(Exit::Success(bind)) => {
                    self.on_exit(result, &value, Some(local(bind)), false, &body)
                }
                Extent::Function(Exit::Error(bind)) => {
                    self.on_exit(result, &value, bind.map(local), true, &body)
                }
            }
        }
        value
    }

    /// Work for returns with an `Err`, or for all others.
    fn on_exit(
        &mut self,
        result: Option<Local>,
        value: &Operand,
        bind: Option<Local>,
        error: bool,
        body: &Expr,
    ) {
        let next = self.block();
        match result {
            Some(result) if self.is_result(self.function.ret) => {
                let run = self.block();
                let (yes, no) = if error { (run, next) } else { (next, run) };
                self.test(Rvalue::IsVariant(copy(result), 1), yes, no, body.span);
                self.current = run;
            }
            // What is no `Result` is no error.
            Some(_) | None if error => return,
            Some(_) | None => {}
        }
        if let Some(bind) = bind {
            self.set(bind, Rvalue::Use(value.clone()), body.span);
        }
        self.effect(body);
        self.goto(next, body.span);
        self.current = next;
    }
}
