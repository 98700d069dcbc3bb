//! Generated from `wit/`.
// The generated glue lowers lists and strings into linear memory.
#![allow(unsafe_code, missing_docs, clippy::all)]

wit_bindgen::generate!({
    path: "../../wit",
    world: "compiler",
});

use crate::Component;
export!(Component with_types_in self);
