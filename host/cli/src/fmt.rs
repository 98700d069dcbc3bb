//! `simple fmt`: lays out sources in the house style.

use crate::args::Fmt;
use crate::{compile, files, output};
use anyhow::{Context as _, Result};
use engine::{Engine, Error, Limits, Optimization, Options};
use std::path::{Path, PathBuf};

/// What became of a text.
enum Outcome {
    Formatted(String),
    /// It has errors, and its user was told.
    Rejected,
}

/// Runs the command. The exit code is 1 where a file has errors, or would change under `--check`.
pub fn run(fmt: &Fmt) -> Result<u8> {
    let engine = compile::load()?;
    let code = match fmt.paths.as_slice() {
        [only] if only == Path::new("-") => standard_input(&engine, fmt)?,
        paths => all(&engine, fmt, paths)?,
    };
    engine.finish()?;
    Ok(code)
}

fn standard_input(engine: &Engine, fmt: &Fmt) -> Result<u8> {
    let text = source::read_stdin()?;
    match format(engine, fmt, "<stdin>", &text)? {
        Outcome::Formatted(formatted) if fmt.check => Ok(u8::from(formatted != text)),
        Outcome::Formatted(formatted) => {
            output::print(formatted.as_bytes())?;
            Ok(0)
        }
        Outcome::Rejected => Ok(1),
    }
}

fn all(engine: &Engine, fmt: &Fmt, paths: &[PathBuf]) -> Result<u8> {
    let files = files::find(paths, |name| name.ends_with(".spl"))?;
    if files.is_empty() {
        anyhow::bail!("there is no source here: their names end in .spl");
    }
    let (mut changed, mut failed) = (0, 0);
    for path in &files {
        match file(engine, fmt, path) {
            Ok(Some(true)) => {
                changed += 1;
                if fmt.check {
                    output::print(format!("{}\n", path.display()).as_bytes())?;
                }
            }
            Ok(Some(false)) => {}
            Ok(None) => failed += 1,
            // One file does not keep the others from being looked at.
            Err(error) => {
                eprintln!("error: {error:#}");
                failed += 1;
            }
        }
    }
    let files_of = |count: usize| format!("{count} file{}", if count == 1 { "" } else { "s" });
    let left = if failed > 0 { format!("; {} could not be read", files_of(failed)) } else { String::new() };
    let would = if fmt.check { "would format" } else { "formatted" };
    eprintln!("{would} {} of {}{left}", changed, files_of(files.len()));
    Ok(u8::from(failed > 0 || fmt.check && changed > 0))
}

/// Lays out one file: whether it was different. None where it has errors.
fn file(engine: &Engine, fmt: &Fmt, path: &Path) -> Result<Option<bool>> {
    let shown = path.display().to_string();
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {shown}"))?;
    let text = source::to_text(bytes, &shown)?;
    match format(engine, fmt, &shown, &text).with_context(|| format!("cannot format {shown}"))? {
        Outcome::Formatted(formatted) => {
            let differs = formatted != text;
            if differs && !fmt.check {
                output::write(path, formatted.as_bytes(), false)?;
            }
            Ok(Some(differs))
        }
        Outcome::Rejected => Ok(None),
    }
}

/// Each text has an instance of its own: what one of them does to the compiler, the next does not see.
fn format(engine: &Engine, fmt: &Fmt, path: &str, text: &str) -> Result<Outcome> {
    let limits = Limits::default();
    let options = Options {
        budget: fmt.common.budget,
        optimization: Optimization::None,
        verify: false,
        max_output: limits.output as u64,
    };
    let mut session = engine.session(&options, limits)?;
    match session.format(path, text) {
        Ok(formatted) => Ok(Outcome::Formatted(formatted)),
        Err(Error::Rejected) => {
            compile::tell(&mut session, &fmt.common)?;
            Ok(Outcome::Rejected)
        }
        Err(error) => Err(error.into()),
    }
}
