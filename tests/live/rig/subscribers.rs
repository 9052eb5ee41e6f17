//! Kamailio's own `subscriber` table in SQLite, made from the schema that Debian ships, and changed by hand as a
//! provider's portal would.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use ringfence::base::Secret;
use ringfence::sip::digest::{Hash, ha1};

use super::kamailio::{Algorithm, DOMAIN};

/// Where Debian's kamailio-sqlite-modules keeps its schema.
const SCHEMA: &str = "/usr/share/kamailio/db_sqlite";

/// A database with a `subscriber` table.
#[derive(Clone)]
pub struct Subscribers {
    pub file: PathBuf,
    hash: Hash,
}

impl Subscribers {
    pub fn make(folder: &Path, algorithm: Algorithm) -> Subscribers {
        let file = folder.join("kamailio.db");
        let hash = match algorithm {
            Algorithm::Md5 => Hash::Md5,
            Algorithm::Sha256 => Hash::Sha256,
        };
        let table = Subscribers { file, hash };
        for part in ["standard-create.sql", "auth_db-create.sql", "usrloc-create.sql"] {
            table.sql(&std::fs::read_to_string(format!("{SCHEMA}/{part}")).expect("kamailio-sqlite-modules"));
        }
        table.sql("PRAGMA journal_mode=WAL;");
        std::fs::set_permissions(&table.file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("chmod");
        table
    }

    /// Runs statements with Debian's `sqlite3`; what they print.
    pub fn sql(&self, statements: &str) -> String {
        let mut child = Command::new("sqlite3")
            .args(["-batch", "-cmd", ".timeout 10000"])
            .arg(&self.file)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("sqlite3");
        std::io::Write::write_all(&mut child.stdin.take().expect("piped"), statements.as_bytes())
            .expect("sqlite3 reads");
        let output = child.wait_with_output().expect("sqlite3 ends");
        assert!(output.status.success(), "{statements}");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn row(&self, user: &str, password: &str) -> (String, String) {
        let of = |login: &str| ha1(self.hash, login, DOMAIN, &Secret::from(password)).expose("a test").clone();
        (of(user), of(&format!("{user}@{DOMAIN}")))
    }

    /// Opens an account.
    pub fn add(&self, user: &str, password: &str) {
        let (plain, with_domain) = self.row(user, password);
        self.sql(&format!(
            "INSERT INTO subscriber (username, domain, ha1, ha1b) VALUES ('{user}', '{DOMAIN}', '{plain}', '{with_domain}');"
        ));
    }

    /// Changes a password as somebody else would: the provider's portal, its support desk.
    pub fn set_password(&self, user: &str, password: &str) {
        let (plain, with_domain) = self.row(user, password);
        self.sql(&format!("UPDATE subscriber SET ha1 = '{plain}', ha1b = '{with_domain}' WHERE username = '{user}';"));
    }

    /// Whether the table holds this password.
    pub fn holds(&self, user: &str, password: &str) -> bool {
        self.sql(&format!("SELECT ha1 FROM subscriber WHERE username = '{user}';")) == self.row(user, password).0
    }
}
