//! The session and its stages.

mod export;
mod instance;
mod places;
mod question;
mod share;

use crate::directory::Directory;
use crate::graph::{Graph, Missing};
use crate::module::{self, Compiled, ModuleOptions};
use crate::run::Execution;
use crate::standard;
use crate::stats::Stats;
use crate::types::{self, TypeTable};
use base::{Code, Cx, Diagnostic, EntityId as _, FileId, SourceFile, Span};
use codegen::{EmitError, OptLevel, Target};
use mir::instantiate::Naming;
use mir::legal;
use mir::library::{Templates, Trust};
use mir::link::{Known, Linkage};
use sema::places::{Places, Watch};
use sema::{Role, Source, hir};
use std::collections::HashMap;
use std::sync::Arc;

pub use instance::{Instance, InstanceOf, InstanceTypes};
pub use places::{Declaration, Entity, Index};
pub use question::{Answer, Hint, Inferred, Question, TemplateOf, TypeParameter};
pub use share::{Purpose, ShareOf};

/// What a session may use and how it works.
#[derive(Clone, Debug)]
pub struct Options {
    /// Work units until the compiler gives up.
    pub budget: u64,
    /// Effort for fast code.
    pub optimization: OptLevel,
    /// Check every intermediate form.
    pub verify: bool,
    /// Bytes that a result may have.
    pub max_output: u64,
}

/// Why there is no result.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The program is wrong; the diagnostics say how.
    Rejected,
    /// The result has more bytes than it may: this many.
    TooLarge(u64),
    /// A bug in the compiler that it noticed itself.
    Internal(String),
}

/// A form of the program that can be printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// Tokens, one per line.
    Tokens,
    /// The syntax tree.
    Ast,
    /// The typed tree.
    Hir,
    /// Generic MIR.
    Mir,
    /// Legal MIR.
    Lir,
    /// The code generator's own form.
    Clif,
    /// Machine instructions.
    Asm,
}

/// A compilation.
pub struct Session {
    cx: Cx,
    options: Options,
    graph: Graph,
    progress: Progress,
    templates: Templates,
    /// What the checked program declares, once somebody asks.
    directory: Option<Directory>,
    /// Instances that were asked for.
    instances: instance::Cache,
    /// What the program is.
    role: Role,
    stats: Stats,
    budget_reported: bool,
    /// The program is made of parts that can be replaced.
    parts: Option<Linkage>,
    /// Public functions of the program are for users.
    exports_public: bool,
    /// Contracts are not checked when the program runs.
    unchecked_contracts: bool,
    /// What the symbols of the checked program are called, once somebody asks.
    naming: Option<Naming>,
    /// Machine code that sessions with the same modules made, by target.
    shares: Vec<(Target, Vec<share::Share>)>,
    /// What names mean, by file, once somebody asks.
    watched: Option<HashMap<FileId, sema::places::Places>>,
}

/// How far the program has come. What a stage made is kept, so that each runs once.
enum Progress {
    /// Its modules are syntax trees.
    Parsed,
    /// Its types are inferred.
    Checked(Box<hir::Program>),
    /// It is legal MIR, and what passes do to several functions together is done.
    Joined(Box<hir::Program>, Box<legal::Program>),
    /// It is legal MIR that engines execute.
    Lowered(Box<hir::Program>, Arc<legal::Program>),
}

impl Progress {
    /// The typed tree of a program that was checked.
    fn typed_tree(&self) -> &hir::Program {
        match self {
            Progress::Checked(program) | Progress::Joined(program, _) | Progress::Lowered(program, _) => {
                program
            }
            Progress::Parsed => unreachable!("whoever asks has checked the program before"),
        }
    }

    /// The typed tree of a program that was checked, to be asked about.
    fn program(&mut self) -> Option<&mut hir::Program> {
        match self {
            Progress::Checked(program) | Progress::Joined(program, _) | Progress::Lowered(program, _) => {
                Some(program)
            }
            Progress::Parsed => None,
        }
    }

    /// The tables of a program that is legal MIR, and its functions in one state or the other.
    fn legal(&self) -> Option<&legal::Program> {
        match self {
            Progress::Joined(_, program) => Some(program),
            Progress::Lowered(_, program) => Some(program),
            Progress::Parsed | Progress::Checked(_) => None,
        }
    }
}

