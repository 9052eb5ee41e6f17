//! The Phosphor icons that the window uses, by their code points. A new one goes into `assets/icons` as well.

pub(super) const ARROW_DOWN_LEFT: &str = "\u{E040}";
pub(super) const ARROW_UP_RIGHT: &str = "\u{E092}";
pub(super) const BACKSPACE: &str = "\u{E0AE}";
pub(super) const CARET_DOWN: &str = "\u{E136}";
pub(super) const CARET_LEFT: &str = "\u{E138}";
pub(super) const CARET_UP: &str = "\u{E13C}";
pub(super) const CHECK: &str = "\u{E182}";
pub(super) const CIRCLE_NOTCH: &str = "\u{EB44}";
pub(super) const CLOCK: &str = "\u{E19A}";
pub(super) const DOTS_NINE: &str = "\u{E1FC}";
pub(super) const GEAR: &str = "\u{E272}";
pub(super) const HASH: &str = "\u{E2A2}";
pub(super) const INFO: &str = "\u{E2CE}";
pub(super) const KEY: &str = "\u{E2D6}";
pub(super) const LOCK: &str = "\u{E308}";
pub(super) const LOCK_OPEN: &str = "\u{E30A}";
pub(super) const MAGNIFYING_GLASS: &str = "\u{E30C}";
pub(super) const MICROPHONE: &str = "\u{E326}";
pub(super) const MICROPHONE_SLASH: &str = "\u{E328}";
pub(super) const PAUSE: &str = "\u{E39E}";
pub(super) const PHONE: &str = "\u{E3B8}";
pub(super) const PLAY: &str = "\u{E3D0}";
pub(super) const SHIELD_CHECK: &str = "\u{E40C}";
pub(super) const SPEAKER_HIGH: &str = "\u{E44A}";
pub(super) const WARNING: &str = "\u{E4E0}";
pub(super) const X: &str = "\u{E4F6}";
