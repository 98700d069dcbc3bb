//! Every diagnostic code has a program in `reject/`, `reject-modules/` or `warn/` that shows its message.

use base::Code;
use guest_tests::{files, folders};

/// Codes that `simple check` of a text never gives, and where they are tested.
const ELSEWHERE: &[(Code, &str)] = &[
    (Code::InstantiationLimit, "found when instances are made: instantiate/larger.spl, tests/limits.rs"),
    (Code::ProgramTooLarge, "a limit of artifacts, beyond what a test compiles in good time"),
    (Code::BadLibrary, "about compiled libraries: host/engine/tests/questions.rs"),
    (Code::NotExportable, "about components that are made of a program: tests/components.rs"),
    (Code::BadQuestion, "about questions of other programs: component/driver/tests/instances.rs"),
];

#[test]
fn every_code_has_its_program() {
    let several = folders("reject-modules").into_iter().map(|folder| folder.join("main.spl"));
    let alone = ["reject", "warn"].into_iter().flat_map(|folder| files(folder, "spl"));
    let shown: Vec<String> = alone
        .chain(several)
        .map(|path| std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
        .collect();
    for &code in Code::ALL {
        let title = format!("[{}]: ", code.number());
        let has_program = shown
            .iter()
            .any(|text| text.lines().any(|line| line.starts_with("#~ | ") && line.contains(&title)));
        let elsewhere = ELSEWHERE.iter().any(|(other, _)| *other == code);
        assert!(has_program || elsewhere, "{} ({}): no program shows it", code.number(), code.title());
        assert!(!(has_program && elsewhere), "{} has a program: take it off the list", code.number());
    }
}
