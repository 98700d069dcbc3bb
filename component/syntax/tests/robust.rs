//! Whatever the text, the parser returns: no panic, no endless loop, no place outside the text.

use base::{Budget, Cx};
use proptest::prelude::*;

#[path = "../fuzz/check.rs"]
mod fuzz;

use fuzz::check;
use guest_tests::mutate;

#[test]
fn damaged_programs() {
    let corpus = mutate::corpus(&["run", "parse", "lex", "reject", "diag"], "spl");
    mutate::damaged(&corpus, 4_000, |data| check(&String::from_utf8_lossy(data)));
}

/// Pieces of programs, glued at random.
const PIECES: &[&str] = &[
    "fn f(a, b: i64) -> i64:",
    "struct P:",
    "class C<T>:",
    "enum E:",
    "trait T:",
    "impl T for P:",
    "if ",
    "elif ",
    "else:",
    "else",
    "match x:",
    "case ",
    "| ",
    "for x in ",
    "while ",
    "loop:",
    "val ",
    "var ",
    "return ",
    "break",
    "'o: ",
    "'a'",
    "x",
    "y.z",
    "Foo",
    "E.V",
    "_",
    "_1",
    "1",
    "2.5",
    "10_km",
    "\"t\"",
    "\"a {",
    "}\"",
    "\"{x:>5}\"",
    "\"\"\"",
    "f\"{",
    "\\x: ",
    "\\",
    "fn(",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ":",
    ";",
    ".",
    "..",
    "..=",
    "...",
    "?",
    "??",
    "?.",
    ".?",
    "->",
    "=>",
    "|>",
    "=",
    "+=",
    ":=",
    "==",
    "<",
    ">",
    ">>",
    ">=",
    "+",
    "-",
    "*",
    "**",
    "/",
    "//",
    "%",
    "&",
    "^",
    "~",
    "!",
    "@",
    "@d",
    "#[a]",
    " and ",
    " or ",
    "not ",
    " in ",
    " is ",
    " as ",
    " then ",
    " unwrap or: ",
    "nil",
    "true",
    "self",
    "use a.b",
    "pub ",
    "extern fn g()",
    "static ",
    "me m():",
    "type A = ",
    "assert ",
    "defer x",
    "describe \"d\":",
    "mixin M:",
    "s{1}",
    "sql{",
    "#if a",
    "# c",
    "/*",
    "*/",
    "/// d",
    " ",
    "  ",
    "\t",
    "\n",
    "\n    ",
    "\n        ",
    "\n  ",
    "\r\n",
    "\\\n",
    "é",
    "§",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in any::<String>()) {
        check(&text);
    }

    #[test]
    fn any_ascii_lines(text in "([ -~\t]{0,30}\n){0,12}") {
        check(&text);
    }

    #[test]
    fn soups(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..80), spaced in any::<bool>()) {
        check(&pieces.join(if spaced { " " } else { "" }));
    }

    #[test]
    fn any_budget(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..60), limit in 0u64..200) {
        let mut cx = Cx { budget: Budget::new(limit), ..Cx::default() };
        let file = cx.sources.add("soup.spl", &pieces.join(" "));
        syntax::parse(&mut cx, file);
    }
}

/// Each construct, nested far too deep, on a small stack.
#[test]
fn deep_nesting() {
    let openers = [
        "(",
        "[",
        "{1: ",
        "f(",
        "a.b(",
        "x[",
        "not ",
        "- ",
        "if a: ",
        "if a then ",
        "\\x: ",
        "fn(): ",
        "match x: case 1: ",
        "a ?? ",
        "a ** ",
        "1 + (",
        "\"{f(",
        "[for x in ",
        "return ",
        "val x = (",
        "f x ",
        "|x| ",
        "T { a: ",
        "f<T>(",
        "&",
        "await ",
        "x as [",
        "fn f(a: ",
        "val x: [",
        "val x: fn(",
        "val x: List<",
        "val (",
        "for (",
        "match x: case V(",
        "a < b(",
        "'o: loop: ",
        "x if y else ",
        "fn f(): ",
        "{for x in xs: (",
        "(a, ",
        "for x in y: ",
        "while ",
        "x unwrap or: ",
    ];
    let run = move || {
        for opener in openers {
            check(&opener.repeat(3000));
            check(&format!("x = {}", opener.repeat(3000)));
        }
        let lines =
            |head: &str| (0..400).map(|depth| format!("{}{head}\n", " ".repeat(depth))).collect::<String>();
        for head in
            ["if a:", "fn f():", "match x:", "case 1:", "f(\\x:", "class A:", "loop:", "else:", "x = f:"]
        {
            check(&lines(head));
        }
        check(&format!("x = a{}", " + b".repeat(5000)));
        check(&format!("x = a{}", ".b".repeat(5000)));
        check(&format!("x = a{}", "()".repeat(5000)));
        check(&format!("val x: T{}", "?".repeat(5000)));
        check(&format!("if a: b\n{}", "elif c: d\n".repeat(5000)));
    };
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(run).expect("a thread");
    thread.join().expect("no panic");
}

/// The limits of the parser leave passes over the tree enough stack.
#[test]
fn long_lines_end() {
    for text in [
        "(".repeat(100_000),
        "{a".repeat(100_000),
        "'a\\".repeat(100_000),
        "a<b ".repeat(100_000),
        "m{".repeat(50_000),
    ] {
        check(&text);
        check(&format!("x = \"{text}"));
    }
}
