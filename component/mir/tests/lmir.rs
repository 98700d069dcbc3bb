//! Runs the files of legal MIR under `guest-tests`. Their golden part is the lines behind `;| ` at the end; `BLESS=1`
//! writes it anew.

use mir::legal::{Program, text, verify};
use std::path::{Path, PathBuf};

/// Runs every file of a folder through `observe` and compares with the golden part.
fn folder(name: &str, observe: impl Fn(&str, &Program) -> String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest-tests").join(name);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "lmir"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no test in {}", folder.display());
    let bless = std::env::var_os("BLESS").is_some();
    let mut failures = Vec::new();
    for path in files {
        let whole = std::fs::read_to_string(&path).expect("a test file is text");
        let source: String = whole.split_inclusive('\n').filter(|line| !line.starts_with(";|")).collect();
        let observed = match text::read(&source) {
            Ok(program) => {
                round_trip(&path, &program);
                observe(&source, &program)
            }
            Err(error) => format!("{error}\n"),
        };
        let golden: String =
            observed.lines().map(|line| format!(";| {line}").trim_end().to_owned() + "\n").collect();
        let expected: String = whole.split_inclusive('\n').filter(|line| line.starts_with(";|")).collect();
        if golden == expected {
            continue;
        }
        if bless {
            std::fs::write(&path, source + &golden).expect("a test file can be written");
        } else {
            failures.push(format!("{}\n-- expected\n{expected}-- observed\n{golden}", path.display()));
        }
    }
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
}

/// Printing and reading again gives the same program.
fn round_trip(path: &Path, program: &Program) {
    let printed = text::print(program);
    match text::read(&printed) {
        Ok(again) => assert_eq!(
            format!("{program:#?}"),
            format!("{again:#?}"),
            "{}: not the same after printing and reading:\n{printed}",
            path.display()
        ),
        Err(error) => panic!("{}: {error} in\n{printed}", path.display()),
    }
}

fn errors(program: &Program) -> String {
    verify::verify(program).iter().map(|error| format!("{error}\n")).collect()
}

#[test]
fn verify_files() {
    folder("verify", |_, program| {
        let errors = errors(program);
        if errors.is_empty() { "sound\n".to_owned() } else { errors }
    });
}
