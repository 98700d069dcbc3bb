//! What programs were compiled to, kept in memory and in the user's cache folder: an artifact that is there need not be compiled again.
//!
//! An entry is named by a hash of everything that went into its compilation and is known before ([`Question`]); the modules that the program turned out to
//! use, and the places where a module was looked for and not found, stand in the entry and are compared when it is asked for. An entry is one file that begins with a
//! keyed hash of the rest: a truncated, foreign or changed one is as good as none and is made again. Machine code from such an entry runs without
//! further checks, so the key can be read by the user alone.

use crate::seal::Seal;
use anyhow::Result;
use source::CacheDir;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

const KEY_FILE: &str = "artifacts.key";
const PREFIX: &str = "artifact-";
/// Changes with the form of an entry.
const FORM: u32 = 1;

/// A place for artifacts.
pub struct Artifacts {
    disk: Option<(CacheDir, Seal)>,
    limit: u64,
    memory: Mutex<Memory>,
}

#[derive(Default)]
struct Memory {
    entries: HashMap<String, Arc<Entry>>,
    counts: Counts,
}

/// How often an artifact was there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// In memory.
    pub memory_hits: u64,
    /// In the cache folder.
    pub disk_hits: u64,
    /// Neither.
    pub misses: u64,
    /// In the cache folder, but damaged, forged, or of a version of the sources that is gone.
    pub refused: u64,
}

/// A file that a compilation asked for: its path, and the hash of what was there, if anything was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Input {
    path: String,
    hash: Option<[u8; 32]>,
}

impl Input {
    /// What was at a path.
    pub fn new(path: &str, content: Option<&[u8]>) -> Input {
        Input { path: path.to_owned(), hash: content.map(|bytes| *blake3::hash(bytes).as_bytes()) }
    }

    /// Its path.
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// What is asked: everything that decides how a program is compiled before its modules are known.
pub struct Question(String);

impl Question {
    /// `settings` are all options that reach the compiler, target included, in any form that tells them apart; `program` is the program's own file.
    pub fn new(settings: &str, path: &str, program: &[u8]) -> Question {
        let mut hasher = blake3::Hasher::new();
        for part in [env!("SIMPLE_COMPONENT_HASH").as_bytes(), settings.as_bytes(), path.as_bytes(), program]
        {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part);
        }
        Question(hasher.finalize().to_hex()[..40].to_owned())
    }
}

/// An artifact with the files it was made of.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Entry {
    inputs: Vec<Input>,
    artifact: Arc<[u8]>,
}

impl Artifacts {
    /// Artifacts in memory, and in a folder that holds at most `limit` bytes of them.
    ///
    /// # Errors
    /// The key can neither be read nor made.
    pub fn new(dir: Option<CacheDir>, limit: u64) -> Result<Artifacts> {
        let disk = match dir {
            Some(dir) => {
                let seal = Seal::new(dir.secret(KEY_FILE)?);
                Some((dir, seal))
            }
            None => None,
        };
        Ok(Artifacts { disk, limit, memory: Mutex::default() })
    }

    /// The artifact of an earlier compilation, where everything that it asked for is as it was. `look` gives what is at a path now.
    pub fn get(
        &self,
        question: &Question,
        mut look: impl FnMut(&str) -> Option<Vec<u8>>,
    ) -> Option<Arc<[u8]>> {
        let mut holds = |entry: &Entry| {
            entry.inputs.iter().all(|input| Input::new(&input.path, look(&input.path).as_deref()) == *input)
        };
        let known = self.memory().entries.get(&question.0).cloned();
        if let Some(entry) = known.filter(|entry| holds(entry)) {
            self.memory().counts.memory_hits += 1;
            return Some(entry.artifact.clone());
        }
        let found = self.disk.as_ref().and_then(|(dir, seal)| {
            let name = file_name(question);
            let bytes = dir.read(&name).ok()??;
            let entry = seal.open(&question.0, &bytes).and_then(decode).filter(|entry| holds(entry));
            if entry.is_some() {
                // Used last: a folder whose times cannot be set forgets in the order of writing.
                let _ = dir.touch(&name);
            }
            Some(entry)
        });
        let mut memory = self.memory();
        match found {
            Some(Some(entry)) => {
                memory.counts.disk_hits += 1;
                let artifact = entry.artifact.clone();
                memory.entries.insert(question.0.clone(), Arc::new(entry));
                Some(artifact)
            }
            refused => {
                memory.counts.misses += 1;
                memory.counts.refused += u64::from(refused.is_some());
                None
            }
        }
    }

    /// Keeps an artifact. Not being able to write it costs the next compilation, nothing else.
    pub fn put(&self, question: &Question, inputs: Vec<Input>, artifact: &[u8]) {
        let entry = Entry { inputs, artifact: artifact.into() };
        if let Some((dir, seal)) = &self.disk {
            let bytes = seal.close(&question.0, &encode(&entry));
            if bytes.len() as u64 <= self.limit && dir.write(&file_name(question), &bytes).is_ok() {
                self.forget_old(dir);
            }
        }
        self.memory().entries.insert(question.0.clone(), Arc::new(entry));
    }

    /// What was counted so far.
    pub fn counts(&self) -> Counts {
        self.memory().counts
    }

