//! `key`, `notice` and `check`: the words of the command line that have to do with publishing.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

use super::check::Visitor;
use super::files;
use super::keys::Keys;
use super::notices::{Board, Published};
use super::roots::{self, Details, Exchange, Identity};
use crate::base::{Secret, WallTime};
use crate::io::connect_to::{ConnectTo, Rules};
use crate::io::dns::Dns;
use crate::io::http::Http;
use crate::io::tls::Trust;
use crate::provider_api::notices::Kind;

/// What `--help` says of these commands.
pub const HELP: &str = "\
       ringfence-provider key new --config FILE --keys DIR [--root-keys N] [--threshold T] [--details FILE] SECRECY
       ringfence-provider key rotate --config FILE --keys DIR [--details FILE] [--exchange WHAT] SECRECY
       ringfence-provider notice publish|update --config FILE --keys DIR DRAFT SECRECY
       ringfence-provider notice cancel --config FILE --keys DIR ID SECRECY
       ringfence-provider notice refresh --config FILE --keys DIR SECRECY
       ringfence-provider notice list --config FILE
       ringfence-provider notice code --config FILE --keys DIR [CODE]
       ringfence-provider check [--ca FILE] [--connect-to HOST:PORT:ADDR:PORT] [--dns ADDR:PORT] DOMAIN

SECRECY   --passphrase-file FILE (its first line opens the key files), or --no-passphrase
key       new: makes the root and its keys, and publishes an empty list
          rotate: the root that follows; WHAT is notices (the default), stolen-notices, root or nothing
notice    DRAFT is a TOML file; refresh signs the list anew (run it daily); code finds the list of a read-back code
check     tries a provider that is live, as a phone would, and says what is wrong
";

/// One of these commands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Order {
    /// Make the root and its keys: so many, of which so many must sign.
    KeyNew(u8, u8),
    /// Make the root that follows.
    KeyRotate(Exchange),
    /// Publish a notice from a draft.
    Publish(PathBuf),
    /// Publish the next revision of a notice.
    Update(PathBuf),
    /// Withdraw a notice.
    Cancel(String),
    /// Sign the list anew.
    Refresh,
    /// Show the list.
    List,
    /// Say the code of the list, or find the list of a code.
    Code(Option<String>),
}

/// What the options say.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Options {
    /// The folder of the keys.
    pub keys: Option<PathBuf>,
    /// Link hosts, numbers: a TOML file.
    pub details: Option<PathBuf>,
    /// The file whose first line opens the keys.
    pub passphrase_file: Option<PathBuf>,
    /// The keys lie open.
    pub no_passphrase: bool,
}

/// Does it. Returns what is to be said on stdout.
///
/// # Errors
/// In words, why it was not done.
pub fn run(order: &Order, options: &Options, who: &Identity, publish: &Path, now: WallTime) -> Result<String, String> {
    if *order == Order::List {
        let board = Board::new(publish, Keys::new(Path::new(""), None), who.issuer.clone());
        return list(&board);
    }
    let folder = options.keys.as_ref().ok_or("--keys DIR is missing")?;
    let keys = match order {
        // The archive is no secret.
        Order::Code(_) => Keys::new(folder, None),
        Order::KeyNew(..)
        | Order::KeyRotate(_)
        | Order::Publish(_)
        | Order::Update(_)
        | Order::Cancel(_)
        | Order::Refresh
        | Order::List => Keys::new(folder, passphrase(options)?),
    };
    let board = Board::new(publish, keys.clone(), who.issuer.clone());
    let draft = |file: &Path| std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()));
    match order {
        Order::KeyNew(count, threshold) => {
            let details = details(options)?.unwrap_or_default();
            let root = roots::begin(publish, &keys, who, &details, (*count, *threshold), now)?;
            let published = board.refresh(now)?;
            Ok(format!(
                "root {} with {count} keys, {threshold} of which must sign; take root-*.key off this machine\n{}",
                root.version,
                told(&published)
            ))
        }
        Order::KeyRotate(exchange) => {
            let root = roots::rotate(publish, &keys, who, details(options)?.as_ref(), *exchange, now)?;
            Ok(format!("root {}\n{}", root.version, told(&board.refresh(now)?)))
        }
        Order::Publish(file) => board.publish(&draft(file)?, now).map(|published| told(&published)),
        Order::Update(file) => board.update(&draft(file)?, now).map(|published| told(&published)),
        Order::Cancel(id) => board.cancel(id, now).map(|published| told(&published)),
        Order::Refresh => board.refresh(now).map(|published| told(&published)),
        Order::List => list(&board),
        Order::Code(None) => match board.list()? {
            Some((index, code)) => Ok(format!("list {}: {code}\n", index.seq)),
            None => Err("nothing is published".to_owned()),
        },
        Order::Code(Some(code)) => match board.look_up(code)? {
            Some((seq, issued)) => Ok(format!("yes: list {seq}, published {}\n", issued)),
            None => Err("NO list of ours has this code: the customer is not looking at our notice".to_owned()),
        },
    }
}

/// Tries a live provider. The report, and whether it passed.
///
/// # Errors
/// In words, if it could not even begin.
pub async fn check(
    domain: &str,
    ca: Option<PathBuf>,
    connect_to: Vec<ConnectTo>,
    dns: Option<SocketAddr>,
    now: WallTime,
) -> Result<(String, bool), String> {
    let rules = Rules::new(connect_to);
    let (to_dns, _dns_reports) = mpsc::channel(16);
    let (to_http, answers) = mpsc::channel(16);
    let dns = Dns::new(dns, rules.clone(), to_dns);
    let mut visitor = Visitor::new(Http::new(Trust::new(ca), dns, rules, to_http), answers);
    let report = visitor.check(domain, now).await;
    Ok((report.text(), report.passed()))
}

fn passphrase(options: &Options) -> Result<Option<Secret<String>>, String> {
    match (&options.passphrase_file, options.no_passphrase) {
        (Some(file), false) => {
            let bytes = files::read(file)?.ok_or_else(|| format!("{}: there is no such file", file.display()))?;
            let text = Secret::new(String::from_utf8(bytes).map_err(|_| "the passphrase is no text".to_owned())?);
            let line = text.expose("its first line is taken").lines().next().unwrap_or_default().to_owned();
            if line.is_empty() { Err("the passphrase is empty".to_owned()) } else { Ok(Some(Secret::new(line))) }
        }
        (None, true) => Ok(None),
        (Some(_), true) => Err("--passphrase-file or --no-passphrase, not both".to_owned()),
        (None, false) => Err("say --passphrase-file FILE, or --no-passphrase if the folder is safe".to_owned()),
    }
}

fn details(options: &Options) -> Result<Option<Details>, String> {
    let Some(file) = &options.details else { return Ok(None) };
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    toml::from_str(&text).map(Some).map_err(|error| format!("{}: {error}", file.display()))
}

fn told(published: &Published) -> String {
    let until = published.expires;
    format!("list {} is published, until {until}\nread-back code: {}\n", published.seq, published.code)
}

fn list(board: &Board) -> Result<String, String> {
    let Some((index, code)) = board.list()? else { return Ok("nothing is published\n".to_owned()) };
    let mut text = format!("list {}, until {}, code {code}\n", index.seq, index.expires);
    for notice in &index.notices {
        let state = if notice.kind == Kind::Cancel { "withdrawn" } else { "in force" };
        let title = notice.words("en").map_or("", |words| words.title.as_str());
        text.push_str(&format!("{}  revision {}  {state}  {title}\n", notice.id, notice.revision));
    }
    Ok(text)
}
