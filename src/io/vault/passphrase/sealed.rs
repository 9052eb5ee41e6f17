//! What is in the passphrase file: JSON in the age format (c2sp.org/age), with one scrypt recipient.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read as _, Write as _};
use std::iter::once;

use age::secrecy::SecretString;
use age::{DecryptError, Decryptor, Encryptor, scrypt};
use zeroize::Zeroizing;

use crate::base::Secret;
use crate::port::vault::VaultError;

/// More work than this is not done for a file (1 GiB of memory): somebody else may have put it there.
const MOST_WORK: u8 = 20;
/// `age` seals by chunks of this size, and has a buffer for one.
const CHUNK: usize = 64 * 1024;
/// What is inside is never longer.
const LONGEST: u64 = 4 * 1024 * 1024;

/// The entries by account and by slot. Slots of a later version are kept.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Entries(BTreeMap<String, BTreeMap<String, Secret<String>>>);

/// Why a file does not open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Failure {
    /// The passphrase is another; or its wrapping was damaged, which looks the same.
    Wrong,
    /// The file is not whole, or not ours.
    Damaged(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Wrong => f.write_str("wrong passphrase"),
            Failure::Damaged(why) => f.write_str(why),
        }
    }
}

impl Entries {
    pub(super) fn get(&self, account: &str, slot: &str) -> Option<&Secret<String>> {
        self.0.get(account)?.get(slot)
    }

    /// Writes an entry, or removes it. False if that changes nothing.
    pub(super) fn set(&mut self, account: &str, slot: &str, secret: Option<Secret<String>>) -> bool {
        if self.get(account, slot) == secret.as_ref() {
            return false;
        }
        let slots = self.0.entry(account.to_owned()).or_default();
        match secret {
            Some(secret) => drop(slots.insert(slot.to_owned(), secret)),
            None => drop(slots.remove(slot)),
        }
        self.0.retain(|_, slots| !slots.is_empty());
        true
    }

    /// `{"ringfence":1,"accounts":{UUID:{SLOT:SECRET}}}`, in one allocation: growing would leave copies behind.
    fn to_json(&self) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
        let plain = |slots: &BTreeMap<String, Secret<String>>| -> usize {
            slots.iter().map(|(slot, secret)| slot.len() + secret.expose("its length").len() + 8).sum()
        };
        let length: usize = self.0.iter().map(|(account, slots)| account.len() + 8 + plain(slots)).sum();
        // A character takes six bytes at most, as \u0001.
        let mut json = Zeroizing::new(Vec::with_capacity(64 + 6 * length));
        json.extend_from_slice(b"{\"ringfence\":1,\"accounts\":{");
        for (at, (account, slots)) in self.0.iter().enumerate() {
            json.extend_from_slice(if at == 0 { b"" } else { b"," });
            serde_json::to_writer(&mut *json, account)?;
            json.extend_from_slice(b":{");
            for (at, (slot, secret)) in slots.iter().enumerate() {
                json.extend_from_slice(if at == 0 { b"" } else { b"," });
                serde_json::to_writer(&mut *json, slot)?;
                json.push(b':');
                serde_json::to_writer(&mut *json, secret.expose("it is sealed next"))?;
            }
            json.push(b'}');
        }
        json.extend_from_slice(b"}}\n");
        Ok(json)
    }

    fn from_json(json: &[u8]) -> Option<Entries> {
        #[derive(serde::Deserialize)]
        struct Content {
            ringfence: u32,
            accounts: BTreeMap<String, BTreeMap<String, String>>,
        }
        let content: Content = serde_json::from_slice(json).ok()?;
        let secrets = |slots: BTreeMap<String, String>| slots.into_iter().map(|(slot, it)| (slot, Secret::new(it)));
        let accounts = content.accounts.into_iter().map(|(account, slots)| (account, secrets(slots).collect()));
        (content.ringfence == 1).then(|| Entries(accounts.collect()))
    }
}

fn secret_string(passphrase: &Secret<String>) -> SecretString {
    // A copy of exactly its length becomes a box without being moved.
    SecretString::from(passphrase.expose("the file is sealed under it").clone())
}

/// The writer of `age` frees its buffer as it is. The next allocation of that size on this thread is that same memory,
/// as a rule: this one overwrites it (tests/live/memory.rs counts what is left).
fn overwrite_freed(size: usize) {
    drop(std::hint::black_box(vec![0_u8; size]));
}

/// The file's bytes. `work` is the power of two of scrypt's N.
pub(super) fn seal(entries: &Entries, passphrase: &Secret<String>, work: u8) -> Result<Vec<u8>, VaultError> {
    let failed = |error: &dyn fmt::Display| VaultError::Other(format!("the passphrase file: {error}"));
    let json = entries.to_json().map_err(|error| failed(&error))?;
    let mut recipient = scrypt::Recipient::new(secret_string(passphrase));
    recipient.set_work_factor(work);
    let encryptor =
        Encryptor::with_recipients(once(&recipient as &dyn age::Recipient)).map_err(|error| failed(&error))?;
    let mut sealed = Vec::with_capacity(json.len() + 512);
    let mut writer = encryptor.wrap_output(&mut sealed).map_err(|error| failed(&error))?;
    writer.write_all(&json).and_then(|()| writer.finish()).map_err(|error| failed(&error))?;
    overwrite_freed(CHUNK);
    Ok(sealed)
}

/// Opens the file's bytes.
pub(super) fn open(sealed: &[u8], passphrase: &Secret<String>) -> Result<Entries, Failure> {
    let damaged = |error: &dyn fmt::Display| Failure::Damaged(error.to_string());
    let decryptor = Decryptor::new(sealed).map_err(|error| damaged(&error))?;
    if !decryptor.is_scrypt() {
        return Err(Failure::Damaged("it is not sealed under a passphrase".into()));
    }
    let mut identity = scrypt::Identity::new(secret_string(passphrase));
    identity.set_max_work_factor(MOST_WORK);
    let reader = decryptor.decrypt(once(&identity as &dyn age::Identity)).map_err(|error| {
        let wrong = matches!(
            error,
            DecryptError::DecryptionFailed | DecryptError::KeyDecryptionFailed | DecryptError::NoMatchingKeys
        );
        if wrong { Failure::Wrong } else { damaged(&error) }
    })?;
    let mut json = Zeroizing::new(Vec::with_capacity(sealed.len()));
    reader.take(LONGEST).read_to_end(&mut json).map_err(|error| damaged(&error))?;
    Entries::from_json(&json).ok_or_else(|| Failure::Damaged("it holds no passwords of ours".into()))
}
