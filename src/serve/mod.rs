//! The drivers of the provider: sockets, TLS, threads. [`Demo`] runs it in this process, on loopback, in memory.
//!
//! * [`security`]: account security, of the demo and of `ringfence-provider`.
//! * [`Demo`]: the handle, and everything that is made up at start.
//! * [`publish`]: keys, roots and notices as files, and the visitor that checks a live provider.
//! * [`rehearsal`]: the breach day that the demo plays.
//! * `host`: the loop of its only thread, which joins the provider to the sockets.
//! * `stream`: one TLS connection. `legs`: the sockets of the people's calls. `tls`: the authority and its certificate.

mod demo;
mod host;
mod legs;
pub mod publish;
pub mod rehearsal;
pub mod security;
mod stream;
mod tls;

pub use demo::Demo;
