//! Databases as SIP servers have them: SQLite files, and a PostgreSQL of our own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Daemon, free_port, wait_until};

/// A database that statements can be run in by hand.
#[derive(Clone)]
pub enum Database {
    Sqlite(PathBuf),
    /// Port and name, on this machine.
    Postgres(u16, String),
}

impl Database {
    /// As `ringfence-provider`'s configuration names it.
    pub fn url(&self) -> String {
        match self {
            Database::Sqlite(file) => format!("sqlite:{}", file.display()),
            Database::Postgres(port, name) => format!("postgres://ringfence@127.0.0.1:{port}/{name}"),
        }
    }

    /// A new SQLite file that nobody else can read.
    pub fn sqlite(file: &Path) -> Database {
        std::fs::write(file, b"").expect("a file");
        std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("chmod");
        let database = Database::Sqlite(file.to_owned());
        database.sql("PRAGMA journal_mode=WAL;");
        database
    }

    /// Runs statements with the database's own program; what they print.
    pub fn sql(&self, statements: &str) -> String {
        let mut command = match self {
            Database::Sqlite(file) => {
                let mut command = Command::new("sqlite3");
                command.args(["-batch", "-cmd", ".timeout 10000"]).arg(file);
                command
            }
            Database::Postgres(port, name) => {
                let mut command = Command::new("psql");
                command.args(["-qAtX", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1", "-U", "ringfence"]);
                command.args(["-p", &port.to_string(), name.as_str()]);
                command
            }
        };
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it is installed");
        std::io::Write::write_all(&mut child.stdin.take().expect("piped"), statements.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{statements}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }
}

/// A private PostgreSQL on a free port; dropped means killed and forgotten.
pub struct Postgres {
    _daemon: Daemon,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Postgres {
    /// Makes a cluster and starts it. PostgreSQL refuses to run as root: as root, it runs as Debian's `postgres`.
    pub fn start() -> Postgres {
        let folder = tempfile::Builder::new().prefix("rf-pg-").tempdir().expect("a folder");
        if rustix::process::geteuid().is_root() {
            let chowned = Command::new("chown").arg("postgres").arg(folder.path()).status();
            assert!(chowned.is_ok_and(|status| status.success()), "Debian's postgresql makes the user postgres");
        }
        let data = folder.path().join("data");
        let mut init = program("initdb");
        init.arg("-D").arg(&data).args(["-U", "ringfence", "-A", "trust", "-E", "UTF8", "--no-locale"]);
        let made = init.current_dir("/").stdout(Stdio::null()).status().expect("initdb");
        assert!(made.success(), "initdb");
        let port = free_port();
        let mut command = program("postgres");
        command.current_dir("/").arg("-D").arg(&data).args(["-h", "127.0.0.1", "-p", &port.to_string(), "-k"]);
        command.arg(folder.path());
        let log = tempfile::Builder::new().prefix("rf-pg-log-").tempdir().expect("a folder").keep();
        let daemon = Daemon::spawn("postgres", command, &log);
        wait_until("PostgreSQL answers", || {
            let mut ready = program("pg_isready");
            ready.args(["-q", "-h", "127.0.0.1", "-p", &port.to_string()]);
            ready.status().is_ok_and(|status| status.success())
        });
        // The open file stays with the daemon.
        std::fs::remove_dir_all(&log).expect("a folder");
        Postgres { _daemon: daemon, port, _folder: folder }
    }

    /// A new, empty database.
    pub fn database(&self, name: &str) -> Database {
        Database::Postgres(self.port, "postgres".to_owned()).sql(&format!("CREATE DATABASE {name};"));
        Database::Postgres(self.port, name.to_owned())
    }
}

/// One of PostgreSQL's programs, of whichever version Debian has.
fn program(name: &str) -> Command {
    let versions =
        std::fs::read_dir("/usr/lib/postgresql").expect("postgresql is in TEST_PACKAGES of packaging/lib.sh");
    let mut versions: Vec<_> = versions.filter_map(|entry| Some(entry.ok()?.path().join("bin").join(name))).collect();
    versions.retain(|path| path.exists());
    versions.sort();
    let path = versions.pop().expect("postgresql");
    if rustix::process::geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]).arg(path);
        command
    } else {
        Command::new(path)
    }
}
