//! The whole process: hello world with a warm cache.

use super::{median, ms, timed};
use crate::target;
use anyhow::Result;
use std::path::Path;
use std::process::Command;

const RUNS: usize = 31;

pub fn run(simple: &Path) -> Result<()> {
    let program = target().join("bench/hello.spl");
    std::fs::create_dir_all(target().join("bench"))?;
    std::fs::write(&program, "print \"Hello, World!\"\n")?;
    timed(Command::new(simple).arg("run").arg(&program))?;
    let (mut hello, mut nothing) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        hello.push(timed(Command::new(simple).arg("run").arg(&program))?.0);
        nothing.push(timed(Command::new(simple).arg("version"))?.0);
    }
    println!("\nstart: whole process, warm cache, median of {RUNS}");
    println!("simple run hello.spl {:>8.1} ms", ms(median(hello)));
    println!("simple version       {:>8.1} ms", ms(median(nothing)));
    Ok(())
}
