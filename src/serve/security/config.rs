//! The configuration file, and what is refused in it: a provider that starts unsafe would be worse than one that does
//! not start. Every refusal says what to change.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::kamailio::{Kamailio, Socket};
use super::sql::Place;
use crate::provider::security::Settings;
use crate::provider::security::backend::{BACK_ENDS, BackEnd};
use crate::provider::security::policy::{Exposed, PasswordAlone};
use crate::provider_api::Rules;
use crate::provider_api::origin::{Origin, same_registrant};

/// Why the provider does not start.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unsafe(pub String);

fn refuse<T>(words: impl Into<String>) -> Result<T, Unsafe> {
    Err(Unsafe(words.into()))
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    listen: SocketAddr,
    domain: String,
    realm: Option<String>,
    issuer: String,
    #[serde(default)]
    registrars: Vec<String>,
    tls: Option<TlsFiles>,
    #[serde(default)]
    behind_proxy: bool,
    database: DatabaseTable,
    registrations: Option<RegistrationsTable>,
    #[serde(default)]
    passwords: PasswordsTable,
    #[serde(default)]
    access: AccessTable,
    #[serde(default)]
    incident: IncidentTable,
    #[serde(default)]
    limits: LimitsTable,
    publish: Option<PathBuf>,
    own_notices: Option<PathBuf>,
    #[serde(default)]
    tell: Vec<String>,
    #[serde(default)]
    links: BTreeMap<String, String>,
    #[serde(default = "quarter_of_an_hour")]
    poll_s: u32,
}

const fn quarter_of_an_hour() -> u32 {
    900
}

/// Certificate chain and key, PEM.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// The chain, the server's own certificate first.
    pub certificate: PathBuf,
    /// The key.
    pub key: PathBuf,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DatabaseTable {
    url: String,
    back_end: String,
    #[serde(default = "ten")]
    connections: u32,
}

