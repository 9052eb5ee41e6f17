//! The contract between window and phone: the real phone, brought into every state that a password change can be in, is
//! drawn by the real window, and every button that can be pressed is, on the sheet and on the pages of the security
//! centre: the phone refuses nothing that the window asks for, and no press comes to nothing.

#[expect(dead_code, reason = "shared with the tests of the phone alone")]
#[path = "../../pure/phone/api_provider.rs"]
mod api_provider;
#[path = "../../pure/phone/keyring.rs"]
mod keyring;
#[expect(dead_code, reason = "shared with the tests of the phone alone")]
#[path = "../../pure/phone/network.rs"]
mod network;
#[expect(dead_code, reason = "shared with the tests of the notices alone")]
#[path = "../../pure/notices/rig.rs"]
mod notices_rig;
mod pages;
#[path = "../../pure/phone/published.rs"]
mod published;
#[expect(dead_code, reason = "shared with the tests of the phone alone")]
#[path = "../../pure/phone/safe.rs"]
mod safe;
mod scenes;
#[expect(dead_code, reason = "shared with the tests of the phone alone")]
#[path = "../../pure/phone/world.rs"]
mod world;

use std::collections::{BTreeMap, BTreeSet};

use egui::accesskit::{Action, Role, Toggled};
use egui_kittest::kittest::NodeT as _;
use notices_rig as rig;
use ringfence::phone::command::{ChangeCommand, Command};
use ringfence::phone::event::Event;
use ringfence::phone::password_change::Status;
use ringfence::phone::view::{ChangePhase, PhoneView};
use ringfence::ui::state::{Page, SecurityPage, UiState};

use self::pages::PAGES;
use self::scenes::{SCENES, STAGES, STATES, Scene, line, mended, stage, state};
use self::world::{Vault, World};
use crate::rig::{Rig, Window, asked, window};

/// What is typed into a field, by its name.
const TYPED: [(&str, &str); 9] = [
    ("Line (SIP) password", "theirs-5150"),
    ("Its last four characters", "aple"),
    ("New line password", "four words of mine"),
    ("Passphrase", "correct horse battery staple"),
    ("The same again", "correct horse battery staple"),
    ("Their website", "www.voip.example"),
    ("Their number for help", "+44 20 7946 0018"),
    ("Name of this device", "Kitchen phone"),
    ("File", "calls.csv"),
];

/// A page, and the presses that led to what it shows: by the number of the button, after typing or without.
#[derive(Clone)]
struct Way {
    page: SecurityPage,
    presses: Vec<(bool, usize)>,
}

/// What a press came to.
#[derive(PartialEq)]
struct Seen {
    view: PhoneView,
    text: String,
    page: (Page, Vec<SecurityPage>),
    steps: usize,
    events: usize,
}

/// Draws this phone on this page.
fn draw(world: &World, page: &SecurityPage) -> Window {
    let mut window = window(PhoneView::default());
    redraw(&mut window, world, page);
    window
}

/// The same in a window that has shown something else, which it forgets: a new one would read all fonts again.
fn redraw(window: &mut Window, world: &World, page: &SecurityPage) {
    window.ctx.memory_mut(|memory| {
        let options = std::mem::take(&mut memory.options);
        *memory = egui::Memory::default();
        memory.options = options;
    });
    let mut state = UiState { page: Page::Security, ..UiState::default() };
    state.security.go(page.clone());
    *window.state_mut() = Rig { view: world.view().clone(), now: world.now.wall, state, out: Vec::new() };
    window.run();
    asked(window);
}

/// Of a list that is open, as that of all countries is, so many are pressed.
const OF_A_LIST: usize = 4;

