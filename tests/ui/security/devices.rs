//! Who else is on the line: telephones, logins to the website, keys.

use egui_kittest::kittest::{NodeT as _, Queryable as _};
use ringfence::phone::command::{Command, DeviceCommand};
use ringfence::phone::view::{
    AccountState, DeviceListing, DevicesView, EndTrouble, Ending, KeyView, ListTrouble, LoginView, ProviderList,
    SecurityView, SessionId, Todo, WhyNot,
};
use ringfence::ui::state::SecurityPage;

use super::page;
use crate::breach::{self, ago, security, with};
use crate::made_up::HOME;
use crate::rig::{asked, press, says, type_text};

#[test]
fn other_devices_are_named_once_and_ticked_off_one_by_one() {
    let mut view = breach::breach();
    view.security[0].devices.all[0].needs_password = true;
    let mut window = page(view, SecurityPage::Devices);
    let id = breach::desk_phone().id;
    press(&mut window, "Name it");
    window.get_by_label("Name of this device").click();
    window.run();
    type_text(&mut window, "Kitchen");
    let name = Command::Device(HOME, DeviceCommand::Name(id.clone(), "Kitchen".into()));
    assert_eq!(press(&mut window, "Keep"), [name]);
    let has = Command::Device(HOME, DeviceCommand::HasPassword(id));
    assert_eq!(press(&mut window, "It has it: Needs the new password"), [has]);
    assert_eq!(press(&mut window, "Ask Voxline now"), [Command::Device(HOME, DeviceCommand::Check)]);
}

#[test]
fn nobody_is_asked_while_the_line_is_off_and_that_is_said() {
    let mut view = breach::breach();
    view.accounts[0].state = AccountState::Waiting(ago(0, -1));
    let mut window = page(view.clone(), SecurityPage::Devices);
    assert!(says(&window, "This line is not connected: Voxline cannot be asked now."));
    assert_eq!(press(&mut window, "Ask Voxline now"), []);
    let mut window = page(view, SecurityPage::Centre);
    assert_eq!(press(&mut window, "Review: Other devices on this line"), []);
    let mut window = page(breach::breach(), SecurityPage::Centre);
    let check = Command::Device(HOME, DeviceCommand::Check);
    assert_eq!(press(&mut window, "Review: Other devices on this line"), [check]);
}

#[test]
fn what_the_provider_tells_of_a_device_is_said_and_what_it_does_not_is_left_out() {
    let mut view = breach::breach();
    let device = &mut view.security[0].devices.all[0];
    device.refreshed = Some(ago(0, 3));
    let window = page(view.clone(), SecurityPage::Devices);
    window.get_by_label_contains("last signed in");
    window.get_by_label_contains("Calls itself Yealink T54");
    assert!(window.query_by_label_contains("signed in since").is_none());
    view.security[0].devices.all[0].registered = Some(ago(0, 90));
    let window = page(view, SecurityPage::Devices);
    window.get_by_label_contains("signed in since");
}

#[test]
fn where_a_device_is_is_said_once() {
    let place = breach::desk_phone().place;
    for name in [None, Some(format!("Phone at {place}")), Some("Kitchen".to_owned())] {
        let mut listed = security();
        (listed.devices.all[0].name, listed.todo) = (name.clone(), Vec::new());
        let window = page(with(listed), SecurityPage::Devices);
        let nodes = window.root().children_recursive().map(|node| node.accesskit_node());
        let rows = nodes.filter_map(|node| node.label().or_else(|| node.value()));
        let said: usize = rows.map(|row| row.matches(&place).count()).sum();
        assert_eq!(said, 1, "{name:?}");
    }
}

#[test]
fn that_one_that_was_ended_can_come_back_is_said_only_where_it_can_be_ended() {
    for (ending, said) in [
        (Ending::Possible, true),
        (Ending::Failed(EndTrouble::Busy), true),
        (Ending::UnderWay, false),
        (Ending::No(WhyNot::NotNamed), false),
        (Ending::No(WhyNot::NoList), false),
        (Ending::No(WhyNot::NotThere), false),
    ] {
        let mut listed = security();
        listed.devices.all[0].ending = ending;
        let window = page(with(listed), SecurityPage::Devices);
        assert!(says(&window, "Not yours? Change the line password"), "{ending:?}");
        assert_eq!(says(&window, "Ended alone, it can sign in again."), said, "{ending:?}");
    }
}

#[test]
fn a_provider_that_lists_no_devices_is_never_said_to_have_none() {
    let devices = DevicesView { listed: DeviceListing::NotListed, ..DevicesView::default() };
    let window = page(with(SecurityView { devices, ..security() }), SecurityPage::Devices);
    window.get_by_label_contains("Voxline does not list devices.");
    let devices = DevicesView { listed: DeviceListing::At(ago(0, 0)), ..DevicesView::default() };
    let window = page(with(SecurityView { devices, ..security() }), SecurityPage::Devices);
    window.get_by_label_contains("One that is switched off is not named.");
}

