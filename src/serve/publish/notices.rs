//! Lists of notices: published, revised, withdrawn, and signed anew before they run out. Whatever is published was read
//! back by the phone's own rules first. One list is everybody's; an account can have one of its own beside it ([`own`]),
//! which only `serve` gives out, and only to that account.
//!
//! [`own`]: super::own

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::files::{self, Readers};
use super::keys::{Keys, Signer};
use super::roots::{self, after};
use crate::base::WallTime;
use crate::provider_api::notices::{Index, Kind, Notice, VERSION};
use crate::provider_api::own::file_name;
use crate::provider_api::root::Root;
use crate::provider_api::text::spelled_address;
use crate::provider_api::{NoticeId, Origin, SignedList, Stamp, read_back_code};

/// How long a list is believed: it must be signed anew before (`notice refresh`).
const LIST: Duration = Duration::from_secs(7 * 86_400);
/// How long a notice is of interest if its draft does not say.
const NOTICE: Duration = Duration::from_secs(90 * 86_400);

/// One list, and the keys that sign it.
#[derive(Clone, Debug)]
pub struct Board {
    publish: PathBuf,
    keys: Keys,
    issuer: Origin,
    whose: Whose,
}

/// Whose list it is.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Whose {
    /// Everybody's, in the published folder.
    Everybody,
    /// That of an account, in a folder that only `serve` reads.
    Account { name: String, folder: PathBuf },
}

/// What is done to a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Edit {
    /// A new notice, from the text of a draft (TOML, the members of a notice). Its id must be new.
    Publish(String),
    /// The next revision of a notice, from a draft. The plan's progress is told this way.
    Update(String),
    /// A notice is withdrawn, by its id. It stays in the list as withdrawn, so that phones hear of it.
    Cancel(String),
    /// The same list with a new date. To be done every day, for instance by a timer.
    Refresh,
}

/// The root in force, and a key that it lists: opening a key file takes a while.
#[derive(Debug)]
pub struct Pen {
    root: Root,
    signer: Signer,
}

/// A list that was signed and is not written yet.
#[derive(Debug)]
pub struct Ready {
    files: Vec<(PathBuf, Vec<u8>, Readers)>,
    published: Published,
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
    /// Everybody's board of this provider.
    #[must_use]
    pub fn new(publish: &Path, keys: Keys, issuer: Origin) -> Board {
        Board { publish: publish.to_owned(), keys, issuer, whose: Whose::Everybody }
    }

    /// The board of one account ([`crate::provider_api::own::account`]), which is kept in `folder`.
    #[must_use]
    pub fn of(&self, account: &str, folder: &Path) -> Board {
        Board { whose: Whose::Account { name: account.to_owned(), folder: folder.to_owned() }, ..self.clone() }
    }

