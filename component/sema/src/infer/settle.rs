//! The end of a body: what is still open is decided by rules, one kind after the other.

use super::Infer;
use super::ity::{Con, T, Var, VarKind};
use super::solve::At;
use crate::scheme::Constraint;
use base::{Code, Diagnostic, Severity, Span};
use std::collections::HashSet;

impl Infer<'_> {
    /// Decides what can be decided about the constraints from `mark` on whose variables have at least this level.
    pub fn settle(&mut self, min_level: u32, mark: usize, generalize: bool) {
        loop {
            self.drain();
            if !self.spend() {
                return;
            }
            if self.force_kind(min_level, mark, |_, kind| matches!(kind, Constraint::Join { .. })) {
                continue;
            }
            let of_params = if generalize { self.param_vars(min_level, mark) } else { HashSet::new() };
            if self.force_kind(min_level, mark, |this, kind| match kind {
                // Where a parameter may be of another type than what it is converted to, that is for the calls to say.
                Constraint::Coerce { from, .. } => {
                    this.tt.var_of(*from).is_none_or(|var| !of_params.contains(&var))
                }
                Constraint::Coalesce { .. } => true,
                _ => false,
            }) {
                continue;
            }
            if self.settle_literals(min_level, mark, generalize) {
                continue;
            }
            if !generalize && self.guess_operands(min_level, mark) {
                continue;
            }
            return;
        }
    }

    /// The same for one use of a function about which not everything may be known: nothing is guessed.
    pub fn settle_for_use(&mut self) {
        loop {
            self.drain();
            if !self.spend() {
                return;
            }
            if !self.force_kind(0, 0, |_, kind| matches!(kind, Constraint::Join { .. }))
                && !self.force_kind(0, 0, |_, kind| {
                    matches!(kind, Constraint::Coerce { .. } | Constraint::Coalesce { .. })
                })
                && !self.settle_literals(0, 0, true)
            {
                return;
            }
        }
    }

    pub fn open_from(&self, min_level: u32, mark: usize) -> Vec<usize> {
        (mark..self.constraints.len())
            .filter(|&index| !self.constraints[index].done && self.constraints[index].level >= min_level)
            .collect()
    }

    /// A constraint that waits for a variable of the module is not the group's to decide.
    pub fn is_outer(&self, index: usize, min_level: u32) -> bool {
        self.constraints[index]
            .kind
            .keys()
            .into_iter()
            .filter_map(|t| self.tt.var_of(t))
            .any(|var| self.tt.vars[var].level < min_level)
    }

    /// Variables that the parameters of the group, which is the last on the stack, decide.
    fn param_vars(&mut self, min_level: u32, mark: usize) -> HashSet<Var> {
        let mut vars = Vec::new();
        for t in self.running_params(min_level as usize - 1) {
            let _ = self.tt.each_var(t, &mut |var| vars.push(var));
        }
        let open = self.open_from(min_level, mark);
        self.reachable(&open, min_level, &mut vars);
        vars.into_iter().collect()
    }

    fn force_kind(
        &mut self,
        min_level: u32,
        mark: usize,
        wanted: impl Fn(&Self, &Constraint<T>) -> bool,
    ) -> bool {
        let mut progress = false;
        for index in self.open_from(min_level, mark) {
            if !self.constraints[index].done
                && wanted(self, &self.constraints[index].kind)
                && !self.is_outer(index, min_level)
            {
                progress |= self.force(index);
                self.drain();
            }
        }
        progress
    }

    /// Literals get their usual type, unless an operator with a type parameter leaves them open.
    fn settle_literals(&mut self, min_level: u32, mark: usize, generalize: bool) -> bool {
        let mut progress = false;
        let open = self.open_from(min_level, mark);
        let mut kept: Vec<Var> = Vec::new();
        if generalize {
            for &index in &open {
                let kind = self.constraints[index].kind.clone();
                if let Constraint::Binary { left, right, .. } = kind {
                    let is_open = |this: &Self, t: T| {
                        this.tt.kind_of(t) == Some(VarKind::General)
                            || matches!(this.tt.con_of(t), Some(Con::Param(_)))
                    };
                    if is_open(self, left) || is_open(self, right) {
                        kept.extend(kind.types().into_iter().filter_map(|t| self.tt.var_of(t)));
                    }
                }
            }
        }
        for index in open {
            for t in self.constraints[index].kind.types() {
                let Some(var) = self.tt.var_of(t) else { continue };
                let state = &self.tt.vars[var];
                if state.kind != VarKind::General && state.level >= min_level && !kept.contains(&var) {
                    self.default_literals(t);
                    progress = true;
                }
            }
        }
        progress
    }

    /// Without more to know, the operands of an operator are of one type.
    fn guess_operands(&mut self, min_level: u32, mark: usize) -> bool {
        for index in self.open_from(min_level, mark) {
            if self.is_outer(index, min_level) {
                continue;
            }
            if let Constraint::Binary { left, right, .. } = self.constraints[index].kind
                && (self.tt.con_of(left).is_some() || self.tt.con_of(right).is_some())
                && self.tt.shallow(left) != self.tt.shallow(right)
                && self.tt.attempt(|tt| tt.unify(left, right)).is_ok()
            {
                return true;
            }
        }
        false
    }

    /// Reports a constraint that nothing decides, unless it stands inside of what is wrong already.
    pub fn ambiguous(&mut self, index: usize) {
        let waiting = &mut self.constraints[index];
        waiting.done = true;
        let at = At { span: waiting.span, pending: None, trace: waiting.trace.clone() };
        let is_known = self.cx.diags.list().iter().any(|found| {
            let Span { file, start, end } = found.primary.span;
            found.severity == Severity::Error
                && file == at.span.file
                && (start..=end).contains(&at.span.start)
                && at.span.end <= end
        });
        if is_known && at.trace.is_empty() {
            return;
        }
        let what = match waiting.kind.clone() {
            Constraint::Member { name, .. } => {
                format!("the type of the value before `.{}` is not known", self.name(name))
            }
            Constraint::Binary { op, .. } => {
                format!("the types of the operands of `{}` are not known", op.symbol())
            }
            Constraint::Unary { .. } => "the type of the operand is not known".to_owned(),
            Constraint::Index { .. } | Constraint::Slice { .. } => {
                "the type of the indexed value is not known".to_owned()
            }
            Constraint::Iterate { .. } => "the type that the loop goes over is not known".to_owned(),
            Constraint::Implements { trait_, .. } => {
                let name = self.p.traits[trait_].name;
                format!("a type that implements `{}` is needed, but it is not known which", self.name(name))
            }
            Constraint::Lacks { trait_, .. } => {
                let name = self.p.traits[trait_].name;
                format!(
                    "a type that does not implement `{}` is needed, but it is not known which",
                    self.name(name)
                )
            }
            Constraint::Coerce { .. } | Constraint::Join { .. } | Constraint::Cast { .. } => {
                "the type of this value is not known".to_owned()
            }
            Constraint::Coalesce { .. } | Constraint::Try { .. } => {
                "the type of the option is not known".to_owned()
            }
        };
        self.fail(
            &at,
            Diagnostic::new(Code::AmbiguousType, at.span, what)
                .help("declare the type of the variable or parameter"),
        );
    }
}
