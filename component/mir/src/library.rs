//! Templates of compiled libraries: the generic MIR of every function with a body, beside the declarations that `sema` wrote.
//!
//! A template is read when the first instance of it is asked for.

use crate::build;
use crate::generic::{
    Block, Body, Callee, Const, End, Local, LocalDecl, Operand, Place, Proj, Root, Rvalue, Stmt, StmtKind,
};
use crate::instantiate::{Look, looks_of};
use crate::layout::{Mutated, Writes};
use abi::ErrorKind;
use base::wire::{In, Out};
use base::{Budget, Cx, EntityId, Exhausted, Span};
use sema::hir::{FnId, FnKind, Program};
use sema::library::{self, Draft, Identity, Malformed, Meaning, Portion, Reader, Text, Used, Wire, Writer};
use sema::{wire_enum, wire_struct};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::Range;
use std::rc::Rc;

/// The templates that came with libraries.
#[derive(Default)]
pub struct Templates {
    libraries: Vec<Bodies>,
    /// What the program that they belong to changes in class instances, once somebody has looked.
    mutated: Rc<OnceCell<Mutated>>,
}

/// The templates of a library.
struct Bodies {
    /// Its functions.
    fns: Range<usize>,
    /// Where each template lies.
    places: Vec<Range<usize>>,
    bytes: Rc<[u8]>,
    meaning: Rc<Meaning>,
    writes: Writes,
    trust: Trust,
}

/// Where a library comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trust {
    /// The compiler brought it along: its templates are sound.
    Own,
    /// From anywhere: its templates are verified when they are used.
    Foreign,
}

impl Templates {
    /// The template of a function of a library.
    ///
    /// # Errors
    /// The function has none, or the bytes are not one.
    pub fn get(&self, id: FnId) -> Result<Body, Malformed> {
        self.open(id, |reader| {
            Vec::<Look>::read(reader)?;
            let body = Body::read(reader)?;
            reader.end()?;
            if body.id != id || body.blocks.is_empty() {
                return reader.fail("the template of this function");
            }
            Ok(body)
        })
    }

    /// What the template of a function looks at.
    pub(crate) fn looks(&self, id: FnId) -> Result<Vec<Look>, Malformed> {
        self.open(id, Vec::read)
    }

    fn open<T>(
        &self,
        id: FnId,
        read: impl FnOnce(&mut Reader<'_>) -> Result<T, Malformed>,
    ) -> Result<T, Malformed> {
        let missing = Malformed { offset: 0, expected: "a template of the function" };
        let bodies = self.bodies(id).ok_or(missing.clone())?;
        let place = bodies.places[id.index() - bodies.fns.start].clone();
        if place.is_empty() {
            return Err(missing);
        }
        let start = place.start;
        let mut reader = Reader::new(&bodies.bytes[place], bodies.meaning.clone());
        read(&mut reader).map_err(|wrong| Malformed { offset: wrong.offset + start, ..wrong })
    }

    /// Whether the template of a function is known to be sound.
    pub fn is_trusted(&self, id: FnId) -> bool {
        self.bodies(id).is_some_and(|bodies| bodies.trust == Trust::Own)
    }

    fn bodies(&self, id: FnId) -> Option<&Bodies> {
        self.libraries.iter().find(|bodies| bodies.fns.contains(&id.index()))
    }

    /// What the whole program changes in class instances: found once, by whoever asks first.
    pub(crate) fn mutated(&self) -> Rc<OnceCell<Mutated>> {
        self.mutated.clone()
    }

    /// What the code of libraries changes in class instances.
    pub(crate) fn writes(&self) -> Writes {
        let mut all = Writes::default();
        self.libraries.iter().for_each(|bodies| all.join(&bodies.writes));
        all
    }
}

/// A library in its parts. How they lie in a file is for others to say; [`Parts::to_bytes`] is the plain form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Parts<'a> {
    /// What `sema` wrote.
    pub declarations: Cow<'a, [u8]>,
    /// What its code changes in instances of classes.
    pub writes: Cow<'a, [u8]>,
    /// The templates of all functions with a body, in the order of their numbers, each with what it looks at before it.
    pub templates: Cow<'a, [u8]>,
    /// Where each of them ends.
    pub ends: Vec<usize>,
}

