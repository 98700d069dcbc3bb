//! `simple run --engine interp`: the interpreter inside the component, a slice at a time.

use crate::args::Run;
use crate::compile::{Compilation, Compiled};
use crate::input::{Lines, Next};
use crate::native::{exit_byte, write};
use abi::ErrorKind;
use abi::report::ErrorReport;
use anyhow::{Result, bail};
use engine::{Ended, Error, Execution, State, Stop};
use std::time::Instant;

/// Instructions between two looks at the clock and at Ctrl-C.
const SLICE: u64 = 5_000_000;

/// Compiles and interprets in the component.
pub fn run(run: &Run) -> Result<u8> {
    let Compiled::Done(mut compilation) = Compilation::open(&run.file, &run.common, run.jobs.without_code())?
    else {
        return Ok(1);
    };
    if let Compiled::Rejected = compilation.stage("check", &run.common, engine::Session::check)? {
        compilation.finish()?;
        return Ok(1);
    }
    let ended = match start(&mut compilation, run)? {
        Some(ended) => ended,
        None => {
            compilation.tell(&run.common)?;
            compilation.finish()?;
            return Ok(1);
        }
    };
    let (code, stopped) = match ended {
        Outcome::Ended { ended, stopped } => {
            if let Some(error) = &ended.error {
                eprint!("{}", error.report);
            } else if run.check_leaks && ended.live_objects > 0 {
                bail!("{} objects are left at the end", ended.live_objects);
            }
            (exit_byte(ended.exit_code), stopped)
        }
        Outcome::Stopped(kind) => {
            let message = kind.title().to_owned();
            eprint!("{}", ErrorReport { kind, message, stack: Default::default() });
            (1, Some(kind))
        }
    };
    compilation.finish_after(stopped)?;
    Ok(code)
}

/// How a program ended.
enum Outcome {
    Ended {
        ended: Ended,
        /// Why it was told to stop, if it was.
        stopped: Option<ErrorKind>,
    },
    /// In the middle of one long operation: where it stood is not known.
    Stopped(ErrorKind),
}

// None where instantiating the program found an error.
fn start(compilation: &mut Compilation, run: &Run) -> Result<Option<Outcome>> {
    let session = &mut compilation.session;
    let mut execution = match session.start(&run.args, run.max_memory) {
        Ok(execution) => execution,
        Err(engine::Error::Rejected) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    compilation.timings.phase("run", || drive(&mut execution, run)).map(Some)
}

fn drive(execution: &mut Execution<'_>, run: &Run) -> Result<Outcome> {
    // A time beyond what the clock can say never comes.
    let stop = Stop::new(run.timeout.and_then(|time| Instant::now().checked_add(time)));
    let lines = Lines::new(run.max_memory)?;
    let (handler, wake) = (stop.clone(), lines.waker());
    ctrlc::set_handler(move || {
        handler.request();
        wake();
    })?;
    let mut stopped = None;
    loop {
        let step = match execution.step(SLICE, &stop) {
            Ok(step) => step,
            Err(Error::Stopped) if stop.is_requested() => {
                return Ok(Outcome::Stopped(ErrorKind::Interrupted));
            }
            Err(Error::Stopped) => return Ok(Outcome::Stopped(ErrorKind::TimedOut)),
            Err(error) => return Err(error.into()),
        };
        if !write(false, &step.stderr) || !write(true, &step.stdout) {
            execution.interrupt(false)?;
        }
        match step.state {
            State::Running => {}
            State::NeedsInput => match lines.next(stop.deadline()) {
                Next::Line(line) => execution.supply_line(Some(&line))?,
                Next::End => execution.supply_line(None)?,
                Next::TooLong => bail!("a line of the input is longer than the program's memory"),
                Next::Woken | Next::Late => {}
            },
            State::Ended(ended) => return Ok(Outcome::Ended { ended, stopped }),
        }
        if stop.is_requested() {
            execution.interrupt(false)?;
            stopped = Some(ErrorKind::Interrupted);
        } else if stop.is_late() {
            execution.interrupt(true)?;
            stopped = Some(ErrorKind::TimedOut);
        }
    }
}
