//! The provider's own list (`GET sessions`, account-security 4.4) as devices: which row is us, which are others, what
//! else is on it. Pure: no phone, no clock.

use super::contact::{CLAIMS, Seen, Told, clean};
use crate::phone::view::{OwnView, SessionId};
use crate::provider_api::devices::{Device, DeviceState};
use crate::provider_api::sessions::{PortalSession, Registration, Sessions};
use crate::sip::NameAddr;

/// Who we are, to find ourselves on a list.
#[derive(Clone, Debug)]
pub struct Us<'a> {
    /// Our instance, `urn:uuid:…`.
    pub instance: &'a str,
    /// Our contacts, as [`super::contact::own`] writes them.
    pub contacts: Vec<String>,
    /// Our addresses as far as we know them.
    pub hosts: Vec<String>,
}

/// What is on a list beside the other telephones.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Listed {
    /// Our own row.
    pub own: Option<OwnView>,
    /// Logins to the website.
    pub logins: Vec<PortalSession>,
    /// Keys that may sign changes.
    pub keys: Vec<Device>,
}

impl Listed {
    /// Whether a login or a key of this name is on it.
    #[must_use]
    pub fn names(&self, session: &SessionId) -> bool {
        self.logins.iter().any(|login| login.id == session.0) || self.keys.iter().any(|key| key.id == session.0)
    }

    /// The ids of its logins and keys. Those without one cannot be told apart.
    pub(super) fn ids(&self) -> impl Iterator<Item = &String> {
        let ids = self.logins.iter().map(|login| &login.id).chain(self.keys.iter().map(|key| &key.id));
        ids.filter(|id| !id.is_empty())
    }
}

/// One row's address, read as far as it can be.
#[derive(Default)]
struct Place {
    user: String,
    host: String,
}

impl Place {
    /// Kamailio tells contacts and received addresses as URIs, others plain addresses, with or without a port.
    fn read(text: &str) -> Place {
        let text = text.trim();
        if let Some(uri) = NameAddr::parse(text).as_ref().and_then(|contact| contact.uri.sip()) {
            let user = uri.user.clone().unwrap_or_default();
            return Place { user, host: clean(&uri.host.to_string()) };
        }
        let host = match text.parse::<std::net::SocketAddr>() {
            Ok(address) => address.ip().to_string(),
            Err(_) => text.trim_matches(['[', ']']).to_owned(),
        };
        Place { user: String::new(), host: clean(&host) }
    }

    fn key(&self) -> String {
        clean(&format!("{}@{}", self.user, self.host))
    }
}

/// A list, sorted: the other telephones, and the rest.
#[must_use]
pub fn read(sessions: &Sessions, us: &Us<'_>) -> (Vec<Seen>, Listed) {
    let rows: Vec<(&Registration, Place, Option<String>)> = sessions
        .registrations
        .iter()
        .map(|row| (row, Place::read(row.address.as_deref().unwrap_or_default()), instance(row)))
        .collect();
    let own = own_row(&rows, us);
    let mut listed = Listed {
        own: None,
        logins: sessions.portal.clone(),
        keys: sessions.devices.iter().filter(is_there).cloned().collect(),
    };
    let mut others = Vec::new();
    for (at, (row, place, instance)) in rows.iter().enumerate() {
        if Some(at) == own {
            listed.own = Some(OwnView {
                place: place.host.clone(),
                registered: row.since.map(|at| at.0),
                refreshed: row.refreshed.map(|at| at.0),
                expires: row.expires.map(|at| at.0),
            });
            continue;
        }
        let key = match instance {
            Some(instance) if instance == us.instance => format!("{CLAIMS}{}", place.host),
            Some(instance) => clean(instance),
            // Nothing tells it from others but the row itself.
            None if place.host.is_empty() => clean(&format!("row:{}", row.id)),
            None => place.key(),
        };
        let told = Told {
            software: row.user_agent.clone().filter(|text| !text.is_empty()),
            country: row.country.clone().filter(|text| text.len() == 2),
            registered: row.since.map(|at| at.0),
            refreshed: row.refreshed.map(|at| at.0),
            expires: row.expires.map(|at| at.0),
            session: Some(SessionId(row.id.clone())).filter(|id| !id.0.is_empty()),
        };
        let by_place = instance.is_none();
        others.push(Seen { key, place: place.host.clone(), through: None, by_place, told: Some(told) });
    }
    (others, listed)
}

