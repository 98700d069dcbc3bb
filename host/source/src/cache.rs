//! The user's cache folder.

use anyhow::{Context as _, Result};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};

/// A folder for files that can be made again.
pub struct CacheDir {
    dir: Dir,
    path: PathBuf,
}

impl CacheDir {
    /// The folder `simple` in the user's cache folder: `SIMPLE_CACHE`, `XDG_CACHE_HOME`, `LOCALAPPDATA` or `HOME/.cache`. None where there is
    /// no such place or it cannot be written.
    pub fn of_user() -> Option<CacheDir> {
        let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let folder = set("SIMPLE_CACHE").or_else(|| {
            let base = set("XDG_CACHE_HOME")
                .or_else(|| set("LOCALAPPDATA"))
                .or_else(|| set("HOME").map(|home| home.join(".cache")))?;
            Some(base.join("simple"))
        })?;
        CacheDir::at(&folder).ok()
    }

    /// A given folder, made if it is missing.
    ///
    /// # Errors
    /// It cannot be made or opened.
    pub fn at(folder: &Path) -> Result<CacheDir> {
        let authority = ambient_authority();
        Dir::create_ambient_dir_all(folder, authority)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        let dir = Dir::open_ambient_dir(folder, authority)
            .with_context(|| format!("cannot open {}", folder.display()))?;
        Ok(CacheDir { dir, path: folder.to_owned() })
    }

    /// The content of a file, or none where there is no such file.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn read(&self, name: &str) -> Result<Option<Vec<u8>>> {
        match self.dir.read(name) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error).with_context(|| format!("cannot read {name}")),
        }
    }

    /// Where a file of the folder lies, for interfaces that want a path.
    pub fn path_of(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A file, to be read bit by bit.
    ///
    /// # Errors
    /// It is not there or cannot be read.
    pub fn open(&self, name: &str) -> Result<impl Read + use<>> {
        self.dir.open(name).with_context(|| format!("cannot read {name}"))
    }

    /// Writes a file so that others see the old content or the new, never a part.
    ///
    /// # Errors
    /// The disk is full, the folder cannot be written.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut nonce = [0; 8];
        getrandom::fill(&mut nonce).map_err(|error| anyhow::anyhow!("no random bytes: {error}"))?;
        let fresh = format!("{name}.{:016x}.new", u64::from_le_bytes(nonce));
        let result =
            self.create(&fresh, bytes).and_then(|()| Ok(self.dir.rename(&fresh, &self.dir, name)?));
        if result.is_err() {
            // Nothing is lost if this fails too: the name is never read.
            let _ = self.dir.remove_file(&fresh);
        }
        result.with_context(|| format!("cannot write {name}"))
    }

    /// 32 random bytes, made at first use, readable by the user alone.
    ///
    /// # Errors
    /// They can neither be read nor made.
    pub fn secret(&self, name: &str) -> Result<[u8; 32]> {
        for _ in 0..2 {
            if let Some(bytes) = self.read(name)?
                && let Ok(secret) = <[u8; 32]>::try_from(bytes)
            {
                return Ok(secret);
            }
            let mut secret = [0; 32];
            getrandom::fill(&mut secret).map_err(|error| anyhow::anyhow!("no random bytes: {error}"))?;
            // Read again afterwards: with two processes at once, the one that renamed last has set it for both.
            self.write(name, &secret)?;
        }
        anyhow::bail!("cannot keep {name}")
    }

    fn create(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use cap_std::fs::OpenOptionsExt as _;
            options.mode(0o600);
        }
        let mut file = self.dir.open_with(name, &options)?;
        file.write_all(bytes)?;
        Ok(())
    }

    /// The names of all files, those written last first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn names(&self) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for entry in self.dir.entries()? {
            let entry = entry?;
            // A name that is not UTF-8 is none of ours.
            if let Ok(name) = entry.file_name().into_string() {
                found.push((entry.metadata()?.modified()?, name));
            }
        }
        found.sort();
        Ok(found.into_iter().rev().map(|(_, name)| name).collect())
    }

    /// The names and sizes of all files, those written or touched last first.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn sizes(&self) -> Result<Vec<(String, u64)>> {
        let mut sizes = Vec::new();
        for name in self.names()? {
            // One that another process has removed meanwhile has none.
            if let Ok(about) = self.dir.metadata(&name) {
                sizes.push((name, about.len()));
            }
        }
        Ok(sizes)
    }

    /// Makes a file the one used last.
    ///
    /// # Errors
    /// It is not there, or its times cannot be set.
    pub fn touch(&self, name: &str) -> Result<()> {
        let mut options = OpenOptions::new();
        options.write(true);
        let file = self.dir.open_with(name, &options)?.into_std();
        Ok(file.set_modified(std::time::SystemTime::now())?)
    }

    /// Removes a file if it is there.
    pub fn remove(&self, name: &str) {
        // A file that stays is refused or overwritten later.
        let _ = self.dir.remove_file(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_files_and_one_secret() {
        let temp = tempfile::tempdir().unwrap();
        let cache = CacheDir::at(&temp.path().join("a/b")).unwrap();
        assert!(cache.read("x").unwrap().is_none());
        cache.write("x", b"one").unwrap();
        cache.write("x", b"two").unwrap();
        assert_eq!(cache.read("x").unwrap().unwrap(), b"two");
        assert_eq!(cache.secret("k").unwrap(), cache.secret("k").unwrap());
        assert_eq!(std::fs::read_dir(temp.path().join("a/b")).unwrap().count(), 2);
        assert!(cache.read("../../x").is_err());
    }
}
