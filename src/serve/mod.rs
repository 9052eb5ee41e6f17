//! The drivers of the provider: sockets, TLS, threads. [`Demo`] runs it in this process, on loopback, in memory.

mod demo;

pub use demo::Demo;
