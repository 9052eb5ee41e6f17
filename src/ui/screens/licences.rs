//! The licences of this program and of every part of it: a list of the parts, and the texts of the one that was chosen.

use egui::{Rect, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::ui::fonts::Weight;
use crate::ui::licences::Book;
use crate::ui::state::{LicencesPage, Page, UiState};
use crate::ui::text::about as words;
use crate::ui::theme;
use crate::ui::widgets;

const ROW: f32 = 36.0;

/// Draws the page.
pub(super) fn show(ui: &mut Ui, state: &mut UiState) {
    let Some(page) = &mut state.licences else {
        state.page = Page::Settings;
        return;
    };
    let title = match (&page.book, page.open) {
        (Ok(book), Some(open)) => book.parts.get(open).map_or(words::LICENCES, |part| part.name.as_str()),
        _ => words::LICENCES,
    };
    if widgets::page_header(ui, title) {
        if page.back() {
            state.page = Page::Settings;
        }
        return;
    }
    match (&page.book, page.open) {
        (Err(trouble), _) => widgets::warning(ui, trouble),
        (Ok(book), Some(open)) => texts(ui, book, open),
        (Ok(_), None) => list(ui, page),
    }
}

/// Only the rows that can be seen are drawn: there are hundreds.
fn list(ui: &mut Ui, page: &mut LicencesPage) {
    let Ok(book) = &page.book else { return };
    let mut chosen = None;
    ui.spacing_mut().item_spacing.y = 0.0;
    let rows = book.parts.len();
    ScrollArea::vertical().auto_shrink([false, false]).id_salt("licences").show_rows(ui, ROW, rows, |ui, shown| {
        for at in shown {
            if let Some(part) = book.parts.get(at)
                && row(ui, &part.name)
            {
                chosen = Some(at);
            }
        }
    });
    if chosen.is_some() {
        page.open = chosen;
    }
}

fn row(ui: &mut Ui, name: &str) -> bool {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, name));
    let colour = if response.hovered() || response.has_focus() { p.accent } else { p.ink };
    let words = widgets::one_line(ui, name, theme::font(13.0, Weight::Regular), colour, rect.width() - 32.0);
    widgets::put_left(ui, pos2(rect.left() + 16.0, rect.center().y), words);
    widgets::focus_ring(ui, &response, Rect::from_center_size(rect.center(), rect.size() - vec2(8.0, 4.0)), 6.0);
    response.clicked()
}

fn texts(ui: &mut Ui, book: &Book, open: usize) {
    ScrollArea::vertical().auto_shrink([false, false]).id_salt(("licence", open)).show(ui, |ui| {
        egui::Frame::new().inner_margin(egui::Margin { left: 16, right: 16, top: 12, bottom: 16 }).show(ui, |ui| {
            if open == 0 {
                widgets::plain(ui, &book.preface);
                ui.add_space(12.0);
            }
            for (at, text) in book.texts(open).enumerate() {
                if at > 0 {
                    ui.add_space(12.0);
                    widgets::row_line(ui);
                    ui.add_space(12.0);
                }
                widgets::plain(ui, text);
            }
        });
    });
}
