//! The program's entry: `() -> i64`.

use super::{Lower, Val};
use crate::generic::{Place, Root};
use crate::instantiate::R;
use crate::legal::{End, Value};
use abi::Repr;
use base::Code;
use sema::ty::{Ty, Types};
use smallvec::smallvec;

impl Lower<'_, '_> {
    /// Runs the bodies of the modules, then `main`; the exit code is what `main` gives, or the number that is called so.
    pub(super) fn entry(&mut self) -> R<()> {
        let bodies: Vec<_> = self.s.hir.modules.values().filter_map(|module| module.init).collect();
        for init in bodies {
            let result = self.call_vals(init, &[], Vec::new())?;
            if self.dead {
                return Ok(());
            }
            self.release(&result)?;
        }
        let code = if let Some(main) = self.s.hir.main {
            let function = &self.s.hir.fns[main];
            if !function.params.is_empty() || !function.generics.is_empty() {
                self.span = function.span;
                return Err(self.error(Code::BadArguments, "`main` takes no arguments"));
            }
            let result = self.call_vals(main, &[], Vec::new())?;
            if self.dead {
                return Ok(());
            }
            let code = self.exit_code(&result)?;
            self.release(&result)?;
            code
        } else if let Some(global) = self.s.hir.main_code {
            let place = Place { root: Root::Global(global), path: Vec::new() };
            let read = self.read_place(&place)?;
            let code = self.exit_code(&read.val)?;
            self.done(read)?;
            code
        } else {
            self.e.int(Repr::I64, 0)
        };
        self.e.end(End::Return(smallvec![code]));
        Ok(())
    }

    /// A whole number is the code; everything else is success.
    fn exit_code(&mut self, val: &Val) -> R<Value> {
        match self.ty(val.ty) {
            Ty::Int(_) => {
                let code = self.number(val, Types::i64())?;
                Ok(self.one(&code))
            }
            _ => Ok(self.e.int(Repr::I64, 0)),
        }
    }
}
