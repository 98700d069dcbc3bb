//! Modules that are loaded into one process, through the real component.

use loader::embed::{
    Config, EmbedError, Engine, FunctionError, Loaded, ModuleLoader, Resolution, Settings, Start, Taken,
    TypeHint,
};
use loader::value::Type;
use loader::{BufferHost, CallError, Limits};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::OnceLock;

const LISTS: &str = "
export largest, count

var count = 10 + 1

fn largest<T>(items: [T]) -> T:
    var best = items[0]
    for item in items:
        if item > best: best = item
    best
";

const APP: &str = "
use lists.{largest}

var calls = 0

fn scaled(n: i64) -> i64:
    calls += 1
    largest([n, 3]) * 2

fn called() -> i64: calls

print largest([1, 5, 2])
";

const OTHER: &str = "
use lists.{largest}

fn longest(words: [text]) -> text: largest(words)
";

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(Settings { start: Start::Baseline, cache: None }).expect("an engine"))
}

/// Files that a test changes while a loader reads them.
#[derive(Clone, Default)]
struct Files(Rc<RefCell<BTreeMap<String, String>>>);

impl Files {
    fn of(files: &[(&str, &str)]) -> Files {
        let all = Files::default();
        files.iter().for_each(|(path, text)| all.write(path, text));
        all
    }

    fn write(&self, path: &str, text: &str) {
        self.0.borrow_mut().insert(path.to_owned(), text.to_owned());
    }

    fn loader(&self, config: Config) -> ModuleLoader<'static> {
        let files = self.clone();
        let find = move |path: &str| Ok(files.0.borrow().get(path).map(|text| text.clone().into_bytes()));
        let host = Box::new(BufferHost::new(1 << 20));
        ModuleLoader::new(engine(), config, Limits::default(), host, find).expect("a loader")
    }
}

fn eager() -> Config {
    Config::default()
}

fn lazy() -> Config {
    Config { lazy: true, ..Config::default() }
}

#[test]
fn modules_come_and_go() {
    for config in [eager(), lazy()] {
        let files = Files::of(&[("lists.spl", LISTS), ("app.spl", APP), ("other.spl", OTHER)]);
        let mut loader = files.loader(config);
        assert_eq!(loader.load("app.spl").expect("loaded"), Loaded::Success);
        assert_eq!(loader.load("app.spl").expect("there"), Loaded::AlreadyLoaded);
        let scaled = loader.function::<(i64,), i64>("scaled").expect("a function");
        assert_eq!(scaled.call_in(loader.process(), (7,)), Ok(14));
        let before = loader.process().known();

        loader.load("other.spl").expect("loaded");
        let longest = loader.function::<(&[&str],), String>("longest").expect("a function");
        assert_eq!(longest.call_in(loader.process(), (&["fig", "pear"],)).as_deref(), Ok("pear"));
        assert!(loader.process().known().len() > before.len());
        assert!(loader.unload("other.spl").expect("in order"));
        assert!(!loader.unload("other.spl").expect("nothing to do"));
        assert_eq!(loader.process().known(), before);
        assert_eq!(longest.call_in(loader.process(), (&["fig"],)), Err(CallError::NoFunction));
        assert_eq!(scaled.call_in(loader.process(), (1,)), Ok(6));

        loader.unload("app.spl").expect("in order");
        assert!(loader.process().known().is_empty());
        let stats = loader.stats();
        assert_eq!((stats.modules, stats.loads, stats.unloads), (0, 2, 2));
        assert_eq!(loader.process().stats().live_objects, Some(0));
    }
}