    /// Removes those used longest ago until the rest fits.
    fn forget_old(&self, dir: &CacheDir) {
        let mut total = 0;
        for (name, size) in dir.sizes().unwrap_or_default() {
            if !name.starts_with(PREFIX) {
                continue;
            }
            total += size;
            if total > self.limit {
                dir.remove(&name);
            }
        }
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        // Nothing in it is ever half done.
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn file_name(question: &Question) -> String {
    format!("{PREFIX}{}", question.0)
}

// Form, number of inputs, then for each: length of the path, path, 1 and the hash or 0; then the artifact.
fn encode(entry: &Entry) -> Vec<u8> {
    let mut bytes = FORM.to_le_bytes().to_vec();
    bytes.extend((entry.inputs.len() as u32).to_le_bytes());
    for input in &entry.inputs {
        bytes.extend((input.path.len() as u32).to_le_bytes());
        bytes.extend(input.path.as_bytes());
        match &input.hash {
            Some(hash) => {
                bytes.push(1);
                bytes.extend(hash);
            }
            None => bytes.push(0),
        }
    }
    bytes.extend(&*entry.artifact);
    bytes
}

fn decode(mut bytes: &[u8]) -> Option<Entry> {
    fn word(bytes: &mut &[u8]) -> Option<u32> {
        Some(u32::from_le_bytes(*bytes.split_off(..4)?.first_chunk()?))
    }
    (word(&mut bytes)? == FORM).then_some(())?;
    let count = word(&mut bytes)?;
    let mut inputs = Vec::new();
    for _ in 0..count {
        let len = word(&mut bytes)? as usize;
        let path = std::str::from_utf8(bytes.split_off(..len)?).ok()?.to_owned();
        let hash = match bytes.split_off_first()? {
            0 => None,
            _ => Some(*bytes.split_off(..32)?.first_chunk()?),
        };
        inputs.push(Input { path, hash });
    }
    Some(Entry { inputs, artifact: bytes.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(folder: &std::path::Path, limit: u64) -> Artifacts {
        Artifacts::new(Some(CacheDir::at(folder).unwrap()), limit).unwrap()
    }

    fn question(n: u32) -> Question {
        Question::new("x86_64 speed", "a.spl", &n.to_le_bytes())
    }

    #[test]
    fn an_entry_holds_while_its_inputs_do() {
        let temp = tempfile::tempdir().unwrap();
        let inputs = vec![Input::new("b.spl", None), Input::new("b/__init__.spl", Some(b"text"))];
        at(temp.path(), 1 << 20).put(&question(1), inputs, b"code");
        let now = |path: &str| (path == "b/__init__.spl").then(|| b"text".to_vec());
        let other = at(temp.path(), 1 << 20);
        assert_eq!(other.get(&question(1), now).as_deref(), Some(&b"code"[..]));
        assert_eq!(other.get(&question(1), now).as_deref(), Some(&b"code"[..]));
        assert!(other.get(&question(1), |_| Some(b"text".to_vec())).is_none());
        assert!(other.get(&question(1), |_| None).is_none());
        assert!(other.get(&question(2), now).is_none());
        let counts = Counts { memory_hits: 1, disk_hits: 1, misses: 3, refused: 2 };
        assert_eq!(other.counts(), counts);
    }

    #[test]
    fn what_was_not_written_here_is_refused() {
        let temp = tempfile::tempdir().unwrap();
        at(temp.path(), 1 << 20).put(&question(1), Vec::new(), b"machine code");
        let file = temp.path().join(file_name(&question(1)));
        let whole = std::fs::read(&file).unwrap();
        for at_byte in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at_byte] ^= 0x40;
            std::fs::write(&file, &changed).unwrap();
            assert!(at(temp.path(), 1 << 20).get(&question(1), |_| None).is_none(), "byte {at_byte}");
            std::fs::write(&file, &whole[..at_byte]).unwrap();
            assert!(at(temp.path(), 1 << 20).get(&question(1), |_| None).is_none(), "cut at {at_byte}");
        }
        // An entry cannot stand in for another, nor come from somebody else.
        std::fs::write(temp.path().join(file_name(&question(2))), &whole).unwrap();
        assert!(at(temp.path(), 1 << 20).get(&question(2), |_| None).is_none());
        let foreign = tempfile::tempdir().unwrap();
        std::fs::write(foreign.path().join(file_name(&question(1))), &whole).unwrap();
        assert!(at(foreign.path(), 1 << 20).get(&question(1), |_| None).is_none());
        std::fs::write(&file, &whole).unwrap();
        assert!(at(temp.path(), 1 << 20).get(&question(1), |_| None).is_some());
    }

    #[test]
    fn the_folder_stays_below_its_limit() {
        let temp = tempfile::tempdir().unwrap();
        let code = [7; 1000];
        for n in 0..10 {
            at(temp.path(), 5000).put(&question(n), Vec::new(), &code);
            std::thread::sleep(std::time::Duration::from_millis(15));
            // The first one is used all the time.
            assert!(at(temp.path(), 5000).get(&question(0), |_| None).is_some(), "{n}");
            std::thread::sleep(std::time::Duration::from_millis(15));
        }
        let there = |n| at(temp.path(), 5000).get(&question(n), |_| None).is_some();
        assert!(there(9) && there(8) && !there(1) && !there(2));
        let total: u64 =
            CacheDir::at(temp.path()).unwrap().sizes().unwrap().iter().map(|(_, size)| size).sum();
        assert!(total < 5100, "{total}");
    }
}