fn is_there(device: &&Device) -> bool {
    device.state != DeviceState::Removed
}

fn instance(row: &Registration) -> Option<String> {
    let text = row.instance.as_deref()?.trim_matches(['"', '<', '>']).to_ascii_lowercase();
    (!text.is_empty()).then_some(text)
}

/// The row that is us: at most one. Our instance decides, for only we know it; where several rows have it, the one that
/// the provider calls ours, or that is where we are. A row of another instance is another device, whatever is said.
fn own_row(rows: &[(&Registration, Place, Option<String>)], us: &Us<'_>) -> Option<usize> {
    let is_ours = |place: &Place| us.contacts.contains(&place.key()) || us.hosts.contains(&place.host);
    let with_instance = |wanted: &dyn Fn(&Registration, &Place) -> bool| {
        rows.iter().position(|(row, place, instance)| instance.as_deref() == Some(us.instance) && wanted(row, place))
    };
    with_instance(&|_, place| is_ours(place))
        .or_else(|| with_instance(&|row, _| row.own))
        .or_else(|| with_instance(&|_, _| true))
        .or_else(|| rows.iter().position(|(row, _, instance)| instance.is_none() && row.own))
        .or_else(|| rows.iter().position(|(_, it, instance)| instance.is_none() && us.contacts.contains(&it.key())))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "urn:uuid:ours";

    fn listed(json: &str) -> (Vec<Seen>, Listed) {
        let sessions = Sessions::parse(json.as_bytes()).expect("a list");
        let us = Us { instance: OURS, contacts: vec!["k3y@192.0.2.1".into()], hosts: vec!["192.0.2.1".into()] };
        read(&sessions, &us)
    }

    #[test]
    fn we_are_found_by_our_instance_and_are_not_among_the_others() {
        let (others, list) = listed(
            r#"{"registrations":[{"id":"a","instance":"<urn:uuid:OURS>","address":"sip:k3y@192.0.2.1:5061"},
                {"id":"b","instance":"urn:uuid:desk","address":"192.168.1.20:5060","user_agent":"Yealink","country":"GB",
                 "since":"2026-11-22T10:00:00Z","expires":"2026-11-22T11:00:00Z"}]}"#,
        );
        assert_eq!(list.own.map(|own| own.place), Some("192.0.2.1".to_owned()));
        let [desk] = others.as_slice() else { panic!("{others:?}") };
        assert_eq!((desk.key.as_str(), desk.place.as_str()), ("urn:uuid:desk", "192.168.1.20"));
        let told = desk.told.as_ref().unwrap();
        assert_eq!((told.software.as_deref(), told.country.as_deref()), (Some("Yealink"), Some("GB")));
        assert!(told.registered < told.expires && told.session == Some(SessionId("b".into())));
    }

    #[test]
    fn whoever_borrows_our_instance_or_is_called_ours_with_another_is_another_device() {
        let (others, list) = listed(
            r#"{"registrations":[{"id":"thief","instance":"urn:uuid:ours","address":"203.0.113.9","self":true},
                {"id":"us","instance":"urn:uuid:ours","address":"192.0.2.1"},
                {"id":"liar","instance":"urn:uuid:other","address":"203.0.113.8","self":true}]}"#,
        );
        let keys: Vec<&str> = others.iter().map(|seen| seen.key.as_str()).collect();
        assert_eq!(keys, ["claims:203.0.113.9", "urn:uuid:other"]);
        assert!(list.own.is_some());
    }

    #[test]
    fn a_list_without_us_has_no_own_row() {
        let (others, list) = listed(r#"{"registrations":[{"id":"b","address":"[2001:db8::1]:5060"}]}"#);
        assert_eq!((others[0].place.as_str(), list.own), ("2001:db8::1", None));
        assert!(others[0].by_place);
    }

    #[test]
    fn rows_without_anything_are_told_apart_by_their_ids() {
        let (others, _) = listed(r#"{"registrations":[{"id":"x"},{"id":"y"},{"id":"../z"}]}"#);
        let keys: Vec<&str> = others.iter().map(|seen| seen.key.as_str()).collect();
        assert_eq!(keys, ["row:x", "row:y", "row:"]);
        assert_eq!(others[2].told.as_ref().unwrap().session, None, "an id that leads elsewhere is no id");
    }
}
