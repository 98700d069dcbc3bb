//! The suite's programs as code for AArch64: compiled here, run by a small program for that machine, under emulation where this is another one.

use crate::toolchain::{Platform, Toolchain, install};
use crate::{progress, root, target};
use anyhow::{Result, bail};
use std::path::Path;
use std::process::{Command, ExitCode};

/// Tells the suite how to run an artifact for AArch64.
pub const RUNNER: &str = "SIMPLE_AARCH64_RUNNER";

const EMULATOR: &str = "/usr/bin/qemu-aarch64";
/// The C library for the emulated program.
const LIBRARIES: &str = "/usr/aarch64-linux-gnu";
const LINKER: &str = "/usr/bin/aarch64-linux-gnu-gcc";
const DEBIAN_PACKAGES: [&str; 3] = ["qemu-user", "gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross"];

/// Runs the programs, after everything that takes was made or installed.
///
/// # Errors
/// Something is missing and cannot be installed, or does not compile.
pub fn run() -> Result<ExitCode> {
    if !install_tools()? {
        bail!("this takes an emulator and a linker: sudo apt-get install {}", DEBIAN_PACKAGES.join(" "));
    }
    let runner = build(&Toolchain::find(Platform::Aarch64)?)?;
    let mut tests = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    tests.current_dir(root()).env("CARGO_TARGET_DIR", target()).env(RUNNER, runner).args([
        "test",
        "--locked",
        "--release",
        "-p",
        "guest-tests",
        "--test",
        "run",
        "--",
        "::aarch64",
    ]);
    Ok(if tests.status()?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// How to run an artifact, if everything for that is installed.
///
/// # Errors
/// The runner does not compile.
pub fn runner_if_possible() -> Result<Option<String>> {
    match Toolchain::present(Platform::Aarch64) {
        Some(toolchain) if has_tools() => build(&toolchain).map(Some),
        Some(_) | None => Ok(None),
    }
}

/// Whether there are an emulator and a linker, after they were installed where that is possible.
///
/// # Errors
/// It was possible and failed.
pub fn install_tools() -> Result<bool> {
    Ok(has_tools() || install(&DEBIAN_PACKAGES)? && has_tools())
}

fn has_tools() -> bool {
    [EMULATOR, LIBRARIES, LINKER].into_iter().all(|path| Path::new(path).exists())
}

/// Builds the runner; the command that runs an artifact.
fn build(toolchain: &Toolchain) -> Result<String> {
    let folder = target().join("aarch64");
    progress::run(
        "building the runner for AArch64",
        toolchain
            .cargo_build()
            .args([
                "--release",
                "-p",
                "loader",
                "--no-default-features",
                "--bin",
                "run_artifact",
                "--target-dir",
            ])
            .arg(&folder),
    )?;
    let runner = folder.join(Platform::Aarch64.target()).join("release/run_artifact");
    Ok(format!("{EMULATOR} -L {LIBRARIES} {}", runner.display()))
}
