//! `simple compile` and `simple inspect`.

use crate::args::{Compile, CompressionName, Inspect};
use crate::compile::{Compilation, Compiled, load, target};
use crate::output;
use anyhow::{Context as _, Result, bail};
use engine::{Compression, Limits, ModuleOptions, Optimization, Options, Purpose};
use source::Root;

/// `simple compile`.
pub fn compile(compile: &Compile) -> Result<u8> {
    let path = compile.output.clone().unwrap_or_else(|| compile.file.with_extension("smf"));
    if path == compile.file {
        bail!("{} would be overwritten: name another file with `-o`", path.display());
    }
    let mut options = ModuleOptions {
        targets: Vec::new(),
        compression: match compile.compression {
            CompressionName::None => Compression::None,
            CompressionName::Zstd => Compression::Zstd,
            CompressionName::Lz4 => Compression::Lz4,
        },
        sources: !compile.strip_source,
        stub: if compile.shebang { b"#!/usr/bin/env -S simple run\n".to_vec() } else { Vec::new() },
    };
    for &name in &compile.target {
        let target = target(name)?;
        if !options.targets.contains(&target) {
            options.targets.push(target);
        }
    }
    let Compiled::Done(mut compilation) = Compilation::open(&compile.file, &compile.common, compile.jobs)?
    else {
        return Ok(1);
    };
    let compiled = compilation.with_helpers(
        "compile",
        &compile.common,
        &options.targets,
        Purpose::Module,
        |session| session.compile(&options),
    )?;
    let code = match compiled {
        Compiled::Done(file) => {
            compilation.tell(&compile.common)?;
            output::write(&path, &file, compile.shebang)?;
            0
        }
        Compiled::Rejected => 1,
    };
    compilation.finish()?;
    Ok(code)
}

/// `simple inspect`.
pub fn inspect(inspect: &Inspect) -> Result<u8> {
    let root = Root::around(&inspect.file)?;
    let path = root.path_of(&inspect.file)?;
    let bytes = root.read(&path)?.with_context(|| format!("cannot read {path}: there is no such file"))?;
    if !engine::is_module_file(&bytes) {
        bail!("{path} is not a module file: it does not end with the header of one");
    }
    let engine = load()?;
    let limits = Limits::default();
    let options = Options {
        budget: u64::MAX,
        optimization: Optimization::None,
        verify: false,
        max_output: limits.output as u64,
    };
    let mut session = engine.session(&options, limits)?;
    let listing =
        session.inspect(&bytes)?.map_err(|wrong| anyhow::anyhow!("{path} is malformed: {wrong}"))?;
    output::print(listing.as_bytes())?;
    drop(session);
    engine.finish()?;
    Ok(0)
}
