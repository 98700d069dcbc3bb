//! Functions of the host: their bodies put the arguments into an object, have the host called with it, and take the result out.

use super::emit::Leaves;
use super::{Lower, Val};
use crate::instantiate::R;
use crate::layout::LeafInfo;
use crate::legal::{End, Slot};
use abi::{Repr, RtFn, object};
use sema::hir::FnId;

impl Lower<'_, '_> {
    /// The body of a function of the host.
    pub(super) fn host_call(&mut self, id: FnId) -> R<()> {
        let (mut fields, results) = self.s.fn_types(id, &[]);
        let ret = results[0];
        fields.push(ret);
        let name = self.s.cx.names.name(self.s.hir.fns[id].name).to_owned();
        let (desc, payload) = self.s.host_frame(&name, &fields, self.span)?;
        let word = self.desc_word(desc);
        let frame = self.e.rt1(RtFn::rt_object_new, &[word]);
        let params = self.e.params();
        for (&value, info) in params.iter().zip(&payload.leaves) {
            self.e.store(frame, object::PAYLOAD + info.offset, value);
        }
        let slot = self.s.slot(Slot::Host(name, desc));
        let function = self.e.slot(slot, Repr::I32);
        self.e.rt(RtFn::rt_host, &[function, frame]);
        let of_result = &payload.leaves[params.len()..];
        let leaves: Leaves = of_result
            .iter()
            .map(|info| self.e.load(info.repr, frame, object::PAYLOAD + info.offset))
            .collect();
        let result = Val { ty: ret, leaves };
        self.retain(&result)?;
        // It is gone at once.
        let info = LeafInfo { repr: Repr::Ref, offset: 0, nullable: false, may_cycle: false };
        self.e.release(frame, &info);
        self.e.end(End::Return(result.leaves));
        Ok(())
    }
}
