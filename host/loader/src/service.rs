//! What the loader does for a program while it runs: links what is new at a poll, and functions that are made when they are called first.

use crate::Program;
use crate::link::{Linker, Linking};
use crate::reload::{Known, Reloader};
use abi::ErrorKind;
use exec::{Ask, Parts, Serve};
use runtime::{Objects, Raised, RunError};
use std::cell::RefCell;
use std::rc::Rc;

/// Makes functions of a program when they are called first.
pub trait Instances {
    /// The part of the program with the function of this name and signature.
    ///
    /// # Errors
    /// Why there is none: what the program ends with.
    fn make(&mut self, name: &str, signature: u64) -> Result<Program, String>;

    /// A part that was made is linked: from now on the program has these symbols.
    fn linked(&mut self, symbols: &[Known]);
}

/// Whom the loader asks for a program.
#[derive(Default)]
pub struct Services {
    pub reloader: Option<Reloader>,
    pub instances: Option<Box<dyn Instances>>,
}

/// Does it.
pub fn serve(services: Rc<RefCell<Services>>, linker: Rc<RefCell<Linker>>) -> Box<Serve> {
    Box::new(move |ask, rt, parts| {
        let (services, linker) = (&mut *services.borrow_mut(), &mut *linker.borrow_mut());
        match (ask, services) {
            (Ask::Poll, Services { reloader: Some(reloader), .. }) => {
                if let Some(artifact) = reloader.take() {
                    let answer = linker.further(&artifact, Linking::Version, rt, parts);
                    reloader.linked(answer, linker.known());
                }
                Ok(())
            }
            // Functions that set variables wait to be called.
            (Ask::Poll, Services { reloader: None, .. }) => Ok(()),
            (Ask::Instance(entry), Services { instances: Some(instances), .. }) => {
                instance(&mut **instances, linker, entry, rt, parts)
            }
            (Ask::Host(function, frame), _) => linker.host_function(function)?.call(frame, rt),
            (Ask::Instance(_), Services { instances: None, .. }) => {
                Err(rt.fail(RunError::new(ErrorKind::NoInstance, "nobody makes functions for this program")))
            }
        }
    })
}

fn instance(
    instances: &mut dyn Instances,
    linker: &mut Linker,
    entry: u32,
    rt: &mut dyn Objects,
    parts: &Parts,
) -> Result<(), Raised> {
    let Some((name, signature)) = linker.symbol_at(entry) else { return Err(Raised::Internal) };
    let made = instances.make(&name, signature).and_then(|part| {
        let linked = linker.further(part.artifact(), Linking::Addition, rt, parts);
        linked.map(|_| part).map_err(|error| error.to_string())
    });
    match made {
        Ok(part) => {
            instances.linked(&part.symbols());
            Ok(())
        }
        Err(wrong) => {
            let message = format!("cannot make `{name}`: {wrong}");
            Err(rt.fail(RunError::new(ErrorKind::NoInstance, message)))
        }
    }
}
