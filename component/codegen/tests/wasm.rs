//! Modules: valid, the same each time, with the code that the files of `guest-tests/emit-wasm` show. `BLESS=1` writes that anew.

use base::Budget;
use codegen::{EmitError, Options, Target};
use guest_tests::files;
use mir::legal::{Program, text};
use std::path::Path;
use wasmparser::{Validator, WasmFeatures};

const GOLDEN: &str = ";| ";

fn read(path: &Path) -> (String, Program) {
    let whole = std::fs::read_to_string(path).expect("a readable test");
    let source: String = whole.split_inclusive('\n').filter(|line| !line.starts_with(";|")).collect();
    let program = text::read(&source).unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
    let errors = mir::legal::verify::verify(&program);
    assert!(errors.is_empty(), "{}: {errors:#?}", path.display());
    (source, program)
}

fn emit(program: &Program) -> Vec<u8> {
    codegen::emit(program, Target::Wasm32, &Options::default(), &mut Budget::default()).expect("a module")
}

/// What every engine of today has.
fn validate(module: &[u8]) -> Result<(), String> {
    let validated = Validator::new_with_features(WasmFeatures::WASM2).validate_all(module);
    validated.map(drop).map_err(|error| error.to_string())
}

#[test]
fn modules_are_valid_and_the_same_each_time() {
    for path in files("emit", "lmir").into_iter().chain(files("emit-wasm", "lmir")) {
        let (_, program) = read(&path);
        let module = emit(&program);
        assert_eq!(validate(&module), Ok(()), "{}", path.display());
        assert_eq!(module, emit(&program), "{}", path.display());
    }
}

#[test]
fn code_is_as_written() {
    let mut failures = Vec::new();
    for path in files("emit-wasm", "lmir") {
        let (source, program) = read(&path);
        let printed = wasmprinter::print_bytes(emit(&program)).expect("a module that can be printed");
        // The functions; what stands around them is the same for all.
        let functions = printed.lines().skip_while(|line| !line.starts_with("  (func "));
        let functions =
            functions.take_while(|line| !line.starts_with("  (data ") && !line.starts_with("  (@"));
        let golden: String =
            functions.map(|line| format!("{GOLDEN}{line}").trim_end().to_owned() + "\n").collect();
        let wanted = source.clone() + &golden;
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, wanted).expect("a test file can be written");
        } else if std::fs::read_to_string(&path).expect("a readable test") != wanted {
            failures.push(format!("{}\n{golden}", path.display()));
        }
    }
    assert!(failures.is_empty(), "other code than written:\n{}", failures.join("\n"));
}

#[test]
fn the_budget_ends_the_work() {
    let (_, program) = read(&files("emit-wasm", "lmir")[0]);
    let emitted = codegen::emit(&program, Target::Wasm32, &Options::default(), &mut Budget::new(1));
    assert_eq!(emitted, Err(EmitError::Exhausted));
}
