//! Runs an artifact file with this process's input, output and arguments: a host without a compiler, for machines on which the compiler
//! is not built (`cargo xtask aarch64`).

use loader::{BufferHost, Limits};
use std::io::{BufRead as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("usage: run_artifact FILE [ARGUMENT]...")?;
    let mut host = BufferHost::new(1 << 30);
    host.args = args.collect();
    host.input = std::io::stdin().lock().lines().collect::<Result<_, _>>()?;
    let limits = Limits { time: Some(Duration::from_secs(300)), ..Limits::default() };
    let outcome = loader::run(&std::fs::read(path)?, &limits, &mut host)?;
    std::io::stdout().write_all(&host.out)?;
    std::io::stderr().write_all(&host.err)?;
    if let Some(report) = &outcome.error {
        eprint!("{report}");
    }
    if let Some(live @ 1..) = outcome.stats.live_objects {
        return Err(format!("{live} objects are left at the end").into());
    }
    Ok(ExitCode::from((outcome.exit_code & 0xff) as u8))
}
