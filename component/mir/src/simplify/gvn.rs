//! Values that were computed before: an instruction without effects whose operands are those of another one that dominates it gives what that
//! one gave. A `load` counts the version of the memory it reads as an operand; what a `store` wrote is what a load behind it reads.
//!
//! Keeps: dominance, and control flow. What nobody uses any more stays for `dead`.

use super::edit::{self, Replaced};
use super::loops::Loops;
use super::memory::{Class, Memory, Summary, Version, Versions};
use crate::legal::verify::{Dominators, Flow};
use crate::legal::{BlockId, Func, Inst, Op, Value};
use abi::Repr;
use base::{Budget, Exhausted};
use smallvec::SmallVec;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

pub(super) fn run(func: &mut Func, summary: &Summary, budget: &mut Budget) -> Result<bool, Exhausted> {
    edit::spend(func, budget)?;
    let flow = Flow::of(func);
    let loops = Loops::of(func, &flow);
    let memory = Memory::of(func, &flow, &loops, summary);
    let dominators = flow.dominators(func);
    let mut known = Known {
        dominators: &dominators,
        table: HashMap::default(),
        here: Vec::new(),
        replaced: Replaced::new(func),
        constants: HashMap::default(),
        equal: HashMap::default(),
    };
    for &id in flow.order() {
        let mut at = memory.entry(id);
        known.here.clear();
        for index in 0..func.blocks[id].insts.len() {
            let before = at;
            memory.step(&mut at, func, id, index);
            known.inst(&func.blocks[id].insts[index], id, &before, &at);
        }
    }
    let Known { replaced, .. } = known;
    Ok(replaced.apply(func))
}

/// What an instruction computes.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    op: Op,
    ty: Repr,
    args: SmallVec<[Value; 2]>,
    imm: i64,
    /// Of what it reads.
    version: Option<Version>,
}

/// What was read or written in this block.
struct Access {
    class: Class,
    key: Key,
    value: Value,
}

struct Known<'a> {
    dominators: &'a Dominators<'a>,
    /// Who computes it, and where.
    table: Table<Key, (Value, BlockId)>,
    /// Memory whose content is known, in the block that is looked at.
    here: Vec<Access>,
    replaced: Replaced,
    /// By constant: an equal one that stands for it in keys. Each stays where it is, since a constant costs less than a register.
    constants: Table<Value, Value>,
    equal: Table<(Op, Repr, i64), Value>,
}

/// Accesses of a block that are remembered.
const MOST: usize = 16;

impl Known<'_> {
    fn inst(&mut self, inst: &Inst, block: BlockId, before: &Versions, after: &Versions) {
        match inst.op {
            Op::Store => self.store(inst, block, before, after),
            Op::IsUnique => {}
            Op::IConst | Op::FConst => {
                let [result] = inst.results[..] else { return };
                let equal = *self.equal.entry((inst.op, inst.ty, inst.imm)).or_insert(result);
                self.constants.insert(result, equal);
            }
            op if op.shape().is_pure() => {
                let [result] = inst.results[..] else { return };
                let class = (op == Op::Load).then(|| Class::of_access(inst));
                let key = self.key(inst, class.map(|class| before.get(class)));
                match self.table.get(&key) {
                    Some(&(value, at)) if at == block || self.dominators.dominates(at, block) => {
                        self.replaced.set(result, value);
                    }
                    _ => {
                        if let Some(class) = class {
                            self.remember(Access { class, key: key.clone(), value: result });
                        }
                        self.table.insert(key, (result, block));
                    }
                }
            }
            _ => {}
        }
    }

    fn key(&mut self, inst: &Inst, version: Option<Version>) -> Key {
        let mut args: SmallVec<[Value; 2]> = inst.args.iter().map(|arg| self.number(*arg)).collect();
        if matches!(inst.op, Op::Add | Op::Mul | Op::And | Op::Or | Op::Xor | Op::Eq | Op::Ne) {
            args.sort_unstable();
        }
        Key { op: inst.op, ty: inst.ty, args, imm: inst.imm, version }
    }

    /// What stands for a value in keys.
    fn number(&mut self, value: Value) -> Value {
        let value = self.replaced.get(value);
        self.constants.get(&value).copied().unwrap_or(value)
    }

    /// A load of the same place would give what is stored. Other places of the same object keep what they hold.
    fn store(&mut self, inst: &Inst, block: BlockId, before: &Versions, after: &Versions) {
        let class = Class::of_access(inst);
        let (base, value) = (self.number(inst.args[0]), self.replaced.get(inst.args[1]));
        let (old, new) = (before.get(class), after.get(class));
        let size = i64::from(inst.ty.size());
        for access in std::mem::take(&mut self.here) {
            let Access { class: other, mut key, value } = access;
            let apart = key.args[0] == base && (key.imm - inst.imm).abs() >= size;
            if other == class && key.version == Some(old) && apart {
                key.version = Some(new);
                self.table.insert(key.clone(), (value, block));
                self.here.push(Access { class, key, value });
            } else if other != class {
                self.here.push(Access { class: other, key, value });
            }
        }
        let key = Key {
            op: Op::Load,
            ty: inst.ty,
            args: [base].into_iter().collect(),
            imm: inst.imm,
            version: Some(new),
        };
        self.remember(Access { class, key: key.clone(), value });
        self.table.insert(key, (value, block));
    }

    fn remember(&mut self, access: Access) {
        if self.here.len() == MOST {
            self.here.remove(0);
        }
        self.here.push(access);
    }
}

/// A map that is only asked, so that its order does not matter.
type Table<K, V> = HashMap<K, V, BuildHasherDefault<Mix>>;

/// Numbers multiplied together. Keys are numbers that this compiler gives, so nobody chooses them.
#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(byte.into());
        }
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(number.into());
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }

    fn write_isize(&mut self, number: isize) {
        self.write_u64(number as u64);
    }

    fn write_i64(&mut self, number: i64) {
        self.write_u64(number as u64);
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.0 >> 32
    }
}