#[test]
fn symbols_are_found_or_made() {
    let files = Files::of(&[("lists.spl", LISTS), ("app.spl", APP)]);
    let mut loader = files.loader(eager());
    loader.load("app.spl").expect("loaded");
    // The body calls nothing but `largest`.
    let found = loader.resolve_generic("largest", &[Type::Int { bits: 64, signed: true }]).expect("resolved");
    assert!(matches!(found, Resolution::Found(_)), "{found:?}");
    let made = loader.resolve_symbol("scaled").expect("resolved");
    let Resolution::JitCompiled(symbol) = &made else { panic!("{made:?}") };
    assert_eq!(loader.resolve_symbol("scaled").expect("resolved"), Resolution::Found(symbol.clone()));
    assert_eq!(loader.resolve_symbol("nothing").expect("no error"), Resolution::NotFound);
    let text = loader.resolve_generic("largest", &[Type::Text]).expect("resolved");
    assert!(matches!(text, Resolution::JitCompiled(_)), "{text:?}");
    let wrong = loader.resolve_generic("largest", &[Type::Text, Type::Text]).expect_err("too many");
    assert_eq!(wrong.to_string(), "E1016: `largest` takes 1 type argument, not 2");
    let jit = loader.stats().jit;
    assert_eq!((jit.asked, jit.found, jit.failed, jit.at_first_call), (4, 2, 1, 0));
    assert!(jit.bytes > 0);

    let mut without = files.loader(Config { enable_jit: false, ..eager() });
    without.load("app.spl").expect("loaded");
    assert_eq!(without.resolve_symbol("scaled").expect("no error"), Resolution::NotFound);
}

#[test]
fn a_generic_function_waits_for_hints() {
    let files = Files::of(&[("lists.spl", LISTS)]);
    let mut loader = files.loader(eager());
    loader.load("lists.spl").expect("loaded");
    let missing = match loader.objects().take_object("largest").expect("no limit") {
        Taken::Deferred(missing) => missing,
        _ => panic!("it waits"),
    };
    assert!(missing.contains("nothing determines `T`"), "{missing}");
    assert_eq!(loader.objects().deferred(), ["largest"]);
    loader.objects().hint("largest", TypeHint::CallSite(0, Type::Array(Box::new(Type::Text))));
    let taken = loader.objects().take_deferred().expect("no limit");
    let [(name, Taken::Code(object))] = &taken[..] else { panic!("one function") };
    assert_eq!((&**name, &*object.instance.symbol.name), ("largest", "lists.spl::largest<text>"));
    assert!(loader.objects().deferred().is_empty());
    let mut strict = files.loader(Config { allow_deferred: false, ..eager() });
    strict.load("lists.spl").expect("loaded");
    assert!(matches!(strict.objects().take_object("largest"), Ok(Taken::Template(_))));
    assert!(matches!(strict.resolve_symbol("largest"), Err(FunctionError::Wrong(_))));
}

#[test]
fn a_new_version_keeps_variables_and_handles() {
    for config in [eager(), lazy()] {
        let files = Files::of(&[("lists.spl", LISTS), ("app.spl", APP)]);
        let mut loader = files.loader(config);
        loader.load("app.spl").expect("loaded");
        let scaled = loader.function::<(i64,), i64>("scaled").expect("a function");
        let called = loader.function::<(), i64>("called").expect("a function");
        assert_eq!(scaled.call_in(loader.process(), (7,)), Ok(14));
        files.write("app.spl", &APP.replace("* 2", "* 100"));
        let report = loader.reload("app.spl").expect("reloaded");
        assert_eq!(scaled.call_in(loader.process(), (7,)), Ok(700), "{report}");
        assert_eq!(called.call_in(loader.process(), ()), Ok(2));
        // A library is part of those that use it.
        files.write("lists.spl", &LISTS.replace("item > best", "item < best"));
        loader.reload("app.spl").expect("reloaded");
        assert_eq!(scaled.call_in(loader.process(), (7,)), Ok(300));
        // What is wrong changes nothing.
        files.write("app.spl", "fn scaled(n: i64) -> i64: n +");
        let Err(EmbedError::Rejected(found)) = loader.reload("app.spl") else { panic!("it is wrong") };
        assert_eq!((&*found[0].path, found[0].line), ("app.spl", 1));
        assert_eq!(scaled.call_in(loader.process(), (7,)), Ok(300));
        let versions: Vec<u64> =
            loader.process().symbols("app.spl::scaled").iter().map(|symbol| symbol.version).collect();
        assert_eq!(versions, [2]);
    }
}

