//! What the tests take besides Rust, fetched and installed.

use crate::{aarch64, toolchain, wasi, web};
use anyhow::Result;

/// Makes sure that something is there; false where that is not possible.
type Step = fn() -> Result<bool>;

/// Installs or fetches what is missing. What cannot be had is said: the tests leave out what takes it.
pub fn run() {
    let steps: [(&str, Step); 4] = [
        ("a browser", || web::has_browser_or(|| toolchain::install(&["chromium"]))),
        ("Valgrind", || Ok(toolchain::is_command("valgrind") || toolchain::install(&["valgrind"])?)),
        ("an emulator of AArch64", aarch64::install_tools),
        ("another Wasmtime", || wasi::fetch_if_missing().map(|_| true)),
    ];
    for (what, step) in steps {
        match step() {
            Ok(true) => println!("there: {what}"),
            Ok(false) => println!("missing, and not installed here: {what}"),
            Err(error) => println!("missing: {what}: {error:#}"),
        }
    }
}
