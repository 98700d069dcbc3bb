//! The compiled form of the component, kept in the user's cache folder.
//!
//! Wasmtime runs what it deserializes without further checks, so a file counts only if its keyed hash is right: the key lies beside the cache,
//! readable by the user alone. A truncated, foreign or stale file is as good as none.

use anyhow::Result;
use source::CacheDir;

const KEY_FILE: &str = "component.key";

/// A place for compiled components, or none where the user has no cache folder.
pub(crate) struct Cache {
    dir: Option<CacheDir>,
}

impl Cache {
    pub(crate) fn open(dir: Option<CacheDir>) -> Cache {
        Cache { dir }
    }

    /// The compiled form stored under a name.
    pub(crate) fn get(&self, name: &str) -> Option<Vec<u8>> {
        let dir = self.dir.as_ref()?;
        let key = self.key()?;
        let mut bytes = dir.read(&file_name(name)).ok()??;
        let split = bytes.len().checked_sub(blake3::OUT_LEN)?;
        let found = blake3::Hash::from_slice(&bytes[split..]).ok()?;
        bytes.truncate(split);
        // Comparing `Hash` values takes constant time.
        (tag(&key, name, &bytes) == found).then_some(bytes)
    }

    /// Stores the compiled form. Failing to is no failure of anything else.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let Some(dir) = &self.dir else { return Ok(()) };
        let Some(key) = self.key() else { return Ok(()) };
        let mut whole = bytes.to_vec();
        whole.extend_from_slice(tag(&key, name, bytes).as_bytes());
        dir.write(&file_name(name), &whole)
    }

    fn key(&self) -> Option<[u8; 32]> {
        self.dir.as_ref()?.secret(KEY_FILE).ok()
    }
}

fn file_name(name: &str) -> String {
    format!("component-{name}.cwasm")
}

// The name is part of what is signed: one entry cannot stand in for another.
fn tag(key: &[u8; 32], name: &str, bytes: &[u8]) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new_keyed(key);
    hasher.update(&(name.len() as u64).to_le_bytes());
    hasher.update(name.as_bytes());
    hasher.update(bytes);
    hasher.finalize()
}
