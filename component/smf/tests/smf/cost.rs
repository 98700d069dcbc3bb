use crate::sample::{file, plain};
use smf::*;

/// Opening a module decodes no template, so a broken one is found when it is asked for, and no other suffers.
#[test]
fn templates_are_decoded_one_by_one() {
    let bytes = file(&plain());
    let text = b"\x07\x00largest\x01\x01\x00T";
    let at = bytes.windows(text.len()).position(|window| window == text).expect("the template");
    let mut damaged = bytes.clone();
    damaged[at - 1] = 9;
    crate::exercise::seal(&mut damaged);
    let view = View::open(&damaged, Limits::default()).expect("a module");
    let templates = view.templates().expect("templates");
    let error = templates.get("largest").expect_err("a strange kind");
    assert_eq!((error.part, error.offset), (Part::Templates, at as u64 - 1));
    assert!(templates.get("Pair").is_ok_and(|pair| pair.is_some()));
    assert!(read(&damaged, Limits::default()).is_err());
}

/// A symbol that points to another template, or nowhere, does not get it.
#[test]
fn a_template_is_the_one_that_was_asked_for() {
    let bytes = file(&plain());
    let view = View::open(&bytes, Limits::default()).expect("a module");
    let pair = view.symbol("Pair").expect("a symbol").template_offset;
    let index = view.symbols().iter().position(|symbol| symbol.name == "largest").expect("a symbol");
    let entry = view.header().symbol_table_offset as usize + index * 72;
    for (offset, found) in [(pair, "found `Pair`"), (pair + 1, ""), (1 << 40, "found offset 1099511627776")] {
        let mut damaged = bytes.clone();
        damaged[entry + 37..entry + 45].copy_from_slice(&offset.to_le_bytes());
        crate::exercise::seal(&mut damaged);
        let view = View::open(&damaged, Limits::default()).expect("a module");
        let templates = view.templates().expect("templates");
        let error = templates.get("largest").expect_err("not that one");
        assert_eq!(error.part, Part::Templates);
        assert!(error.to_string().ends_with(found), "{error}");
        assert!(templates.get("Pair").is_ok_and(|pair| pair.is_some()));
        assert!(view.to_module().is_err());
    }
}

#[test]
fn unpacking_is_limited() {
    let mut module = plain();
    module.compression = Compression::Zstd;
    module.templates[0].payload = vec![0; 100_000];
    let bytes = file(&module);
    assert!(bytes.len() < 10_000);
    assert!(View::open(&bytes, Limits { unpacked: 200_000 }).is_ok());
    let error = View::open(&bytes, Limits { unpacked: 100_000 }).expect_err("more than the limit");
    assert_eq!(error.part, Part::Sections);
    assert!(error.expected.contains("at most 100000 bytes"), "{error}");
}

/// A packed section that claims another size than it has is refused, whichever way it is wrong.
#[test]
fn a_wrong_unpacked_size_is_refused() {
    for compression in [Compression::Zstd, Compression::Lz4] {
        let mut module = plain();
        module.compression = compression;
        module.templates[0].payload = vec![0; 3000];
        let bytes = file(&module);
        let header = *View::open(&bytes, Limits::default()).expect("a module").header();
        let entry = (0..header.section_count as usize)
            .map(|index| header.section_table_offset as usize + index * 64)
            .find(|&at| bytes[at + 40..].starts_with(b"template.code"))
            .expect("the entry");
        let vsize = u64::from_le_bytes(bytes[entry + 24..entry + 32].try_into().expect("8 bytes"));
        for wrong in [vsize - 1, vsize + 1, vsize / 2, vsize * 2] {
            let mut damaged = bytes.clone();
            damaged[entry + 24..entry + 32].copy_from_slice(&wrong.to_le_bytes());
            crate::exercise::seal(&mut damaged);
            let view = View::open(&damaged, Limits::default()).expect("the table is sound");
            let error = view.templates().expect_err("another size");
            assert_eq!(error.part, Part::Contents, "{error}");
        }
    }
}
