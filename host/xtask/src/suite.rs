//! Runs every check and test.

use crate::{Profile, aarch64, component, host, wasi, web};
use anyhow::{Result, bail};
use std::path::Path;
use std::process::ExitCode;
use std::time::SystemTime;

/// Format, lints, then all tests of the workspace with the component at hand, the programs for AArch64 among them where they can run, then those of the
/// JavaScript package and the playground. The suite's own output goes through.
///
/// # Errors
/// A step cannot be started. A failed step is the exit code, after all steps ran.
pub fn run(component: &Path, profile: Profile, filter: Option<&str>) -> Result<ExitCode> {
    let mut steps: Vec<(&str, Vec<&str>)> = Vec::new();
    if filter.is_none() {
        steps.push(("format", vec!["fmt", "--all", "--check"]));
        steps.push((
            "lints",
            vec!["clippy", "--locked", "--release", "--workspace", "--all-targets", "--", "-D", "warnings"],
        ));
    }
    let mut tests =
        vec!["test", "--locked", "--release", "--workspace", "--exclude", "guest", "--no-fail-fast", "--"];
    tests.extend(filter);
    steps.push(("tests", tests));
    let mut failed = Vec::new();
    if filter.is_none()
        && let Err(error) = component::check_size(component, profile)
    {
        eprintln!("error: {error:#}");
        failed.push("size of the component");
    }
    let emulated = aarch64::runner_if_possible()?;
    if emulated.is_none() {
        println!("left out: programs as code for AArch64; `cargo xtask aarch64` installs what that takes");
    }
    let foreign = wasi::runner_if_possible();
    if foreign.is_none() {
        println!(
            "left out: programs as components in another Wasmtime; `cargo xtask wasi` fetches what that takes"
        );
    }
    for (name, args) in steps {
        eprintln!("== {name}: cargo {}", args.join(" "));
        let mut command = host::cargo(component);
        command.args(&args).envs(emulated.as_ref().map(|runner| (aarch64::RUNNER, runner)));
        command.envs(foreign.as_ref().map(|runner| (wasi::RUNNER, runner)));
        let Ok(status) = command.status() else { bail!("cannot start cargo") };
        if !status.success() {
            failed.push(name);
        }
    }
    if filter.is_none() {
        if web::is_possible() {
            eprintln!("== web: the JavaScript package and the playground");
            match web::test(component, &host::command_path()) {
                Ok(true) => {}
                Ok(false) => failed.push("web"),
                Err(error) => {
                    eprintln!("error: {error:#}");
                    failed.push("web");
                }
            }
        } else {
            println!(
                "left out: the JavaScript package and the playground; `cargo xtask web-test` installs what that takes"
            );
        }
    }
    if failed.is_empty() {
        println!("all steps passed");
        return Ok(ExitCode::SUCCESS);
    }
    println!("failed: {}", failed.join(", "));
    Ok(ExitCode::FAILURE)
}

/// Random programs in all engines.
///
/// # Errors
/// Cargo cannot be started.
pub fn fuzz(component: &Path, seed: Option<u64>, count: u64) -> Result<ExitCode> {
    let now = || SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let seed = seed.unwrap_or_else(now);
    println!("from seed {seed}");
    let status = host::cargo(component)
        .args(["test", "--locked", "--release", "-p", "simple", "-p", "guest-tests", "--test", "fuzz"])
        .args(["--", "--nocapture"])
        .env("FUZZ_SEED", seed.to_string())
        .env("FUZZ_COUNT", count.to_string())
        .status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
