//! `simple run` as machine code.

use crate::args::{Run, TargetName};
use crate::compile::{Compilation, Compiled, Program, target};
use crate::input::{Lines, Next};
use crate::kept::Kept;
use crate::lazy;
use crate::timings::Timings;
use anyhow::{Result, bail};
use engine::Target;
use loader::{Host, Input, Limits, Outcome, RunError, Stopper, Stream, Waker};
use std::io::{ErrorKind, Write as _};

/// Compiles in the component, then runs the artifact in this process.
pub fn run(run: &Run) -> Result<u8> {
    let target = target(TargetName::Host)?;
    if run.lazy {
        return lazy::run(run, target);
    }
    run_for(run, target, |run, artifact, timings| {
        execute(run, timings, |limits, host| loader::run(artifact, limits, host))
    })
}

/// Compiles for a target, or takes what was compiled before, and executes that.
pub fn run_for(
    run: &Run,
    target: Target,
    execute: impl FnOnce(&Run, &[u8], &mut Timings) -> Result<Ran>,
) -> Result<u8> {
    let mut timings = Timings::new(run.common.timings);
    let program = timings.phase("read", || Program::read(&run.file))?;
    let kept = if run.no_cache { Kept::nowhere() } else { Kept::of_user() };
    let question = Kept::question(&program, target, &run.common, "");
    let found = timings.phase("look in the cache", || kept.get(&program, &question));
    if let Some(artifact) = found {
        let ran = execute(run, &artifact, &mut timings)?;
        timings.print(None, None);
        return Ok(ran.code);
    }
    let Compiled::Done(mut compilation) = Compilation::of(&program, timings, &run.common, run.jobs)? else {
        return Ok(1);
    };
    let artifact = match compilation.emit(target, &run.common)? {
        Compiled::Done(artifact) => artifact,
        Compiled::Rejected => {
            compilation.finish()?;
            return Ok(1);
        }
    };
    let inputs = std::mem::take(&mut compilation.inputs);
    compilation.timings.phase("keep", || kept.put(&question, inputs, &artifact));
    let ran = execute(run, &artifact, &mut compilation.timings)?;
    compilation.finish_after(ran.error)?;
    Ok(ran.code)
}

/// What a run came to.
pub struct Ran {
    pub code: u8,
    pub error: Option<abi::ErrorKind>,
}

/// Runs a program with this process's streams.
pub fn execute(
    run: &Run,
    timings: &mut Timings,
    program: impl FnOnce(&Limits, &mut Console) -> Result<Outcome, RunError>,
) -> Result<Ran> {
    let stopper = Stopper::new();
    let handler = stopper.clone();
    ctrlc::set_handler(move || handler.stop())?;
    let limits =
        Limits { memory: run.max_memory, time: run.timeout, stopper: Some(stopper), ..Limits::default() };
    let mut host = Console::new(run)?;
    let outcome = timings.phase("run", || program(&limits, &mut host))?;
    if let Some(report) = &outcome.error {
        eprint!("{report}");
    }
    if run.check_leaks
        && let Some(live @ 1..) = outcome.stats.live_objects
    {
        bail!("{live} objects are left at the end");
    }
    Ok(Ran { code: exit_byte(outcome.exit_code), error: outcome.error.map(|report| report.kind) })
}

/// The part of an exit code that a process can give.
pub fn exit_byte(code: i32) -> u8 {
    (code & 0xff) as u8
}

/// The process's own streams.
pub struct Console {
    args: Vec<String>,
    lines: Lines,
}

impl Console {
    /// The streams for a program that gets these arguments.
    pub fn new(run: &Run) -> Result<Console> {
        Console::with_args(run.args.clone(), run.max_memory)
    }

    /// The streams for a program with these arguments, whose lines of input have at most so many bytes.
    pub fn with_args(args: Vec<String>, longest_line: u64) -> Result<Console> {
        Ok(Console { args, lines: Lines::new(longest_line)? })
    }
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
