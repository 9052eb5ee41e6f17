//! A phone in each state in which a page of the security centre shows something else to press, and those pages.

use ringfence::phone::VaultUse;
use ringfence::phone::command::{BillCommand, ChangeCommand, Command, DeviceCommand, NoticeCommand, SafetyCommand};
use ringfence::phone::guard::Region;
use ringfence::phone::settings::Settings;
use ringfence::phone::view::{BillColumns, BillState, CheckItem, GuardRule, NoticeLevel};
use ringfence::port::net::Transport;
use ringfence::provider_api::sessions::{PortalSession, Registration};
use ringfence::ui::state::SecurityPage;

use super::api_provider::settings;
use super::scenes::{at_the_website, begin, by_tls, composing, done, homeless, line, noticed};
use super::world::{Talk, World, numeric};

/// A name, which pages, and a phone that has something to say there.
pub(super) type Paged = (&'static str, fn(&World) -> Vec<SecurityPage>, fn() -> World);

const DESK: &str = "<sip:anna@192.168.1.20:5060>;expires=300;+sip.instance=\"<urn:uuid:desk>\"";

/// A list of calls as a provider has it, of which none was made here.
const LIST: &str = "Start,Destination,Seconds,Charge\n2027-01-15 07:00:00,37121234567,3599,14.40\n";

pub(super) const PAGES: &[Paged] = &[
    ("calm", everything, by_tls),
    ("told", told, || {
        let mut world = by_tls();
        begin(&mut world);
        world
    }),
    ("told, at the website", told, || {
        let mut world = at_the_website();
        safety(&mut world, SafetyCommand::SetPortal("www.voip.example".into()));
        world
    }),
    ("told, done", told, || {
        let mut world = done(at_the_website());
        change(&mut world, ChangeCommand::Finish);
        for item in [CheckItem::TopUp, CheckItem::Website, CheckItem::Voicemail, CheckItem::Bill] {
            safety(&mut world, SafetyCommand::Tick(item, true));
        }
        world
    }),
    ("still accepted", centre, || {
        let mut world = at_the_website();
        world.also_takes = Some(super::world::PASSWORD.into());
        let mut world = done(world);
        change(&mut world, ChangeCommand::Finish);
        world
    }),
    ("advised", about_notices, || noticed("advise")),
    ("required", about_notices, || noticed("require")),
    ("enforced", about_notices, || noticed("enforced")),
    ("put off", about_notices, || {
        let mut world = noticed("require");
        let (id, notice) = (world.id(), line_notice(&world));
        let until = ringfence::base::WallTime(world.now.wall.0 + 3_600_000);
        world.command(Command::Notice(id, NoticeCommand::Snooze(notice, until)));
        world
    }),
    ("done with", about_notices, || {
        let mut world = noticed("advise");
        let (id, notice) = (world.id(), line_notice(&world));
        world.command(Command::Notice(id, NoticeCommand::Done(notice)));
        world
    }),
    ("listed by the registrar", devices, || others(by_tls())),
    ("one went away", devices, || {
        let mut world = others(by_tls());
        name_it(&mut world);
        world.others = Vec::new();
        world.pass(std::time::Duration::from_secs(600));
        world
    }),
    ("one needs the password", devices, || done(others(at_the_website()))),
    ("one is yet to need it", devices, || composing(others(by_tls()))),
    ("no list", devices, || {
        let mut world = World::at_the_door(VaultUse::Keyring, &[Transport::Tls]);
        world.names_contacts = false;
        world.sign_in(numeric(Some(Transport::Tls)));
        world
    }),
    ("listed by the provider", devices, || listed(true)),
    ("not ended", devices, || {
        let mut world = listed(false);
        let (id, desk) = (world.id(), world.view().security[0].devices.all[0].id.clone());
        world.command(Command::Device(id, DeviceCommand::End(desk)));
        world
    }),
    ("rules of one's own", limits, || {
        let mut world = by_tls();
        let mut guard = world.view().settings.guard.clone();
        for (region, rule) in Region::all().into_iter().zip([GuardRule::Allow, GuardRule::Ask, GuardRule::Block]) {
            guard.countries.insert(region, rule);
        }
        let settings = Settings { guard, remind_yearly: true, ..world.view().settings.clone() };
        world.command(Command::SetSettings(Box::new(settings)));
        world
    }),
    ("no such list", bill, || {
        let mut world = by_tls();
        paste(&mut world, "hello");
        world
    }),
    ("a list", bill, || {
        let mut world = by_tls();
        paste(&mut world, LIST);
        world
    }),
    ("a list, compared", bill, || {
        let mut world = by_tls();
        paste(&mut world, LIST);
        compare(&mut world);
        world
    }),
    ("locked down", everything, || {
        let mut world = by_tls();
        safety(&mut world, SafetyCommand::Lockdown);
        world
    }),
    ("locked down at the provider", lockdown, || {
        let mut world = World::at_api_provider(settings());
        safety(&mut world, SafetyCommand::Lockdown);
        world
    }),
    ("weaker", weaker, || {
        let mut world = by_tls();
        world.ask_weakly();
        world.pass(std::time::Duration::from_secs(600));
        world
    }),
    ("no safe place", vault, || homeless(ringfence::port::vault::VaultError::Missing)),
    ("a file", vault, || World::signed_in(VaultUse::Session, Transport::Tls)),
    ("no answer from the provider", devices, || {
        let mut world = noticed("require");
        world.web.clear();
        for server in world.servers.values_mut() {
            server.talk = Talk::Silent;
        }
        world.pass(9 * super::notices_rig::DAY);
        world
    }),
];

/// All pages but the sheet, which the scenes of a change are for.
fn everything(world: &World) -> Vec<SecurityPage> {
    let mut all = vec![SecurityPage::Centre, SecurityPage::Told, SecurityPage::Devices, SecurityPage::Limits];
    all.extend([SecurityPage::Bill, SecurityPage::Log, SecurityPage::Contact, SecurityPage::Remove]);
    all.extend([SecurityPage::Lockdown, SecurityPage::Vault, SecurityPage::Weaker]);
    all.extend(notices(world));
    all
}

fn notices(world: &World) -> Vec<SecurityPage> {
    let all = world.view().security[0].notices.iter();
    all.flat_map(|notice| [SecurityPage::Notice(notice.id.clone()), SecurityPage::Why(notice.id.clone())]).collect()
}

fn about_notices(world: &World) -> Vec<SecurityPage> {
    let mut all = notices(world);
    assert!(!all.is_empty(), "a notice");
    all.push(SecurityPage::Centre);
    all
}

fn centre(_: &World) -> Vec<SecurityPage> {
    vec![SecurityPage::Centre]
}

fn told(_: &World) -> Vec<SecurityPage> {
    vec![SecurityPage::Told, SecurityPage::Remove]
}

fn devices(_: &World) -> Vec<SecurityPage> {
    vec![SecurityPage::Devices, SecurityPage::Centre]
}

fn limits(_: &World) -> Vec<SecurityPage> {
    vec![SecurityPage::Limits, SecurityPage::Centre]
}

fn bill(_: &World) -> Vec<SecurityPage> {
    vec![SecurityPage::Bill]
}

fn lockdown(_: &World) -> Vec<SecurityPage> {
    vec![SecurityPage::Lockdown, SecurityPage::Centre]
}

fn weaker(_: &World) -> Vec<SecurityPage> {
    vec![SecurityPage::Weaker, SecurityPage::Centre]
}

fn vault(_: &World) -> Vec<SecurityPage> {
    vec![SecurityPage::Vault, SecurityPage::Centre]
}

fn change(world: &mut World, command: ChangeCommand) {
    let id = world.id();
    world.command(Command::Change(id, command));
}

fn safety(world: &mut World, command: SafetyCommand) {
    let id = world.id();
    world.command(Command::Safety(id, command));
}

fn line_notice(world: &World) -> ringfence::phone::view::NoticeId {
    let notice = world.view().security[0].notices.first().expect("a notice");
    assert!(matches!(notice.level, NoticeLevel::Advise | NoticeLevel::Require));
    notice.id.clone()
}

/// A desk telephone is on the line, too.
fn others(mut world: World) -> World {
    world.others = vec![DESK.into()];
    let id = world.id();
    world.command(Command::Device(id, DeviceCommand::Check));
    assert_eq!(world.view().security[0].devices.all.len(), 1, "{:?}", line(&world).phase);
    world
}

fn name_it(world: &mut World) {
    let (id, desk) = (world.id(), world.view().security[0].devices.all[0].id.clone());
    world.command(Command::Device(id, DeviceCommand::Name(desk, "Desk".into())));
}

/// The provider names a telephone and a login, and ends what it is told to, or says so.
fn listed(ends: bool) -> World {
    let mut world = World::signed_in(VaultUse::Keyring, Transport::Tls);
    world.open_api(settings());
    let provider = world.api.as_mut().expect("a provider");
    provider.ends = ends;
    let address = Some("192.168.1.20:5060".into());
    provider.registrations.push(Registration { id: "desk-1".into(), address, ..Registration::default() });
    provider.portal.push(PortalSession { id: "p-1".into(), ..PortalSession::default() });
    world.pass(std::time::Duration::from_secs(120));
    assert!(!world.view().security[0].devices.logins.is_empty());
    world
}

fn paste(world: &mut World, text: &str) {
    let id = world.id();
    world.command(Command::Bill(id, BillCommand::Paste(text.into())));
}

fn compare(world: &mut World) {
    let (id, since) = (world.id(), ringfence::base::WallTime(0));
    let Some(BillState::Columns(BillColumns { when: Some(when), number: Some(number), duration, cost, .. })) =
        world.view().bill.clone().map(|bill| bill.state)
    else {
        panic!("a list");
    };
    world.command(Command::Bill(id, BillCommand::Compare { when, number, duration, cost, since }));
}
