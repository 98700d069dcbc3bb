//! Runs generic MIR directly.

use crate::generate::{BUMP, POP_OR, PUSH};
use crate::tree::{binary, items};
use crate::{Outcome, V};
use base::EntityId;
use mir::generic::*;
use sema::hir::{BinOp, Program};

struct Raised;

struct Run {
    locals: Vec<Option<V>>,
    global: V,
}

pub fn run(program: &Program, body: &Body) -> Outcome {
    let _ = program;
    let mut run = Run { locals: vec![None; body.locals.len()], global: V::Int(10) };
    run.locals[body.params[0].index()] = Some(V::Many(vec![V::Int(7), V::Int(8)]));
    run.locals[body.params[1].index()] = Some(V::Int(3));
    match run.body(body) {
        Ok(values) => Outcome::Returned(values, run.global),
        Err(Raised) => Outcome::Raised,
    }
}

impl Run {
    fn body(&mut self, body: &Body) -> Result<Vec<V>, Raised> {
        let mut block = BlockId::from_index(0);
        for _ in 0..1_000_000 {
            for stmt in &body.blocks[block].stmts {
                match &stmt.kind {
                    StmtKind::Set(local, rvalue) => {
                        let value = self.rvalue(rvalue)?;
                        assert!(self.locals[local.index()].replace(value).is_none());
                    }
                    StmtKind::Store(place, operand) => {
                        let value = self.operand(operand)?;
                        *self.place(place)? = value;
                    }
                    StmtKind::Update(place, op, operand) => {
                        let value = self.operand(operand)?;
                        let place = self.place(place)?;
                        *place = arithmetic(*op, place, &value);
                    }
                    StmtKind::Drop(local) => assert!(self.locals[local.index()].take().is_some()),
                }
            }
            block = match &body.blocks[block].end {
                End::Goto(to) => *to,
                End::Branch(operand, yes, no) => match self.operand(operand)? {
                    V::Bool(true) => *yes,
                    _ => *no,
                },
                End::SwitchVariant(place, cases, default) => {
                    let V::Variant(variant, _) = *self.place(place)? else { panic!("no enum") };
                    cases.iter().find(|case| case.0 == variant).map_or(*default, |case| case.1)
                }
                End::Return(operands) => return operands.iter().map(|o| self.operand(o)).collect(),
                End::Raise(..) => return Err(Raised),
                End::Suspend(..) => panic!("no generators here"),
                End::Unreachable => panic!("reached"),
            };
        }
        panic!("does not come to an end")
    }

    fn place(&mut self, place: &Place) -> Result<&mut V, Raised> {
        // Indices first: they are read from the same locals.
        let indices: Vec<i64> = place
            .indices()
            .map(|operand| {
                self.operand(operand).map(|value| match value {
                    V::Int(n) => n,
                    _ => panic!("no index"),
                })
            })
            .collect::<Result<_, _>>()?;
        let mut indices = indices.into_iter();
        let mut value = match place.root {
            Root::Local(local) => self.locals[local.index()].as_mut().expect("holds a value"),
            Root::Global(_) => &mut self.global,
        };
        for step in &place.path {
            value = match (step, value) {
                (Proj::Field(i), V::Many(items)) => &mut items[*i as usize],
                (Proj::Variant(v, i), V::Variant(variant, fields)) => {
                    assert_eq!(v, variant);
                    &mut fields[*i as usize]
                }
                (Proj::Some, V::Some(value)) => value,
                (Proj::Index(_), V::Many(items)) => {
                    let i = indices.next().expect("one per step");
                    let i = crate::index(i, items.len()).ok_or(Raised)?;
                    &mut items[i]
                }
                (step, value) => panic!("{step:?} into {value:?}"),
            };
        }
        Ok(value)
    }

