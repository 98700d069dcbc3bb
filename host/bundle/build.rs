//! Finds the linkable runtime that this crate carries inside.

use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-env-changed=SIMPLE_LINKABLE_RUNTIME");
    let built = || {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
        Some(top.join("target/component/runtime-linkable.wasm")).filter(|path| path.exists())
    };
    let Some(path) = std::env::var_os("SIMPLE_LINKABLE_RUNTIME").map(PathBuf::from).or_else(built) else {
        println!("cargo::error=the linkable runtime is not built yet: run `cargo xtask build` once");
        return;
    };
    println!("cargo::rerun-if-changed={}", path.display());
    println!("cargo::rustc-env=SIMPLE_LINKABLE_RUNTIME={}", path.display());
}
