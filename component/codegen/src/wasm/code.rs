//! The instructions of one function, on their way.

use mir::legal::LocId;
use wasm_encoder::InstructionSink;

/// Bytes of instructions, and which of them were written where.
#[derive(Default)]
pub struct Code {
    bytes: Vec<u8>,
    /// From an offset on, code belongs to a place.
    pub lines: Vec<(u32, LocId)>,
    /// The local that the last instruction sets, and where that instruction begins.
    last_set: Option<(u32, usize)>,
    /// The end cannot be reached from here.
    is_closed: bool,
}

impl Code {
    /// Adds instructions.
    pub fn add(&mut self) -> InstructionSink<'_> {
        self.last_set = None;
        self.is_closed = false;
        InstructionSink::new(&mut self.bytes)
    }

    /// Sets a local.
    pub fn set(&mut self, local: u32) {
        let start = self.bytes.len();
        self.add().local_set(local);
        self.last_set = Some((local, start));
    }

    /// Reads a local. What was set just now is kept on the stack instead.
    pub fn get(&mut self, local: u32) {
        match self.last_set {
            Some((set, start)) if set == local => {
                self.bytes.truncate(start);
                self.add().local_tee(local);
            }
            Some(_) | None => {
                self.add().local_get(local);
            }
        }
    }

    /// Nothing follows the last instruction: it leaves the function.
    pub fn close(&mut self) {
        self.is_closed = true;
    }

    /// The end of the function.
    pub fn finish(&mut self) {
        if !self.is_closed {
            // Every way through the function has left it before; but that is not for a validator to see.
            self.add().unreachable();
        }
        self.add().end();
    }

    /// What is added from now on belongs to a place.
    pub fn at(&mut self, loc: LocId) {
        let offset = self.bytes.len() as u32;
        match self.lines.last_mut() {
            Some((_, last)) if *last == loc => {}
            Some((start, last)) if *start == offset => *last = loc,
            Some(_) | None => self.lines.push((offset, loc)),
        }
    }

    /// All of it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
