//! Programs as components: what they need of a host, how large they are, what libraries have for their users. That they do the right thing, `tests/run` shows with a
//! host that is not ours, and for libraries the JavaScript package.

use bundle::{ExitCodes, Options};
use driver::{OptLevel, Session, Target};
use std::path::Path;
use wasmparser::{ComponentExternalKind, Parser, Payload, Validator};

const OPTIONS: Options =
    Options { max_memory: 1 << 30, max_calls: bundle::MAX_CALLS, exit_codes: ExitCodes::Success };

fn session(source: &str) -> Session {
    let options = driver::Options {
        budget: 400_000_000,
        optimization: OptLevel::Speed,
        verify: true,
        max_output: 1 << 30,
    };
    let mut session = Session::new(options);
    session.add_module("main.spl", source);
    session
}

fn command(source: &str, options: &Options) -> Vec<u8> {
    let module = session(source).emit(Target::Wasm32).expect("a program");
    bundle::command(&module, options).expect("a component")
}

/// The module of a library, or what the compiler says about it.
fn library(source: &str) -> Result<Vec<u8>, Vec<String>> {
    let mut session = session(source);
    session.export_public();
    session.emit(Target::Wasm32).map_err(|_| {
        let said = session.diagnostics().iter();
        said.map(|found| format!("{} {}", found.code.number(), found.message)).collect()
    })
}

/// Names of the instances that a component imports, and of all that it exports.
fn outside(component: &[u8]) -> (Vec<String>, Vec<String>) {
    Validator::new().validate_all(component).expect("a valid component");
    let (mut imports, mut exports) = (Vec::new(), Vec::new());
    let mut depth = 0;
    for payload in Parser::new(0).parse_all(component) {
        match payload.expect("it is valid") {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(section) if depth == 1 => {
                imports.extend(
                    section.into_iter().map(|import| import.expect("it is valid").name.name.to_owned()),
                );
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                let section = section.into_iter().map(|export| export.expect("it is valid"));
                let values = section.filter(|export| export.kind != ComponentExternalKind::Type);
                exports.extend(values.map(|export| export.name.name.to_owned()));
            }
            _ => {}
        }
    }
    (imports, exports)
}

const PRINTING: [&str; 5] = [
    "wasi:cli/exit@0.2.0",
    "wasi:cli/stderr@0.2.0",
    "wasi:cli/stdout@0.2.0",
    "wasi:io/error@0.2.0",
    "wasi:io/streams@0.2.0",
];

#[test]
fn a_program_imports_what_it_uses() {
    let imports = |source| {
        let (mut imports, exports) = outside(&command(source, &OPTIONS));
        assert_eq!(exports, ["wasi:cli/run@0.2.0"]);
        imports.sort();
        imports
    };
    assert_eq!(imports("print \"Hello\"\n"), PRINTING);
    // Errors are told, whatever a program does.
    assert_eq!(
        imports("val n = 1\n"),
        PRINTING.iter().copied().filter(|it| !it.contains("stdout")).collect::<Vec<_>>()
    );
    let reading = imports("print input()\n");
    assert_eq!(
        reading.iter().filter(|it| !PRINTING.contains(&it.as_str())).collect::<Vec<_>>(),
        ["wasi:cli/stdin@0.2.0"]
    );
    let arguments = imports("print get_cli_args()\n");
    assert_eq!(
        arguments.iter().filter(|it| !PRINTING.contains(&it.as_str())).collect::<Vec<_>>(),
        ["wasi:cli/environment@0.2.0"]
    );
}

#[test]
fn a_small_program_is_small() {
    let component = command("print \"Hello\"\n", &OPTIONS);
    println!("hello: {} bytes", component.len());
    assert!(component.len() <= 60_000, "{} bytes", component.len());
}

#[test]
fn a_component_has_one_form() {
    let source = "print [1, 2, 3].map(_ * 2)\n";
    assert_eq!(command(source, &OPTIONS), command(source, &OPTIONS));
}

#[test]
fn a_module_of_another_version_is_refused() {
    let mut module = session("print 1\n").emit(Target::Wasm32).expect("a program");
    let hash = abi::artifact::abi_hash().to_le_bytes();
    let at = module.windows(8).position(|bytes| bytes == hash).expect("it is there");
    module[at] ^= 1;
    let error = bundle::command(&module, &OPTIONS).expect_err("another version");
    assert_eq!(
        format!("{error:#}"),
        "reading the program: the module was made for another version of the runtime"
    );
    assert!(bundle::command(b"no module", &OPTIONS).is_err());
}

#[test]
fn a_library_has_a_world() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("library/shapes.spl");
    let source = std::fs::read_to_string(&path).expect("a file");
    let module = library(&source).expect("a library");
    let world = bundle::world(&module).expect("a world");
    let golden = path.with_extension("wit");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&golden, &world).expect("written");
    }
    assert_eq!(world, std::fs::read_to_string(golden).expect("a file"));
    let (_, exports) = outside(&bundle::library(&module, &OPTIONS).expect("a component"));
    let functions = world.lines().filter(|line| line.trim_start().starts_with("export ")).count();
    assert_eq!(exports.len(), functions);
    // The same program is still one to be run.
    assert_eq!(outside(&bundle::command(&module, &OPTIONS).expect("a component")).1, ["wasi:cli/run@0.2.0"]);
}

#[test]
fn what_has_no_form_outside_is_named() {
    let said = |source| library(source).expect_err("it cannot be exported");
    let none = |what: &str| {
        format!("E1026 `f` cannot be exported: {what}, which has no form outside of the program")
    };
    assert_eq!(
        said("pub fn f(g: fn(i64) -> i64) -> i64: g(1)\n"),
        [none("its parameter `g` is `fn(i64) -> i64`")]
    );
    assert_eq!(said("class C:\n    n: i64\npub fn f(n: i64) -> C: C(n: n)\n"), [none("its result is `C`")]);
    assert_eq!(said("pub fn f(d: {text: i64}) -> [any]: []\n").len(), 2);
    let tree = "enum Tree:\n    Leaf\n    Node([Tree])\npub fn f(t: Tree) -> i64: 1\n";
    assert_eq!(said(tree), [none("its parameter `t` is `Tree`")]);
    assert_eq!(said("pub fn f(x): x\n"), ["E1026 `f` cannot be exported: it is generic"]);
    assert_eq!(said("fn f(x: i64): x\n"), ["E1026 nothing is exported"]);
    // Names are looked at when the world is made.
    let wrong = library("pub fn größe() -> i64: 1\n").expect("it compiles");
    let error = bundle::library(&wrong, &OPTIONS).expect_err("WIT has no such name");
    assert_eq!(format!("{error:#}"), "`größe` cannot be exported: WIT has no name like `größe`");
    let twice = library("pub fn a_b() -> i64: 1\npub fn aB() -> i64: 2\n").expect("it compiles");
    assert!(bundle::world(&twice).is_err());
}
