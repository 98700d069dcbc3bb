//! Which values no pattern covers: the matrix algorithm of Maranget ("Warnings for pattern matching", 2007), with
//! an example of a value that is left over.

use crate::hir::AdtKind;
use crate::infer::Infer;
use crate::infer::ity::{Con, T};
use crate::infer::tree::{IKind, IPat, IPatKind};
use crate::ty::AdtId;

/// A pattern reduced to what matters here.
#[derive(Clone, Debug)]
enum Simple {
    Wild,
    Case(Case, Vec<Simple>),
    /// An array of at least so many elements: the first ones, the last ones.
    Rest(Vec<Simple>, Vec<Simple>),
    Or(Vec<Simple>),
}

/// What a value is made with.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Case {
    Variant(AdtId, u32),
    /// A struct, class or tuple: the only case there is.
    Only,
    Some,
    Nil,
    Bool(bool),
    Length(usize),
    /// A literal or range of a type with endlessly many values.
    Other,
}

/// Arrays longer than this are not told apart.
const MAX_LENGTH: usize = 16;

impl Infer<'_> {
    /// True if some value does not match the pattern.
    pub(crate) fn refutable(&mut self, pat: &IPat) -> bool {
        self.check_match(&[(pat, false)], pat.ty).is_some()
    }

    /// An example of what the pattern does not match, as a sentence.
    pub(crate) fn missing_case(&mut self, pat: &IPat) -> String {
        match self.check_match(&[(pat, false)], pat.ty) {
            Some(example) => format!("not matched: {example}"),
            None => String::new(),
        }
    }

    /// An example of a value that no row covers; rows with a guard cover nothing for sure.
    pub(crate) fn check_match(&mut self, rows: &[(&IPat, bool)], ty: T) -> Option<String> {
        self.drain();
        let matrix: Vec<Vec<Simple>> =
            rows.iter().filter(|(_, guarded)| !guarded).map(|(pat, _)| vec![simplify(self, pat)]).collect();
        let example = self.missing(matrix, vec![ty])?;
        Some(example.into_iter().next().unwrap_or_else(|| "_".to_owned()))
    }

    /// The rows that match nothing that the rows before them do not match.
    pub(crate) fn unreachable(&mut self, rows: &[(&IPat, bool)], ty: T) -> Vec<usize> {
        self.drain();
        let mut before: Vec<Vec<Simple>> = Vec::new();
        let mut found = Vec::new();
        for (index, (pat, guarded)) in rows.iter().enumerate() {
            let row = simplify(self, pat);
            if !self.useful(before.clone(), vec![row.clone()], vec![ty]) {
                found.push(index);
            }
            if !guarded {
                before.push(vec![row]);
            }
        }
        found
    }

    /// Whether a row of patterns matches values that no other row does.
    fn useful(&mut self, rows: Vec<Vec<Simple>>, row: Vec<Simple>, types: Vec<T>) -> bool {
        if !self.spend() {
            return true;
        }
        let Some((&ty, rest)) = types.split_first() else { return rows.is_empty() };
        let rows: Vec<Vec<Simple>> = rows.into_iter().flat_map(expand).collect();
        if let Simple::Or(_) = row[0] {
            return expand(row).into_iter().any(|row| self.useful(rows.clone(), row, types.clone()));
        }
        // Lengths matter up to those of the row itself.
        let mut all = rows.clone();
        all.push(row.clone());
        let cases = match &row[0] {
            // Nothing is told apart here, which also ends the way into types that hold themselves.
            _ if all.iter().all(|row| matches!(row[0], Simple::Wild)) => None,
            // Values without an end of cases: only a row that takes all of them is known to take this one.
            Simple::Case(Case::Other, _) => None,
            _ => self.cases(ty, &all),
        };
        let Some(cases) = cases else {
            let default = rows
                .iter()
                .filter(|row| matches!(row[0], Simple::Wild))
                .map(|row| row[1..].to_vec())
                .collect();
            return self.useful(default, row[1..].to_vec(), rest.to_vec());
        };
        cases.into_iter().any(|(case, fields)| {
            let count = fields.len();
            let Some(own) = specialize(&row, &case, count) else { return false };
            let special = rows.iter().filter_map(|row| specialize(row, &case, count)).collect();
            let mut types = fields;
            types.extend_from_slice(rest);
            self.useful(special, own, types)
        })
    }

    /// Examples, one for each column, that no row matches.
    fn missing(&mut self, rows: Vec<Vec<Simple>>, types: Vec<T>) -> Option<Vec<String>> {
        if !self.spend() {
            return None;
        }
        let Some((&ty, rest)) = types.split_first() else {
            return if rows.is_empty() { Some(Vec::new()) } else { None };
        };
        let rows: Vec<Vec<Simple>> = rows.into_iter().flat_map(expand).collect();
        let all_wild = rows.iter().all(|row| matches!(row[0], Simple::Wild));
        let cases = if all_wild { None } else { self.cases(ty, &rows) };
        let Some(cases) = cases else {
            // Nothing is told apart here, or there are endlessly many values: the others are left.
            let default = rows
                .iter()
                .filter(|row| matches!(row[0], Simple::Wild))
                .map(|row| row[1..].to_vec())
                .collect();
            let mut example = vec!["_".to_owned()];
            example.extend(self.missing(default, rest.to_vec())?);
            return Some(example);
        };
        for (case, fields) in cases {
            let count = fields.len();
            let special = rows.iter().filter_map(|row| specialize(row, &case, count)).collect();
            let mut types = fields;
            types.extend_from_slice(rest);
            if let Some(mut example) = self.missing(special, types) {
                let tail = example.split_off(count);
                let mut full = vec![self.show_case(ty, &case, &example)];
                full.extend(tail);
                return Some(full);
            }
        }
        None
    }

    /// All cases of a type with the types of their fields; none where there are endlessly many.
    fn cases(&mut self, ty: T, rows: &[Vec<Simple>]) -> Option<Vec<(Case, Vec<T>)>> {
        let (con, args) = self.tt.head(ty).map(|(con, args)| (con, args.to_vec()))?;
        Some(match con {
            Con::Bool => vec![(Case::Bool(true), vec![]), (Case::Bool(false), vec![])],
            Con::Option => vec![(Case::Some, args), (Case::Nil, vec![])],
            Con::Tuple => vec![(Case::Only, args)],
            Con::Adt(id) => {
                let groups: Vec<Vec<crate::ty::TyId>> = match &self.p.adts[id].kind {
                    AdtKind::Struct(fields) | AdtKind::Class(fields) => {
                        let fields = fields.iter().map(|field| field.ty).collect::<Vec<_>>();
                        let fields = self.types_of(&fields, &args);
                        return Some(vec![(Case::Only, fields)]);
                    }
                    AdtKind::Enum(variants) => variants
                        .iter()
                        .map(|variant| variant.fields.iter().map(|field| field.ty).collect())
                        .collect(),
                };
                let mut cases = Vec::new();
                for (index, fields) in groups.into_iter().enumerate() {
                    cases.push((Case::Variant(id, index as u32), self.types_of(&fields, &args)));
                }
                cases
            }
            Con::Array => {
                let longest = rows.iter().map(|row| length(&row[0])).max().unwrap_or(0).min(MAX_LENGTH);
                (0..=longest + 1).map(|n| (Case::Length(n), vec![args[0]; n])).collect()
            }
            _ => return None,
        })
    }

    fn types_of(&mut self, fields: &[crate::ty::TyId], args: &[T]) -> Vec<T> {
        fields.iter().map(|&ty| self.tt.import(&self.p.types, ty, args)).collect()
    }

    fn show_case(&self, ty: T, case: &Case, fields: &[String]) -> String {
        let list = fields.join(", ");
        match case {
            Case::Variant(id, index) => {
                let adt = &self.p.adts[*id];
                let AdtKind::Enum(variants) = &adt.kind else { return list };
                if let (true, Some(member)) = (
                    self.is_union(*id),
                    self.union_members(ty).and_then(|list| list.get(*index as usize).copied()),
                ) {
                    let shown = self.show(member);
                    return if list == "_" { format!("_: {shown}") } else { list };
                }
                let name = format!("{}.{}", self.name(adt.name), self.name(variants[*index as usize].name));
                let name =
                    if Some(*id) == self.p.result { self.name(variants[*index as usize].name) } else { name };
                if fields.is_empty() { name } else { format!("{name}({list})") }
            }
            Case::Only => match self.tt.con_of(ty) {
                Some(Con::Adt(id)) => format!("{}({list})", self.name(self.p.adts[id].name)),
                _ => format!("({list})"),
            },
            Case::Some => format!("Some({list})"),
            Case::Nil => "nil".to_owned(),
            Case::Bool(value) => value.to_string(),
            Case::Length(_) => format!("[{list}]"),
            Case::Other => "_".to_owned(),
        }
    }
}

