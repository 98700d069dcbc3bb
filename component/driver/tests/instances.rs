//! Instances one by one: what is made, what is found again, what is refused.

use abi::artifact::Artifact;
use driver::{Failure, InstanceOf, Node, OptLevel, Options, Repr, Session, Target};

const PROGRAM: &str = "
struct Point:
    x: i64
    y: i64

val scale = 3

fn largest(items):
    var best = items[0]
    for item in items:
        if item > best: best = item
    best

fn map2<T, U>(items: [T], f: fn(T) -> U) -> [U]: [for item in items: f(item)]

fn sum(points: [Point]) -> i64:
    var total = 0
    for point in points: total += point.x * point.y
    total

fn scaled(n: i64) -> i64: n * scale

fn nest<T>(n: i64, x: T) -> i64:
    if n == 0: 0
    else: nest(n - 1, (x, x))

fn ping<T>(n: i64, x: T) -> i64:
    if n == 0: 0
    else: pong(n - 1, x)

fn pong<T>(n: i64, x: T) -> i64:
    if n == 0: 1
    else: ping(n - 1, x)
";

const INT: Node = Node::Int { bits: 64, signed: true };

fn session(optimization: OptLevel) -> Session {
    let mut session =
        Session::new(Options { budget: 1 << 32, optimization, verify: true, max_output: 1 << 28 });
    session.add_module("test.spl", PROGRAM);
    session.check().unwrap_or_else(|failure| panic!("{failure:?} {:?}", session.diagnostics()));
    session
}

fn wanted(symbol: &str, nodes: &[Node], arguments: &[u32]) -> InstanceOf {
    InstanceOf { nodes: nodes.to_vec(), symbol: symbol.to_owned(), arguments: arguments.to_vec() }
}

#[test]
fn the_instance_stands_in_the_artifact_by_its_name() {
    for optimization in [OptLevel::None, OptLevel::Speed] {
        let mut session = session(optimization);
        for (asked, name, params, results) in [
            // What the body's operators give follows from the first type.
            (
                wanted("largest", &[INT, Node::Array(0)], &[1]),
                "largest<[i64], i64>",
                &[Repr::Ref][..],
                &[Repr::I64][..],
            ),
            (
                wanted("map2", &[Node::Text, Node::Float(64)], &[0, 1]),
                "map2<text, f64>",
                &[Repr::Ref, Repr::Ref],
                &[Repr::Ref],
            ),
            (wanted("sum", &[], &[]), "sum", &[Repr::Ref], &[Repr::I64]),
            (wanted("ping", &[Node::Bool], &[0]), "ping<bool>", &[Repr::I64, Repr::I8], &[Repr::I64]),
        ] {
            for target in [Target::X86_64, Target::Aarch64] {
                let instance = session.instantiate(&asked, target).expect("no limit").expect("an instance");
                assert_eq!((&*instance.name, &*instance.params, &*instance.results), (name, params, results));
                let artifact = Artifact::decode(&instance.artifact).expect("an artifact");
                assert_eq!(artifact.funcs.iter().filter(|func| *func.name == *name).count(), 1);
                assert_eq!((artifact.entry, artifact.globals), (None, None));
            }
        }
        assert!(session.diagnostics().is_empty());
    }
}

#[test]
fn each_is_made_once() {
    let mut session = session(OptLevel::Speed);
    let asked = wanted("largest", &[INT, Node::Array(0)], &[1]);
    let first = session.instantiate(&asked, Target::X86_64).expect("no limit").expect("an instance");
    let work = session.stats().work_units;
    // The same types in another table.
    let again = wanted("test::largest", &[Node::Text, INT, Node::Array(1), INT], &[2, 3]);
    let second = session.instantiate(&again, Target::X86_64).expect("no limit").expect("an instance");
    assert!(std::sync::Arc::ptr_eq(&first, &second));
    assert!(session.stats().work_units - work < 100, "it costs no more than a look");
    session.instantiate(&asked, Target::Aarch64).expect("no limit").expect("an instance");
    let other = wanted("largest", &[Node::Text, Node::Array(0)], &[1]);
    let other = session.instantiate(&other, Target::X86_64).expect("no limit").expect("an instance");
    let stats = session.stats();
    assert_eq!((stats.instantiations, stats.cache_hits, stats.cache_misses), (4, 1, 3));
    assert_eq!(stats.artifact_bytes, other.artifact.len() as u64);
    // What was made belongs to the program that was checked.
    session.add_module("more.spl", "val x = 1\n");
    session.instantiate(&asked, Target::X86_64).expect("no limit").expect("an instance");
    assert_eq!(session.stats().cache_hits, 1);
}

#[test]
fn the_program_is_not_changed_by_questions() {
    let emit = |ask: bool| {
        let mut session = session(OptLevel::Speed);
        if ask {
            let asked = wanted("map2", &[Node::Text, Node::Dict(0, 0)], &[1, 0]);
            session.instantiate(&asked, Target::X86_64).expect("no limit").expect("an instance");
        }
        session.emit(Target::X86_64).expect("a program")
    };
    assert!(emit(false) == emit(true));
}

#[test]
fn what_cannot_be_made_is_said() {
    let mut session = session(OptLevel::Speed);
    for (asked, expected) in [
        (wanted("missing", &[], &[]), "E1001 there is no function called `missing`"),
        (wanted("sum", &[INT], &[0]), "E1016 `sum` takes 0 type arguments, not 1"),
        (wanted("map2", &[INT], &[0]), "E1009 nothing determines `U` of `map2`"),
        (wanted("largest", &[INT], &[0]), "E1004 the type of `items` is to be `i64`"),
        (wanted("largest", &[Node::Named("Point".into(), vec![]), Node::Array(0)], &[1]), "E1011"),
        (
            wanted("scaled", &[], &[]),
            "E0009 not supported yet: an instance of its own that uses the module-level variable `scale`",
        ),
        (wanted("nest", &[INT], &[0]), "E2001 `nest` would be needed for ever larger types"),
        (wanted("map2", &[Node::Parameter(0)], &[0, 0]), "E1024 type 0 mentions a type parameter"),
        (wanted("map2", &[Node::Array(0)], &[0, 0]), "E1024 type 0: it refers to type 0"),
        (
            wanted("map2", &[Node::Int { bits: 9, signed: true }], &[0, 0]),
            "E1024 type 0: there are no integers of 9 bits",
        ),
    ] {
        let found = session.instantiate(&asked, Target::X86_64).expect("no limit").expect_err(expected);
        let text = format!("{} {}", found[0].code.number(), found[0].message);
        assert!(text.starts_with(expected), "{text}");
    }
    assert!(session.diagnostics().is_empty(), "the session lives on");
    let asked = wanted("ping", &[INT], &[0]);
    session.instantiate(&asked, Target::X86_64).expect("no limit").expect("an instance");
}

#[test]
fn a_budget_that_is_used_up_ends_the_session() {
    let checked = session(OptLevel::Speed).stats().work_units;
    let mut session = Session::new(Options {
        budget: checked + 200,
        optimization: OptLevel::Speed,
        verify: false,
        max_output: 1 << 28,
    });
    session.add_module("test.spl", PROGRAM);
    session.check().expect("enough for that");
    let asked = wanted("map2", &[Node::Text, Node::Dict(0, 0)], &[1, 0]);
    assert_eq!(session.instantiate(&asked, Target::X86_64).map(drop), Err(Failure::Rejected));
    assert!(session.diagnostics().iter().any(|found| found.code.number() == "E2002"));
    assert_eq!(session.instantiate(&asked, Target::X86_64).map(drop), Err(Failure::Rejected));
}
