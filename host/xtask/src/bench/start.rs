//! The whole process: hello world with a warm cache and without one.

use super::{median, ms, timed};
use crate::target;
use anyhow::{Context as _, Result, bail};
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const RUNS: usize = 31;
/// With an empty cache each takes seconds.
const COLD_RUNS: usize = 5;

pub fn run(simple: &Path) -> Result<()> {
    let program = target().join("bench/hello.spl");
    std::fs::create_dir_all(target().join("bench"))?;
    std::fs::write(&program, "print \"Hello, World!\"\n")?;
    timed(Command::new(simple).arg("run").arg(&program))?;
    let (mut hello, mut kept, mut nothing) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        hello.push(timed(Command::new(simple).args(["run", "--no-cache"]).arg(&program))?.0);
        kept.push(timed(Command::new(simple).arg("run").arg(&program))?.0);
        nothing.push(timed(Command::new(simple).arg("version"))?.0);
    }
    println!("\nstart: whole process, warm cache, median of {RUNS}");
    println!("simple run hello.spl {:>8.1} ms, compiled", ms(median(hello)));
    println!("simple run hello.spl {:>8.1} ms, from the artifact kept", ms(median(kept)));
    println!("simple version       {:>8.1} ms", ms(median(nothing)));

    let (mut output, mut end) = (Vec::new(), Vec::new());
    for _ in 0..COLD_RUNS {
        let (first, whole) = cold(simple, &program)?;
        output.push(first);
        end.push(whole);
    }
    println!("start: cold (empty cache folder), median of {COLD_RUNS}");
    println!("simple run hello.spl {:>8.1} ms to its output", ms(median(output)));
    println!(
        "simple run hello.spl {:>8.1} ms to its end, with the compiler's fast form in the cache",
        ms(median(end))
    );
    Ok(())
}

/// Times from the start of a process with an empty cache folder: to its output, to its end.
fn cold(simple: &Path, program: &Path) -> Result<(Duration, Duration)> {
    let cache = target().join("bench/cold-cache");
    if cache.exists() {
        std::fs::remove_dir_all(&cache)?;
    }
    std::fs::create_dir_all(&cache)?;
    let started = Instant::now();
    let mut child = Command::new(simple)
        .arg("run")
        .arg(program)
        .env("SIMPLE_CACHE", &cache)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", simple.display()))?;
    let mut stdout = child.stdout.take().context("a piped output")?;
    stdout.read_exact(&mut [0])?;
    let first = started.elapsed();
    stdout.read_to_end(&mut Vec::new())?;
    let status = child.wait()?;
    let whole = started.elapsed();
    if !status.success() {
        bail!("{} failed: {status}", program.display());
    }
    if std::fs::read_dir(&cache)?.next().is_none() {
        bail!("nothing is in the cache afterwards: was another folder used?");
    }
    std::fs::remove_dir_all(&cache)?;
    Ok((first, whole))
}
