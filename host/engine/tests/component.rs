//! The real component under the real engine: what it imports, that it is deterministic, and that limits hold.

use engine::{
    Compression, Engine, Error, Jobs, Limits, ModuleOptions, Optimization, Options, Purpose, Session,
    Settings, Severity, Stage, Start, Target,
};
use source::CacheDir;
use std::num::NonZero;
use std::path::Path;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

const PROGRAM: &str = include_str!("../../../guest-tests/examples/tour.spl");

fn options() -> Options {
    Options { budget: 1 << 40, optimization: Optimization::Speed, verify: true, max_output: 64 << 20 }
}

/// One for all tests: compiling the component takes seconds.
fn optimized() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(Settings { start: Start::Optimized, cache: None }).expect("an engine"))
}

fn baseline() -> Engine {
    Engine::new(Settings { start: Start::Baseline, cache: None }).expect("an engine")
}

fn session(engine: &Engine, text: &str) -> Session {
    let mut session = engine.session(&options(), Limits::default()).expect("a session");
    session.add_module("test.spl", text).expect("a module");
    session
}

#[test]
fn it_imports_nothing_and_exports_the_interfaces() {
    let (mut imports, mut exports, mut depth) = (Vec::new(), Vec::new(), 0);
    for payload in wasmparser::Parser::new(0).parse_all(engine::COMPONENT) {
        match payload.expect("a well-formed component") {
            wasmparser::Payload::ModuleSection { .. } | wasmparser::Payload::ComponentSection { .. } => {
                depth += 1;
            }
            wasmparser::Payload::End(_) => depth -= 1,
            wasmparser::Payload::ComponentImportSection(section) if depth == 0 => {
                imports.extend(section.into_iter().map(|import| format!("{:?}", import.expect("an import"))));
            }
            wasmparser::Payload::ComponentExportSection(section) if depth == 0 => {
                let names = section.into_iter().map(|export| export.expect("an export").name.name.to_owned());
                exports.extend(names);
            }
            _ => {}
        }
    }
    assert_eq!(imports, Vec::<String>::new());
    let expected = ["diagnostics", "types", "questions", "places", "compile", "textual"]
        .map(|name| format!("simple:compiler/{name}@0.1.0"));
    assert_eq!(exports, expected);
}

#[test]
fn the_same_source_gives_the_same_bytes_on_every_engine() {
    let baseline = baseline();
    for target in [Target::X8664, Target::Aarch64] {
        let artifact = session(optimized(), PROGRAM).emit(target).expect("an artifact");
        assert!(!artifact.is_empty());
        for engine in [optimized(), &baseline] {
            let again = session(engine, PROGRAM).emit(target).expect("an artifact");
            assert!(artifact == again, "{target:?} differs");
        }
    }
}

#[test]
fn printed_forms_and_diagnostics_are_the_same_on_every_engine() {
    let wrong = "val a = (1\nprint b\nfn f(: 3\n";
    let baseline = baseline();
    let seen = [optimized(), &baseline].map(|engine| {
        let mut session = session(engine, wrong);
        let tokens = session.dump(Stage::Tokens, Target::X8664).expect("tokens");
        let tree = session.dump(Stage::Ast, Target::X8664).expect("a tree");
        let found = session.diagnostics().expect("diagnostics");
        assert!(found.iter().any(|found| found.severity == Severity::Error));
        let stats = session.stats().expect("stats");
        (tokens, tree, format!("{found:?}"), format!("{stats:?}"))
    });
    assert_eq!(seen[0], seen[1]);
}

#[test]
fn types_of_functions_come_as_a_table() {
    let mut session = session(optimized(), "fn twice(x):\n    [x, x]\nfn half(n: i64) -> f64: n / 2.0\n");
    let table = session.types().expect("a table");
    let names: Vec<&str> = table.functions.iter().map(|function| function.name.as_str()).collect();
    assert!(names.contains(&"twice") && names.contains(&"half"), "{names:?}");
    let half = table.functions.iter().find(|function| function.name == "half").expect("a function");
    assert!(matches!(table.nodes[half.params[0] as usize], engine::types::Node::Int(_)));
    assert!(matches!(table.nodes[half.result as usize], engine::types::Node::Float(64)));
    let twice = table.functions.iter().find(|function| function.name == "twice").expect("a function");
    assert_eq!(twice.generics.len(), 1);
    let engine::types::Node::Array(elem) = table.nodes[twice.result as usize] else { panic!("no array") };
    assert!(matches!(table.nodes[elem as usize], engine::types::Node::Parameter(0)));
}