#[test]
fn a_hundred_versions_leave_nothing_behind() {
    let files = Files::of(&[("lists.spl", LISTS), ("app.spl", APP)]);
    let mut loader = files.loader(eager());
    loader.load("app.spl").expect("loaded");
    let scaled = loader.function::<(i64,), i64>("scaled").expect("a function");
    let other = APP.replace("* 2", "* 100");
    let mut sizes = Vec::new();
    for round in 0..100 {
        let text = if round % 2 == 0 { &*other } else { APP };
        files.write("app.spl", text);
        let report = loader.reload("app.spl").expect("reloaded");
        sizes.push((report.parts, report.code_bytes, report.entries, report.types));
        assert_eq!(scaled.call_in(loader.process(), (7,)), Ok(if round % 2 == 0 { 700 } else { 14 }));
    }
    assert_eq!(sizes[98..], sizes[10..12]);
    loader.unload("app.spl").expect("in order");
    assert_eq!(loader.process().stats().live_objects, Some(0));
}

#[test]
fn functions_are_made_when_they_are_called_first() {
    let source = "
val unit = \"px\"

fn twice<T>(x: T, f: fn(T) -> T) -> T: f(f(x))
fn show<T>(x: T) -> text: \"{x}{unit}\"
fn sum<T>(n: i64, x: T) -> i64:
    if n == 0: 0
    else: 1 + sum(n - 1, [x])

fn numbers(): twice(5, \\x: x * 3)
fn texts(): show(twice(\"a\", \\x: x + x))
fn deep(n: i64): sum(n, 1)
";
    let files = Files::of(&[("main.spl", source)]);
    let mut loader = files.loader(lazy());
    loader.load("main.spl").expect("loaded");
    assert_eq!(loader.stats().jit.at_first_call, 0);
    let numbers = loader.function::<(), i64>("numbers").expect("a function");
    let made = loader.stats().jit.at_first_call;
    for _ in 0..3 {
        assert_eq!(numbers.call_in(loader.process(), ()), Ok(45));
        assert_eq!(loader.stats().jit.at_first_call, made + 1);
    }
    let texts = loader.function::<(), String>("texts").expect("a function");
    assert_eq!(texts.call_in(loader.process(), ()).as_deref(), Ok("aaaapx"));
    assert_eq!(loader.stats().jit.at_first_call, made + 3);
    // Ever larger types are made as far as the program goes.
    assert_eq!(loader.process().stats().live_objects, Some(1), "the variable");
    let deep = loader.function::<(i64,), i64>("deep").expect("a function");
    assert_eq!(deep.call_in(loader.process(), (20,)), Ok(20));
    let Err(CallError::Failed(report)) = deep.call_in(loader.process(), (100,)) else { panic!("it ends") };
    assert_eq!(report.kind, abi::ErrorKind::NoInstance);
    assert!(report.message.contains("`sum` would be needed for ever larger types"), "{}", report.message);
    assert_eq!(deep.call_in(loader.process(), (30,)), Ok(30));
}

#[test]
fn a_body_that_fails_is_no_module() {
    let files = Files::of(&[("bad.spl", "fn f(): 1\nprint [1][f()]\n"), ("good.spl", "fn f(): 1\n")]);
    let mut loader = files.loader(eager());
    let Err(EmbedError::Call(CallError::Failed(report))) = loader.load("bad.spl") else { panic!("it fails") };
    assert_eq!(report.message, "index 1 out of range for length 1");
    assert!(loader.process().known().is_empty());
    loader.load("good.spl").expect("loaded");
    let Err(EmbedError::Module(what)) = loader.load("missing.spl") else { panic!("it is missing") };
    assert_eq!(what, "there is no module missing.spl");
    let Err(EmbedError::Module(what)) = loader.reload("missing.spl") else { panic!("it is missing") };
    assert_eq!(what, "missing.spl is not loaded");
}