#[test]
fn the_others_are_ended_only_by_the_person_s_choice() {
    let mut window = page(breach::composing(), SecurityPage::Change);
    let end = Command::Device(HOME, DeviceCommand::EndOthers(true));
    assert_eq!(press(&mut window, "Sign the others out: Yes"), [end]);
    let mut view = breach::composing();
    view.security[0].devices.others_stay = Some(WhyNot::NotNamed);
    let window = page(view, SecurityPage::Change);
    window.get_by_label_contains("does not name the phones on this line, so it cannot be asked to end them");
    assert!(window.query_by_label("Sign the others out: Yes").is_none());
}

#[test]
fn a_device_can_be_ended_or_it_is_said_why_not() {
    let mut listed = security();
    listed.devices.all[0].ending = Ending::Possible;
    let mut window = page(with(listed), SecurityPage::Devices);
    let end = Command::Device(HOME, DeviceCommand::End(breach::desk_phone().id));
    assert_eq!(press(&mut window, "End this one"), [end]);
    for (ending, words) in [
        (Ending::No(WhyNot::NotNamed), "Voxline's list does not name it"),
        (Ending::No(WhyNot::NoList), "Voxline has no way to do it"),
        (Ending::Failed(EndTrouble::StillNamed), "said that it ended it, and still names it"),
        (Ending::UnderWay, "Voxline was asked to end it"),
    ] {
        let mut listed = security();
        listed.devices.all[0].ending = ending;
        let window = page(with(listed), SecurityPage::Devices);
        assert!(says(&window, words), "{words}");
        let offered = window.query_by_label("End this one").is_some();
        assert_eq!(offered, matches!(ending, Ending::Failed(_)), "{ending:?}");
    }
}

#[test]
fn a_list_that_could_not_be_read_is_said_and_logins_and_keys_are_what_they_are() {
    let mut listed = security();
    listed.devices.list = ProviderList::Failed { why: ListTrouble::Unreachable, at: ago(0, 1) };
    let window = page(with(listed.clone()), SecurityPage::Devices);
    // Drawn, and spoken once.
    assert!(window.query_all_by_label_contains("Voxline's list could not be read: nobody answered.").count() >= 1);
    listed.devices.list = ProviderList::Read { at: ago(0, 1), names_us: true };
    listed.devices.logins = vec![LoginView {
        id: SessionId("p1".into()),
        software: Some("Firefox".into()),
        country: Some("GB".into()),
        since: Some(ago(0, 30)),
        new: false,
        ending: Ending::Possible,
    }];
    let key = KeyView {
        id: SessionId("d1".into()),
        label: "Ringfence on a computer".into(),
        active: true,
        active_from: None,
        own: true,
        new: false,
        ending: Ending::No(WhyNot::Own),
    };
    listed.devices.keys =
        vec![key.clone(), KeyView { label: "Laptop".into(), own: false, ending: Ending::Possible, ..key }];
    let mut window = page(with(listed), SecurityPage::Devices);
    window.get_by_label_contains("this computer · may do it now");
    let end = Command::Device(HOME, DeviceCommand::EndSession(SessionId("p1".into())));
    assert_eq!(press(&mut window, "End this one: Firefox"), [end]);
    let end = Command::Device(HOME, DeviceCommand::EndSession(SessionId("d1".into())));
    assert_eq!(press(&mut window, "End this one: Laptop"), [end]);
    assert!(window.query_by_label("End this one: Ringfence on a computer").is_none());
}

#[test]
fn a_new_key_or_login_is_a_thing_to_do_until_it_is_the_person_s() {
    let mut listed = security();
    let ending = Ending::Possible;
    let id = |id: &str| SessionId(id.into());
    listed.devices.keys = vec![KeyView {
        id: id("d2"),
        label: "Laptop".into(),
        active: false,
        active_from: None,
        own: false,
        new: true,
        ending,
    }];
    let software = Some("Firefox".into());
    listed.devices.logins = vec![LoginView { id: id("p2"), software, country: None, since: None, new: true, ending }];
    listed.todo = vec![Todo::NewSession(id("d2")), Todo::NewSession(id("p2"))];
    let mut window = page(with(listed.clone()), SecurityPage::Centre);
    window.get_by_label("Attention: A new key may change your line password. Laptop · may not do it yet");
    window.get_by_label("Attention: A new login to Voxline's website. Firefox · a login to the website");
    press(&mut window, "Review: A new key may change your line password");
    let mine: Vec<_> = window.get_all_by_label("That is mine").collect();
    assert_eq!(mine.len(), 2);
    mine[1].click();
    window.run();
    let command = |wish: fn(SessionId) -> DeviceCommand, id| Command::Device(HOME, wish(id));
    assert_eq!(asked(&mut window), [command(DeviceCommand::Mine, id("d2"))]);
    assert_eq!(press(&mut window, "End this one: Laptop"), [command(DeviceCommand::EndSession, id("d2"))]);
}
