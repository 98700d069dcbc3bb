//! The modules of a session: what they use, and the order in which they are checked and run.

use crate::module::Compiled;
use crate::standard;
use base::{Cx, FileId};
use sema::hir::ModuleId;
use sema::library::Identity;
use sema::modules::{Import, Wanted, folder, wanted, written};
use std::collections::{BTreeSet, HashMap};
use syntax::ast;

/// A module that others use and that is not there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Missing {
    /// As the `use` line names it.
    pub name: String,
    /// The paths at which it may stand, most wanted first.
    pub candidates: Vec<String>,
}

/// What was added to a session. The first module is the program.
#[derive(Default)]
pub(crate) struct Graph {
    modules: Vec<Module>,
    /// Modules and libraries by the path they were added with.
    known: HashMap<String, Node>,
    libraries: Vec<Library>,
    /// The folder that `crate.` stands for.
    pub root: Option<String>,
}

struct Module {
    path: String,
    tree: ast::Module,
    /// For each `use` line what it asks for.
    wanted: Vec<Wanted>,
}

/// A compiled library.
pub(crate) struct Library {
    pub path: String,
    pub compiled: Compiled,
}

#[derive(Clone, Copy)]
enum Node {
    Module(usize),
    Library(usize),
}

impl Graph {
    /// Adds a module; one with the same path is replaced.
    pub fn add(&mut self, cx: &Cx, path: &str, tree: ast::Module) {
        let root = self.root.get_or_insert_with(|| folder(path).to_owned());
        let wanted = tree.uses.iter().map(|line| wanted(&cx.names, path, root, line)).collect();
        let module = Module { path: path.to_owned(), tree, wanted };
        match self.known.get(path) {
            Some(&Node::Module(index)) => self.modules[index] = module,
            Some(Node::Library(_)) | None => {
                self.known.insert(path.to_owned(), Node::Module(self.modules.len()));
                self.modules.push(module);
            }
        }
    }

    /// Adds a compiled library.
    pub fn add_library(&mut self, path: &str, compiled: Compiled) {
        self.root.get_or_insert_with(|| folder(path).to_owned());
        self.known.insert(path.to_owned(), Node::Library(self.libraries.len()));
        self.libraries.push(Library { path: path.to_owned(), compiled });
    }

    /// The libraries, each behind those it uses; the one that was added first, which may be the program, as late as it can be.
    pub fn libraries(&self) -> Vec<(usize, &Library)> {
        let mut order = Vec::new();
        let mut placed = vec![false; self.libraries.len()];
        loop {
            let ready = |index: usize| {
                !placed[index]
                    && self.libraries[index].compiled.uses.iter().all(|used| {
                        let at = self.position(used.identity);
                        at.is_none_or(|at| placed[at])
                    })
            };
            // Circles cannot be: a library is named by a hash of what it names.
            let Some(next) = (0..self.libraries.len()).rev().find(|&index| ready(index)) else {
                return order;
            };
            placed[next] = true;
            order.push((next, &self.libraries[next]));
        }
    }

    fn position(&self, identity: Identity) -> Option<usize> {
        self.libraries.iter().position(|library| library.compiled.identity == identity)
    }

    /// What modules use and what is not there, each once, in order.
    pub fn missing(&self, cx: &Cx) -> Vec<Missing> {
        let mut list: Vec<Missing> = Vec::new();
        for module in &self.modules {
            for (line, wanted) in module.tree.uses.iter().zip(&module.wanted) {
                let Wanted::Files(wanted) = wanted else { continue };
                if wanted.is_empty() || self.find(wanted).is_some() {
                    continue;
                }
                if list.iter().all(|missing| missing.candidates != *wanted) {
                    let name = written(&cx.names, line);
                    list.push(Missing { name, candidates: wanted.clone() });
                }
            }
        }
        for library in &self.libraries {
            for used in &library.compiled.uses {
                let is_standard =
                    used.identity == standard::STD_IDENTITY || standard::module_of(used.identity).is_some();
                if is_standard || self.position(used.identity).is_some() {
                    continue;
                }
                let mut candidates = vec![used.path.clone()];
                let (own, name) = (folder(&library.path), used.path.rsplit('/').next().unwrap_or(&used.path));
                let beside = if own.is_empty() { name.to_owned() } else { format!("{own}/{name}") };
                candidates.insert(0, beside);
                candidates.dedup();
                if candidates.iter().all(|path| !self.known.contains_key(path)) {
                    list.push(Missing { name: used.path.clone(), candidates });
                }
            }
        }
        list
    }

