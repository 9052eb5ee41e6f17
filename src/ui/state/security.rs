//! What the window remembers of the security pages. Typed secrets are in [`PasswordField`]s, shown ones in an
//! envelope; both are forgotten as soon as their page is left.

use crate::base::{AccountId, Envelope, WallTime};
use crate::phone::view::{CheckItem, DeviceId, NoticeId};
use crate::ui::widgets::{PasswordField, QrModules};

/// The pages behind the shield.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SecurityPage {
    /// The security centre itself.
    Centre,
    /// One notice, whole.
    Notice(NoticeId),
    /// "Why trust this?"
    Why(NoticeId),
    /// The change of the line password.
    Change,
    /// "I was told to change my password"
    Told,
    /// Other devices on the line.
    Devices,
    /// What the guard allows, asks, blocks.
    Limits,
    /// "Check my bill"
    Bill,
    /// The event log.
    Log,
    /// The provider's website and numbers.
    Contact,
    /// Erase the line.
    Remove,
    /// Lock down.
    Lockdown,
    /// Where passwords are kept.
    Vault,
    /// What has become weaker.
    Weaker,
}

/// The security pages' memory.
#[derive(Debug, Default)]
pub struct SecurityUi {
    /// The way here; the last one is shown. Empty: the centre.
    pub path: Vec<SecurityPage>,
    /// How often somebody came here from outside: each time, a page begins at its top.
    pub visits: u64,
    /// A secret that is on the screen, or asked for.
    pub shown: Option<Shown>,
    /// The person wants to choose the password.
    pub choosing: bool,
    /// The one that is being typed.
    pub typed: PasswordField,
    /// The field for a password that the provider gave is open.
    pub giving: bool,
    /// What is in it.
    pub given: PasswordField,
    /// The last four characters of what was saved elsewhere.
    pub last_four: PasswordField,
    /// A new passphrase, or the one of the file.
    pub passphrase: PasswordField,
    /// The new passphrase again.
    pub repeated: PasswordField,
    /// The field for the provider's website.
    pub portal: String,
    /// The field for their number.
    pub support: String,
    /// The fields above were filled from the view.
    pub contact_filled: bool,
    /// The device that is being named, and its name so far.
    pub naming: Option<(DeviceId, String)>,
    /// Points of the check list whose page was opened.
    pub opened: Vec<CheckItem>,
    /// The word that the guard wants.
    pub guard_word: String,
    /// "Check my bill"
    pub bill: BillForm,
    /// What the clipboard shall hold: the window takes it from here.
    pub to_copy: Option<Envelope>,
    /// A secret was copied.
    pub copied: Option<Copied>,
    /// One of these pages was open in the last frame.
    pub was_open: bool,
    /// The window is left out of screenshots.
    pub protected: bool,
}

impl SecurityUi {
    /// The page that is shown.
    #[must_use]
    pub fn page(&self) -> SecurityPage {
        self.path.last().cloned().unwrap_or(SecurityPage::Centre)
    }

    /// Goes to a page from here; what was typed and shown on this one is forgotten.
    pub fn open(&mut self, page: SecurityPage) {
        self.forget();
        if self.page() != page {
            self.path.push(page);
        }
    }

    /// Goes to a page from the centre.
    pub fn go(&mut self, page: SecurityPage) {
        self.path.clear();
        self.visits += 1;
        self.open(page);
    }

    /// Goes back. Returns whether that leads out of the security pages.
    pub fn back(&mut self) -> bool {
        self.forget();
        self.path.pop().is_none_or(|page| page == SecurityPage::Centre)
    }

    /// Wipes what was typed and shown.
    pub fn forget(&mut self) {
        self.shown = None;
        (self.choosing, self.giving, self.contact_filled) = (false, false, false);
        self.naming = None;
        for field in [&mut self.typed, &mut self.given, &mut self.last_four, &mut self.passphrase, &mut self.repeated] {
            field.wipe();
        }
    }
}

/// A secret on its way to the screen, or on it.
#[derive(Debug)]
pub struct Shown {
    /// Whose password it is.
    pub account: AccountId,
    /// What the phone puts it into.
    pub envelope: Envelope,
    /// Its letters are painted.
    pub letters: bool,
    /// Its QR code is wanted.
    pub qr: bool,
    /// The code, once it was made.
    pub modules: Option<QrModules>,
    /// It goes to the clipboard as soon as it is there.
    pub copy: bool,
    /// How far reading it aloud is.
    pub aloud: Aloud,
}

/// Reading a secret aloud: never without a question.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Aloud {
    /// No.
    #[default]
    No,
    /// The person was warned that others may hear it.
    Asked,
    /// Yes.
    Yes,
}

/// What the clipboard was given.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Copied {
    /// The secret, at this time; it is cleared 45 s later if it is still there.
    At(WallTime),
    /// It was cleared.
    Cleared,
    /// The clipboard did not take it.
    Failed,
}

/// The form of "Check my bill".
#[derive(Debug, Default)]
pub struct BillForm {
    /// The file that was typed.
    pub path: String,
    /// The columns that the person chose: when, number, duration, cost.
    pub columns: Option<[Option<usize>; 4]>,
    /// How many days back to look.
    pub days: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_leads_page_by_page_and_wipes_what_was_shown() {
        let mut ui = SecurityUi::default();
        ui.open(SecurityPage::Told);
        ui.open(SecurityPage::Change);
        ui.shown = Some(Shown {
            account: AccountId(1),
            envelope: Envelope::default(),
            letters: true,
            qr: false,
            modules: None,
            copy: false,
            aloud: Aloud::No,
        });
        assert!(!ui.back());
        assert!(ui.shown.is_none() && ui.page() == SecurityPage::Told);
        assert!(!ui.back());
        assert_eq!(ui.page(), SecurityPage::Centre);
        assert!(ui.back());
    }
}
