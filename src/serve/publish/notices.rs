//! The list of notices: published, revised, withdrawn, and signed anew before it runs out. Whatever is published was
//! read back by the phone's own rules first.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::files;
use super::keys::{Keys, Signer};
use super::roots::{self, after};
use crate::base::WallTime;
use crate::provider_api::notices::{Index, Kind, Notice, VERSION};
use crate::provider_api::root::Root;
use crate::provider_api::text::spelled_address;
use crate::provider_api::{NoticeId, Origin, Stamp, read_back_code};

/// How long a list is believed: it must be signed anew before (`notice refresh`).
const LIST: Duration = Duration::from_secs(7 * 86_400);
/// How long a notice is of interest if its draft does not say.
const NOTICE: Duration = Duration::from_secs(90 * 86_400);

/// The published folder and the keys.
#[derive(Debug)]
pub struct Board {
    publish: PathBuf,
    keys: Keys,
    issuer: Origin,
}

/// A list that was published.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Published {
    /// Its number.
    pub seq: u64,
    /// The code that customers read back.
    pub code: String,
    /// Until when it is believed.
    pub expires: Stamp,
}

impl Board {
    /// The board of this provider.
    #[must_use]
    pub fn new(publish: &Path, keys: Keys, issuer: Origin) -> Board {
        Board { publish: publish.to_owned(), keys, issuer }
    }

    /// Publishes a new notice from the text of a draft (TOML, the members of a notice).
    ///
    /// # Errors
    /// In words; if its id was used before.
    pub fn publish(&self, draft: &str, now: WallTime) -> Result<Published, String> {
        let mut notice = read(draft, now)?;
        let mut index = self.index(now)?;
        if index.notices.iter().any(|other| other.id == notice.id) {
            return Err(format!("a notice {} is published already: use `notice update`", notice.id));
        }
        (notice.kind, notice.revision) = (Kind::Alert, 1);
        index.notices.insert(0, notice);
        self.issue(index, now)
    }

    /// Publishes the next revision of a notice. The plan's progress is told this way.
    ///
    /// # Errors
    /// In words; if there is no such notice.
    pub fn update(&self, draft: &str, now: WallTime) -> Result<Published, String> {
        let mut notice = read(draft, now)?;
        let mut index = self.index(now)?;
        let old = index.notices.iter_mut().find(|other| other.id == notice.id);
        let old = old.ok_or_else(|| format!("no notice {} is published", notice.id))?;
        (notice.kind, notice.revision) = (Kind::Update, old.revision.saturating_add(1));
        *old = notice;
        self.issue(index, now)
    }

    /// Withdraws a notice. It stays in the list as withdrawn, so that phones hear of it.
    ///
    /// # Errors
    /// In words; if there is no such notice.
    pub fn cancel(&self, id: &str, now: WallTime) -> Result<Published, String> {
        let mut index = self.index(now)?;
        let notice = index.notices.iter_mut().find(|notice| notice.id.as_str() == id);
        let notice = notice.ok_or_else(|| format!("no notice {id} is published"))?;
        (notice.kind, notice.revision, notice.sent) = (Kind::Cancel, notice.revision.saturating_add(1), Stamp(now));
        self.issue(index, now)
    }

    /// Signs the same list anew, with a new date. To be run every day, for instance by a timer.
    ///
    /// # Errors
    /// In words.
    pub fn refresh(&self, now: WallTime) -> Result<Published, String> {
        let index = self.index(now)?;
        self.issue(index, now)
    }

    /// What is published.
    ///
    /// # Errors
    /// In words; if it cannot be read.
    pub fn list(&self) -> Result<Option<(Index, String)>, String> {
        let Some(bytes) = files::read(&self.file())? else { return Ok(None) };
        let index = Index::parse(&bytes).map_err(|error| format!("{}: {error}", self.file().display()))?;
        Ok(Some((index, read_back_code(&bytes))))
    }

    /// Whether a customer's code is that of a list of ours: which one, and when it was published.
    ///
    /// # Errors
    /// In words; if the archive cannot be read.
    pub fn look_up(&self, code: &str) -> Result<Option<(u64, Stamp)>, String> {
        let wanted = spoken(code);
        let Some((newest, _)) = self.list()? else { return Ok(None) };
        for seq in (1..=newest.seq).rev() {
            let Some(bytes) = files::read(&self.archived(seq))? else { continue };
            if spoken(&read_back_code(&bytes)) == wanted {
                let index = Index::parse(&bytes).map_err(|error| format!("list {seq} in the archive: {error}"))?;
                return Ok(Some((index.seq, index.issued)));
            }
        }
        Ok(None)
    }

