//! Module files that somebody changed. With the hash as it was they are refused; with the right hash they are refused or sound: whatever was
//! accepted can be instantiated without a panic.

use driver::{Compression, InstanceOf, ModuleOptions, Node, OptLevel, Options, Session, Target, Text};
use guest_tests::mutate;
use std::cell::Cell;

const LIBRARY: &str = include_str!("hostile/library.spl");

/// A program that uses much of it.
const APP: &str = include_str!("hostile/app.spl");

/// Where the hash stands in the header.
const HASH: usize = 60;

fn session() -> Session {
    Session::new(Options {
        budget: 1 << 24,
        optimization: OptLevel::Speed,
        verify: true,
        max_output: 1 << 28,
    })
}

fn library() -> Vec<u8> {
    let mut session = session();
    session.add_module("library.spl", LIBRARY);
    let options = ModuleOptions {
        targets: Vec::new(),
        compression: Compression::None,
        text: Text::LeftOut,
        stub: Vec::new(),
    };
    session.compile(&options).unwrap_or_else(|failure| panic!("{failure:?} {:?}", session.diagnostics()))
}

/// Everything that a session does with a module file; true where it was accepted and the program made.
fn use_it(file: &[u8]) -> bool {
    let mut session = session();
    session.add_module("app.spl", APP);
    if session.add_library("library.smf", file).is_err() || session.check_libraries().is_err() {
        assert!(!session.diagnostics().is_empty(), "refused without a word");
        return false;
    }
    let int = Node::Int { bits: 64, signed: true };
    let asked =
        InstanceOf { nodes: vec![int, Node::Array(0)], symbol: "largest".to_owned(), arguments: vec![1] };
    let _ = session.instantiate(&asked, Target::X86_64);
    session.emit(Target::X86_64).is_ok()
}

#[test]
fn the_library_itself_is_accepted() {
    let mut session = session();
    session.add_module("app.spl", APP);
    session.add_library("library.smf", &library()).expect("a module");
    session.check_libraries().unwrap_or_else(|failure| panic!("{failure:?} {:?}", session.diagnostics()));
    assert!(use_it(&library()));
}

/// What is said of the library with something else in its tables.
fn listed_wrongly(change: impl FnOnce(&mut smf::Module)) -> String {
    let mut module = smf::read(&library(), smf::Limits::default()).expect("a module");
    change(&mut module);
    let file = smf::write(&module).expect("a module file");
    let mut session = session();
    session.add_module("app.spl", APP);
    session.add_library("library.smf", &file).expect("a module that can be read");
    session.check_libraries().expect_err("tables that are wrong");
    session.diagnostics().iter().map(|found| found.message.as_str()).collect::<Vec<_>>().join("\n")
}

#[test]
fn tables_that_say_something_else_than_the_interface_are_refused() {
    let symbol = |module: &mut smf::Module, name: &str| {
        module.symbols.iter().position(|symbol| symbol.name == name).expect("a symbol")
    };
    let refused = "library.smf is not a module that can be used: ";
    let renamed = listed_wrongly(|module| {
        let at = module.symbols.iter().position(|s| s.role == smf::Role::Plain).expect("a symbol");
        module.symbols[at].name = "another".to_owned();
    });
    assert!(renamed.starts_with(&format!("{refused}it has no symbol `")), "{renamed}");
    let added = listed_wrongly(|module| {
        module.symbols.push(smf::Symbol::function("zero", 0, 0));
    });
    assert_eq!(added, format!("{refused}it has a symbol `zero`, which the interface does not declare"));
    let hidden = listed_wrongly(|module| {
        let at = symbol(module, "largest");
        module.symbols[at].visibility = smf::Visibility::Private;
    });
    assert_eq!(hidden, format!("{refused}its symbol `largest` is not what the interface declares"));
    let params = listed_wrongly(|module| {
        let template = module.templates.iter_mut().find(|template| template.name == "largest");
        template.expect("a template").params[0] = "Other".to_owned();
    });
    assert_eq!(params, format!("{refused}its symbol `largest` is not what the interface declares"));
}

#[test]
fn a_changed_file_with_the_old_hash_is_refused() {
    let file = library();
    for at in (0..file.len()).step_by(7) {
        let mut changed = file.clone();
        changed[at] ^= 1 << (at % 8);
        assert!(!use_it(&changed), "byte {at}");
    }
}

#[test]
fn a_changed_file_with_its_own_hash_does_no_harm() {
    let file = library();
    let header = file.len() - smf::HEADER_SIZE;
    let (accepted, refused) = (Cell::new(0), Cell::new(0));
    mutate::changed_bytes(&file[..header], 4_000, |data| {
        let mut changed = data.to_vec();
        changed.extend_from_slice(&file[header..]);
        let hash = smf::module_hash(&changed).expect("a whole header");
        changed[header + HASH..][..8].copy_from_slice(&hash.to_le_bytes());
        let count = if use_it(&changed) { &accepted } else { &refused };
        count.set(count.get() + 1);
    });
    println!("{} accepted, {} refused", accepted.get(), refused.get());
    assert!(accepted.get() > 0 && refused.get() > 0, "the changes are of one kind");
}
