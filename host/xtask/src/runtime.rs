//! Builds the runtime as modules: the one that programs as WebAssembly import, and the one that they are linked with.

use crate::component::key;
use crate::toolchain::{Platform, Toolchain};
use crate::{progress, target};
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

const PROFILE: &str = "runtime";

/// One of the modules.
#[derive(Clone, Copy)]
pub enum Form {
    /// What programs import.
    Importable,
    /// What programs are linked with: its host is a WASI host, and it carries its relocations.
    Linkable,
}

impl Form {
    const ALL: [Form; 2] = [Form::Importable, Form::Linkable];

    fn platform(self) -> Platform {
        match self {
            Form::Importable => Platform::Runtime,
            Form::Linkable => Platform::LinkableRuntime,
        }
    }

    /// Where the module is, once it is built.
    pub fn path(self) -> PathBuf {
        let name = match self {
            Form::Importable => "runtime.wasm",
            Form::Linkable => "runtime-linkable.wasm",
        };
        target().join("component").join(name)
    }
}

/// Brings both modules up to date: those built before from the same sources, or new ones.
///
/// # Errors
/// There is no toolchain for them, one does not compile, or imports something that nobody gives it.
pub fn build() -> Result<()> {
    Form::ALL.into_iter().try_for_each(build_form)
}

fn build_form(form: Form) -> Result<()> {
    let path = form.path();
    let key_path = path.with_extension("key");
    let toolchain = Toolchain::find(form.platform())?;
    let key = key(PROFILE, &toolchain, &["wit/abi", "native/runtime", "native/runtime-wasm"])?;
    if path.exists() && fs::read_to_string(&key_path).is_ok_and(|found| found == key) {
        return Ok(());
    }
    let build = target().join("component").join("build-runtime");
    let mut command = toolchain.cargo_build();
    command.args(["-p", "runtime-wasm", "--profile", PROFILE, "--target-dir"]).arg(&build);
    let message = match form {
        Form::Importable => "building the runtime module",
        Form::Linkable => {
            // Symbols say what relocations refer to.
            command.args(["--features", "command"]).env("CARGO_PROFILE_RUNTIME_STRIP", "debuginfo");
            "building the linkable runtime"
        }
    };
    progress::run(message, &mut command)?;
    let module = build.join(form.platform().target()).join(PROFILE).join("runtime_wasm.wasm");
    let module = fs::read(&module).with_context(|| format!("reading {}", module.display()))?;
    verify(&module, form)?;
    replace(&path, &module)?;
    fs::write(&key_path, key)?;
    Ok(())
}

fn replace(path: &Path, module: &[u8]) -> Result<()> {
    let fresh = path.with_extension("new");
    fs::write(&fresh, module)?;
    fs::rename(&fresh, path)?;
    Ok(())
}

/// Checks that the module is valid and imports nothing but from its host.
fn verify(bytes: &[u8], form: Form) -> Result<()> {
    wasmparser::Validator::new().validate_all(bytes).context("the runtime module is not valid")?;
    for payload in wasmparser::Parser::new(0).parse_all(bytes) {
        if let wasmparser::Payload::ImportSection(section) = payload? {
            for import in section.into_imports() {
                let import = import?;
                let known = match form {
                    Form::Importable => import.module == "host",
                    Form::Linkable => import.module == "program" || import.module.starts_with("wasi:"),
                };
                if !known {
                    bail!("the runtime module imports {}.{}", import.module, import.name);
                }
            }
        }
    }
    Ok(())
}
