//! Questions about templates through the real component, typed and in JSON.

use abi::artifact::Artifact;
use engine::questions::{
    Answer, Hint, InstanceOf, Instantiation, MachineType, ParameterType, Question, Template,
};
use engine::types::{FunctionType, IntType, Node};
use engine::{
    Compression, Engine, Limits, ModuleOptions, Optimization, Options, Session, Settings, Start, Target,
};
use std::sync::OnceLock;

const PROGRAM: &str = "
fn map2<T, U>(items: [T], f: fn(T) -> U) -> [U]: [for item in items: f(item)]
fn largest(items):
    var best = items[0]
    for item in items:
        if item > best: best = item
    best
";

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| Engine::new(Settings { start: Start::Baseline, cache: None }).expect("an engine"))
}

fn options() -> Options {
    Options { budget: 1 << 40, optimization: Optimization::Speed, verify: true, max_output: 64 << 20 }
}

fn session() -> Session {
    let mut session = engine().session(&options(), Limits::default()).expect("a session");
    session.add_module("test.spl", PROGRAM).expect("a module");
    session
}

const INT: Node = Node::Int(IntType { bits: 64, signed: true });

fn question(hints: Vec<Hint>) -> Question {
    let function = Node::Function(FunctionType { params: vec![0], result: 1 });
    Question {
        nodes: vec![INT, Node::Text, Node::Array(0), function],
        template: Template::Symbol("map2".to_owned()),
        hints,
    }
}

#[test]
fn type_arguments_are_inferred() {
    let mut session = session();
    let items = Hint::CallSite(ParameterType { parameter: 0, ty: 2 });
    let mapped = Hint::CallSite(ParameterType { parameter: 1, ty: 3 });
    let answers = session
        .infer_all(&[question(vec![items.clone(), mapped.clone()]), question(vec![items, Hint::Return(0)])])
        .expect("answers");
    let [Answer::Inferred(found), Answer::Wrong(wrong)] = answers.as_slice() else { panic!("{answers:?}") };
    let names: Vec<&str> = found.arguments.iter().map(|argument| argument.name.as_str()).collect();
    assert_eq!(names, ["T", "U"]);
    assert!(matches!(found.nodes[found.arguments[0].ty as usize], Node::Int(_)));
    assert!(matches!(found.nodes[found.arguments[1].ty as usize], Node::Text));
    assert_eq!(wrong[0].code, "E1004");
    assert!(matches!(session.infer(&question(vec![mapped])).expect("an answer"), Answer::Inferred(_)));
    assert_eq!(session.stats().expect("stats").inferences, 3);
}

#[test]
fn instances_are_made_once() {
    let mut session = session();
    let wanted =
        InstanceOf { nodes: vec![INT, Node::Array(0)], symbol: "largest".to_owned(), arguments: vec![1] };
    let mut made = Vec::new();
    for _ in 0..2 {
        match session.instantiate(&wanted, Target::X8664).expect("an answer") {
            Instantiation::Made(instance) => made.push(instance),
            Instantiation::Wrong(wrong) => panic!("{wrong:?}"),
        }
    }
    assert_eq!(made[0].artifact, made[1].artifact);
    assert_eq!(made[0].symbol.name, "test.spl::largest<[i64], i64>");
    assert!(matches!(made[0].params[..], [MachineType::Reference]));
    assert!(matches!(made[0].results[..], [MachineType::I64]));
    let artifact = Artifact::decode(made[0].artifact.as_ref().expect("code")).expect("an artifact");
    assert!(artifact.symbols.iter().any(|symbol| *symbol.name == *made[0].symbol.name));
    let stats = session.stats().expect("stats");
    assert_eq!((stats.instantiations, stats.cache_hits, stats.cache_misses), (2, 1, 1));
}

#[test]
fn the_same_in_json() {
    let mut alone = engine().session(&options(), Limits::default()).expect("a session");
    alone.add_module("lists.spl", PROGRAM).expect("a module");
    let module = ModuleOptions {
        targets: Vec::new(),
        compression: Compression::Zstd,
        sources: false,
        stub: Vec::new(),
    };
    let library = alone.compile(&module).expect("a module file");
    let mut context = engine().context(&options(), Target::X8664, Limits::default()).expect("a context");
    assert!(context.add("lists.smf", &library).expect("an answer"));
    let template = r#"{"name":"map2","type_params":["T","U"]}"#;
    let int = r#"{"kind":"int","bits":64,"signed":true}"#;
    let hints = format!(
        r#"[{{"source":"call_site","param_index":0,"ty":{{"kind":"array","elem":{int}}}}},{{"source":"return","ty":{{"kind":"array","elem":{{"kind":"bool"}}}}}}]"#
    );
    let types = context.infer_types(template, &hints).expect("an answer");
    assert_eq!(types, format!(r#"[{int},{{"kind":"bool"}}]"#));
    let made = context.instantiate_template(template, &types).expect("an answer");
    assert!(made.starts_with(r#"{"success":true,"code":[83,73,"#), "{made}");
    assert_eq!(
        context.stats().expect("stats"),
        r#"{"type_inferences":1,"template_instantiations":1,"cache_hits":0,"cache_misses":1}"#
    );
    assert!(context.check_types(&library).expect("an answer"));
    let mut damaged = library.clone();
    damaged[library.len() / 2] ^= 1;
    assert!(!context.check_types(&damaged).expect("an answer"));
    assert!(context.last_error().expect("an answer").is_some_and(|error| error.starts_with("E1023")));
    let wrong = context.infer_types(template, "[]").expect("an answer");
    assert!(wrong.starts_with(r#"{"error":"E1009"#), "{wrong}");
}
