//! The world of a library in WIT: its functions and the types that they mention.

use abi::TypeId;
use abi::exports::{Form, Library, form};
use abi::types::{FieldDesc, VariantDesc};
use anyhow::{Context as _, Result, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// A world.
pub struct World {
    /// Types and functions, as lines of WIT.
    items: String,
    /// What the functions are called, in the order of the library.
    pub functions: Vec<String>,
}

impl World {
    /// The world of a library.
    ///
    /// # Errors
    /// A name or a type that WIT does not have.
    pub fn of(library: &Library) -> Result<World> {
        let mut types =
            Types { library, declared: BTreeMap::new(), names: BTreeSet::new(), text: String::new() };
        let mut lines = String::new();
        let mut functions = Vec::new();
        for export in &library.exports {
            let what = || format!("`{}` cannot be exported", export.name);
            let name = kebab(&export.name).with_context(what)?;
            let mut params = Vec::new();
            for (name, ty) in &export.params {
                params.push(format!(
                    "%{}: {}",
                    kebab(name).with_context(what)?,
                    types.ty(*ty).with_context(what)?
                ));
            }
            let result = match types.ty(export.result).with_context(what)?.as_str() {
                "_" => String::new(),
                ty => format!(" -> {ty}"),
            };
            let _ = writeln!(lines, "    export %{name}: func({}){result};", params.join(", "));
            if functions.contains(&name) {
                bail!("two exported functions are called `{name}` in WIT");
            }
            functions.push(name);
        }
        Ok(World { items: types.text + &lines, functions })
    }

    /// The text of the world with what it imports.
    pub fn text(&self, imports: &str) -> String {
        format!("package simple:program;\n\nworld program {{\n{imports}{}}}\n", self.items)
    }
}

/// Types that have names in WIT.
struct Types<'a> {
    library: &'a Library,
    declared: BTreeMap<TypeId, String>,
    names: BTreeSet<String>,
    /// Their declarations, each behind those that it mentions.
    text: String,
}

impl Types<'_> {
    /// How a type is written.
    fn ty(&mut self, ty: TypeId) -> Result<String> {
        if let Some(name) = self.declared.get(&ty) {
            return Ok(name.clone());
        }
        let library = self.library;
        let desc = library.types.get(ty.0 as usize).context("no such type")?;
        Ok(match form(desc).context("a type without a form outside of the program")? {
            Form::Nothing => "_".to_owned(),
            Form::Bool => "bool".to_owned(),
            Form::Int { bits, signed } => format!("{}{bits}", if signed { 's' } else { 'u' }),
            Form::Float(bits) => format!("f{bits}"),
            Form::Text => "string".to_owned(),
            Form::List(elem) => format!("list<{}>", self.ty(elem)?),
            Form::Tuple(fields) => self.tuple(fields)?,
            Form::Option { inner, .. } => format!("option<{}>", self.ty(inner)?),
            Form::Result(variants) => {
                let parts: Vec<String> =
                    variants.iter().map(|variant| self.payload(variant)).collect::<Result<_>>()?;
                match [parts[0].as_str(), parts[1].as_str()] {
                    ["_", "_"] => "result".to_owned(),
                    [ok, "_"] => format!("result<{ok}>"),
                    [ok, error] => format!("result<{ok}, {error}>"),
                }
            }
            Form::Record(name, fields) => {
                let mut body = String::new();
                for field in fields {
                    let _ = write!(body, " %{}: {},", kebab(&field.name)?, self.ty(field.ty)?);
                }
                self.declare(ty, "record", name, &body)?
            }
            Form::Variant(name, variants) => {
                let is_enum = variants.iter().all(|variant| variant.fields.is_empty());
                let mut body = String::new();
                for variant in variants {
                    let payload = match self.payload(variant)?.as_str() {
                        "_" => String::new(),
                        payload => format!("({payload})"),
                    };
                    let _ = write!(body, " %{}{payload},", kebab(&variant.name)?);
                }
                self.declare(ty, if is_enum { "enum" } else { "variant" }, name, &body)?
            }
        })
    }

    /// What a variant holds; `_` for nothing.
    fn payload(&mut self, variant: &VariantDesc) -> Result<String> {
        match variant.fields.as_slice() {
            [] => Ok("_".to_owned()),
            [one] => self.ty(one.ty),
            several => self.tuple(several),
        }
    }

    fn tuple(&mut self, fields: &[FieldDesc]) -> Result<String> {
        let parts: Vec<String> = fields.iter().map(|field| self.ty(field.ty)).collect::<Result<_>>()?;
        Ok(format!("tuple<{}>", parts.join(", ")))
    }

    /// Declares a type; one that was made for other type arguments has a number behind its name.
    fn declare(&mut self, ty: TypeId, keyword: &str, name: &str, body: &str) -> Result<String> {
        let wanted = kebab(name).unwrap_or_else(|_| keyword.to_owned());
        let mut name = wanted.clone();
        let mut number = 1;
        while !self.names.insert(name.clone()) {
            number += 1;
            name = format!("{wanted}{number}");
        }
        let _ = writeln!(self.text, "    {keyword} %{name} {{{} }}", body.trim_end_matches(','));
        let written = format!("%{name}");
        self.declared.insert(ty, written.clone());
        Ok(written)
    }
}

/// A name as WIT writes it: words in lower case with `-` between them.
fn kebab(name: &str) -> Result<String> {
    let mut kebab = String::new();
    let mut last_is_lower = false;
    for c in name.chars() {
        match c {
            'a'..='z' => kebab.push(c),
            'A'..='Z' => {
                if last_is_lower {
                    kebab.push('-');
                }
                kebab.push(c.to_ascii_lowercase());
            }
            // A word does not begin with a digit.
            '0'..='9' => {
                if kebab.ends_with('-') {
                    kebab.pop();
                }
                kebab.push(c);
            }
            '_' => {
                if !kebab.is_empty() && !kebab.ends_with('-') {
                    kebab.push('-');
                }
            }
            _ => bail!("WIT has no name like `{name}`"),
        }
        last_is_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    let kebab = kebab.trim_end_matches('-');
    if !kebab.starts_with(|c: char| c.is_ascii_lowercase()) {
        bail!("WIT has no name like `{name}`");
    }
    Ok(kebab.to_owned())
}

#[cfg(test)]
mod tests {
    use super::kebab;

    #[test]
    fn names_in_words() {
        let kebabs = ["area", "is_square", "HttpServer", "x1", "a_1", "point2D", "_private_"]
            .map(|name| kebab(name).ok());
        let expected = ["area", "is-square", "http-server", "x1", "a1", "point2-d", "private"];
        assert_eq!(kebabs, expected.map(|name| Some(name.to_owned())));
        assert!(kebab("größe").is_err() && kebab("_").is_err() && kebab("_1").is_err());
    }
}
