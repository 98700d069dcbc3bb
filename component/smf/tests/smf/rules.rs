//! Each rule of the format, broken alone: on reading with the hash made right, and on writing.

use crate::exercise::{LIMITS, seal};
use crate::sample::{file, plain, sample};
use smf::*;

/// A sound file, and where its tables are.
struct Sound {
    bytes: Vec<u8>,
    header: usize,
    table: usize,
    symbols: usize,
}

fn sound(module: &Module) -> Sound {
    let bytes = file(module);
    let header = *View::open(&bytes, LIMITS).expect("a module").header();
    let data = header.smf_data_offset as usize;
    Sound {
        header: bytes.len() - HEADER_SIZE,
        table: data + header.section_table_offset as usize,
        symbols: data + header.symbol_table_offset as usize,
        bytes,
    }
}

impl Sound {
    /// Where the entry of a section is.
    fn entry(&self, name: &str) -> usize {
        let mut entries = (self.table..self.header).step_by(64);
        entries.find(|&at| self.bytes[at + 40..at + 56].starts_with(name.as_bytes())).expect("a section")
    }

    /// Where a section lies; only for modules without a stub.
    fn section(&self, name: &str) -> usize {
        let at = self.entry(name) + 8;
        u64::from_le_bytes(self.bytes[at..at + 8].try_into().expect("8 bytes")) as usize
    }

    /// Where the symbol of a name is.
    fn symbol(&self, name: &str) -> usize {
        let view = View::open(&self.bytes, LIMITS).expect("a module");
        let index = view.symbols().iter().position(|symbol| symbol.name == name).expect("a symbol");
        self.symbols + index * 72
    }

    /// With other bytes at a place: the error must be of this part, at this byte, and say so.
    #[track_caller]
    fn refused(&self, at: usize, bytes: &[u8], part: Part, offset: usize, message: &str) {
        let mut damaged = self.bytes.clone();
        damaged[at..at + bytes.len()].copy_from_slice(bytes);
        seal(&mut damaged);
        refused(&damaged, part, offset, message);
    }
}

#[track_caller]
fn refused(bytes: &[u8], part: Part, offset: usize, message: &str) {
    let error = read(bytes, LIMITS).expect_err("a broken rule");
    assert_eq!((error.part, error.offset), (part, offset as u64), "{error}");
    let text = error.to_string();
    assert!(text.ends_with(message), "{text}");
}

#[test]
fn header() {
    let sound = sound(&plain());
    let at = sound.header;
    let check = |field: usize, bytes: &[u8], message: &str| {
        sound.refused(at + field, bytes, Part::Header, at + field, message);
    };
    refused(b"short", Part::Header, 0, "expected at least 128 bytes, found 5");
    check(0, b"ELF\0", "expected \"SMF\\x00\", found \"ELF\\x00\"");
    check(4, &[2, 0], "expected version 1.1, found version 2.0");
    check(6, &[6], "expected the code of a platform, found 6");
    check(7, &[8], "expected the code of an architecture, found 8");
    check(8, &[0x2B], "expected flags 0xb, found flags 0x2b");
    check(8, &[0x1B], "expected flags 0xb, found flags 0x1b");
    check(12, &[3], "expected the code of a compression method, found 3");
    check(13, &[1], "expected level 0 without compression, found 1");
    check(14, &[0, 1], "expected zeros, found [0, 1]");
    check(28, &[0; 8], &format!("expected {}, found 0", sound.symbols));
    check(36, &[9], "expected 576 bytes of symbols, found 9 symbols");
    check(40, &[3], "expected 6 exported symbols, found 3");
    check(44, &[96], "expected an entry point in 96 bytes of primary code, found 96");
    check(76, &[5], "expected the code of a kind of program, found 5");
    for reserved in 83..128 {
        check(reserved, &[4], "expected a reserved byte that is zero, found 0x04");
    }
    // The table must end at the header: fields that move it there are blamed together.
    let table = format!("expected a section table that ends at byte {at}, found");
    for (field, bytes) in [(16, &[0xFF; 4][..]), (20, &[0xFF; 8]), (20, &[1]), (56, &[16])] {
        let mut damaged = sound.bytes.clone();
        damaged[at + field..at + field + bytes.len()].copy_from_slice(bytes);
        seal(&mut damaged);
        let error = read(&damaged, LIMITS).expect_err("no table");
        assert_eq!(error.offset, at as u64 + 20);
        assert!(error.to_string().contains(&table), "{error}");
    }
    let mut damaged = sound.bytes.clone();
    damaged[at + 60] ^= 1;
    let error = read(&damaged, LIMITS).expect_err("another hash");
    assert_eq!((error.part, error.offset), (Part::Header, at as u64 + 60));
    sound.refused(at + 68, &[0; 8], Part::Header, at + 68, "of the sources, found 0000000000000000");
    let stubbed = self::sound(&sample());
    // A shorter stub leaves bytes that belong to nothing.
    stubbed.refused(
        stubbed.header + 52,
        &[1],
        Part::Header,
        1,
        "expected zeros between sections, found 0x21",
    );
    let other = stubbed.header + 56;
    stubbed.refused(stubbed.header + 52, &[65], Part::Header, other, "expected 128, found 64");
}

