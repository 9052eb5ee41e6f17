//! Name service: the three look-ups of RFC 3263. The procedure itself is pure and lives in `phone::locate`.

use std::net::IpAddr;

/// One look-up.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Query {
    /// NAPTR records of a domain.
    Naptr(String),
    /// SRV records of e.g. `_sips._tcp.voip.example`.
    Srv(String),
    /// A and AAAA records of a host.
    Addresses(String),
}

/// The rows that came back; empty means that there are none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Answer {
    /// Answer to [`Query::Naptr`].
    Naptr(Vec<Naptr>),
    /// Answer to [`Query::Srv`].
    Srv(Vec<Srv>),
    /// Answer to [`Query::Addresses`], in the resolver's order.
    Addresses(Vec<IpAddr>),
    /// The name does not exist, or has no such records.
    NotFound,
    /// The name service did not answer, or answered with an error.
    Failed(String),
}

/// One NAPTR record (RFC 3403 §4.1).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Naptr {
    /// Lowest first.
    pub order: u16,
    /// Among the same order, lowest first.
    pub preference: u16,
    /// E.g. `SIPS+D2T`.
    pub service: String,
    /// E.g. `s`.
    pub flags: String,
    /// The name to ask next.
    pub replacement: String,
}

/// One SRV record (RFC 2782).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Srv {
    /// Lowest first.
    pub priority: u16,
    /// The share among the same priority.
    pub weight: u16,
    /// Port.
    pub port: u16,
    /// Host.
    pub target: String,
}
