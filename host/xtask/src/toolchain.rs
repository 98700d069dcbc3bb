//! Finds a Rust toolchain that can build for another platform than this one.

use crate::{progress, root};
use anyhow::{Context as _, Result, bail};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is built for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Platform {
    /// WebAssembly: the component.
    Component,
    /// WebAssembly: the runtime that programs import.
    Runtime,
    /// WebAssembly: the runtime that programs are linked with.
    LinkableRuntime,
    /// Linux on AArch64.
    Aarch64,
}

impl Platform {
    /// What Rust calls it.
    pub fn target(self) -> &'static str {
        match self {
            Platform::Component | Platform::Runtime | Platform::LinkableRuntime => "wasm32-unknown-unknown",
            Platform::Aarch64 => "aarch64-unknown-linux-gnu",
        }
    }

    /// Debian's packages with a compiler, the source of the standard library, and a linker.
    fn debian_packages(self) -> [&'static str; 4] {
        let linker = match self {
            Platform::Component | Platform::Runtime | Platform::LinkableRuntime => "lld-22",
            Platform::Aarch64 => "gcc-aarch64-linux-gnu",
        };
        ["rustc-web", "cargo-web", "rust-web-src", linker]
    }

    fn debian_linker(self) -> Option<PathBuf> {
        let paths: Vec<PathBuf> = match self {
            Platform::Component | Platform::Runtime | Platform::LinkableRuntime => {
                (14..40).rev().map(|version| PathBuf::from(format!("/usr/bin/wasm-ld-{version}"))).collect()
            }
            Platform::Aarch64 => vec![PathBuf::from("/usr/bin/aarch64-linux-gnu-gcc")],
        };
        paths.into_iter().find(|path| path.exists())
    }
}

/// A way to build for a platform.
pub struct Toolchain {
    platform: Platform,
    kind: Kind,
}

enum Kind {
    /// The ordinary one, with rustup's standard library for the target.
    Rustup,
    /// Debian's compiler, which builds the standard library from its own source.
    Debian {
        /// The linker for the target.
        linker: PathBuf,
    },
}

impl Toolchain {
    /// Tries what is there, then what can be fetched: rustup's target, Debian's packages; `rustup target add`, installing Debian's packages.
    ///
    /// # Errors
    /// Nothing works; the message names both ways to help.
    pub fn find(platform: Platform) -> Result<Toolchain> {
        if let Some(found) = Toolchain::present(platform) {
            return Ok(found);
        }
        let (target, packages) = (platform.target(), platform.debian_packages());
        quiet(Command::new("rustup").args(["target", "add", target]).current_dir(root()));
        if let Some(found) = Toolchain::present(platform) {
            return Ok(found);
        }
        if install(&packages)?
            && let Some(found) = Toolchain::present(platform)
        {
            return Ok(found);
        }
        bail!(
            "the standard library for {target} is missing. Either of these helps:\n  \
             rustup target add {target}\n  sudo apt-get install {}",
            packages.join(" ")
        )
    }

    /// The way that needs nothing to be fetched, if there is one.
    pub fn present(platform: Platform) -> Option<Toolchain> {
        let kind = if rustup_has(platform.target()) {
            Kind::Rustup
        } else {
            Kind::Debian { linker: debian_linker(platform)? }
        };
        Some(Toolchain { platform, kind })
    }

    /// A name that changes when the compiler does.
    ///
    /// # Errors
    /// The compiler does not run.
    pub fn version(&self) -> Result<String> {
        let rustc = match self.kind {
            Kind::Rustup => "rustc",
            Kind::Debian { .. } => "/usr/bin/rustc",
        };
        let output = Command::new(rustc).arg("-vV").current_dir(root()).output().context("rustc -vV")?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// `cargo build` for the target, to be completed with a profile, a package and a target folder.
    pub fn cargo_build(&self) -> Command {
        let mut command = match self.kind {
            Kind::Rustup => Command::new("cargo"),
            Kind::Debian { .. } => Command::new("/usr/bin/cargo"),
        };
        let target = self.platform.target();
        command.current_dir(root()).args(["build", "--locked", "--target", target]);
        // What the outer cargo says about its own compiler is not for the inner one.
        for name in
            ["RUSTC", "RUSTC_WRAPPER", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_TARGET_DIR", "RUSTDOC"]
        {
            command.env_remove(name);
        }
        let mut flags = match self.platform {
            // The compiler recurses along the nesting of a program; the parser's limit on that must be reached first.
            Platform::Component => String::from("-C link-arg=-zstack-size=8388608"),
            // The heap of programs begins at the first megabyte, behind everything that is the runtime's.
            Platform::Runtime => String::from("-C link-arg=-zstack-size=262144"),
            Platform::LinkableRuntime => {
                String::from("-C link-arg=-zstack-size=262144 -C link-arg=--emit-relocs")
            }
            Platform::Aarch64 => String::from("-C linker=aarch64-linux-gnu-gcc"),
        };
        if let Kind::Debian { linker } = &self.kind {
            let _ = write!(flags, " -C linker={}", linker.display());
            let std = match self.platform {
                Platform::Component | Platform::Runtime | Platform::LinkableRuntime => {
                    "-Zbuild-std=std,panic_abort"
                }
                Platform::Aarch64 => "-Zbuild-std=std,panic_unwind",
            };
            command
                .env_remove("RUSTUP_TOOLCHAIN")
                .env("RUSTC", "/usr/bin/rustc")
                .env("RUSTC_BOOTSTRAP", "1")
                .arg(std);
        }
        let variable = format!("CARGO_TARGET_{}_RUSTFLAGS", target.to_uppercase().replace('-', "_"));
        command.env(variable, flags);
        command
    }
}

/// Installs Debian's packages where that is possible; false where it is not.
///
/// # Errors
/// It was possible and failed.
pub fn install(packages: &[&str]) -> Result<bool> {
    if !is_root() || !Path::new("/usr/bin/apt-get").exists() {
        return Ok(false);
    }
    progress::run("reading Debian's package lists", Command::new("apt-get").arg("update"))?;
    progress::run(
        &format!("installing {}", packages.join(" ")),
        Command::new("apt-get")
            .args(["install", "-y", "--no-install-recommends"])
            .args(packages)
            .env("DEBIAN_FRONTEND", "noninteractive"),
    )?;
    Ok(true)
}

/// Whether there is a command of this name.
pub fn is_command(name: &str) -> bool {
    Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success())
}

fn rustup_has(target: &str) -> bool {
    let Ok(output) = Command::new("rustc").args(["--print", "sysroot"]).current_dir(root()).output() else {
        return false;
    };
    let sysroot = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Path::new(&sysroot).join("lib/rustlib").join(target).join("lib").is_dir()
}

fn debian_linker(platform: Platform) -> Option<PathBuf> {
    let complete = Path::new("/usr/bin/rustc").exists()
        && Path::new("/usr/bin/cargo").exists()
        && quiet(Command::new("dpkg").args(["-s", "rust-web-src"]));
    if complete { platform.debian_linker() } else { None }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn quiet(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}
