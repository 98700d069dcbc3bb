//! What holds for the checker whatever the program is. The fuzz target and the tests of the crate share it.

use base::{Budget, Cx};

/// Work that a program of a few lines does not need, so that what goes on for ever is seen.
const BUDGET: u64 = 20_000_000;

/// Checks a program, which is accepted or has errors with places in it; never anything else.
///
/// # Panics
/// Something does not hold.
pub fn check(text: &str) {
    let mut cx = Cx { budget: Budget::new(BUDGET), ..Cx::default() };
    let file = cx.sources.add("soup.spl", text);
    let module = syntax::parse(&mut cx, file);
    if cx.diags.has_errors() {
        return;
    }
    let checked = sema::check_alone(&mut cx, stdlib::SOURCES, &module);
    for diagnostic in cx.diags.list() {
        for label in std::iter::once(&diagnostic.primary).chain(&diagnostic.secondary) {
            let span = label.span;
            let text = &cx.sources.file(span.file).text;
            assert!(text.get(span.start as usize..span.end as usize).is_some(), "{}", diagnostic.message);
        }
    }
    match checked {
        Ok(program) if !cx.diags.has_errors() => drop(sema::dump_hir(&cx, &program)),
        Ok(_) | Err(base::Exhausted) => {}
    }
}