impl Parts<'_> {
    /// Length-prefixed, one behind the other.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut ends = Out::default();
        let mut before = 0;
        for &end in &self.ends {
            ends.uint((end - before) as u64);
            before = end;
        }
        let mut out = Out::default();
        for part in [&self.declarations, &self.writes, &Cow::Owned(ends.into_bytes()), &self.templates] {
            out.block(part);
        }
        out.into_bytes()
    }

    /// Takes the plain form apart.
    ///
    /// # Errors
    /// The bytes do not have it.
    pub fn from_bytes(bytes: &[u8]) -> Result<Parts<'_>, Malformed> {
        let mut input = In::new(bytes);
        let (declarations, writes) = (input.block()?, input.block()?);
        let mut lengths = In::new(input.block()?);
        let templates = input.block()?;
        if !input.is_at_end() {
            return input.fail("nothing more");
        }
        let mut ends = Vec::new();
        let mut at = 0usize;
        while !lengths.is_at_end() {
            let len = usize::try_from(lengths.uint()?).unwrap_or(usize::MAX);
            match at.checked_add(len).filter(|end| *end <= templates.len()) {
                Some(end) => at = end,
                None => return lengths.fail("the length of a template"),
            }
            ends.push(at);
        }
        Ok(Parts {
            declarations: declarations.into(),
            writes: writes.into(),
            templates: templates.into(),
            ends,
        })
    }
}

/// The functions of a portion of a program that a library of it has templates of, in their order there.
pub fn templated(program: &Program, portion: Portion) -> impl Iterator<Item = FnId> + '_ {
    let has_body = |id: &FnId| matches!(program.fns[*id].kind, FnKind::Body(_) | FnKind::Template);
    library::functions_of(program, portion).filter(has_body)
}

/// The library that a checked program is, without the libraries that were read into it.
///
/// # Errors
/// The budget is used up.
pub fn write(cx: &mut Cx, program: &Program, text: Text) -> Result<Parts<'static>, Exhausted> {
    let mut budget = std::mem::take(&mut cx.budget);
    let result = write_with(cx, program, text, &mut budget);
    cx.budget = budget;
    result
}

fn write_with(
    cx: &Cx,
    program: &Program,
    text: Text,
    budget: &mut Budget,
) -> Result<Parts<'static>, Exhausted> {
    let mut draft = Draft::new(cx, program, text);
    Writes::of(program).write(draft.writer());
    let writes = draft.writer().take();
    let (mut templates, mut ends) = (Vec::new(), Vec::new());
    for id in templated(program, Portion::Own) {
        let (looks, work) = looks_of(program, id);
        let body = build::template(program, id, budget)?;
        looks.write(draft.writer());
        body.write(draft.writer());
        let template = draft.writer().take();
        budget.spend(work + template.len() as u64 / 8)?;
        templates.extend(template);
        ends.push(templates.len());
    }
    let declarations = draft.finish();
    Ok(Parts { declarations: declarations.into(), writes: writes.into(), templates: templates.into(), ends })
}

/// Adds a library to a program that holds the libraries it uses. `added` is which one it is and its path; `texts` as in [`library::read`].
///
/// Gives what is wrong with its declarations, and where: then the program must not be used.
///
/// # Errors
/// The bytes are not a library, or it uses one that is not there. The program must not be used then.
pub fn read(
    cx: &mut Cx,
    program: &mut Program,
    templates: &mut Templates,
    added: (Identity, &str),
    parts: Parts<'_>,
    trust: Trust,
    texts: &[(&str, &str)],
) -> Result<Vec<(Span, String)>, Malformed> {
    let first = program.fns.len();
    let meaning = library::read(cx, program, added, &parts.declarations, texts)?;
    let fns = first..program.fns.len();
    let mut reader = Reader::new(&parts.writes, meaning.clone());
    let writes = Writes::read(&mut reader)?;
    reader.end()?;
    if !writes.fits(program) {
        return reader.fail("fields of classes");
    }
    let wrong = Malformed { offset: 0, expected: "a template for each function with a body, and no other" };
    let mut places = Vec::with_capacity(fns.len());
    let mut ends = parts.ends.iter().copied();
    let mut at = 0usize;
    for id in fns.clone().map(FnId::from_index) {
        let end = match program.fns[id].kind {
            FnKind::Template => ends.next().filter(|end| *end > at).ok_or(wrong.clone())?,
            FnKind::Body(_) | FnKind::Required | FnKind::Runtime(_) | FnKind::Intrinsic(_) | FnKind::Host => {
                at
            }
        };
        places.push(at..end);
        at = end;
    }
    if ends.next().is_some() || at != parts.templates.len() {
        return Err(wrong);
    }
    let wrong = match trust {
        Trust::Own => Vec::new(),
        Trust::Foreign => library::verify(cx, program, &meaning),
    };
    let bytes: Rc<[u8]> = parts.templates.into();
    templates.mutated = Rc::default();
    templates.libraries.push(Bodies { fns, places, bytes, meaning, writes, trust });
    Ok(wrong)
}

/// The libraries that a library uses.
///
/// # Errors
/// The bytes are not the declarations of one.
pub fn used(declarations: &[u8]) -> Result<Vec<Used>, Malformed> {
    library::used(declarations)
}