    fn operand(&mut self, operand: &Operand) -> Result<V, Raised> {
        Ok(match operand {
            Operand::Copy(place) => self.place(place)?.clone(),
            Operand::Move(local) => self.locals[local.index()].take().expect("holds a value"),
            Operand::Const(value, _) => match value {
                Const::Int(n) => V::Int(*n as i64),
                Const::Bool(b) => V::Bool(*b),
                Const::Nil => V::Nil,
                Const::Unit => V::Unit,
                Const::Float(_) | Const::Text(_) => panic!("not generated"),
            },
            Operand::InOut(_) => panic!("only as a receiver"),
        })
    }

    fn all(&mut self, operands: &[Operand]) -> Result<Vec<V>, Raised> {
        operands.iter().map(|operand| self.operand(operand)).collect()
    }

    fn rvalue(&mut self, rvalue: &Rvalue) -> Result<V, Raised> {
        Ok(match rvalue {
            Rvalue::Use(a) | Rvalue::Coerce(a) => self.operand(a)?,
            Rvalue::Binary(op, a, b) => {
                let (a, b) = (self.operand(a)?, self.operand(b)?);
                arithmetic(*op, &a, &b)
            }
            Rvalue::Unary(_, a) => match self.operand(a)? {
                V::Bool(b) => V::Bool(!b),
                V::Many(items) => V::Bool(items.is_empty()),
                _ => panic!("not generated"),
            },
            Rvalue::Truthy(a) => match self.operand(a)? {
                V::Many(items) => V::Bool(!items.is_empty()),
                other => other,
            },
            Rvalue::Construct(variant, fields) => V::Variant(variant.unwrap_or(0), self.all(fields)?),
            Rvalue::Some(a) => V::Some(Box::new(self.operand(a)?)),
            Rvalue::Tuple(items) | Rvalue::Array(items) => V::Many(self.all(items)?),
            Rvalue::Slice(a, bounds) => {
                let V::Many(items) = self.operand(a)? else { panic!("no array") };
                let [Some(from), Some(to), None] = bounds else { panic!("not generated") };
                let (V::Int(from), V::Int(to)) = (self.operand(from)?, self.operand(to)?) else {
                    panic!("no bounds")
                };
                V::Many(items[from as usize..to as usize].to_vec())
            }
            Rvalue::IsVariant(a, variant) => match self.operand(a)? {
                V::Variant(v, _) => V::Bool(v == *variant),
                _ => panic!("no enum"),
            },
            Rvalue::IsSome(a) => V::Bool(matches!(self.operand(a)?, V::Some(_))),
            Rvalue::Len(a) => match self.operand(a)? {
                V::Many(items) => V::Int(items.len() as i64),
                _ => panic!("no array"),
            },
            Rvalue::IterItem(a, b) => match (self.operand(a)?, self.operand(b)?) {
                (V::Many(items), V::Int(i)) => items[i as usize].clone(),
                _ => panic!("no array"),
            },
            Rvalue::Call(Callee::Fn(id, _), args) => {
                if id.index() == BUMP {
                    let by = self.operand(&args[0])?;
                    self.global = arithmetic(BinOp::Add, &self.global, &by);
                    return Ok(self.global.clone());
                }
                let other = self.operand(&args[1])?;
                let Operand::InOut(place) = &args[0] else { panic!("a receiver") };
                let array = items(self.place(place)?);
                match id.index() {
                    PUSH => {
                        array.push(other);
                        V::Unit
                    }
                    POP_OR => array.pop().unwrap_or(other),
                    _ => panic!("not generated"),
                }
            }
            _ => panic!("not generated: {rvalue:?}"),
        })
    }
}

fn arithmetic(op: BinOp, a: &V, b: &V) -> V {
    match (a, b) {
        (V::Int(a), V::Int(b)) => binary(op, *a, *b),
        (V::Many(a), V::Many(b)) => V::Many(a.iter().chain(b).cloned().collect()),
        _ => panic!("{op:?} of {a:?} and {b:?}"),
    }
}
