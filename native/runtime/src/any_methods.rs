//! Fields and builtin methods of tagged values, by name.

use crate::any::{any_bool, any_ref};
use crate::count::any_object;
use crate::value::Val;
use crate::{Host, Memory, Raised, Rt, RunError};
use abi::types::well_known;
use abi::{ErrorKind, TypeKind, value};

impl<M: Memory, H: Host> Rt<M, H> {
    pub(crate) fn rt_any_field(&mut self, value: u64, name: u32) -> Result<u64, Raised> {
        let holder = self.val_any(value)?;
        let name = self.str_of(name)?.to_string();
        let found = match &holder {
            Val::Class(at) => Some(self.class_words(*at)?),
            Val::Flat(ty, words) if self.option_inner(*ty, words)?.is_none() => Some((*ty, words.clone())),
            _ => None,
        };
        if let Some((ty, words)) = found {
            let by_position =
                matches!(self.types.get(ty)?.desc.kind, TypeKind::Tuple(_) | TypeKind::Enum { .. });
            let position = if by_position { name.parse::<usize>().ok() } else { None };
            let fields = self.fields_of(ty, &words)?.1;
            let field = match position {
                Some(position) => fields.get(position),
                None => fields.iter().find(|field| field.name == name),
            };
            if let Some(field) = field.cloned() {
                return self.any_copy_field(&field, &words);
            }
        }
        // A name without parentheses also calls a method without arguments.
        match self.method(&holder, value, &name, &[])? {
            Some(result) => Ok(result),
            None => {
                let message = format!("a value of type {} has no field `{name}`", self.kind_name(&holder)?);
                self.raise_type(message)
            }
        }
    }

    pub(crate) fn rt_any_method(&mut self, value: u64, name: u32, args: u32) -> Result<u64, Raised> {
        let holder = self.val_any(value)?;
        let name = self.str_of(name)?.to_string();
        if self.array_type(args)?.0 != well_known::ANY {
            return Err(Raised::Internal);
        }
        let mut given = Vec::new();
        for i in 0..self.len_of(args)? {
            let at = self.elem_at(args, 8, i);
            given.push(u64::from_le_bytes(self.load(at)?));
        }
        match self.method(&holder, value, &name, &given)? {
            Some(result) => Ok(result),
            None => {
                let kind = self.kind_name(&holder)?;
                let count = given.len();
                self.raise_type(format!(
                    "a value of type {kind} has no method `{name}` with {count} arguments"
                ))
            }
        }
    }

    /// The result of a builtin method; `None` where there is none with this name and these arguments.
    fn method(&mut self, holder: &Val, bits: u64, name: &str, args: &[u64]) -> Result<Option<u64>, Raised> {
        let mut vals = Vec::with_capacity(args.len());
        for arg in args {
            vals.push(self.val_any(*arg)?);
        }
        if let Some(result) = self.common_method(holder, bits, name, args)? {
            return Ok(Some(result));
        }
        match holder {
            Val::Text(at) => self.text_method(*at, name, &vals),
            Val::Array(at) => self.array_method(*at, name, args, &vals),
            Val::Dict(at) => self.dict_method(*at, name, args),
            Val::Int(_) | Val::UInt(_) | Val::F32(_) | Val::F64(_) => self.number_method(holder, name, &vals),
            Val::Nil
            | Val::Unit
            | Val::Bool(_)
            | Val::Class(_)
            | Val::Fn(_)
            | Val::Range { .. }
            | Val::Flat(..) => Ok(None),
        }
    }

    fn retained(&mut self, bits: u64) -> Result<Option<u64>, Raised> {
        self.heap.retain(any_object(bits))?;
        Ok(Some(bits))
    }

