//! Templates of real programs: those of `guest-tests/run` and `guest-tests/examples`, and of the whole standard library with each, pass the
//! verifier; those of `guest-tests/build` are compared with the golden part of their file, the lines behind `#| ` at the end. `BLESS=1` writes it anew.

use base::Cx;
use mir::{build, generic_text, generic_verify};
use sema::hir::{FnKind, Program};
use std::path::{Path, PathBuf};

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest-tests").join(folder);
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.expect("a folder can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "spl"))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "no test in {}", folder.display());
    files
}

/// The checked program, or what is wrong with it.
fn checked(path: &Path, source: &str) -> Result<(Cx, Program), String> {
    let mut cx = Cx::default();
    let file = cx.sources.add("test.spl", source);
    let module = syntax::parse(&mut cx, file);
    let program =
        sema::check_alone(&mut cx, stdlib::SOURCES, &module).map_err(|_| "out of budget".to_owned())?;
    if cx.diags.has_errors() {
        let errors: Vec<String> = cx
            .diags
            .list()
            .iter()
            .map(|d| format!("  {}: {}", cx.sources.line_col(d.primary.span).line, d.message))
            .collect();
        return Err(format!("{}:\n{}", path.display(), errors.join("\n")));
    }
    Ok((cx, program))
}

/// Whatever is wrong with templates of the program.
fn verified(cx: &mut Cx, program: &Program) -> Result<(), String> {
    let mut errors = Vec::new();
    for (id, function) in program.fns.iter() {
        if let FnKind::Body(_) = function.kind {
            let body =
                build::template(program, id, &mut cx.budget).map_err(|_| "out of budget".to_owned())?;
            if let Err(found) = generic_verify::verify(program, &body) {
                errors.extend(found);
                errors.push(generic_text::text(program, &cx.names, &body));
            }
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors.join("\n")) }
}

#[test]
fn templates_of_programs_are_sound() {
    let mut failures = Vec::new();
    let mut sound = 0;
    for path in ["run", "examples"].into_iter().flat_map(files) {
        let source = std::fs::read_to_string(&path).expect("a program is text");
        // What the checker makes of them is tested where they are run.
        let Ok((mut cx, program)) = checked(&path, &source) else { continue };
        match verified(&mut cx, &program) {
            Ok(()) => sound += 1,
            Err(message) => failures.push(format!("{}: {message}", path.display())),
        }
    }
    assert!(failures.is_empty(), "{} failed:\n{}", failures.len(), failures.join("\n"));
    assert!(sound > 30, "only {sound} programs were checked");
}

#[test]
fn templates_are_as_written() {
    let bless = std::env::var_os("BLESS").is_some();
    let mut failures = Vec::new();
    for path in files("build") {
        let whole = std::fs::read_to_string(&path).expect("a program is text");
        let source: String = whole.split_inclusive('\n').filter(|line| !line.starts_with("#|")).collect();
        let expected: String = whole.split_inclusive('\n').filter(|line| line.starts_with("#|")).collect();
        let observed = checked(&path, &source).and_then(|(mut cx, program)| {
            verified(&mut cx, &program)?;
            generic_text::program_text(&program, &cx.names, &mut cx.budget)
                .map_err(|_| "out of budget".to_owned())
        });
        let observed = match observed {
            Ok(text) => text,
            Err(message) => {
                failures.push(message);
                continue;
            }
        };
        let golden: String =
            observed.lines().map(|line| format!("#| {line}").trim_end().to_owned() + "\n").collect();
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
