//! A program's code in shares: the same bytes and the same counts as in one piece, however many there are.

use driver::{
    Compression, Failure, ModuleOptions, OptLevel, Options, Purpose, Session, ShareOf, Stats, Target, Text,
};
use std::path::{Path, PathBuf};

const BUDGET: u64 = 1 << 32;

struct Program {
    modules: Vec<(String, String)>,
    options: Options,
}

impl Program {
    fn new(modules: &[(&str, &str)], optimization: OptLevel, budget: u64) -> Program {
        let modules = modules.iter().map(|&(path, text)| (path.to_owned(), text.to_owned())).collect();
        Program { modules, options: Options { budget, optimization, verify: false, max_output: 1 << 28 } }
    }

    fn session(&self) -> Session {
        let mut session = Session::new(self.options.clone());
        for (path, text) in &self.modules {
            session.add_module(path, text);
        }
        session
    }

    /// A session that has all shares.
    fn shared(&self, purpose: Purpose, targets: &[Target], count: u32) -> Session {
        let mut sessions: Vec<Session> = (0..count).map(|_| self.session()).collect();
        for &target in targets {
            let shares: Vec<Vec<u8>> = (0..)
                .zip(&mut sessions)
                .map(|(index, session)| {
                    session.emit_share(target, purpose, ShareOf { index, count }).expect("a share")
                })
                .collect();
            sessions[0].add_shares(target, purpose, &shares).expect("shares that fit");
        }
        sessions.swap_remove(0)
    }

    fn artifact(&self, target: Target) -> (Vec<u8>, Stats) {
        let mut session = self.session();
        (session.emit(target).expect("an artifact"), session.stats().clone())
    }
}

fn programs(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest-tests").join(folder);
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "spl"));
    paths.sort();
    paths
}

const MODULES: [(&str, &str); 3] = [
    (
        "main.spl",
        "use shapes.{Square, total}\nuse words\nprint total([Square(2), Square(3)])\nprint words.shout(\"hey\")\n",
    ),
    (
        "shapes.spl",
        "struct Square:\n    side: i64\n\n    fn area() -> i64: self.side * self.side\n\nfn total(all: [Square]) -> i64:\n    var sum = 0\n    for it in all:\n        sum += it.area()\n    sum\n",
    ),
    ("words.spl", "fn shout(word): \"{word}!\"\n"),
];

/// Whose code is made in shares: a module of WebAssembly is made in one piece.
const MACHINES: [Target; 2] = [Target::X86_64, Target::Aarch64];

