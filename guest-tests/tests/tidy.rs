//! The rules of the house, as tests: who may depend on whom, how large files are, where `unsafe` stands, what no file says.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("the checkout")
}

/// Every file that belongs to the project, by its path from the top.
fn files() -> Vec<(String, PathBuf)> {
    fn walk(folder: &Path, top: &Path, into: &mut Vec<(String, PathBuf)>) {
        for entry in fs::read_dir(folder).expect("a readable folder") {
            let path = entry.expect("a readable entry").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                if !name.starts_with("target") && name != ".git" && name != "node_modules" {
                    walk(&path, top, into);
                }
            } else {
                into.push((
                    path.strip_prefix(top).expect("below the top").to_string_lossy().into_owned(),
                    path,
                ));
            }
        }
    }
    let mut all = Vec::new();
    walk(&root(), &root(), &mut all);
    all.sort();
    all
}

fn rust_files() -> Vec<(String, String)> {
    files()
        .into_iter()
        .filter(|(name, _)| name.ends_with(".rs"))
        .map(|(name, path)| (name, fs::read_to_string(path).expect("a readable file")))
        .collect()
}

/// Crate name to (folder, ordinary dependencies).
fn crates() -> BTreeMap<String, (String, BTreeSet<String>)> {
    let mut crates = BTreeMap::new();
    for (name, path) in files() {
        let Some(folder) = name.strip_suffix("/Cargo.toml") else { continue };
        let manifest: toml::Table = fs::read_to_string(path).expect("a file").parse().expect("a manifest");
        let Some(package) = manifest.get("package") else { continue };
        let crate_name = package["name"].as_str().expect("a name").to_owned();
        let depends = |table: &str| {
            manifest
                .get(table)
                .and_then(|t| t.as_table())
                .map(|t| t.keys().cloned().collect())
                .unwrap_or_default()
        };
        let mut all: BTreeSet<String> = depends("dependencies");
        all.extend::<BTreeSet<String>>(depends("build-dependencies"));
        crates.insert(crate_name, (folder.to_owned(), all));
    }
    crates
}

/// What each crate of ours may use of our own. The picture is in the README's architecture section.
const ARROWS: &[(&str, &[&str])] = &[
    ("abi", &[]),
    ("base", &[]),
    ("stdlib", &[]),
    ("syntax", &["base"]),
    ("sema", &["base", "syntax", "abi"]),
    ("runtime", &["abi"]),
    ("mir", &["base", "sema", "abi", "runtime"]),
    ("codegen", &["base", "mir", "abi"]),
    ("smf", &[]),
    ("smf-fuzz", &["smf"]),
    ("compiler-ffi", &[]),
    (
        "driver",
        &["base", "stdlib", "syntax", "sema", "mir", "codegen", "smf", "compiler-ffi", "abi", "runtime"],
    ),
    ("guest", &["base", "driver"]),
    ("exec", &["abi", "runtime"]),
    ("runtime-wasm", &["abi", "runtime"]),
    ("source", &[]),
    ("engine", &["source"]),
    ("stop", &["abi"]),
    ("loader", &["abi", "exec", "runtime", "engine", "sandbox", "stop"]),
    ("sandbox", &["abi", "runtime", "engine", "source", "stop"]),
    ("bundle", &["abi"]),
    ("lsp", &["engine", "source"]),
    ("simple", &["abi", "bundle", "engine", "source", "loader", "sandbox", "lsp"]),
    ("capi", &["compiler-ffi", "engine", "loader"]),
    ("xtask", &[]),
    ("guest-tests", &[]),
    ("syntax-fuzz", &["base", "syntax"]),
    ("sema-fuzz", &["base", "syntax", "sema", "stdlib"]),
    ("mir-fuzz", &["base", "mir"]),
    ("abi-fuzz", &["abi"]),
];

/// Third-party crates that only some of ours may use.
const CONFINED: &[(&str, &[&str])] = &[
    ("cranelift-codegen", &["codegen"]),
    ("cranelift-frontend", &["codegen"]),
    ("wasm-encoder", &["codegen", "bundle"]),
    ("wit-bindgen", &["guest"]),
    ("wasmtime", &["engine", "sandbox"]),
    ("cap-std", &["source"]),
    ("serde_json", &["simple", "lsp", "compiler-ffi"]),
    ("memmap2", &["exec"]),
    ("ruzstd", &["smf"]),
    ("lz4_flex", &["smf"]),
];

