//! What happened, once. Past tense: for things that a snapshot cannot say and that must be neither missed nor repeated.

use crate::base::{AccountId, CallId};
use crate::phone::input::{Done, Ticket};
use crate::phone::problem::Problem;
use crate::phone::view::{AccountView, Alarm, CallView, ChangeView, DeviceView, NoticeView};

/// What happened.
#[derive(Clone, PartialEq, Debug)]
pub enum Event {
    /// Somebody calls: ring, raise a window.
    CallArrived(CallId),
    /// A call has ended. Its last state is in the view for a few seconds more.
    CallEnded(CallId),
    /// The other end pressed a key.
    DigitReceived(CallId, char),
    /// An account was signed in for the first time: its page can be shown.
    SignedIn(AccountId),
    /// The person asked for this line, which is there already: likewise.
    ShowLine(AccountId),
    /// A command without a ticket could not be carried out.
    Refused(Problem),
    /// What came of the command that carried this ticket. Exactly once for each.
    Answered(Ticket, Result<Done, Problem>),
    /// The envelope of a `Reveal` for this line has been filled: look into it. It carries no secret itself.
    EnvelopeFilled(AccountId),
    /// What the guard has to tell.
    Guard(Box<crate::phone::guard::GuardEvent>),
    /// There is a newer release, or the running one was withdrawn: see the view.
    ReleaseNews,
    /// The change of a line's password moved on, likewise.
    ChangeMoved(AccountId, Box<ChangeView>),
    /// A link was opened: put it into the field. Nothing is dialled.
    LinkArrived(Result<crate::phone::link::Link, crate::phone::link::LinkError>),
    /// A notice of this line's provider arrived, was revised, taken back, done, or its plan moved on: so it is now.
    Notice(AccountId, Box<NoticeView>),
    /// Whether this line's notices can be believed has changed: see the view.
    NoticeSource(AccountId),
    /// A second start of the program asked for this window.
    RaiseWindow,
    /// A line changed its state: for those who must miss no step (the agent); the window draws the view.
    AccountChanged(Box<AccountView>),
    /// A device that nobody has seen before is registered on this line. It stays in the view until the person says
    /// whose it is.
    DeviceAppeared(AccountId, Box<DeviceView>),
    /// A login to the provider's website, or a key that may sign changes, is on its list for the first time: which, in
    /// words. It stays in the view until the person says whose it is.
    SessionAppeared(AccountId, String),
    /// Something on this line became weaker than it was. It stays in the view until the person dismisses it.
    Weakened(AccountId, Alarm),
    /// A call changed its state, likewise.
    CallChanged(Box<CallView>),
    /// Everything has ended after [`crate::phone::command::Command::Quit`].
    Stopped,
}
