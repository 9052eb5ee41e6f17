//! A publisher's office: releases packed, signed and put on the web by the maintainers' own scripts, with keys made for the
//! test; and old versions that were installed from an archive.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command as Run, Output, Stdio};

use ringfence::phone::update::Channel;

use super::Scratch;
use super::web::{Website, page};

/// Where its website is.
pub const HOST: &str = "updates.example";

pub fn top() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn ok(command: &mut Run) -> String {
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().expect("it runs");
    assert!(status.success(), "{command:?}: {status}\n{}", String::from_utf8_lossy(&stderr));
    String::from_utf8_lossy(&stdout).into_owned()
}

pub fn program(path: &Path, script: &str) {
    fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
    fs::write(path, format!("#!/bin/sh\n{script}\n")).expect("written");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("executable");
}

/// The release's archive, packed as releases are, with a script for a program.
pub fn archive(scratch: &Scratch, version: &str, script: &str) -> PathBuf {
    let stage = scratch.folder(&format!("stage-{version}"));
    program(&stage.join("usr/bin/ringfence"), script);
    let menu = stage.join("usr/share/applications");
    fs::create_dir_all(&menu).expect("folder");
    fs::copy(top().join("packaging/linux/ringfence.desktop"), menu.join("ringfence.desktop")).expect("copied");
    fs::create_dir_all(stage.join("usr/share/man/man1")).expect("folder");
    fs::write(stage.join(format!("usr/share/man/man1/ringfence-{version}.1")), "a page").expect("written");
    let file = scratch.folder("dist").join(format!("ringfence-{version}-linux-x86_64.tar.gz"));
    let pack = top().join("packaging/release/archive");
    ok(Run::new(pack).arg(&stage).arg(&file).env("VERSION", version).env("SOURCE_DATE_EPOCH", "1700000000"));
    file
}

/// Unpacks an archive: where its installer is.
pub fn unpacked(scratch: &Scratch, version: &str, archive: &Path) -> PathBuf {
    let folder = scratch.folder(&format!("unpacked-{version}"));
    ok(Run::new("tar").arg("-xzf").arg(archive).arg("-C").arg(&folder));
    folder.join(format!("ringfence-{version}"))
}

pub fn install(unpacked: &Path, prefix: &Path) {
    ok(Run::new(unpacked.join("install.sh")).env("PREFIX", prefix));
}

/// What the installed program says that it is.
pub fn installed(prefix: &Path) -> String {
    ok(Run::new(prefix.join("bin/ringfence")).arg("--version")).trim().to_owned()
}

pub fn says(version: &str) -> String {
    format!("echo ringfence {version}")
}

/// Version 0.1.0 below a prefix of its own.
pub fn old_installation(scratch: &Scratch) -> PathBuf {
    let prefix = scratch.folder("home").join(".local");
    let old = archive(scratch, "0.1.0", &says("0.1.0"));
    install(&unpacked(scratch, "0.1.0", &old), &prefix);
    fs::remove_file(old).expect("removed");
    assert_eq!(installed(&prefix), "ringfence 0.1.0");
    prefix
}

/// Two minisign key pairs, made for this test, and what the maintainers' scripts do with them.
pub struct Office<'a> {
    scratch: &'a Scratch,
}

impl Office<'_> {
    pub fn open(scratch: &Scratch) -> Office<'_> {
        let keys = scratch.folder("keys");
        for role in ["releases", "withdrawals"] {
            let (secret, public) = (keys.join(format!("{role}.key")), keys.join(format!("{role}.pub")));
            ok(Run::new("minisign").args(["-G", "-W", "-s"]).arg(secret).arg("-p").arg(public));
        }
        Office { scratch }
    }

    pub fn key(&self, name: &str) -> PathBuf {
        self.scratch.folder("keys").join(name)
    }

    pub fn public(&self, role: &str) -> String {
        let text = fs::read_to_string(self.key(&format!("{role}.pub"))).expect("a key");
        text.lines().nth(1).expect("two lines").to_owned()
    }

    pub fn channel(&self) -> Option<Channel> {
        Channel::new(&format!("https://{HOST}"), &self.public("releases"), &self.public("withdrawals"))
    }

    pub fn command(&self, what: &str, signer: &str, key: &str, other: &str) -> Run {
        let mut command = Run::new(top().join("packaging/release/manifest"));
        command.arg(what).arg("--key").arg(self.key(&format!("{key}.key")));
        command.arg("--public").arg(self.key(&format!("{key}.pub")));
        let option = if signer == "releases" { "--withdrawal-public" } else { "--release-public" };
        command.arg(option).arg(self.key(&format!("{other}.pub"))).arg("--out").arg(self.scratch.folder("channel"));
        command.env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    pub fn release(&self) -> Run {
        let mut command = self.command("release", "releases", "releases", "withdrawals");
        command.arg("--dist").arg(self.scratch.folder("dist")).args(["--version", "9.9.9", "--fix", "It rings."]);
        command
    }

    pub fn withdrawals(&self) -> Run {
        self.command("withdrawals", "withdrawals", "withdrawals", "releases")
    }

    /// Puts what was signed, and the packages, on the web.
    pub fn upload(&self, web: &Website) {
        for folder in ["channel", "dist"] {
            for entry in fs::read_dir(self.scratch.folder(folder)).expect("a folder") {
                let path = entry.expect("an entry").path();
                let name = path.file_name().expect("a name").to_string_lossy().into_owned();
                let kind = if name.ends_with(".json") { "application/json" } else { "application/octet-stream" };
                web.put(&format!("/{name}"), page(kind, &fs::read(&path).expect("read")));
            }
        }
    }
}
