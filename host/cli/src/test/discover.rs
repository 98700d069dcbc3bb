//! Which files are tests.

use crate::files;
use anyhow::{Result, bail};
use std::path::PathBuf;

/// The test files that the paths of a command line name: files as they are, in folders `*_spec.spl` and `*_test.spl`; for examples of
/// documentation, programs and Markdown.
pub fn discover(paths: &[PathBuf], documentation: bool) -> Result<Vec<PathBuf>> {
    let endings: &[&str] = if documentation { &[".spl", ".md"] } else { &["_spec.spl", "_test.spl"] };
    let files = files::find(paths, |name| endings.iter().any(|ending| name.ends_with(ending)))?;
    if files.is_empty() {
        bail!("there is no test file here: their names end in {}", endings.join(" or "));
    }
    Ok(files)
}