#[test]
fn section_table() {
    let sound = sound(&plain());
    let check = |name: &str, field: usize, bytes: &[u8], message: &str| {
        let at = sound.entry(name) + field;
        sound.refused(at, bytes, Part::Sections, at, message);
    };
    check("data", 0, &[15], "expected the code of a section type, found 15");
    check("data", 0, &[2, 1], "expected the code of a section type, found 258");
    check("data", 4, &[0x13], "expected no flags but 1, 2, 4, 8, found 0x13");
    check("data", 4, &[7], "expected a section that is either written or run, found write and exec");
    check("data", 4, &[5], "expected exec for Code alone, found exec for a Data section");
    check("data", 4, &[9], "expected `data` as it is, found packed, in a module with none");
    check("symtab", 4, &[3], "expected read alone for a table, found flags 0x3");
    check("symtab", 32, &[1], "expected alignment 8 of a table, found 1");
    check("data", 16, &[4], "expected one size for what is not packed, found size 4, vsize 3");
    check("bss", 16, &[1], "expected size 0 of a Bss section, found size 1, vsize 4096");
    check("data", 32, &[33], "expected an alignment 1, 2, 4 ... 65536, found 33");
    check("data", 32, &[0, 0, 2], "expected an alignment 1, 2, 4 ... 65536, found 131072");
    check("data", 8, &[0xFF; 8], &format!("found offset {}, size 3", u64::MAX));
    let offset = sound.section("data") as u8;
    check("data", 8, &[offset - 32], &format!("expected `data` at offset {offset}, found {}", offset - 32));
    check("data", 8, &[offset + 1], &format!("expected `data` at offset {offset}, found {}", offset + 1));
    check(
        "data",
        40,
        b"\0",
        "expected zeros behind the name, found \"\\x00ata\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\"",
    );
    check("data", 40, b"\0\0\0\0", "expected a name of 1 to 16 bytes without zeros, found \"\"");
    check(
        "data",
        40,
        b"\xFF",
        "expected a name in UTF-8, found \"\\xffata\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\"",
    );
    check("bss", 40, b"data", "expected each name once, found `data` again");
    check(
        "mir",
        40,
        b"mar",
        "expected `mir` or `code.` and an architecture for a Code section, found \"mar\"",
    );
    check("strtab", 40, b"strtub", "expected strtab for a StrTab section, found \"strtub\"");
    let reserved = sound.entry("bss");
    sound.refused(
        reserved + 63,
        &[1],
        Part::Sections,
        reserved + 63,
        "expected a reserved byte that is zero, found 0x01",
    );
}

#[test]
fn bytes_between_sections() {
    let sound = sound(&plain());
    let gap = sound.section("data") + 3;
    sound.refused(gap, &[1], Part::Contents, gap, "expected zeros between sections, found 0x01");
    let stubbed = self::sound(&sample());
    sound.refused(sound.table - 1, &[1], Part::Contents, sound.table - 1, "found 0x01");
    stubbed.refused(30, &[1], Part::Header, 30, "expected zeros between sections, found 0x01");
}

