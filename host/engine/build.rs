//! Finds the component that the engine carries inside.

use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-env-changed=SIMPLE_COMPONENT");
    let built = || {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
        let folder = top.join("target/component");
        let names = ["simple.component.wasm", "simple.component-dev.wasm"];
        names.map(|name| folder.join(name)).into_iter().find(|path| path.exists())
    };
    let Some(path) = std::env::var_os("SIMPLE_COMPONENT").map(PathBuf::from).or_else(built) else {
        println!("cargo::error=the compiler component is not built yet: run `cargo xtask build` once");
        return;
    };
    println!("cargo::rerun-if-changed={}", path.display());
    match std::fs::read(&path) {
        Ok(bytes) => {
            println!("cargo::rustc-env=SIMPLE_COMPONENT={}", path.display());
            // Here, so that no start of a host has to read the whole component.
            println!("cargo::rustc-env=SIMPLE_COMPONENT_HASH={}", blake3::hash(&bytes));
        }
        Err(error) => println!("cargo::error=cannot read the component {}: {error}", path.display()),
    }
}
