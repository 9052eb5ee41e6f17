//! `GET sessions`, `DELETE sessions/{id}`: who else is on the line, as the provider sees it.

use serde::{Deserialize, Serialize};

use super::text::plain;
use super::time::Stamp;
use super::{MAX_BODY, ReadError, ensure, read};

/// Everything that acts for this account.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Sessions {
    /// Telephones that are registered.
    pub registrations: Vec<Registration>,
    /// Logins to the website.
    pub portal: Vec<PortalSession>,
    /// Devices whose keys may sign changes.
    pub devices: Vec<super::devices::Device>,
}

/// One registered telephone.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Registration {
    /// For `DELETE`.
    pub id: String,
    /// `+sip.instance`, if it gave one.
    pub instance: Option<String>,
    /// Its User-Agent.
    pub user_agent: Option<String>,
    /// The address from which it registered.
    pub address: Option<String>,
    /// The country of that address, two letters.
    pub country: Option<String>,
    /// Since when, without a gap.
    pub since: Option<Stamp>,
    /// When it registered last: a refresh counts (RFC 3261 §10.2.4).
    pub refreshed: Option<Stamp>,
    /// Until when, unless it registers again.
    pub expires: Option<Stamp>,
    /// Whether it is whoever asks.
    #[serde(rename = "self")]
    pub own: bool,
}

/// One login to the website.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PortalSession {
    /// For `DELETE`.
    pub id: String,
    /// The browser, in its own words.
    pub user_agent: Option<String>,
    /// The country of its address, two letters.
    pub country: Option<String>,
    /// Since when.
    pub since: Option<Stamp>,
}

/// The most rows of each kind that are taken.
pub const MAX_ROWS: usize = 200;

impl Sessions {
    /// Reads the list. Texts come back sanitised: telephones choose their own names. An id that cannot stand in a path
    /// comes back empty: an id that was mended would be another row's.
    ///
    /// # Errors
    /// If it is too long or malformed.
    pub fn parse(bytes: &[u8]) -> Result<Sessions, ReadError> {
        let mut all: Sessions = read(bytes, MAX_BODY)?;
        let rows = all.registrations.len().max(all.portal.len()).max(all.devices.len());
        ensure(rows <= MAX_ROWS, "the number of rows")?;
        for row in &mut all.registrations {
            clean(&mut [&mut row.instance, &mut row.user_agent, &mut row.address]);
            row.country.take_if(|country| !is_country(country));
            row.id = id(&row.id);
        }
        for row in &mut all.portal {
            clean(&mut [&mut row.user_agent]);
            row.country.take_if(|country| !is_country(country));
            row.id = id(&row.id);
        }
        for row in &mut all.devices {
            row.label = plain(&row.label, 64);
            row.id = id(&row.id);
        }
        Ok(all)
    }
}

/// The id as it stands, if it can be asked for: letters, digits and `-_.~`.
fn id(text: &str) -> String {
    let harmless = |c: char| c.is_ascii_alphanumeric() || "-_.~".contains(c);
    let good = (1..=128).contains(&text.len()) && text.chars().all(harmless) && !text.chars().all(|c| c == '.');
    if good { text.to_owned() } else { String::new() }
}

/// Two letters: what else is said there is no country, and stands among words of ours.
fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
}

fn clean(texts: &mut [&mut Option<String>]) {
    for text in texts.iter_mut() {
        if let Some(text) = text.as_mut() {
            *text = plain(text, 128);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_telephones_gave_themselves_are_cleaned() {
        let list = r#"{"registrations":[{"id":"r1","user_agent":"Evil\u202egnp.exe\u0007","self":true}],"x":1}"#;
        let list = Sessions::parse(list.as_bytes()).unwrap();
        assert_eq!(list.registrations[0].user_agent.as_deref(), Some("Evilgnp.exe"));
        assert!(list.registrations[0].own);
    }

    #[test]
    fn a_country_is_two_letters_or_none() {
        for (said, kept) in [("GB", Some("GB")), ("lv", Some("lv")), ("UK now", None), ("שם", None), ("", None)] {
            let list = serde_json::json!({ "registrations": [{ "country": said }], "portal": [{ "country": said }] });
            let list = Sessions::parse(list.to_string().as_bytes()).unwrap();
            let found = [&list.registrations[0].country, &list.portal[0].country];
            assert_eq!(found.map(Option::as_deref), [kept; 2], "{said}");
        }
    }

    #[test]
    fn an_id_that_leads_elsewhere_is_none() {
        for (bad, kept) in
            [("a/b", ""), ("..", ""), ("a?x", ""), ("a\u{202e}b", ""), ("", ""), ("uloc-1.2_3~", "uloc-1.2_3~")]
        {
            let list = serde_json::json!({ "registrations": [{ "id": bad }], "portal": [{ "id": bad }],
                "devices": [{ "id": bad }] });
            let list = Sessions::parse(list.to_string().as_bytes()).unwrap();
            assert_eq!([&list.registrations[0].id, &list.portal[0].id, &list.devices[0].id], [kept; 3], "{bad}");
        }
    }

    #[test]
    fn a_list_without_end_is_refused() {
        let many = format!(r#"{{"portal":[{}]}}"#, vec!["{}"; MAX_ROWS + 1].join(","));
        assert_eq!(Sessions::parse(many.as_bytes()), Err(ReadError::Value("the number of rows")));
    }
}
