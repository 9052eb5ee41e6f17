//! Account security, piece by piece: two passwords at once, the probe, the event log, what is remembered.

mod documents;
mod passwords;
mod probe;
