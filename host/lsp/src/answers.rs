//! What the compiler says, in the types of the protocol.

use crate::analysis::Analysis;
use crate::text::{Text, to_uri};
use engine::places::{Declaration, Entity, Index, Kind};
use engine::{Label, Severity};
use lsp_types::*;

/// Reserved words that begin something, for completion.
const WORDS: &[&str] = &[
    "and", "as", "break", "case", "class", "continue", "elif", "else", "enum", "false", "fn", "for", "if",
    "impl", "in", "is", "loop", "match", "me", "nil", "not", "or", "pass", "print", "pub", "return", "self",
    "static", "struct", "trait", "true", "use", "val", "var", "while",
];

/// Diagnostics of the document of an analysis.
pub(crate) fn diagnostics(analysis: &Analysis) -> Vec<Diagnostic> {
    let Some(own) = analysis.files.get(&analysis.own) else { return Vec::new() };
    let mut list = Vec::new();
    for found in &analysis.diagnostics {
        let elsewhere = found.primary.span.file != analysis.own;
        let mut message =
            match analysis.files.get(&found.primary.span.file).and_then(|file| file.path.as_ref()) {
                Some(path) if elsewhere => format!("{}: {}", path.display(), found.message),
                Some(_) | None => found.message.clone(),
            };
        if !found.primary.text.is_empty() {
            message.push_str(&format!("\n{}", found.primary.text));
        }
        for help in &found.help {
            message.push_str(&format!("\nhelp: {help}"));
        }
        let (start, end) =
            if elsewhere { (0, 0) } else { (found.primary.span.start, found.primary.span.end) };
        let related: Vec<_> = found.secondary.iter().filter_map(|label| related(analysis, label)).collect();
        list.push(Diagnostic {
            range: own.text.range(start, end),
            severity: Some(match found.severity {
                Severity::Error => DiagnosticSeverity::ERROR,
                Severity::Warning => DiagnosticSeverity::WARNING,
            }),
            code: Some(NumberOrString::String(found.code.clone())),
            source: Some("simple".to_owned()),
            message,
            related_information: (!related.is_empty()).then_some(related),
            tags: (found.code == "W0010").then(|| vec![DiagnosticTag::DEPRECATED]),
            ..Diagnostic::default()
        });
    }
    list
}

fn related(analysis: &Analysis, label: &Label) -> Option<DiagnosticRelatedInformation> {
    let file = analysis.files.get(&label.span.file)?;
    let location = Location {
        uri: to_uri(file.path.as_ref()?)?,
        range: file.text.range(label.span.start, label.span.end),
    };
    Some(DiagnosticRelatedInformation { location, message: label.text.clone() })
}

/// A declaration and what it says about itself.
pub(crate) fn explained(detail: &str, documentation: &str) -> MarkupContent {
    let mut value = format!("```simple\n{detail}\n```");
    if !documentation.is_empty() {
        value.push_str(&format!("\n\n---\n\n{documentation}"));
    }
    MarkupContent { kind: MarkupKind::Markdown, value }
}

// -- completion -------------------------------------------------------------------------------------------

pub(crate) fn completions(list: &[Entity], behind_dot: bool) -> Vec<CompletionItem> {
    let item = |entity: &Entity| CompletionItem {
        label: entity.name.clone(),
        kind: Some(match entity.kind {
            Kind::Module => CompletionItemKind::MODULE,
            Kind::Function => CompletionItemKind::FUNCTION,
            Kind::Method => CompletionItemKind::METHOD,
            Kind::Struct | Kind::Mixin => CompletionItemKind::STRUCT,
            Kind::Class | Kind::Alias | Kind::Builtin => CompletionItemKind::CLASS,
            Kind::Enum => CompletionItemKind::ENUM,
            Kind::Variant => CompletionItemKind::ENUM_MEMBER,
            Kind::Trait => CompletionItemKind::INTERFACE,
            Kind::TypeParameter => CompletionItemKind::TYPE_PARAMETER,
            Kind::Field => CompletionItemKind::FIELD,
            Kind::Parameter | Kind::Variable => CompletionItemKind::VARIABLE,
            Kind::Value => CompletionItemKind::CONSTANT,
        }),
        detail: Some(entity.detail.clone()),
        documentation: (!entity.documentation.is_empty()).then(|| {
            Documentation::MarkupContent(MarkupContent {
                kind: MarkupKind::Markdown,
                value: entity.documentation.clone(),
            })
        }),
        ..CompletionItem::default()
    };
    let mut items: Vec<CompletionItem> = list.iter().map(item).collect();
    // Where no name can stand, such as in a comment, no word is proposed either.
    if !behind_dot && !list.is_empty() {
        items.extend(WORDS.iter().map(|word| CompletionItem {
            label: (*word).to_owned(),
            kind: Some(CompletionItemKind::KEYWORD),
            ..CompletionItem::default()
        }));
    }
    items
}

