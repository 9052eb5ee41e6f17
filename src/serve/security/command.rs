//! The command line of `ringfence-provider`: `serve`, `account`, `device`, `status`.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::config::{Config, Registrations, TlsFiles};
use super::lines::{Known, Table};
use super::listener;
use super::published::Published;
use super::service::Service;
use super::sql::Database;
use super::store::Store;
use super::tell::Teller;
use super::web::{self, Site, Weather};
use crate::io::clock::Clock;
use crate::io::entropy;
use crate::provider::security::Desk;
use crate::provider_api::Stamp;
use crate::provider_api::notices::Level;
use crate::serve::publish::files::make_private;

/// What `--help` says.
pub const HELP: &str = "\
ringfence-provider: account security for the customers of a SIP provider.

Usage: ringfence-provider serve --config FILE
       ringfence-provider status --config FILE
       ringfence-provider account require-change --config FILE (--all | USER…)
                          [--kind advise|require|enforced] [--deadline TIME]
       ringfence-provider account show --config FILE USER
       ringfence-provider device confirm --config FILE USER ID
       ringfence-provider device remove --config FILE USER ID
       ringfence-provider --version
       ringfence-provider --help

serve     answers phones, beside your SIP server, until SIGTERM
status    how many accounts were asked to change their passwords, and how many have
account   require-change asks accounts to; TIME is like 2026-12-01T12:00:00Z
          show: generation, devices and what happened, of one account
device    confirm: the owner has told you by another way that a new device is theirs
          remove: the signature of a lost device counts no more

Logs go to stderr; RUST_LOG=ringfence=debug shows more.
";

/// How often what is due is looked for.
const TICK: Duration = Duration::from_secs(1);
/// How often old records are forgotten, in ticks.
const FORGET: u64 = 3600;

/// A command, read from the command line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Order {
    /// Answer phones.
    Serve,
    /// How far the accounts have got.
    Status,
    /// Ask accounts to change their passwords: all if none are named.
    RequireChange(Vec<String>, Level, Option<Stamp>),
    /// Show one account.
    Show(String),
    /// Confirm a device of a user.
    Confirm(String, String),
    /// Remove a device of a user.
    Remove(String, String),
}

/// What the command line asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Invocation {
    /// Do something with a configuration.
    Run(Order, PathBuf),
    /// Say how it is used.
    Help,
    /// Say which version it is.
    Version,
}

/// Reads the command line.
///
/// # Errors
/// In words, what is wrong with it.
pub fn parse(arguments: Vec<OsString>) -> Result<Invocation, String> {
    use lexopt::prelude::*;
    let mut parser = lexopt::Parser::from_args(arguments);
    let (mut words, mut config, mut all, mut kind, mut deadline) = (Vec::new(), None, false, None, None);
    while let Some(argument) = parser.next().map_err(|error| error.to_string())? {
        match argument {
            Long("help") | Short('h') => return Ok(Invocation::Help),
            Long("version") | Short('V') => return Ok(Invocation::Version),
            Long("config") => config = Some(PathBuf::from(parser.value().map_err(|error| error.to_string())?)),
            Long("all") => all = true,
            Long("kind") => kind = Some(text(&mut parser)?),
            Long("deadline") => deadline = Some(text(&mut parser)?),
            Value(word) => words.push(word.string().map_err(|error| error.to_string())?),
            Long(_) | Short(_) => return Err(argument.unexpected().to_string()),
        }
    }
    let order = order(words, all, kind.as_deref(), deadline.as_deref())?;
    Ok(Invocation::Run(order, config.ok_or("--config FILE is missing")?))
}

fn text(parser: &mut lexopt::Parser) -> Result<String, String> {
    let value = parser.value().map_err(|error| error.to_string())?;
    value.into_string().map_err(|_| "an option's value is no text".to_owned())
}

fn order(words: Vec<String>, all: bool, kind: Option<&str>, deadline: Option<&str>) -> Result<Order, String> {
    let mut words = words.into_iter();
    let first = words.next().unwrap_or_default();
    let second = if ["account", "device"].contains(&first.as_str()) { words.next() } else { None };
    let rest: Vec<String> = words.collect();
    let two = |rest: &[String]| match rest {
        [user, id] => Ok((user.clone(), id.clone())),
        _ => Err("a USER and the ID of a device are needed".to_owned()),
    };
    match (first.as_str(), second.as_deref()) {
        ("serve", None) if rest.is_empty() => Ok(Order::Serve),
        ("status", None) if rest.is_empty() => Ok(Order::Status),
        ("account", Some("require-change")) => {
            if all != rest.is_empty() {
                return Err("name the accounts, or say --all".to_owned());
            }
            let level = match kind.unwrap_or("require") {
                "advise" => Level::Advise,
                "require" => Level::Require,
                "enforced" => Level::Enforced,
                _ => return Err("--kind is advise, require or enforced".to_owned()),
            };
            let deadline = deadline.map(|text| Stamp::parse(text).ok_or("--deadline is like 2026-12-01T12:00:00Z"));
            Ok(Order::RequireChange(rest, level, deadline.transpose()?))
        }
        ("account", Some("show")) => match rest.as_slice() {
            [user] => Ok(Order::Show(user.clone())),
            _ => Err("one USER is needed".to_owned()),
        },
        ("device", Some("confirm")) => two(&rest).map(|(user, id)| Order::Confirm(user, id)),
        ("device", Some("remove")) => two(&rest).map(|(user, id)| Order::Remove(user, id)),
        _ => Err("no such command".to_owned()),
    }
}

