//! Whole programs of the run suite, from text to the interpreter: with and without simplification they must print the same, end as their
//! directives say, and leave nothing on the heap. `ONLY=name` picks programs by a part of their name, and prints what they do; `DUMP=1` prints their code.

use base::Cx;
use mir::interp::{Execution, Limits, State};
use mir::library::Templates;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[test]
fn programs_run() {
    let only = std::env::var("ONLY").unwrap_or_default();
    let mut failures = Vec::new();
    let mut count = 0;
    for path in programs() {
        let name = path.display().to_string();
        if !name.contains(&only) {
            continue;
        }
        count += 1;
        let source = std::fs::read_to_string(&path).expect("a program");
        let result = std::panic::catch_unwind(|| check(&path, &source, !only.is_empty()));
        match result {
            Ok(Ok(())) => {}
            Ok(Err(message)) => failures.push(format!("{name}: {message}")),
            Err(_) => failures.push(format!("{name}: panics")),
        }
    }
    for failure in &failures {
        println!("{failure}\n");
    }
    assert!(failures.is_empty(), "{} of {count} programs fail", failures.len());
}

fn programs() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest-tests");
    let mut all = Vec::new();
    for folder in ["run", "examples"] {
        let Ok(files) = std::fs::read_dir(root.join(folder)) else { continue };
        all.extend(files.map(|file| file.expect("a folder entry").path()));
    }
    all.retain(|path| path.extension().is_some_and(|extension| extension == "spl"));
    all.sort();
    all
}

fn check(path: &Path, source: &str, show: bool) -> Result<(), String> {
    let plain = run(source, false, false)?;
    let simple = run(source, true, show)?;
    if show {
        println!("{}", simple.0);
    }
    if plain != simple {
        return Err(format!("simplified: {simple:?}, else {plain:?}"));
    }
    let (stdout, exit) = simple;
    let mut expected = String::new();
    let mut code = 0;
    let mut golden = false;
    for line in source.lines() {
        if let Some(rest) = line.strip_prefix("#~ exit ") {
            code = rest.trim().parse().expect("an exit code");
        }
        if line.starts_with("#~ stderr") {
            break;
        }
        golden |= line.starts_with("#~ stdout");
        if let Some(rest) = line.strip_prefix("#~ |") {
            expected.push_str(rest.strip_prefix(' ').unwrap_or(rest));
            expected.push('\n');
        }
    }
    if let Ok(text) = std::fs::read_to_string(path.with_extension("out"))
        && !text.is_empty()
    {
        golden = true;
        expected = text;
    }
    if golden && expected != stdout {
        return Err(format!("expected:\n{expected}observed:\n{stdout}"));
    }
    if golden && exit != code {
        return Err(format!("exit code {exit} instead of {code}"));
    }
    Ok(())
}

/// Output and exit code.
fn run(source: &str, simplify: bool, show: bool) -> Result<(String, i64), String> {
    let mut cx = Cx::default();
    let file = cx.sources.add("program.spl", source);
    let module = syntax::parse(&mut cx, file);
    let Ok(mut program) = sema::check_alone(&mut cx, stdlib::SOURCES, &module) else {
        return Err("out of budget".to_owned());
    };
    if cx.diags.has_errors() {
        return Err(findings(&cx));
    }
    let Some(mut program) = mir::instantiate::instantiate(&mut cx, &mut program, &Templates::default())
    else {
        return Err(findings(&cx));
    };
    sound(&program, "after lowering")?;
    if simplify {
        mir::simplify::simplify(&mut program, &mut cx.budget).expect("no limit");
        sound(&program, "after simplification")?;
    }
    if show && std::env::var_os("DUMP").is_some() {
        println!("{}", mir::legal::text::print(&program));
    }
    let limits = Limits { fuel: 3_000_000_000, ..Limits::default() };
    let args = source.lines().filter_map(|line| line.strip_prefix("#~ args "));
    let args = args.flat_map(str::split_whitespace).map(str::to_owned).collect();
    let mut run = Execution::new(Arc::new(program), args, limits)?;
    for line in source.lines() {
        if let Some(line) = line.strip_prefix("#~ stdin ") {
            run.host_mut().input.push_back(line.to_owned());
        }
    }
    let state = run.run();
    let output = String::from_utf8_lossy(&run.take_output().0).into_owned();
    match state {
        State::Exited(code) => {
            if run.stats().live_objects != 0 {
                return Err(format!("{} objects are left\n{output}", run.stats().live_objects));
            }
            Ok((output, code))
        }
        State::Failed(report) if report.kind == abi::ErrorKind::Internal => {
            Err(format!("{report:?}\n{output}"))
        }
        State::Failed(report) => {
            if show {
                println!("{report}");
            }
            Ok((output, 1))
        }
        State::Running | State::NeedsInput => Err("does not end".to_owned()),
    }
}

fn sound(program: &mir::legal::Program, when: &str) -> Result<(), String> {
    let errors = mir::legal::verify::verify(program);
    match errors.first() {
        None => Ok(()),
        Some(error) => {
            let func = error.func.map(|id| mir::legal::text::print_func(program, id)).unwrap_or_default();
            Err(format!("unsound {when}: {error}\n{func}"))
        }
    }
}

fn findings(cx: &Cx) -> String {
    let mut text = String::new();
    for finding in cx.diags.list() {
        let span = finding.primary.span;
        let place = cx.sources.line_col(span);
        let path = &cx.sources.file(span.file).path;
        let _ = writeln!(text, "{path}:{}:{}: {}", place.line, place.column, finding.message);
        for note in &finding.secondary {
            let place = cx.sources.line_col(note.span);
            let path = &cx.sources.file(note.span.file).path;
            let _ = writeln!(text, "    {path}:{}:{}: {}", place.line, place.column, note.text);
        }
    }
    text
}
