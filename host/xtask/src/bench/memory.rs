//! Peak resident memory of the host.

use super::generate;
use crate::target;
use anyhow::{Context as _, Result};
use std::path::Path;
use std::process::Command;

pub fn run(simple: &Path) -> Result<()> {
    println!("\nmemory: peak resident set of the host");
    let folder = target().join("bench");
    std::fs::create_dir_all(&folder)?;
    for (name, text) in
        [("hello world", "print \"Hello, World!\"\n".to_owned()), ("10,000 lines", generate::program(10_000))]
    {
        let path = folder.join("memory.spl");
        std::fs::write(&path, text)?;
        // `simple run` prints its own peak with --timings, on the error stream.
        let output = Command::new(simple).args(["run", "--no-cache", "--timings"]).arg(&path).output()?;
        let printed = String::from_utf8_lossy(&output.stderr);
        let line = printed.lines().find(|line| line.contains("peak memory"));
        println!("{name:<14} {}", line.context("--timings says nothing of the peak memory")?.trim());
    }
    Ok(())
}
