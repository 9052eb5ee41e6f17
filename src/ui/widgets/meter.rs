//! Live levels: six bars, the newest on the right. Proof that sound flows.

use egui::{Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::base::units::Decibels;
use crate::ui::theme;

const BARS: usize = 6;
const WIDTH: f32 = 4.0;
const GAP: f32 = 3.0;
const HEIGHT: f32 = 26.0;

/// The last levels of one direction.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Levels([f32; BARS]);

impl Levels {
    /// Takes the newest level.
    pub fn push(&mut self, level: Decibels) {
        self.0.rotate_left(1);
        // Speech lies between -50 and -10 dBFS.
        self.0[BARS - 1] = ((level.0 + 54.0) / 44.0).clamp(0.0, 1.0);
    }

    /// Whether there is anything to see.
    #[must_use]
    pub fn quiet(&self) -> bool {
        self.0.iter().all(|level| *level <= f32::EPSILON)
    }
}

/// Draws the bars with their top left corner where the next widget would go.
pub(in crate::ui) fn meter(ui: &mut Ui, levels: &Levels, colour: egui::Color32, name: &str) {
    #[expect(clippy::cast_precision_loss, reason = "six")]
    let width = BARS as f32 * (WIDTH + GAP) - GAP;
    let (rect, response) = ui.allocate_exact_size(vec2(width, HEIGHT), Sense::hover());
    let sound = if levels.quiet() { "silent" } else { "sound" };
    response.widget_info(|| WidgetInfo::labeled(Role::Meter, true, format!("{name}: {sound}")));
    let p = theme::palette(ui);
    for (i, level) in levels.0.iter().enumerate() {
        let height = (4.0 + level * (HEIGHT - 4.0)).round();
        #[expect(clippy::cast_precision_loss, reason = "at most five")]
        let left = rect.left() + i as f32 * (WIDTH + GAP);
        let bar = Rect::from_min_max(pos2(left, rect.bottom() - height), pos2(left + WIDTH, rect.bottom()));
        let colour = if *level <= f32::EPSILON { p.line } else { colour };
        ui.painter().rect_filled(bar, 2.0, colour);
    }
}
