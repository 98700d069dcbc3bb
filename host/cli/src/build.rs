//! `simple build`.

use crate::args::{Build, Jobs};
use crate::compile::{Compilation, Compiled};
use crate::output;
use anyhow::{Result, bail};
use bundle::ExitCodes;
use engine::Target;

/// Compiles a program and makes it a component together with what it needs of the runtime.
pub fn build(build: &Build) -> Result<u8> {
    let path = build.output.clone().unwrap_or_else(|| build.file.with_extension("wasm"));
    if path == build.file {
        bail!("{} would be overwritten: name another file with `-o`", path.display());
    }
    let options = bundle::Options {
        max_memory: build.max_memory,
        max_calls: build.max_calls,
        exit_codes: if build.exit_codes { ExitCodes::Exact } else { ExitCodes::Success },
    };
    // Helpers of the compiler are not told what is exported.
    let jobs = if build.lib { Jobs::ONE } else { build.jobs };
    let Compiled::Done(mut compilation) = Compilation::open(&build.file, &build.common, jobs)? else {
        return Ok(1);
    };
    if build.lib {
        compilation.session.export_public()?;
    }
    let code = match compilation.emit(Target::Wasm32, &build.common)? {
        Compiled::Done(module) => {
            compilation.tell(&build.common)?;
            if build.wit {
                output::print(bundle::world(&module)?.as_bytes())?;
            } else {
                let link = if build.lib { bundle::library } else { bundle::command };
                let component = compilation.timings.phase("link", || link(&module, &options))?;
                output::write(&path, &component, false)?;
            }
            0
        }
        Compiled::Rejected => 1,
    };
    compilation.finish()?;
    Ok(code)
}
