//! Functions of the host that a program may call: those that are registered by name and type, and nothing else.
//!
//! A program declares what it expects of its host: `extern fn now(zone: text) -> f64`. Whether there is such a function is found out when the program is
//! linked, before anything of it runs. A call puts the arguments into an object, the frame, to which the host adds the result.

use crate::function::written;
use crate::reload::LinkError;
use crate::value::{FromProgram, Shape, Table, ToProgram, Type, Typed as _, Value, Words};
use abi::ErrorKind;
use abi::{TypeDesc, TypeId, TypeKind};
use runtime::{Objects, Raised, RunError, Values};
use std::collections::BTreeMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What a program may call, by name. Clones have the same functions.
///
/// ```
/// use loader::HostFunctions;
///
/// let mut functions = HostFunctions::default();
/// functions.add("area", |width: f64, height: f64| width * height);
/// functions.add("parse", |digits: String| digits.parse::<i64>());
/// ```
///
/// The second gives a `Result`: an error ends the call that the program is in with a run-time error, and a panic does the same.
#[derive(Clone, Default)]
pub struct HostFunctions(Arc<BTreeMap<String, Arc<Registered>>>);

impl HostFunctions {
    /// Registers a function by its name, instead of one that had it.
    pub fn add<A, F: HostFunction<A>>(&mut self, name: &str, function: F) -> &mut Self {
        self.insert(
            name,
            Registered {
                params: F::params(),
                result: F::result(),
                call: Box::new(move |types, args, heap, words| function.call(types, args, heap, words)),
            },
        )
    }

    /// The same, for types that are known only when the host runs. A result of another type fails as an error does.
    pub fn add_dynamic(
        &mut self,
        name: &str,
        params: Vec<Type>,
        result: Type,
        function: impl Fn(&[Value]) -> Result<Value, String> + Send + Sync + 'static,
    ) -> &mut Self {
        let (param_types, result_type) = (params.clone(), result.clone());
        let call: Box<Call> = Box::new(move |types, args, heap, words| {
            let mut rest = Words::new(args);
            let args = param_types.iter().zip(&types.params);
            let args = args.map(|(ty, shape)| Value::get(ty, shape, heap, &mut rest));
            let value = function(&args.collect::<Result<Vec<_>, _>>()?).map_err(Failed::Said)?;
            if !value.is(&result_type) {
                return Err(Failed::Said(format!("its result is no `{result_type}`")));
            }
            Ok(value.put(&types.result, heap, words)?)
        });
        self.insert(name, Registered { params, result, call })
    }

    fn insert(&mut self, name: &str, function: Registered) -> &mut Self {
        Arc::make_mut(&mut self.0).insert(name.to_owned(), Arc::new(function));
        self
    }
}

impl fmt::Debug for HostFunctions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let types = |function: &Registered| written(&function.params, &function.result);
        f.debug_map().entries(self.0.iter().map(|(name, function)| (name, types(function)))).finish()
    }
}

/// A Rust function that a program can call: of up to eight arguments that come out of programs, with a result that goes in or an error that
/// can be shown.
pub trait HostFunction<A>: Send + Sync + 'static {
    /// The types of its parameters.
    fn params() -> Vec<Type>;

    /// The type of its result.
    fn result() -> Type;

    /// Calls it with the words of the arguments; adds those of the result.
    ///
    /// # Errors
    /// See [`Failed`].
    fn call(
        &self,
        types: &Types,
        args: &[u64],
        heap: &mut dyn Values,
        words: &mut Vec<u64>,
    ) -> Result<(), Failed>;
}

/// What a host function may give: a value, or a value or an error that ends the program's call.
pub trait Outcome {
    /// The value.
    type Value: ToProgram;
    /// Tells them apart.
    ///
    /// # Errors
    /// What the function says is wrong.
    fn outcome(self) -> Result<Self::Value, String>;
}

impl<T: ToProgram> Outcome for T {
    type Value = T;

    fn outcome(self) -> Result<T, String> {
        Ok(self)
    }
}

impl<T: ToProgram, E: fmt::Display> Outcome for Result<T, E> {
    type Value = T;

    fn outcome(self) -> Result<T, String> {
        self.map_err(|error| error.to_string())
    }
}

/// Why a call of a host function fails.
#[derive(Debug)]
pub enum Failed {
    /// What the function says.
    Said(String),
    /// What the runtime says: the words are no such values, or there is no room for the result.
    Raised(Raised),
}

impl From<Raised> for Failed {
    fn from(raised: Raised) -> Failed {
        Failed::Raised(raised)
    }
}

/// The types of a host function in a program.
pub struct Types {
    params: Vec<Shape>,
    result: Shape,
}

