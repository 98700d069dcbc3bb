use super::*;
use proptest::prelude::*;

#[test]
fn appending_is_in_place_and_linear() {
    let mut rt = Table::new().rt();
    let piece = rt.str("ab");
    let mut text = rt.str("");
    for _ in 0..200_000 {
        text = rt.ok(RtFn::rt_text_concat, &[text, piece]);
    }
    assert_eq!(rt.text(text as u32).unwrap().len(), 400_000);
    assert!(rt.stats().peak_bytes < 2_000_000);
    rt.drop(text);
    rt.drop(piece);
    rt.assert_empty();
}

#[test]
fn a_shared_text_is_not_changed() {
    let mut rt = Table::new().rt();
    let first = rt.str("one");
    rt.retain(first as u32).unwrap();
    let second = rt.str("two");
    let both = rt.ok(RtFn::rt_text_concat, &[first, second]);
    assert_eq!(rt.take(first), "one");
    assert_eq!(rt.take(both), "onetwo");
    let twice = rt.ok(RtFn::rt_text_concat, &[second, second]);
    assert_eq!(rt.take(twice), "twotwo");
    rt.assert_empty();
}

#[test]
fn characters() {
    let mut rt = Table::new().rt();
    let text = rt.str("Hello 🌍 W");
    let globe = rt.ok(RtFn::rt_text_char_at, &[text, 6]);
    assert_eq!(rt.take(globe), "🌍");
    let last = rt.ok(RtFn::rt_text_char_at, &[text, -1i64 as u64]);
    assert_eq!(rt.take(last), "W");
    assert_eq!(rt.fails(RtFn::rt_text_char_at, &[text, 9]).message, "index 9 out of range for length 9");
    assert_eq!(rt.ok(RtFn::rt_text_next, &[text, 6]), 10);
    assert!(rt.call(RtFn::rt_text_next, &[text, 7]).is_err());
    rt.drop(text);
    rt.assert_empty();
}

#[test]
fn bytes() {
    let mut rt = Table::new().rt();
    let text = rt.str("a🌍b");
    let byte = |rt: &mut TestRt, at: i64| rt.ok(RtFn::rt_text_byte_at, &[text, at as u64]) as i64;
    assert_eq!([0, 1, 5, 6, -1].map(|at| byte(&mut rt, at)), [0x61, 0xF0, 0x62, -1, -1]);
    let globe = rt.ok(RtFn::rt_text_byte_slice, &[text, 1, 5]);
    assert_eq!(rt.take(globe), "🌍");
    let rest = rt.ok(RtFn::rt_text_byte_slice, &[text, 5, i64::MAX as u64]);
    assert_eq!(rt.take(rest), "b");
    let none = rt.ok(RtFn::rt_text_byte_slice, &[text, 5, -1i64 as u64]);
    assert_eq!(rt.take(none), "");
    let wrong = rt.fails(RtFn::rt_text_byte_slice, &[text, 0, 2]);
    assert_eq!(wrong.message, "a part of a text begins or ends inside of a character");
    let bytes = rt.ok(RtFn::rt_text_bytes, &[text]);
    let again = rt.ok(RtFn::rt_text_from_bytes, &[bytes]);
    assert_eq!(rt.take(again), "a🌍b");
    rt.drop(bytes);
    rt.drop(text);
    rt.assert_empty();
}

#[test]
fn pieces() {
    let mut rt = Table::new().rt();
    let check = |rt: &mut TestRt, function: RtFn, text: &str, other: &str, expected: &str| {
        let (text, other) = (rt.str(text), rt.str(other));
        let args: &[u64] = if function.params().len() == 2 { &[text, other] } else { &[text] };
        let parts = rt.ok(function, args);
        assert_eq!(rt.shows(id::ARRAY_TEXT, parts), expected);
        for object in [text, other, parts] {
            rt.drop(object);
        }
        rt.assert_empty();
    };
    check(&mut rt, RtFn::rt_text_split, "a,b,,c", ",", "[a, b, , c]");
    check(&mut rt, RtFn::rt_text_split, "", ",", "[]");
    check(&mut rt, RtFn::rt_text_split, "xyz", "", "[x, y, z]");
    check(&mut rt, RtFn::rt_text_lines, "one\r\ntwo\n\nlast", "", "[one, two, , last]");
    check(&mut rt, RtFn::rt_text_chars, "aé🌍", "", "[a, é, 🌍]");
}