    /// The account whose board it is.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        match &self.whose {
            Whose::Everybody => None,
            Whose::Account { name, .. } => Some(name),
        }
    }

    /// Does one edit, and publishes what comes of it.
    ///
    /// # Errors
    /// In words.
    pub fn edit(&self, edit: &Edit, now: WallTime) -> Result<Published, String> {
        self.prepare(edit, &self.pen(now)?, now)?.write()
    }

    /// Opens the key that signs.
    ///
    /// # Errors
    /// In words.
    pub fn pen(&self, now: WallTime) -> Result<Pen, String> {
        let root = roots::newest(&self.publish)?.ok_or("there is no root yet: use `key new`")?;
        // The one that ends last.
        let key = root.notices.iter().filter(|(_, key)| key.expires.0 > now).max_by_key(|(_, key)| key.expires);
        let (name, _) = key.ok_or("every key of notices has ended: use `key rotate`")?;
        let signer = self.keys.open(name)?;
        Ok(Pen { root, signer })
    }

    /// Signs what comes of an edit, and writes nothing.
    ///
    /// # Errors
    /// In words: a new id that was used before, a revision of a notice that is not there.
    pub fn prepare(&self, edit: &Edit, pen: &Pen, now: WallTime) -> Result<Ready, String> {
        let mut index = self.index(now)?;
        match edit {
            Edit::Publish(draft) => {
                let mut notice = read(draft, now)?;
                if index.notices.iter().any(|other| other.id == notice.id) {
                    return Err(format!("a notice {} is published already: use `notice update`", notice.id));
                }
                (notice.kind, notice.revision) = (Kind::Alert, 1);
                index.notices.insert(0, notice);
            }
            Edit::Update(draft) => {
                let mut notice = read(draft, now)?;
                let old = named(&mut index, notice.id.as_str())?;
                (notice.kind, notice.revision) = (Kind::Update, old.revision.saturating_add(1));
                *old = notice;
            }
            Edit::Cancel(id) => {
                let old = named(&mut index, id)?;
                (old.kind, old.revision, old.sent) = (Kind::Cancel, old.revision.saturating_add(1), Stamp(now));
            }
            Edit::Refresh => {}
        }
        self.sign(index, pen, now)
    }

    /// What is published.
    ///
    /// # Errors
    /// In words; if it cannot be read.
    pub fn list(&self) -> Result<Option<(Index, String)>, String> {
        let Some(bytes) = files::read(&self.file())? else { return Ok(None) };
        let words = |error| format!("{}: {error}", self.file().display());
        let bytes = match &self.whose {
            Whose::Everybody => bytes,
            Whose::Account { .. } => SignedList::parse(&bytes).and_then(|list| list.bytes()).map_err(words)?,
        };
        let index = Index::parse(&bytes).map_err(words)?;
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
            account: self.account().map(str::to_owned),
            seq,
            issued: Stamp(now),
            expires,
            notices,
        })
    }

    /// Signs the next list, and reads it as a phone would.
    fn sign(&self, mut index: Index, pen: &Pen, now: WallTime) -> Result<Ready, String> {
        index.seq = index.seq.checked_add(1).ok_or("no number follows")?;
        let bytes = serde_json::to_vec_pretty(&index).map_err(|error| error.to_string())?;
        let signature = pen.signer.sign(&bytes, &format!("seq={}", index.seq))?;
        let read = Index::parse(&bytes).map_err(|error| format!("no phone would take this list: {error}"))?;
        if read != index {
            return Err("phones would cut or change the text: shorten it, and leave out control characters".to_owned());
        }
        if pen.root.signer(&bytes, &signature, now).is_none() {
            return Err(format!("the root does not list the key {}", pen.signer.name));
        }
        let published = Published { seq: index.seq, code: read_back_code(&bytes), expires: index.expires };
        let archived = self.archived(index.seq);
        let files = match &self.whose {
            // The signature first. A phone that comes between the two finds one that does not fit, changes nothing, and
            // asks again.
            Whose::Everybody => vec![
                (archived, bytes.clone(), Readers::All),
                (self.publish.join("notices.json.minisig"), signature.into_bytes(), Readers::All),
                (self.file(), bytes, Readers::All),
            ],
            Whose::Account { .. } => {
                let list = serde_json::to_vec(&SignedList::wrap(&bytes, signature)).map_err(|it| it.to_string())?;
                SignedList::parse(&list).map_err(|error| format!("no phone would take this list: {error}"))?;
                // A list without a notice shows no code that anybody could read back.
                let archived = (archived, bytes, Readers::Owner);
                let archived = Some(archived).filter(|_| !index.notices.is_empty());
                archived.into_iter().chain([(self.file(), list, Readers::Group)]).collect()
            }
        };
        Ok(Ready { files, published })
    }

    fn file(&self) -> PathBuf {
        match &self.whose {
            Whose::Everybody => self.publish.join("notices.json"),
            Whose::Account { name, folder } => folder.join(format!("{}.json", file_name(name))),
        }
    }

    fn archived(&self, seq: u64) -> PathBuf {
        let archive = self.keys.archive();
        let folder = match &self.whose {
            Whose::Everybody => archive,
            Whose::Account { name, .. } => archive.join(file_name(name)),
        };
        folder.join(format!("{seq}.json"))
    }
}

impl Ready {
    /// Writes it: the archive first.
    ///
    /// # Errors
    /// In words.
    pub fn write(self) -> Result<Published, String> {
        for (path, bytes, readers) in &self.files {
            files::write(path, bytes, *readers)?;
        }
        Ok(self.published)
    }
}

fn named<'a>(index: &'a mut Index, id: &str) -> Result<&'a mut Notice, String> {
    let notice = index.notices.iter_mut().find(|notice| notice.id.as_str() == id);
    notice.ok_or_else(|| format!("no notice {id} is published"))
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