/// Entries of the smallest file become entries of other tables, where the order allows it.
#[test]
fn tables_that_must_be_there() {
    let empty = sound(&Module::new(Platform::Any, Arch::X86_64, Version::default()));
    let check = |changes: &[(&str, SectionKind, &str)], message: &str| {
        let mut damaged = empty.bytes.clone();
        for (table, kind, name) in changes {
            let entry = empty.entry(table);
            damaged[entry] = kind.code();
            damaged[entry + 40..entry + 56].fill(0);
            damaged[entry + 40..entry + 40 + name.len()].copy_from_slice(name.as_bytes());
        }
        seal(&mut damaged);
        let error = read(&damaged, LIMITS).expect_err("a table is missing");
        assert_eq!(error.part, Part::Sections);
        assert!(error.to_string().ends_with(message), "{error}");
    };
    check(&[("symtab", SectionKind::Data, "data")], "expected a section SymTab, found none");
    check(
        &[("symtab", SectionKind::Data, "data"), ("strtab", SectionKind::SymTab, "symtab")],
        "expected a section StrTab, found none",
    );
    check(&[("version", SectionKind::Note, "note.sdn")], "expected a section Version, found none");
    check(
        &[("strtab", SectionKind::Data, "data")],
        "expected tables behind code and data, by type, found `data`",
    );
}

#[test]
fn symbols() {
    let sound = sound(&plain());
    let check = |name: &str, field: usize, bytes: &[u8], message: &str| {
        let at = sound.symbol(name) + field;
        sound.refused(at, bytes, Part::Symbols, at, message);
    };
    let hash = name_hash("main");
    check(
        "main",
        4,
        &(hash ^ 1).to_le_bytes(),
        &format!("expected hash {hash:#010x} of `main`, found {:#010x}", hash ^ 1),
    );
    check("main", 8, &[7], "expected the code of a symbol type, found 7");
    check("main", 9, &[3], "expected the code of a binding, found 3");
    check("main", 10, &[2], "expected the code of a visibility, found 2");
    check(
        "main",
        11,
        &[0x42],
        "expected known flags, and not both template and specialised, found flags 0x42",
    );
    check(
        "largest",
        11,
        &[0x32],
        "expected known flags, and not both template and specialised, found flags 0x32",
    );
    check(
        "main",
        12,
        &[0x31],
        "expected a range in the 96 bytes of the primary code, found value 49, size 48",
    );
    check("main", 12, &[0xFF; 8], &format!("found value {}, size 48", u64::MAX));
    check(
        "largest",
        12,
        &[1],
        "expected a range in the 0 bytes of what has no code here, found value 1, size 0",
    );
    check("main", 36, &[1], "expected a template's offset for templates alone, found offset 0, 1 parameters");
    check("main", 71, &[1], "expected a reserved byte that is zero, found 0x01");
    let at = sound.symbol("main");
    let offset = u32::from_le_bytes(sound.bytes[at..at + 4].try_into().expect("4 bytes"));
    check(
        "main",
        0,
        &(offset + 1).to_le_bytes(),
        &format!("expected name offset {offset}, found {}", offset + 1),
    );

    let names = sound.section("strtab");
    let end = sound.section("version") - 1;
    sound.refused(names, &[0xFF], Part::Strings, names, "expected a name in UTF-8, found byte 0xff");
    assert_eq!(sound.bytes[end], 0, "the last zero, or the gap behind it");

    // Two symbols change places, with their names: all else is right.
    let two = Module {
        symbols: vec![Symbol::function("a", 0, 0), Symbol::function("b", 0, 0)],
        ..Module::new(Platform::Any, Arch::X86, Version::default())
    };
    let two = self::sound(&two);
    let (first, second, names) = (two.symbols, two.symbols + 72, two.section("strtab"));
    let mut damaged = two.bytes.clone();
    for (at, name) in
        [(first, &two.bytes[second + 4..second + 8]), (second, &two.bytes[first + 4..first + 8])]
    {
        damaged[at + 4..at + 8].copy_from_slice(name);
    }
    damaged[names] = two.bytes[names + 2];
    damaged[names + 2] = two.bytes[names];
    seal(&mut damaged);
    let error = read(&damaged, LIMITS).expect_err("not sorted");
    assert_eq!((error.part, error.offset), (Part::Symbols, second as u64));
    // And one name twice.
    let mut damaged = two.bytes.clone();
    damaged.copy_within(first + 4..first + 8, second + 4);
    damaged[names + 2] = damaged[names];
    seal(&mut damaged);
    let error = read(&damaged, LIMITS).expect_err("one name twice");
    assert_eq!((error.part, error.offset), (Part::Symbols, second as u64));
}

