//! Via (RFC 3261 §20.42) with `rport` (RFC 3581): where a request came from and where its response goes.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use super::{Params, scan};
use crate::sip::uri::{Host, host_and_port};

/// One Via value.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Via {
    /// The transport's word as written: `UDP`, `TCP`, `TLS`, or something that we have never heard of.
    pub transport: String,
    /// Host of sent-by.
    pub host: Host,
    /// Port of sent-by.
    pub port: Option<u16>,
    /// Parameters.
    pub params: Params,
}

impl Via {
    /// The Via of a request of ours: sent-by is `sent_by`, with `rport` asked for (RFC 3581 §3).
    #[must_use]
    pub fn new(transport: &str, sent_by: SocketAddr, branch: &str) -> Via {
        Via {
            transport: transport.to_owned(),
            host: Host::Ip(sent_by.ip()),
            port: Some(sent_by.port()),
            params: Params::default().with("rport", None).with("branch", Some(branch)),
        }
    }

    /// Parses one value; white space is allowed around `/`, `:`, `;` and `=`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Via> {
        let (name, rest) = text.split_once('/')?;
        let (version, rest) = rest.split_once('/')?;
        let rest = scan::trim(rest);
        let (transport, rest) = rest.split_at_checked(rest.find([' ', '\t'])?)?;
        let name_is_sip = scan::trim(name).eq_ignore_ascii_case("SIP") && scan::trim(version) == "2.0";
        if !name_is_sip || !scan::is_token(transport) {
            return None;
        }
        let (sent_by, params) = rest.split_once(';').unwrap_or((rest, ""));
        let (host, port) = host_and_port(sent_by)?;
        Some(Via { transport: transport.to_owned(), host, port, params: Params::parse(params)? })
    }

    /// The branch parameter.
    #[must_use]
    pub fn branch(&self) -> Option<String> {
        self.params.get("branch")
    }

    /// `host[:port]` as it stands in the header: part of the key of a server transaction (RFC 3261 §17.2.3).
    #[must_use]
    pub fn sent_by(&self) -> String {
        self.port.map_or_else(|| self.host.to_string(), |port| format!("{}:{port}", self.host))
    }

    /// The `received` parameter: the address from which the request really came.
    #[must_use]
    pub fn received(&self) -> Option<IpAddr> {
        Host::parse(&self.params.get("received")?)?.ip()
    }

    /// The port in `rport`, when the other end has filled it in.
    #[must_use]
    pub fn rport(&self) -> Option<u16> {
        scan::number(&self.params.get("rport")?)
    }

    /// Whether the sender asked for `rport`, filled in or not.
    #[must_use]
    pub fn wants_rport(&self) -> bool {
        self.params.has("rport")
    }

    /// What a server does on receipt: `received` if the source is not what sent-by says or `rport` is asked for,
    /// and `rport` filled in (RFC 3261 §18.2.1, RFC 3581 §4).
    pub fn stamp(&mut self, source: SocketAddr) {
        let ip = source.ip().to_canonical();
        if self.wants_rport() {
            self.params.set("rport", Some(&source.port().to_string()));
            self.params.set("received", Some(&ip.to_string()));
        } else if self.host.ip() != Some(ip) {
            self.params.set("received", Some(&ip.to_string()));
        }
    }

    /// Where a response goes by UDP: `received` (or sent-by's address) at `rport` (or sent-by's port, or
    /// `default_port`) (RFC 3261 §18.2.2, RFC 3581 §4). `None` when only a name is known, or `maddr` is set.
    #[must_use]
    pub fn response_addr(&self, default_port: u16) -> Option<SocketAddr> {
        let ip = self.received().or_else(|| self.host.ip())?;
        Some(SocketAddr::new(ip, self.rport().or(self.port).unwrap_or(default_port)))
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}{}", self.transport, self.sent_by(), self.params)
    }
}
