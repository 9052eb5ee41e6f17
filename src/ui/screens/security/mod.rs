//! The pages behind the shield. Each is a header, a part that scrolls, and at most three buttons below. Nothing here
//! times out, nothing covers a call, and the keypad is two presses of Tab away.

mod bill;
mod centre;
mod change;
mod compose;
mod contact;
mod devices;
mod done;
mod limits;
mod lockdown;
mod log;
mod main_page;
mod notice;
mod questions;
mod reveal;
mod told;
mod vault;
mod weaker;

use egui::{Rect, Ui, UiBuilder, pos2};

pub(super) use self::main_page::{banner, in_call, things_to_do};
pub(in crate::ui) use self::questions::cancel;
pub(super) use self::questions::{certificate_page, guard, guard_page, rehearsal, vault_banner};
pub(in crate::ui) use self::reveal::is_visible;
use super::Scene;
use crate::phone::command::{ChangeCommand, Command};
use crate::phone::view::{AccountState, AccountView, Link, SecurityView};
use crate::ui::state::{Page, SecurityPage, Tab, UiState};
use crate::ui::widgets::{self, Button, Kind};
use crate::ui::{Moment, theme};

/// What every security page needs to know.
#[derive(Clone, Copy)]
struct Cx<'a> {
    scene: &'a Scene<'a>,
    line: &'a AccountView,
    security: &'a SecurityView,
}

impl Cx<'_> {
    fn now(&self) -> &Moment {
        &self.scene.now
    }

    fn provider(&self) -> &str {
        &self.line.provider
    }

    /// Whether the provider can be asked who else is on the line: the phone refuses that while it is off line itself.
    fn can_ask(&self) -> bool {
        self.line.state == AccountState::Registered
    }

    fn change(&self, command: ChangeCommand) -> Command {
        Command::Change(self.line.id, command)
    }
}

/// Draws the page that is open.
pub(super) fn show(ui: &mut Ui, scene: &Scene<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let Some(line) = scene.line(state.line) else { return };
    let unknown = SecurityView { account: line.id, ..SecurityView::default() };
    let security = scene.view.security_of(line.id).unwrap_or(&unknown);
    let cx = Cx { scene, line, security };
    let page = state.security.page();
    ui.push_id(("security", line.id, state.security.visits), |ui| match page {
        SecurityPage::Centre => centre::show(ui, &cx, state, out),
        SecurityPage::Notice(id) => notice::show(ui, &cx, state, out, &id),
        SecurityPage::Why(id) => notice::why(ui, &cx, state, &id),
        SecurityPage::Change => change::show(ui, &cx, state, out),
        SecurityPage::Told => told::show(ui, &cx, state, out),
        SecurityPage::Devices => devices::show(ui, &cx, state, out),
        SecurityPage::Limits => limits::show(ui, &cx, state, out),
        SecurityPage::Bill => bill::show(ui, &cx, state, out),
        SecurityPage::Log => log::show(ui, &cx, state, out),
        SecurityPage::Contact => contact::show(ui, &cx, state, out),
        SecurityPage::Remove => lockdown::remove(ui, &cx, state, out),
        SecurityPage::Lockdown => lockdown::show(ui, &cx, state, out),
        SecurityPage::Vault => vault::show(ui, &cx, state, out),
        SecurityPage::Weaker => weaker::show(ui, &cx, state, out),
    });
}

/// Where a press in the header leads.
fn follow(head: widgets::SheetHead, state: &mut UiState) {
    if head.keypad {
        state.security.forget();
        (state.page, state.tab) = (Page::Main, Tab::Keypad);
    }
    if head.back {
        back(state);
    }
}

/// One page back; from the first one, to the main page.
fn back(state: &mut UiState) {
    if state.security.back() {
        state.page = Page::Main;
    }
}

/// The header of a page with a way back.
fn header(ui: &mut Ui, state: &mut UiState, title: &str) {
    let head = widgets::sheet_header(ui, None, title, |_| {});
    follow(head, state);
}

/// A button below a page.
struct Foot<'a> {
    kind: Kind,
    words: &'a str,
    enabled: bool,
}

