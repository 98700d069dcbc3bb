//! Measures; see the README for what each table says.

use anyhow::{Result, bail};
use clap::ValueEnum;
use std::path::Path;

/// A table of results.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Table {
    /// Compile time in the component against the same code built natively.
    Compile,
    /// The whole process, hello world, warm cache.
    Start,
    /// Generated code against C.
    Code,
    /// Peak memory of the host.
    Memory,
}

/// Runs the tables.
///
/// # Errors
/// A tool is missing or a program fails.
pub fn run(_simple: &Path, tables: &[Table]) -> Result<()> {
    bail!("no table yet: {tables:?}")
}
