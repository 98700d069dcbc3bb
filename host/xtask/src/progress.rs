//! Says what is being done while long builds run.

use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, IsTerminal as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Runs a command that takes long. On a terminal its latest line is shown beside a spinner; elsewhere a line says what starts, and
/// one every half a minute that it still runs.
///
/// # Errors
/// The command cannot be started or fails; its last lines are part of the error.
pub fn run(what: &str, command: &mut Command) -> Result<()> {
    let terminal = std::io::stderr().is_terminal();
    let bar = if terminal {
        ProgressBar::new_spinner().with_style(
            ProgressStyle::with_template("{spinner} {prefix} [{elapsed}] {wide_msg:.dim}")
                .expect("a well-formed template"),
        )
    } else {
        eprintln!("{what} ...");
        ProgressBar::hidden()
    };
    bar.set_prefix(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("cannot start {}", command.get_program().display()))?;
    let mut last: VecDeque<String> = VecDeque::new();
    let mut said = Instant::now();
    for line in BufReader::new(child.stderr.take().expect("a piped stream")).lines() {
        let line = line?;
        bar.set_message(line.trim().to_owned());
        if !terminal && said.elapsed() > Duration::from_secs(30) {
            eprintln!("  {} s: {}", started.elapsed().as_secs(), line.trim());
            said = Instant::now();
        }
        if last.len() == 60 {
            last.pop_front();
        }
        last.push_back(line);
    }
    let status = child.wait()?;
    bar.finish_and_clear();
    if !status.success() {
        bail!("{what} failed ({status}):\n{}", Vec::from(last).join("\n"));
    }
    eprintln!("{what}: {:.0} s", started.elapsed().as_secs_f64());
    Ok(())
}
