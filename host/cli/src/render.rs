//! Diagnostics for people and for machines.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};
use anyhow::Result;
use engine::{Diagnostic, Label, Session, Severity, Source};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::ops::Range;

/// More findings than this are counted, not shown.
const SHOWN: usize = 30;
/// A line longer than this is cut for the excerpt.
const LONGEST_LINE: usize = 400;

/// Diagnostics as text: for people, or an object of JSON on each line.
pub fn render(session: &mut Session, diagnostics: &[Diagnostic], json: bool, styled: bool) -> Result<String> {
    let mut sources = BTreeMap::new();
    for label in diagnostics.iter().flat_map(labels) {
        if !sources.contains_key(&label.span.file)
            && let Some(source) = session.source(label.span.file)?
        {
            sources.insert(label.span.file, source);
        }
    }
    let mut text = String::new();
    if json {
        for diagnostic in diagnostics {
            let _ = writeln!(text, "{}", serde_json::to_string(&machine(diagnostic, &sources))?);
        }
    } else {
        let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
        for diagnostic in diagnostics.iter().take(SHOWN) {
            let _ = writeln!(text, "{}\n", person(&renderer, diagnostic, &sources));
        }
        let _ = write!(text, "{}", summary(diagnostics));
    }
    Ok(text)
}

fn labels(diagnostic: &Diagnostic) -> impl Iterator<Item = &Label> {
    std::iter::once(&diagnostic.primary).chain(&diagnostic.secondary)
}

fn summary(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    let hidden = diagnostics.len().saturating_sub(SHOWN);
    let mut text = String::new();
    if hidden > 0 {
        let _ = writeln!(text, "... and {hidden} more");
    }
    match errors {
        0 => {}
        1 => text.push_str("1 error\n"),
        _ => {
            let _ = writeln!(text, "{errors} errors");
        }
    }
    text
}

fn person(renderer: &Renderer, diagnostic: &Diagnostic, sources: &BTreeMap<u32, Source>) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(&diagnostic.message).id(&diagnostic.code));
    // One excerpt per file, the one with the fault first.
    let mut files: Vec<u32> = Vec::new();
    for label in labels(diagnostic) {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    for file in files {
        let Some(source) = sources.get(&file) else { continue };
        let excerpt =
            Excerpt::around(&source.text, labels(diagnostic).filter(|label| label.span.file == file));
        let mut snippet =
            Snippet::source(excerpt.text.clone()).line_start(excerpt.first_line).path(&source.path);
        for (index, label) in labels(diagnostic).enumerate().filter(|(_, label)| label.span.file == file) {
            let kind = if index == 0 { AnnotationKind::Primary } else { AnnotationKind::Context };
            let mut annotation: Annotation<'_> = kind.span(excerpt.range(label));
            if !label.text.is_empty() {
                annotation = annotation.label(&label.text);
            }
            snippet = snippet.annotation(annotation);
        }
        group = group.element(snippet);
    }
    for help in &diagnostic.help {
        group = group.element(Level::HELP.message(help));
    }
    renderer.render(&[group])
}

/// The lines of a text that labels touch. Very long lines are cut: nobody reads a megabyte above a caret.
struct Excerpt {
    text: String,
    first_line: usize,
    start: usize,
}

impl Excerpt {
    fn around<'a>(text: &str, labels: impl Iterator<Item = &'a Label>) -> Excerpt {
        let (mut low, mut high) = (text.len(), 0);
        for label in labels {
            low = low.min(label.span.start as usize);
            high = high.max(label.span.end as usize);
        }
        let (low, high) = (floor(text, low), floor(text, high.max(low)));
        let mut start = text[..low].rfind('\n').map_or(0, |at| at + 1);
        let mut end = text[high..].find('\n').map_or(text.len(), |at| high + at);
        if low - start > LONGEST_LINE {
            start = floor(text, low - LONGEST_LINE / 2);
        }
        let longest = high.max(low + 1).saturating_add(LONGEST_LINE / 2);
        if end > longest {
            end = floor(text, longest);
        }
        let first_line = text[..start].bytes().filter(|&byte| byte == b'\n').count() + 1;
        Excerpt { text: text[start..end].to_owned(), first_line, start }
    }

    fn range(&self, label: &Label) -> Range<usize> {
        let inside = |at: u32| floor(&self.text, (at as usize).saturating_sub(self.start));
        let start = inside(label.span.start);
        start..inside(label.span.end).max(start)
    }
}

// The nearest place at or before an offset where a character begins.
fn floor(text: &str, at: usize) -> usize {
    text.floor_char_boundary(at.min(text.len()))
}

#[derive(Serialize)]
struct MachineLabel<'a> {
    file: &'a str,
    start: u32,
    end: u32,
    line: usize,
    column: usize,
    text: &'a str,
}

#[derive(Serialize)]
struct MachineDiagnostic<'a> {
    code: &'a str,
    severity: &'a str,
    message: &'a str,
    primary: MachineLabel<'a>,
    secondary: Vec<MachineLabel<'a>>,
    help: &'a [String],
}

fn machine<'a>(diagnostic: &'a Diagnostic, sources: &'a BTreeMap<u32, Source>) -> MachineDiagnostic<'a> {
    MachineDiagnostic {
        code: &diagnostic.code,
        severity: match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: &diagnostic.message,
        primary: machine_label(&diagnostic.primary, sources),
        secondary: diagnostic.secondary.iter().map(|label| machine_label(label, sources)).collect(),
        help: &diagnostic.help,
    }
}

fn machine_label<'a>(label: &'a Label, sources: &'a BTreeMap<u32, Source>) -> MachineLabel<'a> {
    let (file, before) = match sources.get(&label.span.file) {
        Some(source) => {
            (source.path.as_str(), &source.text[..floor(&source.text, label.span.start as usize)])
        }
        None => ("", ""),
    };
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    MachineLabel {
        file,
        start: label.span.start,
        end: label.span.end,
        line: before.bytes().filter(|&byte| byte == b'\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        text: &label.text,
    }
}
