//! The sheet before anything has changed: who asks and why, what still works, the new password, what else will need
//! it, and a way out that is a button like the others.

use egui::{Id, Ui};

use super::{Cx, Foot, SecurityPage, back, body, notice, reveal};
use crate::phone::command::{ChangeCommand, Command, DeviceCommand};
use crate::phone::devices_registered::words;
use crate::phone::view::{Asked, ChangeReason, ChangeWay, Compose, NoticeLevel, NoticeView};
use crate::ui::state::{Page, Tab, UiState};
use crate::ui::text::{change as text, devices as called, security, sentence};
use crate::ui::widgets::{self, Check, Tick};

/// Draws it.
pub(super) fn show(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>, compose: &Compose) {
    let change = &cx.security.change;
    let emergency = emergency(cx);
    let ready = if state.security.choosing { !state.security.typed.is_empty() } else { change.new.is_some() };
    let go = match (state.security.choosing, change.way) {
        (true, _) => "Use this one",
        (false, ChangeWay::Person) => "Save it and go on",
        (false, ChangeWay::Phone | ChangeWay::Unknown) => "Change now",
    };
    let mut feet = Vec::new();
    if state.security.choosing {
        feet.push(Foot::plain("Back"));
    } else if can_wait(cx) {
        feet.push(Foot::plain("Not now"));
    } else if change.can_cancel {
        feet.push(Foot::plain("Cancel"));
    }
    feet.extend(emergency.map(Foot::plain));
    feet.push(Foot::main(go).enabled(ready));
    let pressed = body(ui, "compose", &feet, |ui| {
        lead(ui, cx, state);
        if state.security.choosing {
            own(ui, state, compose);
        } else {
            made(ui, cx, state, out, compose);
        }
        others(ui, cx, state, out);
    });
    let Some(words) = pressed.and_then(|i| feet.get(i)).map(|foot| foot.words) else { return };
    if words == go {
        press_go(cx, state, out);
    } else if Some(words) == emergency {
        // The number stands in the field; the person still has to call it.
        words.clone_into(&mut state.dial);
        state.security.forget();
        (state.page, state.tab) = (Page::Main, Tab::Keypad);
    } else if state.security.choosing {
        state.security.choosing = false;
        state.security.typed.wipe();
    } else {
        wait(cx, state, out);
    }
}

/// The emergency number on the button: the country's own where that is known, else the one that most countries have.
fn emergency<'a>(cx: &Cx<'a>) -> Option<&'a str> {
    let all = &cx.security.emergency;
    let common = all.iter().find(|number| *number == "112" && cx.scene.view.guard_state.home.is_none());
    common.or(all.first()).map(String::as_str)
}

fn press_go(cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    if state.security.choosing {
        out.push(cx.change(ChangeCommand::Type(state.security.typed.secret())));
        state.security.typed.wipe();
        state.security.choosing = false;
    } else {
        state.security.forget();
        out.push(cx.change(ChangeCommand::Go));
    }
}

/// "Not now", or "Cancel" where that does not exist.
fn wait(cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let can_wait = can_wait(cx);
    if let Some(asked) = asked_by(cx).filter(|_| can_wait) {
        notice::put_off(cx, state, out, asked);
        return;
    }
    out.push(cx.change(if can_wait { ChangeCommand::NotNow(None) } else { ChangeCommand::Cancel }));
    state.security.forget();
    back(state);
}

/// Whether both the change and the notice that asked for it can be put off.
fn can_wait(cx: &Cx<'_>) -> bool {
    cx.security.change.can_wait && asked_by(cx).is_none_or(|asked| notice::can_wait(cx, asked))
}

/// The notice that this change follows.
fn asked_by<'a>(cx: &Cx<'a>) -> Option<&'a NoticeView> {
    let ChangeReason::Notice(id) = &cx.security.change.reason else { return None };
    cx.security.notices.iter().find(|notice| notice.id == *id)
}

/// Who asks, why, until when; what still works.
fn lead(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState) {
    if cx.security.change.reason == ChangeReason::Asked
        && let Some(asked) = cx.security.asked
    {
        return lead_asked(ui, cx, asked);
    }
    let Some(notice) = asked_by(cx) else {
        widgets::plain(ui, &text::way(cx.security.change.way, cx.provider()));
        return;
    };
    // Their words, so that nobody takes "we" for Ringfence; on a line of their own (`notice_from`).
    widgets::plain(ui, &crate::ui::text::sentence(format!("{} writes:\n“{}”", cx.provider(), notice.title)));
    let by = notice.deadline.map(|at| format!(" by **{}**", cx.now().deadline_in_full(at))).unwrap_or_default();
    let certainty = security::certainty("It", notice.certainty);
    let provider = cx.provider().replace('*', "");
    let asks = crate::ui::text::sentence(format!("{provider} asks for a new line password{by}. {certainty}"));
    widgets::prose(ui, &asks);
    if widgets::link(ui, security::WHY_TITLE, true).clicked() {
        state.security.open(SecurityPage::Why(notice.id.clone()));
    }
    let level = if cx.security.restricted { NoticeLevel::Enforced } else { notice.level };
    widgets::boxed(ui, &security::what_still_works(level, notice.deadline, &cx.security.emergency, cx.now()));
    if cx.security.change.way == ChangeWay::Person {
        widgets::plain(ui, &text::way(ChangeWay::Person, cx.provider()));
    }
}