const fn ten() -> u32 {
    10
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RegistrationsTable {
    kamailio_rpc: Option<String>,
    #[serde(default)]
    use_domain: bool,
    #[serde(default)]
    table: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct PasswordsTable {
    rules: String,
    not_after_max_s: u64,
}

impl Default for PasswordsTable {
    fn default() -> PasswordsTable {
        let rules = "minlength: 12; maxlength: 64; allowed: ascii-printable".to_owned();
        PasswordsTable { rules, not_after_max_s: 600 }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct AccessTable {
    password_alone: Alone,
    delay_s: u64,
    cooling_off_h: f64,
    confirm_devices: bool,
}

impl Default for AccessTable {
    fn default() -> AccessTable {
        AccessTable { password_alone: Alone::After, delay_s: 60, cooling_off_h: 24.0, confirm_devices: true }
    }
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Alone {
    Refused,
    After,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct IncidentTable {
    credentials_exposed: ExposedWord,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum ExposedWord {
    #[default]
    No,
    Unknown,
    Yes,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LimitsTable {
    changes_per_second: f64,
}

impl Default for LimitsTable {
    fn default() -> LimitsTable {
        LimitsTable { changes_per_second: 50.0 }
    }
}

/// The configuration, found safe.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The certificate; without one, only a proxy on this machine is listened to.
    pub tls: Option<TlsFiles>,
    /// A proxy in front says where requests come from.
    pub behind_proxy: bool,
    /// Who this is, to phones.
    pub issuer: Origin,
    /// The hosts that lines register with.
    pub registrars: Vec<String>,
    /// What is decided by.
    pub settings: Settings,
    /// Where the SIP server's tables are.
    pub(super) place: Place,
    /// Connections to PostgreSQL.
    pub(super) connections: u32,
    /// Which SIP server's they are.
    pub(super) back_end: BackEnd,
    /// Where registrations are.
    pub(super) registrations: Registrations,
    /// The folder of signed notices and roots.
    pub publish: Option<PathBuf>,
    /// The folder of signed notices to single accounts.
    pub own_notices: Option<PathBuf>,
    /// The program (and its arguments) that tells owners what happened; empty if there is none.
    pub tell: Vec<String>,
    /// Pages for people.
    pub links: BTreeMap<String, String>,
    /// How often phones look for notices, in seconds.
    pub poll_s: u32,
}

/// Where registrations are.
#[derive(Clone, Debug)]
pub(super) enum Registrations {
    /// Not said.
    Unknown,
    /// In a Kamailio's memory.
    Kamailio(Kamailio),
    /// In the database.
    Table,
}

impl Config {
    /// Reads a file and checks it.
    ///
    /// # Errors
    /// Says what to change.
    pub fn load(path: &Path) -> Result<Config, Unsafe> {
        let text = std::fs::read_to_string(path).map_err(|error| Unsafe(format!("{}: {error}", path.display())))?;
        let config = Config::parse(&text).map_err(|Unsafe(words)| Unsafe(format!("{}: {words}", path.display())))?;
        config.check_files(path, &text)?;
        Ok(config)
    }

    /// Reads text and checks what can be checked without files.
    ///
    /// # Errors
    /// Says what to change.
    pub fn parse(text: &str) -> Result<Config, Unsafe> {
        let file: File = toml::from_str(text).map_err(|error| Unsafe(error.message().to_owned()))?;
        let issuer = Origin::parse(&file.issuer);
        let issuer = issuer.ok_or_else(|| Unsafe("issuer must be https://host or https://host:port".to_owned()))?;
        if !same_registrant(issuer.host(), &file.domain) {
            return refuse(format!(
                "issuer {issuer} does not belong to the SIP domain {}: phones would not trust it; use a host below \
                 your own domain",
                file.domain
            ));
        }
        check_listening(&file)?;
        check_own_notices(&file)?;
        let back_end = BackEnd::named(&file.database.back_end).ok_or_else(|| {
            let names: Vec<_> = BACK_ENDS.iter().map(|row| row.name).collect();
            Unsafe(format!("database.back_end must be one of {}", names.join(", ")))
        })?;
        let registrations = registrations(&file)?;
        let settings = settings(&file, back_end, !matches!(registrations, Registrations::Unknown))?;
        Ok(Config {
            listen: file.listen,
            tls: file.tls,
            behind_proxy: file.behind_proxy,
            issuer,
            registrars: file.registrars,
            settings,
            place: place(&file.database.url)?,
            connections: file.database.connections,
            back_end,
            registrations,
            publish: file.publish,
            own_notices: file.own_notices,
            tell: file.tell,
            links: file.links,
            poll_s: file.poll_s.clamp(30, 86_400),
        })
    }

    /// Who can read or write what must be secret.
    fn check_files(&self, path: &Path, text: &str) -> Result<(), Unsafe> {
        if let Some(tls) = &self.tls {
            others_may_not(&tls.key, 0o077, "the TLS key can be read by others: chmod 600")?;
        }
        others_may_not(path, 0o022, "the configuration can be written by others: chmod go-w")?;
        if text.contains("postgres") && text.contains('@') {
            others_may_not(path, 0o007, "the configuration holds the database's password: chmod o-rwx")?;
        }
        if let Place::File(database) = &self.place {
            others_may_not(database, 0o007, "the database holds what is as good as passwords: chmod o-rwx")?;
        }
        // Made by the package, by `serve` or by the first notice.
        if let Some(own) = self.own_notices.as_ref().filter(|own| own.exists()) {
            others_may_not(own, 0o007, "the notices to single accounts are for nobody else: chmod o-rwx")?;
        }
        Ok(())
    }
}

fn check_listening(file: &File) -> Result<(), Unsafe> {
    match (&file.tls, file.listen.ip().is_loopback(), file.behind_proxy) {
        (Some(_), _, false) | (None, true, true) => Ok(()),
        (Some(_), _, true) => refuse("behind_proxy is for a proxy that ends TLS: remove it, or remove [tls]"),
        (None, true, false) => refuse(
            "without [tls], a proxy on this machine must end TLS and say where requests come from \
             (X-Forwarded-For): set behind_proxy = true, or add [tls]",
        ),
        (None, false, _) => {
            refuse("plain HTTP on a public address would show passwords' hashes to the network: add [tls]")
        }
    }
}

fn check_own_notices(file: &File) -> Result<(), Unsafe> {
    match (&file.own_notices, &file.publish) {
        (None, _) => Ok(()),
        (Some(_), None) => refuse("own_notices needs publish: phones learn there who may sign"),
        (Some(own), Some(publish)) if own.starts_with(publish) || publish.starts_with(own) => {
            refuse("own_notices and publish must be two folders: what is published is for everybody")
        }
        (Some(_), Some(_)) => Ok(()),
    }
}

fn settings(file: &File, back_end: BackEnd, ends_registrations: bool) -> Result<Settings, Unsafe> {
    let (access, passwords) = (&file.access, &file.passwords);
    let rules = Rules::parse(&passwords.rules);
    rules.map_err(|error| Unsafe(format!("passwords.rules cannot be understood: {error}")))?;
    let not_after_max = Duration::from_secs(passwords.not_after_max_s);
    if !(30..=3600).contains(&passwords.not_after_max_s) {
        return refuse("passwords.not_after_max_s must be from 30 to 3600");
    }
    let delay = Duration::from_secs(access.delay_s);
    if delay >= not_after_max {
        return refuse("access.delay_s must be less than passwords.not_after_max_s: no change could ever be done");
    }
    if !(0.0..=24.0 * 30.0).contains(&access.cooling_off_h) {
        return refuse("access.cooling_off_h must be from 0 to 720");
    }
    if !(file.limits.changes_per_second > 0.0 && file.limits.changes_per_second <= 100_000.0) {
        return refuse("limits.changes_per_second must be more than 0");
    }
    Ok(Settings {
        domain: file.domain.clone(),
        realm: file.realm.clone().unwrap_or_else(|| file.domain.clone()),
        kept: vec![back_end.hash],
        rules: passwords.rules.clone(),
        not_after_max,
        exposed: match file.incident.credentials_exposed {
            ExposedWord::No => Exposed::No,
            ExposedWord::Unknown => Exposed::Unknown,
            ExposedWord::Yes => Exposed::Yes,
        },
        password_alone: match access.password_alone {
            Alone::Refused => PasswordAlone::Refused,
            Alone::After => PasswordAlone::After(delay),
        },
        cooling_off: Duration::from_secs_f64(access.cooling_off_h * 3600.0),
        confirm_devices: access.confirm_devices,
        ends_registrations,
        changes_per_second: file.limits.changes_per_second,
    })
}

fn place(url: &str) -> Result<Place, Unsafe> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        return Ok(Place::File(PathBuf::from(path)));
    }
    let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"));
    let Some(rest) = rest else { return refuse("database.url must begin with sqlite: or postgres:") };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = host.strip_prefix('[').map_or_else(|| host.split(':').next(), |six| six.split(']').next());
    // An empty host and a %-encoded path are sockets of this machine; `?host=` could name any other place.
    let local = matches!(host.unwrap_or_default(), "" | "localhost" | "127.0.0.1" | "::1")
        || host.unwrap_or_default().starts_with("%2F");
    let elsewhere = rest.split_once('?').is_some_and(|(_, options)| {
        options.split('&').any(|option| option.strip_prefix("host=").is_some_and(|host| !host.starts_with('/')))
    });
    if !local || elsewhere {
        return refuse(
            "this program does not speak TLS to PostgreSQL: use a database on this machine, or a tunnel to it",
        );
    }
    Ok(Place::Url(url.to_owned()))
}

fn registrations(file: &File) -> Result<Registrations, Unsafe> {
    let Some(table) = &file.registrations else { return Ok(Registrations::Unknown) };
    match (&table.kamailio_rpc, table.table) {
        (None, true) => Ok(Registrations::Table),
        (Some(text), false) => {
            let socket = Socket::parse(text).or_else(|words| refuse(format!("registrations.kamailio_rpc: {words}")))?;
            let domain = table.use_domain.then(|| file.domain.clone());
            Ok(Registrations::Kamailio(Kamailio { socket, domain }))
        }
        (Some(_), true) | (None, false) => {
            refuse("[registrations] needs either kamailio_rpc or table = true, not both")
        }
    }
}

#[cfg(unix)]
fn others_may_not(path: &Path, bits: u32, words: &str) -> Result<(), Unsafe> {
    use std::os::unix::fs::PermissionsExt as _;
    let metadata = std::fs::metadata(path).map_err(|error| Unsafe(format!("{}: {error}", path.display())))?;
    if metadata.permissions().mode() & bits == 0 { Ok(()) } else { refuse(format!("{words} {}", path.display())) }
}

/// There are no such bits here.
#[cfg(not(unix))]
fn others_may_not(path: &Path, _bits: u32, _words: &str) -> Result<(), Unsafe> {
    std::fs::metadata(path).map(drop).map_err(|error| Unsafe(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        listen = "0.0.0.0:8443"
        domain = "voip.example"
        issuer = "https://account.voip.example"
        [tls]
        certificate = "cert.pem"
        key = "key.pem"
        [database]
        url = "sqlite:kamailio.db"
        back_end = "kamailio"
    "#;

    #[test]
    fn a_short_file_has_safe_defaults() {
        let config = Config::parse(GOOD).unwrap();
        assert_eq!(config.settings.realm, "voip.example");
        assert_eq!(config.settings.password_alone, PasswordAlone::After(Duration::from_secs(60)));
        assert!(config.settings.confirm_devices && !config.settings.ends_registrations);
        assert_eq!(config.settings.cooling_off, Duration::from_secs(24 * 3600));
    }

    #[test]
    fn what_would_be_unsafe_is_refused_with_what_to_change() {
        let tls = "[tls]\n        certificate = \"cert.pem\"\n        key = \"key.pem\"\n";
        let cases: [(&str, &str, &str); 12] = [
            (tls, "", "add [tls]"),
            ("https://account.voip.example", "https://account.evil.example", "below your own domain"),
            ("https://account.voip.example", "http://account.voip.example", "https://"),
            ("back_end = \"kamailio\"", "back_end = \"other\"", "kamailio, kamailio-sha256, asterisk"),
            ("sqlite:kamailio.db", "mysql://localhost/x", "sqlite: or postgres:"),
            ("sqlite:kamailio.db", "postgres://u:p@db.example/x", "tunnel"),
            ("sqlite:kamailio.db", "postgres://u:p@localhost/x?host=db.example", "tunnel"),
            ("domain =", "own_notices = \"/o\"\ndomain =", "needs publish"),
            ("domain =", "publish = \"/p\"\nown_notices = \"/p/own\"\ndomain =", "two folders"),
            ("[database]", "[access]\ndelay_s = 600\n[database]", "no change could ever be done"),
            ("[database]", "[passwords]\nrules = \"minlength: many\"\n[database]", "cannot be understood"),
            ("[database]", "[surprise]\nx = 1\n[database]", "surprise"),
        ];
        for (from, to, words) in cases {
            assert!(GOOD.contains(from), "{from}");
            let error = Config::parse(&GOOD.replace(from, to)).expect_err(to);
            assert!(error.to_string().contains(words), "{to:?} → {error}");
        }
        for good in ["postgres://u:p@127.0.0.1:5433/x", "postgres:///x?host=/run/postgresql", "postgresql://[::1]/x"] {
            Config::parse(&GOOD.replace("sqlite:kamailio.db", good)).expect(good);
        }
    }

    #[test]
    fn plain_http_is_for_a_proxy_on_this_machine_only() {
        let plain = GOOD.replace("[tls]\n        certificate = \"cert.pem\"\n        key = \"key.pem\"\n", "");
        let local = plain.replace("0.0.0.0", "127.0.0.1");
        assert!(Config::parse(&local).unwrap_err().to_string().contains("behind_proxy"));
        assert!(Config::parse(&format!("behind_proxy = true\n{local}")).unwrap().tls.is_none());
        assert!(Config::parse(&format!("behind_proxy = true\n{plain}")).is_err());
        assert!(Config::parse(&format!("behind_proxy = true\n{GOOD}")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn files_that_others_can_read_are_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        for name in ["key.pem", "kamailio.db", "config.toml"] {
            std::fs::write(path(name), "").unwrap();
            std::fs::set_permissions(path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        let text = GOOD
            .replace("key.pem", &path("key.pem").to_string_lossy())
            .replace("kamailio.db", &path("kamailio.db").to_string_lossy());
        std::fs::write(path("config.toml"), text).unwrap();
        Config::load(&path("config.toml")).unwrap();
        for (name, mode, words) in [
            ("key.pem", 0o640, "chmod 600"),
            ("kamailio.db", 0o604, "chmod o-rwx"),
            ("config.toml", 0o622, "chmod go-w"),
        ] {
            std::fs::set_permissions(path(name), std::fs::Permissions::from_mode(mode)).unwrap();
            let error = Config::load(&path("config.toml")).expect_err(name);
            assert!(error.to_string().contains(words), "{name} → {error}");
            std::fs::set_permissions(path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
        }
    }
}
