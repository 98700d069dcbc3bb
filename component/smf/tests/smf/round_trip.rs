use crate::arbitrary;
use crate::exercise::exercise;
use crate::sample::{file, plain, sample};
use proptest::prelude::*;
use smf::*;

proptest! {
    #[test]
    fn a_module_comes_back_as_it_was(module in arbitrary::module()) {
        let bytes = write(&module).expect("a sound module");
        prop_assert!(write(&module).as_ref() == Ok(&bytes), "the same bytes each time");
        match read(&bytes, Limits::default()) {
            Ok(read) => prop_assert_eq!(&read, &module),
            Err(error) => prop_assert!(false, "{}", error),
        }
        prop_assert!(exercise(&bytes));
    }

    #[test]
    fn notes_come_back_as_they_were(notes in arbitrary::notes()) {
        let text = notes.to_sdn();
        match Notes::from_sdn(&text) {
            Ok(read) => prop_assert_eq!(read, notes),
            Err(error) => prop_assert!(false, "{} in\n{}", error, text),
        }
    }
}

#[test]
fn the_order_of_symbols_does_not_matter() {
    let mut turned = plain();
    turned.symbols.reverse();
    assert_eq!(file(&turned), file(&plain()));
}

#[test]
fn packing_makes_smaller_and_changes_nothing() {
    let mut sizes = Vec::new();
    for &compression in Compression::ALL {
        let mut module = plain();
        module.compression = compression;
        module.templates[0].payload = b"the same words again and again; ".repeat(100);
        let bytes = file(&module);
        let view = View::open(&bytes, Limits::default()).expect("a module");
        let code = view.section("code.x86_64").expect("code");
        assert_eq!(code.packed, Compression::None, "code is mapped where it lies");
        let templates = view.section("template.code").expect("templates");
        assert_eq!(templates.packed, compression);
        let back = view.to_module().expect("a module").templates;
        assert_eq!(back, module.templates);
        sizes.push(bytes.len());
    }
    let [none, zstd, lz4] = sizes[..] else { panic!("three methods") };
    assert!(zstd + 2000 < none && lz4 + 2000 < none, "{none} {zstd} {lz4}");
}

#[test]
fn sections_lie_where_their_alignment_asks() {
    let mut module = sample();
    module.sections[0].align = 4096;
    let bytes = file(&module);
    let view = View::open(&bytes, Limits::default()).expect("a module");
    for section in view.sections() {
        let at = u64::from(view.header().smf_data_offset) + section.offset;
        assert_eq!(at % section.align, 0, "{}", section.name);
    }
    assert_eq!(view.header().smf_data_offset, 4096);
}

#[test]
fn symbols_and_templates_by_name() {
    let bytes = file(&sample());
    let view = View::open(&bytes, Limits::default()).expect("a module");
    let main = view.symbol("main").expect("main");
    assert_eq!((main.value, main.size, main.is_exported()), (0x10, 0x30, true));
    assert!(!view.symbol("LIMIT").expect("a constant").is_exported());
    assert_eq!(view.symbol("mai"), None);
    let templates = view.templates().expect("templates");
    let pair = templates.get("Pair").expect("a sound table").expect("a template");
    assert_eq!((pair.kind, &pair.params[..]), (TemplateKind::Struct, &["A", "B"][..]));
    assert_eq!(templates.get("main"), Ok(None));
    assert_eq!(templates.get("nothing"), Ok(None));
    let counts = view.meta().expect("meta").counts;
    assert_eq!(counts, TemplateCounts { functions: 1, structs: 1, enums: 0, traits: 0 });
}

#[test]
fn what_says_nothing_is_not_there() {
    let empty = Module::new(Platform::Any, Arch::Wasm32, Version::default());
    let bytes = file(&empty);
    let view = View::open(&bytes, Limits::default()).expect("a module");
    let names: Vec<&str> = view.sections().iter().map(|section| section.name).collect();
    assert_eq!(names, ["symtab", "strtab", "version"]);
    assert_eq!(view.to_module(), Ok(empty));
}