// -- signatures -------------------------------------------------------------------------------------------

/// A call that is being written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub name_start: usize,
    pub name_end: usize,
    /// The number of the argument at the cursor.
    pub argument: u32,
}

/// The innermost call around a place whose parenthesis is open there.
pub(crate) fn call_around(text: &str, at: usize) -> Option<Call> {
    let mut depth = 0u32;
    let mut argument = 0;
    for (place, letter) in text[..at].char_indices().rev().take(4_000) {
        match letter {
            ')' | ']' | '}' => depth += 1,
            '[' | '{' if depth == 0 => argument = 0,
            '(' if depth == 0 => {
                let before = &text[..place];
                let start = before.rfind(|letter: char| letter != '_' && !letter.is_alphanumeric());
                let start = start.map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8));
                if start < place {
                    return Some(Call { name_start: start, name_end: place, argument });
                }
                argument = 0;
            }
            '(' | '[' | '{' => depth -= 1,
            ',' if depth == 0 => argument += 1,
            _ => {}
        }
    }
    None
}

/// What is known about the parameters of what has this name.
pub(crate) fn signature(list: &[Entity], name: &str, argument: u32) -> Option<SignatureHelp> {
    let signatures: Vec<SignatureInformation> = list
        .iter()
        .filter(|entity| entity.name == name && entity.detail.contains('('))
        .map(|entity| SignatureInformation {
            label: entity.detail.clone(),
            documentation: (!entity.documentation.is_empty())
                .then(|| Documentation::String(entity.documentation.clone())),
            parameters: Some(
                parameters(&entity.detail)
                    .into_iter()
                    .map(|text| ParameterInformation {
                        label: ParameterLabel::Simple(text),
                        documentation: None,
                    })
                    .collect(),
            ),
            active_parameter: None,
        })
        .collect();
    (!signatures.is_empty()).then_some(SignatureHelp {
        signatures,
        active_signature: Some(0),
        active_parameter: Some(argument),
    })
}

/// The parameters in the head of a function.
fn parameters(detail: &str) -> Vec<String> {
    let Some(open) = detail.find('(') else { return Vec::new() };
    let mut list = vec![String::new()];
    let mut depth = 0u32;
    let mut before = ' ';
    for letter in detail[open + 1..].chars() {
        match letter {
            '(' | '[' | '{' | '<' => depth += 1,
            ')' if depth == 0 => break,
            '>' if before == '-' => {}
            ')' | ']' | '}' | '>' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                list.push(String::new());
                before = letter;
                continue;
            }
            _ => {}
        }
        before = letter;
        if let Some(last) = list.last_mut() {
            last.push(letter);
        }
    }
    list.into_iter().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()).collect()
}

// -- symbols ----------------------------------------------------------------------------------------------

pub(crate) fn symbols(declarations: &[Declaration], text: &Text) -> Vec<DocumentSymbol> {
    let mut children: Vec<Vec<usize>> = vec![Vec::new(); declarations.len()];
    let mut top = Vec::new();
    for (at, declaration) in declarations.iter().enumerate() {
        match declaration.parent.and_then(|parent| children.get_mut(parent as usize)) {
            Some(list) => list.push(at),
            None => top.push(at),
        }
    }
    top.into_iter().map(|at| symbol(declarations, &children, at, text)).collect()
}

fn symbol(declarations: &[Declaration], children: &[Vec<usize>], at: usize, text: &Text) -> DocumentSymbol {
    let it = &declarations[at];
    let inside =
        children[at].iter().map(|&child| symbol(declarations, children, child, text)).collect::<Vec<_>>();
    // The name must lie inside of the whole, whatever the text is.
    let (start, end) = (it.whole.start.min(it.name_span.start), it.whole.end.max(it.name_span.end));
    #[allow(deprecated)]
    DocumentSymbol {
        name: if it.name.is_empty() { "?".to_owned() } else { it.name.clone() },
        detail: Some(it.detail.clone()),
        kind: match it.kind {
            Kind::Module => SymbolKind::NAMESPACE,
            Kind::Function => SymbolKind::FUNCTION,
            Kind::Method => SymbolKind::METHOD,
            Kind::Struct | Kind::Mixin => SymbolKind::STRUCT,
            Kind::Class | Kind::Alias | Kind::Builtin => SymbolKind::CLASS,
            Kind::Enum => SymbolKind::ENUM,
            Kind::Variant => SymbolKind::ENUM_MEMBER,
            Kind::Trait => SymbolKind::INTERFACE,
            Kind::TypeParameter => SymbolKind::TYPE_PARAMETER,
            Kind::Field => SymbolKind::FIELD,
            Kind::Parameter | Kind::Variable => SymbolKind::VARIABLE,
            Kind::Value => SymbolKind::CONSTANT,
        },
        tags: None,
        deprecated: None,
        range: text.range(start, end),
        selection_range: text.range(it.name_span.start, it.name_span.end),
        children: (!inside.is_empty()).then_some(inside),
    }
}

