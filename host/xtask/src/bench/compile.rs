//! Compile time in the component against the same code built natively with the same profile and features.

use super::{generate, ms};
use crate::{host, progress, root, target};
use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const SIZES: [usize; 3] = [100, 1_000, 10_000];

pub fn run(component: &Path) -> Result<()> {
    let native = build_native()?;
    let inside = build_inside(component)?;
    let folder = target().join("bench");
    std::fs::create_dir_all(&folder)?;
    println!("\ncompile: source to artifact, component against native");
    println!("{:>8} {:>14} {:>12} {:>7}", "lines", "component ms", "native ms", "ratio");
    let mut before = None;
    let mut growth = None;
    for lines in SIZES {
        let path = folder.join(format!("lines-{lines}.spl"));
        std::fs::write(&path, generate::program(lines))?;
        let ours = ms(measure(&inside, &path)?);
        let theirs = ms(measure(&native, &path)?);
        println!("{lines:>8} {ours:>14.2} {theirs:>12.2} {:>7.2}", ours / theirs);
        growth = before.map(|before: f64| ours / before);
        before = Some(ours);
    }
    if let Some(growth) = growth {
        println!("growth from 1,000 to 10,000 lines: {growth:.1}x");
    }
    Ok(())
}

// Both programs take a file and print the median of several compilations in nanoseconds.
fn measure(program: &Path, source: &Path) -> Result<Duration> {
    let (_, printed) = super::timed(Command::new(program).arg(source))?;
    Ok(Duration::from_nanos(
        printed.trim().parse().with_context(|| format!("{program:?} printed {printed:?}"))?,
    ))
}

// In a target folder of its own: Cargo unifies features within one invocation, and the host's would slow Cranelift down.
fn build_native() -> Result<PathBuf> {
    let folder = target().join("component/native");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .current_dir(root())
        .args(["build", "--locked", "-p", "driver", "--example", "compile_native", "--profile", "component"])
        .arg("--target-dir")
        .arg(&folder);
    progress::run("building the native twin of the component", &mut cargo)?;
    Ok(folder.join("component/examples/compile_native"))
}

fn build_inside(component: &Path) -> Result<PathBuf> {
    let mut cargo = host::cargo(component);
    cargo.args(["build", "--locked", "--release", "-p", "engine", "--example", "compile_inside"]);
    progress::run("building the measuring host", &mut cargo)?;
    Ok(target().join("release/examples/compile_inside"))
}
