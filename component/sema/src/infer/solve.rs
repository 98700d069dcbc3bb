//! The store of constraints: tried when they arise, and again whenever a variable they wait for becomes known.

use super::ity::{T, Var};
use super::tree::Pending;
use super::{Infer, Waiting};
use crate::scheme::Constraint;
use base::{Diagnostic, Span};

/// What came of a try.
pub(crate) enum Outcome {
    /// Done, or reported.
    Solved,
    /// One of these types must be known first.
    Blocked(Vec<T>),
}

impl Infer<'_> {
    /// Adds a constraint and tries it.
    pub fn add(&mut self, kind: Constraint<T>, span: Span, pending: Option<Pending>) {
        self.add_traced(kind, span, pending, Vec::new());
    }

    pub fn add_traced(
        &mut self,
        kind: Constraint<T>,
        span: Span,
        pending: Option<Pending>,
        trace: Vec<Span>,
    ) {
        let level = self.level;
        self.constraints.push(Waiting { kind, span, level, pending, trace, done: false });
        self.try_constraint(self.constraints.len() - 1);
    }

    /// Tries everything whose variables became known.
    pub fn drain(&mut self) {
        loop {
            while let Some(var) = self.tt.woken.pop() {
                if let Some(list) = self.waiting.remove(&var) {
                    self.queue.extend(list);
                }
            }
            let Some(index) = self.queue.pop_front() else { return };
            self.try_constraint(index);
        }
    }

    fn try_constraint(&mut self, index: usize) {
        if self.constraints[index].done || !self.spend() {
            return;
        }
        if let Outcome::Blocked(on) = self.attempt_constraint(index, false) {
            for t in on {
                if let Some(var) = self.tt.var_of(t) {
                    self.wait(var, index);
                }
            }
        }
    }

    fn wait(&mut self, var: Var, index: usize) {
        let list = self.waiting.entry(var).or_default();
        if !list.contains(&index) {
            list.push(index);
        }
    }

    /// Tries one constraint. With `force`, what is still unknown is treated as if it were nothing special. True if it is done.
    pub fn force(&mut self, index: usize) -> bool {
        match self.attempt_constraint(index, true) {
            Outcome::Solved => true,
            Outcome::Blocked(on) => {
                for t in on {
                    if let Some(var) = self.tt.var_of(t) {
                        self.wait(var, index);
                    }
                }
                false
            }
        }
    }

    fn attempt_constraint(&mut self, index: usize, force: bool) -> Outcome {
        let waiting = &mut self.constraints[index];
        if waiting.done {
            return Outcome::Solved;
        }
        // A constraint that is tried is not tried again from within.
        waiting.done = true;
        let kind = waiting.kind.clone();
        let at = At { span: waiting.span, pending: waiting.pending, trace: waiting.trace.clone() };
        let level = std::mem::replace(&mut self.level, waiting.level);
        let outcome = match kind {
            Constraint::Member { recv, name, args, ret, statement } => {
                self.solve_member(&at, recv, name, args.as_deref(), ret, statement)
            }
            Constraint::Binary { op, left, right, ret } => self.solve_binary(&at, op, left, right, ret),
            Constraint::Unary { op, arg, ret } => self.solve_unary(&at, op, arg, ret),
            Constraint::Index { base, index, ret, place } => self.solve_index(&at, base, index, ret, place),
            Constraint::Slice { base, ret } => self.solve_slice(&at, base, ret),
            Constraint::Iterate { base, item } => self.solve_iterate(&at, base, item),
            Constraint::Implements { ty, trait_, args } => self.solve_implements(&at, ty, trait_, &args),
            Constraint::Lacks { ty, trait_, args } => self.solve_lacks(&at, ty, trait_, &args),
            Constraint::Coerce { from, to, soft } => self.solve_coerce(&at, from, to, soft, force),
            Constraint::Join { inputs, ret } => self.solve_join(&at, &inputs, ret, force),
            Constraint::Coalesce { left, right, ret } => self.solve_coalesce(&at, left, right, ret, force),
            Constraint::Try { value, ok, ret } => self.solve_try(&at, value, ok, ret),
            Constraint::Cast { from, to } => self.solve_cast(&at, from, to),
        };
        self.level = level;
        if let Outcome::Blocked(_) = outcome {
            self.constraints[index].done = false;
        }
        outcome
    }

    /// Reports a failed constraint, with the uses in templates that lead to it.
    pub fn fail(&mut self, at: &At, mut diagnostic: Diagnostic) {
        for &span in &at.trace {
            if span != at.span {
                diagnostic = diagnostic.note(span, "needed here, in the function that is called");
            }
        }
        self.report(diagnostic);
    }
}

/// Where a constraint comes from.
#[derive(Clone)]
pub(crate) struct At {
    pub span: Span,
    pub pending: Option<Pending>,
    pub trace: Vec<Span>,
}

impl At {
    pub fn new(span: Span) -> At {
        At { span, pending: None, trace: Vec::new() }
    }
}