/// The same where the provider asks this line alone.
fn lead_asked(ui: &mut Ui, cx: &Cx<'_>, asked: Asked) {
    let by = asked.deadline.map(|at| format!(" by **{}**", cx.now().deadline_in_full(at))).unwrap_or_default();
    let provider = cx.provider().replace('*', "");
    widgets::prose(ui, &sentence(format!("{provider} asks for a new password of this line{by}.")));
    let Asked { level, deadline } = asked;
    widgets::boxed(ui, &security::what_still_works(level, deadline, &cx.security.emergency, cx.now()));
    if cx.security.change.way == ChangeWay::Person {
        widgets::plain(ui, &text::way(ChangeWay::Person, cx.provider()));
    }
}

/// The password that was made.
fn made(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>, compose: &Compose) {
    let Some(new) = cx.security.change.new else {
        widgets::card(ui, |ui| {
            Check::new(Tick::Doing, "Making a new password…").show(ui);
        });
        return;
    };
    widgets::label(ui, if new.made { "New password, made for you" } else { "New password, chosen by you" });
    reveal::show(ui, cx, state, out);
    widgets::faint(ui, text::REMEMBERED);
    if let Some(complaint) = &compose.complaint {
        widgets::warning(ui, complaint);
        widgets::live_region(ui, "complaint", complaint);
    }
    if new.is_weak() {
        let words =
            format!("{}'s rules allow nothing stronger than these {} characters.", cx.provider(), new.characters);
        widgets::warning(ui, &words);
    }
}

/// The field for one that the person chooses.
fn own(ui: &mut Ui, state: &mut UiState, compose: &Compose) {
    widgets::labelled(ui, text::NEW_PASSWORD, "typed or pasted", |ui| {
        widgets::field(ui, Id::unique("own password"), &mut state.security.typed, "", true)
    });
    if let Some(rules) = &compose.rules {
        widgets::faint(ui, rules);
    }
    if let Some(complaint) = &compose.complaint {
        widgets::warning(ui, complaint);
        widgets::live_region(ui, "complaint", complaint);
    }
    widgets::faint(ui, "One that Ringfence makes is stronger, and nobody has to type it.");
}

/// What else uses this line.
fn others(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    let devices = &cx.security.devices;
    widgets::label(ui, "Other phones on this line need it too");
    if let Some(words) = called::listing(devices.listed, devices.all.is_empty(), cx.provider(), cx.now()) {
        widgets::faint(ui, &words);
    }
    if let Some(words) = words::list(devices.list, cx.provider()) {
        widgets::warning(ui, &sentence(words));
    }
    if !devices.all.is_empty() {
        each(ui, cx, state);
    }
    end_them(ui, cx, out);
}

/// Each of them that is known.
fn each(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState) {
    let devices = &cx.security.devices;
    widgets::card(ui, |ui| {
        for (i, device) in devices.all.iter().enumerate() {
            if i > 0 {
                widgets::row_line(ui);
            }
            let name = called::device_name(device);
            if Check::new(Tick::None, &name).small(text::DEVICE_STOPS).action("Show").show(ui) {
                state.security.open(SecurityPage::Devices);
            }
        }
    });
}

const OTHERS: &str = "Sign the others out";

/// The choice before the change: none are ended, unless the person says so. Where it cannot be had, why.
fn end_them(ui: &mut Ui, cx: &Cx<'_>, out: &mut Vec<Command>) {
    let devices = &cx.security.devices;
    if cx.security.change.way != ChangeWay::Phone {
        return;
    }
    if let Some(why) = devices.others_stay {
        // Nobody asks why what is not known cannot be ended.
        if devices.all.is_empty() {
            return;
        }
        return widgets::faint(ui, &sentence(words::others_stay(why, cx.provider())));
    }
    widgets::card(ui, |ui| {
        let all = [(false, "No"), (true, "Yes")];
        let picked = widgets::value_row(ui, OTHERS, Some("Else they go on a while"), |ui| {
            widgets::segments(ui, OTHERS, 100.0, &devices.end_others, &all)
        });
        if let Some(end) = picked {
            out.push(Command::Device(cx.line.id, DeviceCommand::EndOthers(end)));
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_password_is_not_in_its_command_s_debug_output() {
        let command = ChangeCommand::Type("hunter2 hunter2".into());
        assert!(!format!("{command:?}").contains("hunter2"));
    }
}
