//! Notices: an honest provider, a hostile one, a person, and the phone around them; all on a virtual clock.

mod honest;
mod hostile;
mod mutation;
mod own;
mod person;
pub(crate) mod rig;
mod roots;
