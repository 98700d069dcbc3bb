use crate::sample::{file, plain, sample};
use smf::*;

/// Compares with a file beside this one; `BLESS=1` rewrites it.
#[test]
fn the_listing_of_the_sample() {
    let bytes = file(&sample());
    let found = listing(&View::open(&bytes, Limits::default()).expect("a module"));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/smf/listing.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &found).expect("a written file");
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(found, expected);
}

#[test]
fn names_cannot_reach_the_terminal() {
    let mut module = plain();
    module.symbols[0].name = "\x1b[31mred\nnext".to_owned();
    module.source_map.lines.clear();
    let bytes = file(&module);
    let text = listing(&View::open(&bytes, Limits::default()).expect("a module"));
    assert!(text.contains("\\u{1b}[31mred\\nnext"), "{text}");
}
