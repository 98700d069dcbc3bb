//! Runs every check and test.

use crate::{Profile, component, host};
use anyhow::{Result, bail};
use std::path::Path;
use std::process::ExitCode;

/// Format, lints, then all tests of the workspace with the component at hand. The suite's own output goes through.
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
    for (name, args) in steps {
        eprintln!("== {name}: cargo {}", args.join(" "));
        let Ok(status) = host::cargo(component).args(&args).status() else { bail!("cannot start cargo") };
        if !status.success() {
            failed.push(name);
        }
    }
    if failed.is_empty() {
        println!("all steps passed");
        return Ok(ExitCode::SUCCESS);
    }
    println!("failed: {}", failed.join(", "));
    Ok(ExitCode::FAILURE)
}
