use smf::*;

#[test]
fn what_people_write_is_read() {
    let text = "# made by hand\r\n\
        possible |template, type_args, mangled_name, required_by, can_defer| id, [i64,], id$i64, two words, false # one row\r\n\
        \r\n\
        instantiations | template,type_args , mangled_name, from_file, from_loc, output_file, status |\r\n\
        \t\"id\" , [ \"my_type\" , text ], \"id$my%5Ftype_text\", app.spl, 3:5, \"\", failed\r\n\
        \x20   # between rows\r\n\
        \x20   main, [], main, \"a \\\"b\\\" \\u{e9}\\n\", \"1:1\", out/x.smf, deferred\r\n";
    let notes = Notes::from_sdn(text).expect("notes");
    assert_eq!(
        notes.possible,
        [Possible {
            template: "id".to_owned(),
            type_args: vec!["i64".to_owned()],
            required_by: "two words".to_owned(),
            can_defer: false,
        }]
    );
    assert_eq!(
        notes.instantiations,
        [
            Instantiation {
                template: "id".to_owned(),
                type_args: vec!["my_type".to_owned(), "text".to_owned()],
                from_file: "app.spl".to_owned(),
                from_loc: Location { line: 3, column: 5 },
                output_file: String::new(),
                status: Status::Failed,
            },
            Instantiation {
                template: "main".to_owned(),
                type_args: Vec::new(),
                from_file: "a \"b\" é\n".to_owned(),
                from_loc: Location { line: 1, column: 1 },
                output_file: "out/x.smf".to_owned(),
                status: Status::Deferred,
            },
        ]
    );
    assert_eq!(notes.type_inferences, []);
}

const POSSIBLE: &str = "possible |template, type_args, mangled_name, required_by, can_defer|\n";
const INFERENCES: &str = "type_inferences |symbol, context, from_file, from_loc|\n";

/// Line, column and what is said about a text.
#[track_caller]
fn refused(text: &str, message: &str) {
    let error = Notes::from_sdn(text).expect_err("no notes");
    assert_eq!(error.to_string(), message, "{text}");
    let before = &text[..error.offset];
    assert_eq!(before.matches('\n').count() + 1, error.line);
    assert_eq!(before.rsplit('\n').next().unwrap_or_default().chars().count() + 1, error.column);
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    refused("  a, b\n", "1:3: expected a table, found a row");
    refused(
        "other |a|\n",
        "1:1: expected instantiations, possible or type_inferences, found the table `other`",
    );
    refused("possible: 1\n", "1:9: expected `|` and the columns of the table, found `:`");
    refused("|a|\n", "1:1: expected the name of a table, found `|`");
    refused("possible |a, |\n", "1:14: expected the name of a column, found `|`");
    refused("possible |a\n", "1:12: expected `,` or `|` behind a column, found the end of the line");
    refused(
        "type_inferences |symbol, context, from_loc, from_file|\n",
        "1:1: expected |symbol, context, from_file, from_loc|, found |symbol, context, from_loc, from_file|",
    );
    refused(&format!("{POSSIBLE}{POSSIBLE}"), "2:1: expected each table once, found `possible` again");

    let row = |table: &str, row: &str, message: &str| refused(&format!("{table}  {row}\n"), message);
    row(INFERENCES, "é, b, c", "2:10: expected 4 cells, found 3");
    row(INFERENCES, "a, b, c, 1:1, e", "2:17: expected 4 cells, found more");
    row(INFERENCES, "a, , c, 1:1", "2:6: expected a value, found `,`");
    row(INFERENCES, "a, b, c,", "2:11: expected a value, found the end of the line");
    row(INFERENCES, "a, b, c, 1", "2:12: expected a text, found 1");
    row(INFERENCES, "a, b, c, \"1:x\"", "2:12: expected line:column, found \"1:x\"");
    row(INFERENCES, "a, b, c, \"1:4294967296\"", "2:12: expected line:column, found \"1:4294967296\"");
    row(INFERENCES, "a, b, c, \"+1:1\"", "2:12: expected line:column, found \"+1:1\"");
    row(INFERENCES, "nil, b, c, 1:1", "2:3: expected a text, found nil");
    row(INFERENCES, "true, b, c, 1:1", "2:3: expected a text, found true");
    row(INFERENCES, "[a], b, c, 1:1", "2:3: expected a text, found a list of 1");
    row(INFERENCES, "a \"b\", b, c, 1:1", "2:5: expected `,` or quotes around the text, found `\"`");
    row(INFERENCES, "\"a, b", "2:8: expected a closing quote, found the end of the line");
    for escape in ["\\x", "\\u{}", "\\u{110000}", "\\u{d800}", "\\u{1", "\\u1}"] {
        let message = "2:3: expected an escape: \\\\ \\\" \\n \\r \\t \\0 \\u{...}, found another";
        row(INFERENCES, &format!("\"{escape}\", b, c, 1:1"), &message.replace("2:3", "2:4"));
    }
    row(INFERENCES, "\"a\" b, c, 1:1", "2:7: expected `,` or the end of the row, found `b`");
    row(POSSIBLE, "id, i64, id$i64, main, true", "2:7: expected a list of types, found the text \"i64\"");
    row(POSSIBLE, "id, [[a]], id$a, main, true", "2:8: expected `,` or quotes around the text, found `[`");
    row(POSSIBLE, "id, [a, b, c", "2:15: expected `,` or `]`, found the end of the line");
    row(POSSIBLE, "id, [1], id$1, main, true", "2:8: expected a text, found 1");
    row(POSSIBLE, "id, [i64], id$text, main, true", "2:14: expected `id$i64`, found `id$text`");
    row(POSSIBLE, "id, [i64], id$i64, main, yes", "2:28: expected true or false, found the text \"yes\"");
    refused(
        "instantiations |template, type_args, mangled_name, from_file, from_loc, output_file, status| id, [i64], id$i64, f, 1:1, o, done\n",
        "1:124: expected compiled, deferred or failed, found `done`",
    );
}

#[test]
fn an_error_in_a_file_says_where() {
    let mut module = crate::sample::plain();
    module.notes = Notes::default();
    module.notes.possible.push(Possible {
        template: "id".to_owned(),
        type_args: vec!["i64".to_owned()],
        required_by: "main".to_owned(),
        can_defer: true,
    });
    let mut bytes = crate::sample::file(&module);
    let at = bytes.windows(4).rposition(|window| window == b"true").expect("the row");
    bytes[at..at + 4].copy_from_slice(b"yeah");
    crate::exercise::seal(&mut bytes);
    let view = View::open(&bytes, Limits::default()).expect("notes are read when they are asked for");
    let error = view.notes().expect_err("no notes");
    assert_eq!((error.part, error.offset), (Part::Notes, at as u64));
    assert!(
        error.to_string().ends_with("expected true or false, found the text \"yeah\" (line 3, column 32)"),
        "{error}"
    );
    assert!(listing(&view).contains("notes: unreadable: "), "the rest is listed");
}
