//! One compiled test file, to be run as often as needed.

use super::events::Collector;
use super::shared::Shared;
use crate::args::{EngineName, Jobs, TargetName, Test};
use crate::compile::{Added, Compilation, Program, target};
use crate::kept::Kept;
use abi::ErrorKind;
use abi::report::ErrorReport;
use anyhow::Result;
use engine::{Error, Session, State, Stop, Target};
use loader::{Host, Input, Limits, Stream, Waker};
use std::sync::Arc;
use std::time::Instant;

/// Instructions between two looks at the clock.
const SLICE: u64 = 5_000_000;

/// A test file for one of the engines.
pub enum Executable {
    /// Machine code.
    Native(Arc<[u8]>),
    /// Checked, inside the compiler.
    Interp(Box<Compilation>),
    /// WebAssembly, compiled for the sandbox.
    Wasm(sandbox::Program),
}

/// A program that is wrong: its diagnostics.
pub struct Rejected(pub String);

/// How a run ended.
pub struct Ended {
    pub code: i32,
    pub error: Option<Failure>,
}

/// A run-time error.
pub struct Failure {
    kind: ErrorKind,
    message: String,
    /// All of it, in lines.
    pub report: String,
}

impl From<ErrorReport> for Failure {
    fn from(report: ErrorReport) -> Failure {
        Failure { kind: report.kind, report: report.to_string(), message: report.message }
    }
}

impl Failure {
    /// False for what comes from outside: no expectation is about that.
    pub fn may_be_expected(&self) -> bool {
        !matches!(self.kind, ErrorKind::Interrupted | ErrorKind::TimedOut | ErrorKind::OutOfFuel)
    }

    /// Whether somebody may call it so: by its kind, code, title or message.
    pub fn is_called(&self, name: &str) -> bool {
        name == format!("{:?}", self.kind) || self.in_a_line().contains(name)
    }

    /// What an expectation is compared with.
    pub fn in_a_line(&self) -> String {
        let (code, title) = (self.kind.code(), self.kind.title());
        if self.message.contains(title) {
            format!("{code} {}", self.message)
        } else {
            format!("{code} {title}: {}", self.message)
        }
    }
}

impl Executable {
    /// Compiles a program, or takes what it was compiled to before.
    pub fn of(program: &Program, test: &Test, shared: &Shared) -> Result<Result<Executable, Rejected>> {
        Ok(match test.engine {
            EngineName::Native => {
                code(program, target(TargetName::Host)?, test, shared)?.map(Executable::Native)
            }
            EngineName::Wasm => match code(program, Target::Wasm32, test, shared)? {
                Ok(module) => Ok(Executable::Wasm(shared.sandbox()?.load(&module)?)),
                Err(rejected) => Err(rejected),
            },
            EngineName::Interp => match open(program, test, shared)? {
                Ok(mut compilation) => stage(&mut compilation, test, Session::check)?
                    .map(|()| Executable::Interp(Box::new(compilation))),
                Err(rejected) => Err(rejected),
            },
        })
    }

    /// Runs it once. The program is found to be wrong only here where instances are made for each run.
    pub fn run(
        &mut self,
        args: Vec<String>,
        collector: Collector,
        test: &Test,
    ) -> Result<(Collector, Result<Ended, Rejected>)> {
        let mut listener = Listener { args, collector };
        Ok(match self {
            Executable::Native(artifact) => {
                let limits = Limits { memory: test.max_memory, time: test.timeout, ..Limits::default() };
                let outcome = loader::run(artifact, &limits, &mut listener)?;
                let error = outcome.error.map(Failure::from);
                (listener.collector, Ok(Ended { code: outcome.exit_code, error }))
            }
            Executable::Wasm(program) => {
                let limits = sandbox::Limits {
                    memory: test.max_memory,
                    time: test.timeout,
                    ..sandbox::Limits::default()
                };
                let (listener, outcome) = program.run(&limits, listener);
                let outcome = outcome?;
                let error = outcome.error.map(Failure::from);
                (listener.collector, Ok(Ended { code: outcome.exit_code, error }))
            }
            Executable::Interp(compilation) => {
                let ended = interpret(compilation, &mut listener, test)?;
                (listener.collector, ended)
            }
        })
    }

