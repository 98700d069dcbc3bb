//! Writes: to the standard output as programs in a pipe should, to files completely or not at all.

use anyhow::{Context as _, Result};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

/// Prints bytes. A reader that went away is no error: it has seen enough.
pub fn print(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Writes a file so that others see the old content or the new, never a part. A file that is there keeps its permissions.
pub fn write(path: &Path, bytes: &[u8], executable: bool) -> Result<()> {
    let shown = path.display();
    // What a link leads to is written, not the link.
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    let builder = {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = if executable { 0o777 } else { 0o666 };
        builder.permissions(std::fs::Permissions::from_mode(mode))
    };
    #[cfg(not(unix))]
    let (builder, _) = (&mut builder, executable);
    let mut file = builder.tempfile_in(folder).with_context(|| format!("cannot write {shown}"))?;
    file.write_all(bytes).with_context(|| format!("cannot write {shown}"))?;
    if let Ok(old) = std::fs::metadata(&path)
        && !executable
    {
        let permissions = old.permissions();
        file.as_file().set_permissions(permissions).with_context(|| format!("cannot write {shown}"))?;
    }
    file.persist(&path).with_context(|| format!("cannot write {shown}"))?;
    Ok(())
}