fn simplify(infer: &Infer, pat: &IPat) -> Simple {
    let all = |list: &[IPat]| list.iter().map(|pat| simplify(infer, pat)).collect::<Vec<_>>();
    let con = infer.tt.con_of(pat.ty);
    match &pat.kind {
        IPatKind::Wild | IPatKind::Bind(_) | IPatKind::Module(_) => Simple::Wild,
        IPatKind::Literal(literal) => match literal.kind {
            IKind::Bool(value) if con == Some(Con::Bool) => Simple::Case(Case::Bool(value), vec![]),
            _ => Simple::Case(Case::Other, vec![]),
        },
        IPatKind::Range { start: None, end: None, .. } => Simple::Wild,
        IPatKind::Range { .. } | IPatKind::Is(..) => Simple::Case(Case::Other, vec![]),
        IPatKind::Or(list) => Simple::Or(all(list)),
        IPatKind::Tuple(items) => Simple::Case(Case::Only, all(items)),
        IPatKind::Array { first, rest: None, last } => {
            let mut items = all(first);
            items.extend(all(last));
            Simple::Case(Case::Length(items.len()), items)
        }
        IPatKind::Array { first, rest: Some(_), last } => Simple::Rest(all(first), all(last)),
        IPatKind::Struct(fields) => {
            let count = match con {
                Some(Con::Adt(id)) => match &infer.p.adts[id].kind {
                    AdtKind::Struct(list) | AdtKind::Class(list) => list.len(),
                    AdtKind::Enum(_) => 0,
                },
                _ => 0,
            };
            let mut list = vec![Simple::Wild; count];
            for (index, pat) in fields {
                if let Some(slot) = list.get_mut(*index as usize) {
                    *slot = simplify(infer, pat);
                }
            }
            Simple::Case(Case::Only, list)
        }
        IPatKind::Variant { variant, args } => {
            let Some(Con::Adt(id)) = con else { return Simple::Case(Case::Other, vec![]) };
            let count = match &infer.p.adts[id].kind {
                AdtKind::Enum(variants) => {
                    variants.get(*variant as usize).map_or(0, |variant| variant.fields.len())
                }
                AdtKind::Struct(_) | AdtKind::Class(_) => 0,
            };
            let mut list = all(args);
            list.resize(count, Simple::Wild);
            Simple::Case(Case::Variant(id, *variant), list)
        }
        IPatKind::Some(inner) if con == Some(Con::Option) => {
            Simple::Case(Case::Some, vec![simplify(infer, inner)])
        }
        IPatKind::Nil if con == Some(Con::Option) => Simple::Case(Case::Nil, vec![]),
        IPatKind::Some(_) | IPatKind::Nil => Simple::Case(Case::Other, vec![]),
    }
}