    /// The syntax trees, in the order they were added.
    pub fn trees(&self) -> impl Iterator<Item = &ast::Module> {
        self.modules.iter().map(|module| &module.tree)
    }

    /// Files by the paths of their modules.
    pub fn files(&self) -> HashMap<&str, FileId> {
        self.modules.iter().map(|module| (module.path.as_str(), module.tree.file)).collect()
    }

    /// The path and the tree of a module by its file.
    pub fn find_file(&self, file: FileId) -> Option<(&str, &ast::Module)> {
        let module = self.modules.iter().find(|module| module.tree.file == file)?;
        Some((&module.path, &module.tree))
    }

    /// The file of the program, if there is one.
    pub fn program(&self) -> Option<FileId> {
        self.modules.first().map(|module| module.tree.file)
    }

    /// The modules that the program needs, each behind those it uses, itself last.
    pub fn order(&self) -> Vec<usize> {
        let mut order = Vec::new();
        if self.modules.is_empty() {
            return order;
        }
        let mut seen = vec![false; self.modules.len()];
        let mut stack = vec![(0, 0)];
        seen[0] = true;
        while let Some((index, next)) = stack.last_mut() {
            let module = &self.modules[*index];
            match module.wanted.get(*next) {
                Some(wanted) => {
                    *next += 1;
                    if let Wanted::Files(wanted) = wanted
                        && let Some(Node::Module(used)) = self.find(wanted)
                        && !std::mem::replace(&mut seen[used], true)
                    {
                        stack.push((used, 0));
                    }
                }
                None => {
                    order.push(*index);
                    stack.pop();
                }
            }
        }
        order
    }

    /// The modules of the standard library that anything uses.
    pub fn standard(&self) -> BTreeSet<&str> {
        let lines = self.modules.iter().flat_map(|module| &module.wanted);
        let named = lines.filter_map(|wanted| match wanted {
            Wanted::Standard(name) => Some(name.as_str()),
            Wanted::Nothing | Wanted::Files(_) => None,
        });
        let used = self.libraries.iter().flat_map(|library| &library.compiled.uses);
        named.chain(used.filter_map(|used| standard::module_of(used.identity))).collect()
    }

    /// The path of a module and its tree.
    pub fn module(&self, index: usize) -> (&str, &ast::Module) {
        (&self.modules[index].path, &self.modules[index].tree)
    }

    /// What the `use` lines of a module mean, where modules before it in the order, and libraries, are those.
    pub fn imports(
        &self,
        index: usize,
        checked: &HashMap<usize, ModuleId>,
        libraries: &HashMap<usize, ModuleId>,
        standard: &HashMap<&str, ModuleId>,
    ) -> Vec<Import> {
        let meaning = |wanted: &Wanted| {
            let wanted = match wanted {
                Wanted::Nothing => return Import::Nothing,
                Wanted::Standard(name) => {
                    return match standard.get(name.as_str()) {
                        Some(&id) => Import::Standard(id),
                        None if name.is_empty() || stdlib::is_part(name) => Import::Prelude,
                        None => Import::NotStandard(standard::names()),
                    };
                }
                Wanted::Files(wanted) => wanted,
            };
            match self.find(wanted) {
                Some(Node::Module(used)) => {
                    checked.get(&used).map_or(Import::Circle, |&id| Import::Module(id))
                }
                Some(Node::Library(used)) => libraries
                    .get(&used)
                    .map_or_else(|| Import::Missing(wanted.clone()), |&id| Import::Module(id)),
                None => Import::Missing(wanted.clone()),
            }
        };
        self.modules[index].wanted.iter().map(meaning).collect()
    }

    fn find(&self, wanted: &[String]) -> Option<Node> {
        wanted.iter().find_map(|path| self.known.get(path)).copied()
    }
}
