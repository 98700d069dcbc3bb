//! Makes large programs for the compile table: every construct of everyday code, no two functions alike.

use std::fmt::Write as _;

/// A program of about `lines` lines that compiles and runs quickly.
pub fn program(lines: usize) -> String {
    let mut text = String::from("# A generated program.\n");
    let mut unit = 0;
    while text.lines().count() + unit + 8 < lines {
        text.push_str(&one(unit));
        unit += 1;
    }
    let _ = writeln!(text, "fn main():\n    var total = 0");
    // Every function is called: what nobody needs is not instantiated, and would cost next to nothing.
    for called in 0..unit {
        let _ = writeln!(text, "    total += work_{called}({})", called % 7 + 3);
    }
    text.push_str("    print total\n");
    text
}

fn one(n: usize) -> String {
    let (a, b, c) = (n % 13 + 2, n % 7 + 3, n % 5 + 1);
    format!(
        r#"
struct Item_{n}:
    name: text
    weight: i64
    score: f64

    fn value() -> i64:
        self.weight * {a} + self.name.len()

    me grow(by: i64):
        self.weight += by

enum Kind_{n}:
    Small(i64)
    Large(text, i64)
    Empty

fn rank_{n}(kind: Kind_{n}) -> i64:
    match kind:
        case Small(k) if k > {b}: k - {c}
        case Small(k): k
        case Large(name, k): name.len() + k
        case Empty: 0

fn work_{n}(limit: i64) -> i64:
    var items: [Item_{n}] = []
    for i in 0..limit:
        items.push(Item_{n}(name: "item {{i}}", weight: i * {b}, score: i as f64 / {a}.0))
    var total = 0
    for i in 0..items.len():
        if items[i].weight % 2 == 0:
            items[i].grow({c})
        total += items[i].value()
    val heavy = items.filter(\x: x.weight > {b}).map(\x: x.weight)
    var index: {{text: i64}} = {{}}
    for item in items:
        index[item.name] = (index[item.name] ?? 0) + item.weight
    while total > {a}000:
        total = total / {b} - 1
    total + heavy.len() + index.len() + rank_{n}(Kind_{n}.Large("x", {c})) + rank_{n}(Kind_{n}.Small(total))
"#
    )
}
