//! What a provider publishes, on the scripted web.

use ringfence::base::{Secret, WallTime};
use ringfence::port::http::Answer;
use ringfence::provider_api::Stamp;
use serde_json::Value;

use super::rig::{DOMAIN, ISSUER, Provider, sign};
use super::world::World;

impl World {
    /// The provider publishes this list of notices; its clock says `date`.
    pub(super) fn publish(&mut self, provider: &Provider, list: &Value, date: WallTime) {
        let page = |body: &[u8]| Answer {
            status: 200,
            body: Secret::new(body.to_vec()),
            date: Some(Stamp(date)),
            ..Answer::default()
        };
        let bytes = serde_json::to_vec(list).expect("JSON");
        let signature = sign(&provider.notices, &bytes);
        self.web.insert(format!("https://{DOMAIN}/.well-known/sip-account-security"), page(&provider.discovery()));
        self.web.insert(format!("{ISSUER}/sasa/notices.json"), page(&bytes));
        self.web.insert(format!("{ISSUER}/sasa/notices.json.minisig"), page(signature.as_bytes()));
    }
}
