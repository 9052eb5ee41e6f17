//! Whether the desktop prefers dark, where winit cannot say so (X11 and Wayland): somebody who knows tells, this
//! remembers and wakes the window. What winit says itself, on Windows and macOS, counts for more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::Waker;

/// What somebody who knows calls with `true` for dark, first and after every change. Never blocks.
pub type Tell = Box<dyn Fn(bool) + Send>;

/// Where the window learns what the desktop prefers: a function that is called once, when the window exists, and
/// must not block.
pub struct SystemTheme(Option<Box<dyn FnOnce(Tell)>>);

impl SystemTheme {
    /// The theme that `follow` tells.
    #[must_use]
    pub fn new(follow: impl FnOnce(Tell) + 'static) -> SystemTheme {
        SystemTheme(Some(Box::new(follow)))
    }

    /// Nobody tells: light, unless winit knows better.
    #[must_use]
    pub fn unknown() -> SystemTheme {
        SystemTheme(None)
    }

    /// Begins to listen.
    pub(super) fn follow(self, waker: &Waker) -> Told {
        let told = Told::default();
        if let Some(follow) = self.0 {
            let (dark, waker) = (Arc::clone(&told.0), waker.clone());
            follow(Box::new(move |prefers_dark| {
                if dark.swap(prefers_dark, Ordering::Relaxed) != prefers_dark {
                    waker.ring();
                }
            }));
        }
        told
    }
}

impl std::fmt::Debug for SystemTheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SystemTheme")
    }
}

/// What has been told.
#[derive(Debug, Default)]
pub(super) struct Told(Arc<AtomicBool>);

impl Told {
    /// Lets egui know. It looks at this only while winit tells nothing and the person chose "System".
    pub(super) fn apply(&self, ctx: &egui::Context) {
        let dark = self.0.load(Ordering::Relaxed);
        ctx.options_mut(|options| options.fallback_theme = if dark { egui::Theme::Dark } else { egui::Theme::Light });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_what_a_window_without_a_theme_of_its_own_shows() {
        let (tell, told) = std::sync::mpsc::sync_channel(1);
        let theme = SystemTheme::new(move |listener| drop(tell.send(listener)));
        let told_theme = theme.follow(&Waker::default());
        let tell = told.recv().expect("followed");
        let ctx = egui::Context::default();
        ctx.set_theme(egui::ThemePreference::System);
        let shown = |dark: bool| {
            tell(dark);
            told_theme.apply(&ctx);
            ctx.theme()
        };
        assert_eq!(shown(true), egui::Theme::Dark);
        assert_eq!(shown(false), egui::Theme::Light);
    }
}
