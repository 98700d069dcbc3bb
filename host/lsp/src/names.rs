//! Uses of one name in all files, and new names for it.

use crate::analysis::{Analysis, Overlay, Question};
use crate::documents::Documents;
use crate::text::{Text, to_uri};
use anyhow::{Result, bail};
use lsp_types::*;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

/// Files of a folder that are looked at for uses of a name.
const FILES: usize = 2_000;

/// The name of a declaration: its file and its first byte.
type Target = (PathBuf, u32);

/// A use of a name, in a file.
struct Found {
    range: Range,
    declares: bool,
    /// The name is written as it is declared, not as a `use` line calls it.
    plain: bool,
}

impl Documents {
    pub fn highlights(&mut self, params: DocumentHighlightParams) -> Result<Option<Vec<DocumentHighlight>>> {
        let at = params.text_document_position_params;
        let (analysis, offset) = self.look(&at)?;
        let Some((found, _)) = analysis.entity_at(offset) else { return Ok(None) };
        let text = &self.document(&at.text_document.uri)?.text;
        let same = analysis.index.uses.iter().filter(|it| it.entity == found.entity);
        Ok(Some(
            same.map(|it| DocumentHighlight { range: text.range(it.span.start, it.span.end), kind: None })
                .collect(),
        ))
    }

    pub fn references(&mut self, params: ReferenceParams) -> Result<Option<Vec<Location>>> {
        let Some((_, target)) = self.target(&params.text_document_position)? else { return Ok(None) };
        let mut list = Vec::new();
        for (path, found) in self.uses(&target)? {
            let Some(uri) = to_uri(&path) else { continue };
            let wanted = found.into_iter().filter(|it| params.context.include_declaration || !it.declares);
            list.extend(wanted.map(|it| Location { uri: uri.clone(), range: it.range }));
        }
        Ok(Some(list))
    }

    pub fn prepare_rename(
        &mut self,
        at: TextDocumentPositionParams,
    ) -> Result<Option<PrepareRenameResponse>> {
        let (analysis, offset) = self.look(&at)?;
        let Some((found, entity)) = analysis.entity_at(offset) else { return Ok(None) };
        let text = &self.document(&at.text_document.uri)?.text;
        let written = &text.as_str()[found.span.start as usize..found.span.end as usize];
        let known = entity.declared.and_then(|span| analysis.files.get(&span.file)?.path.as_ref());
        let (true, Some(_)) = (written == entity.name, known) else { return Ok(None) };
        let range = text.range(found.span.start, found.span.end);
        Ok(Some(PrepareRenameResponse::RangeWithPlaceholder { range, placeholder: entity.name.clone() }))
    }

