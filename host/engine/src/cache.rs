//! The compiled form of the component, kept in the user's cache folder.
//!
//! Wasmtime runs what it deserializes without further checks, so a file counts only if its keyed hash is right. The hash lies in a file beside
//! it, the key in a third that only the user can read. A truncated, foreign or stale file is as good as none.

use crate::seal::Seal;
use anyhow::{Result, anyhow};
use source::CacheDir;
use std::io::Read as _;
use std::path::PathBuf;

const KEY_FILE: &str = "component.key";
/// How many forms are kept: of this version and a few others that may be in use.
const KEPT: usize = 4;

/// A place for compiled components, or none where the user has no cache folder.
#[derive(Default)]
pub(crate) struct Cache {
    dir: Option<CacheDir>,
}

impl Cache {
    pub(crate) fn new(dir: Option<CacheDir>) -> Cache {
        Cache { dir }
    }

    /// Whether anything can be kept.
    pub(crate) fn is_there(&self) -> bool {
        self.dir.is_some()
    }

    /// The file of the compiled form stored under a name, if it is there and whole.
    pub(crate) fn get(&self, name: &str) -> Option<PathBuf> {
        let dir = self.dir.as_ref()?;
        let expected = blake3::Hash::from_slice(&dir.read(&tag_file(name)).ok()??).ok()?;
        let mut hasher = Seal::new(dir.secret(KEY_FILE).ok()?).hasher(name);
        let mut file = dir.open(&code_file(name)).ok()?;
        // In pieces large enough for all lanes of the hash, small enough to stay in the processor's cache.
        let mut piece = vec![0; 512 << 10];
        loop {
            match file.read(&mut piece).ok()? {
                0 => break,
                count => hasher.update(&piece[..count]),
            };
        }
        // Comparing `Hash` values takes constant time.
        (hasher.finalize() == expected).then(|| dir.path_of(&code_file(name)))
    }

    /// Stores the compiled form and gives its file.
    pub(crate) fn put(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let dir = self.dir.as_ref().ok_or_else(|| anyhow!("there is no cache folder"))?;
        let tag = Seal::new(dir.secret(KEY_FILE)?).hasher(name).update(bytes).finalize();
        // Between the two writes the old hash does not fit the new file, which is as good as no file.
        dir.write(&code_file(name), bytes)?;
        dir.write(&tag_file(name), tag.as_bytes())?;
        self.forget_old();
        Ok(dir.path_of(&code_file(name)))
    }

    /// Removes the oldest forms. Where that fails they stay.
    fn forget_old(&self) {
        let Some(dir) = &self.dir else { return };
        let names = dir.names().unwrap_or_default();
        let codes = names.iter().filter_map(|file| file.strip_prefix("component-")?.strip_suffix(".cwasm"));
        for name in codes.skip(KEPT) {
            // The hash first: code without one is as good as none.
            dir.remove(&tag_file(name));
            dir.remove(&code_file(name));
        }
    }
}

fn code_file(name: &str) -> String {
    format!("component-{name}.cwasm")
}

fn tag_file(name: &str) -> String {
    format!("component-{name}.tag")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_it_did_not_write() {
        let temp = tempfile::tempdir().unwrap();
        let cache = Cache::new(Some(CacheDir::at(temp.path()).unwrap()));
        assert!(cache.get("a").is_none());
        let path = cache.put("a", b"compiled code").unwrap();
        assert_eq!(cache.get("a").unwrap(), path);
        let whole = std::fs::read(&path).unwrap();
        for damaged in [&whole[..5], b"", b"Compiled code", b"compiled code and more"] {
            std::fs::write(&path, damaged).unwrap();
            assert!(cache.get("a").is_none(), "{damaged:?}");
        }
        std::fs::write(&path, &whole).unwrap();
        assert!(cache.get("a").is_some());
        for newer in ["c", "d", "e", "f"] {
            cache.put(newer, b"newer code").unwrap();
        }
        assert!(cache.get("a").is_none() && cache.get("c").is_some());
        cache.put("a", b"compiled code").unwrap();
        std::fs::copy(&path, temp.path().join("component-b.cwasm")).unwrap();
        std::fs::copy(temp.path().join("component-a.tag"), temp.path().join("component-b.tag")).unwrap();
        assert!(cache.get("b").is_none());
    }
}
