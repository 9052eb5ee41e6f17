//! Where the provider's website is: typed by the person, from a preset, or from the pinned discovery document; never
//! from a notice. Only https, only a host that people can read, nothing that names a user or a port.

use std::sync::Arc;

use crate::phone::view::{Link, LinkSource};

/// The longest address that is taken.
const LONGEST: usize = 256;

/// Makes an https address of what a person typed: `voip.example`, `www.voip.example/login`, `https://…`.
#[must_use]
pub fn typed(text: &str) -> Option<Link> {
    link(text.trim(), LinkSource::Person)
}

/// The same for an address from elsewhere.
#[must_use]
pub fn link(text: &str, from: LinkSource) -> Option<Link> {
    if text.len() > LONGEST || !text.bytes().all(|byte| matches!(byte, b'!'..=b'~')) {
        return None;
    }
    let rest = match text.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("https") => rest,
        Some(_) => return None,
        None => text,
    };
    let (host, path) = rest.find(['/', '?', '#']).map_or((rest, ""), |at| rest.split_at(at));
    if path.contains(['\\', '"', '<', '>', '`', '^', '{', '}', '|']) {
        return None;
    }
    let host = host.to_ascii_lowercase();
    is_name(&host).then(|| Link { url: format!("https://{host}{path}"), host, from })
}

/// The page of the W3C's convention for changing a password at a website.
#[must_use]
pub fn well_known(host: &str, from: LinkSource) -> Option<Link> {
    link(&format!("{host}/.well-known/change-password"), from)
}

/// A host name with at least two labels. No addresses in numbers, no ports, no names that only look like others
/// (`xn--`): the person shall recognise what is opened.
fn is_name(host: &str) -> bool {
    let labels: Vec<&str> = host.split('.').collect();
    let is_label = |label: &&str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with(['-'])
            && !label.ends_with('-')
            && !label.starts_with("xn--")
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let top_is_a_word = labels.last().is_some_and(|top| top.bytes().any(|byte| byte.is_ascii_alphabetic()));
    labels.len() >= 2 && top_is_a_word && labels.iter().all(is_label)
}

/// A provider that this program knows something of. The source of each row is named in the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Preset {
    /// Its SIP domain.
    pub domain: Arc<str>,
    /// The page of its website where a line password is changed, or its front page.
    pub portal: Link,
}

/// `assets/providers.tsv`: SIP domain, address, where that was read, and when.
const PRESETS: &str = include_str!("../../../assets/providers.tsv");

/// What is known of the provider of this domain, or of one that it is part of.
#[must_use]
pub fn preset(domain: &str) -> Option<Preset> {
    let domain = domain.to_ascii_lowercase();
    let rows = PRESETS.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    rows.filter_map(|line| {
        let mut cells = line.split('\t');
        Some((cells.next()?, cells.next()?))
    })
    .find(|(known, _)| domain == *known || domain.strip_suffix(known).is_some_and(|rest| rest.ends_with('.')))
    .and_then(|(known, url)| Some(Preset { domain: known.into(), portal: link(url, LinkSource::Preset)? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_type_becomes_an_https_address() {
        for (text, url, host) in [
            ("voip.example", "https://voip.example", "voip.example"),
            (" Voip.Example/login?a=b ", "https://voip.example/login?a=b", "voip.example"),
            ("HTTPS://my.voip.example/x#y", "https://my.voip.example/x#y", "my.voip.example"),
        ] {
            let link = typed(text).expect(text);
            assert_eq!((link.url.as_str(), link.host.as_str()), (url, host));
        }
    }

    #[test]
    fn what_could_lead_elsewhere_is_refused() {
        for text in [
            "",
            "voip",
            "http://voip.example",
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://user@voip.example",
            "https://voip.example:8443/",
            "https://voip.example\\@evil.example",
            "192.0.2.1",
            "https://[2001:db8::1]/",
            "https://xn--vip-hoa.example",
            "https://v\u{f6}ip.example",
            "voip.example/a b",
            "https://voip.example/\u{202e}",
            "-voip.example",
            "voip..example",
            "https://",
            "https:///x",
        ] {
            assert_eq!(typed(text), None, "{text:?}");
        }
        assert_eq!(typed(&format!("voip.example/{}", "a".repeat(300))), None);
    }

    #[test]
    fn every_preset_is_an_address_and_names_its_source() {
        let rows: Vec<&str> = PRESETS.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).collect();
        assert!(!rows.is_empty());
        for row in rows {
            let cells: Vec<&str> = row.split('\t').collect();
            assert_eq!(cells.len(), 4, "{row}: domain, address, source, date");
            let found = preset(&format!("sip.{}", cells[0])).expect(row);
            assert_eq!(found.portal.url, cells[1]);
            assert!(cells[2].starts_with("https://"), "{row}");
        }
        assert_eq!(preset("voip.example"), None);
        assert_eq!(preset("notsipgate.de.example"), None);
    }

    #[test]
    fn the_well_known_page_is_at_the_root() {
        let page = well_known("voip.example", LinkSource::Person).expect("an address");
        assert_eq!(page.url, "https://voip.example/.well-known/change-password");
    }
}