    /// Gives the compiler back.
    pub fn finish(self) -> Result<()> {
        match self {
            Executable::Native(_) | Executable::Wasm(_) => Ok(()),
            Executable::Interp(compilation) => compilation.finish(),
        }
    }
}

/// What a program is compiled to.
fn code(
    program: &Program,
    target: Target,
    test: &Test,
    shared: &Shared,
) -> Result<Result<Arc<[u8]>, Rejected>> {
    let question = Kept::question(program, target, &test.common, "");
    if let Some(known) = shared.kept.get(program, &question) {
        return Ok(Ok(known));
    }
    let mut compilation = match open(program, test, shared)? {
        Ok(compilation) => compilation,
        Err(rejected) => return Ok(Err(rejected)),
    };
    let emitted = stage(&mut compilation, test, |session| session.emit(target))?;
    if let Ok(artifact) = &emitted {
        shared.kept.put(&question, std::mem::take(&mut compilation.inputs), artifact);
    }
    compilation.finish()?;
    Ok(emitted.map(Into::into))
}

/// A session with the program and the modules it uses.
fn open(program: &Program, test: &Test, shared: &Shared) -> Result<Result<Compilation, Rejected>> {
    let timings = crate::timings::Timings::new(false);
    let engine = shared.engine()?;
    let (mut compilation, added) = Compilation::in_engine(engine, program, timings, &test.common, Jobs::ONE)?;
    Ok(match added {
        Added::All => Ok(compilation),
        Added::Rejected => Err(rejected(&mut compilation, test)?),
    })
}

fn stage<T>(
    compilation: &mut Compilation,
    test: &Test,
    stage: impl FnOnce(&mut Session) -> Result<T, Error>,
) -> Result<Result<T, Rejected>> {
    match stage(&mut compilation.session) {
        Ok(value) => Ok(Ok(value)),
        Err(Error::Rejected) => Ok(Err(rejected(compilation, test)?)),
        Err(error) => Err(error.into()),
    }
}

fn rejected(compilation: &mut Compilation, test: &Test) -> Result<Rejected> {
    Ok(Rejected(compilation.report(test.common.json, test.is_colored())?))
}

fn interpret(
    compilation: &mut Compilation,
    listener: &mut Listener,
    test: &Test,
) -> Result<Result<Ended, Rejected>> {
    let mut execution = match compilation.session.start(&listener.args, test.max_memory) {
        Ok(execution) => execution,
        Err(Error::Rejected) => return Ok(Err(rejected(compilation, test)?)),
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
                return Ok(Ok(Ended { code: 1, error: Some(report.into()) }));
            }
            Err(error) => return Err(error.into()),
        };
        listener.collector.printed(&step.stderr);
        if !listener.collector.out(&step.stdout) {
            execution.interrupt(false)?;
        }
        match step.state {
            State::Running => {}
            State::NeedsInput => execution.supply_line(None)?,
            State::Ended(ended) => {
                let error = ended.error.map(|error| Failure {
                    kind: kind_of(&error),
                    message: error.message,
                    report: error.report,
                });
                return Ok(Ok(Ended { code: ended.exit_code, error }));
            }
        }
        if stop.is_late() {
            execution.interrupt(true)?;
        }
    }
}

/// The kind of an error that the component's interpreter reports.
fn kind_of(error: &engine::RuntimeError) -> ErrorKind {
    let same = |kind: &&ErrorKind| kind.code() == error.code && kind.title() == error.title;
    ErrorKind::ALL.iter().find(same).copied().unwrap_or(ErrorKind::Internal)
}

/// The streams of a program whose output is taken apart. Its input is empty.
struct Listener {
    args: Vec<String>,
    collector: Collector,
}

impl Host for Listener {
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
