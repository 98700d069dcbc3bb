//! Module files: what was compiled alone is used without its source, for types that it never saw.

use driver::{Compression, Failure, ModuleOptions, OptLevel, Options, Session, State, Text};

fn session() -> Session {
    Session::new(Options {
        budget: 1 << 32,
        optimization: OptLevel::Speed,
        verify: true,
        max_output: 1 << 28,
    })
}

fn options(compression: Compression, text: Text) -> ModuleOptions {
    ModuleOptions { targets: Vec::new(), compression, text, stub: Vec::new() }
}

fn findings(session: &Session) -> String {
    session.diagnostics().iter().map(|found| format!("{}\n", found.message)).collect()
}

fn done<T>(session: &Session, result: Result<T, Failure>) -> T {
    result.unwrap_or_else(|failure| panic!("{failure:?}\n{}", findings(session)))
}

fn compile(path: &str, text: &str, libraries: &[(&str, &[u8])], options: &ModuleOptions) -> Vec<u8> {
    let mut session = session();
    session.add_module(path, text);
    add(&mut session, libraries);
    let file = session.compile(options);
    done(&session, file)
}

fn add(session: &mut Session, libraries: &[(&str, &[u8])]) {
    for (path, file) in libraries {
        let added = session.add_library(path, file);
        done(session, added);
    }
}

/// What a program prints, and how it ends.
fn run(session: &mut Session) -> String {
    let started = session.start(Vec::new(), 1 << 28);
    let mut execution = done(session, started);
    let mut shown = Vec::new();
    loop {
        let step = execution.step(1 << 24);
        shown.extend(step.stdout);
        match step.state {
            State::Running => {}
            State::NeedsInput => execution.supply_line(None),
            State::Ended(ended) => {
                assert_eq!(ended.live_objects, 0);
                let mut shown = String::from_utf8(shown).expect("text");
                if let Some(error) = ended.error {
                    shown.push_str(&error.to_string());
                }
                return shown;
            }
        }
    }
}

const LISTS: &str = r#"
pub trait Sized:
    fn size() -> i64
    fn doubled() -> i64: self.size() * 2

pub class Counter:
    count: i64 = 0
    names: [text] = []

    me add(name: text):
        self.count += 1
        self.names.push(name)

pub struct Stack<T>:
    items: [T]

    me push(item: T):
        self.items.push(item)

    me pop() -> T:
        self.items.pop()

pub enum Tree<T>:
    Leaf
    Node(Tree<T>, T, Tree<T>)

pub fn insert<T>(tree: Tree<T>, value: T) -> Tree<T>:
    match tree:
        case Leaf: Tree.Node(Tree.Leaf, value, Tree.Leaf)
        case Node(left, old, right):
            if value < old: Tree.Node(insert(left, value), old, right)
            else: Tree.Node(left, old, insert(right, value))

pub fn in_order<T>(tree: Tree<T>) -> [T]:
    match tree:
        case Leaf: []
        case Node(left, value, right): in_order(left) + [value] + in_order(right)

pub fn largest(items):
    var best = items[0]
    for item in items:
        if item > best:
            best = item
    best

pub fn total<T: Sized>(items: [T]) -> i64:
    var sum = 0
    for item in items:
        sum += item.doubled()
    sum

pub fn compose(f, g): \x: f(g(x))

pub fn fail_at(i: i64) -> i64:
    val xs = [1, 2]
    xs[i]

pub type Pair<A> = (A, A)

export LIMIT, total, insert, in_order

val LIMIT = 7
print "lists"
"#;

const APP: &str = r#"
use lists.{Sized, Counter, Stack, Tree, Pair, insert, in_order, largest, total, compose, LIMIT}

struct Box:
    width: i64

impl Sized for Box:
    fn size() -> i64: self.width

class Money:
    cents: i64
    fn __gt__(other: Money) -> bool: self.cents > other.cents

fn swap(p: Pair<text>) -> Pair<text>: (p.1, p.0)

val counter = Counter()
counter.add("a")
counter.add("b")
print "{counter.count} {counter.names}"
var stack = Stack<Box>(items: [])
stack.push(Box(width: 3))
stack.push(Box(width: 4))
print total(stack.items)
print stack.pop().width
var tree: Tree<text> = Tree.Leaf
for word in ["pear", "apple", "quince", "fig"]:
    tree = insert(tree, word)
print in_order(tree)
print largest([Money(cents: 5), Money(cents: 70)]).cents
print largest([1.5, 0.5])
print compose(\x: x + 1, \x: x * 10)(4)
print compose(\s: s + "!", \n: "n = {n}")(4)
print swap(("a", "b"))
print LIMIT
"#;

const EXPECTED: &str = "lists\n2 [a, b]\n14\n4\n[apple, fig, pear, quince]\n70\n1.5\n41\nn = 4!\n(b, a)\n7\n";

#[test]
fn a_library_is_used_without_its_source() {
    let mut alone = session();
    alone.add_module("app.spl", APP);
    alone.add_module("lists.spl", LISTS);
    assert_eq!(run(&mut alone), EXPECTED);
    for compression in [Compression::None, Compression::Zstd, Compression::Lz4] {
        for text in [Text::Kept, Text::LeftOut] {
            let library = compile("lists.spl", LISTS, &[], &options(compression, text));
            let mut app = session();
            let missing = app.add_module("app.spl", APP);
            assert_eq!(missing[0].candidates, ["lists.spl", "lists/__init__.spl", "lists.smf"]);
            add(&mut app, &[("lists.smf", &library)]);
            assert_eq!(run(&mut app), EXPECTED);
        }
    }
}

