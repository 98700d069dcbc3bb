//! `simple run --engine interp`: the interpreter inside the component, a slice at a time.

use crate::args::Run;
use crate::compile::{Compilation, Compiled};
use crate::native::{exit_byte, read_line, write};
use anyhow::{Result, bail};
use engine::{Ended, Execution, State};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Instructions between two looks at the clock and at Ctrl-C.
const SLICE: u64 = 5_000_000;

/// Compiles and interprets in the component.
pub fn run(run: &Run) -> Result<u8> {
    let mut compilation = Compilation::open(&run.file, &run.common)?;
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
    if let Some(error) = &ended.error {
        eprint!("{}", error.report);
    } else if run.check_leaks && ended.live_objects > 0 {
        bail!("{} objects are left at the end", ended.live_objects);
    }
    compilation.finish()?;
    Ok(exit_byte(ended.exit_code))
}

// None where instantiating the program found an error.
fn start(compilation: &mut Compilation, run: &Run) -> Result<Option<Ended>> {
    let session = &mut compilation.session;
    let mut execution = match session.start(&run.args, run.max_memory) {
        Ok(execution) => execution,
        Err(engine::Error::Rejected) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    compilation.timings.phase("run", || drive(&mut execution, run)).map(Some)
}

fn drive(execution: &mut Execution<'_>, run: &Run) -> Result<Ended> {
    let interrupted = Arc::new(AtomicBool::new(false));
    let handler = interrupted.clone();
    ctrlc::set_handler(move || handler.store(true, Ordering::Relaxed))?;
    let deadline = run.timeout.map(|time| Instant::now() + time);
    loop {
        let step = execution.step(SLICE)?;
        if !write(false, &step.stderr) || !write(true, &step.stdout) {
            execution.interrupt(false)?;
        }
        match step.state {
            State::Running => {}
            State::NeedsInput => execution.supply_line(read_line().as_deref())?,
            State::Ended(ended) => return Ok(ended),
        }
        if interrupted.load(Ordering::Relaxed) {
            execution.interrupt(false)?;
        } else if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            execution.interrupt(true)?;
        }
    }
}
