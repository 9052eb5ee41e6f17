//! Where requests go: an origin that is pinned, and paths below it that cannot lead away from it.

use serde::{Deserialize, Serialize};

/// `https://host` or `https://host:port` (RFC 6454), in lower case. Nothing but HTTPS has an origin here.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Origin {
    host: String,
    port: u16,
}

/// The port of HTTPS.
const HTTPS: u16 = 443;

impl Origin {
    /// The origin of a host at HTTPS' own port; `None` if no host can be called so.
    #[must_use]
    pub fn of_host(host: &str) -> Option<Origin> {
        let host = host.to_ascii_lowercase();
        is_host(&host).then_some(Origin { host, port: HTTPS })
    }

    /// Reads `https://host[:port]`, with at most one `/` behind. No path, no user, no query.
    #[must_use]
    pub fn parse(text: &str) -> Option<Origin> {
        let rest = text.strip_prefix("https://")?;
        let (host, port) = split_authority(rest.strip_suffix('/').unwrap_or(rest))?;
        Some(Origin { port, ..Origin::of_host(host)? })
    }

    /// The origin of any `https:` URL without a user in it.
    #[must_use]
    pub fn of_url(url: &str) -> Option<Origin> {
        if url.len() > 512 || !url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
            return None;
        }
        let rest = url.strip_prefix("https://")?;
        let authority = rest.split(['/', '?', '#']).next()?;
        let (host, port) = split_authority(authority)?;
        Some(Origin { port, ..Origin::of_host(host)? })
    }

    /// The host, in lower case.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port; 443 unless another was named.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.port == HTTPS {
            write!(f, "https://{}", self.host)
        } else {
            write!(f, "https://{}:{}", self.host, self.port)
        }
    }
}

impl TryFrom<String> for Origin {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Origin, &'static str> {
        Origin::parse(&text).ok_or("not an origin: https://host or https://host:port")
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> String {
        origin.to_string()
    }
}

fn split_authority(authority: &str) -> Option<(&str, u16)> {
    match authority.rsplit_once(':') {
        Some((host, port)) => Some((host, port.parse().ok().filter(|port| *port != 0)?)),
        None => Some((authority, HTTPS)),
    }
}

/// A name of letters, digits, hyphens and dots; not an address: nobody vouches for an address.
fn is_host(host: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= 253 && host.split('.').all(label) && host.parse::<std::net::Ipv4Addr>().is_err()
}

/// Whether two hosts belong to the same registrant: the same name below the public suffix (crate `psl`), or the very
/// same host. `example.co.uk` and `other.co.uk` do not.
#[must_use]
pub fn same_registrant(one: &str, other: &str) -> bool {
    let (one, other) = (one.to_ascii_lowercase(), other.to_ascii_lowercase());
    if one == other {
        return true;
    }
    match (psl::domain_str(&one), psl::domain_str(&other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// Whether a word of a text can be a host: below a public suffix that is in use, or an address of four numbers.
#[must_use]
pub fn names_a_host(word: &str) -> bool {
    let known = || psl::suffix(word.to_ascii_lowercase().as_bytes()).is_some_and(|suffix| suffix.is_known());
    let labels = word.split('.').count() > 1 && word.split('.').all(|label| !label.is_empty());
    labels && (word.parse::<std::net::Ipv4Addr>().is_ok() || known())
}

/// A path below an origin: `/sasa/changes`. Never a URL, never two slashes at the beginning, no query, no `..`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Path(String);

impl Path {
    /// Takes a path of at most 256 harmless characters.
    #[must_use]
    pub fn parse(text: &str) -> Option<Path> {
        let harmless = |c: char| c.is_ascii_alphanumeric() || "-_.~/".contains(c);
        let good = text.starts_with('/')
            && text.len() <= 256
            && text.chars().all(harmless)
            && !text.contains("//")
            && !text.split('/').any(|part| part == "." || part == "..");
        good.then(|| Path(text.to_owned()))
    }

    /// One more part behind: `/sasa/changes` and `01JD…`. `None` if that is no path.
    #[must_use]
    pub fn join(&self, part: &str) -> Option<Path> {
        if part.contains('/') {
            return None;
        }
        Path::parse(&format!("{}/{part}", self.0.trim_end_matches('/')))
    }

    /// The same with something at its end: `/sasa/notices.json` and `.minisig`.
    #[must_use]
    pub fn with_suffix(&self, suffix: &str) -> Option<Path> {
        Path::parse(&format!("{}{suffix}", self.0))
    }

    /// The path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Path {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Path {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Path, &'static str> {
        Path::parse(&text).ok_or("not a path below the issuer")
    }
}

impl From<Path> for String {
    fn from(path: Path) -> String {
        path.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_https_a_host_and_perhaps_a_port() {
        let plain = Origin::parse("https://Account.VOIP.example").unwrap();
        assert_eq!(
            (plain.host(), plain.port(), plain.to_string().as_str()),
            ("account.voip.example", 443, "https://account.voip.example")
        );
        assert_eq!(Origin::parse("https://voip.example:8443/").unwrap().to_string(), "https://voip.example:8443");
        for bad in [
            "http://voip.example",
            "https://",
            "https://voip.example/path",
            "https://user@voip.example",
            "https://voip.example:0",
            "https://voip.example:99999",
            "https://192.0.2.1",
            "https://[::1]",
            "https://voip..example",
            "https://-voip.example",
            "https://vo ip.example",
            "HTTPS://voip.example?x",
            "https://voip.example\u{202e}",
        ] {
            assert_eq!(Origin::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_origin_of_a_url_is_where_it_leads_and_not_what_it_looks_like() {
        let host = |url| Origin::of_url(url).map(|origin| origin.host().to_owned());
        assert_eq!(host("https://voip.example/login?next=/x").as_deref(), Some("voip.example"));
        assert_eq!(host("https://voip.example@evil.example/"), None);
        assert_eq!(host("https://evil.example\\@voip.example/"), None);
        assert_eq!(host("javascript:alert(1)"), None);
    }

    #[test]
    fn registrants_are_told_apart_by_the_public_suffix() {
        assert!(same_registrant("sip.voip.co.uk", "account.voip.co.uk"));
        assert!(same_registrant("VOIP.example", "account.voip.example"));
        assert!(!same_registrant("voip.co.uk", "other.co.uk"));
        assert!(!same_registrant("voip.example", "voip.example.evil.example"));
        assert!(!same_registrant("co.uk", "voip.co.uk"));
        assert!(same_registrant("localhost", "localhost"));
    }

    #[test]
    fn a_path_cannot_lead_away() {
        assert_eq!(Path::parse("/sasa/changes").unwrap().join("01JD").unwrap().as_str(), "/sasa/changes/01JD");
        assert_eq!(Path::parse("/n.json").unwrap().with_suffix(".minisig").unwrap().as_str(), "/n.json.minisig");
        for bad in [
            "",
            "sasa",
            "//evil.example/x",
            "/a//b",
            "/../x",
            "/a/..",
            "https://evil.example/",
            "/a?b",
            "/a#b",
            "/a\\b",
            "/a%2fb",
            "/ä",
        ] {
            assert_eq!(Path::parse(bad), None, "{bad}");
        }
        assert_eq!(Path::parse("/sasa").unwrap().join("a/b"), None);
        assert_eq!(Path::parse("/sasa").unwrap().join(".."), None);
    }
}
