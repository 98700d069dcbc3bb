//! Random sound modules.

use proptest::collection::{btree_map, btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use smf::*;
use std::collections::BTreeMap;

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-zA-Z_][a-z0-9_./:-]{0,8}",
        "[ -~é\n\t]{0,6}",
        "\\PC{0,6}",
        Just("true".to_owned()),
        Just("12".to_owned())
    ]
}

/// What can name a symbol.
fn name() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z_]{1,6}", "[a-z$%_<>é]{0,6}"]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    // Some that pack well, some that do not.
    prop_oneof![
        vec(any::<u8>(), 0..60),
        (any::<u8>(), 0usize..400).prop_map(|(byte, count)| vec![byte; count])
    ]
}

fn align() -> impl Strategy<Value = u64> {
    (0u32..10).prop_map(|bits| 1 << bits)
}

fn access(exec: bool) -> impl Strategy<Value = Access> {
    (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(move |(read, write, run)| {
        let run = exec && run;
        Access { read, write: write && !run, exec: run }
    })
}

fn sections() -> impl Strategy<Value = Vec<Section>> {
    let targets: Vec<CodeTarget> =
        Arch::ALL.iter().map(|&arch| CodeTarget::Machine(arch)).chain([CodeTarget::Mir]).collect();
    let code = btree_set(0..targets.len(), 0..4).prop_flat_map(move |chosen| {
        let targets: Vec<CodeTarget> = chosen.into_iter().map(|index| targets[index]).collect();
        let rest = vec((access(true), align(), bytes()), targets.len());
        (Just(targets), rest)
    });
    let code = code.prop_map(|(targets, rest)| {
        let sections = targets.into_iter().zip(rest).map(|(target, (access, align, bytes))| Section {
            access,
            align,
            ..Section::code(target, bytes)
        });
        sections.collect::<Vec<_>>()
    });
    let kinds = select(vec![
        Payload::Data,
        Payload::RoData,
        Payload::Bss,
        Payload::Reloc,
        Payload::Debug,
        Payload::TypeInfo,
    ]);
    let others = btree_map("[.]?[A-Zé]{1,7}", (kinds, access(false), align(), bytes()), 0..4);
    (code, others).prop_map(|(mut sections, others)| {
        sections.extend(others.into_iter().map(|(name, (payload, access, align, bytes))| {
            let contents = if payload == Payload::Bss {
                Contents::Zeros(bytes.len() as u64 * 1000)
            } else {
                Contents::Bytes(bytes)
            };
            Section { payload, name, access, align, contents }
        }));
        sections
    })
}

fn symbol_shape() -> impl Strategy<Value = Symbol> {
    let kinds = (
        select(SymbolKind::ALL),
        select(Binding::ALL),
        select(Visibility::ALL),
        select(Phase::ALL),
        select(vec![Role::Plain, Role::Specialised]),
    );
    (kinds, any::<(bool, bool, u64, u32, u32, u32)>()).prop_map(
        |(
            (kind, binding, visibility, phase, role),
            (event_loop_anchor, pinned, value, size, type_id, version),
        )| {
            Symbol {
                name: String::new(),
                kind,
                binding,
                visibility,
                phase,
                event_loop_anchor,
                pinned,
                role,
                value: value >> 1,
                size: size.into(),
                type_id,
                version,
            }
        },
    )
}

fn instances() -> impl Strategy<Value = Vec<Specialisation>> {
    let bindings = btree_map(text(), text(), 0..3).prop_map(|map| map.into_iter().collect::<Vec<_>>());
    btree_map((text(), vec(text(), 0..3)), bindings, 0..4).prop_map(|map| {
        map.into_iter()
            .map(|((template, type_args), bindings)| Specialisation { template, type_args, bindings })
            .collect()
    })
}

fn location() -> impl Strategy<Value = Location> {
    any::<(u32, u32)>().prop_map(|(line, column)| Location { line, column })
}

pub fn notes() -> impl Strategy<Value = Notes> {
    let args = || vec(text(), 0..3);
    let instantiations = (text(), args(), text(), location(), text(), select(Status::ALL)).prop_map(
        |(template, type_args, from_file, from_loc, output_file, status)| Instantiation {
            template,
            type_args,
            from_file,
            from_loc,
            output_file,
            status,
        },
    );
    let possible =
        (text(), args(), text(), any::<bool>()).prop_map(|(template, type_args, required_by, can_defer)| {
            Possible { template, type_args, required_by, can_defer }
        });
    let inferences =
        (text(), text(), text(), location()).prop_map(|(symbol, context, from_file, from_loc)| {
            TypeInference { symbol, context, from_file, from_loc }
        });
    (vec(instantiations, 0..3), vec(possible, 0..3), vec(inferences, 0..3)).prop_map(
        |(instantiations, possible, type_inferences)| Notes { instantiations, possible, type_inferences },
    )
}

fn rows() -> impl Strategy<Value = Vec<LineRow>> {
    btree_map(any::<u32>(), any::<(u32, u32)>(), 0..4).prop_map(|map| {
        map.into_iter().map(|(offset, (line, column))| LineRow { offset, line, column }).collect()
    })
}

/// A symbol by its name; if it is a template, with kind, parameters and payload.
type Named = (Symbol, Option<(TemplateKind, Vec<String>, Vec<u8>)>, Option<(usize, Vec<LineRow>)>);

fn named() -> impl Strategy<Value = BTreeMap<String, Named>> {
    let template = option::of((select(TemplateKind::ALL), vec(text(), 0..4), bytes()));
    let lines = option::of((any::<usize>(), rows()));
    btree_map(name(), (symbol_shape(), template, lines), 0..8)
}

pub fn module() -> impl Strategy<Value = Module> {
    let head = (
        bytes(),
        select(Platform::ALL),
        select(Arch::ALL),
        any::<[bool; 4]>(),
        select(Compression::ALL),
        any::<u64>(),
        (select(AppType::ALL), any::<(u16, u16)>(), any::<u8>(), any::<u8>()),
        (text(), any::<u64>(), any::<u32>()),
    );
    let files = btree_map(text(), any::<u64>(), 0..3);
    (head, sections(), named(), instances(), files, notes()).prop_map(build)
}

type Head =
    (Vec<u8>, Platform, Arch, [bool; 4], Compression, u64, (AppType, (u16, u16), u8, u8), (String, u64, u32));

type Parts = (Head, Vec<Section>, BTreeMap<String, Named>, Vec<Specialisation>, BTreeMap<String, u64>, Notes);

fn build((head, sections, named, specialisations, files, notes): Parts) -> Module {
    let (stub, platform, arch, flags, compression, entry, app, version) = head;
    let (compiler, abi_hash, mir_format) = version;
    let mut module = Module::new(platform, arch, Version { compiler, abi_hash, mir_format });
    let primary = sections.iter().find(|section| section.name == CodeTarget::Machine(arch).section_name());
    let primary = match primary.map(|section| &section.contents) {
        Some(Contents::Bytes(bytes)) => bytes.len() as u64,
        Some(Contents::Zeros(_)) | None => 0,
    };
    let has_code = sections.iter().any(|section| section.name == CodeTarget::Machine(arch).section_name());
    let [executable, reloadable, debug, pic] = flags;
    module.stub = stub;
    // An entry point needs a byte of code.
    module.flags =
        ModuleFlags { executable: executable && (primary > 0 || !has_code), reloadable, debug, pic };
    module.entry_point = if module.flags.executable && primary > 0 { entry % primary } else { 0 };
    module.compression = compression;
    module.app = App { kind: app.0, window: app.1, prefetch: app.2, prefetch_count: app.3 };
    module.sections = sections;
    module.specialisations = specialisations;
    module.notes = notes;
    module.source_map.files = files.into_iter().map(|(path, hash)| SourceFile { path, hash }).collect();
    for (name, (shape, template, lines)) in named {
        let mut symbol = Symbol { name: name.clone(), ..shape };
        if let Some((kind, params, payload)) = template {
            symbol.role = Role::Template;
            symbol.kind = kind.symbol_kind();
            module.templates.push(Template { kind, name: name.clone(), params, payload });
        }
        if symbol.role == Role::Template || symbol.kind == SymbolKind::None {
            (symbol.value, symbol.size) = (0, 0);
        } else if symbol.kind == SymbolKind::Fn {
            symbol.value %= primary + 1;
            symbol.size %= primary + 1 - symbol.value;
        }
        module.symbols.push(symbol);
        let files = module.source_map.files.len();
        if let Some((file, rows)) = lines.filter(|_| files > 0) {
            module.source_map.lines.push(SymbolLines { symbol: name, file: (file % files) as u32, rows });
        }
    }
    // The order of a file.
    module.symbols.sort_by_key(|symbol| (name_hash(&symbol.name), symbol.name.clone()));
    module.source_map.lines.sort_by_key(|lines| (name_hash(&lines.symbol), lines.symbol.clone()));
    module
}
