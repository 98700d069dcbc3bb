//! Files that a command line names.

use anyhow::{Context as _, Result};
use std::path::{Path, PathBuf};

/// The files that paths name, each once: files as they are, in folders and below them those whose names are `wanted`, in the order of
/// their names. Without any path the current folder is meant.
pub fn find(paths: &[PathBuf], wanted: impl Fn(&str) -> bool) -> Result<Vec<PathBuf>> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { here.as_slice() } else { paths };
    let mut files = Vec::new();
    for path in paths {
        let kind = std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
        if kind.is_dir() {
            folder(path, &wanted, &mut files)?;
        } else {
            files.push(path.clone());
        }
    }
    let mut seen = std::collections::HashSet::new();
    files.retain(|file| seen.insert(file.clone()));
    Ok(files)
}

fn folder(path: &Path, wanted: &impl Fn(&str) -> bool, files: &mut Vec<PathBuf>) -> Result<()> {
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
            folder(&own, wanted, files)?;
        } else if kind.is_file() && wanted(&name) {
            files.push(own);
        }
    }
    Ok(())
}
