//! Builds and starts `target/release/simple`.

use crate::runtime::Form;
use crate::{progress, root, target};
use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Builds the command with a component inside.
///
/// # Errors
/// It does not compile.
pub fn build(component: &Path) -> Result<PathBuf> {
    progress::run(
        "building target/release/simple",
        cargo(component).args(["build", "--locked", "--release", "-p", "simple"]),
    )?;
    Ok(command_path())
}

/// Where the command is, once it is built.
pub fn command_path() -> PathBuf {
    target().join("release").join(if cfg!(windows) { "simple.exe" } else { "simple" })
}

/// Builds the command and everything that tests need beside it. One invocation: Cargo unifies features within it, so Wasmtime and Cranelift are compiled
/// once for both.
///
/// # Errors
/// It does not compile.
pub fn build_with_tests(component: &Path) -> Result<()> {
    progress::run(
        "building target/release/simple and the tests",
        cargo(component).args(["build", "--locked", "--release"]).args(EVERYTHING),
    )
}

/// The workspace without the component's own shell, which only makes sense on its target.
pub const EVERYTHING: [&str; 4] = ["--workspace", "--exclude", "guest", "--all-targets"];

/// The outer cargo, told where the component is.
pub fn cargo(component: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root()).env("CARGO_TARGET_DIR", target());
    command.env("SIMPLE_COMPONENT", component).env("SIMPLE_RUNTIME", Form::Importable.path());
    command.env("SIMPLE_LINKABLE_RUNTIME", Form::Linkable.path());
    command
}

/// `simple run ...`, with this process's input and output.
///
/// # Errors
/// It cannot be started.
pub fn run(simple: &Path, args: &[String]) -> Result<ExitCode> {
    let status = Command::new(simple)
        .arg("run")
        .args(args)
        .status()
        .with_context(|| format!("starting {}", simple.display()))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
