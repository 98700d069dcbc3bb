//! Runs the typed tree directly.

use crate::generate::{BUMP, POP_OR, PUSH};
use crate::{Outcome, V};
use base::EntityId;
use sema::hir::*;
use std::collections::BTreeMap;

/// Why an expression has no value.
enum Exit {
    Raised,
    Fuel,
    Return(V),
    Break(LoopId, V),
    Continue(LoopId),
}

struct Run<'a> {
    program: &'a Program,
    locals: BTreeMap<LocalId, V>,
    global: i64,
    fuel: u32,
}

/// A place with its indices evaluated.
enum Step {
    Field(usize),
    Index(i64),
}

pub fn run(program: &Program, id: FnId) -> Outcome {
    let FnKind::Body(body) = &program.fns[id].kind else { panic!("main has a body") };
    let mut run = Run { program, locals: BTreeMap::new(), global: 10, fuel: 20_000 };
    run.locals.insert(body.params[0], V::Many(vec![V::Int(7), V::Int(8)]));
    run.locals.insert(body.params[1], V::Int(3));
    let value = match run.eval(&body.value) {
        Ok(value) | Err(Exit::Return(value)) => value,
        Err(Exit::Raised) => return Outcome::Raised,
        Err(Exit::Fuel) => return Outcome::OutOfFuel,
        Err(Exit::Break(..) | Exit::Continue(_)) => panic!("a loop was left from outside"),
    };
    let mut values = vec![value];
    if program.fns[id].receiver == Receiver::InOut {
        values.insert(0, run.locals[&body.params[0]].clone());
    }
    Outcome::Returned(values, V::Int(run.global))
}