    fn common_method(
        &mut self,
        holder: &Val,
        bits: u64,
        name: &str,
        args: &[u64],
    ) -> Result<Option<u64>, Raised> {
        let is_nil = matches!(holder, Val::Nil);
        match (name, args) {
            ("to_text" | "to_string", []) => Ok(Some(any_ref(self.show_to_text(holder)?))),
            ("is_nil" | "is_none", []) => Ok(Some(any_bool(is_nil))),
            ("is_some", []) => Ok(Some(any_bool(!is_nil))),
            ("unwrap", []) if is_nil => self.raise(RunError::with_args(ErrorKind::UnwrapNil, 0, 0)),
            ("unwrap" | "copy" | "clone", []) => self.retained(bits),
            ("unwrap_or", [default]) => self.retained(if is_nil { *default } else { bits }),
            ("len", []) if matches!(holder, Val::Text(_) | Val::Array(_) | Val::Dict(_) | Val::Flat(..)) => {
                let len = self.rt_any_len(bits)?;
                self.any_int(len).map(Some)
            }
            ("is_empty", []) => match holder {
                Val::Text(at) | Val::Array(at) | Val::Dict(at) => Ok(Some(any_bool(self.len_of(*at)? == 0))),
                _ => Ok(None),
            },
            _ => Ok(None),
        }
    }

    fn text_method(&mut self, at: u32, name: &str, args: &[Val]) -> Result<Option<u64>, Raised> {
        let text = match (name, args) {
            ("upper" | "to_upper", []) => self.rt_text_upper(at)?,
            ("lower" | "to_lower", []) => self.rt_text_lower(at)?,
            ("capitalize", []) => self.rt_text_capitalize(at)?,
            ("title", []) => self.rt_text_title(at)?,
            ("trim" | "strip", []) => self.rt_text_trim(at, 3)?,
            ("trim_start", []) => self.rt_text_trim(at, 1)?,
            ("trim_end", []) => self.rt_text_trim(at, 2)?,
            ("chars", []) => self.rt_text_chars(at)?,
            ("bytes", []) => self.rt_text_bytes(at)?,
            ("lines", []) => self.rt_text_lines(at)?,
            ("reverse" | "reversed", []) => self.rt_text_reverse(at)?,
            ("split", []) => {
                let space = self.text_from(b" ")?;
                self.rt_text_split(at, space)?
            }
            ("split", [Val::Text(by)]) => self.rt_text_split(at, *by)?,
            ("repeat", [Val::Int(n)]) => self.rt_text_repeat(at, *n)?,
            ("replace", [Val::Text(from), Val::Text(to)]) => self.rt_text_replace(at, *from, *to, -1)?,
            ("replace_first", [Val::Text(from), Val::Text(to)]) => self.rt_text_replace(at, *from, *to, 1)?,
            ("substring" | "slice", [Val::Int(start), Val::Int(end)]) => {
                self.rt_text_slice(at, *start, *end, 1)?
            }
            ("take", [Val::Int(n)]) => self.rt_text_slice(at, 0, (*n).max(0), 1)?,
            ("drop" | "skip", [Val::Int(n)]) => self.rt_text_slice(at, (*n).max(0), i64::MIN, 1)?,
            ("char_at" | "at", [Val::Int(i)]) => self.rt_text_char_at(at, *i)?,
            ("pad_left", [Val::Int(width)]) => {
                let space = self.text_from(b" ")?;
                self.rt_text_pad(at, *width, space, 0)?
            }
            ("pad_right", [Val::Int(width)]) => {
                let space = self.text_from(b" ")?;
                self.rt_text_pad(at, *width, space, 1)?
            }
            ("pad_left", [Val::Int(width), Val::Text(fill)]) => self.rt_text_pad(at, *width, *fill, 0)?,
            ("pad_right", [Val::Int(width), Val::Text(fill)]) => self.rt_text_pad(at, *width, *fill, 1)?,
            _ => return self.text_query(at, name, args),
        };
        Ok(Some(any_ref(text)))
    }

