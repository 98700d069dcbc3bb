//! One compiled test file, to be run as often as needed.

use super::events::Collector;
use crate::args::{EngineName, Jobs, TargetName, Test};
use crate::compile::{Compilation, Compiled, Program, target};
use abi::ErrorKind;
use abi::report::ErrorReport;
use anyhow::{Result, bail};
use engine::{Error, State, Stop};
use loader::{Host, Input, Limits, Stream, Waker};
use std::path::Path;
use std::time::Instant;

/// Instructions between two looks at the clock.
const SLICE: u64 = 5_000_000;

/// A test file for one of the engines.
pub enum Executable {
    /// Machine code.
    Native(Vec<u8>),
    /// Checked, inside the compiler.
    Interp(Box<Compilation>),
}

/// How a run ended.
pub struct Ended {
    pub code: i32,
    pub error: Option<String>,
}

impl Executable {
    /// Compiles a file; none where it is wrong and the user was told.
    pub fn compile(file: &Path, test: &Test) -> Result<Option<Executable>> {
        let program = Program::read(file)?;
        let timings = crate::timings::Timings::new(false);
        let Compiled::Done(mut compilation) = Compilation::of(&program, timings, &test.common, Jobs::ONE)?
        else {
            return Ok(None);
        };
        match test.engine {
            EngineName::Native => {
                let target = target(TargetName::Host)?;
                let artifact = compilation.stage("compile", &test.common, |session| session.emit(target))?;
                compilation.finish()?;
                Ok(match artifact {
                    Compiled::Done(artifact) => Some(Executable::Native(artifact)),
                    Compiled::Rejected => None,
                })
            }
            EngineName::Interp => {
                Ok(match compilation.stage("check", &test.common, engine::Session::check)? {
                    Compiled::Done(()) => Some(Executable::Interp(Box::new(compilation))),
                    Compiled::Rejected => None,
                })
            }
            EngineName::Wasm => {
                bail!("tests do not run in the sandbox yet: use `--engine native` or `interp`")
            }
        }
    }

    /// Runs it once. None where instantiating the program found an error, which the user was told.
    pub fn run(
        &mut self,
        args: Vec<String>,
        collector: &mut Collector,
        test: &Test,
    ) -> Result<Option<Ended>> {
        match self {
            Executable::Native(artifact) => {
                let limits = Limits { memory: test.max_memory, time: test.timeout, ..Limits::default() };
                let outcome = loader::run(artifact, &limits, &mut Listener { args, collector })?;
                let error = outcome.error.map(|report| report.to_string());
                Ok(Some(Ended { code: outcome.exit_code, error }))
            }
            Executable::Interp(compilation) => interpret(compilation, &args, collector, test),
        }
    }

    /// Gives the compiler back.
    pub fn finish(self) -> Result<()> {
        match self {
            Executable::Native(_) => Ok(()),
            Executable::Interp(compilation) => compilation.finish(),
        }
    }
}

fn interpret(
    compilation: &mut Compilation,
    args: &[String],
    collector: &mut Collector,
    test: &Test,
) -> Result<Option<Ended>> {
    let mut execution = match compilation.session.start(args, test.max_memory) {
        Ok(execution) => execution,
        Err(Error::Rejected) => {
            compilation.tell(&test.common)?;
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    let stop = Stop::new(test.timeout.and_then(|time| Instant::now().checked_add(time)));
    loop {
        let step = match execution.step(SLICE, &stop) {
            Ok(step) => step,
            Err(Error::Stopped) => {
                let kind = ErrorKind::TimedOut;
                let report =
                    ErrorReport { kind, message: kind.title().to_owned(), stack: Default::default() };
                return Ok(Some(Ended { code: 1, error: Some(report.to_string()) }));
            }
            Err(error) => return Err(error.into()),
        };
        collector.printed(&step.stderr);
        if !collector.out(&step.stdout) {
            execution.interrupt(false)?;
        }
        match step.state {
            State::Running => {}
            State::NeedsInput => execution.supply_line(None)?,
            State::Ended(ended) => {
                let error = ended.error.map(|error| error.report.to_string());
                return Ok(Some(Ended { code: ended.exit_code, error }));
            }
        }
        if stop.is_late() {
            execution.interrupt(true)?;
        }
    }
}

/// The streams of a program whose output is taken apart. Its input is empty.
struct Listener<'c> {
    args: Vec<String>,
    collector: &'c mut Collector,
}

impl Host for Listener<'_> {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> bool {
        if stream == Stream::Out {
            return self.collector.out(bytes);
        }
        self.collector.printed(bytes);
        true
    }

    fn read_line(&mut self) -> Input {
        Input::End
    }

    fn args(&self) -> Vec<String> {
        self.args.clone()
    }

    fn waker(&self) -> Option<Waker> {
        None
    }
}
