//! The demo provider: a registrar and a few people behind TLS on loopback, with everything made up at start.

use std::io;
use std::net::SocketAddr;

use crate::base::Secret;

/// A running demo provider. It ends when this is dropped.
#[derive(Debug)]
pub struct Demo {
    addr: SocketAddr,
    ca: Vec<u8>,
    user: String,
    password: Secret<String>,
}

impl Demo {
    /// The SIP domain, and the name in the certificate. `.invalid` (RFC 6761): no DNS knows it.
    pub const DOMAIN: &'static str = "demo.ringfence.invalid";

    /// Starts it on a free port of 127.0.0.1. Takes some milliseconds (keys are made).
    ///
    /// # Errors
    /// When no socket or thread is to be had.
    pub fn start() -> io::Result<Demo> {
        Err(io::Error::other("not built yet"))
    }

    /// Where it listens for TLS.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addr
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

    /// Its password.
    #[must_use]
    pub const fn password(&self) -> &Secret<String> {
        &self.password
    }

    /// The realms that ask for this password: the registrar's and proxy's, and that of *Asks twice*. A client that
    /// trusts this provider pins both.
    #[must_use]
    pub fn realms(&self) -> [String; 2] {
        [Demo::DOMAIN.to_owned(), format!("asks-twice.{}", Demo::DOMAIN)]
    }
}
