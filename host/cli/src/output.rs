//! Writes to the standard output as programs in a pipe should.

use anyhow::Result;
use std::io::{ErrorKind, Write as _};

/// Prints bytes. A reader that went away is no error: it has seen enough.
pub fn print(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
