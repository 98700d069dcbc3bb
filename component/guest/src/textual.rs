//! The textual door.

use crate::bindings::exports::simple::compiler::textual as wit;
use crate::{Component, convert};
use std::cell::RefCell;

pub(crate) struct Context(RefCell<driver::Context>);

impl wit::Guest for Component {
    type Context = Context;
}

impl wit::GuestContext for Context {
    fn new(options: wit::Options, target: wit::Target) -> Self {
        Context(RefCell::new(driver::Context::new(convert::options(&options), convert::target(target))))
    }

    fn add(&self, path: String, contents: Vec<u8>) -> bool {
        self.0.borrow_mut().add(&path, &contents)
    }

    fn infer_types(&self, template: String, hints: String) -> String {
        self.0.borrow_mut().infer_types(&template, &hints)
    }

    fn check_types(&self, code: Vec<u8>) -> bool {
        self.0.borrow_mut().check_types(&code)
    }

    fn instantiate_template(&self, template: String, types: String) -> String {
        self.0.borrow_mut().instantiate_template(&template, &types)
    }

    fn get_stats(&self) -> String {
        self.0.borrow().stats()
    }

    fn last_error(&self) -> Option<String> {
        self.0.borrow().last_error().map(str::to_owned)
    }
}
