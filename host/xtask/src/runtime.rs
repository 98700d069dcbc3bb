//! Builds the runtime module that programs as WebAssembly import.

use crate::component::key;
use crate::toolchain::{Platform, Toolchain};
use crate::{progress, target};
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::PathBuf;

const PROFILE: &str = "runtime";

/// Where the module is, once it is built.
pub fn path() -> PathBuf {
    target().join("component").join("runtime.wasm")
}

/// The path of an up-to-date module: the one built before from the same sources, or a new one.
///
/// # Errors
/// There is no toolchain for it, it does not compile, or the result imports something that no host gives it.
pub fn build() -> Result<PathBuf> {
    let path = path();
    let key_path = path.with_extension("key");
    let toolchain = Toolchain::find(Platform::Runtime)?;
    let key = key(PROFILE, &toolchain, &["wit/abi", "native/runtime", "native/runtime-wasm"])?;
    if path.exists() && fs::read_to_string(&key_path).is_ok_and(|found| found == key) {
        return Ok(path);
    }
    let build = target().join("component").join("build-runtime");
    progress::run(
        "building the runtime module",
        toolchain
            .cargo_build()
            .args(["-p", "runtime-wasm", "--profile", PROFILE, "--target-dir"])
            .arg(&build),
    )?;
    let module = build.join(Platform::Runtime.target()).join(PROFILE).join("runtime_wasm.wasm");
    let module = fs::read(&module).with_context(|| format!("reading {}", module.display()))?;
    verify(&module)?;
    let fresh = path.with_extension("new");
    fs::write(&fresh, module)?;
    fs::rename(&fresh, &path)?;
    fs::write(&key_path, key)?;
    Ok(path)
}

/// Checks that the module is valid and imports nothing but from its host.
fn verify(bytes: &[u8]) -> Result<()> {
    wasmparser::Validator::new().validate_all(bytes).context("the runtime module is not valid")?;
    for payload in wasmparser::Parser::new(0).parse_all(bytes) {
        if let wasmparser::Payload::ImportSection(section) = payload? {
            for import in section.into_imports() {
                let import = import?;
                if import.module != "host" {
                    bail!("the runtime module imports {}.{}", import.module, import.name);
                }
            }
        }
    }
    Ok(())
}
