//! What names mean, and what could be written, as a session tells it.

use driver::{Entity, Index, Kind, OptLevel, Options, Session};

fn session(files: &[(&str, &str)]) -> Session {
    let options =
        Options { budget: 100_000_000, optimization: OptLevel::None, verify: false, max_output: 1 << 30 };
    let mut session = Session::new(options);
    for (path, text) in files {
        session.add_module(path, text);
    }
    session
}

/// The file of the session's first module.
fn first(session: &Session, path: &str) -> base::FileId {
    use base::EntityId as _;
    (0..100)
        .map(base::FileId::from_index)
        .find(|&id| session.source(id).is_some_and(|file| file.path == path))
        .expect("the file")
}

fn index(files: &[(&str, &str)]) -> (Index, Session) {
    let mut session = session(files);
    let file = first(&session, files[0].0);
    let index = session.places(file).expect("an answer");
    (index, session)
}

/// The n-th use of a word: what it means, and where that is declared, as line and column.
fn at<'i>(index: &'i Index, session: &Session, text: &str, word: &str, nth: usize) -> (&'i Entity, String) {
    let start = text.match_indices(word).nth(nth).expect("the word").0 as u32;
    let found =
        index.uses.iter().find(|it| it.span.start == start && it.span.end == start + word.len() as u32);
    let entity = &index.entities[found.unwrap_or_else(|| panic!("`{word}` means nothing")).entity as usize];
    let place = entity.declared.map_or("nowhere".to_owned(), |span| {
        let file = session.source(span.file).expect("a file");
        let place = file.line_col(span.start);
        format!("{}:{}:{}", file.path, place.line, place.column)
    });
    (entity, place)
}

const PROGRAM: &str = r#"use shapes.{area, Shape as S}
use shapes

## A place.
struct Point:
    x: i64
    y: i64 = 2
    ## How far.
    fn norm(scale: i64 = 1) -> i64:
        self.x * scale + self.y

enum Color: Red, Custom(i64)

fn twice(f, v):
    f(f(v))

fn largest<T>(xs: [T]) -> T:
    var best = xs[0]
    for x in xs:
        if x > best: best = x
    best

val p = Point(x: 3)
val q = Point { x: 1, y: 2 }
var total = p.norm(scale: 2) + p.x
total = total + twice(\n: n + 1, 5)
val c = Color.Custom(4)
match c:
    case Red: print "red"
    case Color.Custom(level): print "{level} {total}"
print area(3)
print shapes.area(4)
val s = S.Round
fn outer(a):
    fn inner(b: i64): a + b
    inner(1)
print outer(2)
print [1, 2].map(_ + total).len()
"#;

const SHAPES: &str = "# The size.\npub fn area(r: i64) -> i64: r * r\npub enum Shape: Round, Flat\n";

#[test]
fn meanings() {
    let (index, session) = index(&[("main.spl", PROGRAM), ("shapes.spl", SHAPES)]);
    assert!(session.diagnostics().is_empty(), "{:?}", session.diagnostics());
    let check = |word: &str, nth: usize, kind: Kind, detail: &str, place: &str| {
        let (entity, declared) = at(&index, &session, PROGRAM, word, nth);
        assert_eq!(
            (entity.kind, entity.detail.as_str(), declared.as_str()),
            (kind, detail, place),
            "{word} {nth}"
        );
    };
    check("area", 0, Kind::Function, "fn area(r: i64) -> i64", "shapes.spl:2:8");
    check("area", 1, Kind::Function, "fn area(r: i64) -> i64", "shapes.spl:2:8");
    check("shapes", 1, Kind::Module, "module shapes.spl", "shapes.spl:1:1");
    check("Point", 0, Kind::Struct, "struct Point(x: i64, y: i64)", "main.spl:5:8");
    check("Point", 1, Kind::Struct, "struct Point(x: i64, y: i64)", "main.spl:5:8");
    check("norm", 0, Kind::Method, "fn Point.norm(scale: i64 = ..) -> i64", "main.spl:9:8");
    check("norm", 1, Kind::Method, "fn Point.norm(scale: i64 = ..) -> i64", "main.spl:9:8");
    check("scale", 1, Kind::Parameter, "scale: i64", "main.spl:9:13");
    check("scale", 2, Kind::Parameter, "scale: i64", "main.spl:9:13");
    check("twice", 1, Kind::Function, "fn twice(f: fn('v) -> 'v, v) -> 'v", "main.spl:14:4");
    check("best", 2, Kind::Variable, "var best: T", "main.spl:18:9");
    check("Custom", 1, Kind::Variant, "Color.Custom(i64)", "main.spl:12:18");
    check("Red", 1, Kind::Variant, "Color.Red", "main.spl:12:13");
    check("level", 1, Kind::Value, "val level: i64", "main.spl:30:23");
    check("total", 4, Kind::Variable, "var total: i64", "main.spl:25:5");
    check("S", 1, Kind::Enum, "enum Shape(Round, Flat)", "shapes.spl:3:10");
}