// -- formatting -------------------------------------------------------------------------------------------

/// The lines that change.
pub(crate) fn edits(text: &Text, formatted: &str) -> Vec<TextEdit> {
    let old = text.as_str();
    if old == formatted {
        return Vec::new();
    }
    let same = |a: &str, b: &str| {
        a.split_inclusive('\n')
            .zip(b.split_inclusive('\n'))
            .take_while(|(a, b)| a == b)
            .map(|(a, _)| a.len())
            .sum::<usize>()
    };
    let start = same(old, formatted);
    let backwards =
        old[start..].split_inclusive('\n').rev().zip(formatted[start..].split_inclusive('\n').rev());
    let end: usize = backwards.take_while(|(a, b)| a == b).map(|(a, _)| a.len()).sum();
    let range = text.range(start as u32, (old.len() - end) as u32);
    vec![TextEdit { range, new_text: formatted[start..formatted.len() - end].to_owned() }]
}

// -- semantic tokens --------------------------------------------------------------------------------------

/// The kinds of tokens, by the order of [`token_type`].
pub(crate) fn legend() -> SemanticTokensLegend {
    SemanticTokensLegend {
        token_types: vec![
            SemanticTokenType::NAMESPACE,
            SemanticTokenType::FUNCTION,
            SemanticTokenType::METHOD,
            SemanticTokenType::STRUCT,
            SemanticTokenType::CLASS,
            SemanticTokenType::ENUM,
            SemanticTokenType::ENUM_MEMBER,
            SemanticTokenType::INTERFACE,
            SemanticTokenType::TYPE,
            SemanticTokenType::TYPE_PARAMETER,
            SemanticTokenType::PROPERTY,
            SemanticTokenType::PARAMETER,
            SemanticTokenType::VARIABLE,
        ],
        token_modifiers: vec![SemanticTokenModifier::DECLARATION, SemanticTokenModifier::READONLY],
    }
}

fn token_type(kind: Kind) -> u32 {
    match kind {
        Kind::Module => 0,
        Kind::Function => 1,
        Kind::Method => 2,
        Kind::Struct | Kind::Mixin => 3,
        Kind::Class => 4,
        Kind::Enum => 5,
        Kind::Variant => 6,
        Kind::Trait => 7,
        Kind::Alias | Kind::Builtin => 8,
        Kind::TypeParameter => 9,
        Kind::Field => 10,
        Kind::Parameter => 11,
        Kind::Value | Kind::Variable => 12,
    }
}

pub(crate) fn tokens(index: &Index, text: &Text) -> SemanticTokens {
    let mut data = Vec::new();
    let (mut line, mut column, mut end) = (0, 0, 0);
    for it in &index.uses {
        let Some(entity) = index.entities.get(it.entity as usize) else { continue };
        // Tokens must not overlap.
        if it.span.start < end {
            continue;
        }
        end = it.span.end;
        let range = text.range(it.span.start, it.span.end);
        let delta_line = range.start.line - line;
        let from = if delta_line == 0 { column } else { 0 };
        (line, column) = (range.start.line, range.start.character);
        data.push(SemanticToken {
            delta_line,
            delta_start: column - from,
            length: range.end.character - range.start.character,
            token_type: token_type(entity.kind),
            token_modifiers_bitset: u32::from(it.declares) | u32::from(entity.kind == Kind::Value) << 1,
        });
    }
    SemanticTokens { result_id: None, data }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::Encoding;

    #[test]
    fn calls_that_are_being_written() {
        let call = |text: &str| {
            let found = call_around(text, text.len())?;
            Some((text[found.name_start..found.name_end].to_owned(), found.argument))
        };
        assert_eq!(call("f("), Some(("f".to_owned(), 0)));
        assert_eq!(call("x.go(1, [2, 3], (4"), Some(("go".to_owned(), 2)));
        assert_eq!(call("f(g(1), {a: 2, b: 3}, "), Some(("f".to_owned(), 2)));
        assert_eq!(call("f(1)"), None);
        assert_eq!(call("f([1, 2"), Some(("f".to_owned(), 0)));
    }

    #[test]
    fn parameters_of_heads() {
        assert_eq!(
            parameters("fn f(a: [i64], g: fn(i64, text) -> {text: i64}) -> bool"),
            ["a: [i64]", "g: fn(i64, text) -> {text: i64}"]
        );
        assert!(parameters("val x: i64").is_empty());
    }

    #[test]
    fn only_lines_that_change() {
        let text = Text::new("a\nb\nc\nd\n".to_owned(), Encoding::Utf16);
        let edits = edits(&text, "a\nB\nB\nc\nd\n");
        assert_eq!(edits.len(), 1);
        assert_eq!(edits[0].new_text, "B\nB\n");
        assert_eq!((edits[0].range.start.line, edits[0].range.end.line), (1, 2));
    }
}