/// What can be pressed, in the order of the page: its number among all, and its name.
fn buttons(window: &Window) -> Vec<(usize, String)> {
    let mut listed = 0;
    let nodes = window.root().children_recursive().enumerate();
    let pressable = nodes.filter(|(_, node)| {
        let node = node.accesskit_node();
        let (role, toggled) = (node.role(), node.toggled());
        let can = matches!(role, Role::Button | Role::Link | Role::RadioButton | Role::ComboBox | Role::CheckBox);
        // What is chosen already cannot be chosen.
        let chosen = toggled == Some(Toggled::True);
        listed += usize::from(role == Role::Button && toggled.is_some());
        let far_down = role == Role::Button && toggled.is_some() && listed > OF_A_LIST;
        can && !chosen && !far_down && !node.is_disabled() && node.data().supports_action(Action::Click)
    });
    pressable.map(|(at, node)| (at, node.accesskit_node().label().unwrap_or_default())).collect()
}

/// Types into every field. Whether there is one.
fn fill(window: &mut Window) -> bool {
    let mut any = false;
    for node in window.root().children_recursive() {
        let node_kit = node.accesskit_node();
        if !matches!(node_kit.role(), Role::TextInput | Role::PasswordInput) {
            continue;
        }
        let name = node_kit.label().or_else(|| node_kit.labelled_by().find_map(|it| it.label())).unwrap_or_default();
        let text = TYPED.iter().find(|(field, _)| *field == name).map(|(_, text)| *text);
        node.set_text_value_accesskit(text.unwrap_or("something"));
        any = true;
    }
    if any {
        window.run();
    }
    any
}

fn click(window: &Window, number: usize) {
    window.root().children_recursive().nth(number).expect("the page is the same as before").click_accesskit();
}

fn press(window: &mut Window, number: usize) {
    click(window, number);
    window.run();
}

/// Everything that the page says.
fn text(window: &Window) -> String {
    let nodes = window.root().children_recursive();
    let all = nodes.map(|node| {
        let node = node.accesskit_node();
        let (label, value) = (node.label().unwrap_or_default(), node.value().unwrap_or_default());
        format!("{:?} {label} {value} {:?}", node.role(), node.toggled())
    });
    all.collect::<Vec<_>>().join("\n")
}

fn seen(world: &World, window: &Window) -> Seen {
    let state = &window.state().state;
    Seen {
        view: world.view().clone(),
        text: text(window),
        page: (state.page, state.security.path.clone()),
        steps: world.steps,
        events: world.events.iter().filter(|event| !matches!(event, Event::Answered(..))).count(),
    }
}

/// Brings a window to where a way leads. The presses of a way ask the phone for nothing.
fn follow(window: &mut Window, world: &World, way: &Way) {
    redraw(window, world, &way.page);
    for (typed, number) in &way.presses {
        if *typed {
            fill(window);
        }
        press(window, *number);
    }
    asked(window);
}

/// The phone does what the window has asked for; else what it refuses.
fn obey(world: &mut World, commands: &[Command]) -> Result<(), String> {
    for command in commands {
        let ticket = 10_000 + world.events.len() as u64;
        world.ask(ticket, command.clone());
        if let Some(Err(problem)) = world.outcome(ticket) {
            return Err(format!("the phone refuses {command:?}: {problem:?}"));
        }
    }
    Ok(())
}

/// Presses everything on the page at the end of a way, and on what that leads to without leaving the page.
struct Crawl<'a> {
    name: &'a str,
    make: fn() -> World,
    window: Window,
    pages: BTreeSet<String>,
    presses: usize,
    wrong: Vec<String>,
}

