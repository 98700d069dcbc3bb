//! `simple doc`: what modules say about themselves, as pages that need nothing but a browser.

use crate::args::{Doc, Jobs};
use crate::compile::{Compilation, Compiled};
use crate::{files, output};
use anyhow::{Context as _, Result, bail};
use engine::places::{Declaration, Index, Kind};
use std::fmt::Write as _;
use std::path::Path;

const STYLE: &str = include_str!("doc.css");

/// A module with its page.
struct Page {
    /// The path of the module, without its ending.
    name: String,
    file: String,
    index: Index,
}

/// Writes one page for each module, and one that lists them. The exit code is 1 where a module has errors.
pub fn run(doc: &Doc) -> Result<u8> {
    let is_source =
        |name: &str| name.ends_with(".spl") && !name.ends_with("_spec.spl") && !name.ends_with("_test.spl");
    let sources = files::find(&doc.paths, is_source)?;
    if sources.is_empty() {
        bail!("there is no source here: their names end in .spl");
    }
    let mut pages = Vec::new();
    let mut code = 0;
    for source in &sources {
        let Compiled::Done(mut compilation) = Compilation::open(source, &doc.common, Jobs::ONE)? else {
            code = 1;
            continue;
        };
        let index = compilation.session.places(0)?;
        let diagnostics = compilation.session.diagnostics()?;
        if diagnostics.iter().any(|it| it.severity == engine::Severity::Error) {
            compilation.tell(&doc.common)?;
            code = 1;
        }
        let shown = source.with_extension("");
        let name = shown.to_string_lossy().trim_start_matches(['.', '/']).to_owned();
        pages.push(Page { file: format!("{}.html", name.replace('/', ".")), name, index });
        compilation.finish()?;
    }
    std::fs::create_dir_all(&doc.output)
        .with_context(|| format!("cannot make the folder {}", doc.output.display()))?;
    let write =
        |file: &str, text: String| output::write(&doc.output.join(Path::new(file)), text.as_bytes(), false);
    for page in &pages {
        write(&page.file, whole(&page.name, &pages, &module(page)))?;
    }
    let mut list = "<h1>Modules</h1>\n<dl>\n".to_owned();
    for page in &pages {
        let first = page.index.documentation.lines().next().unwrap_or_default();
        let _ = writeln!(
            list,
            "<dt><a href=\"{}\">{}</a></dt><dd>{}</dd>",
            escaped(&page.file),
            escaped(&page.name),
            inline(first)
        );
    }
    list.push_str("</dl>\n");
    write("index.html", whole("Modules", &pages, &list))?;
    println!("{}", doc.output.join("index.html").display());
    Ok(code)
}

/// A page around its content.
fn whole(title: &str, pages: &[Page], content: &str) -> String {
    let links: String = pages
        .iter()
        .map(|page| format!("<a href=\"{}\">{}</a>\n", escaped(&page.file), escaped(&page.name)))
        .collect();
    let title = escaped(title);
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>\n{STYLE}</style>\n<nav><a href=\"index.html\">Modules</a>\n{links}</nav>\n<main>\n{content}</main>\n</html>\n"
    )
}

fn module(page: &Page) -> String {
    let mut text = format!("<h1>{}</h1>\n{}", escaped(&page.name), paragraphs(&page.index.documentation));
    let list = &page.index.declarations;
    // Where nothing is `pub`, everything is shown, but for names that begin with `_`.
    let marked = list
        .iter()
        .any(|it| it.visible && it.parent.is_none() && it.kind != Kind::Module && !is_variable(it.kind));
    let is_shown = |it: &Declaration| {
        !it.name.starts_with('_')
            && (!marked || it.visible && !is_variable(it.kind) || it.kind == Kind::Module)
    };
    for (at, it) in list.iter().enumerate().filter(|(_, it)| it.parent.is_none() && is_shown(it)) {
        declaration(&mut text, it);
        let members: Vec<&Declaration> = list
            .iter()
            .filter(|member| member.parent == Some(at as u32) && !member.name.starts_with('_'))
            .collect();
        if !members.is_empty() {
            text.push_str("<div class=\"members\">\n");
            members.into_iter().for_each(|member| declaration(&mut text, member));
            text.push_str("</div>\n");
        }
    }
    text
}

fn is_variable(kind: Kind) -> bool {
    matches!(kind, Kind::Value | Kind::Variable)
}

fn declaration(text: &mut String, it: &Declaration) {
    let id = format!("{}-{}", it.name, it.name_span.start);
    let _ = writeln!(
        text,
        "<section id=\"{id}\">\n<h2><a href=\"#{id}\"><code>{}</code></a></h2>\n{}</section>",
        escaped(&it.detail),
        paragraphs(&it.documentation)
    );
}

/// A text with blank lines between paragraphs, fenced code, and code in backticks.
fn paragraphs(text: &str) -> String {
    let mut out = String::new();
    let mut open: Vec<&str> = Vec::new();
    let mut code: Option<Vec<&str>> = None;
    let close = |open: &mut Vec<&str>, out: &mut String| {
        if !open.is_empty() {
            let _ = writeln!(out, "<p>{}</p>", inline(&open.join("\n")));
            open.clear();
        }
    };
    for line in text.lines().chain(["", "```"]) {
        match (&mut code, line.trim_start().starts_with("```")) {
            (Some(lines), true) => {
                let _ = writeln!(out, "<pre><code>{}</code></pre>", escaped(&lines.join("\n")));
                code = None;
            }
            (Some(lines), false) => lines.push(line),
            (None, true) => {
                close(&mut open, &mut out);
                code = Some(Vec::new());
            }
            (None, false) if line.trim().is_empty() => close(&mut open, &mut out),
            (None, false) => open.push(line),
        }
    }
    out
}

/// Text with code in backticks.
fn inline(text: &str) -> String {
    let parts = text.split('`').map(escaped).enumerate();
    parts.map(|(at, part)| if at % 2 == 1 { format!("<code>{part}</code>") } else { part }).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_become_paragraphs() {
        assert_eq!(
            paragraphs("One `a < b`\ntwo.\n\nThree."),
            "<p>One <code>a &lt; b</code>\ntwo.</p>\n<p>Three.</p>\n"
        );
        assert_eq!(
            paragraphs("A:\n```\nx <= 1\n\ny\n```\nB"),
            "<p>A:</p>\n<pre><code>x &lt;= 1\n\ny</code></pre>\n<p>B</p>\n"
        );
        assert_eq!(paragraphs(""), "");
        assert!(paragraphs("```\n<script>").contains("&lt;script&gt;"));
    }
}