impl Session {
    /// A session without modules.
    pub fn new(options: Options) -> Session {
        let cx = Cx { budget: base::Budget::new(options.budget), ..Cx::default() };
        Session {
            cx,
            options,
            graph: Graph::default(),
            progress: Progress::Parsed,
            templates: Templates::default(),
            directory: None,
            instances: instance::Cache::default(),
            role: Role::Main,
            stats: Stats::default(),
            budget_reported: false,
            parts: None,
            exports_public: false,
            unchecked_contracts: false,
            naming: None,
            shares: Vec::new(),
            watched: None,
        }
    }

    /// Makes the program of parts that can be replaced while it runs. To be said before anything is checked, and again when what the program has
    /// is other than what it had with some more.
    pub fn make_reloadable(&mut self, linkage: Linkage) {
        if self.parts.replace(linkage).is_none() {
            self.progress = Progress::Parsed;
        }
        self.forget_parts();
    }

    /// Adds to what the program has, and replaces what it had of the same name and signature.
    pub fn add_known(&mut self, known: impl IntoIterator<Item = Known>) {
        let linkage = self.parts.get_or_insert_default();
        known.into_iter().for_each(|symbol| linkage.add(symbol));
    }

    /// What was made for other parts is not used again.
    fn forget_parts(&mut self) {
        self.instances.forget_made();
        self.progress = match std::mem::replace(&mut self.progress, Progress::Parsed) {
            Progress::Joined(hir, _) | Progress::Lowered(hir, _) => Progress::Checked(hir),
            progress @ (Progress::Parsed | Progress::Checked(_)) => progress,
        };
    }

    /// The folder that `crate.` stands for in modules that are added from now on; without a call that of the first module.
    pub fn set_root(&mut self, folder: &str) {
        self.graph.root = Some(folder.to_owned());
    }

    /// Contracts are looked at and not checked when the program runs. To be said before anything is checked.
    pub fn leave_contracts_unchecked(&mut self) {
        self.unchecked_contracts = true;
    }

    /// Public functions of the program are for users of the module of WebAssembly that is emitted. To be said before anything is checked.
    pub fn export_public(&mut self) {
        self.exports_public = true;
    }

    /// Adds and parses a module; the first one is the program. The answer is the modules that are used and still missing.
    pub fn add_module(&mut self, path: &str, text: &str) -> Vec<Missing> {
        let file = self.cx.sources.add(path, text);
        self.stats.source_bytes += text.len() as u64;
        let module = syntax::parse(&mut self.cx, file);
        self.graph.add(&self.cx, path, module);
        self.progress = Progress::Parsed;
        self.watched = None;
        self.end_phase("parse");
        self.graph.missing(&self.cx)
    }

    /// Adds a compiled module; the first thing that is added is the program. The answer is the modules that are used and still missing.
    ///
    /// # Errors
    /// The bytes are not a module, or one of another version: a diagnostic says so.
    pub fn add_library(&mut self, path: &str, file: &[u8]) -> Result<Vec<Missing>, Failure> {
        self.stats.source_bytes += file.len() as u64;
        // Reading is linear in the size.
        let spent = self.cx.budget.spend(file.len() as u64 / 64);
        self.progress = Progress::Parsed;
        self.end_phase("parse");
        if spent.is_err() {
            return Err(Failure::Rejected);
        }
        match module::read(file) {
            Ok(compiled) => {
                self.graph.add_library(path, compiled);
                Ok(self.graph.missing(&self.cx))
            }
            Err(wrong) => Err(self.bad_library(path, None, &wrong)),
        }
    }

    fn bad_library(&mut self, path: &str, span: Option<Span>, wrong: &str) -> Failure {
        let span = span.unwrap_or_else(|| Span { file: self.cx.sources.add(path, ""), start: 0, end: 0 });
        let message = format!("{path} is not a module that can be used: {wrong}");
        self.cx.diags.push(Diagnostic::new(Code::BadLibrary, span, message));
        Failure::Rejected
    }

