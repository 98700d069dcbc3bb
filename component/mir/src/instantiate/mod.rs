//! Instances: from the entry, every function with every list of type arguments that is used, each once, as legal MIR.
//!
//! A worklist: lowering a body asks for the instances it calls, which get their number and signature at once and wait to be lowered.
//! Templates are built when the first instance of them is lowered. A program that would need ever more instances ends with a diagnostic.

mod names;
mod sight;
mod symbols;
mod tables;

use crate::build;
use crate::generic;
use crate::generic_verify;
use crate::layout::{Layout, LayoutError, Layouts, Payload, TypeCx};
use crate::legal::{Export, Func, FuncId, Program, Sig, Slot};
use crate::library::Templates;
use crate::lower;
use abi::{Repr, TypeId, exports};
use base::{Code, Cx, Diagnostic, EntityId, FileId, Map, Span};
use sema::hir::{self, FnId, FnKind, GlobalId, Receiver};
use sema::ty::{Ty, TyId};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

/// Type arguments nest no deeper than this.
const MAX_DEPTH: u32 = 64;
/// A program has no more instances than this.
const MAX_INSTANCES: usize = 20_000;

/// What an instance is an instance of.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Key {
    /// A function with its type arguments, called directly.
    Body(FnId, Vec<TyId>),
    /// The function behind a closure of a function type: its environment is the first parameter.
    Closure { id: FnId, args: Vec<TyId>, fn_ty: TyId },
    /// A function as a value of a function type: it has an environment and ignores it.
    FnValue { id: FnId, args: Vec<TyId>, fn_ty: TyId },
    /// A function as an entry of a vtable: `self` is the object. `method` is the trait's method with the arguments of `Self` and the trait.
    Method { id: FnId, args: Vec<TyId>, self_ty: TyId, method: FnId, method_args: Vec<TyId> },
    /// The program's entry.
    Entry,
}

/// Something was reported; whoever sees this gives up what it is lowering.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Stop;

/// A result whose error was reported.
pub(crate) type R<T> = Result<T, Stop>;

/// An instance that is asked for while another is lowered.
struct Origin {
    /// The one that asked first.
    by: FuncId,
    /// Where.
    span: Span,
}

/// All that is shared while a program is instantiated.
pub(crate) struct Session<'a> {
    /// Sources, names, diagnostics, budget.
    pub cx: &'a mut Cx,
    /// The typed program.
    pub hir: &'a mut hir::Program,
    /// What is made.
    pub out: Program,
    layouts: Layouts,
    templates: BTreeMap<FnId, Rc<generic::Body>>,
    /// Those that were compiled before.
    compiled: &'a Templates,
    keys: BTreeMap<Key, FuncId>,
    waiting: VecDeque<(FuncId, Key)>,
    origins: Map<FuncId, Option<Origin>>,
    depths: BTreeMap<TyId, u32>,
    names: BTreeSet<String>,
    reported: BTreeSet<(FileId, u32, u32, String)>,
    tables: tables::Tables,
    globals: Variables,
    /// What functions and types are called outside of the artifact, where somebody asks.
    symbols: Option<symbols::Symbols<'a>>,
    /// The bodies of generic functions are left out.
    lazy: bool,
    /// The instance that is made whatever is left out.
    root: Option<Key>,
    /// What was left out.
    left_out: Vec<Lazy>,
    sights: sight::Known,
    /// What is being lowered.
    current: Option<FuncId>,
}

/// The program in legal MIR, if it could be made; else diagnostics tell why not. `compiled` holds the templates of its libraries.
pub fn instantiate(cx: &mut Cx, hir: &mut hir::Program, compiled: &Templates) -> Option<Program> {
    let mut session = Session::new(cx, hir, compiled);
    let started = session.start();
    let complete = session.run(started);
    complete.then_some(session.out)
}

/// A function for users of a component.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// A function without type parameters.
    pub function: FnId,
    /// What it is called outside.
    pub name: String,
    /// What its parameters are called.
    pub params: Vec<String>,
}

/// The same, with functions for users, whether the program calls them or not.
pub fn instantiate_library(
    cx: &mut Cx,
    hir: &mut hir::Program,
    compiled: &Templates,
    wanted: &[Wanted],
) -> Option<Program> {
    let mut session = Session::new(cx, hir, compiled);
    let started = session.start().and_then(|()| session.export(wanted));
    let complete = session.run(started);
    (complete && session.exports_have_forms(wanted)).then_some(session.out)
}