#[test]
fn artifacts_do_not_depend_on_the_number_of_shares() {
    let mut seen = 0;
    for folder in ["examples", "run"] {
        // Of the many small ones every eighth.
        for path in programs(folder).iter().step_by(if folder == "run" { 8 } else { 1 }) {
            let text = std::fs::read_to_string(path).expect("a text");
            let name = path.file_name().expect("a name").to_string_lossy();
            for optimization in [OptLevel::Speed, OptLevel::None] {
                let program = Program::new(&[(&name, &text)], optimization, BUDGET);
                for target in MACHINES {
                    let alone = program.artifact(target);
                    for count in 1..=3 {
                        let mut shared = program.shared(Purpose::Artifact, &[target], count);
                        let artifact = shared.emit(target).expect("an artifact");
                        assert!(artifact == alone.0, "{name}: {count} shares for {target:?} differ");
                        assert_eq!(shared.stats(), &alone.1, "{name}: {count} shares for {target:?}");
                        seen += 1;
                    }
                }
            }
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn a_program_of_several_modules() {
    let program = Program::new(&MODULES, OptLevel::Speed, BUDGET);
    let alone = program.artifact(Target::X86_64).0;
    for count in 1..=3 {
        let mut shared = program.shared(Purpose::Artifact, &[Target::X86_64], count);
        assert!(shared.emit(Target::X86_64).expect("an artifact") == alone, "{count}");
        // What comes afterwards needs the functions themselves, and makes them.
        assert!(shared.emit(Target::X86_64).expect("an artifact") == alone, "{count}, again");
    }
}

#[test]
fn module_files_with_code_for_several_machines() {
    let options = ModuleOptions {
        targets: MACHINES.to_vec(),
        compression: Compression::None,
        text: Text::Kept,
        stub: Vec::new(),
    };
    // The last one has nothing to run.
    for modules in [&MODULES[..], &MODULES[2..]] {
        let program = Program::new(modules, OptLevel::Speed, BUDGET);
        let alone = program.session().compile(&options).expect("a module file");
        for count in 1..=3 {
            let mut shared = program.shared(Purpose::Module, &MACHINES, count);
            assert!(shared.compile(&options).expect("a module file") == alone, "{count}");
        }
    }
}

#[test]
fn the_budget_ends_both_at_the_same_place() {
    let text = include_str!("../../../guest-tests/examples/tour.spl");
    let whole = Program::new(&[("tour.spl", text)], OptLevel::Speed, BUDGET);
    let work = whole.artifact(Target::X86_64).1.work_units;
    for budget in [work, work - 1] {
        let program = Program::new(&[("tour.spl", text)], OptLevel::Speed, budget);
        let mut alone = program.session();
        // Each share alone is within the budget; all of them together are what counts.
        let mut shared = program.shared(Purpose::Artifact, &[Target::X86_64], 2);
        let results = [alone.emit(Target::X86_64), shared.emit(Target::X86_64)];
        assert_eq!(results[0].is_ok(), budget == work);
        assert!(results[0] == results[1], "budget {budget}");
        assert_eq!(alone.diagnostics(), shared.diagnostics());
        assert_eq!(alone.stats(), shared.stats());
    }
}

#[test]
fn shares_of_another_program_or_of_half_of_it_are_refused() {
    let program = Program::new(&MODULES, OptLevel::Speed, BUDGET);
    let other = Program::new(&[("other.spl", "print 1\n")], OptLevel::Speed, BUDGET);
    let target = Target::X86_64;
    let all = ShareOf { index: 0, count: 1 };
    let foreign = other.session().emit_share(target, Purpose::Artifact, all).expect("a share");
    let mut session = program.session();
    let refused = session.add_shares(target, Purpose::Artifact, &[foreign]);
    assert!(matches!(refused, Err(Failure::Internal(_))), "{refused:?}");

    let text = include_str!("../../../guest-tests/examples/tour.spl");
    let program = Program::new(&[("tour.spl", text)], OptLevel::Speed, BUDGET);
    let half = ShareOf { index: 0, count: 2 };
    let share = program.session().emit_share(target, Purpose::Artifact, half).expect("a share");
    for shares in [vec![share.clone()], vec![share.clone(), share.clone()]] {
        let mut session = program.session();
        session.add_shares(target, Purpose::Artifact, &shares).expect("they are read");
        assert!(matches!(session.emit(target), Err(Failure::Internal(_))));
    }
    let mut session = program.session();
    for len in 0..64 {
        let cut = session.add_shares(target, Purpose::Artifact, &[share[..len].to_vec()]);
        assert!(matches!(cut, Err(Failure::Internal(_))), "{len}");
    }
}

#[test]
fn a_wrong_program_is_told_by_the_session_that_was_to_use_the_shares() {
    let program = Program::new(&[("wrong.spl", "print a\n")], OptLevel::Speed, BUDGET);
    let mut session = program.session();
    let half = ShareOf { index: 1, count: 2 };
    assert_eq!(session.emit_share(Target::X86_64, Purpose::Artifact, half), Err(Failure::Rejected));
    assert_eq!(session.diagnostics().len(), 1);
    assert_eq!(session.emit(Target::X86_64), Err(Failure::Rejected));
    assert_eq!(session.diagnostics().len(), 1);
}
