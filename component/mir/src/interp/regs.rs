//! Gives virtual registers places in the frame.
//!
//! First operations whose results nobody reads go. A register that lives within one straight run of code shares its place with others;
//! one that is only written to be moved into a block parameter at the end of the run is written there
//! at once. All others have a place of their own; parameters of the function have the first ones.

use super::code::{Access, Code};
use super::decode::UNPLACED;
use crate::legal::LocId;

pub(super) struct Assigner<'a> {
    pub(super) code: &'a mut Vec<Code>,
    pub(super) locs: &'a mut Vec<LocId>,
    pub(super) pool: &'a mut [u32],
    /// Positions in the code; kept right.
    pub(super) labels: &'a mut [u32],
    /// Where straight runs begin, ascending.
    pub(super) starts: Vec<u32>,
    pub(super) one_result: &'a dyn Fn(&Code) -> bool,
}

const NONE: u32 = u32::MAX;
/// A move is not looked at where its source was written longer ago: keeps the work linear.
const FAR: usize = 64;

/// What is known about a virtual register.
#[derive(Clone, Copy)]
struct Register {
    reads: u32,
    /// The run in which it occurs, if it is one.
    run: u32,
    /// It occurs in several runs, or is a parameter.
    shared: bool,
    /// Position of the first write and of the last read.
    first_write: u32,
    last_read: u32,
    /// The place in the frame.
    place: u32,
}

impl Assigner<'_> {
    /// `params` are the function's, in the first virtual registers written by nobody; `count` is how many virtual registers there are.
    /// Returns the size of the frame.
    pub(super) fn run(&mut self, params: &[u32], count: usize) -> u32 {
        let empty =
            Register { reads: 0, run: NONE, shared: false, first_write: NONE, last_read: NONE, place: NONE };
        let mut registers = vec![empty; count];
        self.drop_unread(&mut registers);
        for (place, param) in params.iter().enumerate() {
            registers[*param as usize].shared = true;
            registers[*param as usize].place = place as u32;
        }
        self.find_runs(&mut registers);
        let mut frame = params.len() as u32;
        for register in registers.iter_mut().filter(|register| register.shared && register.place == NONE) {
            register.place = frame;
            frame += 1;
        }
        self.coalesce(&mut registers);
        let frame = self.assign(&mut registers, frame);
        let keep: Vec<bool> =
            self.code.iter().map(|code| !matches!(code, Code::Move { d, a } if d == a)).collect();
        self.compact(&keep);
        frame
    }

    fn drop_unread(&mut self, registers: &mut [Register]) {
        let (pool, one_result) = (&mut *self.pool, self.one_result);
        for code in self.code.iter_mut() {
            code.registers(pool, one_result, |reg, access| {
                registers[*reg as usize].reads += u32::from(access == Access::Read);
            });
        }
        let mut keep = vec![true; self.code.len()];
        for (index, code) in self.code.iter_mut().enumerate().rev() {
            let (mut writes, mut read) = (false, code.calls());
            code.registers(pool, one_result, |reg, access| {
                if access == Access::Write {
                    writes = true;
                    read |= registers[*reg as usize].reads > 0;
                }
            });
            if writes && !read {
                keep[index] = false;
                code.registers(pool, one_result, |reg, access| {
                    registers[*reg as usize].reads -= u32::from(access == Access::Read);
                });
            }
        }
        self.compact(&keep);
    }

    /// Removes operations.
    fn compact(&mut self, keep: &[bool]) {
        // New positions: how many before are kept.
        let mut kept = 0;
        let position: Vec<u32> = keep
            .iter()
            .chain(&[true])
            .map(|keep| {
                kept += u32::from(*keep);
                kept - u32::from(*keep)
            })
            .collect();
        for at in self.labels.iter_mut().filter(|at| **at != UNPLACED).chain(&mut self.starts) {
            *at = position[*at as usize];
        }
        let mut keeps = keep.iter();
        self.code.retain(|_| keeps.next() == Some(&true));
        let mut keeps = keep.iter();
        self.locs.retain(|_| keeps.next() == Some(&true));
    }

    fn find_runs(&mut self, registers: &mut [Register]) {
        let (mut run, mut starts) = (NONE, self.starts.iter().copied().peekable());
        for (index, code) in self.code.iter_mut().enumerate() {
            while starts.next_if(|start| *start as usize <= index).is_some() {
                run = run.wrapping_add(1);
            }
            code.registers(self.pool, self.one_result, |reg, access| {
                let register = &mut registers[*reg as usize];
                if register.run == NONE {
                    register.run = run;
                }
                register.shared |= register.run != run;
                match access {
                    Access::Read => register.last_read = index as u32,
                    Access::Write if register.first_write == NONE => register.first_write = index as u32,
                    // Written twice, such as a block parameter by several edges.
                    Access::Write => register.shared = true,
                }
            });
        }
    }

    /// `d = move a` at the end of a run, where `a` is written in the run and not read behind the move: `a` is `d` from
    /// the start, if `d` is neither read nor written between.
    fn coalesce(&mut self, registers: &mut [Register]) {
        let mut starts = self.starts.clone();
        starts.push(self.code.len() as u32);
        for run in starts.windows(2) {
            let (start, end) = (run[0] as usize, run[1] as usize);
            for at in (start..end).rev() {
                let Code::Move { d, a } = self.code[at] else { continue };
                let (to, from) = (registers[d as usize], registers[a as usize]);
                let local = !from.shared && from.place == NONE && from.first_write != NONE;
                if !to.shared || !local || from.last_read != at as u32 {
                    continue;
                }
                let written = from.first_write as usize;
                if at - written <= FAR && !self.touches(written, at, d) {
                    registers[a as usize].place = to.place;
                }
            }
        }
    }

    /// True if `reg` occurs behind `from` and before `to`, or is written at `from`, or may be read where the code between leaves the run.
    fn touches(&mut self, from: usize, to: usize, reg: u32) -> bool {
        let mut found = false;
        for at in from..to {
            found |= self.code[at].target().is_some();
            self.code[at].registers(self.pool, self.one_result, |other, access| {
                found |= *other == reg && (at > from || access == Access::Write);
            });
            if found {
                return true;
            }
        }
        false
    }

    /// Places for what lives within a run, and the rewriting. `taken` places are.
    fn assign(&mut self, registers: &mut [Register], taken: u32) -> u32 {
        let mut frame = taken;
        let mut free: Vec<u32> = Vec::new();
        for (index, code) in self.code.iter_mut().enumerate() {
            let at = index as u32;
            code.registers(self.pool, self.one_result, |reg, access| {
                let register = &mut registers[*reg as usize];
                if register.place == NONE {
                    register.place = free.pop().unwrap_or_else(|| {
                        frame += 1;
                        frame - 1
                    });
                }
                let last = match access {
                    Access::Read => register.last_read == at,
                    // Nobody reads it.
                    Access::Write => register.last_read == NONE,
                };
                // Not twice, where an operation reads it twice.
                if last && !register.shared && register.place >= taken && register.run != NONE {
                    register.run = NONE;
                    free.push(register.place);
                }
                *reg = register.place;
            });
        }
        frame
    }
}
