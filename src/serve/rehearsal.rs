//! The stage of the rehearsal: the demo's keys, made at its start, and what the script's acts do to its provider.

use std::time::Duration;

use super::publish::keys::Signer;
use super::publish::roots;
use super::security::{Control, Sky};
use crate::base::{Now, WallTime};
pub use crate::provider::rehearsal::Scene;
use crate::provider::rehearsal::{Act, Rehearsal};
use crate::provider_api::notices::{Index, Notice, VERSION};
use crate::provider_api::root::{NoticesKey, Root};
use crate::provider_api::{Origin, SignedList, Stamp, own};

/// A list of the demo's is good for this long.
const LIST: Duration = Duration::from_secs(6 * 86_400);
/// The demo's keys and root are good for this long: longer than any demo runs.
const KEYS: Duration = Duration::from_secs(300 * 86_400);

/// The demo's publishing: a root from its start, and a list that may be empty.
#[derive(Debug)]
pub struct Stage {
    control: Control,
    signer: Signer,
    issuer: Origin,
    seq: u64,
    /// How many rehearsals there were.
    number: u32,
    playing: Option<Rehearsal>,
}

impl Stage {
    /// Makes keys, publishes the root and an empty list.
    ///
    /// # Errors
    /// In words.
    pub fn open(control: Control, domain: &str, now: WallTime) -> Result<Stage, String> {
        let issuer = Origin::of_host(domain).ok_or("the demo's domain is no host")?;
        let (root_key, signer) = (Signer::in_memory("root-1")?, Signer::in_memory("notices-1")?);
        let until = roots::after(now, KEYS);
        let root = Root {
            sasa: crate::provider_api::VERSION.to_owned(),
            version: 1,
            issuer: issuer.clone(),
            sip_domains: vec![domain.to_owned()],
            realm: domain.to_owned(),
            threshold: 1,
            keys: [(root_key.name.clone(), root_key.public.clone())].into(),
            notices: [(signer.name.clone(), NoticesKey { key: signer.public.clone(), expires: until })].into(),
            expires: until,
            link_hosts: Vec::new(),
            emergency_numbers: Vec::new(),
            numbers: std::collections::BTreeMap::new(),
        };
        let signed = roots::sign(&root, &[root_key])?;
        let bytes = serde_json::to_vec(&signed).map_err(|error| error.to_string())?;
        control.publish("roots/1.json", bytes);
        let mut stage = Stage { control, signer, issuer, seq: 0, number: 0, playing: None };
        stage.publish(now, Vec::new())?;
        stage.publish_own(now, domain)?;
        Ok(stage)
    }

    /// Begins a rehearsal; one that goes on ends first.
    ///
    /// # Errors
    /// In words.
    pub fn begin(&mut self, now: Now) -> Result<Option<Scene>, String> {
        self.stop(now)?;
        self.number += 1;
        let Some((rehearsal, acts)) = Rehearsal::begin(now, self.number, self.generation()) else { return Ok(None) };
        self.playing = Some(rehearsal);
        self.perform(now, acts)
    }

    /// Goes on: a scene, if there is a new one.
    ///
    /// # Errors
    /// In words.
    pub fn tick(&mut self, now: Now) -> Result<Option<Scene>, String> {
        let generation = self.generation();
        let Some(rehearsal) = &mut self.playing else { return Ok(None) };
        let acts = rehearsal.tick(now, generation);
        if rehearsal.is_over() {
            self.playing = None;
        }
        self.perform(now, acts)
    }

    /// Whether one goes on.
    #[must_use]
    pub const fn is_playing(&self) -> bool {
        self.playing.is_some()
    }

    /// Ends a rehearsal that goes on: everything is as it was.
    ///
    /// # Errors
    /// In words.
    pub fn stop(&mut self, now: Now) -> Result<(), String> {
        match self.playing.take() {
            Some(rehearsal) => self.perform(now, rehearsal.stop(now)).map(drop),
            None => Ok(()),
        }
    }

    fn perform(&mut self, now: Now, acts: Vec<Act>) -> Result<Option<Scene>, String> {
        let mut scene = None;
        for act in acts {
            match act {
                Act::Publish(notices) => self.publish(now.wall, notices)?,
                Act::Ask(asked) => self.control.must_change(asked),
                Act::LoseReplies(true) => self.control.set_weather(Sky::RepliesLost),
                Act::LoseReplies(false) => self.control.set_weather(Sky::Fair),
                Act::Scene(new) => scene = Some(new),
            }
        }
        Ok(scene)
    }

    fn publish(&mut self, now: WallTime, notices: Vec<Notice>) -> Result<(), String> {
        self.seq += 1;
        let (bytes, signature) = self.sign(now, None, notices)?;
        self.control.publish("notices.json.minisig", signature.into_bytes());
        self.control.publish("notices.json", bytes);
        Ok(())
    }

    /// The list for the visitor alone. It is empty: the rehearsal concerns everybody.
    fn publish_own(&self, now: WallTime, domain: &str) -> Result<(), String> {
        let account = own::account(self.control.user(), domain);
        let (bytes, signature) = self.sign(now, Some(account.clone()), Vec::new())?;
        let list = serde_json::to_vec(&SignedList::wrap(&bytes, signature)).map_err(|error| error.to_string())?;
        self.control.publish_own(&account, list);
        Ok(())
    }

    fn sign(&self, now: WallTime, account: Option<String>, notices: Vec<Notice>) -> Result<(Vec<u8>, String), String> {
        let index = Index {
            sasa_notices: VERSION.to_owned(),
            issuer: self.issuer.clone(),
            account,
            seq: self.seq,
            issued: Stamp(now),
            expires: roots::after(now, LIST),
            notices,
        };
        let bytes = serde_json::to_vec(&index).map_err(|error| error.to_string())?;
        let signature = self.signer.sign(&bytes, &format!("seq={}", self.seq))?;
        Ok((bytes, signature))
    }

    fn generation(&self) -> u64 {
        self.control.password().map_or(0, |(generation, _)| generation)
    }
}
