//! Finds the runtime module that the sandbox carries inside.

use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-env-changed=SIMPLE_RUNTIME");
    let built = || {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
        Some(top.join("target/component/runtime.wasm")).filter(|path| path.exists())
    };
    let Some(path) = std::env::var_os("SIMPLE_RUNTIME").map(PathBuf::from).or_else(built) else {
        println!("cargo::error=the runtime module is not built yet: run `cargo xtask build` once");
        return;
    };
    println!("cargo::rerun-if-changed={}", path.display());
    match std::fs::read(&path) {
        Ok(bytes) => {
            println!("cargo::rustc-env=SIMPLE_RUNTIME={}", path.display());
            println!("cargo::rustc-env=SIMPLE_RUNTIME_HASH={}", blake3::hash(&bytes));
        }
        Err(error) => println!("cargo::error=cannot read the runtime module {}: {error}", path.display()),
    }
}