#[test]
fn a_program_runs_from_its_module_file() {
    let library = compile("lists.spl", LISTS, &[], &options(Compression::None, Text::LeftOut));
    let app = compile("app.spl", APP, &[("lists.smf", &library)], &options(Compression::Lz4, Text::LeftOut));
    let mut session = session();
    let missing = session.add_library("out/app.smf", &app);
    let missing = done(&session, missing);
    assert_eq!(missing[0].candidates, ["out/lists.smf", "lists.smf"]);
    add(&mut session, &[("out/lists.smf", &library)]);
    assert_eq!(run(&mut session), EXPECTED);
}

#[test]
fn the_same_source_gives_the_same_bytes() {
    let options = options(Compression::Zstd, Text::Kept);
    let first = compile("lists.spl", LISTS, &[], &options);
    assert_eq!(first, compile("lists.spl", LISTS, &[], &options));
    let view = smf::View::open(&first, smf::Limits::default()).expect("a module");
    assert!(view.notes().expect("notes").possible.iter().any(|row| row.template == "largest"));
}

#[test]
fn errors_name_lines_of_a_library_without_text() {
    let library = compile("lists.spl", LISTS, &[], &options(Compression::None, Text::LeftOut));
    let mut app = session();
    app.add_module("app.spl", "use lists.{fail_at, largest}\nprint fail_at(5)\n");
    add(&mut app, &[("lists.smf", &library)]);
    let shown = run(&mut app);
    assert!(shown.contains("lists.spl:56:5") && shown.contains("app.spl:2:7"), "{shown}");
    let mut wrong = session();
    wrong.add_module("app.spl", "use lists.{largest}\nstruct P:\n    x: i64\nprint largest([P(x: 1)])\n");
    add(&mut wrong, &[("lists.smf", &library)]);
    assert_eq!(wrong.check(), Err(Failure::Rejected));
    assert!(findings(&wrong).contains('>'), "{}", findings(&wrong));
}

#[test]
fn what_does_not_fit_is_refused() {
    let options = options(Compression::None, Text::LeftOut);
    let library = compile("lists.spl", LISTS, &[], &options);
    let app = compile("app.spl", APP, &[("lists.smf", &library)], &options);
    // Another version of the library.
    let other = compile("lists.spl", &LISTS.replace("item.doubled()", "item.size()"), &[], &options);
    let mut session = session();
    let added = session.add_library("app.smf", &app);
    done(&session, added);
    let missing = session.add_library("lists.smf", &other);
    done(&session, missing);
    assert_eq!(session.check(), Err(Failure::Rejected));
    assert!(findings(&session).contains("app.smf"), "{}", findings(&session));
    // Damage.
    for at in [0, library.len() / 2, library.len() - 3] {
        let mut damaged = library.clone();
        damaged[at] ^= 1;
        let mut session = self::session();
        assert_eq!(session.add_library("lists.smf", &damaged), Err(Failure::Rejected));
        assert!(findings(&session).contains("lists.smf is not a module"), "{}", findings(&session));
    }
}

const NEWER: &str = r#"
use std.json.{Json, of}
use std.iter.{Iter, from_fn}
export numbers, Ring, shown
gen numbers(n: i64) -> i64:
    for i in 0..n:
        yield i * i
struct Ring<T, const SIZE: i64>:
    items: [T]
    fn room() -> i64: SIZE - self.items.len()
trait Secret:
    fn secret() -> text
fn shown<T: !Secret>(x: T, y) -> Json:
    Json.Array([of("{x}"), of(y)])
"#;

const NEWER_APP: &str = r#"
use newer.{numbers, Ring, shown}
use std.json.{Json}
val ring: Ring<text, 3> = Ring(items: ["a"])
print ring.room()
print [n for n in numbers(4)]
print shown(1, 2.5).to_text()
match shown("a", [1]):
    case Array(items): print items.len()
    case _: print "no array"
"#;

#[test]
fn a_library_brings_the_modules_of_the_standard_library_that_it_uses() {
    let expected = "2\n[0, 1, 4, 9]\n[\"1\",2.5]\n2\n";
    let mut alone = session();
    alone.add_module("app.spl", NEWER_APP);
    alone.add_module("newer.spl", NEWER);
    assert_eq!(run(&mut alone), expected);
    let library = compile("newer.spl", NEWER, &[], &options(Compression::None, Text::LeftOut));
    let mut app = session();
    app.add_module("app.spl", NEWER_APP);
    add(&mut app, &[("newer.smf", &library)]);
    assert_eq!(run(&mut app), expected);
    // Nothing of the program itself asks for `std.json`.
    let mut other = session();
    other.add_module("app.spl", "use newer.{shown}\nprint shown(nil, true).to_text()\n");
    add(&mut other, &[("newer.smf", &library)]);
    assert_eq!(run(&mut other), "[\"nil\",true]\n");
}
