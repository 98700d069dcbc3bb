//! What questions to the compiler cost in a process that lives on: a table of medians with their aims, for `cargo xtask bench questions`. Takes a
//! large program, whose compilation is measured with one instance of the compiler and with two.

use anyhow::Context as _;
use engine::questions::{Hint, InstanceOf, Instantiation, ParameterType, Question, Template};
use engine::types::{FunctionType, IntType, Node};
use engine::{
    Artifacts, Compression, Context, Engine, Input, Jobs, Limits, ModuleOptions, Optimization, Options,
    Purpose, Session, Settings, Start, Target,
};
use loader::{BufferHost, Linking, Process, Program};
use source::CacheDir;
use std::fmt::Write as _;
use std::hint::black_box;
use std::num::NonZero;
use std::time::{Duration, Instant};

const INT: Node = Node::Int(IntType { bits: 64, signed: true });

const APPLY: &str = "fn apply<T, U>(items: [T], f: fn(T) -> U) -> [U]: [for x in items: f(x)]\n";

/// A function of about fifty instructions, in which `N` stands for a number.
const GENERIC: &str = "
fn rank_N(items, limit):
    var best = items[0]
    var above = 0
    for item in items:
        if item > best: best = item
        if item > limit: above += 1
    (best, above)
";

/// Helpers of an application, which are called for several types of values.
const APPLICATION: &str = "
fn sorted(items):
    var out = items
    for i in 1..out.len():
        var j = i
        while j > 0 and out[j] < out[j - 1]:
            val moved = out[j]
            out[j] = out[j - 1]
            out[j - 1] = moved
            j -= 1
    out

fn largest(items):
    var best = items[0]
    for item in items:
        if item > best: best = item
    best

fn count_of<T>(items: [T]) -> {T: i64}:
    var counts: {T: i64} = {}
    for item in items:
        counts[item] = (counts[item] ?? 0) + 1
    counts

fn distinct<T>(items: [T]) -> [T]:
    var seen: {T: bool} = {}
    var out: [T] = []
    for item in items:
        if seen[item] == nil:
            seen[item] = true
            out.push(item)
    out

fn position(items, wanted):
    for i in 0..items.len():
        if items[i] == wanted: return i
    -1
";

fn main() -> anyhow::Result<()> {
    let large = std::env::args().nth(1).expect("usage: questions FILE");
    let large = std::fs::read_to_string(large)?;
    let engine = Engine::new(Settings { start: Start::Optimized, cache: CacheDir::of_user() })?;
    println!("{:<52} {:>12} {:>10}", "", "median", "aim");
    calls(&engine)?;
    instances(&engine)?;
    sessions(&engine)?;
    application(&engine)?;
    shares(&engine, &large)
}

