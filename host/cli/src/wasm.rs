//! `simple run --engine wasm`: WebAssembly in a sandbox.

use crate::args::Run;
use crate::compile::{Compilation, Compiled};
use crate::native::{Console, exit_byte};
use anyhow::{Result, bail};
use engine::Target;
use sandbox::{Limits, Sandbox, Settings, Stopper};

/// Compiles in the component, then runs the module in Wasmtime.
pub fn run(run: &Run) -> Result<u8> {
    let Compiled::Done(mut compilation) = Compilation::open(&run.file, &run.common)? else { return Ok(1) };
    let module = match compilation.stage("compile", &run.common, |session| session.emit(Target::Wasm32))? {
        Compiled::Done(module) => module,
        Compiled::Rejected => {
            compilation.finish()?;
            return Ok(1);
        }
    };
    let timings = &mut compilation.timings;
    let sandbox = timings.phase("load the runtime", || Sandbox::new(Settings::default()))?;
    let program = timings.phase("compile the module", || sandbox.load(&module))?;
    let stopper = Stopper::new();
    let handler = stopper.clone();
    ctrlc::set_handler(move || handler.stop())?;
    let limits =
        Limits { memory: run.max_memory, time: run.timeout, stopper: Some(stopper), ..Limits::default() };
    let console = Console::new(run)?;
    let (_, outcome) = timings.phase("run", || program.run(&limits, console));
    let outcome = outcome?;
    if let Some(report) = &outcome.error {
        eprint!("{report}");
    }
    if run.check_leaks
        && let Some(live @ 1..) = outcome.live_objects
    {
        bail!("{live} objects are left at the end");
    }
    compilation.finish_after(outcome.error.map(|report| report.kind))?;
    Ok(exit_byte(outcome.exit_code))
}
