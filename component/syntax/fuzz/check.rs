//! What holds for lexer and parser whatever the text is. The fuzz target and the tests of the crate share it.

use base::{Cx, FileId};

/// Checks a text.
///
/// # Panics
/// Something does not hold.
pub fn check(text: &str) {
    let (cx, file) = parse(text);
    // Every place that is reported can be shown.
    for diagnostic in cx.diags.list() {
        let labels = std::iter::once(&diagnostic.primary).chain(&diagnostic.secondary);
        for label in labels {
            let span = label.span;
            assert_eq!(span.file, file);
            assert!(
                text.get(span.start as usize..span.end as usize).is_some(),
                "{span:?} of {}",
                diagnostic.message
            );
        }
        assert!(!diagnostic.message.is_empty());
    }
    let mut cx = Cx::default();
    let file = cx.sources.add("soup.spl", text);
    let mut end = 0;
    for token in syntax::tokenize(&mut cx, file) {
        assert!(token.start >= end && token.end >= token.start, "{token:?}");
        assert!(text.get(token.start as usize..token.end as usize).is_some(), "{token:?}");
        end = token.end;
    }
}

fn parse(text: &str) -> (Cx, FileId) {
    let mut cx = Cx::default();
    let file = cx.sources.add("soup.spl", text);
    let module = syntax::parse(&mut cx, file);
    syntax::dump_ast(&cx, &module);
    (cx, file)
}
