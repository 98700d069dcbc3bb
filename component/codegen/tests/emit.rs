//! Emits the programs of `guest-tests/emit` (legal MIR) for each target at each effort, with Cranelift's verifier on, and checks
//! what comes out: that it decodes, is the same each time, and follows the rules for emitted code.

use abi::artifact::Artifact;
use base::Budget;
use codegen::{EmitError, OptLevel, Options, Target};
use mir::legal::{Program, text};
use std::path::PathBuf;

/// What artifacts are for.
const MACHINES: [Target; 2] = [Target::X86_64, Target::Aarch64];

fn programs() -> Vec<(String, Program)> {
    let root = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../guest-tests"));
    let listed = std::fs::read_dir(root.join("emit")).expect("the folder of tests");
    let mut paths: Vec<PathBuf> = listed.map(|entry| entry.expect("an entry").path()).collect();
    paths.push(root.join("verify/sound.lmir"));
    paths.sort();
    let read = |path: PathBuf| {
        let source = std::fs::read_to_string(&path).expect("a readable test");
        let program = text::read(source.split("\n;| ").next().unwrap_or_default());
        let program = program.unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
        let errors = mir::legal::verify::verify(&program);
        assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
        (path.display().to_string(), program)
    };
    paths.into_iter().map(read).collect()
}

fn all_options() -> [Options; 2] {
    [OptLevel::None, OptLevel::Speed].map(|opt| Options { opt, verify: true })
}

#[test]
fn emitted_code_follows_the_rules() {
    for (path, program) in programs() {
        for target in MACHINES {
            for options in all_options() {
                let emit = || codegen::emit(&program, target, &options, &mut Budget::default());
                let bytes = emit().unwrap_or_else(|error| panic!("{path}: {error}"));
                assert_eq!(Ok(&bytes), emit().as_ref(), "{path}: emitting is not deterministic");
                let artifact = Artifact::decode(&bytes).unwrap_or_else(|error| panic!("{path}: {error}"));
                assert_eq!(artifact.encode(), bytes, "{path}: decoding loses something");
                if let Err(violations) = codegen::rules::check_rules(&artifact) {
                    let all: Vec<String> = violations.iter().map(ToString::to_string).collect();
                    panic!("{path} for {target:?}, {options:?}:\n{}", all.join("\n"));
                }
            }
        }
    }
}

#[test]
fn dumps_name_each_function() {
    for (path, program) in programs() {
        for target in MACHINES {
            for dump in [codegen::dump_clif, codegen::dump_asm] {
                let text = dump(&program, target, &Options::default(), &mut Budget::default())
                    .unwrap_or_else(|error| panic!("{path}: {error}"));
                for func in program.funcs.values() {
                    assert!(text.contains(&format!("; {}\n", func.name)), "{path}: {} is missing", func.name);
                }
            }
        }
    }
}

#[test]
fn the_budget_ends_the_work() {
    let (_, program) = programs().swap_remove(0);
    let emitted = codegen::emit(&program, Target::X86_64, &Options::default(), &mut Budget::new(1));
    assert_eq!(emitted, Err(EmitError::Exhausted));
}
