//! What the program sees of the world: two output streams, lines of input, arguments.

use std::sync::Arc;

/// An output stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// What a read of a line gives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Input {
    /// A line without its end.
    Line(String),
    /// There is no more input.
    End,
    /// There is none yet: the program stops here and is resumed later.
    Pending,
    /// The line is longer than a program of this size may read.
    TooLong,
    /// The wait was ended from outside: the program is to stop.
    Interrupted,
}

/// The world, from inside a program.
pub trait Host {
    /// Takes output. False asks the program to stop.
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> bool;
    /// The next line of input.
    fn read_line(&mut self) -> Input;
    /// The program's arguments.
    fn args(&self) -> Vec<String>;
    /// What ends a wait in `read_line`, which then answers [`Input::Interrupted`]; none where `read_line` never waits.
    fn waker(&self) -> Option<Waker>;
}

impl<H: Host + ?Sized> Host for &mut H {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> bool {
        (**self).write(stream, bytes)
    }

    fn read_line(&mut self) -> Input {
        (**self).read_line()
    }

    fn args(&self) -> Vec<String> {
        (**self).args()
    }

    fn waker(&self) -> Option<Waker> {
        (**self).waker()
    }
}

impl<H: Host + ?Sized> Host for Box<H> {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> bool {
        (**self).write(stream, bytes)
    }

    fn read_line(&mut self) -> Input {
        (**self).read_line()
    }

    fn args(&self) -> Vec<String> {
        (**self).args()
    }

    fn waker(&self) -> Option<Waker> {
        (**self).waker()
    }
}

/// Ends a wait; may be called from any thread, also when nobody waits yet.
pub type Waker = Arc<dyn Fn() + Send + Sync>;

/// A host in memory: collects output to be taken away, gives input that was put in.
#[derive(Clone, Debug)]
pub struct BufferHost {
    /// Standard output that was not taken yet.
    pub out: Vec<u8>,
    /// Standard error that was not taken yet.
    pub err: Vec<u8>,
    /// Lines to read.
    pub input: std::collections::VecDeque<String>,
    /// No line comes after those in `input`: reads give the end instead of `Pending`.
    pub input_closed: bool,
    /// The program's arguments.
    pub args: Vec<String>,
    /// Most bytes of output in all; more stops the program.
    pub output_limit: u64,
    written: u64,
}

impl BufferHost {
    /// No input, no arguments.
    pub fn new(output_limit: u64) -> BufferHost {
        BufferHost {
            out: Vec::new(),
            err: Vec::new(),
            input: Default::default(),
            input_closed: true,
            args: Vec::new(),
            output_limit,
            written: 0,
        }
    }
}

impl Host for BufferHost {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> bool {
        self.written = self.written.saturating_add(bytes.len() as u64);
        if self.written > self.output_limit {
            return false;
        }
        match stream {
            Stream::Out => self.out.extend_from_slice(bytes),
            Stream::Err => self.err.extend_from_slice(bytes),
        }
        true
    }

    fn read_line(&mut self) -> Input {
        match self.input.pop_front() {
            Some(line) => Input::Line(line),
            None if self.input_closed => Input::End,
            None => Input::Pending,
        }
    }

    fn args(&self) -> Vec<String> {
        self.args.clone()
    }

    fn waker(&self) -> Option<Waker> {
        None
    }
}
