//! How values of the typed program stand in bytes.
//!
//! Numbers of entities are those of the program at the time of writing: first what came with each library that it uses, in order, then its own. The
//! reader knows where each of these parts lies in the program that it reads into ([`Bases`]), and refuses every number that is of nothing. Symbols
//! and types have tables of their own, filled in the order of first use; a type stands behind the types in it.

use crate::hir::{FnId, GlobalId, ImplId, ModuleId, Program};
use crate::ty::{AdtId, TraitId, Ty, TyId};
pub use base::wire::Malformed;
use base::wire::{In, Out};
use base::{Cx, EntityId, FileId, Interner, Span, Symbol};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

/// A value that can stand in a compiled library.
pub trait Wire: Sized {
    /// Appends it.
    fn write(&self, to: &mut Writer<'_>);
    /// Reads it.
    ///
    /// # Errors
    /// The bytes are not such a value.
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed>;
}

/// Writes values, and gathers the names and types in them.
pub struct Writer<'a> {
    pub(super) program: &'a Program,
    names: &'a Interner,
    files: HashMap<FileId, u64>,
    symbols: HashMap<Symbol, u64>,
    symbol_list: Out,
    types: HashMap<TyId, u64>,
    type_list: Out,
    out: Out,
}

impl<'a> Writer<'a> {
    pub(super) fn new(program: &'a Program, names: &'a Interner, files: &[FileId]) -> Writer<'a> {
        Writer {
            program,
            names,
            files: files.iter().enumerate().map(|(index, &file)| (file, index as u64)).collect(),
            symbols: HashMap::new(),
            symbol_list: Out::default(),
            types: HashMap::new(),
            type_list: Out::default(),
            out: Out::default(),
        }
    }

    /// A number without sign.
    pub fn uint(&mut self, value: u64) {
        self.out.uint(value);
    }

    /// A number with sign.
    pub fn int(&mut self, value: i64) {
        self.out.int(value);
    }

    /// One of a few choices.
    pub fn tag(&mut self, tag: u8) {
        self.out.byte(tag);
    }

    /// A text.
    pub fn text(&mut self, text: &str) {
        self.out.block(text.as_bytes());
    }

    /// Takes what was written since the last time.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out).into_bytes()
    }

    /// The tables of names and types, complete once everything else was written.
    pub(super) fn tables(self) -> (u64, Vec<u8>, u64, Vec<u8>) {
        let (symbols, types) = (self.symbols.len() as u64, self.types.len() as u64);
        (symbols, self.symbol_list.into_bytes(), types, self.type_list.into_bytes())
    }

    fn symbol(&mut self, symbol: Symbol) -> u64 {
        let next = self.symbols.len() as u64;
        *self.symbols.entry(symbol).or_insert_with(|| {
            self.symbol_list.block(self.names.name(symbol).as_bytes());
            next
        })
    }

    fn type_number(&mut self, id: TyId) -> u64 {
        if let Some(&number) = self.types.get(&id) {
            return number;
        }
        // The parts first, in buffers of their own: writing one may add others.
        let outer = std::mem::take(&mut self.out);
        let ty: &Ty = self.program.types.get(id);
        ty.write(self);
        let entry = std::mem::replace(&mut self.out, outer).into_bytes();
        let number = self.types.len() as u64;
        self.types.insert(id, number);
        self.type_list.block(&entry);
        number
    }
}

/// Where parts of a library lie in the program that it is read into: numbers of one kind.
#[derive(Clone, Default, Debug)]
pub struct Bases {
    /// First number at the time of writing, how many, first number now; in order of the first.
    parts: Vec<(u32, u32, u32)>,
}

impl Bases {
    pub(super) fn push(&mut self, count: usize, now: usize) {
        let first = self.parts.last().map_or(0, |(first, count, _)| first + count);
        self.parts.push((first, count as u32, now as u32));
    }

    fn now(&self, then: u64) -> Option<usize> {
        let then = u32::try_from(then).ok()?;
        let part = self.parts.partition_point(|&(first, ..)| first <= then).checked_sub(1)?;
        // Of several parts that begin there, all but the last are empty.
        let (first, count, now) = self.parts[part];
        (then - first < count).then_some((now + (then - first)) as usize)
    }
}