/// Does it. Returns what is to be said on stdout.
///
/// # Errors
/// In words, why it was not done.
pub fn run(order: &Order, config: &Path) -> Result<String, String> {
    let config = Config::load(config).map_err(|error| error.to_string())?;
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.enable_all().build().map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let store = open(&config).await?;
        match order {
            Order::Serve => serve(config, store).await.map(|()| String::new()),
            Order::Status => status(&store).await,
            Order::RequireChange(users, level, deadline) => {
                let asked = store.require_change(users, *level, deadline.map(|stamp| stamp.0)).await;
                asked.map(|count| format!("{count} accounts asked\n")).map_err(|error| error.to_string())
            }
            Order::Show(user) => show(&store, user).await,
            Order::Confirm(user, id) => confirm(&store, user, id).await,
            Order::Remove(user, id) => {
                let gone = store.remove_device(user, id).await.map_err(|error| error.to_string())?;
                if gone { Ok(format!("{id} of {user} counts no more\n")) } else { Err("no such device".to_owned()) }
            }
        }
    })
}

async fn open(config: &Config) -> Result<Store, String> {
    let database = Database::open(&config.place, config.connections).await.map_err(|error| error.to_string())?;
    let dice = entropy::from_system().map_err(|error| error.to_string())?;
    let settings = &config.settings;
    let store = Store::open(database, config.back_end, &settings.domain, &settings.realm, dice).await;
    let mut store = store.map_err(|error| error.to_string())?;
    store.tells = !config.tell.is_empty();
    Ok(store)
}

/// The folder of notices to single accounts is there and can be read: better said now than to the first customer who
/// has one.
fn ready(folder: &Path) -> Result<(), String> {
    make_private(folder)?;
    std::fs::read_dir(folder).map(drop).map_err(|error| {
        format!("{}: {error}: it must be readable by the user that this runs as (chmod 2750, chgrp)", folder.display())
    })
}

async fn serve(config: Config, store: Store) -> Result<(), String> {
    config.own_notices.as_deref().map_or(Ok(()), ready)?;
    let clock = Clock::start();
    let dice = entropy::from_system().map_err(|error| error.to_string())?;
    let lines = match &config.registrations {
        Registrations::Unknown => Known::Unknown,
        Registrations::Kamailio(kamailio) => Known::Kamailio(kamailio.clone()),
        Registrations::Table => Known::Table(Table {
            database: store.database.clone(),
            back_end: config.back_end,
            domain: config.settings.domain.clone(),
        }),
    };
    let acceptor = config.tls.as_ref().map(acceptor).transpose()?;
    let listener = TcpListener::bind(config.listen).await.map_err(|error| format!("{}: {error}", config.listen))?;
    let addr = listener.local_addr().map_err(|error| error.to_string())?;
    let database = store.database.clone();
    let desk = Desk::new(config.settings.clone(), clock.now().mono, dice);
    let folder = |folder: &Option<PathBuf>| folder.clone().map_or(Published::Nowhere, Published::Folder);
    let (published, own) = (folder(&config.publish), folder(&config.own_notices));
    let mut discovery = web::discovery(&config.settings, config.issuer.clone(), &published, &own);
    discovery.registrars.clone_from(&config.registrars);
    discovery.links.clone_from(&config.links);
    discovery.poll_s = config.poll_s;
    let service = Service::new(desk, store, lines, own, clock);
    let (behind_proxy, weather) = (config.behind_proxy, Weather::default());
    let site = Arc::new(Site { service, discovery, published, behind_proxy, weather });
    let (stop, stopped) = watch::channel(());
    // Dropped, and with it what is in it, when serving has ended.
    let mut telling = JoinSet::new();
    tracing::info!(%addr, domain = config.settings.domain, back_end = config.back_end.name, "open");
    if config.tell.is_empty() {
        tracing::warn!("nobody tells owners when their password is changed: set `tell` to a program that does");
    } else {
        let (database, domain) = (database.clone(), config.settings.domain.clone());
        telling.spawn(Teller { database, domain, command: config.tell.clone() }.run());
    }
    let serving = listener::serve(listener, acceptor, web::router(Arc::clone(&site)), stopped);
    let mut serving = std::pin::pin!(serving);
    let mut ticks = tokio::time::interval(TICK);
    let mut end = std::pin::pin!(told_to_end());
    let mut count = 0_u64;
    loop {
        tokio::select! {
            () = &mut serving => break,
            ended = &mut end => {
                ended?;
                tracing::info!("told to end: finishing what is in progress");
                drop(stop);
                serving.await;
                break;
            }
            _ = ticks.tick() => {
                tick(&site.service, count).await;
                count += 1;
            }
        }
    }
    database.close().await;
    Ok(())
}

