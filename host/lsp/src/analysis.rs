//! What the compiler says about one document, asked in a session of its own: whatever a text does to the compiler, the server lives on.

use crate::text::{Encoding, Text};
use anyhow::Result;
use engine::places::{Entity, Index};
use engine::{Diagnostic, Engine, Error, Limits, Optimization, Options, Session};
use source::Root;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Work units for one question: more than a large program takes.
const BUDGET: u64 = 200_000_000;
/// Time for one question. Nobody waits longer for an answer.
const TIME: Duration = Duration::from_secs(10);

/// Texts that are open in the editor, by their paths: they go before the files.
pub type Overlay = BTreeMap<PathBuf, String>;

/// A file of a session.
pub struct File {
    /// Where it is; none for one of the standard library.
    pub path: Option<PathBuf>,
    /// What is in it.
    pub text: Text,
}

/// What there is to know about a document, as it was when it was looked at.
pub struct Analysis {
    /// Names, meanings, declarations.
    pub index: Index,
    /// What is wrong, in this file and those it uses.
    pub diagnostics: Vec<Diagnostic>,
    /// The files that spans name.
    pub files: BTreeMap<u32, File>,
    /// The number of the document itself.
    pub own: u32,
}

impl Analysis {
    /// What a name at a byte of the document means.
    pub fn entity_at(&self, at: u32) -> Option<(&engine::places::NameUse, &Entity)> {
        let next = self.index.uses.partition_point(|it| it.span.start <= at);
        let found = self.index.uses[..next].last().filter(|it| at <= it.span.end)?;
        Some((found, self.index.entities.get(found.entity as usize)?))
    }
}

/// A session of the compiler with a document and what it uses.
pub struct Question {
    session: Session,
    own: u32,
    encoding: Encoding,
}

impl Question {
    /// Adds a document as the program, and what it uses from its folder.
    pub fn new(
        engine: &Engine,
        path: &Path,
        text: &str,
        overlay: &Overlay,
        encoding: Encoding,
    ) -> Result<Question> {
        let limits = Limits { time: TIME, ..Limits::default() };
        let options = Options {
            budget: BUDGET,
            optimization: Optimization::None,
            verify: false,
            max_output: limits.output as u64,
        };
        let mut session = engine.session(&options, limits)?;
        // Without a folder there is only the text.
        let root = Root::around(path).ok();
        let name = match &root {
            Some(root) => {
                session.set_root(root.prefix())?;
                root.path_of(path)?
            }
            None => path.to_string_lossy().into_owned(),
        };
        let mut missing = session.add_module(&name, text)?;
        let own = own_file(&mut session, &name)?;
        'modules: while let Some(root) = &root {
            for candidate in missing.iter().flat_map(|module| &module.candidates) {
                let bytes = match overlay.get(Path::new(candidate)) {
                    Some(text) => Some(text.clone().into_bytes()),
                    // What cannot be read is missing: the diagnostics say so.
                    None => root.read(candidate).unwrap_or_default(),
                };
                let Some(bytes) = bytes else { continue };
                missing = if engine::is_module_file(&bytes) {
                    match session.add_library(candidate, &bytes) {
                        Ok(missing) => missing,
                        Err(Error::Rejected) => break 'modules,
                        Err(error) => return Err(error.into()),
                    }
                } else {
                    session.add_module(candidate, &String::from_utf8_lossy(&bytes))?
                };
                continue 'modules;
            }
            break;
        }
        Ok(Question { session, own, encoding })
    }

    /// Everything about the document.
    pub fn analysis(mut self) -> Result<Analysis> {
        let index = self.session.places(self.own)?;
        let diagnostics = self.session.diagnostics()?;
        let spans = diagnostics
            .iter()
            .flat_map(|it| std::iter::once(&it.primary).chain(&it.secondary))
            .map(|it| it.span.file);
        let declared = index.entities.iter().filter_map(|entity| Some(entity.declared?.file));
        let mut wanted: Vec<u32> = spans.chain(declared).chain([self.own]).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let mut files = BTreeMap::new();
        for number in wanted {
            let Some(source) = self.session.source(number)? else { continue };
            let path = Path::new(&source.path);
            // Files of the standard library have no folder on this machine.
            let path = path.is_absolute().then(|| path.to_owned());
            files.insert(number, File { path, text: Text::new(source.text, self.encoding) });
        }
        Ok(Analysis { index, diagnostics, files, own: self.own })
    }

    /// What could be written at a byte of the document.
    pub fn complete(mut self, at: u32) -> Result<Vec<Entity>> {
        Ok(self.session.complete(self.own, at)?)
    }
}

/// The number of the file that was added last under a path.
fn own_file(session: &mut Session, name: &str) -> Result<u32> {
    let mut number = 0;
    while let Some(source) = session.source(number)? {
        if source.path == name {
            break;
        }
        number += 1;
    }
    Ok(number)
}

/// A text in the house style; none where it has errors.
pub fn formatted(engine: &Engine, path: &str, text: &str) -> Result<Option<String>> {
    let limits = Limits { time: TIME, ..Limits::default() };
    let options = Options {
        budget: BUDGET,
        optimization: Optimization::None,
        verify: false,
        max_output: limits.output as u64,
    };
    match engine.session(&options, limits)?.format(path, text) {
        Ok(formatted) => Ok(Some(formatted)),
        Err(Error::Rejected) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
