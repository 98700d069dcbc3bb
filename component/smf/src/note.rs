//! The notes of a module: three SDN tables about instances of templates.
//!
//! ```text
//! instantiations |template, type_args, mangled_name, from_file, from_loc, output_file, status|
//! possible |template, type_args, mangled_name, required_by, can_defer|
//! type_inferences |symbol, context, from_file, from_loc|
//! ```
//! `type_args` is a list of texts, `from_loc` the text `line:column`. A mangled name is in the table for people; it must be what template and
//! arguments give.

use crate::mangle::mangle;
pub use crate::sdn::NoteError;
use crate::sdn::{self, Cell, Spot, Table, Value};
use std::fmt;

codes! {
    /// What became of an instantiation.
    Status: "a status" {
        /// Its code is in `output_file`.
        Compiled = 0 "compiled",
        /// It waits until a program asks for it.
        Deferred = 1 "deferred",
        /// It was tried and is not possible.
        Failed = 2 "failed",
    }
}

/// A place in a source file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Location {
    /// Line, from 1.
    pub line: u32,
    /// Column, from 1.
    pub column: u32,
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A row of `instantiations`: what was instantiated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Instantiation {
    /// The template.
    pub template: String,
    /// The types, as written.
    pub type_args: Vec<String>,
    /// The file whose code asked for it.
    pub from_file: String,
    /// The place that asked for it.
    pub from_loc: Location,
    /// The file that has the code; may be empty.
    pub output_file: String,
    /// What became of it.
    pub status: Status,
}

/// A row of `possible`: what can be instantiated when it is needed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Possible {
    /// The template.
    pub template: String,
    /// The types, as written.
    pub type_args: Vec<String>,
    /// The symbol that needs it.
    pub required_by: String,
    /// Whether it can wait until the program is loaded.
    pub can_defer: bool,
}

/// A row of `type_inferences`: a place that says something about the types of a template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TypeInference {
    /// The template that is used.
    pub symbol: String,
    /// The type that the place gives or expects, as written.
    pub context: String,
    /// The file with the place.
    pub from_file: String,
    /// The place.
    pub from_loc: Location,
}

impl Instantiation {
    /// The name of the instance.
    pub fn mangled_name(&self) -> String {
        mangle(&self.template, &self.type_args)
    }
}

impl Possible {
    /// The name of the instance.
    pub fn mangled_name(&self) -> String {
        mangle(&self.template, &self.type_args)
    }
}

/// The three tables.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Notes {
    /// What was instantiated.
    pub instantiations: Vec<Instantiation>,
    /// What can be.
    pub possible: Vec<Possible>,
    /// Where types come from.
    pub type_inferences: Vec<TypeInference>,
}

const INSTANTIATIONS: (&str, &[&str]) = (
    "instantiations",
    &["template", "type_args", "mangled_name", "from_file", "from_loc", "output_file", "status"],
);
const POSSIBLE: (&str, &[&str]) =
    ("possible", &["template", "type_args", "mangled_name", "required_by", "can_defer"]);
const TYPE_INFERENCES: (&str, &[&str]) = ("type_inferences", &["symbol", "context", "from_file", "from_loc"]);

impl Notes {
    /// Whether no table has a row.
    pub fn is_empty(&self) -> bool {
        self.instantiations.is_empty() && self.possible.is_empty() && self.type_inferences.is_empty()
    }

    /// The tables as SDN.
    pub fn to_sdn(&self) -> String {
        let mut out = String::new();
        head(&mut out, INSTANTIATIONS);
        for row in &self.instantiations {
            out.push_str("    ");
            sdn::put_text(&mut out, &row.template);
            put_list(&mut out, &row.type_args);
            for text in [&row.mangled_name(), &row.from_file] {
                put_cell(&mut out, text);
            }
            put_location(&mut out, row.from_loc);
            put_cell(&mut out, &row.output_file);
            put_cell(&mut out, row.status.name());
            out.push('\n');
        }
        head(&mut out, POSSIBLE);
        for row in &self.possible {
            out.push_str("    ");
            sdn::put_text(&mut out, &row.template);
            put_list(&mut out, &row.type_args);
            put_cell(&mut out, &row.mangled_name());
            put_cell(&mut out, &row.required_by);
            out.push_str(if row.can_defer { ", true\n" } else { ", false\n" });
        }
        head(&mut out, TYPE_INFERENCES);
        for row in &self.type_inferences {
            out.push_str("    ");
            sdn::put_text(&mut out, &row.symbol);
            put_cell(&mut out, &row.context);
            put_cell(&mut out, &row.from_file);
            put_location(&mut out, row.from_loc);
            out.push('\n');
        }
        out
    }