    pub fn rename(&mut self, params: RenameParams) -> Result<Option<WorkspaceEdit>> {
        let name = params.new_name.trim();
        let mut letters = name.chars();
        let starts = letters.next().is_some_and(|first| first == '_' || first.is_ascii_alphabetic());
        if !starts || !letters.all(|letter| letter == '_' || letter.is_alphanumeric()) {
            bail!("`{name}` is not a name: names are letters, digits and `_`, and do not begin with a digit");
        }
        let Some((old, target)) = self.target(&params.text_document_position)? else {
            bail!("there is nothing here that can be renamed");
        };
        let mut texts: BTreeMap<PathBuf, Vec<Range>> = BTreeMap::new();
        for (path, found) in self.uses(&target)? {
            let ranges = found.into_iter().filter(|it| it.plain).map(|it| it.range).collect();
            texts.insert(path, ranges);
        }
        self.still_right(&texts, &old, name)?;
        let edit = |range| TextEdit { range, new_text: name.to_owned() };
        // The protocol's type has names of files as keys.
        #[allow(clippy::mutable_key_type)]
        let changes: HashMap<Uri, Vec<TextEdit>> = texts
            .into_iter()
            .filter_map(|(path, ranges)| Some((to_uri(&path)?, ranges.into_iter().map(edit).collect())))
            .collect();
        Ok(Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }))
    }

    /// Looks at the texts as they would be: a new name that means something else somewhere is refused.
    fn still_right(&self, texts: &BTreeMap<PathBuf, Vec<Range>>, old: &str, new: &str) -> Result<()> {
        let mut overlay = self.overlay();
        let before = overlay.clone();
        for (path, ranges) in texts {
            let text = Text::new(read(path, &before)?, self.encoding);
            let mut changed = text.as_str().to_owned();
            let mut places: Vec<(u32, u32)> =
                ranges.iter().map(|range| (text.offset(range.start), text.offset(range.end))).collect();
            places.sort_unstable();
            for &(start, end) in places.iter().rev() {
                changed.replace_range(start as usize..end as usize, new);
            }
            overlay.insert(path.clone(), changed);
        }
        for path in texts.keys() {
            let errors = |overlay: &Overlay| -> Result<(usize, usize)> {
                let question =
                    Question::new(&self.engine, path, &read(path, overlay)?, overlay, self.encoding)?;
                let analysis = question.analysis()?;
                let errors = analysis.diagnostics.iter().filter(|it| it.severity == engine::Severity::Error);
                Ok((errors.count(), analysis.index.entities.len()))
            };
            let (was, is) = (errors(&before)?, errors(&overlay)?);
            if is != was {
                bail!(
                    "`{new}` cannot stand for `{old}`: {} would mean something else with it",
                    path.display()
                );
            }
        }
        Ok(())
    }

    /// The declaration of the name at a place, and the name; none where it has none in a file.
    fn target(&mut self, at: &TextDocumentPositionParams) -> Result<Option<(String, Target)>> {
        let (analysis, offset) = self.look(at)?;
        let Some((_, entity)) = analysis.entity_at(offset) else { return Ok(None) };
        let name = entity.name.clone();
        Ok(entity
            .declared
            .and_then(|span| Some((name, (analysis.files.get(&span.file)?.path.clone()?, span.start)))))
    }

    /// Every use of what is declared at a place: in open documents, and in the sources below the folder of the declaration.
    fn uses(&mut self, target: &Target) -> Result<Vec<(PathBuf, Vec<Found>)>> {
        let overlay = self.overlay();
        let declared = Text::new(read(&target.0, &overlay)?, self.encoding);
        let Some((start, end)) = declared.word(target.1) else { return Ok(Vec::new()) };
        let name = declared.as_str()[start as usize..end as usize].to_owned();
        let mut paths: Vec<PathBuf> = self.all().map(|document| document.path.clone()).collect();
        paths.push(target.0.clone());
        if let Ok(root) = source::Root::around(&target.0) {
            sources_below(Path::new(root.prefix()), &mut paths);
        }
        paths.sort();
        paths.dedup();
        let mut all = Vec::new();
        for path in paths {
            let Ok(text) = read(&path, &overlay) else { continue };
            if !text.contains(&name) {
                continue;
            }
            let question = Question::new(&self.engine, &path, &text, &overlay, self.encoding)?;
            let found = found(&question.analysis()?, target);
            if !found.is_empty() {
                all.push((path, found));
            }
        }
        Ok(all)
    }
}

fn read(path: &Path, overlay: &Overlay) -> Result<String> {
    match overlay.get(path) {
        Some(text) => Ok(text.clone()),
        None => Ok(std::fs::read_to_string(path)?),
    }
}

/// Uses of a declaration in the document of an analysis.
fn found(analysis: &Analysis, target: &Target) -> Vec<Found> {
    let is_target = |entity: &engine::places::Entity| {
        let Some(span) = entity.declared.filter(|span| span.start == target.1 && span.end > 0) else {
            return false;
        };
        analysis.files.get(&span.file).and_then(|file| file.path.as_ref()) == Some(&target.0)
    };
    let Some(own) = analysis.files.get(&analysis.own) else { return Vec::new() };
    let wanted: Vec<bool> = analysis.index.entities.iter().map(is_target).collect();
    let uses = analysis.index.uses.iter().filter(|it| wanted.get(it.entity as usize) == Some(&true));
    uses.map(|it| {
        let written = own.text.as_str().get(it.span.start as usize..it.span.end as usize);
        let name = &analysis.index.entities[it.entity as usize].name;
        Found {
            range: own.text.range(it.span.start, it.span.end),
            declares: it.declares,
            plain: written == Some(name),
        }
    })
    .collect()
}

/// The sources in a folder and below it.
fn sources_below(folder: &Path, paths: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        if paths.len() >= FILES {
            return;
        }
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy();
        // Links are not followed: they may lead back.
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !name.starts_with('.') && name != "target" => {
                sources_below(&path, paths)
            }
            Ok(kind) if kind.is_file() && name.ends_with(".spl") => paths.push(path),
            Ok(_) | Err(_) => {}
        }
    }
}