#[test]
fn memory_is_limited_and_the_next_session_lives() {
    let limits = Limits { memory: 16 << 20, ..Limits::default() };
    let mut session = optimized().session(&options(), limits).expect("a session");
    let error = session.add_module("big.spl", &"val abc = 1\n".repeat(4 << 20)).expect_err("too large");
    assert!(matches!(error, Error::OutOfMemory(limit) if limit == 16 << 20), "{error}");
    assert!(matches!(session.check(), Err(Error::Gone)));
    assert!(self::session(optimized(), "val a = 1\n").dump(Stage::Ast, Target::X8664).is_ok());
}

#[test]
fn time_is_limited_and_the_next_session_lives() {
    let limits = Limits { time: Duration::from_millis(20), ..Limits::default() };
    let mut session = optimized().session(&options(), limits).expect("a session");
    let started = Instant::now();
    let error = session.add_module("big.spl", &"val abc = 1 + 2 * 3\n".repeat(1 << 20)).expect_err("slow");
    assert!(matches!(error, Error::TimedOut(_)), "{error}");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert!(self::session(optimized(), "val a = 1\n").dump(Stage::Ast, Target::X8664).is_ok());
}

#[test]
fn there_may_be_more_sessions_than_places_in_the_pool() {
    let text = "fn twice(x): x + x\nprint twice(21)\n";
    let expected = session(optimized(), text).emit(Target::X8664).expect("an artifact");
    let mut sessions: Vec<Session> = (0..100).map(|_| session(optimized(), text)).collect();
    for (index, session) in sessions.iter_mut().enumerate() {
        assert!(session.emit(Target::X8664).expect("an artifact") == expected, "session {index}");
    }
    let limits = Limits { memory: 1 << 20, ..Limits::default() };
    let refused = optimized().session(&options(), limits).map(drop).expect_err("too little");
    assert!(matches!(refused, Error::OutOfMemory(_)), "{refused}");
}

#[test]
fn helpers_do_not_change_the_code() {
    const LIBRARY: &str = "fn highest(items):\n    var best = items[0]\n    for item in items:\n        if item > best: best = item\n    best\n";
    let options = Options { verify: false, ..options() };
    let program = "use lists.{highest}\nfn twice(x): x + x\nprint twice(highest([1, 2]))\nprint twice(highest([\"a\", \"b\"]))\n";
    let module = ModuleOptions {
        targets: vec![Target::Aarch64, Target::X8664],
        compression: Compression::Zstd,
        sources: true,
        stub: Vec::new(),
    };
    let mut seen = Vec::new();
    for count in 1..=3 {
        let jobs = Jobs::Exactly(NonZero::new(count).expect("one at least"));
        let open = || {
            let mut session = optimized().session(&options, Limits::default()).expect("a session");
            let mut helpers = optimized().helpers(&options, Limits::default(), jobs);
            for (path, text) in [("main.spl", program), ("lists.spl", LIBRARY)] {
                helpers.add_module(path, text);
                session.add_module(path, text).expect("a module");
            }
            (session, helpers)
        };
        let (mut session, mut helpers) = open();
        helpers.share(&mut session, &[Target::X8664], Purpose::Artifact).expect("shares");
        let artifact = session.emit(Target::X8664).expect("an artifact");
        let stats = format!("{:?}", session.stats().expect("stats"));
        let (mut session, mut helpers) = open();
        helpers.share(&mut session, &module.targets, Purpose::Module).expect("shares");
        let file = session.compile(&module).expect("a module file");
        seen.push((artifact, stats, file));
    }
    assert!(seen[0] == seen[1] && seen[0] == seen[2]);
}

#[test]
fn helpers_leave_what_they_fail_at() {
    let jobs = Jobs::Exactly(NonZero::new(3).expect("not zero"));
    // Helpers without the memory for it; the session has enough.
    let limits = Limits { memory: 3 << 20, ..Limits::default() };
    let options = Options { verify: false, ..options() };
    let mut session = optimized().session(&options, Limits::default()).expect("a session");
    let mut helpers = optimized().helpers(&options, limits, jobs);
    helpers.add_module("tour.spl", PROGRAM);
    session.add_module("tour.spl", PROGRAM).expect("a module");
    helpers.share(&mut session, &[Target::X8664], Purpose::Artifact).expect("a session that lives on");
    let mut alone = optimized().session(&options, Limits::default()).expect("a session");
    alone.add_module("tour.spl", PROGRAM).expect("a module");
    assert!(session.emit(Target::X8664).expect("an artifact") == alone.emit(Target::X8664).expect("one"));
    // A wrong program is told once.
    let mut session = optimized().session(&options, Limits::default()).expect("a session");
    let mut helpers = optimized().helpers(&options, Limits::default(), jobs);
    helpers.add_module("wrong.spl", "print a\n");
    session.add_module("wrong.spl", "print a\n").expect("a module");
    helpers.share(&mut session, &[Target::X8664], Purpose::Artifact).expect("a session that lives on");
    assert!(matches!(session.emit(Target::X8664), Err(Error::Rejected)));
    assert_eq!(session.diagnostics().expect("diagnostics").len(), 1);
}

