//! Programs that nobody trusts, through the real component: what the host calls, and how hostile ones are stopped.
#![cfg(feature = "compiler")]

use abi::ErrorKind;
use loader::embed::{EmbedError, Engine, FunctionError, Modules, SandboxedProgram, Settings, Start};
use loader::value::{Type, Value};
use loader::{BufferHost, CallError, Stopper};
use sandbox::{Limits, Sandbox};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let settings = Settings { start: Start::Baseline, cache: None };
        let mut engine = Engine::new(settings).expect("an engine");
        engine.options.verify = true;
        engine
    })
}

fn sandbox() -> &'static Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    SANDBOX.get_or_init(|| Sandbox::new(sandbox::Settings::default()).expect("a sandbox"))
}

fn load(source: &str, limits: &Limits) -> Result<SandboxedProgram<BufferHost>, EmbedError> {
    engine().load_sandboxed(sandbox(), Modules::one("plugin.spl", source), limits, BufferHost::new(1 << 20))
}

fn program(source: &str) -> SandboxedProgram<BufferHost> {
    load(source, &Limits::default()).expect("a program")
}

const VALUES: &str = "
var calls = 0
pub fn join(words: [text], by: text) -> text:
    calls += 1
    words.join(by)
pub fn split(line: text) -> [text]: line.split(\" \")
pub fn scale(n: i32, by: f32, up: bool) -> f64:
    if up: n as f64 * by as f64 else: 0.0
pub fn narrow(a: u8, b: i16, c: u64) -> (u64, i16, u8): (c, b, a)
pub fn find(words: [text], wanted: text) -> i64?:
    for i in 0..words.len():
        if words[i] == wanted:
            return i
    nil
pub fn name(present: bool) -> text?:
    if present: \"here\" else: nil
pub fn nested(grid: [[i64]]) -> [[i64]]: grid.map(\\row: row.reversed())
pub fn pairs(n: i64) -> [(i64, text)]: [for i in 0..n: (i, \"{i}\")]
pub fn count() -> i64: calls
pub fn say(line: text):
    print line
pub fn shape(p: (f64, f64)?) -> f64: (p ?? (1.0, 2.0)).1
print \"started\"
";

#[test]
fn values_go_in_and_out() {
    let mut plugin = program(VALUES);
    let join = plugin.function::<(Vec<&str>, &str), String>("join").expect("it is there");
    assert_eq!(join.call(&mut plugin, (vec!["a", "Zürich", ""], "-")).unwrap(), "a-Zürich-");
    assert_eq!(join.call(&mut plugin, (vec![], "-")).unwrap(), "");
    let split = plugin.function::<(&str,), Vec<String>>("split").unwrap();
    assert_eq!(split.call(&mut plugin, ("x  y",)).unwrap(), ["x", "", "y"]);
    let scale = plugin.function::<(i32, f32, bool), f64>("scale").unwrap();
    assert_eq!(scale.call(&mut plugin, (-3, 0.5, true)).unwrap(), -1.5);
    let narrow = plugin.function::<(u8, i16, u64), (u64, i16, u8)>("narrow").unwrap();
    assert_eq!(narrow.call(&mut plugin, (255, -2, u64::MAX)).unwrap(), (u64::MAX, -2, 255));
    let find = plugin.function::<(&[&str], &str), Option<i64>>("find").unwrap();
    assert_eq!(find.call(&mut plugin, (&["a", "b"], "b")).unwrap(), Some(1));
    assert_eq!(find.call(&mut plugin, (&["a", "b"], "c")).unwrap(), None);
    let name = plugin.function::<(bool,), Option<String>>("name").unwrap();
    assert_eq!(name.call(&mut plugin, (true,)).unwrap().as_deref(), Some("here"));
    assert_eq!(name.call(&mut plugin, (false,)).unwrap(), None);
    let nested = plugin.function::<(Vec<Vec<i64>>,), Vec<Vec<i64>>>("nested").unwrap();
    assert_eq!(nested.call(&mut plugin, (vec![vec![1, 2], vec![]],)).unwrap(), [vec![2, 1], vec![]]);
    let pairs = plugin.function::<(i64,), Vec<(i64, String)>>("pairs").unwrap();
    assert_eq!(pairs.call(&mut plugin, (2,)).unwrap(), [(0, "0".to_owned()), (1, "1".to_owned())]);
    let shape = plugin.function::<(Option<(f64, f64)>,), f64>("shape").unwrap();
    assert_eq!(shape.call(&mut plugin, (None,)).unwrap(), 2.0);
    assert_eq!(shape.call(&mut plugin, (Some((0.5, 7.25)),)).unwrap(), 7.25);
    let count = plugin.function::<(), i64>("count").unwrap();
    assert_eq!(count.call(&mut plugin, ()).unwrap(), 2);
    let say = plugin.function::<(&str,), ()>("say").unwrap();
    say.call(&mut plugin, ("printed",)).unwrap();
    assert_eq!(plugin.host().out, b"started\nprinted\n");
}

#[test]
fn types_may_be_known_only_at_run_time() {
    let mut plugin = program(VALUES);
    let narrow = plugin.dynamic("narrow").expect("it is there");
    assert_eq!(narrow.params()[1], Type::Int { bits: 16, signed: true });
    let args = [Value::Int(1), Value::Int(-5), Value::Int(9)];
    let expected = Value::Tuple(vec![Value::Int(9), Value::Int(-5), Value::Int(1)]);
    assert_eq!(narrow.call(&mut plugin, &args).unwrap(), expected);
    let wrong = narrow.call(&mut plugin, &[Value::Int(256), Value::Int(0), Value::Int(0)]);
    assert!(matches!(wrong, Err(CallError::Arguments { .. })), "{wrong:?}");
    // That ended nothing.
    assert_eq!(narrow.call(&mut plugin, &args).unwrap(), expected);
}

#[test]
fn functions_that_are_not_there_are_told() {
    let plugin = program("fn hidden(n: i64) -> i64: n\npub fn f(n: i64) -> text: \"{n}\"\n");
    let wrong = |error: FunctionError| error.to_string();
    let hidden = plugin.function::<(i64,), i64>("hidden").map(|_| ()).map_err(wrong);
    assert_eq!(
        hidden.unwrap_err(),
        "there is no public function called `hidden`: write `pub` in front of it"
    );
    let other = plugin.function::<(&str,), i64>("f").map(|_| ()).map_err(wrong);
    assert_eq!(other.unwrap_err(), "`f` is `fn(i64) -> text`, not `fn(text) -> i64`");
    let none = plugin.dynamic("g").map(|_| ()).map_err(wrong);
    assert_eq!(none.unwrap_err(), "there is no function called `g`");
    let rejected = load("pub fn f(g: fn() -> i64) -> i64: g()\n", &Limits::default()).map(|_| ());
    assert!(
        matches!(&rejected, Err(EmbedError::Rejected(found)) if found[0].code == "E1026"),
        "{rejected:?}"
    );
}

fn limits() -> Limits {
    Limits { memory: 16 << 20, time: Some(Duration::from_millis(500)), ..Limits::default() }
}

/// Calls `f(1)` of a program.
fn call(source: &str) -> (SandboxedProgram<BufferHost>, Result<i64, CallError>) {
    let mut plugin = load(source, &limits()).expect("a program");
    let f = plugin.function::<(i64,), i64>("f").expect("it is there");
    let result = f.call(&mut plugin, (1,));
    (plugin, result)
}

const HOSTILE: &[(&str, ErrorKind)] = &[
    ("pub fn f(n: i64) -> i64:\n    loop:\n        pass\n    n\n", ErrorKind::TimedOut),
    ("fn g(n: i64) -> i64: g(n + 1) + 1\npub fn f(n: i64) -> i64: g(n)\n", ErrorKind::StackOverflow),
    (
        "pub fn f(n: i64) -> i64:\n    var xs: [i64] = []\n    loop:\n        xs.push(n)\n    n\n",
        ErrorKind::OutOfMemory,
    ),
    ("pub fn f(n: i64) -> i64: [1, 2][n * 5]\n", ErrorKind::IndexOutOfRange),
    ("pub fn f(n: i64) -> i64: n / (n - 1)\n", ErrorKind::DivisionByZero),
    ("pub fn f(n: i64) -> i64:\n    loop:\n        print \"spam\"\n    n\n", ErrorKind::Interrupted),
    ("pub fn f(n: i64) -> i64: panic(\"on purpose\")\n", ErrorKind::Panic),
];

#[test]
fn hostile_programs_are_stopped_and_the_host_goes_on() {
    for (source, kind) in HOSTILE {
        let started = Instant::now();
        let (mut plugin, result) = call(source);
        match result {
            Err(CallError::Failed(report)) => assert_eq!(report.kind, *kind, "{source}\n{report}"),
            other => panic!("{source}\n{other:?}"),
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{source}");
        // It is over; another one is not.
        let f = plugin.function::<(i64,), i64>("f").expect("it is there");
        assert!(matches!(f.call(&mut plugin, (1,)), Err(CallError::Damaged)));
        assert_eq!(call("pub fn f(n: i64) -> i64: n + 41\n").1.unwrap(), 42);
    }
}

#[test]
fn errors_say_where() {
    let Err(CallError::Failed(report)) = call("fn g(n: i64): 1 / n\npub fn f(n: i64): g(n - 1)\n").1 else {
        panic!("it fails")
    };
    let shown = report.to_string();
    assert!(shown.starts_with("error[E3001]: division by zero\n  at g (plugin.spl:1:"), "{shown}");
    assert!(shown.contains("  at f (plugin.spl:2:"), "{shown}");
}

#[test]
fn a_program_may_fail_or_end_before_anything_is_called() {
    let failed = load("print 1\nassert 1 > 2\npub fn f(): pass\n", &limits()).map(|_| ());
    let is = matches!(&failed, Err(EmbedError::Call(CallError::Failed(report))) if report.kind == ErrorKind::AssertionFailed);
    assert!(is, "{failed:?}");
    let ended = load("exit(3)\npub fn f(): pass\n", &limits()).map(|_| ());
    assert!(matches!(ended, Err(EmbedError::Call(CallError::Exited(3)))), "{ended:?}");
}

#[test]
fn a_call_has_its_own_time_and_fuel() {
    let counting = Sandbox::new(sandbox::Settings { fuel: true, cache: None }).expect("a sandbox");
    let limits = Limits { fuel: Some(2_000_000), ..Limits::default() };
    let source = "pub fn f(n: i64) -> i64:\n    var sum = 0\n    for i in 0..n:\n        sum += i\n    sum\n";
    let modules = Modules::one("plugin.spl", source);
    let mut plugin =
        engine().load_sandboxed(&counting, modules, &limits, BufferHost::new(0)).expect("a program");
    let f = plugin.function::<(i64,), i64>("f").expect("it is there");
    // All of them together would not fit.
    for _ in 0..20 {
        assert_eq!(f.call(&mut plugin, (50_000,)).unwrap(), 1_249_975_000);
    }
    let Err(CallError::Failed(report)) = f.call(&mut plugin, (1 << 40,)) else { panic!("it fails") };
    assert_eq!(report.kind, ErrorKind::OutOfFuel);
}

#[test]
fn a_program_is_stopped_from_outside() {
    let stopper = Stopper::new();
    let limits = Limits { stopper: Some(stopper.clone()), ..Limits::default() };
    let mut plugin =
        load("pub fn f(n: i64) -> i64:\n    loop:\n        pass\n    n\n", &limits).expect("a program");
    let f = plugin.function::<(i64,), i64>("f").expect("it is there");
    let other = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        stopper.stop();
    });
    let Err(CallError::Failed(report)) = f.call(&mut plugin, (1,)) else { panic!("it fails") };
    assert_eq!(report.kind, ErrorKind::Interrupted);
    other.join().expect("it ends");
}

#[test]
fn calls_leave_nothing_behind() {
    let source = "pub fn f(words: [text]) -> [text]: words.map(\\word: word + word)\n";
    let limits = Limits { memory: 1 << 20, ..Limits::default() };
    let mut plugin = load(source, &limits).expect("a program");
    let f = plugin.function::<(Vec<String>,), Vec<String>>("f").expect("it is there");
    let words: Vec<String> = (0..100).map(|n| format!("{n:0>100}")).collect();
    // A hundred times what there is room for.
    for _ in 0..2000 {
        assert_eq!(f.call(&mut plugin, (words.clone(),)).unwrap().len(), 100);
    }
}
