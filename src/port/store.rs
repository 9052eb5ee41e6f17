//! Documents on disk, none of them secret: written whole, atomically, and read once at the start.

/// One document.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Document {
    /// The accounts, without their passwords.
    Accounts,
    /// What the person chose.
    Settings,
    /// The recent calls.
    History,
}

impl Document {
    /// All of them, in the order in which they are loaded.
    pub const ALL: [Document; 3] = [Document::Accounts, Document::Settings, Document::History];

    /// The name of its file below the profile.
    #[must_use]
    pub const fn file_name(self) -> &'static str {
        match self {
            Document::Accounts => "accounts.json",
            Document::Settings => "settings.json",
            Document::History => "history.json",
        }
    }
}

/// Write `bytes` as the new content of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Save(pub Document, pub Vec<u8>);
