//! The version section: who made the module, and what a loader must match.

use crate::bytes::{Cursor, put, put_text};
use crate::error::{Fault, ReadError};

/// What a loader compares before it looks at code or templates.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Version {
    /// The compiler, in words.
    pub compiler: String,
    /// Hash of what code and runtime agree on.
    pub abi_hash: u64,
    /// Version of the MIR format, in templates and in `mir`.
    pub mir_format: u32,
}

impl Version {
    pub(crate) fn encode(&self) -> Result<Vec<u8>, Fault> {
        let mut out = Vec::new();
        put_text(&mut out, &self.compiler)?;
        put(&mut out, self.abi_hash);
        put(&mut out, self.mir_format);
        Ok(out)
    }

    pub(crate) fn decode(mut cursor: Cursor<'_>) -> Result<Version, ReadError> {
        let version = Version {
            compiler: cursor.text("the compiler's version")?.to_owned(),
            abi_hash: cursor.get("the ABI hash")?,
            mir_format: cursor.get("the version of the MIR format")?,
        };
        cursor.finish()?;
        Ok(version)
    }
}
