//! Finds the component that the engine carries inside.

use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-env-changed=SIMPLE_COMPONENT");
    let built = || {
        let top = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
        let folder = top.join("target/component");
        ["simple.component.wasm", "simple.component-dev.wasm"]
            .map(|name| folder.join(name))
            .into_iter()
            .find(|p| p.exists())
    };
    match std::env::var_os("SIMPLE_COMPONENT").map(PathBuf::from).or_else(built) {
        Some(path) => {
            println!("cargo::rerun-if-changed={}", path.display());
            println!("cargo::rustc-env=SIMPLE_COMPONENT={}", path.display());
        }
        None => {
            println!("cargo::error=the compiler component is not built yet: run `cargo xtask build` once")
        }
    }
}
