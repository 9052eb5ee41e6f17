//! A secret on the screen, only after a deliberate press. It is painted character by character: egui keeps what it
//! lays out for a while, and so it never holds more than single letters. Screen readers get its length; its letters
//! are spoken only when somebody asks.

use egui::{Align2, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use zeroize::Zeroizing;

use super::one_line;
use crate::base::Secret;
use crate::ui::theme;

/// The box of a password: its letters in groups of four, or dots.
pub(in crate::ui) fn secret_box(ui: &mut Ui, name: &str, secret: Option<&Secret<String>>, characters: usize) {
    let p = theme::palette(ui);
    let font = egui::FontId::monospace(13.5);
    let cell = ui.fonts_mut(|fonts| fonts.glyph_width(&font, '0'));
    let letters = secret.map(|secret| secret.expose("the person pressed Show"));
    let count = letters.map_or(characters, |letters| letters.chars().count());
    let room = ui.available_width() - 24.0;
    let (columns, gap) = columns(room, cell, count);
    let rows = count.div_ceil(columns).max(1);
    #[expect(clippy::cast_precision_loss, reason = "a handful")]
    let height = 28.0 + rows as f32 * 18.0;
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let state = if letters.is_some() { "shown" } else { "hidden" };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}, {state}, {count} characters")));
    ui.painter().rect(rect, 10.0, p.card, Stroke::new(1.5, p.line), StrokeKind::Inside);
    let mut all = letters.map(|letters| letters.chars());
    for i in 0..count {
        let c = all.as_mut().map_or(Some('•'), Iterator::next).unwrap_or(' ');
        let (row, column) = (i / columns, i % columns);
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let x = rect.left() + 12.0 + column as f32 * cell + (column / 4) as f32 * gap + cell / 2.0;
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let y = rect.top() + 14.0 + row as f32 * 18.0 + 9.0;
        ui.painter().text(pos2(x, y), Align2::CENTER_CENTER, c, font.clone(), p.ink);
    }
}

/// How many characters stand in a row, in whole groups of four, and the gap between groups.
fn columns(room: f32, cell: f32, count: usize) -> (usize, f32) {
    let gap = cell;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
    let groups = ((room + gap) / (4.0 * cell + gap)).floor().max(1.0) as usize;
    ((groups * 4).min(count.max(4)), gap)
}

/// The modules of a QR code, row by row, with a side of `side`.
pub struct QrModules {
    side: usize,
    dark: Zeroizing<Vec<u8>>,
}

impl QrModules {
    /// The code of a secret; `None` if it is too long for one.
    pub(in crate::ui) fn of(secret: &Secret<String>) -> Option<QrModules> {
        let text = secret.expose("the person pressed Show QR");
        let code = qrcode::QrCode::with_error_correction_level(text.as_bytes(), qrcode::EcLevel::M).ok()?;
        let side = code.width();
        let dark = code.to_colors().into_iter().map(|colour| u8::from(colour == qrcode::Color::Dark)).collect();
        Some(QrModules { side, dark: Zeroizing::new(dark) })
    }

    /// Whether the module at this place is dark.
    #[cfg(test)]
    fn dark(&self, x: usize, y: usize) -> bool {
        self.dark.get(y * self.side + x) == Some(&1)
    }
}

impl std::fmt::Debug for QrModules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("QrModules(…)")
    }
}

/// Paints a QR code, dark on light in both themes because cameras expect that; `text` is what it says to people who
/// cannot see it.
pub(in crate::ui) fn qr(ui: &mut Ui, modules: &QrModules, text: &str) {
    let p = &theme::LIGHT;
    #[expect(clippy::cast_precision_loss, reason = "at most 177")]
    let cells = modules.side as f32 + 8.0;
    let unit = (220.0 / cells).floor().max(2.0);
    let size = unit * cells;
    let (row, response) = ui.allocate_exact_size(vec2(ui.available_width(), size), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, text));
    let rect = Rect::from_center_size(row.center().round(), vec2(size, size));
    ui.painter().rect_filled(rect, f32::from(theme::RADIUS), p.card);
    for (i, dark) in modules.dark.iter().enumerate() {
        if *dark == 0 {
            continue;
        }
        #[expect(clippy::cast_precision_loss, reason = "at most 177")]
        let at = pos2((i % modules.side) as f32 + 4.0, (i / modules.side) as f32 + 4.0);
        let cell = Rect::from_min_size(rect.min + at.to_vec2() * unit, vec2(unit, unit));
        ui.painter().rect_filled(cell, 0.0, p.ink);
    }
}

