//! `simple run` as machine code.

use crate::args::{Run, TargetName};
use crate::compile::{Compilation, Compiled, target};
use anyhow::{Result, bail};
use loader::{Host, Input, Limits, Stopper, Stream};
use std::io::{BufRead as _, ErrorKind, Write as _};

/// Compiles in the component, then runs the artifact in this process.
pub fn run(run: &Run) -> Result<u8> {
    let target = target(TargetName::Host)?;
    let mut compilation = Compilation::open(&run.file, &run.common)?;
    let artifact = match compilation.stage("compile", &run.common, |session| session.emit(target))? {
        Compiled::Done(artifact) => artifact,
        Compiled::Rejected => {
            compilation.finish()?;
            return Ok(1);
        }
    };
    let stopper = Stopper::new();
    let handler = stopper.clone();
    ctrlc::set_handler(move || handler.stop())?;
    let limits =
        Limits { memory: run.max_memory, time: run.timeout, stopper: Some(stopper), ..Limits::default() };
    let mut host = Console { args: run.args.clone() };
    let outcome = compilation.timings.phase("run", || loader::run(&artifact, &limits, &mut host))?;
    if let Some(report) = &outcome.error {
        eprint!("{report}");
    }
    if run.check_leaks
        && let Some(live @ 1..) = outcome.stats.live_objects
    {
        bail!("{live} objects are left at the end");
    }
    compilation.finish()?;
    Ok(exit_byte(outcome.exit_code))
}

/// The part of an exit code that a process can give.
pub fn exit_byte(code: i32) -> u8 {
    (code & 0xff) as u8
}

/// The process's own streams.
struct Console {
    args: Vec<String>,
}

impl Host for Console {
    fn write(&mut self, stream: Stream, bytes: &[u8]) -> bool {
        write(stream == Stream::Out, bytes)
    }

    fn read_line(&mut self) -> Input {
        match read_line() {
            Some(line) => Input::Line(line),
            None => Input::End,
        }
    }

    fn args(&self) -> Vec<String> {
        self.args.clone()
    }
}

/// Prints what a program prints; false once nobody reads it any more.
pub fn write(out: bool, bytes: &[u8]) -> bool {
    let result = if out {
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(bytes).and_then(|()| stdout.flush())
    } else {
        std::io::stderr().lock().write_all(bytes)
    };
    !matches!(result, Err(error) if error.kind() == ErrorKind::BrokenPipe)
}

/// A line from the standard input without its end; none at the end of the input. Bytes that are not UTF-8 come as the replacement
/// character.
pub fn read_line() -> Option<String> {
    let mut line = Vec::new();
    // An input that cannot be read has ended.
    let count = std::io::stdin().lock().read_until(b'\n', &mut line).unwrap_or(0);
    if count == 0 {
        return None;
    }
    if line.last() == Some(&b'\n') {
        line.pop();
        if line.last() == Some(&b'\r') {
            line.pop();
        }
    }
    Some(String::from_utf8_lossy(&line).into_owned())
}
