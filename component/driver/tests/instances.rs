//! Instances one by one: what is made, what is found again, what is refused.

use abi::artifact::{Artifact, Symbol, SymbolKind};
use driver::{Failure, InstanceOf, Known, Linkage, Node, OptLevel, Options, Repr, Session, Target};

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

fn deepen<T>(n: i64, x: T) -> i64:
    if n == 0: 0
    else: deepen(n - 1, [x])

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
                "test.spl::largest<[i64], i64>",
                &[Repr::Ref][..],
                &[Repr::I64][..],
            ),
            (
                wanted("map2", &[Node::Text, Node::Float(64)], &[0, 1]),
                "test.spl::map2<text, f64>",
                &[Repr::Ref, Repr::Ref],
                &[Repr::Ref],
            ),
            (wanted("sum", &[], &[]), "test.spl::sum", &[Repr::Ref], &[Repr::I64]),
            (
                wanted("ping", &[Node::Bool], &[0]),
                "test.spl::ping<bool>",
                &[Repr::I64, Repr::I8],
                &[Repr::I64],
            ),
        ] {
            for target in [Target::X86_64, Target::Aarch64] {
                let instance = session.instantiate(&asked, target).expect("no limit").expect("an instance");
                assert_eq!(
                    (&*instance.symbol.0, &*instance.params, &*instance.results),
                    (name, params, results)
                );
                let artifact =
                    Artifact::decode(instance.artifact.as_ref().expect("code")).expect("an artifact");
                assert_eq!(artifact.symbols.iter().filter(|symbol| *symbol.name == *name).count(), 1);
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
    assert_eq!(stats.artifact_bytes, other.artifact.as_ref().expect("code").len() as u64);
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

/// The symbols of an artifact: those that it brings, those that it needs.
fn symbols(artifact: &[u8]) -> (Vec<String>, Vec<String>) {
    let artifact = Artifact::decode(artifact).expect("an artifact");
    let is_import = |symbol: &&Symbol| matches!(symbol.kind, SymbolKind::Import(_));
    let names = |list: Vec<Symbol>| list.into_iter().map(|symbol| symbol.name.to_string()).collect();
    let (needs, brings): (Vec<Symbol>, Vec<Symbol>) =
        artifact.symbols.iter().cloned().partition(|symbol| is_import(&symbol));
    (names(brings), names(needs))
}

/// What a program has once an artifact is linked.
fn linked(artifact: &[u8]) -> Vec<Known> {
    let artifact = Artifact::decode(artifact).expect("an artifact");
    artifact.symbols.iter().map(|own| (own.name.to_string(), own.signature, own.content)).collect()
}

#[test]
fn variables_come_with_what_sets_them() {
    let mut session = session(OptLevel::Speed);
    let made = session.instantiate(&wanted("scaled", &[], &[]), Target::X86_64);
    let made = made.expect("no limit").expect("an instance");
    let (brings, needs) = symbols(made.artifact.as_ref().expect("code"));
    assert_eq!(brings, ["test.spl::scale", "test.spl::scaled", "test.spl::<scale>"]);
    assert!(needs.is_empty());
}

#[test]
fn what_a_program_has_is_referenced() {
    let mut session = session(OptLevel::Speed);
    session.make_reloadable(Linkage::default());
    let asked = wanted("ping", &[INT], &[0]);
    let whole = session.instantiate(&asked, Target::X86_64).expect("no limit").expect("an instance");
    let whole = whole.artifact.clone().expect("code");
    assert_eq!(symbols(&whole).0, ["test.spl::ping<i64>", "test.spl::pong<i64>"]);
    session.add_known(linked(&whole));
    let again = session.instantiate(&asked, Target::X86_64).expect("no limit").expect("an instance");
    assert_eq!(again.artifact, None);
    let other = session.instantiate(&wanted("pong", &[INT], &[0]), Target::X86_64);
    assert_eq!(other.expect("no limit").expect("an instance").artifact, None);
    // With one of them gone, that one is made.
    let known = linked(&whole).into_iter().filter(|(name, ..)| name.contains("pong"));
    session.make_reloadable(Linkage::new(known, false, false));
    let half = session.instantiate(&asked, Target::X86_64).expect("no limit").expect("an instance");
    let (brings, needs) = symbols(half.artifact.as_ref().expect("code"));
    assert_eq!((&*brings[0], &*needs[0]), ("test.spl::ping<i64>", "test.spl::pong<i64>"));
}

#[test]
fn what_is_left_out_is_made_when_asked() {
    let mut session = session(OptLevel::Speed);
    session.make_reloadable(Linkage::new([], false, true));
    let asked = wanted("deepen", &[INT], &[0]);
    let mut made = session.instantiate(&asked, Target::X86_64).expect("no limit").expect("an instance");
    let mut depth = 0;
    loop {
        let artifact = made.artifact.clone().expect("code");
        let (brings, needs) = symbols(&artifact);
        // The first one has what stands for itself, later ones were that.
        assert_eq!((brings.len(), needs.len()), (2, 0), "{brings:?}");
        session.add_known(linked(&artifact));
        let left_out = linked(&artifact).into_iter().find(|(name, ..)| *name != made.symbol.0);
        let (name, signature, _) = left_out.expect("the next one");
        match session.instantiate_symbol(&name, signature, Target::X86_64).expect("no limit") {
            Ok(next) => made = next,
            Err(wrong) => {
                assert_eq!(wrong[0].code.number(), "E2001");
                break;
            }
        }
        depth += 1;
    }
    assert_eq!(depth, 63);
    let unknown = session.instantiate_symbol("nothing", 1, Target::X86_64).expect("no limit");
    assert!(unknown.expect_err("unknown")[0].message.contains("there is no function `nothing`"));
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

#[test]
fn an_instance_has_its_types() {
    let mut session = session(OptLevel::Speed);
    let asked = wanted("map2", &[Node::Text, Node::Float(64)], &[0, 1]);
    let made = session.instantiate(&asked, Target::X86_64).expect("no limit").expect("an instance");
    let driver::InstanceTypes { nodes, params, result } = &made.types;
    let node = |index: u32| &nodes[index as usize];
    let [items, mapped] = params[..] else { panic!("{params:?}") };
    assert!(matches!(*node(items), Node::Array(elem) if *node(elem) == Node::Text));
    let Node::Function(from, to) = node(mapped) else { panic!("{nodes:?}") };
    assert_eq!((node(from[0]), node(*to)), (&Node::Text, &Node::Float(64)));
    assert!(matches!(*node(*result), Node::Array(elem) if *node(elem) == Node::Float(64)));
    assert!(nodes.iter().all(|node| !matches!(node, Node::Parameter(_))));
}

#[test]
fn parts_are_not_made_of_webassembly() {
    let parts = "parts of a program are machine code: a module of WebAssembly is a whole one";
    let mut session = session(OptLevel::Speed);
    let made = session.instantiate(&wanted("sum", &[], &[]), Target::Wasm32).expect("an answer");
    let said: Vec<String> = made.expect_err("it is refused").into_iter().map(|found| found.message).collect();
    assert_eq!(said, [parts]);
    // The session goes on.
    assert!(session.instantiate(&wanted("sum", &[], &[]), Target::X86_64).expect("an answer").is_ok());

    let options =
        Options { budget: 1 << 32, optimization: OptLevel::Speed, verify: true, max_output: 1 << 28 };
    let mut session = Session::new(options);
    session.make_reloadable(Linkage::new([], true, false));
    session.add_module("test.spl", PROGRAM);
    assert_eq!(session.emit(Target::Wasm32), Err(Failure::Rejected));
    assert_eq!(session.diagnostics().last().map(|found| found.message.as_str()), Some(parts));
}
