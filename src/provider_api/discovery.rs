//! The discovery document: where everything is. Fetched from the SIP domain's own origin, without redirects; it can
//! name paths below the issuer, but never another place to send a password to.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::origin::{Origin, Path, same_registrant};
use super::policy::SecretForm;
use super::root::Signed;
use super::secret::Ha1Algorithm;
use super::{MAX_DISCOVERY, ReadError, VERSION, ensure, read};

/// The shortest time between two looks for notices, in seconds.
pub const MIN_POLL: u32 = 5;

/// The discovery document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Discovery {
    /// Major version: `1`.
    pub sasa: String,
    /// Below which origin the endpoints are, and who signs.
    pub issuer: Origin,
    /// The SIP domains that it speaks for.
    pub sip_domains: Vec<String>,
    /// The hosts that lines register with.
    #[serde(default)]
    pub registrars: Vec<String>,
    /// The realm of Digest authentication, in SIP and here.
    pub realm: String,
    /// The algorithms that the registrars ask with: a change carries an HA1 for each.
    #[serde(default = "md5")]
    pub digest: Vec<String>,
    /// The paths of the resources.
    #[serde(default)]
    pub endpoints: Endpoints,
    /// How changes may be authenticated, best first.
    #[serde(default)]
    pub auth: Vec<AuthLevel>,
    /// Who may make new secrets up.
    #[serde(default)]
    pub generation: Vec<Generation>,
    /// In which forms new secrets are taken.
    #[serde(default)]
    pub secret_forms: Vec<SecretForm>,
    /// Pages for people, by symbolic name. Only hosts of the issuer's own registrant, or those that the root lists.
    #[serde(default)]
    pub links: BTreeMap<String, String>,
    /// Who may sign; absent if the provider publishes no notices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<Signed>,
    /// How often to look for notices, in seconds.
    #[serde(default = "quarter_of_an_hour")]
    pub poll_s: u32,
    /// Whether changes with the password alone are taken, and if not, why.
    #[serde(default)]
    pub incident: Incident,
}

fn md5() -> Vec<String> {
    vec!["MD5".to_owned()]
}

const fn quarter_of_an_hour() -> u32 {
    900
}

/// Paths below the issuer; those that are absent are not offered.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Endpoints {
    /// [`super::Policy`]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policy: Option<Path>,
    /// [`super::ChangeRequest`]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changes: Option<Path>,
    /// [`super::sessions::Sessions`]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sessions: Option<Path>,
    /// [`super::guards::Guards`]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guards: Option<Path>,
    /// [`super::devices::Enrolment`]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enrol: Option<Path>,
    /// [`super::notices::Index`]; its signature has `.minisig` behind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notices: Option<Path>,
    /// [`super::own::SignedList`]: the notices for one account alone, to whoever proves to be it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notices_me: Option<Path>,
    /// The folder of the roots: `{roots}/{version}.json` is a [`Signed`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roots: Option<Path>,
}

/// How a change is authenticated (section 4.3), best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum AuthLevel {
    /// A: Digest and the signature of an enrolled device.
    #[serde(rename = "device-key+digest")]
    DeviceKey,
    /// B: a login at the portal (RFC 8628).
    #[serde(rename = "oauth-device")]
    OauthDevice,
    /// C: Digest alone.
    #[serde(rename = "digest")]
    Digest,
    /// A way that we do not know.
    #[serde(other, rename = "unknown")]
    Unknown,
}

/// Who may make a new secret up.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub enum Generation {
    /// The phone.
    #[serde(rename = "client")]
    Client,
    /// The server, in two phases.
    #[serde(rename = "server-two-phase")]
    ServerTwoPhase,
    /// A way that we do not know.
    #[serde(other, rename = "unknown")]
    Unknown,
}

/// Whether an incident is on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Incident {
    /// Whether passwords may be known to thieves. Then the password alone changes nothing (level C is closed).
    pub credentials_exposed: bool,
}

impl Discovery {
    /// Reads a discovery document and checks everything in it that can be checked without a key.
    ///
    /// # Errors
    /// If it is too long or malformed, of another version, or has values that are not allowed.
    pub fn parse(bytes: &[u8]) -> Result<Discovery, ReadError> {
        let doc: Discovery = read(bytes, MAX_DISCOVERY)?;
        if doc.sasa != VERSION {
            return Err(ReadError::Version);
        }
        let host = |host: &String| Origin::of_host(host).is_some();
        ensure((1..=64).contains(&doc.sip_domains.len()) && doc.sip_domains.iter().all(host), "sip_domains")?;
        ensure(doc.registrars.len() <= 64 && doc.registrars.iter().all(|it| it.len() <= 253), "registrars")?;
        ensure((1..=256).contains(&doc.realm.len()) && !doc.realm.chars().any(char::is_control), "realm")?;
        ensure(doc.digest.len() <= 8 && doc.digest.iter().all(|it| it.len() <= 32), "digest")?;
        ensure(doc.links.len() <= 16 && doc.links.keys().all(|it| it.len() <= 32), "links")?;
        ensure(doc.links.values().all(|url| Origin::of_url(url).is_some()), "links")?;
        ensure((MIN_POLL..=86_400).contains(&doc.poll_s), "poll_s")?;
        Ok(doc)
    }

