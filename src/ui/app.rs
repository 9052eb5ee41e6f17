//! The application as eframe sees it: eight fields.

use std::sync::mpsc;

use super::clipboard::SecretClipboard;
use super::screens::{self, Scene};
use super::state::UiState;
use super::system_theme::Told;
use super::window::Options;
use super::{Clock, Desktop, Waker, incoming, logic, theme};
use crate::engine::PhoneHandle;
use crate::phone::command::Command;
use crate::phone::view::PhoneView;

/// Width of the font atlas in texels.
const ATLAS_SIDE: usize = 1024;

/// The window's side of the phone.
pub(super) struct App {
    /// The phone, and what it showed last.
    pub(super) phone: Phone,
    /// What the window remembers.
    pub(super) state: UiState,
    pub(super) clock: Clock,
    pub(super) system_theme: Told,
    pub(super) waker: Waker,
    /// Whether and since when the window is closing, and other steps of its life.
    pub(super) life: logic::Life,
    pub(super) clipboard: SecretClipboard,
    pub(super) desktop: Desktop,
}

/// The phone, what it showed last, and the way for other windows' commands.
pub(super) struct Phone {
    pub(super) handle: PhoneHandle,
    pub(super) view: PhoneView,
    /// What the incoming window asks for: its closure may run apart from ours.
    pub(super) asked: (mpsc::SyncSender<Command>, mpsc::Receiver<Command>),
}

impl App {
    pub(super) fn new(ctx: &egui::Context, mut handle: PhoneHandle, waker: Waker, options: Options) -> App {
        theme::install(ctx);
        waker.attach(ctx);
        let system_theme = options.system_theme.follow(&waker);
        let view = handle.view.borrow_and_update().clone();
        App {
            phone: Phone { handle, view, asked: mpsc::sync_channel(16) },
            state: options.start,
            clock: options.clock,
            system_theme,
            waker,
            life: logic::Life::new(),
            clipboard: SecretClipboard::default(),
            desktop: options.desktop,
        }
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        logic::run(self, ctx);
    }

    fn ui(&mut self, ui: &mut egui::Ui, _frame: &mut eframe::Frame) {
        let now = self.clock.now();
        let meters = &self.phone.handle.meters;
        let scene = Scene { view: &self.phone.view, now, levels: (meters.input(), meters.output()) };
        let mut commands = Vec::new();
        screens::root(ui, &scene, &mut self.state, &mut commands);
        incoming::window(ui.ctx(), &scene, &self.phone.asked.0, &self.waker);
        for command in commands {
            logic::send(&self.phone.handle, &mut self.state, command);
        }
        logic::desktop(self, ui.ctx());
        self.life.drawn = true;
    }

    fn raw_input_hook(&mut self, _ctx: &egui::Context, input: &mut egui::RawInput) {
        // egui makes its font atlas as wide as the graphics driver allows: 4 MiB for a few hundred glyphs, twice.
        input.max_texture_side = Some(ATLAS_SIDE);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}