impl<'a> Foot<'a> {
    fn plain(words: &'a str) -> Foot<'a> {
        Foot { kind: Kind::Plain, words, enabled: true }
    }

    fn main(words: &'a str) -> Foot<'a> {
        Foot { kind: Kind::Main, words, enabled: true }
    }

    fn enabled(self, enabled: bool) -> Foot<'a> {
        Foot { enabled, ..self }
    }
}

/// The part of a page that scrolls, and buttons at the bottom, of which the last is as wide as there is room. Returns
/// the number of the one that was pressed.
fn body(ui: &mut Ui, salt: &str, feet: &[Foot<'_>], content: impl FnOnce(&mut Ui)) -> Option<usize> {
    let whole = ui.available_rect_before_wrap();
    let foot = if feet.is_empty() { 0.0 } else { 64.0 };
    let split = (whole.bottom() - foot).max(whole.top());
    let above = Rect::from_min_max(whole.min, pos2(whole.right(), split));
    ui.scope_builder(UiBuilder::new().max_rect(above), |ui| {
        ui.set_clip_rect(above.intersect(ui.clip_rect()));
        let all = egui::ScrollArea::vertical().auto_shrink([false, false]).id_salt(salt).show(ui, |ui| {
            let margin = egui::Margin { left: 12, right: 12, top: 12, bottom: 16 };
            egui::Frame::new().inner_margin(margin).show(ui, |ui| {
                ui.spacing_mut().item_spacing = egui::vec2(8.0, 8.0);
                content(ui);
            });
        });
        // What goes on below says so: cut lines alone look like a mistake.
        if all.state.unclamped_offset().y + all.inner_rect.height() + 1.0 < all.content_size.y {
            let line = egui::Stroke::new(1.0, theme::palette(ui).line);
            ui.painter().hline(above.x_range(), above.bottom() - 0.5, line);
        }
    });
    let mut pressed = None;
    let mut x = whole.left() + 16.0;
    for (i, button) in feet.iter().enumerate() {
        let last = i + 1 == feet.len();
        let room = whole.right() - 16.0 - x;
        let wide = room - 10.0 * f32::from(!last);
        let place = Rect::from_min_max(pos2(x, split + 12.0), pos2(x + wide, split + 52.0));
        let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt(button.words));
        let mut widget = Button::new(button.kind, button.words).height(40.0).enabled(button.enabled);
        if last {
            widget = widget.width(room);
        }
        let response = child.add(widget);
        if response.clicked() && button.enabled {
            pressed = Some(i);
        }
        x = response.rect.right() + 10.0;
    }
    pressed
}

/// Opens an address of the provider's in the system's browser.
fn browse(ui: &Ui, link: &Link) {
    ui.ctx().open_url(egui::OpenUrl { url: link.url.clone(), new_tab: true });
}

/// Begins to change the password of a line, or shows how far that is.
fn begin(cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>, why: crate::phone::command::Begin) {
    if !cx.security.change.is_going() {
        out.push(cx.change(ChangeCommand::Begin(why)));
    }
    state.security.open(SecurityPage::Change);
}

/// The hero of a page: a shield on a soft square, a large sentence, a small one.
fn hero(ui: &mut Ui, good: bool, words: &str, small: &str) {
    use egui::{Align2, Sense, vec2};
    let p = theme::palette(ui);
    let (ink, soft) = if good { (p.go, p.go_soft) } else { (p.warn, p.warn_soft) };
    let left = 60.0;
    let room = ui.available_width() - left;
    let lay =
        |font, colour| move |ui: &Ui, words: &str| ui.fonts_mut(|f| f.layout(words.to_owned(), font, colour, room));
    let words_galley = lay(theme::font(18.0, crate::ui::fonts::Weight::Bold), p.ink)(ui, words);
    let small_galley = lay(theme::font(13.0, crate::ui::fonts::Weight::Regular), p.muted)(ui, small);
    let text = words_galley.size().y + 1.0 + small_galley.size().y;
    let size = vec2(ui.available_width(), (text + 12.0).max(62.0));
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let square = Rect::from_center_size(pos2(rect.left() + 25.0, rect.center().y), vec2(46.0, 46.0));
    ui.painter().rect_filled(square, 14.0, soft);
    let icon = crate::ui::icons::SHIELD_CHECK;
    ui.painter().text(square.center(), Align2::CENTER_CENTER, icon, theme::icon_font(24.0), ink);
    let top = rect.center().y - text / 2.0;
    let below = top + words_galley.size().y + 1.0;
    ui.painter().galley(pos2(rect.left() + left, top), words_galley, p.ink);
    ui.painter().galley(pos2(rect.left() + left, below), small_galley, p.muted);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Heading, true, format!("{words}. {small}")));
}
