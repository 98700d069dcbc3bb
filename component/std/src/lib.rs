//! The standard library: Simple sources beside this crate.

#![forbid(unsafe_code)]

/// Paths, as messages name them, and texts. Together they are one module.
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
