//! What questions to the compiler cost in a process that lives on, beside their aims; and a large program with one instance of the compiler and
//! with two.

use super::{generate, timed};
use crate::{host, progress, target};
use anyhow::Result;
use std::path::Path;
use std::process::Command;

const LINES: usize = 1_000;

pub fn run(component: &Path) -> Result<()> {
    let mut cargo = host::cargo(component);
    cargo.args(["build", "--locked", "--release", "-p", "simple", "--example", "questions"]);
    progress::run("building the measuring host", &mut cargo)?;
    let folder = target().join("bench");
    std::fs::create_dir_all(&folder)?;
    let large = folder.join(format!("lines-{LINES}.spl"));
    std::fs::write(&large, generate::program(LINES))?;
    let (_, table) = timed(Command::new(target().join("release/examples/questions")).arg(&large))?;
    println!("\nquestions: in one process, medians\n{}", table.trim_end());
    Ok(())
}
