//! The drivers of the phone: what `port` describes is done here. The home of sockets, clocks, tokio, the keyring.
//!
//! Every driver has the same shape: it is started inside the engine's tokio runtime with its options and a bounded
//! channel for its reports, `perform` takes an order without ever blocking, and dropping it ends it.

pub mod audio;
pub mod clock;
pub mod connect_to;
pub mod dns;
pub mod entropy;
pub mod http;
pub mod instance;
pub mod media;
pub mod net;
pub mod person_file;
pub mod place;
mod platform;
pub mod release;
pub mod store;
pub mod tls;
pub mod vault;

pub use platform::{appearance, autostart, console, graphics, harden, installation, memory, notification};
pub(crate) use platform::{datagram, signals};
