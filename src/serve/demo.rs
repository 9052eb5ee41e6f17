//! The demo provider: a registrar and a few people behind TLS on loopback, with everything made up at start.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread;

use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio_rustls::TlsAcceptor;

use super::host::Host;
use super::security::Control;
use super::security::embedded::Embedded;
use super::tls;
use crate::base::{Entropy, Secret};
use crate::io::{clock::Clock, entropy};
use crate::provider::{Provider, Settings};

/// A running demo provider. It ends when this is dropped.
#[derive(Debug)]
pub struct Demo {
    addr: SocketAddr,
    ca: Vec<u8>,
    user: String,
    password: Secret<String>,
    https: SocketAddr,
    control: Control,
    /// Dropping them ends the thread.
    _stop: (oneshot::Sender<()>, watch::Sender<()>),
}

impl Demo {
    /// The SIP domain, and the name in the certificate. `.invalid` (RFC 6761): no DNS knows it.
    pub const DOMAIN: &'static str = "demo.ringfence.invalid";

    /// Starts it on a free port of 127.0.0.1. Takes some milliseconds (keys are made).
    ///
    /// # Errors
    /// When no socket or thread is to be had.
    pub fn start() -> io::Result<Demo> {
        let mut dice = entropy::from_system().map_err(io::Error::other)?;
        let user = "visitor".to_owned();
        let password = Secret::new(dice.token(24));
        let settings = Settings {
            domain: Demo::DOMAIN.to_owned(),
            second_realm: second_realm(),
            user: user.clone(),
            password: password.clone(),
        };
        let (config, ca) = tls::make(Demo::DOMAIN)?;
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let mut seed = [0; 32];
        dice.fill(&mut seed);
        let provider = Provider::new(settings, Entropy::from_seed(seed));
        let clock = Clock::start();
        dice.fill(&mut seed);
        let embedded = Embedded::open(Demo::DOMAIN, &user, &password, clock, Entropy::from_seed(seed))?;
        let (https, acceptor) = (embedded.addr()?, TlsAcceptor::from(config));
        let (stop_https, https_stopped) = watch::channel(());
        let (serving, control, ended) = embedded.split(acceptor.clone(), https_stopped);
        let handle = control.clone();
        thread::Builder::new().name("demo provider".to_owned()).spawn(move || {
            let sip = async {
                let host = Host::new(provider, clock, dice, control, ended);
                host.run(TcpListener::from_std(listener)?, acceptor, stopped).await;
                Ok::<(), io::Error>(())
            };
            let (sip, https) = runtime.block_on(async { tokio::join!(sip, serving) });
            for (what, ended) in [("SIP", sip), ("HTTPS", https)] {
                if let Err(error) = ended {
                    tracing::error!(%error, what, "the demo provider does not listen");
                }
            }
        })?;
        Ok(Demo { addr, ca, user, password, https, control: handle, _stop: (stop, stop_https) })
    }

    /// Where it listens for TLS.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Where its account security API is: port 443 of [`Demo::DOMAIN`] leads here.
    #[must_use]
    pub const fn https(&self) -> SocketAddr {
        self.https
    }

    /// What a rehearsal does to it.
    #[must_use]
    pub const fn control(&self) -> &Control {
        &self.control
    }

    /// The authority that vouches for its certificate, DER. Nobody else vouches for [`Demo::DOMAIN`].
    #[must_use]
    pub fn ca(&self) -> &[u8] {
        &self.ca
    }

    /// The account: `user@DOMAIN`.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    /// Its password, until it is changed.
    #[must_use]
    pub const fn password(&self) -> &Secret<String> {
        &self.password
    }

    /// The realms that ask for this password: the registrar's and proxy's, and that of *Asks twice*. A client that
    /// trusts this provider pins both.
    #[must_use]
    pub fn realms(&self) -> [String; 2] {
        [Demo::DOMAIN.to_owned(), second_realm()]
    }
}

fn second_realm() -> String {
    format!("asks-twice.{}", Demo::DOMAIN)
}
