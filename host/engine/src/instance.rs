//! An instance of the component: a store with limits, and calls into it.

use crate::bindings::CompilerPre;
use crate::error::{self, Error};
use crate::limits::{Limits, State, Stop};
use crate::load::Loaded;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use wasmtime::component::ResourceAny;
use wasmtime::{PoolConcurrencyLimitError, Store};

/// An instance with the one resource that it was made for; `A` are the functions of an interface.
pub(crate) struct Instance<A> {
    loaded: Arc<Loaded>,
    limits: Limits,
    /// Hash of everything that went in, to name the input in reports of bugs.
    input: blake3::Hasher,
    /// None after an error that the instance did not survive, and where a call panicked.
    live: Option<Box<Live<A>>>,
}

/// What a call needs.
pub(crate) struct Live<A> {
    pub(crate) store: Store<State>,
    pub(crate) api: A,
    pub(crate) resource: ResourceAny,
}

impl<A> Instance<A> {
    /// Makes an instance; `make` has its functions looked up and calls the constructor.
    pub(crate) fn open(
        loaded: Arc<Loaded>,
        limits: Limits,
        make: impl AsyncFn(&CompilerPre<State>, &mut Store<State>) -> wasmtime::Result<(A, ResourceAny)>,
    ) -> Result<Self, Error> {
        let input = blake3::Hasher::new();
        let (loaded, made) = match Live::new(&loaded, &limits, &make) {
            Err(error) if error.is::<PoolConcurrencyLimitError>() => match loaded.unpooled() {
                Some(more) => (more.clone(), Live::new(more, &limits, &make)),
                None => (loaded, Err(error)),
            },
            made => (loaded, made),
        };
        let live = made.map_err(|error| error::explain(&error, &limits, &input))?;
        Ok(Instance { loaded, limits, input, live: Some(Box::new(live)) })
    }

    /// Notes what goes in.
    pub(crate) fn takes_in(&mut self, parts: [&[u8]; 2]) {
        for part in parts {
            self.input.update(&(part.len() as u64).to_le_bytes());
            self.input.update(part);
        }
    }

    /// Bytes of linear memory, while there is an instance.
    pub(crate) fn memory(&self) -> Option<usize> {
        self.live.as_ref().map(|live| live.store.data().memory)
    }

    /// A bug that the component noticed itself.
    pub(crate) fn internal(&self, what: &str) -> Error {
        Error::Internal(error::on_input(what, &self.input))
    }

    pub(crate) fn call<T>(
        &mut self,
        call: impl AsyncFnOnce(&mut Live<A>) -> wasmtime::Result<T>,
    ) -> Result<T, Error> {
        self.call_until(None, call)
    }

    /// A call that also ends soon after somebody asks for a stop.
    pub(crate) fn call_until<T>(
        &mut self,
        stop: Option<&Stop>,
        call: impl AsyncFnOnce(&mut Live<A>) -> wasmtime::Result<T>,
    ) -> Result<T, Error> {
        let mut live = self.live.take().ok_or(Error::Gone)?;
        live.store.data_mut().begin(self.limits.time, stop);
        live.store.set_epoch_deadline(1);
        match self.loaded.clock.during(|| at_once(call(&mut live))) {
            Ok(value) => {
                self.live = Some(live);
                Ok(value)
            }
            Err(_) if live.store.data().was_stopped() => Err(Error::Stopped),
            Err(error) => Err(error::explain(&error, &self.limits, &self.input)),
        }
    }
}

impl<A> Live<A> {
    fn new(
        loaded: &Loaded,
        limits: &Limits,
        make: &impl AsyncFn(&CompilerPre<State>, &mut Store<State>) -> wasmtime::Result<(A, ResourceAny)>,
    ) -> wasmtime::Result<Self> {
        let mut store = Store::new(&loaded.engine, State::new(limits));
        store.limiter(|state| state);
        store.epoch_deadline_callback(|mut store| Ok(store.data_mut().tick()));
        store.set_epoch_deadline(1);
        // What the host copies out of the component per call is bounded too.
        store.set_hostcall_fuel(limits.output);
        let (api, resource) = loaded.clock.during(|| at_once(make(&loaded.pre, &mut store)))?;
        Ok(Live { store, api, resource })
    }
}

/// The value of an asynchronous call of Wasmtime.
///
/// Such a call runs on a stack of its own, which Wasmtime maps with a guard page (`Config::async_stack_size`) and keeps in the store for the next
/// call. So it does not matter on what stack the caller runs and how much of it is left, as long as it has room for the few frames of
/// Wasmtime that change stacks: the component's limit is counted from where the new stack begins. That holds for a runtime function which was
/// called by emitted code too. Its stack is one that the thread knows nothing of, and whatever measures the rest of the thread's stack
/// (`stacker::maybe_grow`) would measure another one there.
///
/// Of a call's time a quarter goes to changing stacks (`perf` on `cargo xtask bench questions`), the rest is Wasmtime's way into any component. The other way that is right
/// everywhere, a thread for each call, takes many times as long as the call.
fn at_once<T>(call: impl Future<Output = T>) -> T {
    match pin!(call).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("there is nothing to wait for: no import, and epochs do not yield"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::config;
    use wasmtime::{Engine, Module, Strategy, Trap};

    /// A module with a function `f` that does nothing but call itself.
    const RECURSES: &[u8] =
        b"\0asm\x01\0\0\0\x01\x04\x01\x60\0\0\x03\x02\x01\0\x07\x05\x01\x01f\0\0\x0a\x06\x01\x04\0\x10\0\x0b";

    /// What ends a call of it.
    fn overflow(engine: &Engine, module: &Module) -> Trap {
        let mut store = Store::new(engine, ());
        store.set_epoch_deadline(1);
        let instance = at_once(wasmtime::Instance::new_async(&mut store, module, &[])).expect("an instance");
        let f = instance.get_typed_func::<(), ()>(&mut store, "f").expect("its function");
        let error = at_once(f.call_async(&mut store, ())).expect_err("it recurses");
        *error.downcast_ref::<Trap>().expect("a trap")
    }

    #[test]
    fn what_a_component_overflows_is_not_the_stack_of_its_caller() {
        let engine = Engine::new(&config(Strategy::Cranelift)).expect("an engine");
        let module = Module::new(&engine, RECURSES).expect("a module");
        for stack in [64 << 10, 64 << 20] {
            let (engine, module) = (engine.clone(), module.clone());
            let call =
                std::thread::Builder::new().stack_size(stack).spawn(move || overflow(&engine, &module));
            let trap = call.expect("a thread").join().expect("no panic");
            assert_eq!(trap, Trap::StackOverflow, "{stack}");
        }
        let error = wasmtime::Error::from(Trap::StackOverflow);
        let explained = error::explain(&error, &Limits::default(), &blake3::Hasher::new());
        assert!(matches!(explained, Error::StackOverflow));
    }
}