impl Run<'_> {
    fn int(&mut self, e: &Expr) -> Result<i64, Exit> {
        match self.eval(e)? {
            V::Int(n) => Ok(n),
            other => panic!("{other:?} is no integer"),
        }
    }

    fn truth(&mut self, e: &Expr) -> Result<bool, Exit> {
        Ok(match self.eval(e)? {
            V::Bool(value) => value,
            V::Many(items) => !items.is_empty(),
            other => panic!("{other:?} has no truth here"),
        })
    }

    /// The root and the way of a place.
    fn place(&mut self, e: &Expr) -> Result<(Option<LocalId>, Vec<Step>), Exit> {
        Ok(match &e.kind {
            ExprKind::Local(id) => (Some(*id), Vec::new()),
            ExprKind::Global(_) => (None, Vec::new()),
            ExprKind::Field(base, i) => {
                let (root, mut path) = self.place(base)?;
                path.push(Step::Field(*i as usize));
                (root, path)
            }
            ExprKind::Index(base, index) => {
                let (root, mut path) = self.place(base)?;
                path.push(Step::Index(self.int(index)?));
                (root, path)
            }
            _ => panic!("no place"),
        })
    }

    fn at<T>(
        &mut self,
        (root, path): &(Option<LocalId>, Vec<Step>),
        then: impl FnOnce(&mut V) -> T,
    ) -> Result<T, Exit> {
        let Some(root) = root else {
            let mut value = V::Int(self.global);
            let result = then(&mut value);
            let V::Int(n) = value else { panic!("the variable is an integer") };
            self.global = n;
            return Ok(result);
        };
        let mut value = self.locals.get_mut(root).expect("set before");
        for step in path {
            let V::Many(items) = value else { panic!("a step into {value:?}") };
            let index = match step {
                Step::Field(i) => *i,
                Step::Index(i) => crate::index(*i, items.len()).ok_or(Exit::Raised)?,
            };
            value = &mut items[index];
        }
        Ok(then(value))
    }

    fn all(&mut self, exprs: &[Expr]) -> Result<Vec<V>, Exit> {
        exprs.iter().map(|e| self.eval(e)).collect()
    }

    fn eval(&mut self, e: &Expr) -> Result<V, Exit> {
        self.fuel = self.fuel.checked_sub(1).ok_or(Exit::Fuel)?;
        Ok(match &e.kind {
            ExprKind::Int(n) => V::Int(*n as i64),
            ExprKind::Bool(b) => V::Bool(*b),
            ExprKind::Nil => V::Nil,
            ExprKind::Local(_) | ExprKind::Global(_) | ExprKind::Field(..) | ExprKind::Index(..) => {
                let place = self.place(e)?;
                self.at(&place, |value| value.clone())?
            }
            ExprKind::Tuple(items) => V::Many(self.all(items)?),
            ExprKind::Array(items) => {
                let mut all = Vec::new();
                for (spread, item) in items {
                    match self.eval(item)? {
                        V::Many(items) if *spread => all.extend(items),
                        item => all.push(item),
                    }
                }
                V::Many(all)
            }
            ExprKind::Some(inner) => V::Some(Box::new(self.eval(inner)?)),
            ExprKind::Construct { variant, fields } => V::Variant(variant.unwrap_or(0), self.all(fields)?),
            ExprKind::Coerce(inner) => self.eval(inner)?,
            ExprKind::Binary(op, a, b) => {
                let (a, b) = (self.int(a)?, self.int(b)?);
                binary(*op, a, b)
            }
            ExprKind::And(a, b) => V::Bool(self.truth(a)? && self.truth(b)?),
            ExprKind::Or(a, b) => V::Bool(self.truth(a)? || self.truth(b)?),
            ExprKind::Unary(_, a) => V::Bool(!self.truth(a)?),
            ExprKind::Coalesce(a, b) => match self.eval(a)? {
                V::Some(value) => *value,
                _ => self.eval(b)?,
            },
            ExprKind::Block { stmts, value } => {
                for stmt in stmts {
                    self.eval(stmt)?;
                }
                match value {
                    Some(value) => self.eval(value)?,
                    None => V::Unit,
                }
            }
            ExprKind::Let { pat, init } => {
                let value = self.eval(init)?;
                assert!(self.matches(pat, &value));
                V::Unit
            }
            ExprKind::Assign { place, op, value } => {
                let place = self.place(place)?;
                let new = self.eval(value)?;
                self.at(&place, |value| {
                    let new = match (op, new) {
                        (Some(op), V::Int(new)) => {
                            let V::Int(current) = *value else { panic!("no integer") };
                            binary(*op, current, new)
                        }
                        (_, new) => new,
                    };
                    *value = new;
                })?;
                V::Unit
            }
            ExprKind::If { cond, then, otherwise } => {
                if self.cond(cond)? {
                    self.eval(then)?
                } else {
                    match otherwise {
                        Some(otherwise) => self.eval(otherwise)?,
                        None => V::Unit,
                    }
                }
            }
            ExprKind::Match { value, arms, .. } => {
                let value = self.eval(value)?;
                for arm in arms {
                    if self.matches(&arm.pat, &value) {
                        let holds = match &arm.guard {
                            Some(guard) => self.truth(guard)?,
                            None => true,
                        };
                        if holds {
                            return self.eval(&arm.body);
                        }
                    }
                }
                V::Unit
            }
            ExprKind::While { id, cond, body } => {
                while self.cond(cond)? {
                    if self.round(*id, body)?.is_some() {
                        break;
                    }
                }
                V::Unit
            }
            ExprKind::Loop { id, body } => loop {
                if let Some(value) = self.round(*id, body)? {
                    break value;
                }
            },
            ExprKind::For { id, index, pat, iter, body } => {
                let items: Vec<V> = match &iter.kind {
                    ExprKind::Range { start, end, inclusive } => {
                        let start = self.int(start)?;
                        let end = self.int(end.as_ref().expect("an end"))? + i64::from(*inclusive);
                        (start..end).map(V::Int).collect()
                    }
                    _ => match self.eval(iter)? {
                        V::Many(items) => items,
                        V::Int(n) => (0..n).map(V::Int).collect(),
                        other => panic!("no items in {other:?}"),
                    },
                };
                for (i, item) in items.iter().enumerate() {
                    assert!(self.matches(pat, item));
                    if let Some(index) = index {
                        self.locals.insert(*index, V::Int(i as i64));
                    }
                    if self.round(*id, body)?.is_some() {
                        break;
                    }
                }
                V::Unit
            }
            ExprKind::Break(id, value) => {
                let value = match value {
                    Some(value) => self.eval(value)?,
                    None => V::Unit,
                };
                return Err(Exit::Break(*id, value));
            }
            ExprKind::Continue(id) => return Err(Exit::Continue(*id)),
            ExprKind::Return(value) => {
                let value = self.eval(value.as_ref().expect("a value"))?;
                return Err(Exit::Return(value));
            }
            ExprKind::Call(call) => self.call(call)?,
            _ => panic!("not generated"),
        })
    }

    fn call(&mut self, call: &Call) -> Result<V, Exit> {
        let Callee::Fn(id, _) = &call.callee else { panic!("not generated") };
        let _ = &self.program.fns[*id];
        match id.index() {
            BUMP => {
                let by = self.int(&call.args[0])?;
                self.global = self.global.wrapping_add(by);
                Ok(V::Int(self.global))
            }
            PUSH => {
                let place = self.place(&call.args[0])?;
                let item = self.eval(&call.args[1])?;
                self.at(&place, |array| crate::tree::items(array).push(item))?;
                Ok(V::Unit)
            }
            POP_OR => {
                let place = self.place(&call.args[0])?;
                let other = self.eval(&call.args[1])?;
                self.at(&place, |array| crate::tree::items(array).pop().unwrap_or(other))
            }
            _ => panic!("not generated"),
        }
    }

    fn round(&mut self, id: LoopId, body: &Expr) -> Result<Option<V>, Exit> {
        match self.eval(body) {
            Ok(_) => Ok(None),
            Err(Exit::Continue(to)) if to == id => Ok(None),
            Err(Exit::Break(from, value)) if from == id => Ok(Some(value)),
            Err(exit) => Err(exit),
        }
    }

    fn cond(&mut self, cond: &Cond) -> Result<bool, Exit> {
        match cond {
            Cond::Expr(e) => self.truth(e),
            Cond::Let { pat, value } => {
                let value = self.eval(value)?;
                Ok(self.matches(pat, &value))
            }
        }
    }

    fn matches(&mut self, pat: &Pat, value: &V) -> bool {
        match (&pat.kind, value) {
            (PatKind::Wild, _) => true,
            (PatKind::Bind(id), _) => {
                self.locals.insert(*id, value.clone());
                true
            }
            (PatKind::Literal(e), V::Int(n)) => matches!(e.kind, ExprKind::Int(m) if m as i64 == *n),
            (PatKind::Or(pats), _) => pats.iter().any(|pat| self.matches(pat, value)),
            (PatKind::Tuple(pats), V::Many(items)) => {
                pats.iter().zip(items).all(|(pat, item)| self.matches(pat, item))
            }
            (PatKind::Variant { variant, args }, V::Variant(v, fields)) => {
                variant == v && args.iter().zip(fields).all(|(pat, field)| self.matches(pat, field))
            }
            (PatKind::Some(inner), V::Some(value)) => self.matches(inner, value),
            (PatKind::Some(_), _) => false,
            (PatKind::Array { first, rest, last }, V::Many(items)) => {
                let count = first.len() + last.len();
                if items.len() < count || (rest.is_none() && items.len() > count) {
                    return false;
                }
                let end = items.len() - last.len();
                if let Some(Some(id)) = rest {
                    self.locals.insert(*id, V::Many(items[first.len()..end].to_vec()));
                }
                first.iter().zip(items).all(|(pat, item)| self.matches(pat, item))
                    && last.iter().zip(&items[end..]).all(|(pat, item)| self.matches(pat, item))
            }
            _ => panic!("not generated"),
        }
    }
}

pub fn items(array: &mut V) -> &mut Vec<V> {
    match array {
        V::Many(items) => items,
        other => panic!("{other:?} has no items"),
    }
}

pub fn binary(op: BinOp, a: i64, b: i64) -> V {
    match op {
        BinOp::Add => V::Int(a.wrapping_add(b)),
        BinOp::Sub => V::Int(a.wrapping_sub(b)),
        BinOp::Mul => V::Int(a.wrapping_mul(b)),
        BinOp::Lt => V::Bool(a < b),
        BinOp::Le => V::Bool(a <= b),
        BinOp::Eq => V::Bool(a == b),
        BinOp::Ge => V::Bool(a >= b),
        _ => panic!("not generated"),
    }
}
