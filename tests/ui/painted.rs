//! What every scene paints, all of it stands out from what is behind it in both themes, and nothing is cut off at the
//! sides of the narrowest window.

use egui::epaint::{ClippedShape, RectShape, TextShape};
use egui::{Color32, Pos2, Rect, Shape, Theme};
use egui_kittest::Harness;
use egui_kittest::kittest::NodeT as _;
use ringfence::base::units::Decibels;
use ringfence::ui::screens::{self, Scene};
use ringfence::ui::state::UiState;
use ringfence::ui::{Moment, theme};

use crate::made_up::NOW;
use crate::scenes;

/// WCAG 2.1, 1.4.3: text.
const TEXT: f32 = 4.5;
/// WCAG 2.1, 1.4.11: icons, and the edges of fields.
const ICON: f32 = 3.0;

/// A scene, drawn.
fn drawn(name: &str, theme: Theme, size: [f32; 2]) -> Harness<'static, UiState> {
    let (view, state) = scenes::scene(name).expect("it is among the names");
    let size = size.map(|side| side + 16.0);
    let builder = Harness::builder().with_size(size).with_theme(theme).with_context_setup(theme::install);
    let mut window = builder.build_ui_state(
        move |ui, state: &mut UiState| {
            let levels = (Decibels(-30.0), Decibels(-20.0));
            let scene = Scene { view: &view, now: Moment::utc(NOW), levels };
            screens::root(ui, &scene, state, &mut Vec::new());
        },
        state,
    );
    window.run_steps(2);
    window
}

/// What a scene paints, in order.
fn painted(name: &str, theme: Theme, size: [f32; 2]) -> Vec<ClippedShape> {
    drawn(name, theme, size).output().shapes.clone()
}

/// Shapes without their nesting.
fn flat(shape: &Shape, clip: Rect, all: &mut Vec<(Rect, Shape)>) {
    if let Shape::Vec(shapes) = shape {
        shapes.iter().for_each(|shape| flat(shape, clip, all));
    } else {
        all.push((clip, shape.clone()));
    }
}

fn all_of(shapes: &[ClippedShape]) -> Vec<(Rect, Shape)> {
    let mut all = Vec::new();
    shapes.iter().for_each(|clipped| flat(&clipped.shape, clipped.clip_rect, &mut all));
    all
}

/// What is painted at a place before the shape of this number.
fn behind(all: &[(Rect, Shape)], before: usize, at: Pos2) -> Color32 {
    let mut colour = Color32::BLACK;
    for (_, shape) in all.iter().take(before).filter(|(clip, _)| clip.contains(at)) {
        if let Shape::Rect(rect) = shape
            && rect.rect.contains(at)
            && rect.blur_width < 0.1
        {
            colour = colour.blend(rect.fill);
        } else if let Shape::Circle(circle) = shape
            && circle.center.distance(at) <= circle.radius
        {
            colour = colour.blend(circle.fill);
        }
    }
    colour
}

/// The innermost frame that is painted around this, and its number.
fn around(all: &[(Rect, Shape)], inside: Rect) -> Option<(usize, RectShape)> {
    all.iter().enumerate().rev().find_map(|(i, (_, shape))| {
        let Shape::Rect(rect) = shape else { return None };
        (rect.stroke.width > 0.0 && rect.rect.contains_rect(inside)).then(|| (i, rect.clone()))
    })
}

/// WCAG 2.1's contrast ratio.
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

/// The colours of a text's sections, and whether each is an icon.
fn colours(text: &TextShape) -> Vec<(Color32, bool)> {
    let of = |colour| if colour == Color32::PLACEHOLDER { text.fallback_color } else { colour };
    let all = text.galley.job.sections.iter();
    all.map(|section| {
        let icon = section.format.font_id.family.to_string().contains("icons");
        (text.override_text_color.unwrap_or(of(section.format.color)), icon)
    })
    .collect()
}

#[test]
fn everything_stands_out_from_what_is_behind_it() {
    let mut faint = std::collections::BTreeSet::new();
    for name in scenes::NAMES {
        for theme in [Theme::Light, Theme::Dark] {
            let all = all_of(&painted(name, theme, [360.0, 1400.0]));
            for (i, (clip, shape)) in all.iter().enumerate() {
                let Shape::Text(text) = shape else { continue };
                let at = text.visual_bounding_rect().center();
                if !clip.contains(at) || text.galley.text().trim().is_empty() {
                    continue;
                }
                let surface = behind(&all, i, at);
                for (ink, icon) in colours(text) {
                    if contrast(ink, surface) < if icon { ICON } else { TEXT } {
                        let words = text.galley.text();
                        let ratio = contrast(ink, surface);
                        faint.insert(format!("{theme:?} {words:?} {ink:?} on {surface:?}: {ratio:.2} ({name})"));
                    }
                }
            }
        }
    }
    assert!(faint.is_empty(), "{faint:#?}");
}

#[test]
fn every_field_has_an_edge_that_stands_out_from_both_sides() {
    let (mut faint, mut fields) = (std::collections::BTreeSet::new(), 0);
    for name in scenes::NAMES {
        for theme in [Theme::Light, Theme::Dark] {
            let window = drawn(name, theme, [360.0, 1400.0]);
            let all = all_of(&window.output().shapes);
            let typed = [egui::accesskit::Role::TextInput, egui::accesskit::Role::PasswordInput];
            for node in window.root().children_recursive().filter(|node| typed.contains(&node.accesskit_node().role()))
            {
                let (i, frame) = around(&all, node.rect()).expect("every field is painted on something");
                let outside = behind(&all, i, frame.rect.left_center() - egui::vec2(2.0, 0.0));
                for beside in [frame.fill, outside] {
                    let ratio = contrast(frame.stroke.color, beside);
                    if frame.stroke.width < 1.0 || ratio < ICON {
                        let label = node.accesskit_node().label();
                        faint.insert(format!(
                            "{theme:?} {name} {label:?}: {:?} beside {beside:?}: {ratio:.2}",
                            frame.stroke
                        ));
                    }
                }
                fields += 1;
            }
        }
    }
    assert!(faint.is_empty(), "{faint:#?}");
    assert!(fields > 20, "{fields} fields only");
}

#[test]
fn nothing_is_cut_off_at_the_sides() {
    let mut cut = std::collections::BTreeSet::new();
    // What others wrote may be longer than the narrowest window is wide, and ends in dots then.
    let ours = |name: &&str| !["licences", "bill-columns"].contains(name);
    for name in scenes::NAMES.into_iter().filter(ours) {
        for (clip, shape) in all_of(&painted(name, Theme::Light, [320.0, 1400.0])) {
            let Shape::Text(text) = shape else { continue };
            let rect = text.visual_bounding_rect();
            let outside = rect.left() < clip.left() - 0.5 || rect.right() > clip.right() + 0.5;
            if clip.intersects(rect) && (outside || text.galley.elided) {
                cut.insert(format!("{:?} ({name})", text.galley.text()));
            }
        }
    }
    assert!(cut.is_empty(), "{cut:#?}");
}
