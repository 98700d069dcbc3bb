//! What a text says about its declarations: comments above them, or a text at their beginning.

/// The explanation of the declaration whose name starts at a place; empty where there is none. A comment above counts, of any form, if no blank line
/// lies between; else the docstring in the body; else a doc comment behind it on its line.
pub fn documentation(source: &str, name: usize) -> String {
    let Some(before) = source.get(..name) else { return String::new() };
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let above = comment_above(&source[..line]);
    if !above.is_empty() {
        return above;
    }
    let inside = docstring_inside(source, line);
    if !inside.is_empty() {
        return inside;
    }
    let rest = source[name..].lines().next().unwrap_or_default();
    rest.split_once(" ## ").map_or_else(String::new, |(_, comment)| comment.trim().to_owned())
}

/// The explanation of a file: the docstring or the comment at its beginning. A comment that touches a declaration is that one's.
pub fn module_documentation(source: &str) -> String {
    let text = source.trim_start_matches('\u{feff}').trim_start();
    if let Some(found) = docstring(text) {
        return found;
    }
    let mut lines = Vec::new();
    let mut rest = text.lines().skip_while(|line| line.starts_with("#!")).peekable();
    while let Some(line) = rest.next_if(|line| comment_line(line).is_some()) {
        lines.extend(comment_line(line));
    }
    match rest.peek() {
        Some(line) if !line.trim().is_empty() => String::new(),
        Some(_) | None => lines.join("\n").trim().to_owned(),
    }
}

/// A line that is a comment, without its mark.
fn comment_line(line: &str) -> Option<&str> {
    let line = line.trim();
    let rest = line.strip_prefix("///").or_else(|| line.strip_prefix("##")).or_else(|| {
        let rest = line.strip_prefix('#')?;
        let word = rest.split(|letter: char| !letter.is_ascii_alphabetic()).next().unwrap_or_default();
        (!rest.starts_with(['[', '!']) && !matches!(word, "if" | "elif" | "else" | "endif")).then_some(rest)
    })?;
    Some(rest.strip_prefix(' ').unwrap_or(rest))
}

/// The comment at the end of a text, behind which only attributes stand.
fn comment_above(text: &str) -> String {
    let mut lines: Vec<&str> = Vec::new();
    let mut rest = text.lines().rev().skip_while(|line| is_attribute(line)).peekable();
    if let Some(last) = rest.peek().map(|line| line.trim())
        && last.ends_with("*/")
    {
        // A block comment: back to where it opens.
        let end = text.rfind("*/").unwrap_or_default();
        let Some(start) = text[..end].rfind("/*") else { return String::new() };
        let inner = text[start..end].trim_start_matches(['/', '*']).trim_end();
        let line = |line: &str| line.trim().trim_start_matches('*').trim().to_owned();
        return inner.lines().map(line).collect::<Vec<_>>().join("\n").trim().to_owned();
    }
    while let Some(line) = rest.next_if(|line| comment_line(line).is_some()) {
        lines.extend(comment_line(line));
    }
    lines.reverse();
    // Lines such as `# -- elements` divide a file; they explain nothing.
    if lines.iter().all(|line| line.trim_start().starts_with("--")) {
        return String::new();
    }
    lines.join("\n").trim().to_owned()
}

fn is_attribute(line: &str) -> bool {
    let line = line.trim();
    line.starts_with("#[") || line.starts_with('@')
}

/// The text that stands first in the body of the declaration on a line.
fn docstring_inside(source: &str, line: usize) -> String {
    let mut depth = 0i32;
    let mut at = line;
    for text in source[line..].split_inclusive('\n').take(20) {
        at += text.len();
        depth += text
            .bytes()
            .map(|byte| i32::from(matches!(byte, b'(' | b'[')) - i32::from(matches!(byte, b')' | b']')))
            .sum::<i32>();
        let code = text.split(" #").next().unwrap_or(text).trim_end();
        if depth <= 0 {
            return match code.ends_with(':') {
                true => docstring(source[at..].trim_start()).unwrap_or_default(),
                false => String::new(),
            };
        }
    }
    String::new()
}

/// A text that begins with a docstring: its lines without the indentation that they share.
fn docstring(text: &str) -> Option<String> {
    let inner = text.strip_prefix("\"\"\"")?;
    let inner = &inner[..inner.find("\"\"\"")?];
    let room = |line: &&str| line.len() - line.trim_start().len();
    let shared = inner.lines().skip(1).filter(|line| !line.trim().is_empty()).map(|line| room(&line)).min();
    let lines = inner.lines().enumerate().map(|(index, line)| match index {
        0 => line.trim(),
        _ => line.get(shared.unwrap_or(0)..).unwrap_or_default().trim_end(),
    });
    Some(lines.collect::<Vec<_>>().join("\n").trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: &str, name: &str) -> String {
        documentation(source, source.find(name).expect("the name"))
    }

    #[test]
    fn explanations() {
        let source = "# A file.\n\n## Adds\n## two.\n@pure\nfn add(a, b): a + b\n\n# -- part\nfn none(): 1\n\n/** Some\n * more. */\nfn block():\n    2\nfn long(\n    a: i64\n) -> i64:\n    \"\"\"\n    Says it.\n      Deeper.\n    \"\"\"\n    a\nstruct P:\n    x: i64  ## how far\n#[inline]\nfn bare(): 3\n";
        assert_eq!(of(source, "add"), "Adds\ntwo.");
        assert_eq!(of(source, "none"), "");
        assert_eq!(of(source, "block"), "Some\nmore.");
        assert_eq!(of(source, "long"), "Says it.\n  Deeper.");
        assert_eq!(of(source, "x: i64"), "how far");
        assert_eq!(of(source, "bare"), "");
        assert_eq!(module_documentation(source), "A file.");
        assert_eq!(module_documentation("#!/usr/bin/env simple\n# Of f.\nfn f(): 1\n"), "");
        assert_eq!(module_documentation("\"\"\"All of it.\"\"\"\nfn f(): 1\n"), "All of it.");
        assert_eq!(documentation("é", 1), "");
    }
}