/// A code that is read aloud on the telephone: large, in the middle of a box.
pub(in crate::ui) fn code_box(ui: &mut Ui, code: &str) {
    let p = theme::palette(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 44.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, code));
    ui.painter().rect(rect, 10.0, p.card, Stroke::new(1.5, p.line), StrokeKind::Inside);
    let font = egui::FontId::monospace(17.0);
    let galley = one_line(ui, code, font, p.ink, rect.width() - 24.0);
    ui.painter().galley(rect.center() - galley.size() / 2.0, galley, p.ink);
}

/// The letters of a secret as they are spoken: `capital T as in Tango`, in groups of four. Returned in a buffer that
/// is wiped.
pub(in crate::ui) fn spelt(secret: &Secret<String>) -> Zeroizing<String> {
    let mut words = Zeroizing::new(String::with_capacity(1024));
    for (i, c) in secret.expose("the person asked to hear it").chars().enumerate() {
        if i > 0 {
            words.push_str(if i % 4 == 0 { "; " } else { ", " });
        }
        if c.is_ascii_uppercase() {
            words.push_str("capital ");
        }
        match word(c) {
            "" => words.push(c),
            word => words.push_str(word),
        }
    }
    words
}

/// The word for a character: the spelling alphabet of ICAO, digits, and common signs.
fn word(c: char) -> &'static str {
    const LETTERS: [&str; 26] = [
        "Alfa", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel", "India", "Juliett", "Kilo", "Lima",
        "Mike", "November", "Oscar", "Papa", "Quebec", "Romeo", "Sierra", "Tango", "Uniform", "Victor", "Whiskey",
        "X-ray", "Yankee", "Zulu",
    ];
    const DIGITS: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let code = u8::try_from(c.to_ascii_lowercase()).unwrap_or_default();
    let at = |from: u8| usize::from(code.wrapping_sub(from));
    match c {
        'a'..='z' | 'A'..='Z' => LETTERS.get(at(b'a')).copied().unwrap_or_default(),
        '0'..='9' => DIGITS.get(at(b'0')).copied().unwrap_or_default(),
        '-' => "hyphen",
        '_' => "underscore",
        '.' => "full stop",
        '!' => "exclamation mark",
        '$' => "dollar sign",
        '*' => "star",
        '#' => "hash",
        '@' => "at sign",
        '+' => "plus",
        '=' => "equals",
        '?' => "question mark",
        '/' => "slash",
        ' ' => "space",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_spelt_so_that_nobody_mistakes_a_letter() {
        let spelt = spelt(&"kT7-éx".into());
        assert_eq!(spelt.as_str(), "Kilo, capital Tango, seven, hyphen; é, X-ray");
    }

    #[test]
    fn groups_of_four_fill_the_row_and_no_more() {
        assert_eq!(columns(300.0, 8.0, 24).0, 24);
        assert_eq!(columns(120.0, 8.0, 24).0, 12);
        assert_eq!(columns(300.0, 8.0, 0).0, 4, "an empty one divides nothing by zero");
    }

    #[test]
    fn a_qr_code_has_its_three_corners_and_depends_on_the_secret() {
        let one = QrModules::of(&"kT7mWq2vR9xLp4sZn8cHb3Yd".into()).expect("short");
        let last = one.side - 1;
        assert!(one.dark(0, 0) && one.dark(last, 0) && one.dark(0, last), "finder patterns");
        let other = QrModules::of(&"another".into()).expect("short");
        assert!(one.dark.as_slice() != other.dark.as_slice());
        assert!(QrModules::of(&Secret::new("x".repeat(8_000))).is_none());
    }
}
