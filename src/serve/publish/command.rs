//! `key`, `notice` and `check`: the words of the command line that have to do with publishing.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

use super::super::security::config::Config;
use super::check::Visitor;
use super::files;
use super::keys::Keys;
use super::notices::{Board, Edit};
use super::office::Office;
use super::roots::{self, Details, Exchange, Identity};
use crate::base::{Secret, WallTime};
use crate::io::clock::wall;
use crate::io::connect_to::{ConnectTo, Rules};
use crate::io::dns::Dns;
use crate::io::http::Http;
use crate::io::tls::Trust;

/// What `--help` says of these commands.
pub const HELP: &str = "\
Publishing: keys and signed notices, as files that any web server can serve.

       ringfence-provider key new --config FILE --keys DIR [--root-keys N] [--threshold T] [--details FILE] SECRECY
       ringfence-provider key rotate --config FILE --keys DIR [--details FILE] [--exchange WHAT] SECRECY
       ringfence-provider notice publish|update --config FILE --keys DIR [TO] DRAFT SECRECY
       ringfence-provider notice cancel --config FILE --keys DIR [TO] ID SECRECY
       ringfence-provider notice refresh --config FILE --keys DIR [TO] SECRECY
       ringfence-provider notice list --config FILE [TO]
       ringfence-provider notice code --config FILE --keys DIR [TO] [CODE]
       ringfence-provider check [--ca FILE] [--connect-to HOST:PORT:ADDR:PORT] [--dns ADDR:PORT] DOMAIN

SECRECY   --passphrase-file FILE (its first line opens the key files), or --no-passphrase
TO        --account USER (once or more often), --accounts FILE (a line each): these customers alone, not everybody
key       new: makes the root and its keys, and publishes an empty list
          rotate: the root that follows; WHAT is notices (the default), stolen-notices, root or nothing
notice    DRAFT is a TOML file; refresh signs all lists anew (run it daily); code finds the list of a read-back code
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
    /// Sign the lists anew.
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
    /// These customers alone, not everybody.
    pub accounts: Vec<String>,
    /// The same, a line each.
    pub accounts_file: Option<PathBuf>,
}

/// Where lists are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Places {
    /// The published folder.
    pub publish: PathBuf,
    /// The folder of the lists of single accounts, if there are such.
    pub own_notices: Option<PathBuf>,
}

/// What the command line asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Invocation {
    /// Publish something, by this configuration.
    Publish(Order, Options, PathBuf),
    /// Try the provider of this domain.
    Check(String, Reach),
}

/// How a live provider is reached.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Reach {
    /// Certificates to trust beside the platform's.
    pub ca: Option<PathBuf>,
    /// Connect elsewhere than names say.
    pub connect_to: Vec<ConnectTo>,
    /// This name server instead of the system's.
    pub dns: Option<SocketAddr>,
}

/// Whether these arguments are ours: `key`, `notice`, `check`.
#[must_use]
pub fn is_ours(arguments: &[OsString]) -> bool {
    arguments.first().is_some_and(|word| ["key", "notice", "check"].iter().any(|ours| word == ours))
}

