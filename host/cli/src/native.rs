//! `simple run` as machine code.

use crate::args::{Run, TargetName};
use crate::compile::{Compilation, Compiled, target};
use crate::input::{Lines, Next};
use anyhow::{Result, bail};
use loader::{Host, Input, Limits, Stopper, Stream, Waker};
use std::io::{ErrorKind, Write as _};

/// Compiles in the component, then runs the artifact in this process.
pub fn run(run: &Run) -> Result<u8> {
    let target = target(TargetName::Host)?;
    let Compiled::Done(mut compilation) = Compilation::open(&run.file, &run.common)? else { return Ok(1) };
    let artifact = match compilation.stage("compile", &run.common, |session| session.emit(target))? {
        Compiled::Done(artifact) => artifact,
        Compiled::Rejected => {
            compilation.finish()?;
            return Ok(1);
        }
    };
    let stopper = Stopper::new();
    let handler = stopper.clone();
    ctrlc::set_handler(move || handler.stop())?;
    let limits =
        Limits { memory: run.max_memory, time: run.timeout, stopper: Some(stopper), ..Limits::default() };
    let mut host = Console { args: run.args.clone(), lines: Lines::new(run.max_memory)? };
    let outcome = compilation.timings.phase("run", || loader::run(&artifact, &limits, &mut host))?;
    if let Some(report) = &outcome.error {
        eprint!("{report}");
    }
    if run.check_leaks
        && let Some(live @ 1..) = outcome.stats.live_objects
    {
        bail!("{live} objects are left at the end");
    }
    compilation.finish()?;
    Ok(exit_byte(outcome.exit_code))
}

/// The part of an exit code that a process can give.
pub fn exit_byte(code: i32) -> u8 {
    (code & 0xff) as u8
}

/// The process's own streams.
struct Console {
    args: Vec<String>,
    lines: Lines,
}

impl Host for Console {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> bool {
        write(stream == Stream::Out, bytes)
    }

    fn read_line(&mut self) -> Input {
        // The loader has the time limit.
        match self.lines.next(None) {
            Next::Line(line) => Input::Line(line),
            Next::End => Input::End,
            Next::TooLong => Input::TooLong,
            Next::Woken | Next::Late => Input::Interrupted,
        }
    }

    fn args(&self) -> Vec<String> {
        self.args.clone()
    }

    fn waker(&self) -> Option<Waker> {
        Some(self.lines.waker())
    }
}

/// Prints what a program prints; false once nobody reads it any more.
pub fn write(out: bool, bytes: &[u8]) -> bool {
    let result = if out {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(bytes).and_then(|()| stdout.flush())
    } else {
        std::io::stderr().lock().write_all(bytes)
    };
    !matches!(result, Err(error) if error.kind() == ErrorKind::BrokenPipe)
}
