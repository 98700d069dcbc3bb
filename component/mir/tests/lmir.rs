//! Runs the files of legal MIR under `guest-tests`. Their golden part is the lines behind `;| ` at the end; `BLESS=1`
//! writes it anew.

use base::Budget;
use mir::interp::{Execution, Limits, State};
use mir::legal::{Program, text, verify};
use mir::simplify;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

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

/// Directives in comments of a program that is run: `;~ input LINE`, `;~ args A B`, `;~ fuel N`, `;~ depth N`, `;~ memory N`.
struct Setup {
    input: Vec<String>,
    args: Vec<String>,
    limits: Limits,
}

impl Setup {
    fn of(source: &str) -> Setup {
        let limits = Limits { memory: 64 << 20, fuel: 50_000_000, ..Limits::default() };
        let mut setup = Setup { input: Vec::new(), args: Vec::new(), limits };
        for directive in source.lines().filter_map(|line| line.strip_prefix(";~ ")) {
            let (word, rest) = directive.split_once(' ').unwrap_or((directive, ""));
            let number = || rest.parse::<u32>().expect("a directive's number");
            match word {
                "input" => setup.input.push(rest.to_owned()),
                "args" => setup.args.extend(rest.split_whitespace().map(str::to_owned)),
                "fuel" => setup.limits.fuel = number().into(),
                "depth" => setup.limits.depth = number(),
                "memory" => setup.limits.memory = number().into(),
                _ => panic!("there is no directive {word}"),
            }
        }
        setup
    }
}

/// What a program shows, in slices of `step` operations, with its input given line by line when it asks.
fn run(source: &str, program: &Arc<Program>, step: u64) -> (String, u64) {
    let Setup { input, args, limits } = Setup::of(source);
    let mut execution = Execution::new(program.clone(), args, limits).expect("it can be started");
    let (mut shown, mut errors) = (String::new(), String::new());
    let mut input = input.into_iter();
    let state = loop {
        let state = execution.step(step);
        let (out, err) = execution.take_output();
        shown.push_str(&String::from_utf8(out).expect("output is text"));
        errors.push_str(&String::from_utf8(err).expect("output is text"));
        match state {
            State::Running => {}
            State::NeedsInput => match input.next() {
                Some(line) => execution.host_mut().input.push_back(line),
                None => execution.host_mut().input_closed = true,
            },
            State::Exited(_) | State::Failed(_) => break state,
        }
    };
    if !errors.is_empty() {
        write!(shown, "-- stderr\n{errors}").expect("a String");
    }
    match state {
        State::Exited(0) => {}
        State::Exited(code) => writeln!(shown, "-- exit {code}").expect("a String"),
        State::Failed(report) => write!(shown, "-- failed\n{report}").expect("a String"),
        State::Running | State::NeedsInput => unreachable!("these go on"),
    }
    (shown, execution.fuel_used())
}

#[test]
fn rt_files() {
    folder("rt", |source, program| {
        let errors = errors(program);
        if !errors.is_empty() {
            return errors;
        }
        let program = Arc::new(program.clone());
        let (shown, fuel) = run(source, &program, u64::MAX);
        let mut simple = (*program).clone();
        simplify::simplify(&mut simple, &mut Budget::default()).expect("there is no limit");
        assert_eq!(verify::verify(&simple), [], "simplified:\n{}", text::print(&simple));
        let (simple, _) = run(source, &Arc::new(simple), u64::MAX);
        assert_eq!(shown, simple, "simplified");
        // However it is cut into steps, it is the same.
        for step in [1, 7, 1000] {
            assert_eq!((&shown, fuel), (&run(source, &program, step).0, run(source, &program, step).1));
        }
        let mut execution = Execution::new(program, Setup::of(source).args, Setup::of(source).limits)
            .expect("it can be started");
        for line in Setup::of(source).input {
            execution.host_mut().input.push_back(line);
        }
        match execution.run() {
            State::Exited(_) if execution.stats().live_objects != 0 && !source.contains("rt rt_exit") => {
                format!("{shown}-- {} objects are left\n", execution.stats().live_objects)
            }
            _ => shown,
        }
    });
}

/// `;~ func` goes over each function by itself; otherwise the whole program is simplified, calls and all.
#[test]
fn simplify_files() {
    folder("simplify", |source, program| {
        let errors = errors(program);
        if !errors.is_empty() {
            return errors;
        }
        let mut program = program.clone();
        if source.contains(";~ func") {
            for id in program.funcs.ids() {
                simplify::simplify_func(&mut program, id, &mut Budget::default()).expect("there is no limit");
            }
        } else {
            simplify::simplify(&mut program, &mut Budget::default()).expect("there is no limit");
        }
        assert_eq!(verify::verify(&program), [], "simplified:\n{}", text::print(&program));
        text::print(&program)
    });
}
