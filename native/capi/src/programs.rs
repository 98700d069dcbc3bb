//! Contexts and programs behind the handles.

use crate::state::State;
use compiler_ffi::TypeInfo;
use loader::embed::{self, Engine, Modules, Settings, Start};
use loader::value::Type;
use loader::{Host, Input, Limits, Stream, Waker};
use std::io::{BufRead as _, Write as _};
use std::rc::Rc;

/// A context: the textual door, and the modules that were added.
pub struct Context {
    pub door: engine::Context,
    /// Path and contents, the program first.
    modules: Vec<(String, Vec<u8>)>,
    engine: Rc<Engine>,
}

/// A program that runs.
pub struct Program {
    pub program: embed::Program<'static>,
    /// Kept loaded for as long as there is a program.
    _engine: Rc<Engine>,
}

/// The compiler as contexts use it.
pub fn engine() -> Result<Engine, String> {
    Engine::new(Settings { start: Start::Baseline, cache: None }).map_err(|error| error.to_string())
}

impl Context {
    /// One without modules.
    pub fn new(engine: Rc<Engine>) -> Result<Context, String> {
        let door = engine.context().map_err(|error| error.to_string())?;
        Ok(Context { door, modules: Vec::new(), engine })
    }

    /// Adds a module.
    pub fn add(&mut self, path: &str, contents: &[u8]) -> Result<(), String> {
        if !self.door.add(path, contents).map_err(|error| error.to_string())? {
            return Err(self.why());
        }
        self.modules.push((path.to_owned(), contents.to_vec()));
        Ok(())
    }

    /// What the door says about its last call.
    pub fn why(&mut self) -> String {
        match self.door.last_error() {
            Ok(Some(error)) => error,
            Ok(None) => "the compiler gives no reason".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    /// A program of the modules that were added.
    pub fn load(&self) -> Result<Program, String> {
        let Some((path, contents)) = self.modules.first() else {
            return Err("no module was added".to_owned());
        };
        let find = |path: &str| {
            let found = self.modules.iter().find(|(other, _)| other == path);
            Ok(found.map(|(_, contents)| contents.clone()))
        };
        let modules = Modules::with(path, contents, find);
        let program = self.engine.load(modules, Limits::default(), Box::new(Streams));
        let program = program.map_err(|error| error.to_string())?;
        Ok(Program { program, _engine: self.engine.clone() })
    }
}

/// The function of a program with these type arguments (a list of types in JSON).
pub fn resolve(state: &mut State, program: usize, name: &str, types: Option<&str>) -> Result<usize, String> {
    let types: Vec<TypeInfo> = match types {
        Some(types) => compiler_ffi::parse(types).map_err(|error| format!("types: {error}"))?,
        None => Vec::new(),
    };
    let types = types.iter().map(ty).collect::<Result<Vec<_>, _>>()?;
    let of = state.programs.get_mut(&program).ok_or("there is no such program")?;
    let function = of.program.dynamic(name, &types).map_err(|error| error.to_string())?;
    let number = state.number();
    state.functions.insert(number, (program, function));
    Ok(number)
}

fn ty(info: &TypeInfo) -> Result<Type, String> {
    Ok(match info {
        TypeInfo::Int { bits, signed } => Type::Int { bits: bits.bits() as u8, signed: *signed },
        TypeInfo::Float { bits } => Type::Float(bits.bits() as u8),
        TypeInfo::Bool => Type::Bool,
        TypeInfo::String => Type::Text,
        TypeInfo::Array { elem } => Type::Array(Box::new(ty(elem)?)),
        TypeInfo::Tuple { args } if args.is_empty() => Type::Unit,
        TypeInfo::Tuple { args } => Type::Tuple(args.iter().map(ty).collect::<Result<_, _>>()?),
        TypeInfo::Named { name, args } => match (name.as_str(), args.as_slice()) {
            ("Option", [inner]) => Type::Option(Box::new(ty(inner)?)),
            _ => return Err(format!("values of `{name}` stay inside of a program")),
        },
        TypeInfo::Generic { name } => return Err(format!("`{name}` is no type")),
        TypeInfo::Simd { .. } => return Err("the language has no simd types".to_owned()),
        TypeInfo::Function { .. } => return Err("functions stay inside of a program".to_owned()),
    })
}

/// The streams of the C program.
struct Streams;

impl Host for Streams {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> bool {
        match stream {
            Stream::Out => {
                let mut out = std::io::stdout().lock();
                out.write_all(bytes).and_then(|()| out.flush()).is_ok()
            }
            Stream::Err => std::io::stderr().lock().write_all(bytes).is_ok(),
        }
    }

    fn read_line(&mut self) -> Input {
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(1..) => Input::Line(line.strip_suffix('\n').map(str::to_owned).unwrap_or(line)),
            Ok(0) | Err(_) => Input::End,
        }
    }

    fn args(&self) -> Vec<String> {
        Vec::new()
    }

    fn waker(&self) -> Option<Waker> {
        None
    }
}
