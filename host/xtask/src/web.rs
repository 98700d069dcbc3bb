//! The JavaScript package and the playground: built, served, tested.

use crate::runtime::Form;
use crate::toolchain::install;
use crate::{progress, root};
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// Older ones lack what the package uses.
const NODE: u32 = 20;
const BROWSERS: [&str; 3] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/// Builds the page and serves it on localhost until it is stopped; prints the address.
///
/// # Errors
/// Node is missing and cannot be installed, or something does not compile.
pub fn serve(component: &Path, port: u16) -> Result<ExitCode> {
    require_node()?;
    build(component)?;
    let status = Command::new("node")
        .args(["app/scripts/serve.js", &port.to_string()])
        .current_dir(folder())
        .status()
        .context("starting node")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Builds the package and the page, then runs their tests: in Node, and in a browser. Installs what is missing on Debian, as root. True if all passed.
///
/// # Errors
/// Something is missing and cannot be installed, or does not compile.
pub fn test(component: &Path, simple: &Path) -> Result<bool> {
    require_node()?;
    has_browser_or(|| install(&["chromium"]))?;
    let Some(browser) = browser() else {
        bail!("this takes a browser: sudo apt-get install chromium, or CHROMIUM=its path");
    };
    build(component)?;
    let status = npm(component)
        .args(["test"])
        .env("SIMPLE_COMMAND", simple)
        .env("CHROMIUM", browser)
        .status()
        .context("starting npm")?;
    Ok(status.success())
}

/// Whether there is a browser; where there is none, it is made sure that there is one.
///
/// # Errors
/// What that says.
pub fn has_browser_or(install: impl FnOnce() -> Result<bool>) -> Result<bool> {
    if browser().is_none() {
        install()?;
    }
    Ok(browser().is_some())
}

/// Whether everything that the tests need is installed.
pub fn is_possible() -> bool {
    node_fits() && browser().is_some()
}

/// Packages as the lock file names them, then the package and the page.
fn build(component: &Path) -> Result<()> {
    let lock = blake3::hash(&fs::read(folder().join("package-lock.json"))?).to_hex();
    let stamp = folder().join("node_modules").join(".lock-hash");
    if !fs::read_to_string(&stamp).is_ok_and(|found| found == lock.as_str()) {
        progress::run(
            "fetching JavaScript packages",
            npm(component).args(["ci", "--no-audit", "--no-fund"]),
        )?;
        fs::write(&stamp, lock.as_str())?;
    }
    progress::run("building the JavaScript package and the playground", npm(component).args(["run", "build"]))
}

fn npm(component: &Path) -> Command {
    let mut command = Command::new("npm");
    command
        .current_dir(folder())
        .env("SIMPLE_COMPONENT", component)
        .env("SIMPLE_RUNTIME", Form::Importable.path());
    command
}

fn require_node() -> Result<()> {
    if node_fits() || install(&["nodejs", "npm"])? && node_fits() {
        return Ok(());
    }
    bail!("this takes Node {NODE} or later, and npm")
}

fn node_fits() -> bool {
    let output = |name: &str| Command::new(name).arg("--version").output().ok();
    let version = output("node").and_then(|output| String::from_utf8(output.stdout).ok());
    let major = version.and_then(|text| text.trim_start_matches('v').split('.').next()?.parse().ok());
    major.is_some_and(|major: u32| major >= NODE) && output("npm").is_some()
}

fn browser() -> Option<PathBuf> {
    match std::env::var_os("CHROMIUM") {
        Some(given) => Some(given.into()),
        None => BROWSERS.into_iter().map(PathBuf::from).find(|path| path.exists()),
    }
}

fn folder() -> PathBuf {
    root().join("host/playground")
}
