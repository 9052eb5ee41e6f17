//! `ringfence-provider serve` and what it shares with the demo: HTTPS, the database, the SIP server's registrations.
//!
//! * `service`: the steps of a request, around the pure [`crate::provider::security::Desk`].
//! * `ledger`: where facts are kept. `store` keeps them in SQL, beside the SIP server's own tables; `sql` is the
//!   only file that names `sqlx`, `schema` our tables; `admin` is what the provider's own people do there.
//! * `web`: HTTP in and out; `published` what was signed; `listener` is TCP, TLS and the end of connections.
//! * `lines`: registrations that are listed and ended; `kamailio` speaks to a Kamailio's RPC socket.
//! * [`config`]: the file, and what is refused in it. [`command`]: the command line.
//! * `tell`: owners are told what happened, by the provider's own program.
//! * [`embedded`]: the same in memory, for the demo.
//! * `failpoint`: where tests make the process die.

mod admin;
pub mod command;
pub mod config;
pub mod embedded;
pub(crate) mod failpoint;
mod kamailio;
pub(crate) mod ledger;
pub(crate) mod lines;
pub(crate) mod listener;
pub(crate) mod published;
mod schema;
pub(crate) mod service;
mod sql;
mod store;
mod tell;
pub(crate) mod web;

pub use embedded::Control;
pub use web::Sky;