#[test]
fn arrows_between_crates() {
    let crates = crates();
    let ours: BTreeSet<&String> = crates.keys().collect();
    let mut wrong = Vec::new();
    for (name, (_, depends)) in &crates {
        let Some((_, allowed)) = ARROWS.iter().find(|(known, _)| known == name) else {
            wrong.push(format!("{name} is not in the list of arrows"));
            continue;
        };
        for on in depends {
            if ours.contains(on) && !allowed.contains(&on.as_str()) {
                wrong.push(format!("{name} must not depend on {on}"));
            }
            for (confined, homes) in CONFINED {
                if on == confined && !homes.contains(&name.as_str()) {
                    wrong.push(format!("{name} must not use {on}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_dependency_says_what_for() {
    let mut silent = Vec::new();
    for (name, path) in files().into_iter().filter(|(name, _)| name.ends_with("/Cargo.toml")) {
        let ours: Vec<String> = crates().into_keys().collect();
        let mut inside = false;
        for line in fs::read_to_string(path).expect("a manifest").lines() {
            if line.starts_with('[') {
                inside = line.contains("dependencies");
            }
            let Some((dependency, _)) = line.split_once(['.', ' ', '=']) else { continue };
            if inside
                && !line.contains('#')
                && !line.starts_with('[')
                && !ours.iter().any(|own| own == dependency)
            {
                silent.push(format!("{name}: {dependency}"));
            }
        }
    }
    assert!(silent.is_empty(), "a comment on the line says why:\n{}", silent.join("\n"));
}

#[test]
fn file_sizes() {
    let long: Vec<String> = rust_files()
        .iter()
        .filter(|(_, text)| text.lines().count() > 1000)
        .map(|(name, text)| format!("{name}: {} lines", text.lines().count()))
        .collect();
    assert!(long.is_empty(), "longer than 1000 lines:\n{}", long.join("\n"));
}

#[test]
fn places_that_are_unsafe() {
    let mut found = BTreeMap::new();
    for (name, text) in rust_files() {
        let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
        let count: usize = code
            .map(|line| {
                ["unsafe {", "unsafe fn", "unsafe extern", "unsafe impl", "#[unsafe("]
                    .iter()
                    .map(|form| line.matches(form).count())
                    .sum::<usize>()
            })
            .sum();
        // This file only names the forms it looks for.
        if count > 0 && !name.ends_with("tests/tidy.rs") {
            found.insert(name, count);
        }
    }
    let list = root().join("guest-tests/unsafe.toml");
    let text = fs::read_to_string(&list).expect("the list");
    if std::env::var_os("BLESS").is_some() {
        let head: Vec<&str> = text.lines().take_while(|line| line.starts_with('#')).collect();
        let rows: Vec<String> = found.iter().map(|(name, count)| format!("{name:?} = {count}")).collect();
        fs::write(&list, format!("{}\n{}\n", head.join("\n"), rows.join("\n"))).expect("a written list");
        return;
    }
    let allowed: toml::Table = text.parse().expect("a table");
    let mut wrong = Vec::new();
    for (name, count) in found {
        let most = allowed.get(&name).and_then(toml::Value::as_integer).unwrap_or(0);
        if count as i64 > most {
            wrong.push(format!("{name}: {count} unsafe places, {most} allowed"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_top_level() {
    let expected = BTreeSet::from([
        "Cargo.toml",
        "Cargo.lock",
        "component",
        "host",
        "wit",
        "guest-tests",
        "native",
        "README.md",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "rust-toolchain.toml",
        "rustfmt.toml",
    ]);
    let found: BTreeSet<String> = fs::read_dir(root())
        .expect("the checkout")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && !name.starts_with("target"))
        .collect();
    let strange: Vec<&String> = found.iter().filter(|name| !expected.contains(name.as_str())).collect();
    assert!(strange.is_empty(), "not part of the layout: {strange:?}");
}

#[test]
fn nothing_is_left_undone_in_silence() {
    // Written in parts, so that this file does not find itself.
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:"), concat!("#[ig", "nore")];
    let mut found = Vec::new();
    for (name, text) in rust_files() {
        for word in words {
            if text.contains(word) {
                found.push(format!("{name}: {word}"));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
