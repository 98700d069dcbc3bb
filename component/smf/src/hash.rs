//! The three hashes: of names, of sources, of the whole file. They find damage and staleness; whoever can write a file can make its
//! hash right, so nothing is trusted because of one.

use crate::header::{HEADER_SIZE, RawHeader};
use crate::source_map::SourceFile;

/// FNV-1a with 32 bits, what symbols are found by.
pub fn name_hash(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The hash of a source text: compare with [`SourceFile::hash`] to see whether a module is stale.
pub fn content_hash(text: &[u8]) -> u64 {
    first_word(&blake3::hash(text))
}

/// The hash of all sources of a module, which stands in the header; 0 without sources.
pub fn source_hash(files: &[SourceFile]) -> u64 {
    if files.is_empty() {
        return 0;
    }
    let mut hasher = blake3::Hasher::new();
    for file in files {
        hasher.update(&(file.path.len() as u64).to_le_bytes());
        hasher.update(file.path.as_bytes());
        hasher.update(&file.hash.to_le_bytes());
    }
    first_word(&hasher.finalize())
}

/// The hash that belongs into the header of `file`: over all bytes but the field itself. `None` for what is shorter than a header.
pub fn module_hash(file: &[u8]) -> Option<u64> {
    let field = hash_field(file)?;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&file[..field.start]);
    hasher.update(&file[field.end..]);
    Some(first_word(&hasher.finalize()))
}

/// Puts the right hash into a file that has a header.
pub(crate) fn seal(file: &mut [u8]) {
    if let (Some(field), Some(hash)) = (hash_field(file), module_hash(file)) {
        file[field].copy_from_slice(&hash.to_le_bytes());
    }
}

fn hash_field(file: &[u8]) -> Option<std::ops::Range<usize>> {
    let start = file.len().checked_sub(HEADER_SIZE)? + RawHeader::AT.module_hash;
    Some(start..start + size_of::<u64>())
}

fn first_word(hash: &blake3::Hash) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&hash.as_bytes()[..8]);
    u64::from_le_bytes(word)
}
