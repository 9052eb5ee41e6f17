//! The only place with colours and sizes: the tokens of the design, light and dark, and egui's style made of them.

use egui::{Color32, CornerRadius, FontId, Stroke, Visuals};

use super::fonts::{self, Weight};

/// The colours of one theme. Semantic: a screen asks for `go`, never for green.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Palette {
    /// Behind everything.
    pub bg: Color32,
    /// Cards, fields, keys.
    pub card: Color32,
    /// Hairlines.
    pub line: Color32,
    /// Around what can be typed into: its inside is too near to what is around it to show where it is.
    pub edge: Color32,
    /// Text.
    pub ink: Color32,
    /// Secondary text.
    pub muted: Color32,
    /// Links, focus, the main button.
    pub accent: Color32,
    /// Behind something chosen.
    pub accent_soft: Color32,
    /// Answer, call, good.
    pub go: Color32,
    /// Behind something good.
    pub go_soft: Color32,
    /// End, decline, missed.
    pub end: Color32,
    /// Behind something bad.
    pub end_soft: Color32,
    /// Needs attention.
    pub warn: Color32,
    /// Behind what needs attention.
    pub warn_soft: Color32,
    /// Text on `accent` and `end`.
    pub on_accent: Color32,
    /// Text on `go` where it fills a button.
    pub on_go: Color32,
    /// Text on an avatar.
    pub on_avatar: Color32,
    /// What a pointer adds to a surface.
    pub hover: Color32,
}

#[expect(clippy::disallowed_methods, reason = "this is ui::theme")]
const fn rgb(hex: u32) -> Color32 {
    Color32::from_rgb((hex >> 16 & 0xff) as u8, (hex >> 8 & 0xff) as u8, (hex & 0xff) as u8)
}

/// Light.
pub const LIGHT: Palette = Palette {
    bg: rgb(0xFB_FB_FD),
    card: rgb(0xFF_FF_FF),
    line: rgb(0xE6_E8_EF),
    edge: rgb(0x85_8D_A2),
    ink: rgb(0x17_1B_26),
    muted: rgb(0x64_6C_80),
    accent: rgb(0x3B_4F_E0),
    accent_soft: rgb(0xEC_EE_FE),
    go: rgb(0x12_80_5C),
    go_soft: rgb(0xE3_F5_EE),
    end: rgb(0xD1_34_38),
    end_soft: rgb(0xFE_F2_F2),
    warn: rgb(0x9A_5B_00),
    warn_soft: rgb(0xFF_F3_DC),
    on_accent: rgb(0xFF_FF_FF),
    on_go: rgb(0xFF_FF_FF),
    on_avatar: rgb(0xFF_FF_FF),
    hover: rgb(0xF4_F5_F9),
};

/// Dark.
pub const DARK: Palette = Palette {
    bg: rgb(0x12_15_1D),
    card: rgb(0x1A_1E_29),
    line: rgb(0x2A_30_40),
    edge: rgb(0x6E_78_92),
    ink: rgb(0xEE_F0_F6),
    muted: rgb(0x98_A0_B5),
    accent: rgb(0x8C_9A_FF),
    accent_soft: rgb(0x23_2A_4A),
    go: rgb(0x36_C3_8F),
    go_soft: rgb(0x17_32_29),
    end: rgb(0xFF_6B_6E),
    end_soft: rgb(0x3A_1D_22),
    warn: rgb(0xF3_B2_4C),
    warn_soft: rgb(0x38_2B_14),
    on_accent: rgb(0x12_15_1D),
    on_go: rgb(0x12_15_1D),
    on_avatar: rgb(0xFF_FF_FF),
    hover: rgb(0x22_27_34),
};

/// Behind the initials of people; the last one is for numbers.
const AVATARS: [Color32; 6] =
    [rgb(0x59_69_E5), rgb(0xB5_57_7B), rgb(0x2B_82_77), rgb(0x7A_6A_4F), rgb(0x8A_5F_C9), rgb(0xA9_64_37)];
const AVATAR_OF_A_NUMBER: Color32 = rgb(0x70_75_84);

/// Radius of buttons and small fields.
pub const RADIUS: u8 = 8;
/// Radius of cards and the search field.
pub const RADIUS_CARD: u8 = 12;
/// The least height and width of anything that can be hit.
pub const TARGET: f32 = 36.0;
/// Width of the focus ring.
pub const FOCUS_RING: f32 = 2.0;

/// The colours of the theme that is on.
#[must_use]
pub fn palette(ui: &egui::Ui) -> &'static Palette {
    if ui.visuals().dark_mode { &DARK } else { &LIGHT }
}

/// The colour behind somebody's initials: always the same for the same name.
#[must_use]
pub fn avatar_colour(name: Option<&str>) -> Color32 {
    let Some(name) = name else { return AVATAR_OF_A_NUMBER };
    // FNV-1a: stable across versions, unlike the standard library's hasher.
    let hash = name.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    AVATARS[(hash >> 18) as usize % AVATARS.len()]
}

/// A font of the window.
#[must_use]
pub fn font(size: f32, weight: Weight) -> FontId {
    FontId::new(size, weight.family())
}

/// An icon's font.
#[must_use]
pub fn icon_font(size: f32) -> FontId {
    FontId::new(size, fonts::icon_family())
}

/// A bold icon's font: for small sizes, where outlines would be too thin.
#[must_use]
pub fn bold_icon_font(size: f32) -> FontId {
    FontId::new(size, fonts::bold_icon_family())
}

