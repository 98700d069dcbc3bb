//! Every form there and back, its exact text, and what is not taken.

use compiler_ffi::*;
use proptest::collection::{btree_set, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use std::fmt::Debug;

fn int(bits: IntWidth, signed: bool) -> TypeInfo {
    TypeInfo::Int { bits, signed }
}

fn i64() -> TypeInfo {
    int(IntWidth::W64, true)
}

fn types() -> impl Strategy<Value = TypeInfo> {
    let leaf = prop_oneof![
        (select(&IntWidth::ALL), any::<bool>()).prop_map(|(bits, signed)| int(bits, signed)),
        select(&FloatWidth::ALL).prop_map(|bits| TypeInfo::Float { bits }),
        Just(TypeInfo::Bool),
        Just(TypeInfo::String),
        any::<String>().prop_map(|name| TypeInfo::Generic { name }),
    ];
    leaf.prop_recursive(5, 30, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        prop_oneof![
            (any::<String>(), vec(inner.clone(), 0..4))
                .prop_map(|(name, args)| TypeInfo::Named { name, args }),
            boxed.clone().prop_map(|elem| TypeInfo::Array { elem }),
            vec(inner.clone(), 0..4).prop_map(|args| TypeInfo::Tuple { args }),
            (1..=u32::MAX, boxed.clone()).prop_map(|(lanes, elem)| TypeInfo::Simd { lanes, elem }),
            (vec(inner, 0..4), option::of(boxed))
                .prop_map(|(args, result)| TypeInfo::Function { args, result }),
        ]
    })
}

fn templates() -> impl Strategy<Value = Template> {
    let params = btree_set(any::<String>(), 0..4).prop_map(|names| names.into_iter().collect());
    (any::<String>(), params, option::of(vec(types(), 0..4)), option::of(types())).prop_map(
        |(name, type_params, param_types, return_type)| Template {
            name,
            type_params,
            param_types,
            return_type,
        },
    )
}

fn hints() -> impl Strategy<Value = Vec<TypeHint>> {
    let sources = [HintSource::CallSite, HintSource::Return, HintSource::Assignment, HintSource::Constraint];
    let hint = (select(sources.to_vec()), option::of(any::<u32>()), types())
        .prop_map(|(source, param_index, ty)| TypeHint { source, param_index, ty });
    vec(hint, 0..4)
}

fn comes_back<T: Form + PartialEq + Debug>(form: T) -> Result<(), TestCaseError> {
    let text = print(&form);
    prop_assert!(!text.contains('\n'));
    prop_assert_eq!(parse::<T>(&text), Ok(form));
    Ok(())
}

proptest! {
    #[test]
    fn a_type_comes_back(ty in types()) {
        comes_back(ty)?;
    }

    #[test]
    fn messages_come_back(
        template in templates(),
        hints in hints(),
        types in vec(types(), 0..4),
        code in vec(any::<u8>(), 0..20),
        error in any::<String>(),
        counts in any::<[u64; 4]>(),
    ) {
        comes_back(template)?;
        comes_back(hints)?;
        comes_back(types)?;
        comes_back(CompilationResult::Code(code))?;
        comes_back(CompilationResult::Error(error.clone()))?;
        comes_back(Failure { error })?;
        let [type_inferences, template_instantiations, cache_hits, cache_misses] = counts;
        comes_back(Stats { type_inferences, template_instantiations, cache_hits, cache_misses })?;
    }

    #[test]
    fn no_text_makes_it_panic(text in "[\\[\\]{}:,\"a-z0-9 ]{0,40}") {
        let _ = parse::<TypeInfo>(&text);
        let _ = parse::<Vec<TypeHint>>(&text);
        let _ = parse::<CompilationResult>(&text);
    }
}

#[track_caller]
fn is<T: Form + PartialEq + Debug>(form: T, text: &str) {
    assert_eq!(print(&form), text);
    assert_eq!(parse(text), Ok(form));
}

