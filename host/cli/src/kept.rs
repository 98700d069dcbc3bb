//! Programs that were compiled before, in the user's cache folder.

use crate::args::Common;
use crate::compile::Program;
use engine::{Artifacts, Input, Question, Target};
use source::CacheDir;
use std::sync::Arc;

/// Bytes that the folder may hold.
const LIMIT: u64 = 256 << 20;

/// A place for artifacts, if there is one: without it everything works, only slower.
pub struct Kept(Option<Artifacts>);

impl Kept {
    /// The user's folder.
    pub fn of_user() -> Kept {
        Kept(CacheDir::of_user().and_then(|folder| Artifacts::new(Some(folder), LIMIT).ok()))
    }

    /// Nothing is kept.
    pub fn nowhere() -> Kept {
        Kept(None)
    }

    /// What decides how a program is compiled; `part` says which part of it, where it is not the whole.
    pub fn question(program: &Program, target: Target, common: &Common, part: &str) -> Question {
        let settings = format!(
            "{target:?} {} {} {} {:?} {} {part}",
            common.budget,
            common.verify,
            common.no_optimize,
            common.contracts,
            program.root.prefix()
        );
        Question::new(&settings, &program.path, &program.bytes)
    }

    /// What the program was compiled to, where every file that it asked for is as it was then.
    pub fn get(&self, program: &Program, question: &Question) -> Option<Arc<[u8]>> {
        // A file that cannot be read is not as it was.
        self.0.as_ref()?.get(question, |path| program.root.read(path).ok().flatten())
    }

    /// Keeps an artifact with the files that were asked for.
    pub fn put(&self, question: &Question, inputs: Vec<Input>, artifact: &[u8]) {
        if let Some(artifacts) = &self.0 {
            artifacts.put(question, inputs, artifact);
        }
    }
}
