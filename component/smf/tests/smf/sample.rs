//! A module with something in every table.

use smf::*;

/// Few hundred bytes more than its tables need, with a stub and packed sections.
pub fn sample() -> Module {
    let mut module = plain();
    module.stub = b"#!/usr/bin/env simple\n".to_vec();
    module.compression = Compression::Zstd;
    module
}

/// The same without stub and packing.
pub fn plain() -> Module {
    let version =
        Version { compiler: "simple 0.1.0".to_owned(), abi_hash: 0x1122_3344_5566_7788, mir_format: 3 };
    let mut module = Module::new(Platform::Linux, Arch::X86_64, version);
    module.flags = ModuleFlags { executable: true, reloadable: true, debug: false, pic: true };
    module.entry_point = 0x10;
    module.app = App { kind: AppType::Gui, window: (800, 600), prefetch: 1, prefetch_count: 2 };
    module.sections = vec![
        Section::code(CodeTarget::Machine(Arch::X86_64), (0..96).collect()),
        Section::code(CodeTarget::Machine(Arch::Aarch64), vec![0xD5; 20]),
        Section::code(CodeTarget::Mir, b"mir mir mir mir mir mir mir mir mir".to_vec()),
        Section::read_only(Payload::RoData, "texts", b"hello".to_vec()),
        Section {
            payload: Payload::Data,
            name: "data".to_owned(),
            access: Access::WRITE,
            align: 32,
            contents: Contents::Bytes(vec![1, 2, 3]),
        },
        Section {
            payload: Payload::Bss,
            name: "bss".to_owned(),
            access: Access::WRITE,
            align: 64,
            contents: Contents::Zeros(4096),
        },
        Section::read_only(Payload::TypeInfo, "typeinfo", vec![7; 40]),
    ];
    module.symbols = vec![
        Symbol::function("main", 0x10, 0x30),
        Symbol { phase: Phase::Startup, pinned: true, ..Symbol::function("setup", 0, 0x10) },
        Symbol { event_loop_anchor: true, type_id: 12, version: 2, ..Symbol::function("tick", 0x40, 0x10) },
        Symbol { role: Role::Specialised, ..Symbol::function("largest$i64", 0x50, 0x10) },
        Symbol { kind: SymbolKind::None, ..Symbol::function("text.join", 0, 0) },
        Symbol {
            kind: SymbolKind::Const,
            visibility: Visibility::Private,
            binding: Binding::Local,
            ..Symbol::function("LIMIT", 0, 8)
        },
        Symbol::template("largest", SymbolKind::Fn),
        Symbol::template("Pair", SymbolKind::Type),
    ];
    module.templates = vec![
        Template {
            kind: TemplateKind::Fn,
            name: "largest".to_owned(),
            params: vec!["T".to_owned()],
            payload: b"generic mir of largest, generic mir of largest".to_vec(),
        },
        Template {
            kind: TemplateKind::Struct,
            name: "Pair".to_owned(),
            params: vec!["A".to_owned(), "B".to_owned()],
            payload: Vec::new(),
        },
    ];
    module.specialisations = vec![Specialisation {
        template: "largest".to_owned(),
        type_args: vec!["i64".to_owned()],
        bindings: vec![("T".to_owned(), "i64".to_owned())],
    }];
    module.source_map = SourceMap {
        files: vec![SourceFile { path: "app/main.spl".to_owned(), hash: content_hash(b"print 1") }],
        lines: vec![SymbolLines {
            symbol: "main".to_owned(),
            file: 0,
            rows: vec![
                LineRow { offset: 0, line: 1, column: 1 },
                LineRow { offset: 0x11, line: 2, column: 5 },
            ],
        }],
    };
    module.notes = Notes {
        instantiations: vec![Instantiation {
            template: "largest".to_owned(),
            type_args: vec!["i64".to_owned()],
            from_file: "app/main.spl".to_owned(),
            from_loc: Location { line: 2, column: 5 },
            output_file: "main.smf".to_owned(),
            status: Status::Compiled,
        }],
        possible: vec![Possible {
            template: "Pair".to_owned(),
            type_args: vec!["text".to_owned(), "[my_type]".to_owned()],
            required_by: "main".to_owned(),
            can_defer: true,
        }],
        type_inferences: vec![TypeInference {
            symbol: "largest".to_owned(),
            context: "[f64]".to_owned(),
            from_file: "app/main.spl".to_owned(),
            from_loc: Location { line: 9, column: 12 },
        }],
    };
    module
}

/// The file of a module that is sound.
pub fn file(module: &Module) -> Vec<u8> {
    write(module).expect("a sound module")
}
