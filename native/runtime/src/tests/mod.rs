//! Tests of the runtime functions, through the same door as the engines: [`Rt::call`].

mod arrays;
mod cycles;
mod dicts;
mod dynamic;
mod format;
#[cfg(all(feature = "native", target_arch = "x86_64", unix))]
mod native;
mod show;
mod stop;
mod texts;
mod untrusted;

use crate::{BufferHost, Raised, Rt, RunError, VecMemory};
use abi::types::{FieldDesc, TypeDesc, TypeKind, lay_out, well_known, well_known as id};
use abi::{Repr, RtFn, TypeId, context};

pub(crate) type TestRt = Rt<VecMemory, BufferHost>;

/// Builds a table of types.
pub(crate) struct Table(pub Vec<TypeDesc>);

impl Table {
    pub(crate) fn new() -> Table {
        Table(abi::types::well_known())
    }

    pub(crate) fn add(&mut self, kind: TypeKind, reprs: &[Repr], boxed: bool, may_cycle: bool) -> TypeId {
        let (leaves, size) = lay_out(reprs.iter().copied());
        self.0.push(TypeDesc { kind, boxed, leaves, size, may_cycle });
        TypeId(self.0.len() as u32 - 1)
    }

    pub(crate) fn array(&mut self, elem: TypeId) -> TypeId {
        let may_cycle = self.0.get(elem.0 as usize).is_none_or(|desc| desc.may_cycle);
        self.add(TypeKind::Array { elem }, &[Repr::Ref], false, may_cycle)
    }

    pub(crate) fn dict(&mut self, key: TypeId, value: TypeId) -> TypeId {
        let may_cycle = self.0[key.0 as usize].may_cycle || self.0[value.0 as usize].may_cycle;
        self.add(TypeKind::Dict { key, value }, &[Repr::Ref], false, may_cycle)
    }

    /// An option with a flag in front.
    pub(crate) fn option(&mut self, inner: TypeId) -> TypeId {
        let of = &self.0[inner.0 as usize];
        let mut reprs = vec![Repr::I8];
        reprs.extend(of.value_leaves().iter().map(|leaf| leaf.repr));
        let may_cycle = of.may_cycle;
        self.add(TypeKind::Option { inner, niche: false }, &reprs, false, may_cycle)
    }

    /// An option of a reference.
    pub(crate) fn niche(&mut self, inner: TypeId, may_cycle: bool) -> TypeId {
        self.add(TypeKind::Option { inner, niche: true }, &[Repr::Ref], false, may_cycle)
    }

    pub(crate) fn rt(self) -> TestRt {
        self.rt_with(64 << 20)
    }

    pub(crate) fn rt_with(self, limit: u64) -> TestRt {
        Rt::new(VecMemory::new(limit), BufferHost::new(1 << 20), self.0).unwrap()
    }
}

/// Fields of one leaf each.
pub(crate) fn fields(list: &[(&str, TypeId)]) -> Vec<FieldDesc> {
    list.iter()
        .enumerate()
        .map(|(i, (name, ty))| FieldDesc { name: name.to_string(), ty: *ty, leaves: vec![i as u32] })
        .collect()
}

impl TestRt {
    pub(crate) fn ok(&mut self, function: RtFn, args: &[u64]) -> u64 {
        match self.call(function, args) {
            Ok(word) => word,
            Err(raised) => panic!("{}: {:?}", function.name(), self.take_error(raised)),
        }
    }

    pub(crate) fn fails(&mut self, function: RtFn, args: &[u64]) -> RunError {
        match self.call(function, args) {
            Ok(word) => panic!("{} gave {word}", function.name()),
            Err(raised) => self.take_error(raised),
        }
    }

    pub(crate) fn str(&mut self, text: &str) -> u64 {
        u64::from(self.new_text(text).unwrap())
    }

    /// The characters of a text, which is released.
    pub(crate) fn take(&mut self, text: u64) -> String {
        let chars = self.text(text as u32).unwrap().to_string();
        self.release(text as u32).unwrap();
        chars
    }

    /// Stores a word at the first scratch value.
    pub(crate) fn a(&mut self, word: u64) -> u64 {
        self.store(context::SCRATCH_A, word.to_le_bytes()).unwrap();
        u64::from(context::SCRATCH_A)
    }

    pub(crate) fn word(&self, at: u32) -> u64 {
        u64::from_le_bytes(self.load(at).unwrap())
    }

    pub(crate) fn word32(&self, at: u32) -> u32 {
        u32::from_le_bytes(self.load(at).unwrap())
    }

    /// Shows a value whose one leaf is a word, and keeps it.
    pub(crate) fn shows(&mut self, ty: TypeId, word: u64) -> String {
        let at = self.a(word);
        let shown = self.ok(RtFn::rt_show, &[u64::from(ty.0), at]);
        self.take(shown)
    }

    pub(crate) fn push(&mut self, array: u64, word: u64, bytes: u32) -> u64 {
        let array = self.ok(RtFn::rt_array_reserve, &[array, 1]);
        let len = self.word32(array as u32 + 8);
        let at = array as u32 + 16 + len * bytes;
        match bytes {
            1 => self.store(at, [word as u8]).unwrap(),
            4 => self.store(at, (word as u32).to_le_bytes()).unwrap(),
            _ => self.store(at, word.to_le_bytes()).unwrap(),
        }
        self.store(array as u32 + 8, (len + 1).to_le_bytes()).unwrap();
        array
    }

    pub(crate) fn ints(&mut self, values: &[i64]) -> u64 {
        let mut array = self.ok(RtFn::rt_array_new, &[u64::from(id::ARRAY_I64.0), 0]);
        for value in values {
            array = self.push(array, *value as u64, 8);
        }
        array
    }

    pub(crate) fn texts(&mut self, values: &[&str]) -> u64 {
        let mut array = self.ok(RtFn::rt_array_new, &[u64::from(id::ARRAY_TEXT.0), 0]);
        for value in values {
            let text = self.str(value);
            array = self.push(array, text, 4);
        }
        array
    }

    pub(crate) fn anys(&mut self, values: &[u64]) -> u64 {
        let mut array = self.ok(RtFn::rt_array_new, &[u64::from(id::ARRAY_ANY.0), 0]);
        for value in values {
            array = self.push(array, *value, 8);
        }
        array
    }

    /// A tagged value of a value whose one leaf is a word, which is handed over.
    pub(crate) fn any(&mut self, ty: TypeId, word: u64) -> u64 {
        let at = self.a(word);
        self.ok(RtFn::rt_any_from, &[u64::from(ty.0), at])
    }

    pub(crate) fn drop(&mut self, object: u64) {
        self.release(object as u32).unwrap();
    }

    /// Everything was released.
    pub(crate) fn assert_empty(&mut self) {
        self.collect().unwrap();
        assert_eq!((self.stats().live_objects, self.stats().live_bytes), (0, 0), "{:?}", self.stats());
    }
}

#[test]
fn every_function_checks_its_number_of_arguments() {
    let mut rt = Table::new().rt();
    for function in RtFn::ALL {
        assert_eq!(rt.call(*function, &[0; 9]), Err(Raised::Internal));
    }
}

#[test]
fn a_table_without_the_well_known_types_is_refused() {
    assert!(Rt::new(VecMemory::new(1 << 20), BufferHost::new(0), Vec::new()).is_err());
    let mut bad = Table::new();
    bad.array(TypeId(9999));
    assert!(Rt::new(VecMemory::new(1 << 20), BufferHost::new(0), bad.0).is_err());
    assert_eq!(Table::new().0.len(), well_known::FIRST_OWN as usize);
}
