//! The textual door: every form both ways, and what is said about texts that are none.

use driver::{Context, OptLevel, Options, Target};

const PROGRAM: &str = "
trait Show:
    fn show() -> text

struct Pair<A, B>:
    first: A
    second: B

impl Show for Pair<i64, i64>:
    fn show() -> text: \"pair\"

struct Range2:
    n: i64

fn map2<T, U>(items: [T], f: fn(T) -> U) -> [U]: [for item in items: f(item)]
fn describe<T: Show>(item: T) -> text: item.show()
fn identity<T>(x: T) -> T: x
fn each<T>(items: [T], f: fn(T)):
    for item in items: f(item)
";

fn context() -> Context {
    let options =
        Options { budget: 1 << 32, optimization: OptLevel::Speed, verify: true, max_output: 1 << 28 };
    let mut context = Context::new(options, Target::X86_64);
    assert!(context.add("test.spl", PROGRAM.as_bytes()), "{:?}", context.last_error());
    context
}

const INT: &str = r#"{"kind":"int","bits":64,"signed":true}"#;

/// `{name, type_params}`.
fn template(name: &str, params: &[&str]) -> String {
    let params: Vec<String> = params.iter().map(|param| format!("{param:?}")).collect();
    format!(r#"{{"name":{name:?},"type_params":[{}]}}"#, params.join(","))
}

#[test]
fn types_are_inferred() {
    let mut context = context();
    let text = r#"{"kind":"string"}"#;
    let function = format!(r#"{{"kind":"function","args":[{INT}],"elem":{text}}}"#);
    let hints = format!(
        r#"[{{"source":"call_site","param_index":0,"ty":{{"kind":"array","elem":{INT}}}}},{{"source":"call_site","param_index":1,"ty":{function}}}]"#
    );
    assert_eq!(context.infer_types(&template("map2", &["T", "U"]), &hints), format!("[{INT},{text}]"));
    let returned = r#"[{"source":"return","ty":{"kind":"named","name":"Pair","args":[{"kind":"bool"},{"kind":"float","bits":32}]}}]"#;
    assert_eq!(
        context.infer_types(&template("identity", &["T"]), returned),
        r#"[{"kind":"named","name":"Pair","args":[{"kind":"bool"},{"kind":"float","bits":32}]}]"#
    );
    // A described template, an equality over its type parameters, a bound.
    let described = r#"{"name":"both","type_params":["T","U"],"param_types":[{"kind":"generic","name":"T"}],"return_type":{"kind":"generic","name":"U"}}"#;
    let hints = format!(
        r#"[{{"source":"call_site","param_index":0,"ty":{INT}}},{{"source":"constraint","param_index":1,"ty":{{"kind":"array","elem":{{"kind":"generic","name":"T"}}}}}}]"#
    );
    assert_eq!(context.infer_types(described, &hints), format!(r#"[{INT},{{"kind":"array","elem":{INT}}}]"#));
    let bound = format!(
        r#"[{{"source":"constraint","param_index":0,"ty":{{"kind":"named","name":"Show"}}}},{{"source":"assignment","ty":{INT}}}]"#
    );
    let wrong = context.infer_types(&template("identity", &["T"]), &bound);
    assert!(wrong.contains("E1010") && wrong.contains("`T` is to implement `Show`"), "{wrong}");
    assert_eq!(
        context.stats(),
        r#"{"type_inferences":4,"template_instantiations":0,"cache_hits":0,"cache_misses":0}"#
    );
}

/// Every type that JSON has comes back as it went in.
#[test]
fn types_go_both_ways() {
    let mut context = context();
    for ty in [
        r#"{"kind":"int","bits":8,"signed":false}"#,
        r#"{"kind":"int","bits":16,"signed":true}"#,
        r#"{"kind":"float","bits":32}"#,
        r#"{"kind":"bool"}"#,
        r#"{"kind":"string"}"#,
        r#"{"kind":"array","elem":{"kind":"array","elem":{"kind":"bool"}}}"#,
        r#"{"kind":"tuple","args":[]}"#,
        r#"{"kind":"tuple","args":[{"kind":"bool"},{"kind":"string"}]}"#,
        r#"{"kind":"function","args":[]}"#,
        r#"{"kind":"function","args":[{"kind":"bool"}],"elem":{"kind":"string"}}"#,
        r#"{"kind":"named","name":"Option","args":[{"kind":"bool"}]}"#,
        r#"{"kind":"named","name":"Dict","args":[{"kind":"string"},{"kind":"bool"}]}"#,
        r#"{"kind":"named","name":"any","args":[]}"#,
        r#"{"kind":"named","name":"Range","args":[]}"#,
        r#"{"kind":"named","name":"never","args":[]}"#,
        r#"{"kind":"named","name":"dyn Show","args":[]}"#,
        r#"{"kind":"named","name":"Range2","args":[]}"#,
        r#"{"kind":"named","name":"Result","args":[{"kind":"bool"},{"kind":"string"}]}"#,
    ] {
        let hints = format!(r#"[{{"source":"constraint","param_index":0,"ty":{ty}}}]"#);
        assert_eq!(context.infer_types(&template("identity", &["T"]), &hints), format!("[{ty}]"));
    }
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    let mut context = context();
    let identity = template("identity", &["T"]);
    let simd = r#"{"kind":"simd","lanes":4,"elem":{"kind":"float","bits":32}}"#;
    let one = |ty: &str| format!(r#"[{{"source":"call_site","param_index":0,"ty":{ty}}}]"#);
    for (template, hints, expected) in [
        ("{", "[]".to_owned(), "template:1:"),
        (identity.as_str(), "[{}]".to_owned(), "hints:1:"),
        (&identity, one(r#"{"kind":"int","bits":7,"signed":true}"#), "hints:1:"),
        (&identity, one(simd), "hints[0].ty: the language has no simd types"),
        (
            &identity,
            one(&format!(r#"{{"kind":"array","elem":{simd}}}"#)),
            "hints[0].ty.elem: the language has no simd types",
        ),
        (&identity, one(r#"{"kind":"generic","name":"V"}"#), "hints[0].ty: `V` is no type parameter"),
        (&identity, one(r#"{"kind":"named","name":"Option"}"#), "hints[0].ty: `Option` does not take 0"),
        (&identity, one(r#"{"kind":"tuple","args":[{"kind":"bool"}]}"#), "E1024"),
        (&identity, format!(r#"[{{"source":"call_site","ty":{INT}}}]"#), "hints[0]: needs a `param_index`"),
        (
            &identity,
            format!(r#"[{{"source":"return","param_index":0,"ty":{INT}}}]"#),
            "hints[0]: the result has no `param_index`",
        ),
        (&identity, "[]".to_owned(), "E1009: nothing determines `T` of `identity`"),
    ] {
        let found = context.infer_types(template, &hints);
        let expected_start = format!(r#"{{"error":"{expected}"#);
        assert!(found.starts_with(&expected_start), "{found}");
        assert!(context.last_error().is_some_and(|error| error.starts_with(expected)));
    }
    context.infer_types(&identity, &one(INT));
    assert_eq!(context.last_error(), None);
    assert!(!context.add("more.spl", b"fn (\n"));
    assert!(context.last_error().is_some_and(|error| error.starts_with("E0")));
}

#[test]
fn templates_are_instantiated() {
    let mut context = context();
    let map2 = template("map2", &["T", "U"]);
    let types = format!(r#"[{INT},{{"kind":"string"}}]"#);
    let first = context.instantiate_template(&map2, &types);
    assert!(first.starts_with(r#"{"success":true,"code":[83,73,77,80,76,69,65,0"#), "{first}");
    assert_eq!(context.instantiate_template(&map2, &types), first);
    let wrong = context.instantiate_template(&template("describe", &["T"]), &format!("[{INT}]"));
    assert!(wrong.starts_with(r#"{"success":false,"code":[],"error":"E1010"#), "{wrong}");
    assert_eq!(
        context.stats(),
        r#"{"type_inferences":0,"template_instantiations":3,"cache_hits":1,"cache_misses":1}"#
    );
}