#[test]
fn results_are_limited_by_both_sides() {
    let text = "val a = 1\n".repeat(100);
    let short = Options { max_output: 100, ..options() };
    let mut session = optimized().session(&short, Limits::default()).expect("a session");
    session.add_module("test.spl", &text).expect("a module");
    let error = session.dump(Stage::Ast, Target::X8664).expect_err("too long");
    assert!(matches!(error, Error::TooLarge(size) if size > 100), "{error}");
    // The session goes on.
    assert!(session.diagnostics().is_ok());

    // Where the component does not keep to it, the host does not copy it out.
    let limits = Limits { output: 500, ..Limits::default() };
    let mut session = optimized().session(&options(), limits).expect("a session");
    session.add_module("test.spl", &text).expect("a module");
    let error = session.dump(Stage::Ast, Target::X8664).expect_err("too long");
    assert!(matches!(error, Error::Internal(_)), "{error}");
}

#[test]
fn the_budget_ends_a_compilation_at_the_same_place_everywhere() {
    let small = Options { budget: 1000, ..options() };
    let baseline = baseline();
    let seen = [optimized(), &baseline].map(|engine| {
        let mut session = engine.session(&small, Limits::default()).expect("a session");
        session.add_module("test.spl", PROGRAM).expect("a module");
        assert!(matches!(session.check(), Err(Error::Rejected)));
        let found = session.diagnostics().expect("diagnostics");
        assert!(found.iter().any(|found| found.code == "E2002"), "{found:?}");
        session.stats().expect("stats").work_units
    });
    assert_eq!(seen[0], seen[1]);
}

fn with_cache(folder: &Path) -> Engine {
    let cache = CacheDir::at(folder).expect("a folder");
    Engine::new(Settings { start: Start::Optimized, cache: Some(cache) }).expect("an engine")
}

#[test]
fn the_cache_survives_what_others_do_to_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = || {
        let files = std::fs::read_dir(folder.path()).expect("a folder");
        let mut paths = files.map(|entry| entry.expect("an entry").path());
        paths.find(|path| path.extension().is_some_and(|found| found == "cwasm")).expect("a compiled form")
    };
    let works = |engine: &Engine| session(engine, "val a = 1\n").dump(Stage::Ast, Target::X8664).is_ok();
    let first = with_cache(folder.path());
    assert!(!first.is_cached() && works(&first));
    let again = with_cache(folder.path());
    assert!(again.is_cached() && works(&again));

    let whole = std::fs::read(file()).expect("a file");
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    for (what, bytes) in [
        ("truncated", &whole[..whole.len() / 3]),
        ("empty", &[]),
        ("changed", &changed[..]),
        ("foreign", b"\x7fELF"),
    ] {
        // Replaced as a whole: the engines above still run the old file.
        let path = file();
        std::fs::remove_file(&path).expect("a removed file");
        std::fs::write(path, bytes).expect("a written file");
        let engine = with_cache(folder.path());
        assert!(!engine.is_cached(), "{what}");
        assert!(works(&engine), "{what}");
        assert!(with_cache(folder.path()).is_cached(), "mended after: {what}");
    }
}

#[test]
fn a_quick_start_leaves_good_code_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let settings =
        || Settings { start: Start::Quick, cache: Some(CacheDir::at(folder.path()).expect("a folder")) };
    let engine = Engine::new(settings()).expect("an engine");
    assert!(!engine.is_cached());
    assert!(session(&engine, "val a = 1\n").dump(Stage::Ast, Target::X8664).is_ok());
    engine.finish().expect("good code");
    assert!(Engine::new(settings()).expect("an engine").is_cached());
}

#[test]
fn callers_need_no_stack() {
    let deep = format!("print {}1{}\n", "[".repeat(190), "]".repeat(190));
    let thread = std::thread::Builder::new()
        .stack_size(64 << 10)
        .spawn(move || session(optimized(), &deep).dump(Stage::Ast, Target::X8664).is_ok());
    assert!(thread.expect("a thread").join().expect("no overflow"));
}