    fn text_query(&mut self, at: u32, name: &str, args: &[Val]) -> Result<Option<u64>, Raised> {
        let result = match (name, args) {
            ("contains" | "has", [Val::Text(part)]) => any_bool(self.rt_text_contains(at, *part)? != 0),
            ("starts_with", [Val::Text(part)]) => any_bool(self.rt_text_starts_with(at, *part)? != 0),
            ("ends_with", [Val::Text(part)]) => any_bool(self.rt_text_ends_with(at, *part)? != 0),
            ("is_numeric", []) => any_bool(self.rt_text_is_class(at, 0)? != 0),
            ("is_alpha", []) => any_bool(self.rt_text_is_class(at, 1)? != 0),
            ("is_alphanumeric", []) => any_bool(self.rt_text_is_class(at, 2)? != 0),
            ("find" | "index_of" | "rfind" | "last_index_of", [Val::Text(part)]) => {
                let found = if name == "find" || name == "index_of" {
                    self.rt_text_find(at, *part)?
                } else {
                    self.rt_text_rfind(at, *part)?
                };
                if found < 0 { value::NIL } else { self.any_int(found)? }
            }
            ("char_count", []) => {
                let count = self.rt_text_char_count(at)?;
                self.any_int(count)?
            }
            ("ord", []) => {
                let code = self.rt_text_ord(at)?;
                self.any_int(code)?
            }
            ("to_int" | "to_i64", []) => {
                let number = self.rt_text_to_int(at)?;
                self.any_int(number)?
            }
            ("to_float" | "to_f64", []) => {
                let number = self.rt_text_to_float(at)?;
                self.any_float(number)?
            }
            ("parse_int", []) => match self.parse_int(at)? {
                Some(number) => self.any_int(number)?,
                None => value::NIL,
            },
            ("parse_float", []) => match self.parse_float(at)? {
                Some(number) => self.any_float(number)?,
                None => value::NIL,
            },
            _ => return Ok(None),
        };
        Ok(Some(result))
    }

