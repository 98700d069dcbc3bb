//! Programs in the interpreter.

use abi::ErrorKind;
use abi::report::ErrorReport;
use mir::interp::{self, Limits};
use mir::legal::Program;
use std::sync::Arc;

/// Bytes that a step prints before it ends early: what a program prints must not pile up.
const OUTPUT_PER_STEP: usize = 64 << 10;
/// Instructions between two looks at what was printed.
const SLICE: u64 = 100_000;

/// A program that is being run.
pub struct Execution {
    inner: interp::Execution,
}

/// What happened in a step.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Error stream.
    pub stderr: Vec<u8>,
    /// Where the program stands now.
    pub state: State,
}

/// Where a program stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum State {
    /// There is more to do.
    Running,
    /// It waits for a line of input.
    NeedsInput,
    /// It is over.
    Ended(Ended),
}

/// What a program showed when it ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ended {
    /// Exit code; 1 after an error.
    pub exit_code: i32,
    /// The run-time error that ended it.
    pub error: Option<ErrorReport>,
    /// Objects that were still alive after a regular end: leaks.
    pub live_objects: u64,
}

impl Execution {
    pub(crate) fn new(
        program: Arc<Program>,
        args: Vec<String>,
        max_memory: u64,
    ) -> Result<Execution, String> {
        let limits = Limits { memory: max_memory, ..Limits::default() };
        Ok(Execution { inner: interp::Execution::new(program, args, limits)? })
    }

    /// Goes on for about this many instructions, or until it has printed a lot.
    pub fn step(&mut self, instructions: u64) -> Step {
        let mut left = instructions.max(1);
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        loop {
            let slice = left.min(SLICE);
            let state = self.inner.step(slice);
            let (out, err) = self.inner.take_output();
            stdout.extend(out);
            stderr.extend(err);
            left -= slice;
            let state = match state {
                interp::State::Running if left > 0 && stdout.len() + stderr.len() < OUTPUT_PER_STEP => {
                    continue;
                }
                interp::State::Running => State::Running,
                interp::State::NeedsInput => State::NeedsInput,
                // The exit code is the low half, as for a native program.
                interp::State::Exited(code) => State::Ended(self.ended(code as i32, None)),
                interp::State::Failed(report) => State::Ended(self.ended(1, Some(report))),
            };
            return Step { stdout, stderr, state };
        }
    }

    /// The next line of the input, without its end; none at the end of the input.
    pub fn supply_line(&mut self, line: Option<String>) {
        let host = self.inner.host_mut();
        match line {
            Some(line) => host.input.push_back(line),
            None => host.input_closed = true,
        }
    }

    /// Ends the program with an error.
    pub fn interrupt(&mut self, timed_out: bool) {
        self.inner.stop(if timed_out { ErrorKind::TimedOut } else { ErrorKind::Interrupted });
    }

    fn ended(&self, exit_code: i32, error: Option<ErrorReport>) -> Ended {
        Ended { exit_code, error, live_objects: self.inner.leaks() }
    }
}
