//! The suite's programs as components, run by a Wasmtime that is not ours: the one that PyPI has.

use crate::{host, progress, root, target};
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// Tells the suite how to run a component.
pub const RUNNER: &str = "SIMPLE_WASI_RUNNER";

/// The package, at the version that was tried.
const PACKAGE: &str = "wasmtime==50.0.1";

/// Runs the programs, after everything that takes was made or fetched.
///
/// # Errors
/// There is no Python, or the package cannot be fetched.
pub fn run(component: &Path) -> Result<ExitCode> {
    let runner = fetch_if_missing()?;
    let mut tests = host::cargo(component);
    tests.env(RUNNER, runner).args([
        "test",
        "--locked",
        "--release",
        "-p",
        "simple",
        "-p",
        "guest-tests",
        "--test",
        "run",
        "--",
        "::wasi",
    ]);
    Ok(if tests.status()?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How to run a component, if everything for that is there.
pub fn runner_if_possible() -> Option<String> {
    let has_package = Command::new(python())
        .args(["-c", "import wasmtime.component"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    has_package.then(runner)
}

/// How to run a component, after what that takes was fetched.
///
/// # Errors
/// There is no Python, or the package cannot be fetched.
pub fn fetch_if_missing() -> Result<String> {
    if let Some(runner) = runner_if_possible() {
        return Ok(runner);
    }
    progress::run(
        "making a place for Python packages",
        Command::new("python3").args(["-m", "venv"]).arg(folder()),
    )?;
    progress::run(
        "fetching Wasmtime for Python",
        Command::new(python()).args(["-m", "pip", "install", "--quiet", PACKAGE]),
    )?;
    Ok(runner())
}

fn runner() -> String {
    format!("{} {}", python().display(), root().join("guest-tests/wasi/run.py").display())
}

fn python() -> PathBuf {
    folder().join("bin/python")
}

fn folder() -> PathBuf {
    target().join("wasi")
}