#[test]
fn templates_and_meta() {
    let sound = sound(&plain());
    let code = sound.section("template.code");
    let check = |field: usize, bytes: &[u8], message: &str| {
        sound.refused(code + field, bytes, Part::Templates, code + field, message);
    };
    check(0, b"GTPX", "expected \"GTPL\", found \"GTPX\"");
    check(4, &[2], "expected version 1, found version 2");
    check(6, &[1], "expected 2 templates, as there are symbols, found 1");
    check(6, &[0xFF; 4], &format!("found {}", u32::MAX));
    check(10, &[5], "expected the code of a template kind, found 5");
    check(10, &[4], "expected a template that its symbol describes, found trait `largest` with 1 parameters");
    sound.refused(code + 13, b"L", Part::Templates, code + 10, "found fn `Largest` with 1 parameters");

    let meta = sound.section("template.meta");
    let check = |field: usize, bytes: &[u8], message: &str| {
        sound.refused(meta + field, bytes, Part::Meta, meta + field, message);
    };
    check(0, b"NETA", "expected \"META\", found \"NETA\"");
    check(4, &[0], "expected version 1, found version 0");
    check(22, &[0xFF], "expected the number of specialisations of at most 4, found 255");
    let counts = "expected TemplateCounts { functions: 1, structs: 1, enums: 0, traits: 0 }, found TemplateCounts { functions: 1, structs: 1, enums: 2, traits: 0 }";
    sound.refused(meta + 14, &[2], Part::Meta, meta, counts);
    let mangled =
        sound.bytes[meta..].windows(11).position(|window| window == b"largest$i64").expect("the name");
    sound.refused(
        meta + mangled,
        b"L",
        Part::Meta,
        meta + mangled - 2,
        "expected `largest$i64`, found `Largest$i64`",
    );
}

#[test]
fn source_map() {
    let sound = sound(&plain());
    let map = sound.section("srcmap");
    let check = |field: usize, bytes: &[u8], message: &str| {
        sound.refused(map + field, bytes, Part::SourceMap, map + field, message);
    };
    // One file: count, length, 12 bytes of path, hash; then one symbol with two rows.
    let lines = 4 + 2 + 12 + 8;
    check(0, &[200], "expected the number of files of at most 6, found 200");
    check(6, &[0xFF], "expected a path in UTF-8, found byte 0xff");
    check(lines, &[9], "expected the number of symbols with lines of at most 3, found 9");
    check(lines + 4, &[8], "expected rising indices of 8 symbols, found 8");
    check(lines + 8, &[1], "expected one of 1 files, found file 1");
    check(lines + 12, &[3], "expected the number of rows of at most 2, found 3");
    check(lines + 16 + 12, &[0], "expected an offset above 0, found 0");
    sound.refused(
        map + lines + 12,
        &[1],
        Part::SourceMap,
        map + lines + 28,
        "expected the end of the table, found 12 more bytes",
    );
}

#[track_caller]
fn not_written(change: impl FnOnce(&mut Module), message: &str) {
    let mut module = plain();
    change(&mut module);
    let error = write(&module).expect_err("a broken rule");
    assert_eq!(error.to_string(), format!("cannot be an SMF file: {message}"));
}

