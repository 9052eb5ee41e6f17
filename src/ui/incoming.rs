//! The window of an incoming call: its own, small, on top of others, without taking the keyboard. A deferred viewport,
//! because eframe cannot create an immediate one while the main window is hidden; its closure therefore has no access
//! to the application, only a channel for commands.

use std::sync::mpsc::SyncSender;

use egui::{Context, ViewportBuilder, ViewportId};

use super::Waker;
use super::screens::{Scene, incoming};
use crate::phone::command::Command;
use crate::phone::view::{CallState, PhoneView};

/// Size in points, as in the picture.
const SIZE: [f32; 2] = [360.0, 168.0];
/// Its distance from the top right corner of the screen.
const MARGIN: f32 = 28.0;

fn viewport() -> ViewportId {
    ViewportId::from_hash_of("incoming")
}

/// Whether a call waits for an answer and has no window yet, or one that says something else, or is not needed.
pub(super) fn needs_window(view: &PhoneView, ctx: &Context) -> bool {
    shown(ctx) != offered(view).map(|call| incoming::Card::of(call, view))
}

/// The card in the window now.
fn shown(ctx: &Context) -> Option<incoming::Card> {
    ctx.data(|data| data.get_temp(card_id()))
}

fn card_id() -> egui::Id {
    egui::Id::unique("incoming card")
}

fn offered(view: &PhoneView) -> Option<&crate::phone::view::CallView> {
    view.calls.iter().find(|call| call.state == CallState::Offered)
}

/// Keeps the window while a call waits for an answer.
pub(super) fn window(ctx: &Context, scene: &Scene<'_>, asked: &SyncSender<Command>, waker: &Waker) {
    let Some(call) = offered(scene.view) else {
        ctx.data_mut(|data| data.remove::<incoming::Card>(card_id()));
        return;
    };
    let card = incoming::Card::of(call, scene.view);
    if shown(ctx).as_ref() != Some(&card) {
        ctx.data_mut(|data| data.insert_temp(card_id(), card.clone()));
        // A deferred viewport is painted anew only when somebody asks.
        ctx.request_repaint_of(viewport());
    }
    let builder = ViewportBuilder::default()
        .with_title(format!("{} is calling", card.name))
        .with_app_id("ringfence")
        .with_inner_size(SIZE)
        .with_min_inner_size(SIZE)
        .with_resizable(false)
        .with_minimize_button(false)
        .with_maximize_button(false)
        .with_active(false)
        // X11 window managers give the keyboard to new windows unless they are told to keep out; the main window's
        // bar is the way for the keyboard.
        .with_window_type(egui::X11WindowType::Notification)
        .with_override_redirect(true)
        .with_always_on_top();
    let builder = match ctx.input(|input| input.viewport().monitor_size) {
        Some(screen) => builder.with_position([(screen.x - SIZE[0] - MARGIN).max(0.0), MARGIN]),
        None => builder, // Wayland: the compositor places it
    };
    let (asked, waker) = (asked.clone(), waker.clone());
    ctx.show_viewport_deferred(viewport(), builder, move |ui, _class| {
        if let Some(command) = incoming::show(ui, &card) {
            if asked.try_send(command).is_err() {
                tracing::error!("the window does not take commands");
            }
            waker.ring();
        }
    });
}
