//! Documents on disk, none of them secret: written whole, atomically, and read once at the start. One of them, the
//! event log, only ever grows.
//!
//! Every [`Save`] and [`Append`] is answered exactly once (`Input::Saved`), in order for each document: `Ok` means
//! that the content, or newer content of the same document, is on the disk, file and directory synced.

/// One document.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Document {
    /// The accounts, without their passwords.
    Accounts,
    /// What the person chose.
    Settings,
    /// The recent calls.
    History,
    /// How far each password change is. The vault is right where the two disagree.
    Journal,
    /// What the Security centre remembers of each account: pins, flags, the check list.
    Security,
    /// What is known of the providers' notices, and what was pinned of each provider.
    Notices,
    /// What is known of new releases of this program.
    Releases,
    /// Our own outgoing calls, one JSON object per line: what a bill is compared with.
    CallLog,
    /// What happened to the accounts' security, one JSON object per line. Never rewritten.
    EventLog,
}

impl Document {
    /// All of them, in the order in which they are loaded.
    pub const ALL: [Document; 9] = [
        Document::Accounts,
        Document::Settings,
        Document::History,
        Document::Journal,
        Document::Security,
        Document::Notices,
        Document::Releases,
        Document::CallLog,
        Document::EventLog,
    ];

    /// The name of its file below the profile.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Document::Accounts => "accounts.json",
            Document::Settings => "settings.json",
            Document::History => "history.json",
            Document::Journal => "journal.json",
            Document::Security => "security.json",
            Document::Notices => "notices.json",
            Document::Releases => "releases.json",
            Document::CallLog => "calls.jsonl",
            Document::EventLog => "events.jsonl",
        }
    }
}

/// Write `bytes` as the new content of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Save(pub Document, pub Vec<u8>);

/// Add `bytes` (whole lines) to the end of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Append(pub Document, pub Vec<u8>);