#[test]
fn modules_that_are_not_written() {
    not_written(
        |m| m.entry_point = 96,
        "header: expected an entry point in 96 bytes of primary code, found 96",
    );
    not_written(|m| m.flags.executable = false, "header: expected entry point 0, found 16");
    not_written(
        |m| m.sections[4].name = "texts".to_owned(),
        "section table, `texts`: expected a name that no other section has, found `texts`",
    );
    not_written(
        |m| m.sections[4].name = "symtab".to_owned(),
        "section table, `symtab`: expected a name that no other section has, found `symtab`",
    );
    not_written(
        |m| m.sections[4].name = "a name that is long".to_owned(),
        "section table, `a name that is long`: expected a name of 1 to 16 bytes without zeros, found \"a name that is long\"",
    );
    not_written(
        |m| m.sections[0].access.write = true,
        "section table, `code.x86_64`: expected a section that is either written or run, found write and exec",
    );
    not_written(
        |m| m.sections[4].align = 0,
        "section table, `data`: expected an alignment 1, 2, 4 ... 65536, found 0",
    );
    not_written(
        |m| m.sections[4].contents = Contents::Zeros(1),
        "section table, `data`: expected bytes, found zeros",
    );
    not_written(
        |m| m.sections[5].contents = Contents::Bytes(Vec::new()),
        "section table, `bss`: expected zeros in a Bss section, found bytes",
    );
    not_written(
        |m| m.symbols[1].name = "main".to_owned(),
        "symbol table, `main`: expected one symbol of a name, found two",
    );
    not_written(
        |m| m.symbols[0].name = "ma\0in".to_owned(),
        "symbol table, `ma\0in`: expected a name without zeros, found \"ma\\0in\"",
    );
    not_written(
        |m| m.symbols[0].size = 81,
        "symbol table, `main`: expected a range in the 96 bytes of the primary code, found value 16, size 81",
    );
    not_written(
        |m| m.symbols[0].role = Role::Template,
        "symbol table, `main`: expected a template of the name, found none",
    );
    not_written(
        |m| m.symbols[7].kind = SymbolKind::Trait,
        "symbol table, `Pair`: expected type, found trait",
    );
    not_written(
        |m| m.symbols[7].role = Role::Plain,
        "template code, `Pair`: expected a symbol with the role of a template, found none for a struct",
    );
    not_written(
        |m| m.templates[1].name = "largest".to_owned(),
        "template code, `largest`: expected one template of a name, found two",
    );
    not_written(
        |m| m.templates[1].params = vec![String::new(); 256],
        "template code, `Pair`: expected at most 255 type parameters, found 256",
    );
    not_written(
        |m| m.templates[1].params[0] = "T".repeat(70_000),
        "template code, `Pair`: expected a text of at most 65535 bytes, found 70000 bytes",
    );
    not_written(
        |m| m.specialisations.push(m.specialisations[0].clone()),
        "template meta, `largest$i64`: expected each specialisation once, found `largest$i64` again",
    );
    not_written(
        |m| m.specialisations[0].bindings.push(("T".to_owned(), "text".to_owned())),
        "template meta, `largest$i64`: expected one binding for each type parameter, found two for `T`",
    );
    not_written(
        |m| m.source_map.files.push(m.source_map.files[0].clone()),
        "source map, `app/main.spl`: expected each name once, found `app/main.spl` again",
    );
    not_written(
        |m| m.source_map.lines[0].symbol = "gone".to_owned(),
        "source map, `gone`: expected a symbol of the module, found none of that name",
    );
    not_written(
        |m| m.source_map.lines.push(m.source_map.lines[0].clone()),
        "source map, `main`: expected each name once, found `main` again",
    );
    not_written(
        |m| m.source_map.lines[0].file = 1,
        "source map, `main`: expected one of 1 files, found file 1",
    );
    not_written(
        |m| m.source_map.lines[0].rows.reverse(),
        "source map, `main`: expected an offset above 17, found 0",
    );
}
