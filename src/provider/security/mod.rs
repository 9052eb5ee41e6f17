//! The provider's side of account security, pure: who may change what, and what a change is. Facts of one account go
//! in, a reply and a list of writes come out; a driver keeps the facts and does the writes **in one transaction**.
//!
//! ```text
//!   request ──► Request::parse ──► Route            which account and transaction it is about, not yet whether it may
//!                 │
//!                 ▼ facts of the account (read)
//!               Desk::admit ──► Proof                digest, device signature, failures counted, too many refused
//!                 │
//!                 ▼ facts of the account (in a transaction, nobody else writes)
//!               Desk::decide ──► Decision { reply, writes, flush }
//!                 │
//!                 ▼ all writes or none, commit        then the reply; then others' registrations are ended
//! ```
//!
//! * [`account`]: what is known of an account: its [`account::Facts`].
//! * [`change`]: the password change: replay, tombstone, time, generation, secret; [`transaction`] is its record.
//! * [`desk`]: the front: one function per step of the picture. [`request`] and [`reply`] are its two ends.
//! * [`device`]: enrolment, and whose signature counts.
//! * [`limits`]: failed attempts and changes per second. [`policy`]: what the provider decided, as settings, and which proof is enough.
//! * [`backend`]: where SIP servers keep passwords, as rows of SQL. To add a server is to add a row.
//! * [`memory`]: everything above without a database: the demo's, and the tests'.

pub mod account;
pub mod backend;
pub mod change;
pub mod desk;
pub mod device;
pub mod limits;
pub mod memory;
pub mod policy;
pub mod reply;
pub mod request;
pub mod transaction;

pub use account::{Account, Facts, Hashes, MustChange};
pub use desk::{Decision, Desk, End, Proof, Write};
pub use policy::{Level, Settings};
pub use reply::Reply;
pub use request::{Request, Route};
pub use transaction::{State, Transaction};
