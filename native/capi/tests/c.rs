//! The header is the one that the functions have, and a C program uses them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_header_is_up_to_date() {
    let path = folder().join("include/simple.h");
    let config = cbindgen::Config::from_file(folder().join("cbindgen.toml")).expect("a configuration");
    let sources = ["src/boundary.rs"].map(|source| folder().join(source));
    let made =
        cbindgen::Builder::new().with_config(config).with_src(&sources[0]).generate().expect("a header");
    let mut header = Vec::new();
    made.write(&mut header);
    let header = String::from_utf8(header).expect("a text");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &header).expect("it is written");
    }
    let there = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(there == header, "include/simple.h differs; made by: BLESS=1 cargo test -p capi --test c");
}

/// The library that was built with this test.
fn library() -> PathBuf {
    let exe = std::env::current_exe().expect("this test");
    let deps = exe.parent().expect("its folder");
    let folders = [deps, deps.parent().expect("the folder above")];
    let files = folders.into_iter().flat_map(|folder| std::fs::read_dir(folder).expect("a folder"));
    let libraries = files.map(|file| file.expect("a file").path()).filter(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with("libsimple_capi") && name.ends_with(".a")
    });
    let newest = libraries.max_by_key(|path| path.metadata().and_then(|data| data.modified()).ok());
    newest.expect("the static library is built with its tests")
}

fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{command:?}\n{}\n{}", text(&output.stdout), text(&output.stderr));
    output
}

/// The C program, compiled and linked.
fn compile(into: &Path) -> PathBuf {
    let program = into.join("use");
    succeed(
        Command::new("cc")
            .args(["-std=c11", "-Wall", "-Wextra", "-Werror", "-g"])
            .arg("-I")
            .arg(folder().join("include"))
            .arg(folder().join("tests/use.c"))
            .arg(library())
            .args(["-lpthread", "-ldl", "-lm", "-o"])
            .arg(&program),
    );
    program
}

#[test]
fn a_c_program_uses_the_library() {
    let folder = tempfile::tempdir().expect("a folder");
    check(succeed(&mut Command::new(compile(folder.path()))));
}

/// Where Valgrind is installed: no access to memory that is not there, and nothing lost.
#[test]
fn a_c_program_leaks_nothing() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("there is no valgrind here");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let program = compile(folder.path());
    let suppressions = self::folder().join("tests/valgrind.supp");
    check(succeed(
        Command::new("valgrind")
            .args(["--leak-check=full", "--show-leak-kinds=definite,possible"])
            .args(["--errors-for-leak-kinds=definite,possible", "--error-exitcode=9", "--quiet"])
            .arg(format!("--suppressions={}", suppressions.display()))
            .arg(program),
    ));
}

fn check(output: Output) {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let checks: usize = said.strip_suffix(" checks\n").and_then(|count| count.parse().ok()).expect("a count");
    assert!(checks > 2000, "{said}");
}
