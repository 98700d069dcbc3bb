//! Sessions on threads of their own that make shares of a program's machine code.
//!
//! Each goes through the whole column of stages as far as functions have to do with each other, a third of the work; the rest, passes over one function and
//! code generation, is divided. One session puts the shares together, and the result is what it would have made alone. So whatever a helper
//! fails at (a limit, a thread that the system refuses) leaves the work to that session, which fails at it too or does not.

use crate::error::Error;
use crate::limits::{Limits, Stop};
use crate::load::Loaded;
use crate::session::Session;
use crate::{Options, Purpose, ShareOf, Target};
use std::num::NonZero;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;

/// How many sessions compile a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Jobs {
    /// One for small programs, else as many as there are cores, up to four: beyond that the work that is not divided is most of it.
    Auto,
    /// As many as this.
    Exactly(NonZero<u8>),
}

/// Bytes of source text from which on helpers are worth their work (`cargo xtask bench compile`).
const WORTH: usize = 4 << 10;
const MOST: usize = 4;

/// Sessions that help another one, which has been told the same in the same order.
pub struct Helpers {
    loaded: Arc<Loaded>,
    options: Options,
    limits: Limits,
    jobs: Jobs,
    /// What was said so far, for helpers that start later.
    said: Vec<Arc<Said>>,
    source_bytes: usize,
    helpers: Vec<Sender<Order>>,
    stop: Stop,
}

enum Said {
    Root(String),
    Module(String, String),
    Library(String, Vec<u8>),
}

enum Order {
    Hear(Arc<Said>),
    Make(Target, Purpose, ShareOf, Sender<(u32, Result<Vec<u8>, Error>)>),
}

impl Helpers {
    pub(crate) fn new(loaded: Arc<Loaded>, options: &Options, limits: Limits, jobs: Jobs) -> Helpers {
        Helpers {
            loaded,
            options: *options,
            limits,
            jobs,
            said: Vec::new(),
            source_bytes: 0,
            helpers: Vec::new(),
            stop: Stop::default(),
        }
    }

    /// As [`Session::set_root`].
    pub fn set_root(&mut self, folder: &str) {
        self.say(0, || Said::Root(folder.to_owned()));
    }

    /// As [`Session::add_module`].
    pub fn add_module(&mut self, path: &str, text: &str) {
        self.say(text.len(), || Said::Module(path.to_owned(), text.to_owned()));
    }

    /// As [`Session::add_library`].
    pub fn add_library(&mut self, path: &str, file: &[u8]) {
        self.say(0, || Said::Library(path.to_owned(), file.to_vec()));
    }

    /// Makes all shares of the machine code for these targets and hands them to the session, where there are helpers. A module of WebAssembly is made in one piece.
    ///
    /// # Errors
    /// The session is gone. A program that is wrong is so when the session emits it.
    pub fn share(
        &mut self,
        session: &mut Session,
        targets: &[Target],
        purpose: Purpose,
    ) -> Result<(), Error> {
        let count = self.helpers.len() as u32 + 1;
        if count == 1 {
            return Ok(());
        }
        for &target in targets.iter().filter(|&&target| target != Target::Wasm32) {
            let (answer, answers) = mpsc::channel();
            for (index, helper) in (1..).zip(&self.helpers) {
                let order = Order::Make(target, purpose, ShareOf { index, count }, answer.clone());
                // One that has ended gives no answer, which is noticed below.
                let _ = helper.send(order);
            }
            drop(answer);
            let own = session.emit_share(target, purpose, ShareOf { index: 0, count }, None);
            let mut shares: Vec<Vec<u8>> = vec![Vec::new(); count as usize];
            shares[0] = match own {
                Ok(share) => share,
                Err(Error::Rejected) => return Ok(()),
                Err(error) => return Err(error),
            };
            let mut missing = self.helpers.len();
            for (index, share) in answers {
                let Ok(share) = share else { break };
                shares[index as usize] = share;
                missing -= 1;
            }
            if missing > 0 {
                return Ok(());
            }
            session.add_shares(target, purpose, &shares)?;
        }
        Ok(())
    }

    fn say(&mut self, source_bytes: usize, said: impl FnOnce() -> Said) {
        if self.jobs == Jobs::Exactly(NonZero::<u8>::MIN) {
            return;
        }
        let said = Arc::new(said());
        for helper in &self.helpers {
            let _ = helper.send(Order::Hear(said.clone()));
        }
        self.said.push(said);
        self.source_bytes += source_bytes;
        if self.helpers.is_empty() {
            self.start();
        }
    }

    /// Starts the helpers that are worth it.
    fn start(&mut self) {
        let jobs = match self.jobs {
            Jobs::Exactly(jobs) => usize::from(jobs.get()),
            Jobs::Auto if self.source_bytes < WORTH => 1,
            Jobs::Auto => thread::available_parallelism().map_or(1, NonZero::get).min(MOST),
        };
        for _ in 1..jobs {
            let (orders, receiver) = mpsc::channel();
            let (loaded, options, limits) = (self.loaded.clone(), self.options, self.limits.clone());
            let stop = self.stop.clone();
            let started = thread::Builder::new().name("compiler".to_owned()).spawn(move || {
                if let Ok(session) = Session::open(loaded, &options, limits) {
                    work(session, &receiver, &stop);
                }
            });
            if started.is_err() {
                // With fewer then; one thread less is one share less.
                return;
            }
            for said in &self.said {
                let _ = orders.send(Order::Hear(said.clone()));
            }
            self.helpers.push(orders);
        }
    }
}

impl Drop for Helpers {
    fn drop(&mut self) {
        // Whoever is still at work ends soon by itself; nobody waits for it.
        self.stop.request();
    }
}

/// A helper's thread.
fn work(mut session: Session, orders: &Receiver<Order>, stop: &Stop) {
    for order in orders {
        match order {
            Order::Hear(said) => {
                let heard = match &*said {
                    Said::Root(folder) => session.set_root(folder),
                    Said::Module(path, text) => session.add_module(path, text).map(drop),
                    Said::Library(path, file) => session.add_library(path, file).map(drop),
                };
                match heard {
                    // What is wrong with a module is told by the session that is helped.
                    Ok(()) | Err(Error::Rejected) => {}
                    Err(_) => return,
                }
            }
            Order::Make(target, purpose, share, answer) => {
                let made = session.emit_share(target, purpose, share, Some(stop));
                // Nobody listens any more where another share could not be made.
                let _ = answer.send((share.index, made));
            }
        }
    }
}
