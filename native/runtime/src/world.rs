//! Output, input, arguments, and the ways in which a program ends itself.

use crate::memory::Access;
use crate::meter::PIECE;
use crate::{Host, Input, Memory, Raised, Rt, RunError, Stream};
use abi::{ErrorKind, object};

impl<M: Memory, H: Host> Rt<M, H> {
    fn write(&mut self, stream: Stream, text: u32, newline: bool) -> Result<(), Raised> {
        // Not `bytes_of`: memory is read while the host is written to.
        let len = u64::from(self.len_of(text)?);
        let bytes = self.heap.mem.slice(text.saturating_add(object::TEXT_DATA), len)?;
        let end: &[u8] = if newline { b"\n" } else { b"" };
        for piece in bytes.chunks(PIECE).chain([end]) {
            if self.heap.mem.interrupted() {
                return Err(Raised::Interrupted);
            }
            self.heap.work_on_bytes(piece.len() as u64)?;
            if !piece.is_empty() && !self.host.write(stream, piece) {
                return Err(Raised::Interrupted);
            }
        }
        Ok(())
    }

    pub(crate) fn rt_print(&mut self, text: u32, newline: u8) -> Result<(), Raised> {
        self.write(Stream::Out, text, newline != 0)
    }

    pub(crate) fn rt_eprint(&mut self, text: u32, newline: u8) -> Result<(), Raised> {
        self.write(Stream::Err, text, newline != 0)
    }

    pub(crate) fn rt_input(&mut self, prompt: u32) -> Result<u32, Raised> {
        if !self.prompted {
            self.write(Stream::Out, prompt, false)?;
        }
        self.prompted = false;
        match self.host.read_line() {
            Input::Line(line) => self.text_from(line.as_bytes()),
            Input::End => Ok(self.empty),
            Input::TooLong => Err(Raised::OutOfMemory),
            Input::Interrupted => Err(Raised::Interrupted),
            Input::Pending => {
                self.prompted = true;
                Err(Raised::NeedInput)
            }
        }
    }

    pub(crate) fn rt_args(&mut self) -> Result<u32, Raised> {
        let mut texts = Vec::new();
        for arg in self.host.args() {
            texts.push(self.text_from(arg.as_bytes())?);
        }
        self.array_of_texts(&texts)
    }

    pub(crate) fn rt_exit(&mut self, code: i64) -> Result<(), Raised> {
        self.raise(RunError::with_args(ErrorKind::Exit, code, 0))
    }

    /// The address of a function of the program to call, or 0.
    pub(crate) fn rt_poll(&mut self) -> Result<i64, Raised> {
        if self.heap.mem.interrupted() {
            return Err(Raised::Interrupted);
        }
        let asked = self.heap.mem.take_service();
        self.serve(asked)
    }

    pub(crate) fn rt_instantiate(&mut self, entry: u32) -> Result<(), Raised> {
        if self.heap.mem.interrupted() {
            return Err(Raised::Interrupted);
        }
        self.instantiate(entry)
    }

    pub(crate) fn rt_host(&mut self, function: u32, frame: u32) -> Result<(), Raised> {
        if self.heap.mem.interrupted() {
            return Err(Raised::Interrupted);
        }
        self.call_host(function, frame)
    }

    pub(crate) fn rt_raise(&mut self, kind: u32, a: i64, b: i64) -> Result<(), Raised> {
        let kind = ErrorKind::from_number(kind).ok_or(Raised::Internal)?;
        self.raise(RunError::with_args(kind, a, b))
    }

    pub(crate) fn rt_raise_text(&mut self, kind: u32, message: u32) -> Result<(), Raised> {
        let kind = ErrorKind::from_number(kind).ok_or(Raised::Internal)?;
        let message = self.str_of(message)?.to_string();
        self.raise(RunError::with_text(kind, &message))
    }
}
