//! Template meta: how many templates of each kind there are, and which instances exist.
//!
//! ```text
//! META   version u16 = 1   counts of functions, structs and classes, enums, traits: u32 each
//! count u32 of specialisations, each: template text, type arguments (u16, texts), mangled name text, bindings (u16, pairs of texts)
//! ```

use crate::bytes::{Cursor, put, put_count, put_text};
use crate::error::{Fault, ReadError};
use crate::mangle::mangle;
use crate::template::TemplateKind;
use std::collections::BTreeSet;

pub(crate) const MAGIC: [u8; 4] = *b"META";
pub(crate) const VERSION: u16 = 1;
/// Bytes of the smallest specialisation.
const LEAST: usize = 4 * 2;

/// How many templates of each kind a module has.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct TemplateCounts {
    /// Functions.
    pub functions: u32,
    /// Structs and classes.
    pub structs: u32,
    /// Enums.
    pub enums: u32,
    /// Traits.
    pub traits: u32,
}

impl TemplateCounts {
    pub(crate) fn of(kinds: impl Iterator<Item = TemplateKind>) -> TemplateCounts {
        let mut counts = TemplateCounts::default();
        for kind in kinds {
            match kind {
                TemplateKind::Fn => counts.functions += 1,
                TemplateKind::Struct | TemplateKind::Class => counts.structs += 1,
                TemplateKind::Enum => counts.enums += 1,
                TemplateKind::Trait => counts.traits += 1,
            }
        }
        counts
    }
}

/// An instance of a template that exists already.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Specialisation {
    /// The template, of this module or another.
    pub template: String,
    /// The types it was made for, as written.
    pub type_args: Vec<String>,
    /// What each name of a type parameter stands for; no name twice.
    pub bindings: Vec<(String, String)>,
}

impl Specialisation {
    /// The name of the instance; no two of a module have the same.
    pub fn mangled_name(&self) -> String {
        mangle(&self.template, &self.type_args)
    }

    /// The rule for bindings, on both ways.
    fn check(&self) -> Result<(), Fault> {
        let mut names = BTreeSet::new();
        match self.bindings.iter().find(|(name, _)| !names.insert(name)) {
            None => Ok(()),
            Some((name, _)) => {
                Err(Fault::new("one binding for each type parameter", format!("two for `{name}`")))
            }
        }
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), Fault> {
        self.check()?;
        put_text(out, &self.template)?;
        put(out, short(self.type_args.len(), "type arguments")?);
        for arg in &self.type_args {
            put_text(out, arg)?;
        }
        put_text(out, &self.mangled_name())?;
        put(out, short(self.bindings.len(), "bindings")?);
        for (name, ty) in &self.bindings {
            put_text(out, name)?;
            put_text(out, ty)?;
        }
        Ok(())
    }

    fn decode(cursor: &mut Cursor<'_>) -> Result<Specialisation, ReadError> {
        let start = cursor.at();
        let template = cursor.text("the name of a template")?.to_owned();
        let count: u16 = cursor.get("the number of type arguments")?;
        let mut type_args = Vec::new();
        for _ in 0..count {
            type_args.push(cursor.text("a type argument")?.to_owned());
        }
        let at = cursor.at();
        let mangled = cursor.text("a mangled name")?;
        let count: u16 = cursor.get("the number of bindings")?;
        let mut bindings = Vec::new();
        for _ in 0..count {
            let name = cursor.text("the name of a type parameter")?.to_owned();
            bindings.push((name, cursor.text("a type")?.to_owned()));
        }
        let specialisation = Specialisation { template, type_args, bindings };
        let expected = specialisation.mangled_name();
        if mangled != expected {
            return Err(cursor.error(at, Fault::new(format!("`{expected}`"), format!("`{mangled}`"))));
        }
        specialisation.check().map_err(|fault| cursor.error(start, fault))?;
        Ok(specialisation)
    }
}

/// The contents of the section.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Meta {
    /// How many templates of each kind there are.
    pub counts: TemplateCounts,
    /// The instances that exist.
    pub specialisations: Vec<Specialisation>,
}

impl Meta {
    pub(crate) fn decode(mut cursor: Cursor<'_>) -> Result<Meta, ReadError> {
        cursor.magic(&MAGIC)?;
        let at = cursor.at();
        let version: u16 = cursor.get("the version of the meta table")?;
        if version != VERSION {
            return Err(
                cursor.error(at, Fault::new(format!("version {VERSION}"), format!("version {version}")))
            );
        }
        let counts = TemplateCounts {
            functions: cursor.get("the number of functions")?,
            structs: cursor.get("the number of structs")?,
            enums: cursor.get("the number of enums")?,
            traits: cursor.get("the number of traits")?,
        };
        let count = cursor.count(LEAST, "the number of specialisations")?;
        if count == 0 && counts == TemplateCounts::default() {
            return Err(cursor.error(at, Fault::new("a template or a specialisation", "none")));
        }
        let mut names = BTreeSet::new();
        let mut specialisations = Vec::new();
        for _ in 0..count {
            let at = cursor.at();
            let specialisation = Specialisation::decode(&mut cursor)?;
            let name = specialisation.mangled_name();
            if names.contains(&name) {
                return Err(cursor.error(at, twice(&name)));
            }
            names.insert(name);
            specialisations.push(specialisation);
        }
        cursor.finish()?;
        Ok(Meta { counts, specialisations })
    }
}

/// The section. On failure with the name of the specialisation at fault.
pub(crate) fn encode(
    counts: TemplateCounts,
    specialisations: &[Specialisation],
) -> Result<Vec<u8>, (String, Fault)> {
    let mut out = MAGIC.to_vec();
    put(&mut out, VERSION);
    for count in [counts.functions, counts.structs, counts.enums, counts.traits] {
        put(&mut out, count);
    }
    put_count(&mut out, specialisations.len(), "specialisations").map_err(|fault| (String::new(), fault))?;
    let mut names = BTreeSet::new();
    for specialisation in specialisations {
        let name = specialisation.mangled_name();
        specialisation.encode(&mut out).map_err(|fault| (name.clone(), fault))?;
        if names.contains(&name) {
            let fault = twice(&name);
            return Err((name, fault));
        }
        names.insert(name);
    }
    Ok(out)
}

fn twice(name: &str) -> Fault {
    Fault::new("each specialisation once", format!("`{name}` again"))
}

fn short(count: usize, what: &str) -> Result<u16, Fault> {
    u16::try_from(count).map_err(|_| Fault::new(format!("at most {} {what}", u16::MAX), count.to_string()))
}
