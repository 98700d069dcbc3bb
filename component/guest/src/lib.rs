//! The component: what `wit/` declares, said to the driver. Nothing here but conversions.

mod bindings;
mod convert;
mod places;
mod questions;
mod textual;

use bindings::exports::simple::compiler::{
    compile as wit, diagnostics, places as named, questions as asked, types,
};
use std::cell::RefCell;

pub(crate) struct Component;

struct Session(RefCell<driver::Session>);

impl wit::Guest for Component {
    type Session = Session;
    type Execution = Execution;

    fn inspect(file: Vec<u8>) -> Result<String, String> {
        driver::inspect(&file)
    }
}

impl wit::GuestSession for Session {
    fn new(options: wit::Options) -> Self {
        Session(RefCell::new(driver::Session::new(convert::options(&options))))
    }

    fn set_root(&self, folder: String) {
        self.0.borrow_mut().set_root(&folder);
    }

    fn leave_contracts_unchecked(&self) {
        self.0.borrow_mut().leave_contracts_unchecked();
    }

    fn export_public(&self) {
        self.0.borrow_mut().export_public();
    }

    fn add_module(&self, path: String, text: String) -> Vec<wit::MissingModule> {
        self.0.borrow_mut().add_module(&path, &text).into_iter().map(convert::missing).collect()
    }

    fn add_library(&self, path: String, file: Vec<u8>) -> Result<Vec<wit::MissingModule>, wit::Failure> {
        let missing = self.0.borrow_mut().add_library(&path, &file).map_err(convert::failure)?;
        Ok(missing.into_iter().map(convert::missing).collect())
    }

    fn compile(&self, options: wit::ModuleOptions) -> Result<Vec<u8>, wit::Failure> {
        self.0.borrow_mut().compile(&convert::module_options(options)).map_err(convert::failure)
    }

    fn make_reloadable(&self, linkage: wit::Linkage) {
        self.0.borrow_mut().make_reloadable(convert::linkage(linkage));
    }

    fn add_known(&self, known: Vec<wit::KnownSymbol>) {
        self.0.borrow_mut().add_known(known.into_iter().map(convert::known));
    }

    fn check(&self) -> Result<(), wit::Failure> {
        self.0.borrow_mut().check().map_err(convert::failure)
    }

    fn emit(&self, target: wit::Target) -> Result<Vec<u8>, wit::Failure> {
        self.0.borrow_mut().emit(convert::target(target)).map_err(convert::failure)
    }

    fn emit_share(
        &self,
        target: wit::Target,
        purpose: wit::Purpose,
        share: wit::ShareOf,
    ) -> Result<Vec<u8>, wit::Failure> {
        let (target, purpose) = (convert::target(target), convert::purpose(purpose));
        let share = driver::ShareOf { index: share.index, count: share.count };
        self.0.borrow_mut().emit_share(target, purpose, share).map_err(convert::failure)
    }

    fn add_shares(
        &self,
        target: wit::Target,
        purpose: wit::Purpose,
        shares: Vec<Vec<u8>>,
    ) -> Result<(), wit::Failure> {
        let (target, purpose) = (convert::target(target), convert::purpose(purpose));
        self.0.borrow_mut().add_shares(target, purpose, &shares).map_err(convert::failure)
    }

    fn dump(&self, stage: wit::Stage, target: wit::Target) -> Result<String, wit::Failure> {
        let (stage, target) = (convert::stage(stage), convert::target(target));
        self.0.borrow_mut().dump(stage, target).map_err(convert::failure)
    }

    fn start(&self, args: Vec<String>, max_memory: u64) -> Result<wit::Execution, wit::Failure> {
        let execution = self.0.borrow_mut().start(args, max_memory).map_err(convert::failure)?;
        Ok(wit::Execution::new(Execution(RefCell::new(execution))))
    }

    fn types(&self) -> Result<types::Table, wit::Failure> {
        self.0.borrow_mut().types().map(convert::types).map_err(convert::failure)
    }

    fn infer(&self, question: asked::Question) -> Result<asked::Answer, wit::Failure> {
        let answer = self.0.borrow_mut().infer(&questions::question(question));
        answer.map(questions::answer).map_err(convert::failure)
    }

    fn infer_all(&self, list: Vec<asked::Question>) -> Result<Vec<asked::Answer>, wit::Failure> {
        let list: Vec<_> = list.into_iter().map(questions::question).collect();
        let answers = self.0.borrow_mut().infer_all(&list).map_err(convert::failure)?;
        Ok(answers.into_iter().map(questions::answer).collect())
    }

    fn instantiate(
        &self,
        wanted: asked::InstanceOf,
        target: wit::Target,
    ) -> Result<asked::Instantiation, wit::Failure> {
        let wanted = questions::instance_of(wanted);
        let made = self.0.borrow_mut().instantiate(&wanted, convert::target(target));
        made.map(questions::instantiation).map_err(convert::failure)
    }

    fn instantiate_symbol(
        &self,
        name: String,
        signature: u64,
        target: wit::Target,
    ) -> Result<asked::Instantiation, wit::Failure> {
        let made = self.0.borrow_mut().instantiate_symbol(&name, signature, convert::target(target));
        made.map(questions::instantiation).map_err(convert::failure)
    }

    fn check_libraries(&self) -> Result<(), wit::Failure> {
        self.0.borrow_mut().check_libraries().map_err(convert::failure)
    }

    fn format(&self, path: String, text: String) -> Result<String, wit::Failure> {
        self.0.borrow_mut().format(&path, &text).map_err(convert::failure)
    }

    fn places(&self, file: u32) -> Result<named::Index, wit::Failure> {
        let index = self.0.borrow_mut().places(convert::file(file)).map_err(convert::failure)?;
        Ok(places::index(index))
    }

    fn complete(&self, file: u32, offset: u32) -> Result<Vec<named::Entity>, wit::Failure> {
        let list = self.0.borrow_mut().complete(convert::file(file), offset).map_err(convert::failure)?;
        Ok(list.into_iter().map(places::entity).collect())
    }

    fn diagnostics(&self) -> Vec<diagnostics::Diagnostic> {
        self.0.borrow().diagnostics().iter().map(convert::diagnostic).collect()
    }

    fn source(&self, file: u32) -> Option<wit::Source> {
        let session = self.0.borrow();
        session.source(convert::file(file)).map(convert::source)
    }

    fn stats(&self) -> wit::Stats {
        convert::stats(self.0.borrow().stats())
    }
}

struct Execution(RefCell<driver::Execution>);

impl wit::GuestExecution for Execution {
    fn step(&self, instructions: u64) -> wit::Step {
        convert::step(self.0.borrow_mut().step(instructions))
    }

    fn supply_line(&self, line: Option<String>) {
        self.0.borrow_mut().supply_line(line);
    }

    fn interrupt(&self, timed_out: bool) {
        self.0.borrow_mut().interrupt(timed_out);
    }
}
