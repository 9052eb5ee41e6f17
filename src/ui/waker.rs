//! How the engine wakes the window: one function, called only when a view or an event is new.
//!
//! eframe lets a hidden window wait 100 ms for each pass that it asks for, and runs only `App::logic` then. An
//! incoming call must be on the screen sooner, so the waker also remembers what [`super::window`] has to do at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

/// The bell between engine and window. Cheap to clone; silent until the window exists.
#[derive(Clone, Default)]
pub struct Waker(Arc<Inner>);

#[derive(Default)]
struct Inner {
    ctx: OnceLock<egui::Context>,
    /// Something is new since the last `logic()`.
    fresh: AtomicBool,
    /// The main window is minimised or hidden, as `logic()` saw it last.
    hidden: AtomicBool,
    /// `logic()` wants `ui()` to run although the main window is hidden.
    paint: AtomicBool,
}

impl Waker {
    /// What the engine calls when there is a new view or event. Never blocks.
    #[must_use]
    pub fn callback(&self) -> Arc<dyn Fn() + Send + Sync> {
        let waker = self.clone();
        Arc::new(move || waker.ring())
    }

    /// Something is new: look at it soon, or at once if the window is hidden.
    pub(super) fn ring(&self) {
        self.0.fresh.store(true, Ordering::Release);
        if let Some(ctx) = self.0.ctx.get() {
            ctx.request_repaint_of(egui::ViewportId::ROOT);
        }
    }

    pub(super) fn attach(&self, ctx: &egui::Context) {
        // The first window wins: there is only one.
        let _second = self.0.ctx.set(ctx.clone()).is_err();
    }

    pub(super) fn set_hidden(&self, hidden: bool) {
        self.0.hidden.store(hidden, Ordering::Relaxed);
    }

    pub(super) fn want_paint(&self) {
        self.0.paint.store(true, Ordering::Relaxed);
    }

    /// Whether `logic()` has to run now although the window is hidden. Asking clears it.
    pub(super) fn take_fresh_while_hidden(&self) -> bool {
        self.0.hidden.load(Ordering::Relaxed) && self.0.fresh.swap(false, Ordering::AcqRel)
    }

    /// Whether `ui()` has to run now although the window is hidden. Asking clears it.
    pub(super) fn take_want_paint(&self) -> bool {
        self.0.paint.swap(false, Ordering::Relaxed)
    }

    /// `logic()` has looked.
    pub(super) fn seen(&self) {
        self.0.fresh.store(false, Ordering::Release);
    }
}

impl std::fmt::Debug for Waker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Waker")
    }
}
