//! The drivers of the phone: what `port` describes is done here.

pub mod media;
