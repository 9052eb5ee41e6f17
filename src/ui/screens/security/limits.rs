//! What this app allows, asks about, and blocks; from which country numbers are dialled; and at which hours everything
//! dear asks. Loosening is a deliberate act here, and said to hold in this app only.

use egui::Ui;

use super::{Cx, body, header};
use crate::phone::command::Command;
use crate::phone::guard::rules::{default_rule, stricter};
use crate::phone::guard::{Class, Night, Region, Rules};
use crate::phone::settings::Settings;
use crate::phone::view::GuardRule;
use crate::ui::state::UiState;
use crate::ui::widgets::{self, Check, Tick};

/// Draws the page.
pub(super) fn show(ui: &mut Ui, cx: &Cx<'_>, state: &mut UiState, out: &mut Vec<Command>) {
    header(ui, state, "Limits");
    let now = &cx.scene.view.settings.guard;
    let mut wish = now.clone();
    body(ui, "limits", &[], |ui| {
        widgets::prose(
            ui,
            "These limits hold **in this app only**. Whoever has your password can still call from somewhere else: ask \
             your provider for limits too.",
        );
        widgets::faint(ui, &crate::ui::text::security::numbers_line(&cx.security.contact));
        if now.lockdown {
            widgets::warning(ui, "Locked down: everything abroad or dear is blocked until you end the lockdown.");
        }
        widgets::card(ui, |ui| {
            Check::new(Tick::Good, "Emergency numbers, incoming calls")
                .small("Never asked about, never blocked")
                .show(ui);
            for class in Class::RULED {
                widgets::row_line(ui);
                rule(ui, now, &mut wish, class);
            }
        });
        countries(ui, now, &mut wish);
        home(ui, cx, now, &mut wish);
        night(ui, now.night, &mut wish);
        caps(ui, now);
    });
    if wish != *now {
        let settings = Settings { guard: wish, ..cx.scene.view.settings.clone() };
        out.push(Command::SetSettings(Box::new(settings)));
    }
}

const RULES: [(GuardRule, &str); 3] =
    [(GuardRule::Allow, "Allow"), (GuardRule::Ask, "Ask"), (GuardRule::Block, "Block")];

fn rule(ui: &mut Ui, now: &Rules, wish: &mut Rules, class: Class) {
    let words = capital(class.words());
    Check::new(Tick::None, &words).small(remark(class)).show(ui);
    // What the person chose, not what a lockdown makes of it.
    let chosen = now.classes.get(&class).copied().unwrap_or_else(|| default_rule(class));
    // For these the guard asks for a typed word even where they are allowed.
    let (offered, chosen) = if class == Class::Satellite {
        (RULES.get(1..).unwrap_or_default(), stricter(chosen, GuardRule::Ask))
    } else {
        (RULES.as_slice(), chosen)
    };
    if let Some(picked) = widgets::segments(ui, &words, ui.available_width(), &chosen, offered) {
        wish.classes.insert(class, picked);
    }
    ui.add_space(10.0);
}

/// What is worth knowing about a class before its rule is changed.
fn remark(class: Class) -> &'static str {
    match class {
        Class::Abroad => "Asks once for each country, then remembers",
        Class::Premium | Class::Shared | Class::Personal => "Asks for a typed word each time",
        Class::Satellite => "Among the dearest calls: blocked, or a typed word each time",
        Class::Forwarding => "Calls would go elsewhere at your expense",
        Class::Unknown => "Not in the tables of numbers",
        Class::Home
        | Class::Company
        | Class::Short
        | Class::Emergency
        | Class::Address
        | Class::Extension
        | Class::Freephone
        | Class::Feature => "",
    }
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Countries with a rule of their own: confirmed once, or blocked.
fn countries(ui: &mut Ui, now: &Rules, wish: &mut Rules) {
    if now.countries.is_empty() {
        return;
    }
    widgets::section(ui, "Countries that are not asked about");
    widgets::card(ui, |ui| {
        for (i, (region, rule)) in now.countries.iter().enumerate() {
            if i > 0 {
                widgets::row_line(ui);
            }
            let small = match rule {
                GuardRule::Allow => "Allowed",
                GuardRule::Ask => "Asked about each time",
                GuardRule::Block => "Blocked",
            };
            if Check::new(Tick::None, region.name()).small(small).action("Ask again").show(ui) {
                wish.countries.remove(region);
            }
        }
    });
}

fn home(ui: &mut Ui, cx: &Cx<'_>, now: &Rules, wish: &mut Rules) {
    widgets::section(ui, "Home country");
    let assumed = cx.scene.view.guard_state.home.as_ref();
    widgets::card(ui, |ui| {
        let known = assumed.map_or_else(
            || "Not known: numbers without a country in front are asked about.".to_owned(),
            crate::phone::guard::Home::sentence,
        );
        let mut all: Vec<(Option<Region>, &str)> = vec![(None, "Find out")];
        all.extend(Region::all().into_iter().map(|region| (Some(region), region.name())));
        let picked = widgets::value_row(ui, "I dial from", None, |ui| {
            widgets::choice(ui, "I dial from", 180.0, &now.home, &all)
        });
        if let Some(region) = picked {
            wish.home = region;
        }
        widgets::faint(ui, &known);
        ui.add_space(8.0);
    });
}

const NIGHT: &str = "Ask about dear calls";

fn night(ui: &mut Ui, now: Night, wish: &mut Rules) {
    widgets::section(ui, "At night");
    widgets::card(ui, |ui| {
        let all = [(true, "On"), (false, "Off")];
        let small = format!("{:02}:00 to {:02}:00", now.from, now.to);
        let picked =
            widgets::value_row(ui, NIGHT, Some(&small), |ui| widgets::segments(ui, NIGHT, 100.0, &now.on, &all));
        if let Some(on) = picked {
            wish.night = Night { on, ..now };
        }
    });
}

/// What else stops a machine that dials by itself.
fn caps(ui: &mut Ui, now: &Rules) {
    let words = format!(
        "More than {} calls at once, or {} within ten minutes, are asked about too. A dear call that lasts longer than {} \
         minutes is pointed out.",
        now.at_once, now.in_ten_minutes, now.long_call_minutes
    );
    widgets::faint(ui, &words);
}
