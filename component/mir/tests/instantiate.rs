//! Programs of `guest-tests/instantiate` and what they are instantiated to: the functions with their signatures, the program's own types; or what is
//! wrong with them. The golden part stands at the end, each line behind `#~ | `; `BLESS=1` writes it anew.

use abi::Repr;
use abi::types::well_known;
use base::Cx;
use mir::library::Templates;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

const MARK: &str = "#~ | ";

#[test]
fn instances() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest-tests/instantiate");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file").path()).collect();
    files.sort();
    let mut wrong = 0;
    for path in files {
        let text = std::fs::read_to_string(&path).expect("a program");
        let (golden, source): (Vec<&str>, Vec<&str>) = text.lines().partition(|line| line.starts_with(MARK));
        let source = source.join("\n") + "\n";
        let golden: String = golden.iter().map(|line| format!("{}\n", &line[MARK.len()..])).collect();
        let result = describe(&source);
        if result == golden {
            continue;
        }
        if std::env::var_os("BLESS").is_some() {
            let lines: String = result.lines().map(|line| format!("{MARK}{line}\n")).collect();
            std::fs::write(&path, source + &lines).expect("a file that can be written");
        } else {
            println!("{}:\nexpected:\n{golden}\nfound:\n{result}", path.display());
            wrong += 1;
        }
    }
    assert_eq!(wrong, 0, "BLESS=1 accepts what was found");
}

fn describe(source: &str) -> String {
    let mut cx = Cx::default();
    let file = cx.sources.add("program.spl", source);
    let module = syntax::parse(&mut cx, file);
    let mut hir = sema::check_alone(&mut cx, stdlib::SOURCES, &module).expect("no limit");
    let mut out = String::new();
    if !cx.diags.has_errors()
        && let Some(program) = mir::instantiate::instantiate(&mut cx, &mut hir, &Templates::default())
    {
        let errors = mir::legal::verify::verify(&program);
        assert!(errors.is_empty(), "{errors:#?}");
        for func in program.funcs.values().filter(|func| !program.locs[func.loc].is_std) {
            let _ = writeln!(
                out,
                "fn {}({}) -> ({})",
                func.name,
                reprs(&func.sig.params),
                reprs(&func.sig.results)
            );
        }
        let text = mir::legal::text::print(&program);
        let own = |line: &&str| {
            line.strip_prefix("ty")
                .and_then(|rest| rest.split(' ').next()?.parse().ok())
                .is_some_and(|id: u32| id >= well_known::FIRST_OWN)
        };
        for line in text.lines().filter(own) {
            let _ = writeln!(out, "{line}");
        }
    }
    for finding in cx.diags.list() {
        let place = cx.sources.line_col(finding.primary.span);
        let _ =
            writeln!(out, "{} {}:{}: {}", finding.code.number(), place.line, place.column, finding.message);
    }
    out
}

fn reprs(list: &[Repr]) -> String {
    list.iter().map(|repr| repr.name()).collect::<Vec<_>>().join(", ")
}
