//! The window. It shows a [`crate::phone::view::PhoneView`], collects [`crate::phone::command::Command`]s, and knows
//! nothing else: `screens` and `widgets` are pure drawing, `logic` is the part that also runs while nothing is shown,
//! `theme` owns every colour, `text` every sentence.

mod app;
mod clipboard;
mod clock;
mod desktop;
mod fonts;
mod format;
mod icons;
mod incoming;
mod keys;
pub mod licences;
mod logic;
pub mod screens;
pub mod state;
mod system_theme;
mod text;
pub mod theme;
mod waker;
mod widgets;
mod window;

pub use clock::{Clock, Moment};
pub use desktop::{Desktop, FindFunction};
pub use system_theme::{SystemTheme, Tell};
pub use waker::Waker;
pub use window::{Error, Options, run};