/// The same, for a program of several artifacts: every module-level variable is in an object of its own, and functions have names that
/// stay the same from one version of the program to the next. With `lazy` the bodies of generic functions are left out, to be made when
/// they are called first.
pub fn instantiate_named(
    cx: &mut Cx,
    hir: &mut hir::Program,
    compiled: &Templates,
    naming: &mut Naming,
    lazy: bool,
) -> Option<Named> {
    let mut session = Session::new(cx, hir, compiled);
    session.lazy = lazy;
    session.symbols = Some(symbols::Symbols::new(naming));
    let started = session.start();
    let complete = session.run(started);
    complete.then(|| session.named(None))
}

/// One instance with what it needs, as a part of a program: the module-level variables that it uses come with the functions that set them. The type
/// arguments must fit the function: [`sema::hints`] says whether they do.
pub fn instantiate_alone(
    cx: &mut Cx,
    hir: &mut hir::Program,
    compiled: &Templates,
    naming: &mut Naming,
    lazy: bool,
    (id, args): (FnId, &[TyId]),
) -> Option<Named> {
    let mut session = Session::new(cx, hir, compiled);
    session.lazy = lazy;
    session.symbols = Some(symbols::Symbols::new(naming));
    session.globals = Variables::Apart(BTreeMap::new());
    let span = session.hir.fns[id].span;
    let key = Key::Body(id, args.to_vec());
    session.root = Some(key.clone());
    let root = session.instance(key, span);
    let complete = session.run(root.map(|_| ()));
    let root = root.ok()?;
    complete.then(|| session.named(Some(root)))
}

pub use symbols::{Lazy, Name, Named, Naming};

/// Where module-level variables are.
enum Variables {
    /// There are none.
    None,
    /// In one object.
    Together(Rc<Payload>),
    /// Each in an object of its own, which is the symbol of this number.
    Apart(BTreeMap<GlobalId, (u32, Rc<Payload>)>),
}

