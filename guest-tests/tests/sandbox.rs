//! Hostile programs as WebAssembly, all in one process: each is stopped with the right error, and the host goes on.

use abi::ErrorKind;
use driver::{OptLevel, Options, Session, Target};
use guest_tests::mutate;
use sandbox::{BufferHost, Limits, LoadError, Outcome, Sandbox, Settings, Stopper};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| Sandbox::new(Settings::default()).expect("a sandbox"));

fn module(source: &str) -> Vec<u8> {
    let options =
        Options { budget: 400_000_000, optimization: OptLevel::Speed, verify: true, max_output: 1 << 30 };
    let mut session = Session::new(options);
    session.add_module("hostile.spl", source);
    session.emit(Target::Wasm32).unwrap_or_else(|failure| {
        let messages: Vec<&str> = session.diagnostics().iter().map(|found| found.message.as_str()).collect();
        panic!("{source}\n{failure:?}: {}", messages.join("; "))
    })
}

fn run(source: &str, time: Duration) -> (BufferHost, Outcome) {
    let program = SANDBOX.load(&module(source)).expect("a program");
    let limits = Limits { memory: 64 << 20, time: Some(time), ..Limits::default() };
    let (host, outcome) = program.run(&limits, BufferHost::new(1 << 20));
    (host, outcome.expect("a program that starts"))
}

const SOON: Duration = Duration::from_secs(1);

/// The kind of error that a program ends with; none for one that ends by itself.
type Ends = Option<ErrorKind>;

const PROGRAMS: &[(&str, &str, Ends)] = &[
    ("an endless loop", "var n = 0\nloop:\n    n += 1\n", Some(ErrorKind::TimedOut)),
    ("an endless loop that does nothing", "loop:\n    pass\n", Some(ErrorKind::TimedOut)),
    (
        "an endless loop of calls",
        "fn f(n: i64) -> i64:\n    if n > 3: f(n / 2) else: n\nvar n = 0\nloop:\n    n += f(n)\n",
        Some(ErrorKind::TimedOut),
    ),
    (
        "recursion without loops",
        "fn fib(n: i64) -> i64:\n    if n < 2: n else: fib(n - 1) + fib(n - 2)\nprint fib(90)\n",
        Some(ErrorKind::TimedOut),
    ),
    (
        "endless recursion",
        "fn down(n: i64) -> i64:\n    down(n + 1) + 1\nprint down(0)\n",
        Some(ErrorKind::StackOverflow),
    ),
    (
        "endless recursion of two, through the runtime",
        "fn a(t: text) -> i64:\n    b(t + \"a\") + 1\nfn b(t: text) -> i64:\n    a(\"{t.len()}\") + 1\nprint a(\"\")\n",
        Some(ErrorKind::StackOverflow),
    ),
    ("an array that grows", "var xs: [i64] = []\nloop:\n    xs.push(1)\n", Some(ErrorKind::OutOfMemory)),
    ("a text that doubles", "var t = \"x\"\nloop:\n    t = t + t\n", Some(ErrorKind::OutOfMemory)),
    (
        "a dictionary that grows",
        "var d: {i64: text} = {}\nvar n = 0\nloop:\n    d[n] = \"{n}\"\n    n += 1\n",
        Some(ErrorKind::OutOfMemory),
    ),
    (
        "millions of objects",
        "class Node:\n    value: i64\n    next: Node?\nvar list: Node? = nil\nloop:\n    list = Some(Node(value: 1, next: list))\n",
        Some(ErrorKind::OutOfMemory),
    ),
    (
        "a long list that is freed",
        "class Node:\n    value: i64\n    next: Node?\nvar list: Node? = nil\nfor i in 0..1000000:\n    list = Some(Node(value: i, next: list))\nlist = nil\nprint \"freed\"\n",
        None,
    ),
    (
        "circles without end",
        "class Node:\n    next: Node?\nloop:\n    val a = Node(next: nil)\n    a.next = Some(a)\n",
        Some(ErrorKind::TimedOut),
    ),
    (
        "a text of petabytes",
        "val t = \"x\" * 1000000000000000\nprint t.len()\n",
        Some(ErrorKind::OutOfMemory),
    ),
    (
        "a wild index",
        "val xs = [1, 2, 3]\nvar i = 1\nfor n in 0..40:\n    i *= 3\nprint xs[i]\n",
        Some(ErrorKind::IndexOutOfRange),
    ),
    (
        "a wild negative index",
        "val xs = [1, 2, 3]\nprint xs[-4000000000]\n",
        Some(ErrorKind::IndexOutOfRange),
    ),
    ("a wild store", "var xs = [1, 2, 3]\nxs[4294967296] = 1\nprint xs\n", Some(ErrorKind::IndexOutOfRange)),
    (
        "a wild insertion",
        "var xs = [1]\nxs.insert(9223372036854775807, 2)\n",
        Some(ErrorKind::IndexOutOfRange),
    ),
    ("a division by zero", "var zero = 0\nprint 1 / zero\n", Some(ErrorKind::DivisionByZero)),
    (
        "the least number by minus one",
        "val one = -1\nval least = -9223372036854775807 - 1\nprint least / one\n",
        None,
    ),
    ("endless printing", "loop:\n    print \"spam\"\n", Some(ErrorKind::Interrupted)),
    ("a wait for input that never comes", "loop:\n    val line = input()\n", Some(ErrorKind::TimedOut)),
    (
        "sorting for ever",
        "val xs = (\"sphinx of black quartz\" * 40000).bytes()\nloop:\n    val ys = xs.sorted()\n",
        Some(ErrorKind::TimedOut),
    ),
    (
        "comparing along many paths",
        "enum Tree:\n    Leaf\n    Node([Tree])\n\nfn grow() -> Tree:\n    var t = Tree.Leaf\n    for i in 0..60:\n        t = Tree.Node([t, t])\n    t\n\nprint grow() == grow()\n",
        Some(ErrorKind::TimedOut),
    ),
    ("a panic", "panic(\"on purpose\")\n", Some(ErrorKind::Panic)),
];

