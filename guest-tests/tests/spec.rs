//! `simple test` through the real command: every file of `spec/` passes on every engine; what is printed about files of `spec-reports/`
//! is as the golden files beside them say (`BLESS=1` writes them).

use guest_tests::simple;
use std::path::Path;
use std::process::Output;

const ENGINES: [&str; 3] = ["native", "interp", "wasm"];

fn test(folder: &str, args: &[&str]) -> Output {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut all = vec!["test", "--color", "never"];
    all.extend(args);
    simple::run(&folder, &all, b"")
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The output without the times in it.
fn timeless(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        // A slow example shows its time.
        let shown = line.strip_suffix(" ms)").and_then(|start| start.rfind(" ("));
        let mut rest = shown.map_or(line, |at| &line[..at]);
        while let Some(at) = rest.find(" time=\"") {
            let end = rest[at + 7..].find('"').map_or(rest.len(), |end| at + 7 + end);
            out.push_str(&rest[..at]);
            out.push_str(" time=\"_");
            rest = &rest[end..];
        }
        if let Some(at) = rest.find("\"seconds\": ") {
            let comma = if rest.ends_with(',') { "," } else { "" };
            out.push_str(&rest[..at]);
            out.push_str("\"seconds\": _");
            rest = comma;
        }
        match rest.strip_suffix(" s)").and_then(|start| start.rfind(", ")) {
            Some(at) if rest.starts_with("Results: ") => {
                out.push_str(&rest[..at]);
                out.push_str(", _ s)");
            }
            Some(_) | None => out.push_str(rest),
        }
        out.push('\n');
    }
    out
}

fn golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec-reports").join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, found).expect("the golden file is written");
    }
    let expected = std::fs::read_to_string(&path).expect("there is a golden file");
    assert!(found == expected, "not as in {name}:\n{found}");
}

#[test]
fn specifications_hold_on_every_engine() {
    for engine in ENGINES {
        let output = test("spec", &["--engine", engine]);
        let text = stdout(&output);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{engine}: {text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        assert!(text.contains(" 0 failed"), "{engine}: {text}");
    }
}

#[test]
fn failures_are_shown_with_their_values() {
    for engine in ENGINES {
        let output = test("spec-reports", &["--engine", engine, "failures_spec.spl"]);
        assert_eq!(output.status.code(), Some(1), "{engine}");
        golden("failures.out", &timeless(&stdout(&output)));
    }
}

#[test]
fn expected_errors_are_compared() {
    for engine in ENGINES {
        let output = test("spec-reports", &["--engine", engine, "raises_spec.spl"]);
        assert_eq!(output.status.code(), Some(1), "{engine}");
        golden("raises.out", &timeless(&stdout(&output)));
        // Without the runner nothing is tried.
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec");
        let alone = simple::run(&folder, &["run", "--engine", engine, "run_time_errors_spec.spl"], b"");
        let text = stdout(&alone);
        assert_eq!(alone.status.code(), Some(0), "{engine}: {text}");
        assert!(text.contains("were not tried: `simple test` does that"), "{engine}: {text}");
    }
}

#[test]
fn reports_for_programs() {
    for format in ["junit", "json"] {
        let output = test("spec-reports", &["--format", format, "failures_spec.spl"]);
        assert_eq!(output.status.code(), Some(1), "{format}");
        golden(&format!("failures.{format}"), &timeless(&stdout(&output)));
    }
}

#[test]
fn an_error_outside_of_examples_is_told() {
    for engine in ENGINES {
        let output = test("spec-reports", &["--engine", engine, "outside_spec.spl"]);
        assert_eq!(output.status.code(), Some(1), "{engine}");
        golden("outside.out", &timeless(&stdout(&output)));
    }
}

#[test]
fn a_file_that_does_not_compile_fails_alone() {
    let output = test("spec-reports", &["wrong_spec.spl", "failures_spec.spl", "--filter", "is fine"]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(text.contains("✗ does not compile\n  error[E1001]") && text.contains("✓ is fine"), "{text}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn examples_are_chosen_by_name_and_tag() {
    let listed = test("spec", &["--list", "--tag", "fast", "groups_spec.spl"]);
    let text = stdout(&listed);
    assert!(text.contains("is slow [fast, slow]") && !text.contains("hooks"), "{text}");

    let slow = stdout(&test("spec", &["--tag", "slow", "groups_spec.spl"]));
    assert!(slow.contains("✓ is slow") && slow.contains("Results: 1 total, 1 passed"), "{slow}");

    let named =
        stdout(&test("spec", &["--filter", "group hides", "--filter", "variables of a group are", "."]));
    assert!(named.contains("✓ are set by hooks") && named.contains("Results: 1 total, 1 passed"), "{named}");

    let none = test("spec", &["--filter", "there is no such example"]);
    assert_eq!(none.status.code(), Some(0));
    assert!(stdout(&none).contains("Results: 0 total"), "{}", stdout(&none));
}

#[test]
fn stops_at_the_first_failure() {
    for engine in ENGINES {
        let output = test("spec-reports", &["--engine", engine, "--fail-fast", "failures_spec.spl"]);
        assert_eq!(output.status.code(), Some(1));
        let text = stdout(&output);
        assert!(text.contains("Results: 1 total, 0 passed, 1 failed"), "{text}");
    }
}

#[test]
fn files_are_kept_compiled_and_results_do_not_depend_on_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |args: &[&str]| {
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec");
        let mut command = std::process::Command::new(simple::path());
        command.args(["test", "--color", "never"]).args(args).arg("generics_spec.spl");
        let output = simple::run_command(command.current_dir(here).env("XDG_CACHE_HOME", folder.path()), b"");
        timeless(&stdout(&output))
    };
    let kept = || {
        let files = walk(folder.path());
        files.iter().filter(|name| name.contains("artifact-")).count()
    };
    let first = run(&["--no-cache", "--jobs", "1"]);
    assert_eq!(kept(), 0);
    assert!(first.contains(" 0 failed"), "{first}");
    for engine in ["native", "wasm"] {
        assert_eq!(run(&["--engine", engine]), first, "{engine}, made");
        assert_eq!(run(&["--engine", engine]), first, "{engine}, kept");
    }
    assert_eq!(kept(), 2);
}

/// The files in a folder and below.
fn walk(folder: &Path) -> Vec<String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(walk(&path));
        } else {
            files.push(path.display().to_string());
        }
    }
    files
}

