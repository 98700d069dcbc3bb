//! Finds a Rust toolchain that can build for wasm32-unknown-unknown.

use crate::{progress, root};
use anyhow::{Context as _, Result, bail};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const TARGET: &str = "wasm32-unknown-unknown";
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];

/// A way to build for the target.
pub enum Toolchain {
    /// The ordinary one, with rustup's standard library for the target.
    Rustup,
    /// Debian's compiler, which builds the standard library from its own source.
    Debian {
        /// The linker for WebAssembly.
        linker: PathBuf,
    },
}

impl Toolchain {
    /// Tries what is there, then what can be fetched: rustup's target, Debian's packages; `rustup target add`, installing Debian's packages.
    ///
    /// # Errors
    /// Nothing works; the message names both ways to help.
    pub fn find() -> Result<Toolchain> {
        if rustup_has_target() {
            return Ok(Toolchain::Rustup);
        }
        if let Some(linker) = debian_linker() {
            return Ok(Toolchain::Debian { linker });
        }
        let fetched = quiet(Command::new("rustup").args(["target", "add", TARGET]).current_dir(root()));
        if fetched && rustup_has_target() {
            return Ok(Toolchain::Rustup);
        }
        if is_root() && Path::new("/usr/bin/apt-get").exists() {
            progress::run("reading Debian's package lists", Command::new("apt-get").arg("update"))?;
            progress::run(
                &format!("installing {}", DEBIAN_PACKAGES.join(" ")),
                Command::new("apt-get")
                    .args(["install", "-y", "--no-install-recommends"])
                    .args(DEBIAN_PACKAGES)
                    .env("DEBIAN_FRONTEND", "noninteractive"),
            )?;
            if let Some(linker) = debian_linker() {
                return Ok(Toolchain::Debian { linker });
            }
        }
        bail!(
            "the standard library for {TARGET} is missing. Either of these helps:\n  \
             rustup target add {TARGET}\n  sudo apt-get install {}",
            DEBIAN_PACKAGES.join(" ")
        )
    }

    /// A name that changes when the compiler does.
    ///
    /// # Errors
    /// The compiler does not run.
    pub fn version(&self) -> Result<String> {
        let rustc = match self {
            Toolchain::Rustup => "rustc",
            Toolchain::Debian { .. } => "/usr/bin/rustc",
        };
        let output = Command::new(rustc).arg("-vV").current_dir(root()).output().context("rustc -vV")?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// `cargo build` for the target, to be completed with a profile, a package and a target folder.
    pub fn cargo_build(&self) -> Command {
        let mut command = match self {
            Toolchain::Rustup => Command::new("cargo"),
            Toolchain::Debian { .. } => Command::new("/usr/bin/cargo"),
        };
        command.current_dir(root()).args(["build", "--locked", "--target", TARGET]);
        // What the outer cargo says about its own compiler is not for the inner one.
        for name in
            ["RUSTC", "RUSTC_WRAPPER", "RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_TARGET_DIR", "RUSTDOC"]
        {
            command.env_remove(name);
        }
        // The compiler recurses along the nesting of a program; the parser's limit on that must be reached first.
        let mut flags = String::from("-C link-arg=-zstack-size=8388608");
        match self {
            Toolchain::Rustup => {}
            Toolchain::Debian { linker } => {
                let _ = write!(flags, " -C linker={}", linker.display());
                command
                    .env_remove("RUSTUP_TOOLCHAIN")
                    .env("RUSTC", "/usr/bin/rustc")
                    .env("RUSTC_BOOTSTRAP", "1")
                    .arg("-Zbuild-std=std,panic_abort");
            }
        }
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags);
        command
    }
}

fn rustup_has_target() -> bool {
    let Ok(output) = Command::new("rustc").args(["--print", "sysroot"]).current_dir(root()).output() else {
        return false;
    };
    let sysroot = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Path::new(&sysroot).join("lib/rustlib").join(TARGET).join("lib").is_dir()
}

fn debian_linker() -> Option<PathBuf> {
    let complete = Path::new("/usr/bin/rustc").exists()
        && Path::new("/usr/bin/cargo").exists()
        && quiet(Command::new("dpkg").args(["-s", "rust-web-src"]));
    let linker = (14..40).rev().map(|version| PathBuf::from(format!("/usr/bin/wasm-ld-{version}")));
    if complete { linker.into_iter().find(|path| path.exists()) } else { None }
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
