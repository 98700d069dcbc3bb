//! The standard library: Simple sources beside this crate.

#![forbid(unsafe_code)]

/// What every program has: paths, as messages name them, and texts. Together they are one module.
pub const SOURCES: &[(&str, &str)] = &[
    ("std/core.spl", include_str!("../core.spl")),
    ("std/option.spl", include_str!("../option.spl")),
    ("std/number.spl", include_str!("../number.spl")),
    ("std/text.spl", include_str!("../text.spl")),
    ("std/range.spl", include_str!("../range.spl")),
    ("std/array.spl", include_str!("../array.spl")),
    ("std/dict.spl", include_str!("../dict.spl")),
    ("std/set.spl", include_str!("../set.spl")),
    ("std/spec.spl", include_str!("../spec.spl")),
];

/// A module that a program has where it says `use std.name`.
#[derive(Clone, Copy, Debug)]
pub struct Module {
    /// What it is called behind `std.`.
    pub name: &'static str,
    /// Its path, as messages name it.
    pub path: &'static str,
    /// Its text.
    pub text: &'static str,
}

macro_rules! modules {
    ($($name:literal $file:literal;)*) => {
        &[$(Module {
            name: $name,
            path: concat!("std/", $file),
            text: include_str!(concat!("../modules/", $file)),
        },)*]
    };
}

/// Modules that are there to be used, each behind those that it uses itself.
pub const MODULES: &[Module] = modules! {
    "base64" "base64.spl";
    "collections" "collections.spl";
    "generator" "generator.spl";
    "hash" "hash.spl";
    "iter" "iter.spl";
    "json" "json.spl";
    "math" "math.spl";
    "random" "random.spl";
    "regex" "regex.spl";
    "result" "result.spl";
    "sdn" "sdn.spl";
    // The name of the file is not that of one of the files above.
    "text" "text_tools.spl";
    "time" "time.spl";
};

/// True for the name of one of the files of [`SOURCES`]: `use std.text` says nothing that would not hold anyway.
pub fn is_part(name: &str) -> bool {
    let stem = |path: &'static str| path.strip_prefix("std/").and_then(|path| path.strip_suffix(".spl"));
    SOURCES.iter().any(|(path, _)| stem(path) == Some(name))
}