    /// The published list, or an empty one before the first. Notices that have run out are taken away.
    fn index(&self, now: WallTime) -> Result<Index, String> {
        let (seq, mut notices) = self.list()?.map_or((0, Vec::new()), |(index, _)| (index.seq, index.notices));
        notices.retain(|notice| notice.expires.0 > now);
        let expires = after(now, LIST);
        Ok(Index {
            sasa_notices: VERSION.to_owned(),
            issuer: self.issuer.clone(),
            seq,
            issued: Stamp(now),
            expires,
            notices,
        })
    }

    /// Signs and writes the list: the archive first, then the signature's and the list's own place. A phone that comes
    /// between the two finds a signature that does not fit, changes nothing, and asks again.
    fn issue(&self, mut index: Index, now: WallTime) -> Result<Published, String> {
        let root = roots::newest(&self.publish)?.ok_or("there is no root yet: use `key new`")?;
        let signer = self.signer(&root, now)?;
        index.seq = index.seq.checked_add(1).ok_or("no number follows")?;
        let bytes = serde_json::to_vec_pretty(&index).map_err(|error| error.to_string())?;
        let signature = signer.sign(&bytes, &format!("seq={}", index.seq))?;
        let read = Index::parse(&bytes).map_err(|error| format!("no phone would take this list: {error}"))?;
        if read != index {
            return Err("phones would cut or change the text: shorten it, and leave out control characters".to_owned());
        }
        if root.signer(&bytes, &signature, now).is_none() {
            return Err(format!("the root does not list the key {}", signer.name));
        }
        files::write(&self.archived(index.seq), &bytes, false)?;
        files::write(&self.publish.join("notices.json.minisig"), signature.as_bytes(), false)?;
        files::write(&self.file(), &bytes, false)?;
        Ok(Published { seq: index.seq, code: read_back_code(&bytes), expires: index.expires })
    }

    /// The key of the root that ends last.
    fn signer(&self, root: &Root, now: WallTime) -> Result<Signer, String> {
        let key = root.notices.iter().filter(|(_, key)| key.expires.0 > now).max_by_key(|(_, key)| key.expires);
        let (name, _) = key.ok_or("every key of notices has ended: use `key rotate`")?;
        self.keys.open(name)
    }

    fn file(&self) -> PathBuf {
        self.publish.join("notices.json")
    }

    fn archived(&self, seq: u64) -> PathBuf {
        self.keys.archive().join(format!("{seq}.json"))
    }
}

/// A code as it is heard: letters and digits alone.
fn spoken(code: &str) -> String {
    code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase()
}

/// Reads a draft. `sent` is now; `expires` may be left out.
fn read(draft: &str, now: WallTime) -> Result<Notice, String> {
    let mut value: serde_json::Value = toml::from_str(draft).map_err(|error| error.to_string())?;
    let members = value.as_object_mut().ok_or("the draft is empty")?;
    let text = |stamp: Stamp| serde_json::to_value(stamp).map_err(|error| error.to_string());
    members.insert("sent".to_owned(), text(Stamp(now))?);
    if !members.contains_key("expires") {
        members.insert("expires".to_owned(), text(after(now, NOTICE))?);
    }
    let notice: Notice = serde_json::from_value(value).map_err(|error| format!("the draft: {error}"))?;
    if NoticeId::parse(notice.id.as_str()).is_none() {
        return Err("the draft: its id is no name".to_owned());
    }
    let empty = notice.text.values().any(|words| words.title.trim().is_empty() || words.body.trim().is_empty());
    if notice.text.is_empty() || empty {
        return Err("the draft: title and body are needed in each language".to_owned());
    }
    if let Some(address) = address_in(&notice) {
        return Err(format!("the draft: it spells an address, {address}: thieves copy notices and change it"));
    }
    Ok(notice)
}

fn address_in(notice: &Notice) -> Option<&str> {
    let words = notice.text.values().flat_map(|words| [&words.title, &words.body]);
    let mut words = words.chain(notice.plan.iter().flat_map(|point| point.text.values()));
    words.find_map(|text| spelled_address(text))
}
