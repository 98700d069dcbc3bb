//! Compiled forms of modules and components, kept in the user's cache folder.
//!
//! Wasmtime runs what it deserializes without further checks, so a file counts only if its keyed hash is right. The hash lies in a file beside
//! it, the key in a third that only the user can read. A truncated, foreign or stale file is as good as none.

use crate::seal::Seal;
use anyhow::{Result, anyhow};
use source::CacheDir;
use std::hash::{Hash, Hasher};
use std::io::Read as _;
use std::path::PathBuf;

const KEY_FILE: &str = "component.key";
/// How many forms are kept: of this version and a few others that may be in use.
const KEPT: usize = 4;

/// A place for the compiled forms of one module or component, or none where the user has no cache folder.
#[derive(Default)]
pub struct Cache {
    dir: Option<CacheDir>,
    /// What the names of its files begin with.
    what: &'static str,
}

impl Cache {
    /// A place for forms of something, which is part of the names of files.
    pub fn new(dir: Option<CacheDir>, what: &'static str) -> Cache {
        Cache { dir, what }
    }

    /// The name of a form: everything that it depends on, hashed.
    pub fn name(parts: impl Hash) -> String {
        struct Name(blake3::Hasher);
        impl Hasher for Name {
            fn write(&mut self, bytes: &[u8]) {
                self.0.update(bytes);
            }
            fn finish(&self) -> u64 {
                let hash = self.0.finalize();
                hash.as_bytes().iter().take(8).fold(0, |word, &byte| word << 8 | u64::from(byte))
            }
        }
        let mut name = Name(blake3::Hasher::new());
        parts.hash(&mut name);
        name.0.finalize().to_hex()[..32].to_owned()
    }

    /// Whether anything can be kept.
    pub fn is_there(&self) -> bool {
        self.dir.is_some()
    }

    /// The file of the compiled form stored under a name, if it is there and whole.
    pub fn get(&self, name: &str) -> Option<PathBuf> {
        let dir = self.dir.as_ref()?;
        let expected = blake3::Hash::from_slice(&dir.read(&self.tag_file(name)).ok()??).ok()?;
        let mut hasher = Seal::new(dir.secret(KEY_FILE).ok()?).hasher(name);
        let mut file = dir.open(&self.code_file(name)).ok()?;
        // In pieces large enough for all lanes of the hash, small enough to stay in the processor's cache.
        let mut piece = vec![0; 512 << 10];
        loop {
            match file.read(&mut piece).ok()? {
                0 => break,
                count => hasher.update(&piece[..count]),
            };
        }
        // Comparing `Hash` values takes constant time.
        (hasher.finalize() == expected).then(|| dir.path_of(&self.code_file(name)))
    }

    /// Stores the compiled form and gives its file.
    ///
    /// # Errors
    /// There is no cache folder, or it cannot be written to.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<PathBuf> {
        let dir = self.dir.as_ref().ok_or_else(|| anyhow!("there is no cache folder"))?;
        let tag = Seal::new(dir.secret(KEY_FILE)?).hasher(name).update(bytes).finalize();
        // Between the two writes the old hash does not fit the new file, which is as good as no file.
        dir.write(&self.code_file(name), bytes)?;
        dir.write(&self.tag_file(name), tag.as_bytes())?;
        self.forget_old(name);
        Ok(dir.path_of(&self.code_file(name)))
    }

    /// Removes the oldest forms but never the one just written, whose time may equal that of others: clocks of file systems are
    /// coarse. Where that fails they stay.
    fn forget_old(&self, written: &str) {
        let Some(dir) = &self.dir else { return };
        let names = dir.names().unwrap_or_default();
        let of_name = |file: &str| {
            let name = file.strip_prefix(self.what)?.strip_prefix('-')?.strip_suffix(".cwasm")?;
            Some(name.to_owned())
        };
        let others = names.iter().filter_map(|file| of_name(file)).filter(|name| name != written);
        for name in others.skip(KEPT - 1) {
            // The hash first: code without one is as good as none.
            dir.remove(&self.tag_file(&name));
            dir.remove(&self.code_file(&name));
        }
    }

    fn code_file(&self, name: &str) -> String {
        format!("{}-{name}.cwasm", self.what)
    }

    fn tag_file(&self, name: &str) -> String {
        format!("{}-{name}.tag", self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_it_did_not_write() {
        let temp = tempfile::tempdir().unwrap();
        let cache = Cache::new(Some(CacheDir::at(temp.path()).unwrap()), "component");
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
        // It is kept also where the clock of the file system did not tick meanwhile: by name it would be the first to go.
        let now = std::fs::metadata(temp.path().join("component-f.cwasm")).unwrap().modified().unwrap();
        for other in ["c", "d", "e", "f"] {
            let file = std::fs::File::options()
                .write(true)
                .open(temp.path().join(format!("component-{other}.cwasm")))
                .unwrap();
            file.set_modified(now + std::time::Duration::from_secs(60)).unwrap();
        }
        cache.put("a", b"compiled code").unwrap();
        std::fs::copy(&path, temp.path().join("component-b.cwasm")).unwrap();
        std::fs::copy(temp.path().join("component-a.tag"), temp.path().join("component-b.tag")).unwrap();
        assert!(cache.get("b").is_none());
    }
}