fn calls(engine: &Engine) -> anyhow::Result<()> {
    let mut session = open(engine, APPLY)?;
    session.check()?;
    let mut other = open(engine, APPLY)?;
    short_row("a typed call that takes and gives nothing", Some(0.3), || other.leave_contracts_unchecked())?;
    short_row("one that gives an option of a record (`source`)", None, || {
        session.source(u32::MAX).map(drop)
    })?;
    short_row("one that gives a record with lists (`stats`)", None, || session.stats().map(drop))?;
    let parameter = |parameter, ty| Hint::CallSite(ParameterType { parameter, ty });
    let question = Question {
        nodes: vec![
            INT,
            Node::Text,
            Node::Array(0),
            Node::Function(FunctionType { params: vec![0], result: 1 }),
        ],
        template: Template::Symbol("apply".to_owned()),
        hints: vec![parameter(0, 2), parameter(1, 3)],
    };
    row("`infer`, a template with two parameters", Some(10.0), 20_000, || {
        session.infer(&question).map(drop)
    })?;
    let many = vec![question; 100];
    let each = median(300, || session.infer_all(&many).map(drop))? / 100;
    print("one of a hundred in `infer-all`", each, None);
    let mut context: Context = engine.context(&options(), target(), Limits::default())?;
    context.add("main.spl", APPLY.as_bytes())?;
    let template = r#"{"name":"apply","type_params":["T","U"]}"#;
    let int = r#"{"kind":"int","bits":64,"signed":true}"#;
    let hints = format!(
        r#"[{{"source":"call_site","param_index":0,"ty":{{"kind":"array","elem":{int}}}}},{{"source":"return","ty":{{"kind":"array","elem":{{"kind":"bool"}}}}}}]"#
    );
    assert_eq!(context.infer_types(template, &hints)?, format!(r#"[{int},{{"kind":"bool"}}]"#));
    row("the same in JSON", None, 20_000, || context.infer_types(template, &hints).map(drop))
}

fn instances(engine: &Engine) -> anyhow::Result<()> {
    const FUNCTIONS: usize = 200;
    let text: String = (0..FUNCTIONS).map(|n| GENERIC.replace('N', &n.to_string())).collect();
    let mut session = open(engine, &text)?;
    session.check()?;
    let of = |n: usize| InstanceOf {
        nodes: vec![INT, Node::Array(0)],
        symbol: format!("rank_{n}"),
        arguments: vec![1, 0],
    };
    let mut next = 0..FUNCTIONS;
    let mut bytes = 0;
    let mut process = Process::empty(loader::Limits::default(), Box::new(BufferHost::new(0)))?;
    let mut linking = Vec::new();
    row(
        "`instantiate`, new, to code that can be called",
        Some(300.0),
        FUNCTIONS,
        || -> anyhow::Result<()> {
            let artifact = made(&mut session, &of(next.next().expect("one for each run")))?;
            bytes = artifact.len();
            let started = Instant::now();
            process.link(&Program::load(&artifact)?, Linking::Addition)?;
            linking.push(started.elapsed());
            Ok(())
        },
    )?;
    linking.sort();
    print("  of it checked and linked", linking[linking.len() / 2], None);
    println!("{:<52} {bytes:>9} B", "  its size");
    let wanted = of(0);
    row("`instantiate`, made before", Some(2.0), 20_000, || made(&mut session, &wanted).map(drop))?;

    let folder = tempfile::tempdir()?;
    let artifact = made(&mut session, &wanted)?;
    let question = || engine::Question::new("x86-64 speed", "rank.spl", text.as_bytes());
    Artifacts::new(Some(CacheDir::at(folder.path())?), 1 << 20)?.put(
        &question(),
        Vec::<Input>::new(),
        &artifact,
    );
    let question = question();
    row("an artifact kept on disk, to one that was checked", Some(100.0), 500, || {
        let kept = Artifacts::new(Some(CacheDir::at(folder.path())?), 1 << 20)?;
        load(&kept.get(&question, |_| None).expect("it was kept"))
    })
}

fn sessions(engine: &Engine) -> anyhow::Result<()> {
    row("a session, opened and closed", Some(50.0), 2_000, || {
        engine.session(&options(), Limits::default()).map(drop)
    })?;
    let text: String = (0..1_000).map(|n| GENERIC.replace('N', &n.to_string())).collect();
    let file = open(engine, &text)?.compile(&ModuleOptions {
        targets: Vec::new(),
        compression: Compression::None,
        sources: true,
        stub: Vec::new(),
    })?;
    row("a library of 1,000 functions, added and checked", None, 30, || -> anyhow::Result<()> {
        let mut session = open(engine, "use ranks\nprint ranks.rank_7([1, 2], 1)\n")?;
        session.add_library("ranks.smf", &file)?;
        Ok(session.check()?)
    })
}

/// The instances that places of an application ask for, one after the other.
fn application(engine: &Engine) -> anyhow::Result<()> {
    let mut session = open(engine, APPLICATION)?;
    let named = |symbol: &str, elem: Node, arguments: &[u32]| InstanceOf {
        nodes: vec![elem, Node::Array(0)],
        symbol: symbol.to_owned(),
        arguments: arguments.to_vec(),
    };
    // Of 200 places in a program, most are about numbers and texts.
    let small = Node::Int(IntType { bits: 32, signed: true });
    let types = [INT, Node::Text, INT, Node::Text, INT, Node::Text, Node::Float(64), small];
    for place in 0..200 {
        let elem = types[place * 5 % types.len()].clone();
        let is_float = matches!(elem, Node::Float(_));
        let wanted = match place % 5 {
            0 => named("sorted", elem, &[1]),
            1 => named("largest", elem, &[1]),
            2 if !is_float => named("count_of", elem, &[0]),
            3 if !is_float => named("distinct", elem, &[0]),
            _ => named("position", elem, &[1, 0]),
        };
        made(&mut session, &wanted)?;
    }
    let stats = session.stats()?;
    let rate = stats.cache_hits as f64 / stats.instantiations as f64;
    println!(
        "{:<52} {:>10.1} %   ({} hits, {} misses)",
        "instances of an application that were there",
        rate * 100.0,
        stats.cache_hits,
        stats.cache_misses
    );
    Ok(())
}

fn shares(engine: &Engine, text: &str) -> anyhow::Result<()> {
    for (count, instances) in
        [(NonZero::<u8>::MIN, "one instance"), (NonZero::<u8>::MIN.saturating_add(1), "two")]
    {
        let jobs = Jobs::Exactly(count);
        let name = format!("{} lines to an artifact, {instances}", text.lines().count());
        row(&name, None, 7, || -> anyhow::Result<()> {
            let mut session = engine.session(&options(), Limits::default())?;
            let mut helpers = engine.helpers(&options(), Limits::default(), jobs);
            helpers.add_module("large.spl", text);
            session.add_module("large.spl", text)?;
            helpers.share(&mut session, &[target()], Purpose::Artifact)?;
            black_box(session.emit(target())?);
            Ok(())
        })?;
    }
    Ok(())
}

fn options() -> Options {
    Options { budget: u64::MAX, optimization: Optimization::Speed, verify: false, max_output: 1 << 28 }
}

fn target() -> Target {
    if cfg!(target_arch = "aarch64") { Target::Aarch64 } else { Target::X8664 }
}

fn open(engine: &Engine, text: &str) -> anyhow::Result<Session> {
    let mut session = engine.session(&options(), Limits::default())?;
    session.add_module("main.spl", text)?;
    Ok(session)
}

fn made(session: &mut Session, wanted: &InstanceOf) -> anyhow::Result<Vec<u8>> {
    match session.instantiate(wanted, target())? {
        Instantiation::Made(instance) => instance.artifact.context("the program has nothing yet"),
        Instantiation::Wrong(wrong) => {
            let mut all = wanted.symbol.clone();
            wrong.iter().for_each(|wrong| _ = write!(all, ": {}", wrong.message));
            anyhow::bail!(all)
        }
    }
}

fn load(artifact: &[u8]) -> anyhow::Result<()> {
    black_box(Program::load(artifact).map_err(|error| anyhow::anyhow!("{error}"))?);
    Ok(())
}

fn row<E: Into<anyhow::Error>>(
    name: &str,
    aim: Option<f64>,
    runs: usize,
    work: impl FnMut() -> Result<(), E>,
) -> anyhow::Result<()> {
    print(name, median(runs, work)?, aim);
    Ok(())
}

/// The same for work so short that looking at the clock would count.
fn short_row<E: Into<anyhow::Error>>(
    name: &str,
    aim: Option<f64>,
    mut work: impl FnMut() -> Result<(), E>,
) -> anyhow::Result<()> {
    const AT_ONCE: u32 = 100;
    let time = median(2_000, || (0..AT_ONCE).try_for_each(|_| work()))?;
    print(name, time / AT_ONCE, aim);
    Ok(())
}

fn print(name: &str, time: Duration, aim: Option<f64>) {
    let aim = aim.map_or(String::new(), |aim| format!("{aim} us"));
    println!("{name:<52} {:>9.2} us {aim:>10}", time.as_secs_f64() * 1e6);
}

fn median<E: Into<anyhow::Error>>(
    runs: usize,
    mut work: impl FnMut() -> Result<(), E>,
) -> anyhow::Result<Duration> {
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let run = Instant::now();
        work().map_err(E::into)?;
        times.push(run.elapsed());
    }
    times.sort();
    Ok(times[runs / 2])
}
