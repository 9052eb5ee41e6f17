//! The operating system's window and its event loop: eframe's, with one addition. eframe holds every pass of a
//! hidden window back for 100 ms (emilk/egui#7776) and needs two of them before `ui()` runs. A call that comes in
//! while the window is minimised would be seen too late, so the wrapper below hands eframe a redraw at once when the
//! [`Waker`] says so.

use eframe::{EframeWinitApplication, UserEvent};
use winit::application::ApplicationHandler;
use winit::event::{DeviceEvent, DeviceId, StartCause, WindowEvent};
use winit::event_loop::{ActiveEventLoop, EventLoop};
use winit::window::WindowId;

use super::app::App;
use super::state::UiState;
use super::{Clock, Desktop, SystemTheme, Waker};
use crate::base::WallTime;
use crate::engine::PhoneHandle;

/// The window's size in points: the picture's.
const SIZE: [f32; 2] = [360.0, 600.0];
const SMALLEST: [f32; 2] = [320.0, 480.0];

/// What the window is started with.
#[derive(Debug)]
pub struct Options {
    /// What time it is.
    pub clock: Clock,
    /// What the desktop prefers, where winit does not know.
    pub system_theme: SystemTheme,
    /// Notifications, and starting at login.
    pub desktop: Desktop,
    /// What the window remembers when it opens: nothing yet, except in a gallery.
    pub start: UiState,
}

/// Why there is no window.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system has no display for us.
    #[error("no display: {0}")]
    NoDisplay(#[from] winit::error::EventLoopError),
}

/// Shows the window until the person closes it or the engine has stopped. Closing it sends `Command::Quit` and waits
/// up to three seconds for the engine's farewell, hidden.
///
/// # Errors
/// If there is no display, or it does not do OpenGL.
pub fn run(handle: PhoneHandle, waker: Waker, options: Options) -> Result<(), Error> {
    let event_loop = EventLoop::<UserEvent>::with_user_event().build()?;
    let app_waker = waker.clone();
    let started = Started {
        since: options.clock.now().wall,
        clock: options.clock.clone(),
        give_back_memory: options.desktop.give_back_memory,
    };
    let inner = eframe::create_native(
        "ringfence",
        native_options(),
        Box::new(move |cc| {
            if let Some(find) = &cc.get_proc_address {
                (options.desktop.free_shader_compiler)(&**find);
            }
            Ok(Box::new(App::new(&cc.egui_ctx, handle, app_waker, options)))
        }),
        &event_loop,
    );
    event_loop.run_app(&mut Front { inner, waker, main: None, unpainted: Some(started) })?;
    Ok(())
}

/// The window's icon, where the window says it: X11 and Windows. Without one, eframe keeps a mebibyte of its own logo.
const ICON: &[u8] = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/icons/app/ringfence-64.png"));

fn native_options() -> eframe::NativeOptions {
    let viewport = egui::ViewportBuilder::default()
        .with_title("Ringfence")
        .with_app_id("ringfence")
        .with_inner_size(SIZE)
        .with_min_inner_size(SMALLEST);
    eframe::NativeOptions {
        viewport: match eframe::icon_data::from_png_bytes(ICON) {
            Ok(icon) => viewport.with_icon(icon),
            Err(error) => {
                tracing::warn!(%error, "the window has no icon");
                viewport
            }
        },
        // Two triangles a glyph need neither.
        multisampling: 0,
        depth_buffer: 0,
        stencil_buffer: 0,
        persist_window: false,
        dithering: false,
        ..eframe::NativeOptions::default()
    }
}

/// eframe's application, and what it does not do: passes of a hidden window without delay.
struct Front<'a> {
    inner: EframeWinitApplication<'a>,
    waker: Waker,
    /// The main window: the first that has an event.
    main: Option<WindowId>,
    /// Until the first frame is painted.
    unpainted: Option<Started>,
}

/// The start, to end it when the first frame is painted.
struct Started {
    clock: Clock,
    since: WallTime,
    give_back_memory: fn(),
}

impl Started {
    fn end(self) {
        tracing::debug!("first frame after {} ms", self.clock.now().wall.0 - self.since.0);
        (self.give_back_memory)();
    }
}

impl Front<'_> {
    fn redraw(&mut self, event_loop: &ActiveEventLoop) {
        if let Some(main) = self.main {
            self.inner.window_event(event_loop, main, WindowEvent::RedrawRequested);
            tracing::trace!("a frame is painted");
        }
    }

    fn catch_up(&mut self, event_loop: &ActiveEventLoop) {
        if self.waker.take_fresh_while_hidden() {
            self.redraw(event_loop);
        }
        if self.waker.take_want_paint() {
            self.redraw(event_loop);
        }
    }
}

impl ApplicationHandler<UserEvent> for Front<'_> {
    fn resumed(&mut self, event_loop: &ActiveEventLoop) {
        self.inner.resumed(event_loop);
    }

    fn new_events(&mut self, event_loop: &ActiveEventLoop, cause: StartCause) {
        self.inner.new_events(event_loop, cause);
    }

    fn user_event(&mut self, event_loop: &ActiveEventLoop, event: UserEvent) {
        self.inner.user_event(event_loop, event);
        self.catch_up(event_loop);
    }

    fn window_event(&mut self, event_loop: &ActiveEventLoop, id: WindowId, event: WindowEvent) {
        self.main.get_or_insert(id);
        let paints = matches!(event, WindowEvent::RedrawRequested);
        self.inner.window_event(event_loop, id, event);
        if paints {
            tracing::trace!("a frame is painted");
        }
        if let Some(start) = self.unpainted.take_if(|_| paints) {
            start.end();
        }
    }

    fn device_event(&mut self, event_loop: &ActiveEventLoop, id: DeviceId, event: DeviceEvent) {
        self.inner.device_event(event_loop, id, event);
    }

    fn about_to_wait(&mut self, event_loop: &ActiveEventLoop) {
        self.catch_up(event_loop);
        self.inner.about_to_wait(event_loop);
    }

    fn suspended(&mut self, event_loop: &ActiveEventLoop) {
        self.inner.suspended(event_loop);
    }

    fn exiting(&mut self, event_loop: &ActiveEventLoop) {
        self.inner.exiting(event_loop);
    }

    fn memory_warning(&mut self, event_loop: &ActiveEventLoop) {
        self.inner.memory_warning(event_loop);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_has_an_icon_of_ours_and_a_small_one() {
        let icon = native_options().viewport.icon.expect("an icon");
        assert_eq!((icon.width, icon.height, icon.rgba.len()), (64, 64, 64 * 64 * 4));
        assert!(icon.rgba.iter().any(|byte| *byte != 0));
    }
}
