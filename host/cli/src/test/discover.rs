//! Which files are tests.

use anyhow::{Context as _, Result, bail};
use std::path::{Path, PathBuf};

/// The test files that the paths of a command line name, each once: files as they are, in folders and below them `*_spec.spl` and
/// `*_test.spl` in the order of their names; for examples of documentation, programs and Markdown.
pub fn discover(paths: &[PathBuf], documentation: bool) -> Result<Vec<PathBuf>> {
    let endings: &[&str] = if documentation { &[".spl", ".md"] } else { &["_spec.spl", "_test.spl"] };
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { here.as_slice() } else { paths };
    let mut files = Vec::new();
    for path in paths {
        let kind = std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
        if kind.is_dir() {
            folder(path, endings, &mut files)?;
        } else {
            files.push(path.clone());
        }
    }
    let mut seen = std::collections::HashSet::new();
    files.retain(|file| seen.insert(file.clone()));
    if files.is_empty() {
        bail!("there is no test file here: their names end in {}", endings.join(" or "));
    }
    Ok(files)
}

fn folder(path: &Path, endings: &[&str], files: &mut Vec<PathBuf>) -> Result<()> {
    let read = || format!("cannot read the folder {}", path.display());
    let mut entries = std::fs::read_dir(path)
        .with_context(read)?
        .collect::<std::io::Result<Vec<_>>>()
        .with_context(read)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // Links are not followed: they may lead back.
        let kind = entry.file_type().with_context(read)?;
        let own = if path == Path::new(".") { PathBuf::from(entry.file_name()) } else { entry.path() };
        if kind.is_dir() && !name.starts_with('.') {
            folder(&own, endings, files)?;
        } else if kind.is_file() && endings.iter().any(|ending| name.ends_with(ending)) {
            files.push(own);
        }
    }
    Ok(())
}
