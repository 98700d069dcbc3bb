//! Builds the component: the compiler as one WebAssembly component without imports.

use crate::toolchain::{Platform, Toolchain};
use crate::{Profile, progress, root, target};
use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use std::fs;
use std::path::{Path, PathBuf};

const LIMIT_FILE: &str = "component/size.toml";

/// The path of an up-to-date component: `SIMPLE_COMPONENT` if that is set, the one built before from the same sources, or a new one.
///
/// # Errors
/// There is no toolchain for it, it does not compile, or the result is not a component without imports.
pub fn build(profile: Profile) -> Result<PathBuf> {
    if let Some(given) = std::env::var_os("SIMPLE_COMPONENT") {
        let given = PathBuf::from(given);
        verify(&fs::read(&given).with_context(|| format!("SIMPLE_COMPONENT={}", given.display()))?)?;
        return Ok(given);
    }
    let folder = target().join("component");
    let path = folder.join(format!("simple.{}.wasm", profile.name()));
    let key_path = path.with_extension("key");
    let toolchain = Toolchain::find(Platform::Component)?;
    let key = key(profile.name(), &toolchain, &["wit", "component", "native/runtime"])?;
    if path.exists() && fs::read_to_string(&key_path).is_ok_and(|found| found == key) {
        return Ok(path);
    }
    let build = folder.join("build");
    progress::run(
        "building the component",
        toolchain
            .cargo_build()
            .args(["-p", "guest", "--profile", profile.name(), "--target-dir"])
            .arg(&build),
    )?;
    let module = build.join(Platform::Component.target()).join(profile.name()).join("guest.wasm");
    let module = fs::read(&module).with_context(|| format!("reading {}", module.display()))?;
    let component = wit_component::ComponentEncoder::default()
        .validate(true)
        .module(&module)?
        .encode()
        .context("encoding the component")?;
    verify(&component)?;
    let fresh = path.with_extension("new");
    fs::write(&fresh, component)?;
    fs::rename(&fresh, &path)?;
    fs::write(&key_path, key)?;
    Ok(path)
}

/// Bytes of a component.
#[derive(Deserialize, Clone, Copy)]
#[serde(deny_unknown_fields)]
pub struct Sizes {
    /// The file as it is.
    raw: usize,
    /// Compressed with zstd at level 19.
    compressed: usize,
}

impl std::fmt::Display for Sizes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes, {} bytes compressed (zstd 19)", self.raw, self.compressed)
    }
}

/// How large a component is.
///
/// # Errors
/// The file cannot be read.
pub fn sizes(path: &Path) -> Result<Sizes> {
    let bytes = fs::read(path)?;
    Ok(Sizes { raw: bytes.len(), compressed: zstd::encode_all(&bytes[..], 19)?.len() })
}

/// Compares the size of a component with the limit that is written down; a component that is not optimised for shipping has none.
///
/// # Errors
/// The component has grown beyond its limit, or the limit cannot be read.
pub fn check_size(path: &Path, profile: Profile) -> Result<()> {
    let found = sizes(path)?;
    println!("component: {found}");
    match profile {
        Profile::ComponentDev => Ok(()),
        Profile::Component => {
            let file = root().join(LIMIT_FILE);
            let text = fs::read_to_string(&file).with_context(|| format!("reading {}", file.display()))?;
            let limit: Sizes =
                toml::from_str(&text).with_context(|| format!("reading {}", file.display()))?;
            if found.raw > limit.raw || found.compressed > limit.compressed {
                bail!(
                    "the component is larger than its limit ({limit}): make it smaller, or raise the limit in {LIMIT_FILE}"
                );
            }
            Ok(())
        }
    }
}

/// Checks that bytes are a component that imports nothing.
fn verify(bytes: &[u8]) -> Result<()> {
    wasmparser::Validator::new().validate_all(bytes).context("the component is not valid")?;
    // Only the outermost level counts: what lies inside imports from its neighbours.
    let mut depth = 0;
    for payload in wasmparser::Parser::new(0).parse_all(bytes) {
        match payload? {
            wasmparser::Payload::ModuleSection { .. } | wasmparser::Payload::ComponentSection { .. } => {
                depth += 1;
            }
            wasmparser::Payload::End(_) => depth -= 1,
            wasmparser::Payload::ComponentImportSection(section) if depth == 0 => {
                if let Some(import) = section.into_iter().next() {
                    bail!("the component imports {:?}; it must import nothing", import?.name);
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// A hash of everything that something is made of.
pub(crate) fn key(profile: &str, toolchain: &Toolchain, folders: &[&str]) -> Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(profile.as_bytes());
    hasher.update(toolchain.version()?.as_bytes());
    let mut files = vec![root().join("Cargo.toml"), root().join("Cargo.lock")];
    for folder in folders {
        list(&root().join(folder), &mut files)?;
    }
    files.sort();
    for file in files {
        let text = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        hasher.update(file.strip_prefix(root())?.as_os_str().as_encoded_bytes());
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(&text);
    }
    Ok(hasher.finalize().to_hex().to_string())
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            // Tests, examples and fuzz targets of a crate are no part of it.
            if !["tests", "examples", "fuzz"].iter().any(|part| path.ends_with(part)) {
                list(&path, files)?;
            }
        } else {
            files.push(path);
        }
    }
    Ok(())
}