/// Reads the command line.
///
/// # Errors
/// In words, what is wrong with it.
pub fn parse(arguments: Vec<OsString>) -> Result<Invocation, lexopt::Error> {
    use lexopt::prelude::*;
    let mut parser = lexopt::Parser::from_args(arguments);
    let (mut words, mut config, mut options, mut reach) = (Vec::new(), None, Options::default(), Reach::default());
    let (mut count, mut threshold, mut exchange) = (1, 1, Exchange::Notices);
    while let Some(argument) = parser.next()? {
        match argument {
            Long("config") => config = Some(PathBuf::from(parser.value()?)),
            Long("keys") => options.keys = Some(parser.value()?.into()),
            Long("details") => options.details = Some(parser.value()?.into()),
            Long("passphrase-file") => options.passphrase_file = Some(parser.value()?.into()),
            Long("no-passphrase") => options.no_passphrase = true,
            Long("account") => options.accounts.push(parser.value()?.string()?),
            Long("accounts") => options.accounts_file = Some(parser.value()?.into()),
            Long("root-keys") => count = parser.value()?.parse()?,
            Long("threshold") => threshold = parser.value()?.parse()?,
            Long("exchange") => exchange = self::exchange(&parser.value()?.string()?)?,
            Long("ca") => reach.ca = Some(parser.value()?.into()),
            Long("connect-to") => reach.connect_to.push(parser.value()?.parse()?),
            Long("dns") => reach.dns = Some(parser.value()?.parse()?),
            Value(word) => words.push(word.string()?),
            other @ (Long(_) | Short(_)) => return Err(other.unexpected()),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let order = match words.as_slice() {
        ["check", domain] => return Ok(Invocation::Check((*domain).to_owned(), reach)),
        ["key", "new"] => Order::KeyNew(count, threshold),
        ["key", "rotate"] => Order::KeyRotate(exchange),
        ["notice", "publish", draft] => Order::Publish(draft.into()),
        ["notice", "update", draft] => Order::Update(draft.into()),
        ["notice", "cancel", id] => Order::Cancel((*id).to_owned()),
        ["notice", "refresh"] => Order::Refresh,
        ["notice", "list"] => Order::List,
        ["notice", "code"] => Order::Code(None),
        // A code has blanks in it: with or without quotes.
        ["notice", "code", code @ ..] => Order::Code(Some(code.join(" "))),
        _ => return Err("no such command".into()),
    };
    Ok(Invocation::Publish(order, options, config.ok_or("--config FILE is missing")?))
}

fn exchange(word: &str) -> Result<Exchange, lexopt::Error> {
    match word {
        "notices" => Ok(Exchange::Notices),
        "stolen-notices" => Ok(Exchange::StolenNotices),
        "root" => Ok(Exchange::Root),
        "nothing" => Ok(Exchange::Nothing),
        _ => Err("--exchange is notices, stolen-notices, root or nothing".into()),
    }
}

/// Does what the command line asks for. Returns what is to be said on stdout, and whether all is well.
///
/// # Errors
/// In words, why it was not done.
pub fn execute(invocation: Invocation) -> Result<(String, bool), String> {
    // Documents say times to the second.
    let now = WallTime(wall().0 / 1000 * 1000);
    match invocation {
        Invocation::Publish(order, options, config) => {
            let config = Config::load(&config).map_err(|error| error.to_string())?;
            let publish = config.publish.ok_or("the configuration does not say where to `publish`")?;
            let places = Places { publish, own_notices: config.own_notices };
            let who = Identity {
                issuer: config.issuer.clone(),
                sip_domains: vec![config.settings.domain.clone()],
                realm: config.settings.realm.clone(),
            };
            run(&order, &options, &who, &places, now).map(|text| (text, true))
        }
        Invocation::Check(domain, reach) => {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            let runtime = runtime.enable_all().build().map_err(|error| error.to_string())?;
            Ok(runtime.block_on(check(&domain, reach, now)))
        }
    }
}

/// Does it. Returns what is to be said on stdout.
///
/// # Errors
/// In words, why it was not done.
pub fn run(order: &Order, options: &Options, who: &Identity, places: &Places, now: WallTime) -> Result<String, String> {
    let keys = match order {
        Order::List => Keys::new(Path::new(""), None),
        // The archive is no secret.
        Order::Code(_) => Keys::new(folder(options)?, None),
        Order::KeyNew(..)
        | Order::KeyRotate(_)
        | Order::Publish(_)
        | Order::Update(_)
        | Order::Cancel(_)
        | Order::Refresh => Keys::new(folder(options)?, passphrase(options)?),
    };
    let to_some = !options.accounts.is_empty() || options.accounts_file.is_some();
    if to_some && matches!(order, Order::KeyNew(..) | Order::KeyRotate(_)) {
        return Err("keys are for everybody's lists: leave the accounts out".to_owned());
    }
    let publish = &places.publish;
    let board = Board::new(publish, keys.clone(), who.issuer.clone());
    let office = Office::new(&board, options, who, places)?;
    let draft = |file: &Path| std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()));
    match order {
        Order::KeyNew(count, threshold) => {
            let details = details(options)?.unwrap_or_default();
            let root = roots::begin(publish, &keys, who, &details, (*count, *threshold), now)?;
            let words = "take root-*.key off this machine";
            let version = root.version;
            Ok(format!(
                "root {version} with {count} keys, {threshold} of which must sign; {words}\n{}",
                office.refresh(now)?
            ))
        }
        Order::KeyRotate(exchange) => {
            let root = roots::rotate(publish, &keys, who, details(options)?.as_ref(), *exchange, now)?;
            Ok(format!("root {}\n{}", root.version, office.refresh(now)?))
        }
        Order::Publish(file) => office.edit(&Edit::Publish(draft(file)?), now),
        Order::Update(file) => office.edit(&Edit::Update(draft(file)?), now),
        Order::Cancel(id) => office.edit(&Edit::Cancel(id.clone()), now),
        Order::Refresh => office.refresh(now),
        Order::List => office.list(),
        Order::Code(None) => office.codes(),
        Order::Code(Some(code)) => office.look_up(code),
    }
}

fn folder(options: &Options) -> Result<&Path, String> {
    options.keys.as_deref().ok_or_else(|| "--keys DIR is missing".to_owned())
}

/// Tries a live provider: the report, and whether it passed.
async fn check(domain: &str, reach: Reach, now: WallTime) -> (String, bool) {
    let rules = Rules::new(reach.connect_to);
    // Names are only looked up for HTTPS here: this channel stays empty, but it must live as long as the look-ups.
    let (to_dns, _lookups) = mpsc::channel(1);
    let (to_http, answers) = mpsc::channel(16);
    let dns = Dns::new(reach.dns, rules.clone(), to_dns);
    let mut visitor = Visitor::new(Http::new(Trust::new(reach.ca), dns, rules, to_http), answers);
    let report = visitor.check(domain, now).await;
    (report.text(), report.passed())
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
