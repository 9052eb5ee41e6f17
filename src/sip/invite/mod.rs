//! One INVITE session without policy: what RFC 3261 §13 to §15 demand of both ends of a call, and nothing of what a
//! phone is. Used by the phone's calls and by the people of the demo provider.
//!
//! ```text
//!  call()  ──► Calling ──2xx──► Established ◄──ACK── Answering ◄──answer()── Offered ◄── incoming()
//!                 │  └─2xx with an offer─► Unacknowledged ─┘                    │ refuse(), CANCEL
//!                 └─ 3xx–6xx, CANCEL ─────────────► Over ◄── BYE either way ────┘
//! ```
//!
//! * [`Session`]: state and dispatch. `caller`: until our INVITE is answered (challenges, forks, CANCEL races).
//!   `callee`: until theirs is. `within`: requests in the dialog, BYE. `change`: new offers (hold, glare).
//! * Bodies are opaque here: offers and answers are the owner's business. Events are separate from the dialog's state.
//! * A session that is over lingers for as long as somebody may still answer its INVITE ([`Session::finished`]).

mod auth;
mod callee;
mod caller;
mod change;
mod compose;
mod session;
mod types;
mod within;

pub use compose::{ALLOW, SDP, answered_elsewhere, capabilities, description, objection};
pub use session::Session;
pub use types::{Auth, Challenged, End, Event, Failure, Progress, Setup, Tools, Why};