#[test]
fn changes() {
    let mut rt = Table::new().rt();
    let unary = |rt: &mut TestRt, function: RtFn, text: &str| {
        let text = rt.str(text);
        let result = rt.ok(function, &[text]);
        rt.drop(text);
        rt.take(result)
    };
    assert_eq!(unary(&mut rt, RtFn::rt_text_upper, "straße"), "STRASSE");
    assert_eq!(unary(&mut rt, RtFn::rt_text_capitalize, "hELLO wORLD"), "Hello world");
    assert_eq!(unary(&mut rt, RtFn::rt_text_title, "hELLO  wORLD"), "Hello  World");
    assert_eq!(unary(&mut rt, RtFn::rt_text_reverse, "ab🌍"), "🌍ba");
    let (text, from, to) = (rt.str("a-b-c"), rt.str("-"), rt.str("--"));
    let all = rt.ok(RtFn::rt_text_replace, &[text, from, to, -1i64 as u64]);
    assert_eq!(rt.take(all), "a--b--c");
    let first = rt.ok(RtFn::rt_text_replace, &[text, from, to, 1]);
    assert_eq!(rt.take(first), "a--b-c");
    let padded = rt.ok(RtFn::rt_text_pad, &[text, 10, from, 2]);
    assert_eq!(rt.take(padded), "--a-b-c---");
    let repeated = rt.ok(RtFn::rt_text_repeat, &[text, 3]);
    assert_eq!(rt.take(repeated), "a-b-ca-b-ca-b-c");
    assert_eq!(rt.fails(RtFn::rt_text_repeat, &[text, 1 << 40]).kind, abi::ErrorKind::OutOfMemory);
    for object in [text, from, to] {
        rt.drop(object);
    }
    rt.assert_empty();
}

#[test]
fn numbers_in_texts() {
    let mut rt = Table::new().rt();
    let text = rt.str(" -42\n");
    assert_eq!((rt.ok(RtFn::rt_text_is_int, &[text]), rt.ok(RtFn::rt_text_to_int, &[text]) as i64), (1, -42));
    rt.drop(text);
    let text = rt.str("4.5e1x");
    assert_eq!((rt.ok(RtFn::rt_text_is_float, &[text]), rt.ok(RtFn::rt_text_to_int, &[text])), (0, 0));
    rt.drop(text);
    let hex = rt.ok(RtFn::rt_int_to_base, &[-255i64 as u64, 16]);
    assert_eq!(rt.take(hex), "-ff");
    rt.assert_empty();
}