/// A filled icon's font.
#[must_use]
pub fn filled_icon_font(size: f32) -> FontId {
    FontId::new(size, fonts::filled_icon_family())
}

/// Fonts and style of both themes. Once, before the first frame.
pub fn install(ctx: &egui::Context) {
    ctx.set_fonts(fonts::definitions());
    ctx.set_visuals_of(egui::Theme::Light, visuals(&LIGHT, Visuals::light()));
    ctx.set_visuals_of(egui::Theme::Dark, visuals(&DARK, Visuals::dark()));
    ctx.options_mut(|options| options.fallback_theme = egui::Theme::Light);
    ctx.all_styles_mut(|style| {
        use egui::TextStyle::{Body, Button, Heading, Monospace, Small};
        let sizes = [
            (Small, font(12.0, Weight::Regular)),
            (Body, font(13.0, Weight::Regular)),
            (Button, font(13.0, Weight::SemiBold)),
            (Heading, font(18.0, Weight::Bold)),
            (Monospace, FontId::monospace(13.0)),
        ];
        style.text_styles = sizes.into_iter().collect();
        style.spacing.item_spacing = egui::vec2(8.0, 8.0);
        style.spacing.interact_size = egui::vec2(TARGET, TARGET);
        style.spacing.button_padding = egui::vec2(12.0, 8.0);
        style.spacing.menu_margin = egui::Margin::same(6);
        style.spacing.scroll = egui::style::ScrollStyle { bar_width: 6.0, ..egui::style::ScrollStyle::floating() };
        style.interaction.selectable_labels = false;
        style.animation_time = 0.12;
    });
}

fn visuals(p: &Palette, base: Visuals) -> Visuals {
    let mut v = Visuals {
        override_text_color: Some(p.ink),
        weak_text_color: Some(p.muted),
        hyperlink_color: p.accent,
        panel_fill: p.bg,
        window_fill: p.card,
        extreme_bg_color: p.card,
        faint_bg_color: p.hover,
        window_stroke: Stroke::new(1.0, p.line),
        window_corner_radius: CornerRadius::same(RADIUS_CARD),
        menu_corner_radius: CornerRadius::same(RADIUS_CARD),
        warn_fg_color: p.warn,
        error_fg_color: p.end,
        ..base
    };
    v.selection.bg_fill = p.accent_soft;
    v.selection.stroke = Stroke::new(1.0, p.accent);
    v.text_cursor.stroke = Stroke::new(1.5, p.accent);
    v.text_cursor.blink = false; // a blinking cursor paints a frame twice a second
    for w in [
        &mut v.widgets.noninteractive,
        &mut v.widgets.inactive,
        &mut v.widgets.hovered,
        &mut v.widgets.active,
        &mut v.widgets.open,
    ] {
        w.corner_radius = CornerRadius::same(RADIUS);
        w.bg_stroke = Stroke::new(1.0, p.line);
        w.fg_stroke = Stroke::new(1.0, p.ink);
        w.bg_fill = p.card;
        w.weak_bg_fill = p.card;
        w.expansion = 0.0;
    }
    v.widgets.hovered.weak_bg_fill = p.hover;
    v.widgets.active.weak_bg_fill = p.hover;
    v.widgets.noninteractive.bg_fill = p.bg;
    v
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.1 contrast ratio.
    fn contrast(a: Color32, b: Color32) -> f32 {
        let luminance = |c: Color32| {
            let channel = |v: u8| {
                let v = f32::from(v) / 255.0;
                if v <= 0.03928 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * channel(c.r()) + 0.7152 * channel(c.g()) + 0.0722 * channel(c.b())
        };
        let (x, y) = (luminance(a), luminance(b));
        (x.max(y) + 0.05) / (x.min(y) + 0.05)
    }

    #[test]
    fn every_text_colour_stands_out_from_what_is_behind_it() {
        for p in [&LIGHT, &DARK] {
            for (text, behind) in [
                (p.ink, p.bg),
                (p.ink, p.card),
                (p.ink, p.warn_soft),
                (p.muted, p.bg),
                (p.muted, p.card),
                (p.muted, p.hover),
                (p.accent, p.bg),
                (p.accent, p.accent_soft),
                (p.go, p.bg),
                (p.end, p.bg),
                (p.end, p.end_soft),
                (p.warn, p.warn_soft),
                (p.on_accent, p.accent),
                (p.on_accent, p.end),
                (p.on_go, p.go),
            ] {
                let ratio = contrast(text, behind);
                assert!(ratio >= 4.5, "{text:?} on {behind:?}: {ratio}");
            }
        }
    }

    /// WCAG 2.2, 1.4.11: what one needs to find a field.
    #[test]
    fn the_edge_of_a_field_stands_out_from_its_inside_and_from_what_is_around_it() {
        for p in [&LIGHT, &DARK] {
            for beside in [p.bg, p.card, p.warn_soft, p.end_soft] {
                let ratio = contrast(p.edge, beside);
                assert!(ratio >= 3.0, "{:?} beside {beside:?}: {ratio}", p.edge);
            }
        }
    }

    #[test]
    fn a_name_keeps_its_colour_and_a_number_has_its_own() {
        assert_eq!(avatar_colour(Some("Anna Berg")), avatar_colour(Some("Anna Berg")));
        assert_eq!(avatar_colour(None), AVATAR_OF_A_NUMBER);
    }
}