impl<'a> Session<'a> {
    fn new(cx: &'a mut Cx, hir: &'a mut hir::Program, compiled: &'a Templates) -> Session<'a> {
        Session {
            cx,
            hir,
            out: Program::default(),
            layouts: Layouts::new(compiled.writes(), compiled.mutated()),
            templates: BTreeMap::new(),
            compiled,
            keys: BTreeMap::new(),
            waiting: VecDeque::new(),
            origins: Map::new(),
            depths: BTreeMap::new(),
            names: BTreeSet::new(),
            reported: BTreeSet::new(),
            tables: tables::Tables::default(),
            globals: Variables::None,
            symbols: None,
            lazy: false,
            root: None,
            left_out: Vec::new(),
            sights: sight::Known::default(),
            current: None,
        }
    }

    /// Lowers everything that is asked for.
    fn run(&mut self, started: R<()>) -> bool {
        let mut complete = started.is_ok();
        while let Some((id, key)) = self.waiting.pop_front() {
            if let Some((function, args)) = self.left_to_first_call(&key) {
                self.left_out.push(Lazy { func: id, function, args });
                continue;
            }
            self.current = Some(id);
            complete &= lower::lower(self, id, &key).is_ok();
            if self.cx.budget.is_exhausted() {
                return false;
            }
        }
        self.out.types = self.layouts.take_descs();
        complete && self.check_size().is_ok()
    }

    fn export(&mut self, wanted: &[Wanted]) -> R<()> {
        for Wanted { function, name, params } in wanted {
            let hir::Fn { span, params: types, ret, .. } = &self.hir.fns[*function];
            let (span, types, ret) = (*span, types.clone(), *ret);
            let func = self.instance(Key::Body(*function, Vec::new()), span)?;
            let mut described = Vec::new();
            for (name, ty) in params.iter().zip(types) {
                described.push((name.clone(), self.desc(ty, span)?));
            }
            let result = self.desc(ret, span)?;
            let signature = exports::Export { name: name.clone(), params: described, result };
            self.out.exports.push(Export { func, signature });
        }
        Ok(())
    }

    /// Whether all types of exported functions have a form outside; says which do not.
    fn exports_have_forms(&mut self, wanted: &[Wanted]) -> bool {
        let mut wrong = Vec::new();
        for (Export { signature, .. }, Wanted { function, name, .. }) in self.out.exports.iter().zip(wanted) {
            let function = &self.hir.fns[*function];
            let params = signature.params.iter().zip(&function.params);
            let params = params.map(|((name, desc), ty)| {
                (format!("its parameter `{name}`"), *ty, exports::has_form(&self.out.types, *desc))
            });
            let result_has_form = exports::result_has_form(&self.out.types, signature.result);
            let result = ("its result".to_owned(), function.ret, result_has_form);
            for (what, ty, has_form) in params.chain([result]) {
                if !has_form {
                    let ty = self.type_name(ty);
                    let message = format!(
                        "`{name}` cannot be exported: {what} is `{ty}`, which has no form outside of the program"
                    );
                    let help = "exported functions take and give numbers, bool, text, and arrays, tuples, options, structs and enums of these";
                    wrong.push(Diagnostic::new(Code::NotExportable, function.span, message).help(help));
                }
            }
        }
        let all = wrong.is_empty();
        wrong.into_iter().for_each(|wrong| self.cx.diags.push(wrong));
        all
    }

    fn start(&mut self) -> R<()> {
        let span = self.program_span();
        self.make_globals(span)?;
        let entry = self.instance(Key::Entry, span)?;
        self.out.entry = Some(entry);
        for initialiser in self.initialisers() {
            self.instance(Key::Body(initialiser, Vec::new()), span)?;
        }
        Ok(())
    }

    /// The function and the type arguments of an instance whose body is made when it is called first. The standard library's are part of their callers.
    fn left_to_first_call(&self, key: &Key) -> Option<(FnId, Vec<TyId>)> {
        let Key::Body(id, args) = key else { return None };
        let is_left = self.lazy && !args.is_empty() && !self.hir.fns[*id].is_std;
        (is_left && self.root.as_ref() != Some(key)).then(|| (*id, args.clone()))
    }

    /// A place to blame for what the program as a whole does.
    pub fn program_span(&self) -> Span {
        let last = self.hir.modules.values().next_back();
        let id = last.and_then(|module| module.init).or(self.hir.main);
        let none = Span { file: FileId::from_index(0), start: 0, end: 0 };
        id.map_or(none, |id| self.hir.fns[id].span)
    }

    // -- instances -------------------------------------------------------------------------------------------

    /// The function of an instance; it is lowered later.
    pub fn instance(&mut self, key: Key, span: Span) -> R<FuncId> {
        if let Some(&id) = self.keys.get(&key) {
            return Ok(id);
        }
        self.check_limits(&key, span)?;
        let sig = self.signature(&key, span)?;
        let name = self.instance_name(&key);
        let loc = self.key_loc(&key);
        self.name_symbol(&key, &name)?;
        let id = self.out.funcs.push(Func { name, sig, values: Map::new(), blocks: Map::new(), loc });
        self.origins.push(self.current.map(|by| Origin { by, span }));
        self.keys.insert(key.clone(), id);
        self.waiting.push_back((id, key));
        Ok(id)
    }

    fn check_limits(&mut self, key: &Key, span: Span) -> R<()> {
        let tys: &[TyId] = match key {
            Key::Body(_, args)
            | Key::Closure { args, .. }
            | Key::FnValue { args, .. }
            | Key::Method { args, .. } => args,
            Key::Entry => &[],
        };
        let depth = tys.iter().map(|&ty| self.depth(ty)).max().unwrap_or(0);
        if depth <= MAX_DEPTH && self.out.funcs.len() < MAX_INSTANCES {
            return Ok(());
        }
        let message = match key {
            Key::Body(id, _) | Key::Closure { id, .. } | Key::FnValue { id, .. } | Key::Method { id, .. }
                if depth > MAX_DEPTH =>
            {
                format!("`{}` would be needed for ever larger types", self.hir.fns[*id].path)
            }
            _ => format!("the program needs more than {MAX_INSTANCES} instances of its functions"),
        };
        let help =
            "a generic function that calls itself for a larger type has no end: pass the same types on";
        let error = Diagnostic::new(Code::InstantiationLimit, span, message).help(help);
        // Nothing good comes after it.
        self.waiting.clear();
        Err(self.report(error))
    }

    /// How deep a type nests.
    fn depth(&mut self, ty: TyId) -> u32 {
        if let Some(&depth) = self.depths.get(&ty) {
            return depth;
        }
        let inner = self.hir.types.get(ty).parts();
        let depth = inner.into_iter().map(|ty| self.depth(ty)).max().map_or(0, |depth| depth + 1);
        self.depths.insert(ty, depth);
        depth
    }

    /// Parameter types and result types of a function with its type arguments.
    pub fn fn_types(&mut self, id: FnId, args: &[TyId]) -> (Vec<TyId>, Vec<TyId>) {
        let function = &self.hir.fns[id];
        let params = self.hir.types.subst_all(&function.params, args);
        let mut results = Vec::new();
        if function.receiver == Receiver::InOut {
            results.extend(params.first());
        }
        results.push(self.hir.types.subst(function.ret, args));
        (params, results)
    }

    fn signature(&mut self, key: &Key, span: Span) -> R<Sig> {
        match key {
            Key::Body(id, args) => {
                let (params, results) = self.fn_types(*id, args);
                self.sig_of(&[], &params, &results, span)
            }
            Key::Closure { fn_ty, .. } | Key::FnValue { fn_ty, .. } => self.fn_value_sig(*fn_ty, span),
            Key::Method { method, method_args, .. } => self.method_sig(*method, method_args, span),
            Key::Entry => Ok(Sig { params: Vec::new(), results: vec![Repr::I64] }),
        }
    }

    /// Signature of the function behind a value of a function type: the environment, then the parameters.
    pub fn fn_value_sig(&mut self, fn_ty: TyId, span: Span) -> R<Sig> {
        let Ty::Fn(params, ret) = self.hir.types.get(fn_ty).clone() else {
            panic!("only function types have function values")
        };
        self.sig_of(&[Repr::Ref], &params, &[ret], span)
    }

    /// Signature of a vtable entry: the object, then the other parameters; the changed object first where the trait's method changes `self`.
    pub fn method_sig(&mut self, method: FnId, args: &[TyId], span: Span) -> R<Sig> {
        let (params, results) = self.fn_types(method, args);
        let in_out = results.len() == 2;
        let mut sig =
            self.sig_of(&[Repr::Ref], params.get(1..).unwrap_or(&[]), &results[results.len() - 1..], span)?;
        if in_out {
            sig.results.insert(0, Repr::Ref);
        }
        Ok(sig)
    }

    fn sig_of(&mut self, first: &[Repr], params: &[TyId], results: &[TyId], span: Span) -> R<Sig> {
        let mut sig = Sig { params: first.to_vec(), results: Vec::new() };
        for &ty in params {
            sig.params.extend(self.layout(ty, span)?.leaves.iter().map(|leaf| leaf.repr));
        }
        for &ty in results {
            sig.results.extend(self.layout(ty, span)?.leaves.iter().map(|leaf| leaf.repr));
        }
        Ok(sig)
    }

    /// The template of a function that has a body.
    pub fn template(&mut self, id: FnId) -> R<Rc<generic::Body>> {
        if let Some(body) = self.templates.get(&id) {
            return Ok(body.clone());
        }
        let body = match &self.hir.fns[id].kind {
            FnKind::Template => self.compiled_template(id)?,
            FnKind::Body(_) | FnKind::Required | FnKind::Runtime(_) | FnKind::Intrinsic(_) | FnKind::Host => {
                build::template(self.hir, id, &mut self.cx.budget).map_err(|_| Stop)?
            }
        };
        let body = Rc::new(body);
        self.templates.insert(id, body.clone());
        Ok(body)
    }

    /// A template of a library. Unless the compiler brought it along it is verified before anything is made of it: a library may come from anywhere.
    fn compiled_template(&mut self, id: FnId) -> R<generic::Body> {
        let wrong = match self.compiled.get(id) {
            Err(malformed) => malformed.to_string(),
            Ok(body) => {
                self.cx.budget.spend(body.blocks.len() as u64).map_err(|_| Stop)?;
                if self.compiled.is_trusted(id) {
                    return Ok(body);
                }
                match generic_verify::verify(self.hir, &body) {
                    Ok(()) => return Ok(body),
                    Err(wrong) => wrong.join("; "),
                }
            }
        };
        Err(self.bad_template(id, &wrong))
    }

    fn bad_template(&mut self, id: FnId, wrong: &str) -> Stop {
        let function = &self.hir.fns[id];
        let (span, path) = (function.span, function.path.clone());
        self.error(Code::BadLibrary, span, format!("the compiled template of `{path}` is not sound: {wrong}"))
    }

    /// True for a function that has a body.
    pub fn has_body(&self, id: FnId) -> bool {
        matches!(self.hir.fns[id].kind, FnKind::Body(_) | FnKind::Template)
    }

    // -- types -----------------------------------------------------------------------------------------------

    /// The layout of a type; what is wrong with it is blamed on the span.
    pub fn layout(&mut self, ty: TyId, span: Span) -> R<Rc<Layout>> {
        let mut cx = TypeCx { program: self.hir, names: &self.cx.names };
        let result = self.layouts.layout(&mut cx, ty);
        self.laid_out(result, span)
    }

    /// The payload of a type with parts.
    pub fn payload(&mut self, ty: TyId, span: Span) -> R<Rc<Payload>> {
        let mut cx = TypeCx { program: self.hir, names: &self.cx.names };
        let result = self.layouts.payload(&mut cx, ty);
        self.laid_out(result, span)
    }

    /// The descriptor of a type.
    pub fn desc(&mut self, ty: TyId, span: Span) -> R<TypeId> {
        let mut cx = TypeCx { program: self.hir, names: &self.cx.names };
        let result = self.layouts.desc(&mut cx, ty);
        self.laid_out(result, span)
    }

    /// The descriptor of a box around a type.
    pub fn box_desc(&mut self, ty: TyId, span: Span) -> R<TypeId> {
        let mut cx = TypeCx { program: self.hir, names: &self.cx.names };
        let result = self.layouts.box_desc(&mut cx, ty);
        self.laid_out(result, span)
    }

    fn laid_out<T>(&mut self, result: Result<T, LayoutError>, span: Span) -> R<T> {
        result.map_err(|error| {
            let diagnostic = match error {
                LayoutError::TooDeep(ty) => {
                    let name = self.type_name(ty);
                    Diagnostic::new(
                        Code::InstantiationLimit,
                        span,
                        format!("the type `{name}` contains ever larger types"),
                    )
                }
                LayoutError::TooLarge(ty) => {
                    let name = self.type_name(ty);
                    Diagnostic::new(
                        Code::ProgramTooLarge,
                        span,
                        format!("a value of type `{name}` is too large"),
                    )
                }
                LayoutError::NotConcrete(_) => {
                    Diagnostic::new(Code::AmbiguousType, span, "nothing determines a type that is used here")
                        .help("write the type of the variable or the type arguments of the call")
                }
            };
            self.report(diagnostic)
        })
    }

    // -- diagnostics -----------------------------------------------------------------------------------------

    /// Reports what is wrong in the instance that is being lowered, with the calls that asked for it.
    pub fn report(&mut self, mut diagnostic: Diagnostic) -> Stop {
        let at = diagnostic.primary.span;
        let key = (at.file, at.start, at.end, diagnostic.message.clone());
        if !self.reported.insert(key) {
            return Stop;
        }
        const SHOWN: usize = 6;
        let mut next = self.current;
        let mut shown = 0;
        while let Some(id) = next {
            let Some(origin) = &self.origins[id] else { break };
            if shown < SHOWN && origin.span != at {
                let text = format!("needed here, as `{}`", self.out.funcs[id].name);
                diagnostic = diagnostic.note(origin.span, text);
                shown += 1;
            }
            next = Some(origin.by);
        }
        self.cx.diags.push(diagnostic);
        Stop
    }

    /// [`Session::report`] of a code with a message.
    pub fn error(&mut self, code: Code, span: Span, message: impl Into<String>) -> Stop {
        self.report(Diagnostic::new(code, span, message))
    }

    // -- module-level variables ------------------------------------------------------------------------------

    /// The slot with the object that a module-level variable is in, and its field there.
    pub fn variable(&mut self, id: GlobalId, span: Span) -> R<(Slot, usize)> {
        match &self.globals {
            Variables::Together(_) => return Ok((Slot::Globals, id.index())),
            Variables::Apart(known) => {
                if let Some(&(symbol, _)) = known.get(&id) {
                    return Ok((Slot::Symbol(symbol), 0));
                }
            }
            Variables::None => panic!("a program with variables has made them"),
        }
        let symbol = self.make_variable(id, span)?;
        // Where the program lacks the variable, this gives it its value.
        if let Some(initialiser) = self.initialiser(id) {
            self.instance(Key::Body(initialiser, Vec::new()), span)?;
        }
        Ok((Slot::Symbol(symbol), 0))
    }

    /// Payload of the object that a module-level variable is in; there is one, since it has a slot.
    pub fn variables(&self, id: GlobalId) -> &Payload {
        match &self.globals {
            Variables::None => panic!("the program has module-level variables"),
            Variables::Together(payload) => payload,
            Variables::Apart(known) => &known[&id].1,
        }
    }

    /// The type of a module-level variable.
    pub fn global_ty(&self, id: GlobalId) -> TyId {
        self.hir.globals[id].ty
    }
}

pub(crate) use sight::{Holder, Look, Sight, looks_of};
pub(crate) use tables::Vtable;