#[test]
fn broken_programs_have_meanings() {
    let text = "fn f(a: i64) -> text:\n    val word = \"a\"\n    word + a.nothing\n\nval x = f(1)\nprint x, unknown\nval y = (\n";
    let (index, session) = index(&[("main.spl", text)]);
    assert!(!session.diagnostics().is_empty());
    let (entity, declared) = at(&index, &session, text, "f", 1);
    assert_eq!((entity.detail.as_str(), declared.as_str()), ("fn f(a: i64) -> text", "main.spl:1:4"));
    assert_eq!(at(&index, &session, text, "word", 1).0.detail, "val word: text");
    assert_eq!(at(&index, &session, text, "x", 1).0.detail, "val x: text");
}

fn complete(text: &str) -> Vec<Entity> {
    let at = text.find('|').expect("a cursor");
    let text = text.replacen('|', "", 1);
    let mut session = session(&[("main.spl", &text), ("shapes.spl", SHAPES)]);
    let file = first(&session, "main.spl");
    session.complete(file, at as u32).expect("an answer")
}

fn detail(list: &[Entity], name: &str) -> String {
    list.iter().find(|entity| entity.name == name).map(|entity| entity.detail.clone()).unwrap_or_else(|| {
        let names: Vec<&str> = list.iter().map(|entity| entity.name.as_str()).collect();
        panic!("`{name}` is not proposed: {names:?}")
    })
}

#[test]
fn proposals() {
    let head = "struct P:\n    x: i64\n    fn norm() -> i64: self.x\n    static fn zero() -> P: P(x: 0)\n\nval p = P(x: 1)\n";
    let members = complete(&format!("{head}print p.|\n"));
    assert_eq!(detail(&members, "x"), "x: i64");
    assert_eq!(detail(&members, "norm"), "fn P.norm() -> i64");
    assert!(members.iter().all(|entity| entity.name != "zero"));
    assert_eq!(detail(&complete(&format!("{head}print p.no|\n")), "norm"), "fn P.norm() -> i64");
    assert_eq!(
        detail(&complete(&format!("{head}val q = P.|\nprint q\n")), "zero"),
        "static fn P.zero() -> P"
    );
    let values = complete(&format!("{head}fn g(count: i64):\n    val inner = \"a\"\n    print in|\n    5\n"));
    assert_eq!(detail(&values, "inner"), "val inner: text");
    assert_eq!(detail(&values, "count"), "count: i64");
    assert_eq!(detail(&values, "p"), "val p: P");
    assert_eq!(detail(&values, "g"), "fn g(count: i64) -> '1");
    assert!(values.iter().all(|entity| !entity.name.starts_with("rt_")));
    assert!(detail(&complete("val xs = [1, 2]\nxs.|\n"), "push").contains("[T].push("));
    assert_eq!(detail(&complete(&format!("{head}fn h(a: P|): a\n")), "P"), "struct P(x: i64)");
    assert_eq!(detail(&complete("fn h(a: |): a\n"), "i64"), "i64");
    assert_eq!(detail(&complete("use shapes\nprint shapes.|\n"), "area"), "fn area(r: i64) -> i64");
    assert_eq!(detail(&complete("use shapes.{ar|}\n"), "area"), "fn area(r: i64) -> i64");
    assert_eq!(detail(&complete("use shapes\nval s: shapes.|\n"), "Shape"), "enum Shape(Round, Flat)");
    assert_eq!(detail(&complete("enum E: A, B\nval e = E.|\n"), "B"), "E.B");
    assert_eq!(detail(&complete("enum E: A, B\nval e = E.A\nmatch e:\n    case E.|: 1\n"), "B"), "E.B");
    assert!(complete("# no | thing\n").is_empty());
    assert!(complete("val a = \"te|xt\"\n").is_empty());
    assert!(!complete("|").is_empty());
}

#[test]
fn declarations() {
    let (index, session) = index(&[("main.spl", PROGRAM), ("shapes.spl", SHAPES)]);
    let shown: Vec<String> = index
        .declarations
        .iter()
        .map(|it| {
            let parent = it
                .parent
                .map_or(String::new(), |at| format!("{}.", index.declarations[at as usize].entity.name));
            format!("{:?} {parent}{}", it.entity.kind, it.entity.name)
        })
        .collect();
    let wanted = [
        "Struct Point",
        "Field Point.x",
        "Field Point.y",
        "Method Point.norm",
        "Enum Color",
        "Variant Color.Red",
    ];
    assert_eq!(&shown[..6], &wanted);
    let documented: Vec<&str> = index
        .declarations
        .iter()
        .map(|it| it.entity.documentation.as_str())
        .filter(|text| !text.is_empty())
        .collect();
    assert_eq!(documented, ["A place.", "How far."]);
    let (area, _) = at(&index, &session, PROGRAM, "area", 1);
    assert_eq!(area.documentation, "The size.");
}
