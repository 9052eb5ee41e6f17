//! Text fields: the one that searches and dials, and the plain ones of forms.

use egui::text::{CCursor, CCursorRange};
use egui::{Align2, Id, Margin, Response, Sense, Stroke, StrokeKind, TextBuffer, TextEdit, Ui, Vec2, pos2, vec2};

use super::{focus_ring, name_button, touched};
use crate::ui::fonts::Weight;
use crate::ui::icons;
use crate::ui::theme;

/// A field's name above it, with a lighter remark; the field below is told that this is its name.
pub(in crate::ui) fn labelled(
    ui: &mut Ui,
    name: &str,
    remark: &str,
    field: impl FnOnce(&mut Ui) -> Response,
) -> Response {
    let p = theme::palette(ui);
    let mut job = egui::text::LayoutJob::default();
    let format = |weight| egui::TextFormat {
        line_height: Some(16.0),
        ..egui::TextFormat::simple(theme::font(12.0, weight), p.muted)
    };
    job.append(name, 0.0, format(Weight::SemiBold));
    if !remark.is_empty() {
        job.append(&format!(" · {remark}"), 0.0, format(Weight::Regular));
    }
    job.wrap.max_width = ui.available_width();
    let galley = ui.fonts_mut(|fonts| fonts.layout_job(job));
    // The name stands nearer to its own field than to what is above.
    ui.add_space(ui.spacing().item_spacing.y / 2.0);
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 0.0;
        let (rect, label) = ui.allocate_exact_size(vec2(ui.available_width(), galley.size().y), Sense::hover());
        label.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, name));
        ui.painter().galley(rect.min, galley, p.muted);
        ui.add_space(6.0);
        field(ui).labelled_by(label.id)
    })
    .inner
}

/// A field of a form, 44 points high.
pub(in crate::ui) fn field(ui: &mut Ui, id: Id, text: &mut dyn TextBuffer, hint: &str, password: bool) -> Response {
    let p = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 44.0), Sense::hover());
    let focused = ui.memory(|memory| memory.has_focus(id));
    let border = if focused { p.accent } else { p.edge };
    ui.painter().rect(rect, 10.0, p.card, Stroke::new(1.5, border), StrokeKind::Inside);
    let inner = rect.shrink2(vec2(12.0, 4.0));
    let edit = TextEdit::singleline(text)
        .id(id)
        .password(password)
        .frame(egui::Frame::NONE)
        .margin(Margin::ZERO)
        .font(theme::font(13.5, Weight::Regular))
        .hint_text(egui::RichText::new(hint).color(p.muted))
        .align(egui::Align2::LEFT_CENTER)
        .desired_width(inner.width())
        .min_size(inner.size())
        .char_limit(256);
    ui.put(inner, edit)
}

/// What was done with the search field.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(in crate::ui) struct Searched {
    pub(in crate::ui) call: bool,
}

/// The one field that searches the recent calls and dials. `callable` lights the call button.
pub(in crate::ui) fn search_field(ui: &mut Ui, id: Id, text: &mut String, callable: bool) -> Searched {
    let p = theme::palette(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 44.0), Sense::hover());
    let focused = ui.memory(|memory| memory.has_focus(id));
    let radius = f32::from(theme::RADIUS_CARD);
    let border = if focused { p.accent } else { p.edge };
    ui.painter().rect(rect, radius, p.card, Stroke::new(1.5, border), StrokeKind::Inside);
    let glass = pos2(rect.left() + 21.0, rect.center().y);
    ui.painter().text(glass, Align2::CENTER_CENTER, icons::MAGNIFYING_GLASS, theme::icon_font(16.0), p.muted);
    let inner = egui::Rect::from_min_max(
        pos2(rect.left() + 37.0, rect.top() + 4.0),
        pos2(rect.right() - 46.0, rect.bottom() - 4.0),
    );
    let edit = TextEdit::singleline(text)
        .id(id)
        .frame(egui::Frame::NONE)
        .margin(Margin::ZERO)
        .font(theme::font(13.0, Weight::Regular))
        .hint_text(egui::RichText::new(crate::ui::text::SEARCH_HINT).color(p.muted))
        .align(egui::Align2::LEFT_CENTER)
        .desired_width(inner.width())
        .min_size(inner.size())
        .char_limit(256);
    let response = ui.put(inner, edit);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::TextInput, true, crate::ui::text::SEARCH_HINT));
    let button = egui::Rect::from_center_size(pos2(rect.right() - 22.0, rect.center().y), Vec2::splat(theme::TARGET));
    let pressed = call_square(ui, button, callable);
    let entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    Searched { call: pressed || entered }
}

fn call_square(ui: &Ui, rect: egui::Rect, callable: bool) -> bool {
    let p = theme::palette(ui);
    let sense = if callable { Sense::click() } else { Sense::hover() };
    let response = ui.interact(rect, ui.scope_id().with("call"), sense);
    name_button(&response, callable, crate::ui::text::CALL);
    let surface = rect.shrink(1.0);
    let (fill, ink) = if callable { (touched(p.go, &response, p), p.on_go) } else { (p.hover, p.muted) };
    ui.painter().rect_filled(surface, 10.0, fill);
    ui.painter().text(rect.center(), Align2::CENTER_CENTER, icons::PHONE, theme::filled_icon_font(17.0), ink);
    focus_ring(ui, &response, surface, 10.0);
    response.clicked()
}

/// Gives a field the focus with the cursor at its end.
pub(in crate::ui) fn focus_at_end(ctx: &egui::Context, id: Id, length: usize) {
    ctx.memory_mut(|memory| memory.request_focus(id));
    let mut state = TextEdit::load_state(ctx, id).unwrap_or_default();
    state.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(egui::text::CharIndex(length)))));
    state.store(ctx, id);
}
