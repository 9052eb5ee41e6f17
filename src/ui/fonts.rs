//! Inter in four weights and the Phosphor icons, from the program's own pages: nothing is read or copied at the
//! start, and a weight that no screen uses is never parsed.

use std::sync::Arc;

use egui::{FontData, FontDefinitions, FontFamily, FontTweak};

macro_rules! asset {
    ($path:literal) => {
        include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/assets/", $path))
    };
}

/// The weight of a text. Inter's 650 of the picture is its Bold here, 550 its SemiBold, as browsers choose them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weight {
    /// 400
    Regular,
    /// 500
    Medium,
    /// 600
    SemiBold,
    /// 700
    Bold,
}

impl Weight {
    pub(super) fn family(self) -> FontFamily {
        match self {
            Weight::Regular => FontFamily::Proportional,
            Weight::Medium => FontFamily::Name("medium".into()),
            Weight::SemiBold => FontFamily::Name("semibold".into()),
            Weight::Bold => FontFamily::Name("bold".into()),
        }
    }
}

/// Phosphor's outlines.
pub(super) fn icon_family() -> FontFamily {
    FontFamily::Name("icons".into())
}

/// Phosphor's outlines for small sizes.
pub(super) fn bold_icon_family() -> FontFamily {
    FontFamily::Name("icons-bold".into())
}

/// Phosphor's filled icons.
pub(super) fn filled_icon_family() -> FontFamily {
    FontFamily::Name("icons-fill".into())
}

/// Every font of the window.
pub(super) fn definitions() -> FontDefinitions {
    let mut all = FontDefinitions::default();
    let fallback = all.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let text: [(&str, &'static [u8], Weight); 4] = [
        ("Inter", asset!("fonts/Inter-Regular.otf"), Weight::Regular),
        ("Inter Medium", asset!("fonts/Inter-Medium.otf"), Weight::Medium),
        ("Inter SemiBold", asset!("fonts/Inter-SemiBold.otf"), Weight::SemiBold),
        ("Inter Bold", asset!("fonts/Inter-Bold.otf"), Weight::Bold),
    ];
    for (name, bytes, weight) in text {
        insert(&mut all, name, bytes);
        let mut family = vec![name.to_owned()];
        family.extend(fallback.iter().cloned());
        all.families.insert(weight.family(), family);
    }
    insert(&mut all, "Phosphor", asset!("icons/Phosphor-Regular.ttf"));
    insert(&mut all, "Phosphor Bold", asset!("icons/Phosphor-Bold.ttf"));
    insert(&mut all, "Phosphor Fill", asset!("icons/Phosphor-Fill.ttf"));
    all.families.insert(icon_family(), vec!["Phosphor".into()]);
    all.families.insert(bold_icon_family(), vec!["Phosphor Bold".into()]);
    all.families.insert(filled_icon_family(), vec!["Phosphor Fill".into()]);
    all
}

fn insert(all: &mut FontDefinitions, name: &str, bytes: &'static [u8]) {
    let tweak = FontTweak { hinting: Some(false), ..FontTweak::default() };
    all.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes).tweak(tweak)));
}