/// Python's slice, written down a second time.
fn model_slice(chars: &[char], start: Option<i64>, end: Option<i64>, step: i64) -> String {
    let len = chars.len() as i64;
    let place = |bound: i64| if bound < 0 { bound + len } else { bound };
    let mut picked = String::new();
    if step > 0 {
        let end = end.map_or(len, place).min(len);
        let mut i = start.map_or(0, place).max(0);
        while i < end {
            picked.push(chars[i as usize]);
            i += step;
        }
    } else {
        let end = end.map_or(-1, place).max(-1);
        let mut i = start.map_or(len - 1, place).min(len - 1);
        while i > end {
            picked.push(chars[i as usize]);
            i += step;
        }
    }
    picked
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(128) })]
    #[test]
    fn slices_are_pythons(text in "[a-dé🌍]{0,12}", start in prop::option::of(-15i64..15), end in prop::option::of(-15i64..15), step in prop_oneof![-3i64..0, 1i64..4]) {
        let mut rt = Table::new().rt();
        let chars: Vec<char> = text.chars().collect();
        let object = rt.str(&text);
        let bound = |bound: Option<i64>| bound.unwrap_or(i64::MIN) as u64;
        let slice = rt.ok(RtFn::rt_text_slice, &[object, bound(start), bound(end), step as u64]);
        prop_assert_eq!(rt.take(slice), model_slice(&chars, start, end, step));
        rt.drop(object);
        rt.assert_empty();
    }

    #[test]
    fn searches_agree_with_str(text in "[ab]{0,20}", part in "[ab]{0,3}") {
        let mut rt = Table::new().rt();
        let (a, b) = (rt.str(&text), rt.str(&part));
        prop_assert_eq!(rt.ok(RtFn::rt_text_find, &[a, b]) as i64, text.find(&part).map_or(-1, |at| at as i64));
        prop_assert_eq!(rt.ok(RtFn::rt_text_rfind, &[a, b]) as i64, text.rfind(&part).map_or(-1, |at| at as i64));
        prop_assert_eq!(rt.ok(RtFn::rt_text_cmp, &[a, b]) as u32 as i32, text.cmp(&part) as i32);
    }

    // Longer than a piece, where there are borders to get wrong.
    #[test]
    fn long_texts_are_as_short_ones(text in "[aAbΣσ.' é世\n]{0,300}", from in 0usize..300, len in 0usize..150, part in "[ab]{0,3}", limit in -1i64..4) {
        let mut rt = Table::new().rt();
        let chars: Vec<char> = text.chars().collect();
        let long: String = chars.iter().skip(from).take(len).collect();
        for part in [long.as_str(), &part, &format!("{long}b")] {
            let (a, b) = (rt.str(&text), rt.str(part));
            prop_assert_eq!(rt.ok(RtFn::rt_text_find, &[a, b]) as i64, text.find(part).map_or(-1, |at| at as i64));
            prop_assert_eq!(rt.ok(RtFn::rt_text_rfind, &[a, b]) as i64, text.rfind(part).map_or(-1, |at| at as i64));
            prop_assert_eq!(rt.ok(RtFn::rt_text_starts_with, &[a, b]), u64::from(text.starts_with(part)));
            prop_assert_eq!(rt.ok(RtFn::rt_text_ends_with, &[a, b]), u64::from(text.ends_with(part)));
            prop_assert_eq!(rt.ok(RtFn::rt_text_cmp, &[a, b]) as u32 as i32, text.as_str().cmp(part) as i32);
            let new = rt.str("<>");
            let replaced = rt.ok(RtFn::rt_text_replace, &[a, b, new, limit as u64]);
            let limit = usize::try_from(limit).unwrap_or(usize::MAX);
            prop_assert_eq!(rt.take(replaced), text.replacen(part, "<>", limit));
            if !part.is_empty() {
                let split = rt.ok(RtFn::rt_text_split, &[a, b]);
                let parts: Vec<&str> = text.split(part).collect();
                prop_assert_eq!(rt.shows(id::ARRAY_TEXT, split), format!("[{}]", parts.join(", ")));
            }
        }
        let a = rt.str(&text);
        let one = |function, rt: &mut TestRt| { let made = rt.ok(function, &[a]); rt.take(made) };
        prop_assert_eq!(one(RtFn::rt_text_upper, &mut rt), text.to_uppercase());
        prop_assert_eq!(one(RtFn::rt_text_lower, &mut rt), text.to_lowercase());
        prop_assert_eq!(one(RtFn::rt_text_reverse, &mut rt), text.chars().rev().collect::<String>());
        let spaced = format!("{}{text}{}", " ".repeat(from), "\n".repeat(len));
        let a = rt.str(&spaced);
        for (sides, trimmed) in [(1, spaced.trim_start()), (2, spaced.trim_end()), (3, spaced.trim())] {
            let object = rt.ok(RtFn::rt_text_trim, &[a, sides]);
            prop_assert_eq!(rt.take(object), trimmed);
        }
    }
}