    /// Whether this document may speak for `sip_domain`: it says so itself, and its issuer belongs to the same
    /// registrant (or to one that our catalogue lists: `listed`).
    #[must_use]
    pub fn speaks_for(&self, sip_domain: &str, listed: &[Origin]) -> bool {
        let named = self.sip_domains.iter().any(|domain| domain.eq_ignore_ascii_case(sip_domain));
        named && (same_registrant(self.issuer.host(), sip_domain) || listed.contains(&self.issuer))
    }

    /// The algorithms of `digest` that we know.
    #[must_use]
    pub fn algorithms(&self) -> Vec<Ha1Algorithm> {
        let named = |algorithm: &Ha1Algorithm| self.digest.iter().any(|it| it.eq_ignore_ascii_case(algorithm.name()));
        Ha1Algorithm::ALL.into_iter().filter(named).collect()
    }

    /// The page of this symbolic name, if its host belongs to the issuer's registrant or to `listed`.
    #[must_use]
    pub fn link(&self, name: &str, listed: &[String]) -> Option<&str> {
        let url = self.links.get(name)?;
        let origin = Origin::of_url(url)?;
        let ours = same_registrant(origin.host(), self.issuer.host());
        (ours || listed.iter().any(|host| host.eq_ignore_ascii_case(origin.host()))).then_some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKETCH: &str = r#"{"sasa":"1","issuer":"https://account.voip.example","sip_domains":["voip.example"],
 "registrars":["sip.voip.example"],"realm":"voip.example","digest":["SHA-256","MD5","X"],
 "endpoints":{"policy":"/sasa/policy","changes":"/sasa/changes","notices":"/sasa/notices.json","events":"/sasa/events"},
 "auth":["device-key+digest","oauth-device","digest","telepathy"],"generation":["client","server-two-phase","dice"],
 "secret_forms":["plain","ha1","other"],"emergency_numbers":["999","112"],
 "links":{"portal":"https://voip.example/login","status":"https://status.other.example"},"poll_s":900}"#;

    fn with(from: &str, to: &str) -> Result<Discovery, ReadError> {
        assert!(SKETCH.contains(from), "{from}");
        Discovery::parse(SKETCH.replace(from, to).as_bytes())
    }

    #[test]
    fn the_sketch_of_the_design_is_read() {
        let doc = with("900", "900").unwrap();
        assert_eq!(doc.algorithms(), [Ha1Algorithm::Md5, Ha1Algorithm::Sha256]);
        assert_eq!(doc.auth.last(), Some(&AuthLevel::Unknown));
        assert_eq!(doc.endpoints.guards, None);
        assert!(doc.speaks_for("VOIP.example", &[]) && !doc.speaks_for("other.example", &[]));
    }

    #[test]
    fn a_document_that_points_elsewhere_is_not_believed() {
        let away = with("https://account.voip.example", "https://account.evil.example").unwrap();
        assert!(!away.speaks_for("voip.example", &[]));
        assert!(away.speaks_for("voip.example", &[Origin::parse("https://account.evil.example").unwrap()]));
        for (from, to) in [
            ("\"/sasa/changes\"", "\"https://evil.example/changes\""),
            ("\"/sasa/changes\"", "\"//evil.example/changes\""),
            ("https://account.voip.example", "http://account.voip.example"),
            ("https://account.voip.example", "https://account.voip.example/sasa"),
            ("https://voip.example/login", "javascript:alert(1)"),
            ("https://voip.example/login", "http://voip.example/login"),
        ] {
            assert!(with(from, to).is_err(), "{to}");
        }
    }

    #[test]
    fn a_link_leads_to_the_issuers_registrant_or_to_a_listed_host() {
        let doc = with("900", "900").unwrap();
        assert_eq!(doc.link("portal", &[]), Some("https://voip.example/login"));
        assert_eq!(doc.link("status", &[]), None);
        assert_eq!(doc.link("status", &["status.other.example".into()]), Some("https://status.other.example"));
        assert_eq!(doc.link("missing", &[]), None);
    }

    #[test]
    fn values_out_of_bounds_are_refused() {
        for (from, to) in [("900", "1"), ("900", "999999999"), ("\"voip.example\",\"digest\"", "\"\",\"digest\"")] {
            assert!(matches!(with(from, to), Err(ReadError::Value(_))), "{to}");
        }
        assert_eq!(with("\"sasa\":\"1\"", "\"sasa\":\"2\""), Err(ReadError::Version));
        assert_eq!(Discovery::parse(&vec![b' '; MAX_DISCOVERY + 1]), Err(ReadError::TooLong(MAX_DISCOVERY)));
        assert!(matches!(Discovery::parse(b"{\"sasa\":\"1\""), Err(ReadError::Shape(_))));
    }
}
