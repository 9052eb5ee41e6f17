//! What of the guard is shown beside its question, and what it tells once.

use crate::base::CallId;
use crate::phone::view::GuardQuestion;

use super::home::Home;

/// What of the guard is shown.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GuardState {
    /// From which country numbers are dialled, as far as it is known, and how.
    pub home: Option<Home>,
    /// A call abroad, or to a dearer number, has been going on for long.
    pub long_call: Option<LongCall>,
    /// An emergency call is being placed, or could not be.
    pub emergency: Option<EmergencyView>,
}

/// A call that has been going on for long.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LongCall {
    /// Which.
    pub call: CallId,
    /// Since so many minutes.
    pub minutes: u32,
    /// To whom: `+371 … (Latvia, mobile number)`.
    pub about: String,
}

/// An emergency call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EmergencyView {
    /// The number.
    pub number: String,
    /// There is no connection, or nobody has answered yet, or all ways have failed: "use a mobile now".
    pub use_mobile: bool,
    /// No way is tried any more: the call has not come about.
    pub over: bool,
}

/// What the guard tells once, for those who must miss nothing (the agent).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum GuardEvent {
    /// It asks, or it blocks: see the verdict.
    Question(GuardQuestion),
    /// A call has been going on for long.
    LongCall(LongCall),
    /// An emergency call is on its way, or has found no way.
    Emergency(EmergencyView),
}
