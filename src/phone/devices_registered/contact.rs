//! One contact of a registrar's answer, as a device: how it is recognised, and where it is.

use std::net::{IpAddr, SocketAddr};

use crate::base::WallTime;
use crate::phone::view::SessionId;
use crate::sip::{NameAddr, SipUri};

/// Begins the key of a device that registers with our own instance from a place that was never ours.
pub const CLAIMS: &str = "claims:";
/// The longest key, name or place that is kept of what a stranger chose.
pub const LONGEST: usize = 64;

/// A device as the registrar names it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seen {
    /// Recognises it the next time: its instance (RFC 5626 §4.1), else user and host. The port is left out, for most
    /// phones take another at each start.
    pub key: String,
    /// Its own address, or the name of its host.
    pub place: String,
    /// Where its packets come from, if the registrar says so and it is elsewhere than `place` (Kamailio's
    /// `received`).
    pub through: Option<IpAddr>,
    /// It gave no instance: the key is where it is.
    pub by_place: bool,
    /// What the provider's own list tells of it.
    pub told: Option<Told>,
}

/// What the provider's own list tells of a device, sanitised.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Told {
    /// What it calls itself.
    pub software: Option<String>,
    /// The country of its address, two letters.
    pub country: Option<String>,
    /// Registered since.
    pub registered: Option<WallTime>,
    /// Registered last.
    pub refreshed: Option<WallTime>,
    /// Registered until.
    pub expires: Option<WallTime>,
    /// With what it can be ended; none if that cannot be asked for.
    pub session: Option<SessionId>,
}

impl Seen {
    /// Reads a contact; `None` for what is no SIP address. `instance_of_ours` is the instance that this computer
    /// registers with: whoever uses it from elsewhere is not taken for another device of that name, but told apart.
    #[must_use]
    pub fn read(contact: &NameAddr, instance_of_ours: &str) -> Option<Seen> {
        let uri = contact.uri.sip()?;
        let place = clean(&uri.host.to_string());
        if place.is_empty() {
            return None;
        }
        let claimed = instance(contact);
        let claims_to_be_us = claimed.as_deref() == Some(instance_of_ours);
        let by_place = claimed.is_none();
        let key = match claimed {
            Some(_) if claims_to_be_us => format!("{CLAIMS}{place}"),
            Some(instance) => clean(&instance),
            None => clean(&format!("{}@{place}", uri.user.as_deref().unwrap_or_default())),
        };
        let received = contact.params.get("received").and_then(|text| address_in(&text));
        let through = received.filter(|through| uri.host.ip() != Some(*through));
        Some(Seen { key, place, through, by_place, told: None })
    }
}

/// How a contact of ours is remembered.
#[must_use]
pub fn own(contact: &SipUri) -> String {
    clean(&format!("{}@{}", contact.user.as_deref().unwrap_or_default(), contact.host))
}

/// `+sip.instance` without quotes and angle brackets.
#[must_use]
pub fn instance(contact: &NameAddr) -> Option<String> {
    let text = contact.params.get("+sip.instance")?;
    let text = text.trim_matches(|c| matches!(c, '"' | '<' | '>'));
    (!text.is_empty()).then(|| text.to_ascii_lowercase())
}

/// The address in `sip:192.0.2.7:5060;transport=udp`.
fn address_in(text: &str) -> Option<IpAddr> {
    let text = text.trim_matches('"');
    let text = text.strip_prefix("sip:").unwrap_or(text);
    let text = text.split(';').next().unwrap_or_default();
    let with_port = text.parse::<SocketAddr>().map(|address| address.ip());
    with_port.or_else(|_| text.trim_matches(|c| matches!(c, '[' | ']')).parse()).ok()
}

/// Printable ASCII of bounded length: it comes from whoever registered.
pub(super) fn clean(text: &str) -> String {
    text.chars().filter(|c| matches!(c, '!'..='~')).take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Seen {
        Seen::read(&NameAddr::parse(text).expect("a contact"), "urn:uuid:ours").expect("a device")
    }

    #[test]
    fn a_device_is_recognised_by_its_instance_or_by_user_and_host() {
        let desk = seen("<sip:anna@192.168.1.20:5060>;expires=300;+sip.instance=\"<urn:uuid:AAAA>\"");
        assert_eq!((desk.key.as_str(), desk.place.as_str()), ("urn:uuid:aaaa", "192.168.1.20"));
        let plain = seen("<sip:anna@192.168.1.20:5060;transport=udp>;expires=300");
        assert_eq!(plain.key, "anna@192.168.1.20");
        assert_eq!(plain, seen("<sip:anna@192.168.1.20:41022>"), "another port is the same device");
        assert_ne!(plain.key, seen("<sip:anna@192.168.1.21:5060>").key);
    }

    #[test]
    fn whoever_borrows_our_instance_does_not_hide_behind_it() {
        let thief = seen("<sip:anna@203.0.113.9>;+sip.instance=\"<urn:uuid:OURS>\"");
        assert_eq!(thief.key, "claims:203.0.113.9");
    }

    #[test]
    fn where_its_packets_come_from_is_told_only_if_it_is_elsewhere() {
        let nat = seen("<sip:anna@192.168.1.20:5060>;received=\"sip:203.0.113.5:5060\"");
        assert_eq!(nat.through, Some("203.0.113.5".parse().unwrap()));
        assert_eq!(seen("<sip:a@203.0.113.5>;received=\"sip:203.0.113.5:5060\"").through, None);
        assert_eq!(seen("<sip:a@203.0.113.5>;received=\"nonsense\"").through, None);
        assert_eq!(seen("<sip:a@h>;received=\"sip:[2001:db8::1]:5060\"").through, Some("2001:db8::1".parse().unwrap()));
    }

    #[test]
    fn what_a_stranger_calls_itself_is_short_and_printable() {
        let long = format!("<sip:{}@192.0.2.1>", "x".repeat(500));
        assert_eq!(seen(&long).key.len(), LONGEST);
        let odd = seen("<sip:a@192.0.2.1>;+sip.instance=\"<urn:\u{202e}x y>\"");
        assert_eq!(odd.key, "urn:xy");
    }
}
