//! Reads source texts.

use anyhow::{Context as _, Result, bail};
use std::io::Read;

/// Bytes that a source text may have.
pub const MAX_SOURCE: u64 = 64 << 20;

/// The text on the standard input.
///
/// # Errors
/// It is too large or not UTF-8.
pub fn read_stdin() -> Result<String> {
    let shown = "the standard input";
    to_text(all(std::io::stdin().lock(), shown)?, shown)
}

/// Everything that is there.
pub(crate) fn all(from: impl Read, shown: &str) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_SOURCE + 1).read_to_end(&mut bytes).with_context(|| format!("cannot read {shown}"))?;
    if bytes.len() as u64 > MAX_SOURCE {
        bail!("{shown} is larger than {} MiB", MAX_SOURCE >> 20);
    }
    Ok(bytes)
}

/// A source text; `shown` names it in messages.
///
/// # Errors
/// The bytes are not UTF-8; the message says where.
pub fn to_text(bytes: Vec<u8>, shown: &str) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let good = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..good].iter().filter(|&&byte| byte == b'\n').count() + 1;
        anyhow::anyhow!("{shown} is not UTF-8 text: a wrong byte in line {line}, at byte {good}")
    })
}
