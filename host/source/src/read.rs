//! Reads source texts.

use anyhow::{Context as _, Result, bail};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use std::io::Read;
use std::path::Path;

/// Bytes that a source text may have.
pub const MAX_SOURCE: u64 = 64 << 20;

/// The text of one file that the user named. The folder it lies in is the granted root.
///
/// # Errors
/// There is no such file, it is too large, or it is not UTF-8 (the message says where).
pub fn read_file(path: &Path) -> Result<String> {
    let shown = path.display();
    let Some(name) = path.file_name() else { bail!("{shown} is not a file") };
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let root = Dir::open_ambient_dir(folder, ambient_authority())
        .with_context(|| format!("cannot open the folder of {shown}"))?;
    let file = root.open(name).with_context(|| format!("cannot read {shown}"))?;
    let about = file.metadata().with_context(|| format!("cannot read {shown}"))?;
    if about.is_dir() {
        bail!("{shown} is a folder, not a program");
    }
    text(file, &shown.to_string())
}

/// The text on the standard input.
///
/// # Errors
/// It is too large or not UTF-8.
pub fn read_stdin() -> Result<String> {
    text(std::io::stdin().lock(), "the standard input")
}

fn text(from: impl Read, shown: &str) -> Result<String> {
    let mut bytes = Vec::new();
    from.take(MAX_SOURCE + 1).read_to_end(&mut bytes).with_context(|| format!("cannot read {shown}"))?;
    if bytes.len() as u64 > MAX_SOURCE {
        bail!("{shown} is larger than {} MiB", MAX_SOURCE >> 20);
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..good].iter().filter(|&&byte| byte == b'\n').count() + 1;
        anyhow::anyhow!("{shown} is not UTF-8 text: a wrong byte in line {line}, at byte {good}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong_with_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.spl");
        assert!(read_file(&path).unwrap_err().to_string().contains("cannot read"));
        std::fs::write(&path, b"val x = 1\n\xff").unwrap();
        assert!(read_file(&path).unwrap_err().to_string().contains("line 2, at byte 10"));
        std::fs::write(&path, b"val x = 1\n").unwrap();
        assert_eq!(read_file(&path).unwrap(), "val x = 1\n");
        assert!(read_file(dir.path()).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_do_not_lead_out() {
        let dir = tempfile::tempdir().unwrap();
        let inside = dir.path().join("inside");
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(dir.path().join("secret.spl"), "x").unwrap();
        std::os::unix::fs::symlink("../secret.spl", inside.join("link.spl")).unwrap();
        assert!(read_file(&inside.join("link.spl")).is_err());
    }
}
