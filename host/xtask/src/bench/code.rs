//! Generated code against C at -O2. Both sides print the same or the table stops.

use super::{geometric_mean, median, ms, timed};
use crate::{root, target};
use anyhow::{Result, bail};
use std::path::Path;
use std::process::Command;

const RUNS: usize = 5;

pub fn run(simple: &Path) -> Result<()> {
    println!("\ncode: whole programs, `simple run` (compile included) against C at -O2");
    println!("{:<16} {:>10} {:>10} {:>7}", "program", "simple ms", "C ms", "ratio");
    let folder = root().join("guest-tests/bench");
    let mut programs: Vec<_> = std::fs::read_dir(&folder)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|ending| ending == "c"))
        .collect();
    programs.sort();
    let built = target().join("bench");
    std::fs::create_dir_all(&built)?;
    let mut ratios = Vec::new();
    for source in programs {
        let name = source.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let binary = built.join(&name);
        timed(Command::new("cc").args(["-O2", "-o"]).arg(&binary).arg(&source).arg("-lm"))?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            let (time, printed) =
                timed(Command::new(simple).args(["run", "--no-cache"]).arg(source.with_extension("spl")))?;
            ours.push(time);
            let (time, expected) = timed(&mut Command::new(&binary))?;
            theirs.push(time);
            if printed != expected {
                bail!("{name} prints {printed:?}, its C twin {expected:?}");
            }
        }
        let (ours, theirs) = (ms(median(ours)), ms(median(theirs)));
        ratios.push(ours / theirs);
        println!("{name:<16} {ours:>10.1} {theirs:>10.1} {:>7.2}", ours / theirs);
    }
    println!("{:<16} {:>10} {:>10} {:>7.2}", "geometric mean", "", "", geometric_mean(&ratios));
    Ok(())
}