impl Crawl<'_> {
    fn page(&mut self, way: &Way) {
        let mut world = (self.make)();
        follow(&mut self.window, &world, way);
        if !self.pages.insert(text(&self.window)) {
            return;
        }
        let fields = fill(&mut self.window);
        for typed in if fields { vec![false, true] } else { vec![false] } {
            self.show(&world, way, typed);
            for (number, words) in buttons(&self.window) {
                self.show(&world, way, typed);
                let about = format!("{}, {:?}: {words:?}{}", self.name, way.page, if typed { " typed" } else { "" });
                let before = seen(&world, &self.window);
                if let Err(why) = press_and_look(&mut world, &mut self.window, number, &before) {
                    self.wrong.push(format!("{about}: {why}"));
                }
                self.presses += 1;
                let told = world.events.iter().filter(|event| !matches!(event, Event::Answered(..))).count();
                let asked = (world.steps, told) != (before.steps, before.events) || *world.view() != before.view;
                let state = &self.window.state().state;
                let same_page = state.page == Page::Security && state.security.page() == way.page;
                if !asked && same_page && way.presses.len() < 2 {
                    let mut presses = way.presses.clone();
                    presses.push((typed, number));
                    self.page(&Way { page: way.page.clone(), presses });
                }
                if asked {
                    world = (self.make)();
                }
            }
        }
    }

    fn show(&mut self, world: &World, way: &Way, typed: bool) {
        follow(&mut self.window, world, way);
        if typed {
            fill(&mut self.window);
        }
    }
}

/// Presses a button: the phone refuses nothing, and something changes.
fn press_and_look(world: &mut World, window: &mut Window, number: usize, before: &Seen) -> Result<(), String> {
    click(window, number);
    // The browser may be sent somewhere, and the clipboard given something, in one frame.
    let mut reached_out = false;
    for _ in 0..4 {
        window.step();
        let output = window.output();
        let to_the_system = output.viewport_output.values().any(|viewport| !viewport.commands.is_empty());
        reached_out |= to_the_system || !output.platform_output.commands.is_empty();
    }
    window.run();
    let commands = asked(window);
    obey(world, &commands)?;
    window.state_mut().view = world.view().clone();
    window.run();
    // Another password is as hidden as the one before.
    let is_hidden = matches!(commands.as_slice(), [Command::Change(_, ChangeCommand::MakeAnother)]);
    if seen(world, window) == *before && !reached_out && !is_hidden {
        return Err(format!("nothing comes of it: {commands:?}"));
    }
    Ok(())
}

