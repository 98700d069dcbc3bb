//! Measures; the README says what each table is for. Figures are medians of runs side by side in one process of the machine as
//! it is: read the ratios.

mod code;
mod compile;
mod generate;
mod memory;
mod questions;
mod start;
mod wasm;

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A table of results.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Table {
    /// Compile time in the component against the same code built natively.
    Compile,
    /// Calls into the component in a process that lives on, with their aims.
    Questions,
    /// The whole process, hello world, with a warm cache and without.
    Start,
    /// Generated code against C.
    Code,
    /// Peak memory of the host.
    Memory,
    /// WebAssembly against machine code, and sizes of components.
    Wasm,
}

/// Runs the tables; all of them if none is named.
///
/// # Errors
/// A tool is missing or a program fails.
pub fn run(component: &Path, simple: &Path, tables: &[Table]) -> Result<()> {
    let tables = if tables.is_empty() { Table::value_variants() } else { tables };
    for table in tables {
        match table {
            Table::Compile => compile::run(component)?,
            Table::Questions => questions::run(component)?,
            Table::Start => start::run(simple)?,
            Table::Code => code::run(simple)?,
            Table::Memory => memory::run(simple)?,
            Table::Wasm => wasm::run(simple)?,
        }
    }
    Ok(())
}

/// Runs a command and gives its wall time and output.
fn timed(command: &mut Command) -> Result<(Duration, String)> {
    let started = Instant::now();
    let output = command
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let time = started.elapsed();
    if !output.status.success() {
        bail!("{:?} failed: {}", command, output.status);
    }
    Ok((time, String::from_utf8_lossy(&output.stdout).into_owned()))
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn geometric_mean(ratios: &[f64]) -> f64 {
    (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp()
}
