//! What people type as their address and server.

use crate::phone::problem::{Problem, ProblemKind};

/// `user@domain`, with or without `sip:` before and `:port` behind.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Address {
    /// The user part.
    pub user: String,
    /// The domain in lower case: a name, an IPv4 address, or an IPv6 address in brackets.
    pub domain: String,
    /// The port, if one was typed.
    pub port: Option<u16>,
    /// Whether it was typed as `sips:`: then TLS or nothing.
    pub secure: bool,
}

impl Address {
    /// Takes what was typed.
    ///
    /// # Errors
    /// If it is not `user@domain`.
    pub fn parse(typed: &str) -> Result<Address, Problem> {
        let bad = || Problem::new(ProblemKind::BadAddress, typed.trim());
        let text = typed.trim();
        let lower = text.to_ascii_lowercase();
        let secure = lower.starts_with("sips:");
        let bare = if secure {
            text.get(5..)
        } else if lower.starts_with("sip:") {
            text.get(4..)
        } else {
            Some(text)
        };
        let (user, place) = bare.and_then(|bare| bare.rsplit_once('@')).ok_or_else(bad)?;
        let harmless = |c: char| c.is_ascii_alphanumeric() || "-_.!~*'()&=+$,%".contains(c);
        if user.is_empty() || user.len() > 128 || !user.chars().all(harmless) {
            return Err(bad());
        }
        let place = Place::parse(place).ok_or_else(bad)?;
        Ok(Address { user: user.to_owned(), domain: place.host, port: place.port, secure })
    }

    /// Where its domain is.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { host: self.domain.clone(), port: self.port }
    }

    /// `user@domain`: how it is shown, and compared.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{}@{}", self.user, self.domain)
    }
}

/// `HOST` or `HOST:PORT`.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Place {
    /// In lower case: a name, an IPv4 address, or an IPv6 address in brackets.
    pub host: String,
    /// The port, if one was typed.
    pub port: Option<u16>,
}

impl Place {
    /// Takes what was typed; `None` if no host can be called so.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Place> {
        let text = typed.trim().to_ascii_lowercase();
        let (host, port) = if text.starts_with('[') {
            let end = text.find(']')?;
            let inside = text.get(1..end)?;
            inside.parse::<std::net::Ipv6Addr>().ok()?;
            (text.get(..=end)?, text.get(end + 1..)?)
        } else {
            text.find(':').map_or((text.as_str(), ""), |colon| text.split_at(colon))
        };
        let port = match port.strip_prefix(':') {
            Some(port) => Some(port.parse().ok().filter(|port| *port != 0)?),
            None if port.is_empty() => None,
            None => return None,
        };
        let named = host.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.' || c == '_');
        let good = host.starts_with('[') || (named && !host.starts_with(['.', '-']) && !host.contains(".."));
        (good && !host.is_empty() && host.len() <= 253).then(|| Place { host: host.to_owned(), port })
    }

    /// Whether it is an address and not a name.
    #[must_use]
    pub fn is_numeric(&self) -> bool {
        is_numeric(&self.host)
    }
}

/// Whether `host` is an IPv4 address or an IPv6 address in brackets.
#[must_use]
pub fn is_numeric(host: &str) -> bool {
    host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_people_type_it() {
        let read = |typed| Address::parse(typed).unwrap();
        let plain = read(" Anna.Berg@VOIP.example ");
        assert_eq!((plain.user.as_str(), plain.domain.as_str(), plain.port), ("Anna.Berg", "voip.example", None));
        assert_eq!(read("sip:100@10.0.0.1:5080").port, Some(5080));
        assert!(read("SIPS:100@voip.example").secure);
        assert_eq!(read("100@[2001:DB8::1]:5080").domain, "[2001:db8::1]");
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for bad in [
            "",
            "anna",
            "@voip.example",
            "anna@",
            "an na@voip.example",
            "anna@voip example",
            "a@b:0",
            "a@b:x",
            "a<b@c",
            "a@[::1",
            "a@..",
            "a@b\r\nVia: x",
        ] {
            assert_eq!(Address::parse(bad).unwrap_err().kind, ProblemKind::BadAddress, "{bad:?}");
        }
    }

    #[test]
    fn a_place_has_a_host_and_perhaps_a_port() {
        assert_eq!(Place::parse("SIP.example").unwrap(), Place { host: "sip.example".into(), port: None });
        assert_eq!(Place::parse("127.0.0.1:5070").unwrap().port, Some(5070));
        assert!(Place::parse("127.0.0.1:5070").unwrap().is_numeric());
        for bad in ["", ":5060", "a b", "host:", "host:70000", "[::1]x"] {
            assert_eq!(Place::parse(bad), None, "{bad:?}");
        }
    }
}
