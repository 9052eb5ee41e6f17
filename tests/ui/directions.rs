//! Letters that are written from right to left, in what a provider or a stranger's telephone calls itself, turn no word
//! of ours around.

use egui::epaint::{ClippedShape, text::Galley};
use egui::{Color32, Shape};
use ringfence::phone::view::{
    ChangePhase, Compose, Ending, KeyView, LoginView, NoticeAction, PhoneView, SecurityView, SessionId, Todo,
};
use ringfence::ui::state::{Page, SecurityPage};

use crate::breach::{self, security, with};
use crate::rig::Window;
use crate::security::tall;

/// "Change your password", which would be ours if it were not theirs.
const TITLE: &str = "שנה את הסיסמה";
const ARABIC: &str = "غير كلمة المرور";

/// Each line of a text as it is seen, from left to right.
fn seen(galley: &Galley) -> Vec<String> {
    // What belongs to the letter before it has no width.
    let seen = |glyph: &&egui::epaint::text::Glyph| glyph.advance_width > 0.0;
    let row = |row: &egui::epaint::text::PlacedRow| {
        let mut glyphs: Vec<_> = row.glyphs.iter().filter(seen).map(|glyph| (glyph.pos.x, glyph.chr)).collect();
        glyphs.sort_by(|a, b| a.0.total_cmp(&b.0));
        glyphs.into_iter().map(|(_, chr)| chr).collect()
    };
    galley.rows.iter().map(row).collect()
}

/// Everything that is painted, as it is seen.
fn painted(window: &Window) -> String {
    fn add(shape: &Shape, all: &mut Vec<String>) {
        if let Shape::Text(text) = shape {
            all.push(seen(&text.galley).join("\n"));
        } else if let Shape::Vec(shapes) = shape {
            shapes.iter().for_each(|shape| add(shape, all));
        }
    }
    let mut all = Vec::new();
    window.output().shapes.iter().for_each(|ClippedShape { shape, .. }| add(shape, &mut all));
    all.join("\n")
}

/// Without the ends of lines.
fn flat(painted: &str) -> String {
    painted.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A window that paints a box for each letter that no font has, as the real one does: the tests' own would refuse.
fn drawn(view: PhoneView, page: Option<SecurityPage>) -> Window {
    let mut window = tall(PhoneView::default());
    window.ctx.set_missing_glyph_policy(egui::MissingGlyphPolicy::Tofu);
    window.state_mut().view = view;
    if let Some(page) = page {
        window.state_mut().state.page = Page::Security;
        window.state_mut().state.security.go(page);
    }
    window.run();
    window
}

fn lay(words: &str) -> Vec<String> {
    let font = egui::FontId::proportional(13.0);
    let window = drawn(PhoneView::default(), None);
    seen(&window.ctx.fonts_mut(|fonts| fonts.layout(words.to_owned(), font, Color32::WHITE, 1000.0)))
}

/// Why their words stand on lines of their own. Once epaint knows more of directions, this fails, and isolates will do.
#[test]
fn epaint_turns_what_stands_behind_a_letter_of_the_other_direction_also_if_that_is_isolated() {
    for title in [TITLE, ARABIC] {
        let right = |lines: &[String]| lines.iter().any(|line| line.contains("Signed 3 Dec"));
        assert!(!right(&lay(&format!("{title} Signed 3 Dec"))));
        assert!(!right(&lay(&format!("\u{2068}{title}\u{2069} Signed 3 Dec"))));
        assert!(right(&lay(&format!("{title}\nSigned 3 Dec"))));
    }
}

fn notice_of(title: &str, actions: Vec<NoticeAction>) -> SecurityView {
    let mut all = security();
    let notice = &mut all.notices[0];
    (notice.title, notice.body, notice.actions) = (title.into(), title.into(), actions);
    notice.plan.iter_mut().for_each(|point| point.text = title.into());
    all
}

#[test]
fn a_notice_s_title_turns_no_word_of_ours() {
    for title in [TITLE, ARABIC] {
        let mut only_read = notice_of(title, vec![NoticeAction::ReviewDevices]);
        only_read.todo = vec![Todo::Notice(breach::notice().id)];
        let main = painted(&drawn(with(only_read.clone()), None));
        assert!(main.contains("A notice from Voxline:\n"), "{main}");
        assert!(flat(&main).contains("Signed notice · yesterday 09:12 · by 3 Dec"), "{main}");
        let centre = painted(&drawn(with(only_read), Some(SecurityPage::Centre)));
        assert!(
            centre.contains("A notice from Voxline:\n") && flat(&centre).contains("Signed notice of 21 Nov"),
            "{centre}"
        );
        let asks = notice_of(title, vec![NoticeAction::ChangeLinePassword]);
        let whole = painted(&drawn(with(asks.clone()), Some(SecurityPage::Notice(breach::notice().id))));
        for ours in ["Notice from Voxline", "Signed by voxline.example, 21 Nov 09:12", "Under way · by 3 Dec · new"] {
            assert!(whole.contains(ours), "{ours}: {whole}");
        }
        let change = breach::change(ChangePhase::Compose(Compose::default()));
        let sheet = painted(&drawn(with(SecurityView { change, ..asks }), Some(SecurityPage::Change)));
        assert!(sheet.contains("Voxline writes:\n"), "{sheet}");
        assert!(flat(&sheet).contains("Voxline asks for a new line password by 3 December"), "{sheet}");
    }
}

#[test]
fn what_a_login_or_a_key_calls_itself_turns_no_word_of_ours() {
    for name in [TITLE, ARABIC] {
        let id = |id: &str| SessionId(id.into());
        let mut all = security();
        let (software, ending) = (Some(name.to_owned()), Ending::Possible);
        all.devices.logins = vec![LoginView {
            id: id("p"),
            software,
            country: None,
            since: Some(breach::ago(0, 30)),
            new: true,
            ending,
        }];
        all.devices.keys = vec![KeyView {
            id: id("d"),
            label: name.into(),
            active: false,
            active_from: None,
            own: false,
            new: true,
            ending,
        }];
        all.devices.all[0].software = Some(name.into());
        all.devices.all[0].registered = Some(breach::ago(0, 90));
        all.todo = vec![Todo::NewSession(id("p")), Todo::NewSession(id("d"))];
        for page in [SecurityPage::Centre, SecurityPage::Devices] {
            let seen = flat(&painted(&drawn(with(all.clone()), Some(page.clone()))));
            for ours in ["a login to the website · signed in since today 10:30", "may not do it yet"] {
                assert!(seen.contains(ours), "{page:?}: {seen}");
            }
        }
        let devices = flat(&painted(&drawn(with(all), Some(SecurityPage::Devices))));
        for ours in ["Calls itself ", "signed in since today 09:30"] {
            assert!(devices.contains(ours), "{ours}: {devices}");
        }
    }
}