    /// Infers the types of everything that was added.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn check(&mut self) -> Result<(), Failure> {
        if let Progress::Parsed = self.progress {
            self.stop_on_errors()?;
            let result = self.check_modules(self.role);
            self.end_phase("check");
            self.stop_on_errors()?;
            let program = result?;
            self.progress = Progress::Checked(Box::new(program));
            self.directory = None;
            self.naming = None;
            self.instances = instance::Cache::default();
            self.shares.clear();
        }
        Ok(())
    }

    /// Checks every declaration and every template of the module files that were added, whether anything uses them or not.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn check_libraries(&mut self) -> Result<(), Failure> {
        self.check()?;
        let Some(program) = self.progress.program() else { unreachable!("checked a moment ago") };
        let found = mir::library::check_templates(&mut self.cx.budget, program, &self.templates);
        self.end_phase("verify");
        for (id, wrong) in found {
            let function = &self.progress.typed_tree().fns[id];
            let message = format!("the compiled template of `{}` is not sound: {wrong}", function.path);
            self.cx.diags.push(Diagnostic::new(Code::BadLibrary, function.span, message));
        }
        let program = self.progress.typed_tree();
        let mut wrong = Vec::new();
        for (_, library) in self.graph.libraries() {
            let Compiled { listing, identity, .. } = &library.compiled;
            if let Some(what) = listing.wrong(&self.cx, program, *identity) {
                wrong.push((library.path.clone(), what));
            }
        }
        for (path, what) in wrong {
            self.bad_library(&path, None, &what);
        }
        self.stop_on_errors()
    }

    /// The encoded artifact for a target.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn emit(&mut self, target: Target) -> Result<Vec<u8>, Failure> {
        if self.parts.is_some() {
            self.parts_are_for_machines(target)?;
        }
        let result = match self.take_shares(target) {
            Some(shares) => self.join(target, &shares)?,
            None => {
                let program = self.lowered()?;
                if target == Target::Wasm32 {
                    self.refuse_host_functions(&program, "WebAssembly")?;
                }
                codegen::emit(&program, target, &self.codegen_options(), &mut self.cx.budget)
            }
        };
        let artifact = self.emitted("emit", result)?;
        self.stats.artifact_bytes = artifact.len() as u64;
        self.within_limit(artifact)
    }

    /// A module of WebAssembly is a whole program.
    fn parts_are_for_machines(&mut self, target: Target) -> Result<(), Failure> {
        if target.machine().is_some() {
            return Ok(());
        }
        let message = "parts of a program are machine code: a module of WebAssembly is a whole one";
        self.cx.diags.push(Diagnostic::new(Code::BadQuestion, self.whole_program(), message));
        Err(Failure::Rejected)
    }

    /// The module file of everything that was added as source.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn compile(&mut self, options: &ModuleOptions) -> Result<Vec<u8>, Failure> {
        self.serves(Purpose::Module);
        self.check()?;
        let mut code = Vec::new();
        if self.progress.typed_tree().runs() {
            for &target in &options.targets {
                code.push((target, self.emit(target)?));
            }
        }
        let (program, instances) = (self.progress.typed_tree(), self.progress.legal());
        let result = module::write(&mut self.cx, program, options, code, instances);
        self.end_phase("write");
        self.stop_on_errors()?;
        self.within_limit(result?)
    }

    /// The program, ready to run in the interpreter with a limit of its memory in bytes.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn start(&mut self, args: Vec<String>, max_memory: u64) -> Result<Execution, Failure> {
        let program = self.lowered()?;
        self.refuse_host_functions(&program, "the interpreter")?;
        Execution::new(program, args, max_memory).map_err(Failure::Internal)
    }

    /// A stage as text. Tokens and syntax trees are printed whatever is wrong with them.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn dump(&mut self, stage: Stage, target: Target) -> Result<String, Failure> {
        let text = match stage {
            Stage::Tokens => self.dump_tokens(),
            Stage::Ast => self.graph.trees().map(|module| syntax::dump_ast(&self.cx, module)).collect(),
            Stage::Hir => {
                self.check()?;
                sema::dump_hir(&self.cx, self.progress.typed_tree())
            }
            Stage::Mir => self.dump_mir()?,
            Stage::Lir => legal::text::print(&*self.lowered()?),
            Stage::Clif | Stage::Asm => {
                let program = self.lowered()?;
                let dump = if stage == Stage::Clif { codegen::dump_clif } else { codegen::dump_asm };
                let options = self.codegen_options();
                let result = dump(&program, target, &options, &mut self.cx.budget);
                self.emitted("emit", result)?
            }
        };
        self.within_limit(text)
    }

    /// The functions of the program with their types.
    ///
    /// # Errors
    /// See [`Failure`].
    pub fn types(&mut self) -> Result<TypeTable, Failure> {
        self.check()?;
        Ok(types::table(&self.cx, self.progress.typed_tree()))
    }

    /// A text in the house style. It does not become a module of the program.
    ///
    /// # Errors
    /// [`Failure::Rejected`] for errors of its syntax; see [`Failure`].
    pub fn format(&mut self, path: &str, text: &str) -> Result<String, Failure> {
        let file = self.cx.sources.add(path, text);
        self.stats.source_bytes += text.len() as u64;
        let result = syntax::format(&mut self.cx, file);
        self.end_phase("format");
        match result {
            Ok(formatted) => self.within_limit(formatted),
            Err(syntax::Unformatted::Rejected) => Err(Failure::Rejected),
            Err(syntax::Unformatted::Changed) => {
                Err(Failure::Internal("formatting would change what the text means".to_owned()))
            }
        }
    }

    /// Everything found so far, in order.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        self.cx.diags.list()
    }

    /// The file that a span names.
    pub fn source(&self, file: FileId) -> Option<&SourceFile> {
        self.cx.sources.files().find(|&(id, _)| id == file).map(|(_, file)| file)
    }

    /// What was counted so far.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Reports functions of the host that a program calls, for an engine that has none.
    fn refuse_host_functions(&mut self, program: &legal::Program, engine: &str) -> Result<(), Failure> {
        let hir = self.progress.typed_tree();
        for slot in program.slots.values() {
            let legal::Slot::Host(name, _) = slot else { continue };
            let is_it = |function: &hir::Fn| {
                matches!(function.kind, hir::FnKind::Host) && self.cx.names.name(function.name) == name
            };
            let declared = hir.fns.values().find(|function| is_it(function));
            let span = declared
                .map_or(hir.fns.values().next_back().map(|last| last.span), |function| Some(function.span));
            let Some(span) = span else { continue };
            let message =
                format!("`{name}` is a function of the host, which is not supported yet in {engine}");
            let error = Diagnostic::new(Code::NotSupportedYet, span, message);
            self.cx.diags.push(error.help("run the program as machine code"));
        }
        self.stop_on_errors()
    }

    // -- stages ----------------------------------------------------------------------------------------------

    /// Every module behind those it uses. What is wrong with one keeps those behind it from being looked at.
    fn check_modules(&mut self, role: Role) -> Result<hir::Program, Failure> {
        self.check_each_module(role, None)
    }

    /// The same; with a watch, what the names of each module mean is kept, and nothing that is wrong keeps other modules from being looked at.
    fn check_each_module(
        &mut self,
        role: Role,
        mut watch: Option<(Watch, &mut HashMap<FileId, Places>)>,
    ) -> Result<hir::Program, Failure> {
        let mut program = hir::Program {
            all_globals: self.parts.is_some(),
            unchecked_contracts: self.unchecked_contracts,
            ..hir::Program::default()
        };
        self.templates = Templates::default();
        let (cx, templates) = (&mut self.cx, &mut self.templates);
        let standard = standard::read(cx, &mut program, templates, &self.graph.standard())
            .map_err(|malformed| Failure::Internal(format!("the standard library: {malformed}")))?;
        let mut libraries = HashMap::new();
        let mut wrong = Vec::new();
        for (index, library) in self.graph.libraries() {
            let added = (library.compiled.identity, library.path.as_str());
            let parts = library.compiled.parts.clone();
            let read = mir::library::read(cx, &mut program, templates, added, parts, Trust::Foreign, &[]);
            match read {
                Ok(found) => {
                    wrong.extend(found.into_iter().map(|(at, what)| (library.path.clone(), Some(at), what)));
                }
                Err(malformed) => wrong.push((library.path.clone(), None, malformed.to_string())),
            }
            if !wrong.is_empty() {
                break;
            }
            libraries.extend(program.modules.ids().next_back().map(|last| (index, last)));
        }
        for (path, span, what) in &wrong {
            self.bad_library(path, *span, what);
        }
        if !wrong.is_empty() {
            return Err(Failure::Rejected);
        }
        let order = self.graph.order();
        let mut checked = HashMap::new();
        for (at, &index) in order.iter().enumerate() {
            let imports = self.graph.imports(index, &checked, &libraries, &standard);
            let (path, tree) = self.graph.module(index);
            let role = if at + 1 == order.len() { role } else { Role::Library };
            let files = std::slice::from_ref(tree);
            let source = Source { path, files, imports: &imports, role };
            // The budget is the only thing that can stop it, and that is reported at the end of the phase.
            let id = match &mut watch {
                None => sema::check_module(&mut self.cx, &mut program, &source),
                Some((watch, found)) => {
                    sema::watch_module(&mut self.cx, &mut program, &source, *watch).map(|(id, places)| {
                        found.insert(tree.file, places);
                        id
                    })
                }
            };
            let id = id.map_err(|base::Exhausted| Failure::Rejected)?;
            if self.cx.diags.has_errors() && watch.is_none() {
                break;
            }
            checked.insert(index, id);
        }
        Ok(program)
    }

    fn lowered(&mut self) -> Result<Arc<legal::Program>, Failure> {
        if let Progress::Lowered(_, program) = &self.progress {
            return Ok(program.clone());
        }
        self.joined()?;
        let Progress::Joined(hir, mut program) = std::mem::replace(&mut self.progress, Progress::Parsed)
        else {
            unreachable!("it is neither less nor more");
        };
        if let Err(failure) = self.simplify(&mut program, mir::simplify::apart) {
            self.progress = Progress::Checked(hir);
            return Err(failure);
        }
        let program = Arc::new(*program);
        self.progress = Progress::Lowered(hir, program.clone());
        Ok(program)
    }

    /// Makes legal MIR of the program where it is not there yet.
    fn joined(&mut self) -> Result<(), Failure> {
        if self.progress.legal().is_some() {
            return Ok(());
        }
        self.check()?;
        let Progress::Checked(mut hir) = std::mem::replace(&mut self.progress, Progress::Parsed) else {
            unreachable!("checked a moment ago");
        };
        let result = self.lower(&mut hir);
        let (progress, result) = match result {
            Ok(program) => (Progress::Joined(hir, Box::new(program)), Ok(())),
            Err(failure) => (Progress::Checked(hir), Err(failure)),
        };
        self.progress = progress;
        result
    }

    fn lower(&mut self, hir: &mut hir::Program) -> Result<legal::Program, Failure> {
        if self.options.verify {
            self.verify_templates(hir)?;
        }
        let made = self.instantiated(hir);
        self.end_phase("instantiate");
        self.stop_on_errors()?;
        let Some(mut program) = made else {
            return Err(Failure::Internal("instantiation stopped without a diagnostic".to_owned()));
        };
        self.stats.instances = program.funcs.len() as u32;
        self.verify_legal(&program, "instantiate")?;
        self.simplify(&mut program, mir::simplify::together)?;
        Ok(program)
    }

    /// As much as the options say.
    fn simplify(
        &mut self,
        program: &mut legal::Program,
        passes: fn(&mut legal::Program, &mut base::Budget) -> Result<(), base::Exhausted>,
    ) -> Result<(), Failure> {
        match self.options.optimization {
            OptLevel::None => Ok(()),
            OptLevel::Speed => {
                // A budget that is used up is reported at the end of the phase.
                let _ = passes(program, &mut self.cx.budget);
                self.end_phase("simplify");
                self.stop_on_errors()?;
                self.verify_legal(program, "simplify")
            }
        }
    }

    /// Legal MIR as it is made, in one part or in many.
    fn instantiated(&mut self, hir: &mut hir::Program) -> Option<legal::Program> {
        if self.exports_public {
            let wanted = export::public_functions(&mut self.cx, &self.graph, hir)?;
            let (cx, templates) = (&mut self.cx, &self.templates);
            return mir::instantiate::instantiate_library(cx, hir, templates, &wanted);
        }
        let Some(linkage) = &self.parts else {
            return mir::instantiate::instantiate(&mut self.cx, hir, &self.templates);
        };
        let naming = naming(&mut self.naming, &mut self.cx, hir);
        let (cx, templates) = (&mut self.cx, &self.templates);
        let named = mir::instantiate::instantiate_named(cx, hir, templates, naming, linkage.lazy)?;
        let linked = mir::link::link(named, linkage);
        self.instances.note_left_out(&linked);
        Some(linked.program)
    }

    fn verify_templates(&mut self, hir: &hir::Program) -> Result<(), Failure> {
        for (id, function) in hir.fns.iter() {
            if let hir::FnKind::Body(_) = &function.kind {
                let Ok(body) = mir::build::template(hir, id, &mut self.cx.budget) else { break };
                mir::generic_verify::verify(hir, &body).map_err(|wrong| {
                    Failure::Internal(format!(
                        "the template of `{}` is unsound: {}",
                        function.path,
                        wrong.join("; ")
                    ))
                })?;
            }
        }
        self.end_phase("verify");
        self.stop_on_errors()
    }

    fn verify_legal(&self, program: &legal::Program, pass: &str) -> Result<(), Failure> {
        if !self.options.verify {
            return Ok(());
        }
        match legal::verify::verify(program).first() {
            None => Ok(()),
            Some(wrong) => Err(Failure::Internal(format!("legal MIR is unsound after {pass}: {wrong}"))),
        }
    }

    fn emitted<T>(&mut self, phase: &'static str, result: Result<T, EmitError>) -> Result<T, Failure> {
        self.end_phase(phase);
        result.map_err(|error| match error {
            EmitError::Exhausted => Failure::Rejected,
            EmitError::TooLarge { .. } => {
                let span = self.whole_program();
                self.cx.diags.push(
                    Diagnostic::new(Code::ProgramTooLarge, span, error.to_string())
                        .help("split the function into smaller ones"),
                );
                Failure::Rejected
            }
            EmitError::Internal { .. } => Failure::Internal(error.to_string()),
        })
    }

    fn codegen_options(&self) -> codegen::Options {
        codegen::Options { opt: self.options.optimization, verify: self.options.verify }
    }

    // -- printed forms ---------------------------------------------------------------------------------------

    /// The templates of the program's own functions.
    fn dump_mir(&mut self) -> Result<String, Failure> {
        self.check()?;
        let hir = self.progress.typed_tree();
        let text = mir::generic_text::program_text(hir, &self.cx.names, &mut self.cx.budget);
        self.end_phase("build");
        self.stop_on_errors()?;
        // The budget is the only thing that can be wrong, and it was reported.
        text.map_err(|base::Exhausted| Failure::Rejected)
    }

    fn dump_tokens(&mut self) -> String {
        let mut text = String::new();
        let files: Vec<FileId> = self.graph.trees().map(|tree| tree.file).collect();
        for file in files {
            // The parser has reported what is wrong with the text; reading it again for the list must not say so twice.
            let diags = std::mem::take(&mut self.cx.diags);
            let tokens = syntax::tokenize(&mut self.cx, file);
            self.cx.diags = diags;
            text.push_str(&syntax::dump_tokens(&self.cx, file, &tokens));
        }
        text
    }

    fn within_limit<T: AsRef<[u8]>>(&self, result: T) -> Result<T, Failure> {
        let size = result.as_ref().len() as u64;
        if size > self.options.max_output { Err(Failure::TooLarge(size)) } else { Ok(result) }
    }

    fn stop_on_errors(&self) -> Result<(), Failure> {
        if self.cx.diags.has_errors() { Err(Failure::Rejected) } else { Ok(()) }
    }

    // Notes the work of a stage, and reports once that the budget is used up.
    fn end_phase(&mut self, name: &'static str) {
        self.stats.phase(name, self.cx.budget.used());
        if !self.cx.budget.is_exhausted() || self.budget_reported {
            return;
        }
        self.budget_reported = true;
        let span = self.whole_program();
        self.cx.diags.push(
            Diagnostic::new(
                Code::BudgetExhausted,
                span,
                format!("the program takes more than {} work units to compile", self.options.budget),
            )
            .help("raise the budget with `--budget`, or split the program"),
        );
    }

    // A place for what concerns everything.
    fn whole_program(&self) -> Span {
        let file = self.graph.program().unwrap_or(FileId::from_index(0));
        Span { file, start: 0, end: 0 }
    }
}

/// Those of a checked program.
fn naming<'a>(naming: &'a mut Option<Naming>, cx: &mut Cx, hir: &mut hir::Program) -> &'a mut Naming {
    naming.get_or_insert_with(|| {
        let initialisers = mir::outline::outline(hir, &mut cx.names);
        Naming::new(hir, initialisers)
    })
}
