//! Programs inside of a Rust program, through the real component.
#![cfg(feature = "compiler")]

use abi::ErrorKind;
use loader::embed::{EmbedError, Engine, Modules, Program, Settings, Start};
use loader::value::{Type, Value};
use loader::{BufferHost, CallError, Host, Input, Limits, Stopper, Stream, Waker};
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::OnceLock;
use std::time::Duration;

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let settings = Settings { start: Start::Baseline, cache: None };
        let mut engine = Engine::new(settings).expect("an engine");
        engine.options.verify = true;
        engine
    })
}

fn program(source: &str) -> Program<'static> {
    let host = Box::new(BufferHost::new(1 << 20));
    engine().load(Modules::one("main.spl", source), Limits::default(), host).expect("a program")
}

const WORDS: &str = "
val mark = \"!\"
var calls = 0
fn join(words: [text], by: text) -> text:
    calls += 1
    words.join(by) + mark
fn split(line: text) -> [text]: line.split(\" \")
fn first(items):
    if items.len() == 0: nil
    else: items[0]
fn largest(items):
    var best = items[0]
    for item in items:
        if item > best: best = item
    best
fn pair<A, B>(a: A, b: B) -> (B, A): (b, a)
fn zeros<T>(count: i64) -> [T]: []
fn count() -> i64: calls
fn divide(a: i64, b: i64) -> i64: a / b
fn spin() -> i64:
    var n = 0
    while true: n += 1
    n
";

#[test]
fn a_hundred_thousand_calls_leave_nothing() {
    let mut program = program(WORDS);
    let join = program.function::<(Vec<String>, &str), String>("join").expect("a function");
    let split = program.function::<(&str,), Vec<String>>("split").expect("a function");
    let mut held = None;
    for turn in 0..100_000 {
        let words =
            split.call(&mut program, ("one two three, and a word that needs a block",)).expect("words");
        let line = join.call(&mut program, (words, ", ")).expect("a line");
        assert_eq!(line, "one, two, three,, and, a, word, that, needs, a, block!");
        let peak = program.process().stats().peak_bytes;
        if turn == 100 {
            held = Some(peak);
        }
        assert!(turn <= 100 || held == Some(peak), "it grows: {held:?} {peak}");
    }
    let count = program.function::<(), i64>("count").expect("a function");
    assert_eq!(count.call(&mut program, ()), Ok(100_000));
    assert_eq!(program.finish().expect("it ends").live_objects, Some(0));
}

#[test]
fn generic_functions_are_made_for_the_types_that_they_are_asked_for_with() {
    let mut program = program(WORDS);
    let ints = program.function::<(Vec<i64>,), i64>("largest").expect("an instance");
    let floats = program.function::<(&[f64],), f64>("largest").expect("an instance");
    let texts = program.function::<(&[&str],), String>("main.spl::largest").expect("an instance");
    assert_eq!(ints.call(&mut program, (vec![3, 9, 4],)), Ok(9));
    assert_eq!(floats.call(&mut program, (&[0.5, 0.25],)), Ok(0.5));
    assert_eq!(texts.call(&mut program, (&["a", "b"],)), Ok("b".to_owned()));
    let pair = program.function::<(u8, Option<&str>), (Option<String>, u8)>("pair").expect("an instance");
    assert_eq!(pair.call(&mut program, (7, Some("x"))), Ok((Some("x".to_owned()), 7)));
    assert_eq!(pair.call(&mut program, (7, None)), Ok((None, 7)));
    let zeros = program.function::<(i64,), Vec<f32>>("zeros").expect("the result says the type");
    assert_eq!(zeros.call(&mut program, (5,)), Ok(Vec::new()));
    let zeros = program.instance_of::<(i64,), Vec<bool>>("zeros", &[Type::Bool]).expect("an instance");
    assert_eq!(zeros.call(&mut program, (5,)), Ok(Vec::new()));
    assert_eq!(program.finish().expect("it ends").live_objects, Some(0));
}

#[test]
fn wrong_types_and_names_are_told() {
    let mut program = program(WORDS);
    let wrong = program.function::<(String,), i64>("join").expect_err("other types").to_string();
    assert_eq!(wrong, "`join` is `fn([text], text) -> text`, not `fn(text) -> i64`");
    let wrong = program.function::<(i64,), i64>("nothing").expect_err("no such function").to_string();
    assert!(wrong.contains("nothing"), "{wrong}");
    let wrong = program.function::<(Vec<i64>,), String>("largest").expect_err("other types").to_string();
    assert!(wrong.starts_with("E1004"), "{wrong}");
    let wrong = program.instance_of::<(i64,), Vec<bool>>("zeros", &[Type::Text]).expect_err("other types");
    assert_eq!(wrong.to_string(), "`zeros` is `fn(i64) -> [text]`, not `fn(i64) -> [bool]`");
    let mut other = self::program(WORDS);
    let count = program.function::<(), i64>("count").expect("a function");
    assert_eq!(count.call(&mut other, ()), Err(CallError::NoFunction));
}

#[test]
fn types_that_are_known_only_at_run_time() {
    let mut program = program(WORDS);
    let join = program.dynamic("join", &[]).expect("a function");
    let texts = Value::Array(vec![Value::Text("a".to_owned()), Value::Text("b".to_owned())]);
    let by = Value::Text("-".to_owned());
    assert_eq!(program.call(&join, &[texts, by]), Ok(Value::Text("a-b!".to_owned())));
    match program.call(&join, &[Value::Int(1)]) {
        Err(CallError::Arguments { expected }) => assert_eq!(expected, "fn([text], text) -> text"),
        other => panic!("{other:?}"),
    }
    let pair = program.dynamic("pair", &[Type::Int { bits: 8, signed: true }, Type::Float(32)]).expect("one");
    assert_eq!(
        program.call(&pair, &[Value::Int(-128), Value::Float(0.5)]),
        Ok(Value::Tuple(vec![Value::Float(0.5), Value::Int(-128)]))
    );
    assert!(program.call(&pair, &[Value::Int(128), Value::Float(0.5)]).is_err());
}

#[test]
fn errors_end_the_call_alone() {
    let stopper = Stopper::new();
    let limits =
        Limits { time: Some(Duration::from_millis(50)), stopper: Some(stopper.clone()), ..Limits::default() };
    let host = Box::new(BufferHost::new(1 << 20));
    let mut program = engine().load(Modules::one("main.spl", WORDS), limits, host).expect("a program");
    let divide = program.function::<(i64, i64), i64>("divide").expect("a function");
    let spin = program.function::<(), i64>("spin").expect("a function");
    for _ in 0..2 {
        let Err(CallError::Failed(report)) = divide.call(&mut program, (1, 0)) else { panic!("no error") };
        assert_eq!(report.kind, ErrorKind::DivisionByZero);
        let frame = report.stack.frames().next().expect("a frame");
        assert_eq!((frame.function.as_str(), frame.file.as_str()), ("divide", "main.spl"));
        let Err(CallError::Failed(report)) = spin.call(&mut program, ()) else { panic!("no error") };
        assert_eq!(report.kind, ErrorKind::TimedOut);
        assert_eq!(divide.call(&mut program, (9, 3)), Ok(3));
    }
    stopper.stop();
    let Err(CallError::Failed(report)) = spin.call(&mut program, ()) else { panic!("no error") };
    assert_eq!(report.kind, ErrorKind::Interrupted);
    stopper.reset();
    assert_eq!(divide.call(&mut program, (9, 3)), Ok(3));
}

#[test]
fn programs_of_several_modules() {
    let modules =
        [("main.spl", "use lists\nval most = lists.largest([1, 7, 3])\nfn answer() -> i64: most\n")];
    let lists = "fn largest(items):\n    var best = items[0]\n    for item in items:\n        if item > best: best = item\n    best\n";
    let find = |path: &str| Ok((path == "lists.spl").then(|| lists.as_bytes().to_vec()));
    let modules = Modules::with(modules[0].0, modules[0].1.as_bytes(), find);
    let host = Box::new(BufferHost::new(1 << 20));
    let mut program = engine().load(modules, Limits::default(), host).expect("a program");
    let answer = program.function::<(), i64>("answer").expect("a function");
    assert_eq!(answer.call(&mut program, ()), Ok(7));
    let largest = program.function::<(Vec<f64>,), f64>("lists.spl::largest").expect("an instance");
    assert_eq!(largest.call(&mut program, (vec![1.0, 2.5],)), Ok(2.5));
}

#[test]
fn what_is_wrong_with_a_program_has_a_place() {
    let load = |source| {
        let host = Box::new(BufferHost::new(1 << 20));
        engine().load(Modules::one("main.spl", source), Limits::default(), host)
    };
    match load("val a = 1\nval b: i64 = \"x\"\n") {
        Err(EmbedError::Rejected(found)) => {
            assert_eq!((found[0].path.as_str(), found[0].line), ("main.spl", 2), "{found:?}");
        }
        other => panic!("{:?}", other.err()),
    }
    assert!(matches!(load("val a = 1 / 0\n"), Err(EmbedError::Call(CallError::Failed(_)))));
    assert!(matches!(load("exit(3)\n"), Err(EmbedError::Call(CallError::Exited(3)))));
}

/// A world that its owner can look at while the program has it.
struct Shared(Rc<RefCell<String>>);

impl Host for Shared {
    fn write(&mut self, _: Stream, bytes: &[u8]) -> bool {
        self.0.borrow_mut().push_str(&String::from_utf8_lossy(bytes));
        true
    }

    fn read_line(&mut self) -> Input {
        Input::End
    }

    fn args(&self) -> Vec<String> {
        vec!["argument".to_owned()]
    }

    fn waker(&self) -> Option<Waker> {
        None
    }
}

#[test]
fn a_program_prints_into_its_world() {
    let seen = Rc::new(RefCell::new(String::new()));
    let host = Box::new(Shared(seen.clone()));
    let source = "print \"begin\"\nfn greet(name: text): print \"Hello, {name}!\"\n";
    let mut program =
        engine().load(Modules::one("main.spl", source), Limits::default(), host).expect("a program");
    let greet = program.function::<(&str,), ()>("greet").expect("a function");
    greet.call(&mut program, ("you",)).expect("it greets");
    assert_eq!(*seen.borrow(), "begin\nHello, you!\n");
}

#[test]
fn what_a_failed_call_owned_is_free_again() {
    let source = "
class Node:
    next: Node?
    name: text
var kept = {\"one\": [1, 2]}
struct Bag:
    items: [text]
    me add(name: text, fail: bool):
        self.items.push(name + \"!\")
        if fail: panic(\"in the middle\")
var bag = Bag(items: [\"a\", \"b\", \"c\"])
var ring: Node? = nil
fn waste(n: i64) -> i64:
    val words = [for i in 0..n: \"word {i} with a block of its own\"]
    val head = Node(next: nil, name: words[0])
    head.next = head
    ring = Node(next: head, name: \"ring\")
    kept[\"two\"] = [3]
    bag.add(words[1], true)
    words.len()
fn grow(name: text) -> i64:
    bag.add(name, false)
    bag.items.len()
fn state() -> text: \"{kept} {bag.items.len()}\"
";
    let limits = Limits { memory: 64 << 20, ..Limits::default() };
    let host = Box::new(BufferHost::new(1 << 20));
    let mut program = engine().load(Modules::one("main.spl", source), limits, host).expect("a program");
    let waste = program.function::<(i64,), i64>("waste").expect("a function");
    let grow = program.function::<(&str,), i64>("grow").expect("a function");
    let show = program.function::<(), String>("state").expect("a function");
    let mut live = None;
    for turn in 0..200 {
        let Err(CallError::Failed(report)) = waste.call(&mut program, (10_000,)) else { panic!("no error") };
        assert_eq!(report.message, "in the middle");
        let now = program.process().stats().live_objects;
        assert!(turn == 0 || live == Some(now), "{turn}: {live:?} {now:?}");
        live = Some(now);
    }
    // What was being changed may be gone; it is whole.
    let seen = show.call(&mut program, ()).expect("a text");
    assert!(["{one: [1, 2], two: [3]} 0", "{one: [1, 2], two: [3]} 3"].contains(&seen.as_str()), "{seen}");
    let before = grow.call(&mut program, ("d",)).expect("a length");
    assert_eq!(grow.call(&mut program, ("e",)), Ok(before + 1));
    assert_eq!(program.finish().expect("it ends").live_objects, Some(0));
}

#[test]
fn calls_that_are_stopped_inside_of_the_runtime_leave_a_whole_heap() {
    let source = "
var table: {text: i64} = {}
var numbers: [i64] = []
fn work():
    while true:
        for i in 0..1000: table[\"key {i * 7919 % 5003}\"] = i
        numbers = [for i in 0..1000: (i * 7919) % 1009].sorted()
        for i in 0..500: table.remove(\"key {i}\")
fn check() -> bool:
    var found = 0
    for key in table.keys():
        if table.has(key): found += 1
    found == table.len()
";
    let limits = Limits { memory: 64 << 20, ..Limits::default() };
    let host = Box::new(BufferHost::new(1 << 20));
    let mut program = engine().load(Modules::one("main.spl", source), limits, host).expect("a program");
    let work = program.function::<(), ()>("work").expect("a function");
    let check = program.function::<(), bool>("check").expect("a function");
    for turn in 0..300u64 {
        program.process().set_time(Some(Duration::from_micros(500 + 37 * (turn % 50))));
        assert!(matches!(work.call(&mut program, ()), Err(CallError::Failed(_))));
        program.process().set_time(None);
        assert_eq!(check.call(&mut program, ()), Ok(true), "{turn}");
    }
    assert_eq!(program.finish().expect("it ends").live_objects, Some(0));
}
