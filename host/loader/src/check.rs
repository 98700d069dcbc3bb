//! What is checked before anything of an artifact is used.

use abi::artifact::{Artifact, DecodeError, Target};

/// Why an artifact is not loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LoadError {
    /// The bytes are not an artifact of this version.
    Decode(DecodeError),
    /// It is for another machine.
    Target {
        /// The machine that it is for.
        artifact: Target,
        /// The machine that this is, where artifacts run at all.
        host: Option<Target>,
    },
    /// It needs instructions that this processor lacks, or that this version does not know.
    Baseline(String),
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            LoadError::Decode(error) => error.fmt(f),
            LoadError::Target { artifact, host: Some(host) } => {
                write!(f, "the artifact is for {}, this machine is {}", artifact.name(), host.name())
            }
            LoadError::Target { artifact, host: None } => {
                write!(f, "the artifact is for {}, and this machine runs no artifacts", artifact.name())
            }
            LoadError::Baseline(name) => {
                write!(f, "the artifact needs a processor with the instructions of {name}")
            }
        }
    }
}

impl std::error::Error for LoadError {}

/// Decodes an artifact and compares it with this machine.
pub fn check(bytes: &[u8]) -> Result<Artifact, LoadError> {
    let artifact = Artifact::decode(bytes).map_err(LoadError::Decode)?;
    let host = Target::host();
    if host != Some(artifact.target) {
        return Err(LoadError::Target { artifact: artifact.target, host });
    }
    if artifact.baseline != artifact.target.baseline() || !has_baseline() {
        return Err(LoadError::Baseline(artifact.baseline));
    }
    Ok(artifact)
}

/// True where this processor has the instructions of its target's baseline.
#[cfg(target_arch = "x86_64")]
fn has_baseline() -> bool {
    std::arch::is_x86_feature_detected!("sse4.2")
        && std::arch::is_x86_feature_detected!("ssse3")
        && std::arch::is_x86_feature_detected!("popcnt")
        && std::arch::is_x86_feature_detected!("cmpxchg16b")
}

/// True where this processor has the instructions of its target's baseline: all of them are part of Armv8.
#[cfg(not(target_arch = "x86_64"))]
fn has_baseline() -> bool {
    true
}
