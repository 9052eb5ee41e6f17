//! What the fuzzer throws bytes at.

use crate::base::{AccountId, WallTime};
use crate::phone::bill::compare::{Question, compare};
use crate::phone::bill::guess::Columns;
use crate::phone::bill::list;
use crate::phone::bill::log::Placed;
use crate::phone::bill::values::Order;
use crate::phone::command::Dialled;
use crate::phone::devices_registered::reginfo::{MOST, RegInfo, Table, Took};
use crate::phone::guard::destination::{classify, is_emergency};
use crate::phone::guard::{Class, Region, Surroundings};
use crate::phone::link::{LONGEST, Link};
use crate::sip::NameAddr;

/// A link, whatever it holds: what comes out can be dialled, holds no code, header or parameter, and is itself again if
/// it is taken for one.
pub fn link(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(link) = Link::parse(text) else { return };
    assert!(link.text.len() <= LONGEST && Dialled::parse(&link.text).is_ok(), "{link:?}");
    assert!(!link.text.contains(['*', '#', ';', '?', ',', '%', ' ', '\n', '"', '<']), "{link:?}");
    assert!(link.text.matches('@').count() <= 1, "{link:?}");
}

/// A call list, whatever it holds: bounds hold, and of a row that is compared nothing is lost.
pub fn call_list(data: &[u8]) {
    let Ok(list) = list::read(data) else { return };
    assert!(list.rows.len() <= list::MOST_ROWS && list.titles.len() <= list::MOST_COLUMNS && list.titles.len() >= 2);
    assert!(list.rows.iter().all(|row| row.len() == list.titles.len()));
    let cells = list.rows.iter().flatten();
    assert!(
        cells.clone().all(|cell| cell.chars().count() <= list::LONGEST_CELL && !cell.chars().any(char::is_control))
    );
    let columns = Columns::guess(&list);
    let chosen = [columns.when, columns.number, columns.duration, columns.cost];
    assert!(chosen.into_iter().flatten().all(|column| column < list.titles.len()));
    let own = Placed { at: WallTime(1_795_000_000_000), account: AccountId(1), to: "+442079460958".into(), secs: None };
    let question =
        Question { columns, since: WallTime(0), utc_offset: 3600, order: Order::DayFirst, begins: Some(WallTime(0)) };
    let found = compare(&list, &question, &[&own]);
    assert!(found.foreign.len() <= found.compared && found.compared + found.unreadable <= list.rows.len());
}

/// What a server says is registered, whatever it holds: bounds hold, what comes out are contacts, and the same again
/// changes nothing.
pub fn reginfo(data: &[u8]) {
    let Ok(info) = RegInfo::parse(data) else { return };
    let mut table = Table::default();
    let first = table.take(&info, "anna");
    assert_eq!(first == Took::News, info.full, "the first one must be whole");
    let contacts = table.contacts();
    assert!(contacts.len() <= MOST && contacts.iter().all(|it| NameAddr::parse(&it.to_string()).is_some()));
    assert_eq!(table.take(&info, "anna"), if info.full { Took::Old } else { Took::Gap });
    assert_eq!(table.contacts(), contacts);
}

/// Anything that is dialled: the same judgement twice, and an emergency only where it is one exactly.
pub fn number(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(dialled) = Dialled::parse(text) else { return };
    let home = Region::parse("GB");
    let around = Surroundings { home, chosen: true, outside_prefix: "9", domain: "voip.example", emergency: &[] };
    let found = classify(dialled.as_str(), &around);
    assert_eq!(found, classify(dialled.as_str(), &around));
    assert_eq!(found.class == Class::Emergency, is_emergency(dialled.as_str(), &around), "{text}");
}