#[test]
fn each_hostile_program_ends_and_the_host_goes_on() {
    for (what, source, ends) in PROGRAMS {
        let started = Instant::now();
        // What does not end by itself gets little time; the others surely enough, however busy the machine is.
        let time = if *ends == Some(ErrorKind::TimedOut) { SOON } else { Duration::from_secs(60) };
        let (_, outcome) = run(source, time);
        let kind = outcome.error.as_ref().map(|report| report.kind);
        assert_eq!(kind, *ends, "{what}: {outcome:?}");
        assert!(started.elapsed() < time + Duration::from_secs(20), "{what}: {:?}", started.elapsed());
        let (host, after) = run("print \"hello\"\n", Duration::from_secs(60));
        assert_eq!((host.out.as_slice(), after.error), (b"hello\n".as_slice(), None), "after {what}");
    }
}

#[test]
fn errors_say_where() {
    let (_, outcome) = run("fn busy():\n    loop:\n        pass\nprint \"a\"\nbusy()\n", SOON);
    let report = outcome.error.expect("an error").to_string();
    assert!(report.starts_with("error[E3009]: time limit reached\n  at busy (hostile.spl:"), "{report}");
    assert!(report.ends_with("  at <module> (hostile.spl:5:1)\n"), "{report}");
}

#[test]
fn fuel_ends_a_program_in_a_sandbox_that_counts_it() {
    let counting = Sandbox::new(Settings { fuel: true, cache: None }).expect("a sandbox");
    let program = counting.load(&module("var n = 0\nloop:\n    n += 1\n")).expect("a program");
    let limits = Limits { fuel: Some(1_000_000), ..Limits::default() };
    let (_, outcome) = program.run(&limits, BufferHost::new(0));
    let kind = outcome.expect("a program that starts").error.map(|report| report.kind);
    assert_eq!(kind, Some(ErrorKind::OutOfFuel));
    let other = SANDBOX.load(&module("print 1\n")).expect("a program");
    assert!(other.run(&limits, BufferHost::new(0)).1.is_err(), "fuel that nobody counts");
}

#[test]
fn a_stopper_ends_a_program() {
    let program = SANDBOX.load(&module("loop:\n    pass\n")).expect("a program");
    let stopper = Stopper::new();
    let limits = Limits { stopper: Some(stopper.clone()), ..Limits::default() };
    let stops = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(100));
        stopper.stop();
    });
    let (_, outcome) = program.run(&limits, BufferHost::new(0));
    stops.join().expect("a thread that sleeps");
    let kind = outcome.expect("a program that starts").error.map(|report| report.kind);
    assert_eq!(kind, Some(ErrorKind::Interrupted));
}

#[test]
fn a_module_gets_nothing_else() {
    // (module (import "wasi_snapshot_preview1" "proc_exit" (func)))
    let mut foreign =
        b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x02\x24\x01\x16wasi_snapshot_preview1\x09proc_exit\0\0"
            .to_vec();
    assert!(matches!(SANDBOX.load(&foreign), Err(LoadError::Import(_))), "{:?}", SANDBOX.load(&foreign));
    foreign.truncate(12);
    assert!(matches!(SANDBOX.load(&foreign), Err(LoadError::Invalid(_))));
    assert!(matches!(SANDBOX.load(b"\0asm\x01\0\0\0"), Err(LoadError::NoEntry)));
}

/// Modules that our compiler did not make: whatever they do, it is an outcome.
#[test]
fn damaged_modules_harm_nobody() {
    let original = module(
        "class A:\n    x: i64\nfn f(n: i64) -> [text]:\n    [\"{n}\", \"b\"]\nvar a = A(x: 1)\nfor i in 0..3:\n    a.x += f(i).len()\nprint a.x\n",
    );
    mutate::changed_bytes(&original, 300, |bytes| {
        if let Ok(program) = SANDBOX.load(bytes) {
            let limits =
                Limits { time: Some(Duration::from_millis(200)), memory: 4 << 20, ..Limits::default() };
            let _ = program.run(&limits, BufferHost::new(1 << 16));
        }
    });
}
