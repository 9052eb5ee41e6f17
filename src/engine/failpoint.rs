//! Where tests make the process die, as if by `kill -9`: with `RINGFENCE_DIES_AT=7` in the environment of a development
//! build, the seventh step of a password change is its last. A release build has none of it.
//!
//! Steps are counted from the command that begins the change. Each thing that lasts or leaves the computer has two: it is
//! about to be handed over, and it has come about but nobody has heard of it. That is: an entry of the vault, the journal
//! of changes, a request over HTTPS, a REGISTER.

use crate::phone::{Input, Output};

/// The steps that are left.
#[derive(Debug, Default)]
pub(super) struct Failpoint {
    #[cfg(all(debug_assertions, unix))]
    left: Option<u32>,
}

#[cfg(all(debug_assertions, unix))]
mod armed {
    use super::{Failpoint, Input, Output};
    use crate::phone::command::{ChangeCommand, Command};
    use crate::port::net::{Order, Report};
    use crate::port::store::{Append, Document, Save};
    use crate::port::vault::Request;

    impl Failpoint {
        /// Something is about to be told to the phone.
        pub(in crate::engine) fn comes(&mut self, input: &Input) {
            if let Input::Command(_, Command::Change(_, ChangeCommand::Now(_))) = input {
                let wanted = std::env::var("RINGFENCE_DIES_AT").ok();
                self.left = wanted.and_then(|text| text.parse().ok());
            }
            if matches!(input, Input::Vault(..) | Input::Http(..) | Input::Saved(Document::Journal, _))
                || matches!(input, Input::Net(Report::Message(_, bytes)) if is_register(bytes))
            {
                self.step("it has come about");
            }
        }

        /// Something is about to be done.
        pub(in crate::engine) fn goes(&mut self, output: &Output) {
            if matches!(output, Output::Vault(_, Request::Put(..) | Request::Delete(_)) | Output::Http(..))
                || matches!(
                    output,
                    Output::Save(Save(Document::Journal, _)) | Output::Append(Append(Document::Journal, _))
                )
                || matches!(output, Output::Net(Order::Send { bytes, .. }) if is_register(bytes))
            {
                self.step("it is handed over");
            }
        }

        fn step(&mut self, what: &str) {
            let Some(left) = &mut self.left else { return };
            *left = left.saturating_sub(1);
            if *left == 0 {
                tracing::warn!(what, "dying, as a test wants it");
                let _never_returns =
                    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL);
            }
        }
    }

    /// Whether this is a REGISTER or the answer to one.
    fn is_register(message: &[u8]) -> bool {
        crate::sip::Message::parse(message)
            .is_ok_and(|message| message.cseq().is_some_and(|cseq| cseq.method == crate::sip::Method::Register))
    }
}

#[cfg(not(all(debug_assertions, unix)))]
impl Failpoint {
    pub(super) fn comes(&mut self, _: &Input) {}

    pub(super) fn goes(&mut self, _: &Output) {}
}