/// Alternatives in the first column become rows of their own.
fn expand(row: Vec<Simple>) -> Vec<Vec<Simple>> {
    match &row[0] {
        Simple::Or(list) => list
            .iter()
            .flat_map(|first| {
                let mut row = row.clone();
                row[0] = first.clone();
                expand(row)
            })
            .collect(),
        Simple::Wild | Simple::Case(..) | Simple::Rest(..) => vec![row],
    }
}

/// What is left of a row once the first column is known to be a case.
fn specialize(row: &[Simple], case: &Case, count: usize) -> Option<Vec<Simple>> {
    let mut fields = match &row[0] {
        Simple::Wild => vec![Simple::Wild; count],
        Simple::Case(own, fields) if own == case => fields.clone(),
        Simple::Case(..) => return None,
        Simple::Rest(first, last) => {
            let Case::Length(length) = *case else { return None };
            let middle = length.checked_sub(first.len() + last.len())?;
            let mut fields = first.clone();
            fields.extend(std::iter::repeat_n(Simple::Wild, middle));
            fields.extend(last.iter().cloned());
            fields
        }
        Simple::Or(_) => unreachable!("alternatives were expanded"),
    };
    fields.resize(count, Simple::Wild);
    fields.extend_from_slice(&row[1..]);
    Some(fields)
}

fn length(pat: &Simple) -> usize {
    match pat {
        Simple::Case(Case::Length(n), _) => *n,
        Simple::Rest(first, last) => first.len() + last.len(),
        Simple::Wild | Simple::Case(..) | Simple::Or(_) => 0,
    }
}
