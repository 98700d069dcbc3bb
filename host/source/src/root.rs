//! Folders that a program's modules may come from.

use crate::read;
use anyhow::{Context as _, Result, bail};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use std::io::ErrorKind;
use std::path::{Component, Path};

/// The file that marks the outermost folder of a project.
const PROJECT_FILE: &str = "simple.sdn";

/// A granted folder: files in it and below can be read, nothing else. Paths of modules begin with the folder as its user named it, and have `/` between
/// their parts.
pub struct Root {
    dir: Dir,
    prefix: String,
}

impl Root {
    /// A folder.
    ///
    /// # Errors
    /// It cannot be opened, or its name is not UTF-8.
    pub fn at(folder: &Path) -> Result<Root> {
        let dir = Dir::open_ambient_dir(folder, ambient_authority())
            .with_context(|| format!("cannot open the folder {}", folder.display()))?;
        Ok(Root { dir, prefix: slashes(folder)? })
    }

    /// The folder that a program may use modules from: the nearest one above it with a `simple.sdn`, as far as its path names folders; else the one
    /// it lies in.
    ///
    /// # Errors
    /// The path names no file, or the folder cannot be opened.
    pub fn around(file: &Path) -> Result<Root> {
        let shown = file.display();
        if file.file_name().is_none() {
            bail!("{shown} is not a file");
        }
        let own = match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        // Above `..` no name says where one is.
        let named = own.ancestors().take_while(|folder| {
            !folder.as_os_str().is_empty() && folder.components().next_back() != Some(Component::ParentDir)
        });
        let project = named.into_iter().find(|folder| folder.join(PROJECT_FILE).is_file());
        Root::at(project.unwrap_or(own)).with_context(|| format!("cannot read {shown}"))
    }

    /// What the paths of modules begin with; empty for the current folder.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The path of a file as modules are named.
    ///
    /// # Errors
    /// It is not UTF-8.
    pub fn path_of(&self, file: &Path) -> Result<String> {
        slashes(file)
    }

    /// The text of a module; none where there is no such file in the folder, or the path lies outside of it.
    ///
    /// # Errors
    /// It is a folder, too large, or not UTF-8 (the message says where).
    pub fn read_text(&self, path: &str) -> Result<Option<String>> {
        let Some(bytes) = self.read(path)? else { return Ok(None) };
        read::to_text(bytes, path).map(Some)
    }

    /// The bytes of a file; none where there is no such file in the folder, or the path lies outside of it.
    ///
    /// # Errors
    /// It is a folder, too large, or the system refuses it.
    pub fn read(&self, path: &str) -> Result<Option<Vec<u8>>> {
        let inside = match self.prefix.as_str() {
            "" => path,
            prefix => match path.strip_prefix(prefix) {
                Some(rest) => rest.trim_start_matches('/'),
                None => return Ok(None),
            },
        };
        let file = match self.dir.open(inside) {
            Ok(file) => file,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
                return Ok(None);
            }
            Err(error) => return Err(error).with_context(|| format!("cannot read {path}")),
        };
        if file.metadata().with_context(|| format!("cannot read {path}"))?.is_dir() {
            bail!("{path} is a folder, not a file");
        }
        read::all(file, path).map(Some)
    }
}

/// A path with `/` between its parts, without `.` parts.
fn slashes(path: &Path) -> Result<String> {
    let mut out = String::new();
    for part in path.components() {
        let part = match part {
            Component::CurDir => continue,
            Component::RootDir => {
                out.push('/');
                continue;
            }
            part => part
                .as_os_str()
                .to_str()
                .with_context(|| format!("the name {} is not UTF-8", path.display()))?,
        };
        if !out.is_empty() && !out.ends_with('/') {
            out.push('/');
        }
        out.push_str(part);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_is_wrong_with_a_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.spl");
        let root = Root::around(&path).unwrap();
        let name = root.path_of(&path).unwrap();
        assert_eq!(root.read_text(&name).unwrap(), None);
        std::fs::write(&path, b"val x = 1\n\xff").unwrap();
        assert!(root.read_text(&name).unwrap_err().to_string().contains("line 2, at byte 10"));
        std::fs::write(&path, b"val x = 1\n").unwrap();
        assert_eq!(root.read_text(&name).unwrap().as_deref(), Some("val x = 1\n"));
        std::fs::create_dir(dir.path().join("b.spl")).unwrap();
        let folder = root.path_of(&dir.path().join("b.spl")).unwrap();
        assert!(root.read_text(&folder).unwrap_err().to_string().contains("is a folder"));
    }

    #[test]
    fn a_project_file_widens_the_root() {
        let dir = tempfile::tempdir().unwrap();
        let inner = dir.path().join("src/app");
        std::fs::create_dir_all(&inner).unwrap();
        let file = inner.join("main.spl");
        assert!(Root::around(&file).unwrap().prefix().ends_with("src/app"));
        std::fs::write(dir.path().join(PROJECT_FILE), "name: test\n").unwrap();
        let root = Root::around(&file).unwrap();
        assert!(root.prefix().ends_with(dir.path().file_name().unwrap().to_str().unwrap()));
        assert_eq!(root.read_text(&format!("{}/src/app/main.spl", root.prefix())).unwrap(), None);
    }

    #[cfg(unix)]
    #[test]
    fn neither_dots_nor_links_lead_out() {
        let dir = tempfile::tempdir().unwrap();
        let inside = dir.path().join("inside");
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(dir.path().join("secret.spl"), "x").unwrap();
        std::os::unix::fs::symlink("../secret.spl", inside.join("link.spl")).unwrap();
        let root = Root::at(&inside).unwrap();
        assert!(root.read_text(&format!("{}/link.spl", root.prefix())).is_err());
        assert!(root.read_text(&format!("{}/../secret.spl", root.prefix())).is_err());
        assert_eq!(root.read_text("/etc/passwd").unwrap(), None);
    }
}