/// Reads and verifies every template that the compiler did not bring along, with what it looks at; gives what is wrong with each that is not sound.
/// Ends where the budget does.
pub fn check_templates(budget: &mut Budget, program: &Program, templates: &Templates) -> Vec<(FnId, String)> {
    let mut found = Vec::new();
    let foreign = templates.libraries.iter().filter(|bodies| bodies.trust == Trust::Foreign);
    for id in foreign.flat_map(|bodies| bodies.fns.clone()).map(FnId::from_index) {
        if !matches!(program.fns[id].kind, FnKind::Template) {
            continue;
        }
        let wrong = match templates.get(id) {
            Err(malformed) => malformed.to_string(),
            Ok(body) => {
                if budget.spend(body.blocks.len() as u64).is_err() {
                    break;
                }
                match crate::generic_verify::verify(program, &body) {
                    Ok(()) => continue,
                    Err(wrong) => wrong.join("; "),
                }
            }
        };
        found.push((id, wrong));
    }
    found
}

// -- generic MIR in bytes ----------------------------------------------------------------------------------------

macro_rules! numbered {
    ($($T:ty)*) => { $(
        impl Wire for $T {
            fn write(&self, to: &mut Writer<'_>) {
                to.uint(self.index() as u64);
            }
            fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
                match u32::try_from(from.uint()?) {
                    // Whether there is such a one is for the verifier to say.
                    Ok(index) => Ok(<$T>::from_index(index as usize)),
                    Err(_) => from.fail("a number of 32 bits"),
                }
            }
        }
    )* };
}

numbered! { Local crate::generic::BlockId }

struct Kind(ErrorKind);

impl Wire for Kind {
    fn write(&self, to: &mut Writer<'_>) {
        to.uint(u64::from(self.0 as u32));
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        let kind = u32::try_from(from.uint()?).ok().and_then(ErrorKind::from_number);
        kind.map_or_else(|| from.fail("a kind of error"), |kind| Ok(Kind(kind)))
    }
}

wire_struct! {
    Body { id, params, captures, self_closure, results, locals, blocks }
    LocalDecl { ty, name }
    Block { stmts, end, end_span }
    Stmt { kind, span }
    Place { root, path }
    Writes { fields, names }
}

wire_enum! {
    StmtKind { 0 Set(local, value), 1 Store(place, value), 2 Update(place, op, value), 3 Drop(local) }
    Root { 0 Local(local), 1 Global(global) }
    Proj { 0 Field(index), 1 Variant(variant, field), 2 Some, 3 Index(index) }
    Operand { 0 Copy(place), 1 Move(local), 2 Const(value, ty), 3 InOut(place) }
    Const { 0 Int(bits), 1 Float(value), 2 Bool(value), 3 Text(text), 4 Nil, 5 Unit }
    Rvalue {
        0 Use(a), 1 Binary(op, a, b), 2 Unary(op, a), 3 Truthy(a), 4 Coerce(a), 5 Cast(a), 6 Construct(variant, fields), 7 Some(a),
        8 Tuple(items), 9 Array(items), 10 Repeat(value, count), 11 Dict, 12 Range(start, end, inclusive), 13 Slice(base, bounds),
        14 Show(a, spec), 15 Closure(id, args, captures), 16 FnValue(id, args), 17 Call(callee, args), 18 Member(a, name),
        19 IsVariant(a, variant), 20 IsSome(a), 21 Is(a, ty), 22 Len(a), 23 IterStart(a), 24 IterMore(a, cursor), 25 IterItem(a, cursor),
        26 IterNext(a, cursor)
    }
    Callee {
        0 Fn(id, args), 1 Trait { trait_, method, self_ty, args }, 2 Dyn { trait_, method }, 3 Member { name, statement }, 4 Value(a)
    }
}

impl Wire for End {
    fn write(&self, to: &mut Writer<'_>) {
        match self {
            End::Goto(block) => {
                to.tag(0);
                block.write(to);
            }
            End::Branch(value, then, otherwise) => {
                to.tag(1);
                value.write(to);
                then.write(to);
                otherwise.write(to);
            }
            End::SwitchVariant(place, cases, default) => {
                to.tag(2);
                place.write(to);
                cases.write(to);
                default.write(to);
            }
            End::Return(values) => {
                to.tag(3);
                values.write(to);
            }
            End::Raise(kind, message) => {
                to.tag(4);
                Kind(*kind).write(to);
                message.write(to);
            }
            End::Suspend(..) => unreachable!("templates are expanded"),
            End::Unreachable => to.tag(5),
        }
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Malformed> {
        Ok(match from.tag()? {
            0 => End::Goto(Wire::read(from)?),
            1 => End::Branch(Wire::read(from)?, Wire::read(from)?, Wire::read(from)?),
            2 => End::SwitchVariant(Wire::read(from)?, Wire::read(from)?, Wire::read(from)?),
            3 => End::Return(Wire::read(from)?),
            4 => End::Raise(Kind::read(from)?.0, Wire::read(from)?),
            5 => End::Unreachable,
            _ => return from.fail("an end of a block"),
        })
    }
}