    fn array_method(
        &mut self,
        at: u32,
        name: &str,
        args: &[u64],
        vals: &[Val],
    ) -> Result<Option<u64>, Raised> {
        let len = i64::from(self.len_of(at)?);
        match (name, args, vals) {
            ("first" | "last", [], _) if len == 0 => Ok(Some(value::NIL)),
            ("first", [], _) => self.any_elem(at, 0).map(Some),
            ("last", [], _) => self.any_elem(at, -1).map(Some),
            ("get" | "at", [_], [Val::Int(i)]) if *i >= len || *i < -len => Ok(Some(value::NIL)),
            ("get" | "at", [_], [Val::Int(i)]) => self.any_elem(at, *i).map(Some),
            ("contains" | "has", [_], [item]) => Ok(Some(any_bool(self.position_of(at, item)?.is_some()))),
            ("index_of", [_], [item]) => {
                let found = self.position_of(at, item)?;
                self.any_int(found.map_or(-1, i64::from)).map(Some)
            }
            ("join", [], _) => Ok(Some(any_ref(self.rt_array_join(at, self.empty)?))),
            ("join", [_], [Val::Text(by)]) => Ok(Some(any_ref(self.rt_array_join(at, *by)?))),
            ("slice", [_, _], [Val::Int(start), Val::Int(end)]) => {
                Ok(Some(any_ref(self.rt_array_slice(at, *start, *end, 1)?)))
            }
            ("take", [_], [Val::Int(n)]) => Ok(Some(any_ref(self.rt_array_slice(at, 0, (*n).max(0), 1)?))),
            ("skip" | "drop", [_], [Val::Int(n)]) => {
                Ok(Some(any_ref(self.rt_array_slice(at, (*n).max(0), i64::MIN, 1)?)))
            }
            ("reverse" | "reversed", [], _) => {
                self.heap.retain(at)?;
                Ok(Some(any_ref(self.rt_array_reverse(at)?)))
            }
            ("sort" | "sorted", [], _) => {
                self.heap.retain(at)?;
                Ok(Some(any_ref(self.rt_array_sort(at, 0)?)))
            }
            ("push" | "append", [item], _) => {
                self.heap.retain(at)?;
                let (array, words) = self.widen_for(at, *item)?;
                Ok(Some(any_ref(self.push_words(array, &words)?)))
            }
            ("concat" | "extend", [other], [Val::Array(_)]) => {
                let add = abi::runtime_fns::DynOp::Add as u32;
                self.rt_any_binary(add, any_ref(at), *other).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn dict_method(&mut self, at: u32, name: &str, args: &[u64]) -> Result<Option<u64>, Raised> {
        match (name, args) {
            ("get", [key]) => self.any_lookup(at, *key, value::NIL).map(Some),
            ("get" | "get_or", [key, default]) => self.any_lookup(at, *key, *default).map(Some),
            ("contains" | "has" | "contains_key", [key]) => {
                let layout = self.dict_layout(at)?;
                let key_type = layout.key;
                let Some(words) = self.any_to_words(*key, key_type)? else { return Ok(Some(value::FALSE)) };
                let key_at = self.put_key(at, &words)?;
                let found = self.rt_dict_find(at, key_at)?;
                self.release_words(key_type, &words)?;
                Ok(Some(any_bool(found != 0)))
            }
            ("keys" | "values" | "entries" | "items", []) => {
                self.rt_dict_sort(at)?;
                let layout = self.dict_layout(at)?;
                let (key, value) = (layout.key, layout.value);
                let len = self.len_of(at)?;
                let mut array = self.rt_array_new(well_known::ARRAY_ANY.0, i64::from(len))?;
                for i in 0..i64::from(len) {
                    self.heap.work(1)?;
                    let item = match name {
                        "keys" => {
                            let at = self.rt_dict_key_at(at, i)?;
                            self.any_copy_at(key, at)?
                        }
                        "values" => {
                            let at = self.rt_dict_value_at(at, i)?;
                            self.any_copy_at(value, at)?
                        }
                        _ => self.rt_any_item(any_ref(at), i)?,
                    };
                    array = self.push_words(array, &[item])?;
                }
                Ok(Some(any_ref(array)))
            }
            ("set", [key, item]) => {
                self.heap.retain(at)?;
                Ok(Some(any_ref(self.any_put(at, *key, *item)?)))
            }
            ("remove", [key]) => {
                self.heap.retain(at)?;
                let key_type = self.dict_layout(at)?.key;
                let Some(words) = self.any_to_words(*key, key_type)? else { return Ok(Some(any_ref(at))) };
                let key_at = self.put_key(at, &words)?;
                let dict = self.rt_dict_remove(at, key_at)?;
                self.release_words(key_type, &words)?;
                Ok(Some(any_ref(dict)))
            }
            _ => Ok(None),
        }
    }

    fn number_method(&mut self, number: &Val, name: &str, args: &[Val]) -> Result<Option<u64>, Raised> {
        let as_float = match number {
            Val::Int(value) => *value as f64,
            Val::UInt(value) => *value as f64,
            Val::F32(value) => f64::from(*value),
            Val::F64(value) => *value,
            _ => return Err(Raised::Internal),
        };
        match (name, number, args) {
            ("to_float" | "to_f64", _, []) => self.any_float(as_float).map(Some),
            ("to_int" | "to_i64", Val::Int(value), []) => self.any_int(*value).map(Some),
            ("to_int" | "to_i64", Val::UInt(value), []) => self.any_int(*value as i64).map(Some),
            ("to_int" | "to_i64", _, []) => self.any_int(as_float as i64).map(Some),
            ("abs", Val::Int(value), []) => self.any_int(value.wrapping_abs()).map(Some),
            ("abs", Val::F32(_) | Val::F64(_), []) => self.any_float(as_float.abs()).map(Some),
            ("is_even", Val::Int(value), []) => Ok(Some(any_bool(value & 1 == 0))),
            ("is_odd", Val::Int(value), []) => Ok(Some(any_bool(value & 1 == 1))),
            ("sqrt", _, []) => self.any_float(libm::sqrt(as_float)).map(Some),
            ("floor", Val::F32(_) | Val::F64(_), []) => self.any_float(libm::floor(as_float)).map(Some),
            ("ceil", Val::F32(_) | Val::F64(_), []) => self.any_float(libm::ceil(as_float)).map(Some),
            ("round", Val::F32(_) | Val::F64(_), []) => self.any_float(libm::round(as_float)).map(Some),
            ("is_nan", Val::F32(_) | Val::F64(_), []) => Ok(Some(any_bool(as_float.is_nan()))),
            _ => Ok(None),
        }
    }
}