#[test]
fn the_text_of_each_form() {
    is(i64(), r#"{"kind":"int","bits":64,"signed":true}"#);
    is(TypeInfo::Float { bits: FloatWidth::W32 }, r#"{"kind":"float","bits":32}"#);
    is(TypeInfo::Bool, r#"{"kind":"bool"}"#);
    is(TypeInfo::String, r#"{"kind":"string"}"#);
    is(
        TypeInfo::Named { name: "Vec".to_owned(), args: vec![int(IntWidth::W32, false)] },
        r#"{"kind":"named","name":"Vec","args":[{"kind":"int","bits":32,"signed":false}]}"#,
    );
    is(TypeInfo::Generic { name: "T".to_owned() }, r#"{"kind":"generic","name":"T"}"#);
    is(TypeInfo::Array { elem: Box::new(TypeInfo::Bool) }, r#"{"kind":"array","elem":{"kind":"bool"}}"#);
    is(TypeInfo::Tuple { args: vec![] }, r#"{"kind":"tuple","args":[]}"#);
    is(
        TypeInfo::Simd { lanes: 4, elem: Box::new(TypeInfo::Float { bits: FloatWidth::W32 }) },
        r#"{"kind":"simd","lanes":4,"elem":{"kind":"float","bits":32}}"#,
    );
    is(
        TypeInfo::Function { args: vec![TypeInfo::Bool], result: Some(Box::new(TypeInfo::String)) },
        r#"{"kind":"function","args":[{"kind":"bool"}],"elem":{"kind":"string"}}"#,
    );
    is(TypeInfo::Function { args: vec![], result: None }, r#"{"kind":"function","args":[]}"#);
    is(
        Template {
            name: "id".to_owned(),
            type_params: vec!["T".to_owned()],
            param_types: Some(vec![TypeInfo::Generic { name: "T".to_owned() }]),
            return_type: Some(TypeInfo::Bool),
        },
        r#"{"name":"id","type_params":["T"],"param_types":[{"kind":"generic","name":"T"}],"return_type":{"kind":"bool"}}"#,
    );
    is(
        Template { name: "id".to_owned(), type_params: vec![], param_types: None, return_type: None },
        r#"{"name":"id","type_params":[]}"#,
    );
    for (source, word) in [
        (HintSource::CallSite, "call_site"),
        (HintSource::Return, "return"),
        (HintSource::Assignment, "assignment"),
        (HintSource::Constraint, "constraint"),
    ] {
        is(
            vec![TypeHint { source, param_index: None, ty: TypeInfo::Bool }],
            &format!(r#"[{{"source":"{word}","ty":{{"kind":"bool"}}}}]"#),
        );
    }
    is(
        TypeHint { source: HintSource::CallSite, param_index: Some(0), ty: i64() },
        r#"{"source":"call_site","param_index":0,"ty":{"kind":"int","bits":64,"signed":true}}"#,
    );
    is(CompilationResult::Code(vec![0, 255]), r#"{"success":true,"code":[0,255],"error":null}"#);
    is(CompilationResult::Error("no \"T\"".to_owned()), r#"{"success":false,"code":[],"error":"no \"T\""}"#);
    is(
        Stats { type_inferences: 10, template_instantiations: 5, cache_hits: 3, cache_misses: 2 },
        r#"{"type_inferences":10,"template_instantiations":5,"cache_hits":3,"cache_misses":2}"#,
    );
    is(Failure { error: "no context 7".to_owned() }, r#"{"error":"no context 7"}"#);
}

#[test]
fn what_other_printers_leave_out_or_put_in() {
    let i64 = r#" { "signed" : true, "bits" : 64, "args": [], "name": null, "kind" : "int" } "#;
    assert_eq!(parse(i64), Ok(self::i64()));
    let point = TypeInfo::Named { name: "Point".to_owned(), args: vec![] };
    assert_eq!(parse(r#"{"kind":"named","name":"Point"}"#), Ok(point));
}

#[track_caller]
fn refused<T: Form + Debug>(text: &str, message: &str) {
    let error = parse::<T>(text).expect_err("not the form");
    assert_eq!(error.to_string(), message, "{text}");
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    refused::<TypeInfo>("", "1:0: EOF while parsing a value");
    refused::<TypeInfo>("{\n  \"kind\": bool\n}", "2:11: kind: expected value");
    refused::<TypeInfo>(r#"{"kind":"bool"} {}"#, "1:17: trailing characters");
    refused::<TypeInfo>(r#"{"bits":64}"#, "1:11: missing field `kind`");
    refused::<TypeInfo>(
        r#"{"kind":"integer"}"#,
        "1:17: kind: unknown variant `integer`, expected one of `int`, `float`, `bool`, `string`, `named`, `generic`, `array`, `tuple`, `simd`, `function`",
    );
    refused::<TypeInfo>(
        r#"{"kind":"bool","size":1}"#,
        "1:21: size: unknown field `size`, expected one of `kind`, `name`, `bits`, `signed`, `lanes`, `args`, `elem`",
    );
    refused::<TypeInfo>(r#"{"kind":"bool","kind":"bool"}"#, "1:21: duplicate field `kind`");
    refused::<TypeInfo>(r#"{"kind":"int","signed":true}"#, "1:28: int needs the field `bits`");
    refused::<TypeInfo>(r#"{"kind":"int","bits":64}"#, "1:24: int needs the field `signed`");
    refused::<TypeInfo>(
        r#"{"kind":"int","bits":61,"signed":true}"#,
        "1:38: `bits` of int must be 8, 16, 32 or 64, not 61",
    );
    refused::<TypeInfo>(r#"{"kind":"float","bits":16}"#, "1:26: `bits` of float must be 32 or 64, not 16");
    refused::<TypeInfo>(
        r#"{"kind":"float","bits":-1}"#,
        "1:25: bits: invalid value: integer `-1`, expected u32",
    );
    refused::<TypeInfo>(r#"{"kind":"float","bits":64,"signed":true}"#, "1:40: float has no field `signed`");
    refused::<TypeInfo>(r#"{"kind":"named","args":[]}"#, "1:26: named needs the field `name`");
    refused::<TypeInfo>(r#"{"kind":"generic"}"#, "1:18: generic needs the field `name`");
    refused::<TypeInfo>(
        r#"{"kind":"generic","name":"T","args":[{"kind":"bool"}]}"#,
        "1:54: generic has no field `args`",
    );
    refused::<TypeInfo>(r#"{"kind":"array","elem":null}"#, "1:28: array needs the field `elem`");
    refused::<TypeInfo>(
        r#"{"kind":"simd","lanes":0,"elem":{"kind":"bool"}}"#,
        "1:48: `lanes` of simd must be at least 1",
    );
    refused::<Vec<TypeInfo>>(
        "[{\"kind\":\"bool\"},\n{\"kind\":\"tuple\",\"args\":[{\"kind\":\"array\",\"elem\":{\"kind\":\"int\",\"bits\":1,\"signed\":false}}]}]",
        "2:85: [1].args[0].elem: `bits` of int must be 8, 16, 32 or 64, not 1",
    );
    refused::<Template>(r#"{"name":"id"}"#, "1:13: missing field `type_params`");
    refused::<Template>(
        r#"{"name":"id","type_params":["T","U","T"]}"#,
        "1:41: type_params: the type parameter `T` twice",
    );
    refused::<Vec<TypeHint>>(
        r#"[{"source":"call","ty":{"kind":"bool"}}]"#,
        "1:17: [0].source: unknown variant `call`, expected one of `call_site`, `return`, `assignment`, `constraint`",
    );
    refused::<CompilationResult>(
        r#"{"success":true,"code":[1,256],"error":null}"#,
        "1:29: code[1]: invalid value: integer `256`, expected u8",
    );
    refused::<CompilationResult>(
        r#"{"success":true,"code":[],"error":"x"}"#,
        "1:38: success with an `error`",
    );
    refused::<CompilationResult>(
        r#"{"success":false,"code":[1],"error":"x"}"#,
        "1:40: `code` without success",
    );
    refused::<CompilationResult>(
        r#"{"success":false,"code":[],"error":null}"#,
        "1:40: neither success nor an `error`",
    );
    refused::<Stats>(r#"{"type_inferences":1}"#, "1:21: missing field `template_instantiations`");
    for text in ["[\"no context\"]", "\"no context\"", "7", "null"] {
        let error = parse::<Failure>(text).expect_err("no object");
        assert!(error.message.ends_with("expected an object"), "{error}");
    }
}

/// Nesting without end is an error, not a stack that overflows.
#[test]
fn nesting_has_a_limit() {
    let deep = r#"{"kind":"array","elem":"#.repeat(100_000);
    let error = parse::<TypeInfo>(&deep).expect_err("too deep");
    assert!(error.message.contains("recursion limit exceeded"), "{error}");
}