async fn tick(service: &Service<Store, Known>, count: u64) {
    if let Err(error) = service.tick(count).await {
        tracing::error!(%error, "what is due was not done; it will be tried again");
    }
    if count.is_multiple_of(FORGET)
        && let Err(error) = service.forget().await
    {
        tracing::error!(%error, "old records were not forgotten");
    }
}

#[cfg(unix)]
async fn told_to_end() -> Result<(), String> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

#[cfg(not(unix))]
async fn told_to_end() -> Result<(), String> {
    tokio::signal::ctrl_c().await.map_err(|error| error.to_string())
}

fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, String> {
    let unreadable = |path: &Path, error: &dyn std::fmt::Display| format!("{}: {error}", path.display());
    let chain = CertificateDer::pem_file_iter(&files.certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(|error| unreadable(&files.certificate, &error))?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|error| unreadable(&files.key, &error))?;
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_no_client_auth()
        .with_single_cert(chain, key);
    let mut config = config.map_err(|error| unreadable(&files.certificate, &error))?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn status(store: &Store) -> Result<String, String> {
    let progress = store.progress().await.map_err(|error| error.to_string())?;
    let to_go = progress.asked.saturating_sub(progress.changed);
    Ok(format!(
        "accounts: {}\nasked to change: {}\nchanged: {}\nto go: {to_go}\n",
        progress.accounts, progress.asked, progress.changed
    ))
}

async fn show(store: &Store, user: &str) -> Result<String, String> {
    let (facts, log) = store.show(user).await.map_err(|error| error.to_string())?.ok_or("no such account")?;
    let mut text = format!("user: {user}\ngeneration: {}\n", facts.account.generation);
    for device in &facts.devices {
        let waits = if device.confirmed { "" } else { ", not confirmed" };
        let from = Stamp::from(device.from);
        // Writing to a String cannot fail.
        let _infallible = writeln!(text, "device: {} {:?}, counts from {from}{waits}", device.id, device.label);
    }
    for (at, what, detail) in log {
        let _infallible = writeln!(text, "{} {what}: {detail}", Stamp::from(at));
    }
    Ok(text)
}

async fn confirm(store: &Store, user: &str, id: &str) -> Result<String, String> {
    match store.confirm_device(user, id).await.map_err(|error| error.to_string())? {
        Some(from) => Ok(format!("{id} of {user} counts from {}\n", Stamp::from(from))),
        None => Err("no such device".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Invocation, String> {
        parse(line.split_whitespace().map(OsString::from).collect())
    }

    #[test]
    fn commands_are_read_as_the_help_says() {
        let run = |order| Ok(Invocation::Run(order, PathBuf::from("c")));
        assert_eq!(parsed("serve --config c"), run(Order::Serve));
        assert_eq!(parsed("status --config c"), run(Order::Status));
        let deadline = Stamp::parse("2026-12-01T12:00:00Z");
        let line = "account require-change --all --kind enforced --deadline 2026-12-01T12:00:00Z --config c";
        assert_eq!(parsed(line), run(Order::RequireChange(Vec::new(), Level::Enforced, deadline)));
        let named = run(Order::RequireChange(vec!["anna".into()], Level::Require, None));
        assert_eq!(parsed("account require-change --config c anna"), named);
        assert_eq!(parsed("device confirm --config c anna d1"), run(Order::Confirm("anna".into(), "d1".into())));
        assert_eq!(parsed("--help"), Ok(Invocation::Help));
    }

    #[test]
    fn what_makes_no_sense_is_said() {
        for (line, words) in [
            ("serve", "--config"),
            ("account require-change --config c", "--all"),
            ("account require-change --all anna --config c", "--all"),
            ("account require-change --all --kind now --config c", "--kind"),
            ("account require-change --all --deadline soon --config c", "--deadline"),
            ("device confirm --config c anna", "ID"),
            ("dance --config c", "no such command"),
            ("serve --loud --config c", "loud"),
        ] {
            let error = parsed(line).expect_err(line);
            assert!(error.contains(words), "{line} → {error}");
        }
    }
}
