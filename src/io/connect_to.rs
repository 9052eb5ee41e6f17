//! `--connect-to HOST:PORT:ADDR:PORT`, as curl has it: connect elsewhere than names and ports say, while
//! certificates are still checked against the name. For tests, for tunnels, and before DNS is switched over.

use std::net::{IpAddr, SocketAddr};

use crate::port::net::Target;

/// Whoever wants to connect to `host:port` is connected to `to`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConnectTo {
    /// Host name as it would be looked up, in lower case, or an address; empty means any.
    pub host: String,
    /// The port that is wanted; 0 means any.
    pub port: u16,
    /// Where it leads instead.
    pub to: SocketAddr,
}

impl std::str::FromStr for ConnectTo {
    type Err = String;

    fn from_str(text: &str) -> Result<ConnectTo, String> {
        let wrong = || format!("`{text}` is not HOST:PORT:ADDR:PORT");
        let (host, rest) = match text.strip_prefix('[') {
            Some(rest) => rest.split_once("]:").ok_or_else(wrong)?,
            None => text.split_once(':').ok_or_else(wrong)?,
        };
        let (port, to) = rest.split_once(':').ok_or_else(wrong)?;
        let port = if port.is_empty() { 0 } else { port.parse().map_err(|_| wrong())? };
        Ok(ConnectTo { host: normal(host), port, to: to.parse().map_err(|_| wrong())? })
    }
}

/// The rules in order; the first that fits wins.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Rules(Vec<ConnectTo>);

impl Rules {
    /// These rules, in this order.
    #[must_use]
    pub const fn new(rules: Vec<ConnectTo>) -> Rules {
        Rules(rules)
    }

    /// The address of a host that a rule names: it is looked up in no DNS.
    #[must_use]
    pub fn address_of(&self, host: &str) -> Option<IpAddr> {
        let host = normal(host);
        self.0.iter().find(|rule| rule.host == host).map(|rule| rule.to.ip())
    }

    /// Whether a rule names this host, or the host that this service belongs to (`_sip._udp.HOST`).
    #[must_use]
    pub fn names(&self, name: &str) -> bool {
        let name = normal(name);
        self.0.iter().any(|rule| {
            !rule.host.is_empty()
                && (name == rule.host
                    || name.strip_suffix(&rule.host).is_some_and(|rest| rest.starts_with('_') && rest.ends_with('.')))
        })
    }

    /// Where a flow to `target` really leads. A rule's host is recognised by the name that TLS checks, by the
    /// address itself, or by the address that [`Rules::address_of`] gave for it.
    #[must_use]
    pub fn redirect(&self, target: &Target) -> SocketAddr {
        let name = target.tls_name.as_deref().map(normal);
        let addr = target.addr.ip();
        let fits = |rule: &&ConnectTo| {
            (rule.port == 0 || rule.port == target.addr.port())
                && (rule.host.is_empty()
                    || name.as_ref() == Some(&rule.host)
                    || rule.to.ip() == addr
                    || rule.host.parse() == Ok(addr))
        };
        self.0.iter().find(fits).map_or(target.addr, |rule| rule.to)
    }
}

/// Lower case, without the final dot of a fully qualified name.
fn normal(host: &str) -> String {
    host.strip_suffix('.').unwrap_or(host).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::port::RequestId;
    use crate::port::net::Transport;

    fn rules(texts: &[&str]) -> Rules {
        Rules::new(texts.iter().map(|text| text.parse().unwrap()).collect())
    }

    fn target(addr: &str, name: Option<&str>) -> Target {
        Target {
            transport: Transport::Tls,
            addr: addr.parse().unwrap(),
            tls_name: name.map(str::to_owned),
            account: None,
            pin: None,
            attempt: RequestId(0),
        }
    }

    #[test]
    fn a_rule_is_read_as_curl_reads_it() {
        let rule: ConnectTo = "SIP.example:5061:127.0.0.1:7000".parse().unwrap();
        assert_eq!(rule, ConnectTo { host: "sip.example".into(), port: 5061, to: "127.0.0.1:7000".parse().unwrap() });
        let any: ConnectTo = "::[::1]:7000".parse().unwrap();
        assert_eq!(any, ConnectTo { host: String::new(), port: 0, to: "[::1]:7000".parse().unwrap() });
        let six: ConnectTo = "[2001:db8::1]:5061:127.0.0.1:7000".parse().unwrap();
        assert_eq!(six.host, "2001:db8::1");
        for bad in ["", "host", "host:1", "host:x:127.0.0.1:1", "host:1:127.0.0.1", "host:1:other:2"] {
            assert!(bad.parse::<ConnectTo>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_named_host_is_looked_up_nowhere() {
        let rules = rules(&["voip.example:5061:127.0.0.1:7000"]);
        assert_eq!(rules.address_of("VOIP.example."), Some("127.0.0.1".parse().unwrap()));
        assert_eq!(rules.address_of("other.example"), None);
        assert!(rules.names("voip.example") && rules.names("_sips._tcp.voip.example"));
        assert!(!rules.names("my.voip.example") && !rules.names("_sips._tcp.other.example"));
    }

    #[test]
    fn the_first_rule_that_fits_wins() {
        let rules = rules(&["voip.example:5061:127.0.0.1:7000", "voip.example::127.0.0.1:7001"]);
        let named = Some("voip.example");
        assert_eq!(rules.redirect(&target("192.0.2.1:5061", named)).port(), 7000);
        assert_eq!(rules.redirect(&target("192.0.2.1:5060", named)).port(), 7001);
        assert_eq!(rules.redirect(&target("127.0.0.1:5061", None)).port(), 7000);
        assert_eq!(rules.redirect(&target("192.0.2.1:5061", Some("other.example"))).port(), 5061);
    }

    #[test]
    fn a_rule_without_a_host_fits_every_host() {
        let rules = rules(&[":5060:127.0.0.1:7000"]);
        assert_eq!(rules.redirect(&target("192.0.2.1:5060", None)), "127.0.0.1:7000".parse().unwrap());
        assert_eq!(rules.redirect(&target("192.0.2.1:5062", None)), "192.0.2.1:5062".parse().unwrap());
        assert!(!rules.names("_sip._udp.voip.example"));
    }
}
