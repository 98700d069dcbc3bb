//! WebAssembly against machine code: the suite's benchmark programs in the sandbox of `simple run --engine wasm`, and as components in PyPI's Wasmtime where that is
//! there. All sides print the same or the table stops.

use super::{geometric_mean, median, ms, timed};
use crate::{root, target, wasi};
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::Path;
use std::process::Command;

const RUNS: usize = 5;

pub fn run(simple: &Path) -> Result<()> {
    println!(
        "\nwasm: whole programs, warm cache; the ratio is to machine code. In another Wasmtime: with its start and its compilation"
    );
    println!(
        "{:<16} {:>10} {:>10} {:>7} {:>12} {:>7} {:>9}",
        "program", "native ms", "wasm ms", "ratio", "component ms", "ratio", "bytes"
    );
    let folder = target().join("bench");
    fs::create_dir_all(&folder)?;
    let mut programs: Vec<_> = fs::read_dir(root().join("guest-tests/bench"))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "spl"))
        .collect();
    programs.sort();
    let runner = wasi::runner_if_possible();
    let (mut in_sandbox, mut in_components) = (Vec::new(), Vec::new());
    for source in programs {
        let name = source.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let component = folder.join(&name).with_extension("wasm");
        timed(Command::new(simple).arg("build").arg(&source).arg("-o").arg(&component))?;
        let command = |engine: &str| {
            let mut command = Command::new(simple);
            command.args(["run", "--engine", engine]).arg(&source);
            command
        };
        let (native, printed) = measured(|| Ok(command("native")))?;
        let (wasm, also) = measured(|| Ok(command("wasm")))?;
        if also != printed {
            bail!("{name} prints {also:?} as WebAssembly, {printed:?} as machine code");
        }
        let elsewhere = match &runner {
            Some(runner) => {
                let (time, also) = measured(|| foreign(runner, &component))?;
                if also != printed {
                    bail!("{name} prints {also:?} as a component, {printed:?} as machine code");
                }
                in_components.push(time / native);
                format!("{time:>12.1} {:>7.2}", time / native)
            }
            None => format!("{:>12} {:>7}", "-", "-"),
        };
        in_sandbox.push(wasm / native);
        let bytes = fs::metadata(&component)?.len();
        println!("{name:<16} {native:>10.1} {wasm:>10.1} {:>7.2} {elsewhere} {bytes:>9}", wasm / native);
    }
    let mean = |ratios: &[f64]| {
        if ratios.is_empty() { "-".to_owned() } else { format!("{:.2}", geometric_mean(ratios)) }
    };
    let (sandbox, components) = (mean(&in_sandbox), mean(&in_components));
    println!("{:<16} {:>10} {:>10} {sandbox:>7} {:>12} {components:>7}", "geometric mean", "", "", "");
    if runner.is_none() {
        println!("left out: components in another Wasmtime; `cargo xtask wasi` fetches what that takes");
    }
    let (source, component) = (folder.join("hello.spl"), folder.join("hello.wasm"));
    fs::write(&source, "print \"Hello\"\n")?;
    timed(Command::new(simple).arg("build").arg(&source).arg("-o").arg(&component))?;
    println!("a component that prints one text: {} bytes", fs::metadata(&component)?.len());
    Ok(())
}

/// Median milliseconds of a command after one run that fills caches, and its output.
fn measured(command: impl Fn() -> Result<Command>) -> Result<(f64, String)> {
    let (_, printed) = timed(&mut command()?)?;
    let mut times = Vec::new();
    for _ in 0..RUNS {
        times.push(timed(&mut command()?)?.0);
    }
    Ok((ms(median(times)), printed))
}

fn foreign(runner: &str, component: &Path) -> Result<Command> {
    let mut words = runner.split_whitespace();
    let mut command = Command::new(words.next().context("an empty command")?);
    command.args(words).arg(component);
    Ok(command)
}
