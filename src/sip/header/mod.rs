//! Header fields: the list as it came, and typed views that are parsed when somebody asks.
//!
//! The list is lossless: names keep their spelling, values their bytes. A view is `Option` or a list: a malformed
//! value is absent to whoever asks for it, and stays in the list for whoever forwards or logs it.

mod address;
mod auth;
mod list;
mod params;
pub mod scan;
mod values;
mod via;

pub use address::NameAddr;
pub use auth::Auth;
pub use list::{Header, Headers};
pub use params::Params;
pub use values::{CSeq, MediaType, Reason, RetryAfter, Warning, date_is_valid};
pub use via::Via;
