//! `simple run --engine wasm`: WebAssembly in a sandbox.

use crate::args::Run;
use crate::native::{Console, Ran, exit_byte, run_for};
use crate::timings::Timings;
use anyhow::{Result, bail};
use engine::Target;
use sandbox::{Limits, Sandbox, Settings, Stopper};
use source::CacheDir;

/// Compiles in the component, then runs the module in Wasmtime.
pub fn run(run: &Run) -> Result<u8> {
    run_for(run, Target::Wasm32, execute)
}

/// Runs a module with this process's streams.
fn execute(run: &Run, module: &[u8], timings: &mut Timings) -> Result<Ran> {
    let settings = Settings { fuel: false, cache: CacheDir::of_user() };
    let sandbox = timings.phase("load the runtime", || Sandbox::new(settings))?;
    let program = timings.phase("compile the module", || sandbox.load(module))?;
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
    Ok(Ran { code: exit_byte(outcome.exit_code), error: outcome.error.map(|report| report.kind) })
}
