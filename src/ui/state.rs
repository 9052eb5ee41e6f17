//! What the window remembers and the phone need not know: page, tab, what is typed. Nothing of it is written to disk.

mod security;

pub use self::security::{Aloud, BillForm, Copied, SecurityPage, SecurityUi, Shown};
use crate::base::AccountId;
use crate::phone::command::AccountDraft;
use crate::phone::problem::Problem;
use crate::port::net::Transport;

use super::licences::Book;
pub use super::widgets::{Levels, PasswordField, QrModules};

/// Everything that the window remembers.
#[derive(Debug, Default)]
pub struct UiState {
    /// Which page is shown when no call is.
    pub page: Page,
    /// Which tab of the main page.
    pub tab: Tab,
    /// The one field that searches and dials.
    pub dial: String,
    /// The line to call from, if the person chose one.
    pub line: Option<AccountId>,
    /// The form of the first start.
    pub sign_in: SignInForm,
    /// The line that is about to be signed out: asked once more.
    pub signing_out: Option<AccountId>,
    /// The recent calls are about to be forgotten: asked once more.
    pub forgetting: bool,
    /// The password that an account asks for again.
    pub password: PasswordField,
    /// The call screen.
    pub call: CallPanel,
    /// What the person has to be told, until dismissed.
    pub notice: Option<Notice>,
    /// The same with the page on which it came: it is said there, and on the main page.
    pub noticed: Option<(Notice, Page)>,
    /// Whether the sheet of keyboard shortcuts is open.
    pub shortcuts: bool,
    /// Whether the devices are being reported.
    pub watching: bool,
    /// What the person has seen and dismissed: so it is not shown twice.
    pub dismissed: Dismissed,
    /// The security pages.
    pub security: SecurityUi,
    /// The licences, while somebody reads them.
    pub licences: Option<LicencesPage>,
    /// Whether this program starts when the person logs in.
    pub login: LoginStart,
}

/// Whether this program starts when the person logs in: the desktop keeps that, not our settings.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LoginStart {
    /// As the desktop has it; `None` where it does not know such a thing.
    pub on: Option<bool>,
    /// What the person wants: the window takes it from here.
    pub wish: Option<bool>,
    /// Why the last wish did not come true.
    pub trouble: Option<String>,
}

/// The pages of the window.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Page {
    /// Recents or keypad.
    #[default]
    Main,
    /// Sign in to one more line.
    AddLine,
    /// Settings.
    Settings,
    /// The pages behind the shield: [`SecurityUi`] knows which.
    Security,
    /// The licences: [`LicencesPage`] knows which.
    Licences,
}

/// The licences, opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LicencesPage {
    /// All of them; or why they cannot be read.
    pub book: Result<Book, String>,
    /// The part whose texts are shown, if one was chosen.
    pub open: Option<usize>,
}

impl LicencesPage {
    /// One step back. Returns whether that leads away from the licences.
    pub fn back(&mut self) -> bool {
        self.open.take().is_none()
    }
}

/// The tabs of the main page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tab {
    /// Recent calls.
    #[default]
    Recents,
    /// Twelve keys.
    Keypad,
}

/// What is open below the call.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Panel {
    /// Meters and buttons.
    #[default]
    Buttons,
    /// Twelve keys that send digits.
    Keypad,
    /// Devices.
    Audio,
}

/// The call screen's memory.
#[derive(Debug, Default)]
pub struct CallPanel {
    /// What is open.
    pub open: Panel,
    /// The last levels of the microphone.
    pub you: Levels,
    /// The last levels of the loudspeaker.
    pub them: Levels,
    /// When the levels were read last, in milliseconds of the calendar.
    pub read_at: i64,
}

/// What the person has to be told.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Notice {
    /// Something is wrong.
    Problem(Problem),
    /// One sentence.
    Words(String),
}

/// Banners that were closed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Dismissed {
    /// The keyring's.
    pub vault: bool,
    /// What was wrong with the sound, until it was right again.
    pub audio: bool,
    /// The title of the release's banner.
    pub release: Option<String>,
    /// What the disk did not take.
    pub unsaved: Vec<Problem>,
}

/// The form of the first start.
#[derive(Debug, Default)]
pub struct SignInForm {
    /// The first field has been given the keyboard.
    pub greeted: bool,
    /// `user@domain`.
    pub address: String,
    /// The line password.
    pub password: PasswordField,
    /// Whether the fields below are shown.
    pub advanced: bool,
    /// Host name of the registrar.
    pub server: String,
    /// Its port.
    pub port: String,
    /// Only this transport.
    pub transport: Option<Transport>,
    /// Host and port that every request goes through.
    pub outbound_proxy: String,
    /// Authentication name, if it is not the address's user.
    pub auth_user: String,
    /// Where the provider's website is: for the day on which a password must be changed there.
    pub website: String,
}

impl SignInForm {
    /// The draft that the fields describe.
    #[must_use]
    pub fn draft(&self) -> AccountDraft {
        let filled = |text: &str| {
            let text = text.trim();
            (!text.is_empty()).then(|| text.to_owned())
        };
        let server = filled(&self.server).map(|host| match filled(&self.port) {
            Some(port) => format!("{host}:{port}"),
            None => host,
        });
        // A port alone is one of the address's own domain.
        let server = server.or_else(|| {
            let domain = self.address.trim().rsplit_once('@')?.1;
            filled(&self.port).map(|port| format!("{domain}:{port}"))
        });
        AccountDraft {
            address: self.address.trim().to_owned(),
            server,
            transport: self.transport,
            outbound_proxy: filled(&self.outbound_proxy),
            auth_user: filled(&self.auth_user),
            website: filled(&self.website),
            ..AccountDraft::default()
        }
    }

    /// Forgets everything, the password first.
    pub fn wipe(&mut self) {
        self.password.wipe();
        *self = SignInForm::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_becomes_a_draft_and_empty_fields_stay_out_of_it() {
        let form =
            SignInForm { address: " alice@voxline.example ".into(), port: "5070".into(), ..SignInForm::default() };
        let draft = form.draft();
        assert_eq!(draft.address, "alice@voxline.example");
        assert_eq!(draft.server.as_deref(), Some("voxline.example:5070"));
        assert_eq!(draft.outbound_proxy, None);
        let form = SignInForm { server: "sip.voxline.example".into(), ..SignInForm::default() };
        assert_eq!(form.draft().server.as_deref(), Some("sip.voxline.example"));
    }
}