/// What the numbers in a library mean in the program that it was read into.
#[derive(Default, Debug)]
pub struct Meaning {
    pub(super) symbols: Vec<Symbol>,
    pub(super) types: Vec<TyId>,
    pub(super) files: Vec<FileId>,
    pub(super) adts: Bases,
    pub(super) traits: Bases,
    pub(super) impls: Bases,
    pub(super) fns: Bases,
    pub(super) globals: Bases,
    pub(super) modules: Bases,
}

/// Reads values.
pub struct Reader<'a> {
    input: In<'a>,
    /// The offset of the input in the whole library, for messages.
    pub(super) meaning: Rc<Meaning>,
}

impl<'a> Reader<'a> {
    /// Reads bytes of a library that the meaning belongs to.
    pub fn new(bytes: &'a [u8], meaning: Rc<Meaning>) -> Reader<'a> {
        Reader { input: In::new(bytes), meaning }
    }

    /// Says that something else was expected here.
    ///
    /// # Errors
    /// Always.
    pub fn fail<T>(&self, expected: &'static str) -> Result<T, Malformed> {
        self.input.fail(expected)
    }

    /// A number without sign.
    ///
    /// # Errors
    /// There is none.
    pub fn uint(&mut self) -> Result<u64, Malformed> {
        self.input.uint()
    }

    /// A number with sign.
    ///
    /// # Errors
    /// There is none.
    pub fn int(&mut self) -> Result<i64, Malformed> {
        self.input.int()
    }

    /// One of a few choices.
    ///
    /// # Errors
    /// There is nothing left.
    pub fn tag(&mut self) -> Result<u8, Malformed> {
        self.input.byte()
    }

    /// The number of things that follow.
    ///
    /// # Errors
    /// There are not that many bytes.
    pub fn count(&mut self) -> Result<usize, Malformed> {
        self.input.count()
    }

    /// A text.
    ///
    /// # Errors
    /// There is none.
    pub fn text(&mut self) -> Result<&'a str, Malformed> {
        self.input.text()
    }

    /// Checks that everything was read.
    ///
    /// # Errors
    /// Something is left.
    pub fn end(&self) -> Result<(), Malformed> {
        if self.input.is_at_end() { Ok(()) } else { self.fail("nothing more") }
    }

    fn entity<K: EntityId>(
        &mut self,
        bases: impl Fn(&Meaning) -> &Bases,
        what: &'static str,
    ) -> Result<K, Malformed> {
        let offset = self.input.offset();
        let then = self.input.uint()?;
        match bases(&self.meaning).now(then) {
            Some(index) => Ok(K::from_index(index)),
            None => Err(Malformed { offset, expected: what }),
        }
    }

    fn listed<K: Copy>(
        &mut self,
        list: impl Fn(&Meaning) -> &[K],
        what: &'static str,
    ) -> Result<K, Malformed> {
        let offset = self.input.offset();
        let index = self.input.uint()?;
        let found = usize::try_from(index).ok().and_then(|index| list(&self.meaning).get(index).copied());
        found.ok_or(Malformed { offset, expected: what })
    }
}

/// Reads the tables of names and types.
pub(super) fn read_tables(
    cx: &mut Cx,
    program: &mut Program,
    meaning: &mut Rc<Meaning>,
    symbols: (u64, &[u8]),
    types: (u64, &[u8]),
) -> Result<(), Malformed> {
    let mut input = In::new(symbols.1);
    let mut list = Vec::with_capacity((symbols.0 as usize).min(symbols.1.len()));
    for _ in 0..symbols.0 {
        list.push(cx.names.intern(input.text()?));
    }
    if !input.is_at_end() {
        return input.fail("as many names as announced");
    }
    own(meaning).symbols = list;
    let mut input = In::new(types.1);
    for _ in 0..types.0 {
        let entry = input.block()?;
        let mut reader = Reader::new(entry, meaning.clone());
        let ty = Ty::read(&mut reader)?;
        reader.end()?;
        drop(reader);
        let id = program.types.intern(ty);
        own(meaning).types.push(id);
    }
    if !input.is_at_end() {
        return input.fail("as many types as announced");
    }
    Ok(())
}