/// Presses everything on these pages of each of these phones.
fn crawl(scenes: impl Iterator<Item = (&'static str, Vec<SecurityPage>, fn() -> World)>) {
    let (mut wrong, mut presses) = (Vec::new(), 0);
    for (name, pages, make) in scenes {
        let window = window(PhoneView::default());
        let mut crawl = Crawl { name, make, window, pages: BTreeSet::new(), presses: 0, wrong: Vec::new() };
        for page in pages {
            crawl.page(&Way { page, presses: Vec::new() });
        }
        println!("{name}: {} presses, {:?}", crawl.presses, crawl.wrong);
        presses += crawl.presses;
        wrong.extend(crawl.wrong);
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(presses > 0, "nothing could be pressed");
}

#[test]
fn whatever_is_pressed_on_the_sheet_the_phone_does() {
    crawl(SCENES.iter().map(|(_, name, make)| (*name, vec![SecurityPage::Change], *make)));
}

#[test]
fn whatever_is_pressed_on_the_other_pages_the_phone_does() {
    let scenes = PAGES.iter().map(|(name, pages, make)| (*name, pages(&make()), *make));
    crawl(scenes);
}

/// All that a page says, values of its fields included.
fn words(window: &Window) -> Vec<String> {
    let all = window.root().children_recursive();
    all.filter_map(|node| node.accesskit_node().label().or(node.accesskit_node().value())).collect()
}

#[test]
fn no_two_of_the_other_scenes_show_the_same() {
    let mut seen = BTreeMap::new();
    let mut window = window(PhoneView::default());
    for (name, pages, make) in PAGES {
        let world = make();
        let said = |page: &SecurityPage| {
            redraw(&mut window, &world, page);
            (format!("{page:?}"), words(&window))
        };
        let before = seen.insert(pages(&world).iter().map(said).collect::<Vec<_>>(), name);
        assert!(before.is_none(), "{name} and {before:?}: one of them is not where it says");
    }
}

#[test]
fn every_state_has_a_scene_and_every_scene_is_where_it_says() {
    let is = |(_, _, make): &Scene| stage(&line(&make()).phase);
    let wrong: Vec<_> = SCENES.iter().map(|scene| (scene.1, is(scene))).filter(|(said, is)| said != is).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let stages: BTreeSet<&str> = SCENES.iter().map(|(_, stage, _)| *stage).collect();
    assert_eq!(stages, STAGES.iter().copied().collect(), "how a change is drawn");
    let states: BTreeSet<&str> = SCENES.iter().map(|(state, _, _)| *state).collect();
    assert_eq!(states, STATES.iter().copied().collect(), "what the machine is in");
    assert!(STATES.contains(&state(&Status::Preflight)), "each has a name");
}

/// Presses the button of this name on the change's sheet, or on the page that it leads to.
fn presses(world: &mut World, page: &SecurityPage, name: &str) {
    let mut window = draw(world, page);
    fill(&mut window);
    let found = buttons(&window).into_iter().find(|(_, words)| words == name);
    let (number, _) = found.unwrap_or_else(|| panic!("no {name:?} on {page:?}: {:?}", buttons(&window)));
    press(&mut window, number);
    let commands = asked(&mut window);
    assert_eq!(obey(world, &commands), Ok(()), "{name}");
}

#[test]
fn a_change_that_had_no_safe_place_goes_on_as_soon_as_there_is_one() {
    // What is waited for goes on by its answer.
    let silent = ["keyring waiting", "keyring stuck"];
    let homeless = |scene: &&Scene| scene.1.contains("keyring") && !silent.contains(&scene.1);
    for (state, name, make) in SCENES.iter().filter(homeless) {
        let mut world = make();
        let asks = world.view().vault_question.is_some();
        if world.vault != Vault::Works {
            mended(&mut world);
            presses(&mut world, &SecurityPage::Change, if asks { "Choose a safe place" } else { "Try again" });
            if asks {
                world.command(Command::RetryVault);
            }
        } else {
            presses(&mut world, &SecurityPage::Vault, "Use this passphrase");
        }
        assert_eq!(stage(&line(&world).phase), "composing", "{state}, {name}");
    }
    // There is none, and will be none: the two other places.
    let (_, _, make) = SCENES.iter().find(|(_, name, _)| *name == "no keyring").expect("a scene");
    let mut world = make();
    presses(&mut world, &SecurityPage::Vault, "Use this passphrase");
    assert_eq!(stage(&line(&world).phase), "composing");
    let mut world = make();
    presses(&mut world, &SecurityPage::Vault, "Keep passwords in memory only");
    assert_eq!(stage(&line(&world).phase), "composing");
    presses(&mut world, &SecurityPage::Change, "Save it and go on");
    assert_eq!(line(&world).phase, ChangePhase::SaveElsewhere);
}

#[test]
fn whom_the_provider_does_not_let_change_it_here_does_it_at_the_website() {
    for (_, _, make) in SCENES.iter().filter(|(_, name, _)| *name == "not allowed") {
        let mut world = make();
        presses(&mut world, &SecurityPage::Change, "Use their website");
        assert_eq!(stage(&line(&world).phase), "composing");
        presses(&mut world, &SecurityPage::Change, "Save it and go on");
        assert_eq!(line(&world).phase, ChangePhase::AtProvider);
    }
}

#[test]
fn what_is_put_off_is_put_off_and_its_password_forgotten() {
    let (_, _, make) = SCENES.iter().find(|(state, ..)| *state == "choosing").expect("a scene");
    let mut world = make();
    assert!(line(&world).new.is_some());
    presses(&mut world, &SecurityPage::Change, "Not now");
    assert_eq!((stage(&line(&world).phase), line(&world).new), ("put off", None));
}
