//! Functions of the host that programs call, through the real component.
#![cfg(feature = "compiler")]

use abi::ErrorKind;
use loader::embed::{EmbedError, Engine, Modules, Program, Settings, Start};
use loader::value::{Type, Value};
use loader::{BufferHost, CallError, HostFunctions, Limits, LinkError, RunError};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let settings = Settings { start: Start::Baseline, cache: None };
        let mut engine = Engine::new(settings).expect("an engine");
        engine.options.verify = true;
        engine
    })
}

fn load(source: &str, functions: &HostFunctions) -> Result<Program<'static>, EmbedError> {
    let host = Box::new(BufferHost::new(1 << 20));
    let limits = Limits { functions: functions.clone(), ..Limits::default() };
    engine().load(Modules::one("main.spl", source), limits, host)
}

fn link_error(source: &str, functions: &HostFunctions) -> String {
    match load(source, functions) {
        Err(EmbedError::Run(RunError::Link(error))) => error.to_string(),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("a program"),
    }
}

#[test]
fn values_of_every_kind_go_out_and_back() {
    let mut functions = HostFunctions::default();
    functions.add("narrow", |a: i8, b: u16, c: u64| (c, b, a));
    functions.add("floats", |a: f32, b: f64| f64::from(a) * b);
    functions.add("join", |words: Vec<String>, by: String| words.join(&by));
    functions.add("find", |words: Vec<String>, word: String| {
        words.iter().position(|known| *known == word).map(|at| at as i64)
    });
    functions.add("swap", |pair: (String, Option<i64>)| (pair.1, pair.0));
    functions.add("many", |a: i64, b: i64, c: i64, d: i64, e: f64, f: f64, g: String, h: bool| {
        format!("{a} {b} {c} {d} {e} {f} {g} {h}")
    });
    functions
        .add("grid", |rows: Vec<Vec<i64>>| rows.iter().map(|row| row.iter().sum()).collect::<Vec<i64>>());
    functions.add("nothing", || ());
    let source = "
extern fn narrow(a: i8, b: u16, c: u64) -> (u64, u16, i8)
extern fn floats(a: f32, b: f64) -> f64
extern fn join(words: [text], by: text = \"-\") -> text
extern fn find(words: [text], word: text) -> i64?
extern fn swap(pair: (text, i64?)) -> (i64?, text)
extern fn many(a: i64, b: i64, c: i64, d: i64, e: f64, f: f64, g: text, h: bool) -> text
extern fn grid(rows: [[i64]]) -> [i64]
extern fn nothing()

fn all() -> [text]:
    nothing()
    val words = [\"fig\", \"pear\", \"plum\"]
    # A function of the host is a value like any other.
    val joined = [\"a\", \"b\"].map(_1 + \"!\")
    val f: fn([text], text) -> text = join
    [
        \"{narrow(-5, 65535, 18446744073709551615)}\",
        \"{floats(1.5, 4.0)}\",
        join(words),
        f(joined, \"+\"),
        \"{find(words, \"plum\")} {find(words, \"kiwi\")}\",
        \"{swap((\"x\", nil))} {swap((\"y\", 7))}\",
        many(1, 2, 3, 4, 5.5, 6.25, \"seven\", true),
        \"{grid([[1, 2], [], [3]])}\"
    ]
";
    let mut program = load(source, &functions).expect("a program");
    let all = program.function::<(), Vec<String>>("all").expect("a function");
    let expected = [
        "(18446744073709551615, 65535, -5)",
        "6",
        "fig-pear-plum",
        "a!+b!",
        "2 nil",
        "(nil, x) (7, y)",
        "1 2 3 4 5.5 6.25 seven true",
        "[3, 0, 3]",
    ];
    assert_eq!(all.call(&mut program, ()).expect("their values"), expected);
    assert_eq!(program.finish().expect("an end").live_objects, Some(0));
}

#[test]
fn many_calls_leave_nothing() {
    let total = Arc::new(AtomicI64::new(0));
    let mut functions = HostFunctions::default();
    let added = total.clone();
    functions.add("add", move |label: String, numbers: Vec<i64>| {
        added.fetch_add(numbers.iter().sum(), Ordering::Relaxed);
        format!("{label}{}", numbers.len())
    });
    let source = "
extern fn add(label: text, numbers: [i64]) -> text
fn run(count: i64) -> i64:
    var length = 0
    for i in 0..count:
        length += add(\"n\", [i, 1]).len()
    length
";
    let mut program = load(source, &functions).expect("a program");
    let run = program.function::<(i64,), i64>("run").expect("a function");
    run.call(&mut program, (100,)).expect("a result");
    let before = program.process().stats().peak_bytes;
    assert_eq!(run.call(&mut program, (100_000,)).expect("a result"), 200_000);
    assert!(program.process().stats().peak_bytes <= before + 4096);
    assert_eq!(total.load(Ordering::Relaxed), 4_950 + 100 + 4_999_950_000 + 100_000);
    assert_eq!(program.finish().expect("an end").live_objects, Some(0));
}

#[test]
fn only_what_is_registered_by_name_and_type_is_reachable() {
    let source =
        "extern fn clock(zone: text) -> i64\nval started = clock(\"UTC\")\nfn now() -> i64: started\n";
    let mut functions = HostFunctions::default();
    functions.add("other", || 1i64);
    assert_eq!(
        link_error(source, &functions),
        "the program calls `clock`, `fn(text) -> i64`, of its host, which has no function of this name"
    );
    functions.add("clock", |zone: Option<String>| zone.map_or(0.0, |zone| zone.len() as f64));
    assert_eq!(
        link_error(source, &functions),
        "the program calls `clock` of its host as `fn(text) -> i64`, but the host's is `fn(text?) -> f64`"
    );
    functions.add("clock", |zone: String| zone.len() as i64);
    let mut program = load(source, &functions).expect("a program");
    let now = program.function::<(), i64>("now").expect("a function");
    assert_eq!(now.call(&mut program, ()).expect("a number"), 3);
}

#[test]
fn errors_and_panics_end_the_call_alone() {
    let mut functions = HostFunctions::default();
    functions.add("parse", |digits: String| digits.parse::<i64>());
    functions.add("break_down", |why: String| -> i64 { panic!("{why}") });
    let source = "
extern fn parse(digits: text) -> i64
extern fn break_down(why: text) -> i64
var calls = 0
fn twice(digits: text) -> i64:
    calls += 1
    parse(digits) * 2
fn broken() -> i64: break_down(\"no more\")
fn count() -> i64: calls
";
    let mut program = load(source, &functions).expect("a program");
    let twice = program.function::<(&str,), i64>("twice").expect("a function");
    let broken = program.function::<(), i64>("broken").expect("a function");
    let failed = |result: Result<i64, CallError>| match result {
        Err(CallError::Failed(report)) => report,
        other => panic!("{other:?}"),
    };
    for _ in 0..50 {
        let report = failed(twice.call(&mut program, ("x1",)));
        assert_eq!(report.kind, ErrorKind::HostFunction);
        assert_eq!(report.message, "`parse`: invalid digit found in string");
        let stack: Vec<&str> = report.stack.frames().map(|frame| frame.function.as_str()).collect();
        assert_eq!(stack, ["parse", "twice"]);
        assert_eq!(failed(broken.call(&mut program, ())).message, "`break_down`: it panicked: no more");
        assert_eq!(twice.call(&mut program, ("21",)).expect("a number"), 42);
    }
    let count = program.function::<(), i64>("count").expect("a function");
    assert_eq!(count.call(&mut program, ()).expect("a number"), 100);
    assert_eq!(program.finish().expect("an end").live_objects, Some(0));
}

#[test]
fn types_may_be_known_only_when_the_host_runs() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let mut functions = HostFunctions::default();
    let int = Type::Int { bits: 64, signed: true };
    let list = Type::Array(Box::new(int.clone()));
    let log = seen.clone();
    functions.add_dynamic("note", vec![Type::Text, list], int.clone(), move |args| {
        log.lock().expect("the list").push(args.to_vec());
        match &args[0] {
            Value::Text(text) if text == "wrong" => Ok(Value::Text("no number".to_owned())),
            Value::Text(text) if text == "bad" => Err("it is bad".to_owned()),
            _ => Ok(Value::Int(7)),
        }
    });
    let source = "
extern fn note(what: text, numbers: [i64]) -> i64
fn run(what: text) -> i64: note(what, [1, 2])
";
    let mut program = load(source, &functions).expect("a program");
    let run = program.function::<(&str,), i64>("run").expect("a function");
    assert_eq!(run.call(&mut program, ("good",)).expect("a number"), 7);
    for (what, message) in [("wrong", "`note`: its result is no `i64`"), ("bad", "`note`: it is bad")] {
        match run.call(&mut program, (what,)) {
            Err(CallError::Failed(report)) => assert_eq!(report.message, message),
            other => panic!("{other:?}"),
        }
    }
    let seen = seen.lock().expect("the list");
    let numbers = Value::Array(vec![Value::Int(1), Value::Int(2)]);
    assert_eq!(seen[0], [Value::Text("good".to_owned()), numbers]);
    assert_eq!(seen.len(), 3);
}

#[test]
fn an_instance_that_comes_later_finds_its_host_functions() {
    let mut functions = HostFunctions::default();
    functions.add("weigh", |what: String| what.len() as i64);
    let source = "
extern fn weigh(what: text) -> i64
extern fn missing(what: text) -> i64
fn weight<T>(items: [T]) -> i64:
    var sum = 0
    for item in items: sum += weigh(\"{item}\")
    sum
fn lost<T>(item: T) -> i64: missing(\"{item}\")
";
    let mut program = load(source, &functions).expect("a program that calls none yet");
    let weight = program.function::<(Vec<i64>,), i64>("weight").expect("an instance");
    assert_eq!(weight.call(&mut program, (vec![1, 22, 333],)).expect("a number"), 6);
    let error = program.function::<(i64,), i64>("lost").expect_err("no such function");
    assert_eq!(
        error.to_string(),
        LinkError::NoHostFunction { name: "missing".to_owned(), is: "fn(text) -> i64".to_owned() }
            .to_string()
    );
    // What was there goes on.
    assert_eq!(weight.call(&mut program, (vec![4],)).expect("a number"), 1);
}

/// The module file of a library.
fn module_file(source: &str) -> Vec<u8> {
    let options = engine().options;
    let compiler = engine::Engine::new(Settings { start: Start::Baseline, cache: None }).expect("an engine");
    let mut session = compiler.session(&options, engine::Limits::default()).expect("a session");
    session.add_module("weights.spl", source).expect("a module");
    let options = engine::ModuleOptions {
        targets: Vec::new(),
        compression: engine::Compression::None,
        sources: false,
        stub: Vec::new(),
    };
    session.compile(&options).expect("a module file")
}

#[test]
fn a_library_without_its_source_brings_what_it_expects_of_the_host() {
    let library = module_file(
        "
extern fn weigh(what: text) -> i64
pub fn weight<T>(items: [T]) -> i64:
    var sum = 0
    for item in items: sum += weigh(\"{item}\")
    sum
",
    );
    let mut functions = HostFunctions::default();
    functions.add("weigh", |what: String| what.len() as i64);
    let source = "
use weights.{weight}
fn words(list: [text]) -> i64: weight(list)
";
    let find = |path: &str| Ok((path == "weights.smf").then(|| library.clone()));
    let modules = Modules::with("main.spl", source.as_bytes(), find);
    let limits = Limits { functions, ..Limits::default() };
    let host = Box::new(BufferHost::new(1 << 20));
    let mut program = engine().load(modules, limits, host).expect("a program");
    let words = program.function::<(Vec<&str>,), i64>("words").expect("a function");
    assert_eq!(words.call(&mut program, (vec!["a", "four"],)).expect("a number"), 5);
    // For a type that the library never saw, and the program neither.
    let weight = program.function::<(Vec<(i64, bool)>,), i64>("weights.spl::weight").expect("an instance");
    assert_eq!(weight.call(&mut program, (vec![(1, true)],)).expect("a number"), 9);
    assert_eq!(program.finish().expect("an end").live_objects, Some(0));
}