/// The meaning while it is being made: nobody else holds it.
fn own(meaning: &mut Rc<Meaning>) -> &mut Meaning {
    Rc::get_mut(meaning).expect("readers are gone")
}

macro_rules! entities {
    ($($T:ty, $bases:ident, $what:literal;)*) => { $(
        impl Wire for $T {
            fn write(&self, to: &mut Writer<'_>) {
                to.uint(self.index() as u64);
            }
            fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
                from.entity(|meaning| &meaning.$bases, $what)
            }
        }
    )* };
}

entities! {
    AdtId, adts, "the number of a type";
    TraitId, traits, "the number of a trait";
    ImplId, impls, "the number of an implementation";
    FnId, fns, "the number of a function";
    GlobalId, globals, "the number of a module-level variable";
    ModuleId, modules, "the number of a module";
}

impl Wire for Symbol {
    fn write(&self, to: &mut Writer<'_>) {
        let number = to.symbol(*self);
        to.uint(number);
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        from.listed(|meaning| &meaning.symbols, "the number of a name")
    }
}

impl Wire for TyId {
    fn write(&self, to: &mut Writer<'_>) {
        let number = to.type_number(*self);
        to.uint(number);
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        from.listed(|meaning| &meaning.types, "the number of a type")
    }
}

impl Wire for Span {
    fn write(&self, to: &mut Writer<'_>) {
        // A span of another library's file has no number here; it is only for messages.
        let file = to.files.get(&self.file).map_or(0, |number| number + 1);
        to.uint(file);
        if file != 0 {
            to.uint(u64::from(self.start));
            to.uint(u64::from(self.end - self.start));
        }
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let file = match from.uint()? {
            0 => return Ok(Span { file: FileId::from_index(0), start: 0, end: 0 }),
            number => number - 1,
        };
        let Some(&file) = usize::try_from(file).ok().and_then(|index| from.meaning.files.get(index)) else {
            return from.fail("the number of a file");
        };
        let (start, len) = (from.uint()?, from.uint()?);
        match (u32::try_from(start), u32::try_from(start.saturating_add(len))) {
            (Ok(start), Ok(end)) => Ok(Span { file, start, end }),
            _ => from.fail("a place in a file"),
        }
    }
}

macro_rules! numbers {
    ($($T:ty)*) => { $(
        impl Wire for $T {
            fn write(&self, to: &mut Writer<'_>) {
                to.uint(*self as u64);
            }
            fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
                match <$T>::try_from(from.uint()?) {
                    Ok(value) => Ok(value),
                    Err(_) => from.fail(concat!("a ", stringify!($T))),
                }
            }
        }
    )* };
}

numbers! { u8 u32 u64 usize }

impl Wire for i64 {
    fn write(&self, to: &mut Writer<'_>) {
        to.int(*self);
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        from.int()
    }
}

impl Wire for f64 {
    fn write(&self, to: &mut Writer<'_>) {
        to.uint(self.to_bits());
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(f64::from_bits(from.uint()?))
    }
}

impl Wire for bool {
    fn write(&self, to: &mut Writer<'_>) {
        to.tag(u8::from(*self));
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        match from.tag()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => from.fail("0 or 1"),
        }
    }
}

impl Wire for String {
    fn write(&self, to: &mut Writer<'_>) {
        to.text(self);
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(from.text()?.to_owned())
    }
}

impl<X: Wire> Wire for Option<X> {
    fn write(&self, to: &mut Writer<'_>) {
        to.tag(u8::from(self.is_some()));
        if let Some(value) = self {
            value.write(to);
        }
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        if bool::read(from)? { Ok(Some(X::read(from)?)) } else { Ok(None) }
    }
}

impl<X: Wire> Wire for Box<X> {
    fn write(&self, to: &mut Writer<'_>) {
        (**self).write(to);
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Box::new(X::read(from)?))
    }
}

impl<X: Wire> Wire for Vec<X> {
    fn write(&self, to: &mut Writer<'_>) {
        to.uint(self.len() as u64);
        self.iter().for_each(|item| item.write(to));
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let count = from.count()?;
        let mut list = Vec::with_capacity(count.min(1 << 12));
        for _ in 0..count {
            list.push(X::read(from)?);
        }
        Ok(list)
    }
}