#[test]
fn an_endless_example_is_stopped() {
    for engine in ENGINES {
        let output = test("spec-reports", &["--engine", engine, "--timeout", "2s", "endless_spec.spl"]);
        assert_eq!(output.status.code(), Some(1));
        let text = stdout(&output);
        assert!(text.contains("✗ never ends") && text.contains("time limit"), "{engine}: {text}");
        assert!(text.contains("✓ goes on"), "{engine}: {text}");
    }
}

#[test]
fn a_test_file_that_is_run_prints_for_people() {
    for engine in ENGINES {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("spec");
        let output = simple::run(&folder, &["run", "--engine", engine, "matchers_spec.spl"], b"");
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(0), "{engine}: {text}");
        assert!(text.contains("whole lines\n  \x1b[32m✓\x1b[0m compares\n"), "{engine}: {text}");
        assert!(text.contains("Results: 11 total, 11 passed, 0 failed"), "{engine}: {text}");
    }
}

#[test]
fn a_folder_without_tests_is_an_error() {
    let output = test("bench", &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no test file here"));
}

#[test]
fn examples_of_documentation() {
    for engine in ENGINES {
        let fine = test("doctest", &["--doctest", "--engine", engine, "geometry.spl"]);
        let text = stdout(&fine);
        assert_eq!(fine.status.code(), Some(0), "{engine}: {text}");
        assert!(text.contains("Results: 3 total, 3 passed, 0 failed"), "{engine}: {text}");
        let wrong = test("doctest", &["--doctest", "--engine", engine, "wrong.md"]);
        assert_eq!(wrong.status.code(), Some(1), "{engine}");
        golden("doctest.out", &timeless(&stdout(&wrong)));
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("doctest");
    let all = simple::run(&folder, &["doctest", "--list"], b"");
    assert!(stdout(&all).contains("line 4: val r = Rect(w: 2, h: 3)"), "{}", stdout(&all));
}