    /// The tables of a text: each at most once, in any order, with exactly the columns above.
    pub fn from_sdn(text: &str) -> Result<Notes, NoteError> {
        let mut notes = Notes::default();
        let mut seen: Vec<&str> = Vec::new();
        for table in sdn::tables(text)? {
            let Table { name, spot, columns, rows } = table;
            let known = [INSTANTIATIONS, POSSIBLE, TYPE_INFERENCES].into_iter().find(|known| known.0 == name);
            let Some((_, expected)) = known else {
                return Err(
                    spot.error("instantiations, possible or type_inferences", format!("the table `{name}`"))
                );
            };
            if seen.contains(&name) {
                return Err(spot.error("each table once", format!("`{name}` again")));
            }
            seen.push(name);
            if columns != expected {
                return Err(
                    spot.error(format!("|{}|", expected.join(", ")), format!("|{}|", columns.join(", ")))
                );
            }
            for row in rows {
                let mut cells = Cells { cells: row.into_iter(), end: spot };
                if name == INSTANTIATIONS.0 {
                    notes.instantiations.push(cells.instantiation()?);
                } else if name == POSSIBLE.0 {
                    notes.possible.push(cells.possible()?);
                } else {
                    notes.type_inferences.push(cells.type_inference()?);
                }
            }
        }
        Ok(notes)
    }
}

fn head(out: &mut String, (name, columns): (&str, &[&str])) {
    out.push_str(&format!("{name} |{}|\n", columns.join(", ")));
}

fn put_cell(out: &mut String, text: &str) {
    out.push_str(", ");
    sdn::put_text(out, text);
}

fn put_location(out: &mut String, location: Location) {
    out.push_str(", ");
    sdn::put_quoted(out, &location.to_string());
}

fn put_list(out: &mut String, texts: &[String]) {
    out.push_str(", [");
    for (index, text) in texts.iter().enumerate() {
        if index > 0 {
            out.push_str(", ");
        }
        sdn::put_text(out, text);
    }
    out.push(']');
}

/// The cells of a row, from left to right. The row has as many as the table has columns.
struct Cells<'t> {
    cells: std::vec::IntoIter<Cell<'t>>,
    end: Spot,
}

impl<'t> Cells<'t> {
    fn instantiation(&mut self) -> Result<Instantiation, NoteError> {
        let (template, type_args) = self.instance()?;
        Ok(Instantiation {
            template,
            type_args,
            from_file: self.text()?,
            from_loc: self.location()?,
            output_file: self.text()?,
            status: self.status()?,
        })
    }

    fn possible(&mut self) -> Result<Possible, NoteError> {
        let (template, type_args) = self.instance()?;
        Ok(Possible { template, type_args, required_by: self.text()?, can_defer: self.bool()? })
    }

    fn type_inference(&mut self) -> Result<TypeInference, NoteError> {
        Ok(TypeInference {
            symbol: self.text()?,
            context: self.text()?,
            from_file: self.text()?,
            from_loc: self.location()?,
        })
    }

    /// Template, type arguments and the mangled name that follows from them.
    fn instance(&mut self) -> Result<(String, Vec<String>), NoteError> {
        let template = self.text()?;
        let Cell { spot, value } = self.next()?;
        let Value::List(cells) = value else {
            return Err(spot.error("a list of types", value.describe()));
        };
        let type_args = cells.into_iter().map(text).collect::<Result<Vec<_>, _>>()?;
        let Cell { spot, value } = self.next()?;
        let found = text(Cell { spot, value })?;
        let expected = mangle(&template, &type_args);
        if found != expected {
            return Err(spot.error(format!("`{expected}`"), format!("`{found}`")));
        }
        Ok((template, type_args))
    }

    fn next(&mut self) -> Result<Cell<'t>, NoteError> {
        self.cells.next().ok_or_else(|| self.end.error("a cell", "the end of the row"))
    }

    fn text(&mut self) -> Result<String, NoteError> {
        text(self.next()?)
    }

    fn bool(&mut self) -> Result<bool, NoteError> {
        let Cell { spot, value } = self.next()?;
        match value {
            Value::Bool(value) => Ok(value),
            Value::Text(_) | Value::Other(_) | Value::List(_) => {
                Err(spot.error("true or false", value.describe()))
            }
        }
    }

    fn location(&mut self) -> Result<Location, NoteError> {
        let cell = self.next()?;
        let spot = cell.spot;
        let text = text(cell)?;
        let number = |digits: &str| {
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            if plain { digits.parse().ok() } else { None }
        };
        let location = text
            .split_once(':')
            .and_then(|(line, column)| Some(Location { line: number(line)?, column: number(column)? }));
        location.ok_or_else(|| spot.error("line:column", format!("{text:?}")))
    }

    fn status(&mut self) -> Result<Status, NoteError> {
        let cell = self.next()?;
        let spot = cell.spot;
        let word = text(cell)?;
        let status = Status::ALL.iter().copied().find(|status| status.name() == word);
        status.ok_or_else(|| spot.error("compiled, deferred or failed", format!("`{word}`")))
    }
}

fn text(cell: Cell<'_>) -> Result<String, NoteError> {
    match cell.value {
        Value::Text(text) => Ok(text),
        Value::Bool(_) | Value::Other(_) | Value::List(_) => {
            Err(cell.spot.error("a text", cell.value.describe()))
        }
    }
}