macro_rules! functions {
    ($(($($arg:ident $index:tt),*))*) => {$(
        impl<F, R, $($arg),*> HostFunction<($($arg,)*)> for F
        where
            F: Fn($($arg),*) -> R + Send + Sync + 'static,
            R: Outcome,
            $($arg: FromProgram,)*
        {
            fn params() -> Vec<Type> {
                vec![$($arg::ty()),*]
            }

            fn result() -> Type {
                R::Value::ty()
            }

            fn call(
                &self,
                types: &Types,
                args: &[u64],
                heap: &mut dyn Values,
                words: &mut Vec<u64>,
            ) -> Result<(), Failed> {
                #[allow(unused_mut, unused_variables, reason = "there may be no arguments")]
                let mut args = Words::new(args);
                let value = self($($arg::get(&types.params[$index], heap, &mut args)?),*);
                Ok(value.outcome().map_err(Failed::Said)?.put(&types.result, heap, words)?)
            }
        }
    )*};
}

functions! {
    ()
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, G 5)
    (A 0, B 1, C 2, D 3, E 4, G 5, H 6)
    (A 0, B 1, C 2, D 3, E 4, G 5, H 6, I 7)
}

/// What is called.
type Call = dyn Fn(&Types, &[u64], &mut dyn Values, &mut Vec<u64>) -> Result<(), Failed> + Send + Sync;

struct Registered {
    params: Vec<Type>,
    result: Type,
    call: Box<Call>,
}

/// A host function that a program is linked to.
#[derive(Clone)]
pub(crate) struct Linked {
    name: Arc<str>,
    frame: TypeId,
    types: Arc<Types>,
    function: Arc<Registered>,
}

impl Linked {
    /// The function that a program expects: `frame` is the class of the objects with its arguments and its result.
    pub fn new(
        functions: &HostFunctions,
        name: &Arc<str>,
        frame: TypeId,
        table: &mut dyn Table,
    ) -> Result<Linked, LinkError> {
        let declared = declared(frame, table.types());
        let is = declared
            .as_ref()
            .map_or_else(|| "of other types".to_owned(), |(params, result)| written(params, result));
        let Some(function) = functions.0.get(&**name) else {
            return Err(LinkError::NoHostFunction { name: name.to_string(), is });
        };
        let wrong = || LinkError::HostFunction {
            name: name.to_string(),
            is: is.clone(),
            registered: written(&function.params, &function.result),
        };
        let (params, result) = declared.ok_or_else(wrong)?;
        if params != function.params || result != function.result {
            return Err(wrong());
        }
        let params = params.iter().map(|ty| Shape::of(ty, table)).collect::<Result<Vec<_>, _>>()?;
        let types = Types { params, result: Shape::of(&result, table)? };
        // The same machine values, in the same order.
        let reprs = types.params.iter().chain([&types.result]).flat_map(|shape| &shape.reprs);
        let leaves = table.types()[frame.0 as usize].leaves.iter().map(|leaf| &leaf.repr);
        if !reprs.eq(leaves) {
            return Err(wrong());
        }
        Ok(Linked { name: name.clone(), frame, types: Arc::new(types), function: function.clone() })
    }

    /// True where it is that function.
    pub fn is(&self, name: &str, frame: TypeId) -> bool {
        *self.name == *name && self.frame == frame
    }

    /// Calls it with the arguments in a frame, which gets the result.
    pub fn call(&self, frame: u32, heap: &mut dyn Objects) -> Result<(), Raised> {
        let mut words = Vec::new();
        heap.payload(frame, &mut words)?;
        words.truncate(self.types.params.iter().map(|shape| shape.reprs.len()).sum());
        let mut result = Vec::new();
        // What it was given was copied for it, and what it leaves half done in the heap belongs to a program that ends.
        let called = catch_unwind(AssertUnwindSafe(|| {
            (self.function.call)(&self.types, &words, &mut *heap, &mut result)
        }));
        let said = match called {
            Ok(Ok(())) => return heap.set_last(frame, &result),
            Ok(Err(Failed::Raised(raised))) => return Err(raised),
            Ok(Err(Failed::Said(said))) => said,
            Err(panic) => {
                let text = panic.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
                format!("it panicked: {}", text.unwrap_or("without a text"))
            }
        };
        Err(heap.fail(RunError::new(ErrorKind::HostFunction, format!("`{}`: {said}", self.name))))
    }
}

/// Parameters and result of a host function as the program declares them.
fn declared(frame: TypeId, types: &[TypeDesc]) -> Option<(Vec<Type>, Type)> {
    let TypeKind::Class { fields, .. } = &types.get(frame.0 as usize)?.kind else { return None };
    let mut all = fields.iter().map(|field| Type::of(field.ty, types)).collect::<Option<Vec<_>>>()?;
    let result = all.pop()?;
    Some((all, result))
}