impl<X: Wire + Ord> Wire for BTreeSet<X> {
    fn write(&self, to: &mut Writer<'_>) {
        to.uint(self.len() as u64);
        self.iter().for_each(|item| item.write(to));
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Vec::read(from)?.into_iter().collect())
    }
}

impl<X: Wire> Wire for Rc<[X]> {
    fn write(&self, to: &mut Writer<'_>) {
        to.uint(self.len() as u64);
        self.iter().for_each(|item| item.write(to));
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Vec::read(from)?.into())
    }
}

impl<K: EntityId, X: Wire> Wire for base::Map<K, X> {
    fn write(&self, to: &mut Writer<'_>) {
        to.uint(self.len() as u64);
        self.values().for_each(|item| item.write(to));
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(Vec::read(from)?.into_iter().collect())
    }
}

impl<X: Wire, const N: usize> Wire for [X; N] {
    fn write(&self, to: &mut Writer<'_>) {
        self.iter().for_each(|item| item.write(to));
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let mut list = Vec::with_capacity(N);
        for _ in 0..N {
            list.push(X::read(from)?);
        }
        list.try_into().or_else(|_| from.fail("as many elements as the array has"))
    }
}

macro_rules! tuples {
    ($(($($X:ident $n:tt),*))*) => { $(
        impl<$($X: Wire),*> Wire for ($($X,)*) {
            fn write(&self, to: &mut Writer<'_>) {
                $(self.$n.write(to);)*
            }
            fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
                Ok(($($X::read(from)?,)*))
            }
        }
    )* };
}

tuples! { (A 0, B 1) (A 0, B 1, C 2) }

/// A struct is its fields, in the order they are named here.
#[macro_export]
macro_rules! wire_struct {
    ($($T:ident $(<$X:ident>)? { $($field:ident),* $(,)? })*) => { $(
        impl $(<$X: $crate::library::Wire>)? $crate::library::Wire for $T $(<$X>)? {
            fn write(&self, to: &mut $crate::library::Writer<'_>) {
                $($crate::library::Wire::write(&self.$field, to);)*
            }
            fn read(from: &mut $crate::library::Reader<'_>) -> Result<Self, $crate::library::Malformed> {
                Ok($T { $($field: $crate::library::Wire::read(from)?),* })
            }
        }
    )* };
}

/// An enum is the tag of its variant, then the variant's fields.
#[macro_export]
macro_rules! wire_enum {
    ($($T:ident $(<$X:ident>)? {
        $($tag:literal $V:ident $(($($a:ident),*))? $({ $($f:ident),* })?),* $(,)?
    })*) => { $(
        impl $(<$X: $crate::library::Wire>)? $crate::library::Wire for $T $(<$X>)? {
            fn write(&self, to: &mut $crate::library::Writer<'_>) {
                match self { $(
                    $T::$V $(($($a),*))? $({ $($f),* })? => {
                        to.tag($tag);
                        $($($crate::library::Wire::write($a, to);)*)?
                        $($($crate::library::Wire::write($f, to);)*)?
                    }
                )* }
            }
            fn read(from: &mut $crate::library::Reader<'_>) -> Result<Self, $crate::library::Malformed> {
                Ok(match from.tag()? {
                    $($tag => {
                        $($(let $a = $crate::library::Wire::read(from)?;)*)?
                        $T::$V $(($($a),*))? $({ $($f: $crate::library::Wire::read(from)?),* })?
                    })*
                    _ => return from.fail(concat!("a variant of ", stringify!($T))),
                })
            }
        }
    )* };
}

/// An entry of a table is its number there.
#[macro_export]
macro_rules! wire_table {
    ($($T:ident)*) => { $(
        impl $crate::library::Wire for $T {
            fn write(&self, to: &mut $crate::library::Writer<'_>) {
                let at = $T::ALL.iter().position(|entry| entry == self);
                to.uint(at.expect("every entry is in its table") as u64);
            }
            fn read(from: &mut $crate::library::Reader<'_>) -> Result<Self, $crate::library::Malformed> {
                let at = usize::try_from(from.uint()?).unwrap_or(usize::MAX);
                match $T::ALL.get(at) {
                    Some(entry) => Ok(*entry),
                    None => from.fail(concat!("an entry of the table ", stringify!($T))),
                }
            }
        }
    )* };
}
