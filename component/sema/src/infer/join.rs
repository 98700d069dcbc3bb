//! One type for several values: branches, elements of an array, results of a function. Where the values have no type in common it is `any`.

use super::Infer;
use super::ity::{Con, T, VarKind};
use super::solve::{At, Outcome};
use crate::scheme::Constraint;
use base::Span;

impl Infer<'_> {
    /// The type that values of these types share.
    pub fn join(&mut self, inputs: Vec<T>, span: Span) -> T {
        if let [only] = inputs.as_slice() {
            return *only;
        }
        let ret = self.fresh();
        self.add(Constraint::Join { inputs, ret }, span, None);
        self.tt.shallow(ret)
    }

    pub fn solve_join(&mut self, at: &At, inputs: &[T], ret: T, force: bool) -> Outcome {
        let ret = self.tt.shallow(ret);
        let mut list: Vec<T> = Vec::new();
        for &input in inputs {
            let input = self.tt.shallow(input);
            match self.tt.con_of(input) {
                Some(Con::Never) => {}
                Some(Con::Error) => {
                    let _ = self.tt.unify(ret, input);
                    return Outcome::Solved;
                }
                _ if input == ret || list.contains(&input) => {}
                _ => list.push(input),
            }
        }
        if self.tt.var_of(ret).is_none() {
            // Something else has decided already.
            for input in list {
                self.coerce_type(at, input, ret, false);
            }
            return Outcome::Solved;
        }
        match list.as_slice() {
            [] => {
                // Nothing comes out. What only comes out of calls of the function itself is not decided here.
                if inputs.iter().all(|&input| self.tt.con_of(input) == Some(Con::Never)) {
                    let never = self.tt.never();
                    let _ = self.tt.unify(ret, never);
                }
                return Outcome::Solved;
            }
            [only] if !inputs.iter().any(|&input| self.tt.shallow(input) == ret) => {
                let only = *only;
                if self.tt.unify(ret, only).is_err() {
                    self.join_any(ret);
                }
                return Outcome::Solved;
            }
            _ => {}
        }
        let unknown: Vec<T> =
            list.iter().copied().filter(|&t| self.tt.kind_of(t) == Some(VarKind::General)).collect();
        if !unknown.is_empty() && !force {
            return Outcome::Blocked(unknown);
        }
        self.join_known(at, &list, ret);
        Outcome::Solved
    }

    fn join_any(&mut self, ret: T) {
        let any = self.tt.any();
        let _ = self.tt.unify(ret, any);
    }

    fn join_known(&mut self, at: &At, list: &[T], ret: T) {
        if list.iter().any(|&t| self.tt.con_of(t) == Some(Con::Any)) {
            self.join_any(ret);
            return;
        }
        let (options, others): (Vec<T>, Vec<T>) =
            list.iter().copied().partition(|&t| self.tt.con_of(t) == Some(Con::Option));
        let joined = if options.is_empty() || others.is_empty() {
            self.unify_all(list)
        } else {
            // T and U? share T?.
            let inner: Vec<T> =
                options.iter().map(|&t| self.tt.arg(t, 0)).chain(others.iter().copied()).collect();
            self.unify_all(&inner).map(|inner| self.tt.option(inner))
        };
        match joined {
            Some(joined) => {
                if let Err(clash) = self.tt.unify(ret, joined) {
                    self.mismatch(at.span, joined, ret, &super::convert::Why::Result, clash);
                }
            }
            None => self.join_any(ret),
        }
    }

    /// Makes all of them one type, or none. Numbers go to the wider kind only where they are literals.
    fn unify_all(&mut self, list: &[T]) -> Option<T> {
        let (&first, rest) = list.split_first()?;
        self.tt
            .attempt(|tt| {
                for &other in rest {
                    tt.unify(first, other)?;
                }
                Ok::<T, super::ity::Clash>(first)
            })
            .ok()
    }
}
