//! SIP transports. Every message travels on a *flow* (RFC 5626 §2): a connection, or a UDP socket and one remote
//! address. A flow is opened before anything is sent on it, so that Via and Contact are known beforehand.

use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::RequestId;
use crate::base::AccountId;

/// A SIP transport, weakest last in the order in which sign-in tries them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// TLS over TCP (RFC 3261 §26.2.1).
    Tls,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

impl Transport {
    /// The word in a Via header: `TLS`, `TCP`, `UDP`.
    #[must_use]
    pub const fn via(self) -> &'static str {
        match self {
            Transport::Tls => "TLS",
            Transport::Tcp => "TCP",
            Transport::Udp => "UDP",
        }
    }

    /// The word in a URI's transport parameter: `tls`, `tcp`, `udp`.
    #[must_use]
    pub const fn param(self) -> &'static str {
        match self {
            Transport::Tls => "tls",
            Transport::Tcp => "tcp",
            Transport::Udp => "udp",
        }
    }

    /// The port when a URI names none: 5061 for TLS, else 5060.
    #[must_use]
    pub const fn default_port(self) -> u16 {
        match self {
            Transport::Tls => 5061,
            Transport::Tcp | Transport::Udp => 5060,
        }
    }

    /// Whether lost messages are somebody else's business: no retransmission, no 1,300 byte limit.
    #[must_use]
    pub const fn is_reliable(self) -> bool {
        !matches!(self, Transport::Udp)
    }
}

/// One flow, counted by the driver.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FlowId(pub u64);

/// Where a flow is to lead.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Target {
    /// By which transport.
    pub transport: Transport,
    /// To which address.
    pub addr: SocketAddr,
    /// The name that a TLS certificate must be valid for: the SIP domain, not what DNS led to (RFC 5922 §4).
    pub tls_name: Option<String>,
    /// For whom. Flows are never shared between accounts.
    pub account: Option<AccountId>,
    /// TLS only: this one certificate is good, whoever vouches for it, and no other is: the person saw its
    /// fingerprint.
    pub pin: Option<Fingerprint>,
    /// Which attempt it is: what becomes of one that was given up says nothing about the next.
    pub attempt: RequestId,
}

/// SHA-256 of a certificate as the server sends it (DER).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Fingerprint(pub [u8; 32]);

impl std::fmt::Display for Fingerprint {
    /// As OpenSSL and browsers print it: `3A:7F:…`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            write!(f, "{}{byte:02X}", if index == 0 { "" } else { ":" })?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> String {
        fingerprint.to_string()
    }
}

/// What was typed is no fingerprint.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a fingerprint is 64 hexadecimal digits, with or without colons")]
pub struct NotAFingerprint;

impl TryFrom<String> for Fingerprint {
    type Error = NotAFingerprint;

    fn try_from(text: String) -> Result<Fingerprint, NotAFingerprint> {
        text.parse()
    }
}

impl std::str::FromStr for Fingerprint {
    type Err = NotAFingerprint;

    fn from_str(text: &str) -> Result<Fingerprint, NotAFingerprint> {
        let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b':' | b' ')).collect();
        let mut bytes = [0; 32];
        if digits.len() != 64 {
            return Err(NotAFingerprint);
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| NotAFingerprint)?;
            if !pair.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(NotAFingerprint);
            }
            *byte = u8::from_str_radix(pair, 16).map_err(|_| NotAFingerprint)?;
        }
        Ok(Fingerprint(bytes))
    }
}

/// An open flow, or the one by which a message came.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Flow {
    /// Its name.
    pub id: FlowId,
    /// Its transport.
    pub transport: Transport,
    /// Our end, as the operating system sees it.
    pub local: SocketAddr,
    /// The other end.
    pub remote: SocketAddr,
    /// The account for which we opened it; `None` for a flow that a stranger opened.
    pub account: Option<AccountId>,
    /// For TLS: protocol version and cipher suite in words, e.g. `TLS 1.3`.
    pub tls: Option<String>,
}

/// What the pure parts ask of the SIP transports.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Order {
    /// Open a flow; answered by [`Report::Opened`] or [`Report::OpenFailed`] with the same `Target`.
    Open(Target),
    /// Send one whole message. `to` sends elsewhere than to the flow's remote address: UDP only, for responses
    /// whose Via says so (RFC 3261 §18.2.2).
    Send {
        /// On which flow.
        flow: FlowId,
        /// UDP only: another destination.
        to: Option<SocketAddr>,
        /// The message.
        bytes: Vec<u8>,
    },
    /// Keep the path open: a double CRLF on streams (RFC 5626 §3.5.1), a CRLF on UDP.
    KeepAlive(FlowId),
    /// Close a flow.
    Close(FlowId),
}

/// What the SIP transports report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Report {
    /// A flow is open.
    Opened(Target, Flow),
    /// A flow could not be opened.
    OpenFailed(Target, NetError),
    /// One whole message (streams are framed by the driver with `sip::framer`).
    Message(Flow, Vec<u8>),
    /// What a stream held was not framable as a message but its end was known (RFC 3261 §18.3): answer 400 if it
    /// was a request. The stream goes on.
    Malformed(Flow, Vec<u8>),
    /// The answer to a keep-alive.
    Pong(FlowId),
    /// A flow is gone: closed by the other end, broken, or out of frame.
    Closed(FlowId, NetError),
    /// The machine's addresses or its default route changed.
    AddressesChanged,
    /// The machine slept (the monotonic clock went on while no timer ran).
    Woke,
}

/// Why a transport failed: the words that the person is shown depend on it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum NetError {
    /// Nobody listens there.
    #[error("connection refused")]
    Refused,
    /// Nobody answered in time.
    #[error("no answer in time")]
    TimedOut,
    /// No route, or no network at all.
    #[error("network unreachable")]
    Unreachable,
    /// The other end closed the connection.
    #[error("closed by the other end")]
    Closed,
    /// The certificate is not to be trusted; this one was shown, if the handshake came so far.
    #[error("certificate: {0}")]
    Certificate(CertificateError, Option<Fingerprint>),
    /// TLS failed for another reason.
    #[error("TLS: {0}")]
    Tls(String),
    /// Anything else, in the operating system's words.
    #[error("{0}")]
    Other(String),
}

/// What is wrong with a certificate.
#[derive(Clone, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum CertificateError {
    /// It is for other names.
    #[error("not valid for this name")]
    WrongName,
    /// It is no longer valid, or the clock is wrong.
    #[error("expired")]
    Expired,
    /// It is not yet valid, or the clock is wrong.
    #[error("not yet valid")]
    NotYetValid,
    /// Nobody we trust has signed it.
    #[error("issued by an unknown authority")]
    UnknownIssuer,
    /// It is not the one that the person trusted for this server ([`Target::pin`]).
    #[error("another certificate than the trusted one")]
    Changed,
    /// Anything else, in rustls' words.
    #[error("{0}")]
    Other(String),
}
