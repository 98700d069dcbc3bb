//! What every program of the suite compiles to, taken apart: the machine code keeps the rules that a host can check.

use codegen::rules::check_rules;
use driver::{OptLevel, Options, Session, Target};
use guest_tests::files;
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for folder in ["run", "examples", "bench"] {
        for path in files(folder, "spl") {
            for target in [Target::X86_64, Target::Aarch64] {
                let name = format!(
                    "{folder}/{}::{target:?}",
                    path.file_stem().unwrap_or_default().to_string_lossy()
                );
                let path = path.clone();
                trials.push(Trial::test(name, move || check(&path, target)));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn check(path: &Path, target: Target) -> Result<(), Failed> {
    // Every intermediate form is verified on the way, here where it costs nobody anything.
    let options =
        Options { budget: u64::MAX, optimization: OptLevel::Speed, verify: true, max_output: 1 << 30 };
    for in_parts in [false, true] {
        let mut session = Session::new(options.clone());
        if in_parts {
            session.make_reloadable(driver::Linkage::new([], true, false));
        }
        check_session(session, path, target).map_err(|what| format!("in parts: {in_parts}: {what}"))?;
    }
    Ok(())
}

fn check_session(mut session: Session, path: &Path, target: Target) -> Result<(), String> {
    let source = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    session.add_module("program.spl", &source);
    let bytes = session.emit(target).map_err(|failure| {
        let messages: Vec<&str> = session.diagnostics().iter().map(|d| d.message.as_str()).collect();
        format!("{failure:?}: {}", messages.join("; "))
    })?;
    let artifact = abi::artifact::Artifact::decode(&bytes).map_err(|error| format!("{error:?}"))?;
    check_rules(&artifact).map_err(|violations| {
        let first: Vec<String> =
            violations.iter().take(5).map(|violation| format!("{violation:?}")).collect();
        format!("{} violations:\n{}", violations.len(), first.join("\n"))
    })
}
