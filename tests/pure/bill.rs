//! Check my bill: lists as providers write them, lists as nobody should, and what is found on them.

use ringfence::base::{AccountId, Entropy, WallTime};
use ringfence::phone::bill::compare::{Question, compare, same};
use ringfence::phone::bill::guess::Columns;
use ringfence::phone::bill::list::{self, List, ListError};
use ringfence::phone::bill::log::{Log, Placed};
use ringfence::phone::bill::values::{self, Order, When};
use ringfence::phone::fuzz;
use ringfence::phone::input::Found;
use ringfence::phone::problem::{Problem, ProblemKind};
use ringfence::phone::view::{BillResult, CallDirection, EndReason, HistoryRow, Peer};

/// 2026-11-20T00:00:00Z.
const DAY: i64 = 1_795_132_800_000;

fn at(hour: i64, minute: i64, second: i64) -> WallTime {
    WallTime(DAY + ((hour * 60 + minute) * 60 + second) * 1000)
}

fn placed(at: WallTime, to: &str) -> Placed {
    Placed { at, account: AccountId(1), to: to.into(), secs: Some(60) }
}

fn read(text: &str) -> List {
    list::read(text.as_bytes()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn question(columns: Columns, utc_offset: i32) -> Question {
    Question { columns, since: at(0, 0, 0), utc_offset, order: Order::DayFirst, begins: Some(WallTime(0)) }
}

fn checked(text: &str, utc_offset: i32, own: &[Placed]) -> BillResult {
    let list = read(text);
    let own: Vec<&Placed> = own.iter().collect();
    compare(&list, &question(Columns::guess(&list), utc_offset), &own)
}

fn foreign(result: &BillResult) -> Vec<&str> {
    result.foreign.iter().map(|row| row.number.as_str()).collect()
}

/// Three calls: ours at 09:00:05 and 10:30 UTC, and one to Latvia at 03:12 that is not ours; as lists write them.
const LISTS: [(&str, &str, i32); 9] = [
    (
        "comma, ISO, seconds",
        "Date,Destination,Duration,Cost\n2026-11-20 09:00:30,+442079460958,61,0.02\n2026-11-20 10:30:00,0033123456789,125,0.11\n2026-11-20 03:12:00,+37121234567,3599,14.40\n",
        0,
    ),
    (
        "semicolon, German, Latin-1",
        "Abrechnung M\u{fc}ller\n\nDatum;Uhrzeit;Rufnummer;Dauer;Betrag\n20.11.2026;10:00:30;0044 20 7946 0958;0:01:01;0,02\n20.11.2026;11:30;0033 1 23 45 67 89;0:02:05;0,11\n20.11.2026;04:12;00371 21234567;0:59:59;14,40\n",
        3600,
    ),
    (
        "tabs, day first, time of its own",
        "Call date\tTime\tFrom\tNumber called\tLength\tCharge (\u{a3})\n20/11/2026\t09:00\t02079460000\t020 7946 0958\t1m 1s\t\u{a3}0.02\n20/11/2026\t10:30\t02079460000\t0033123456789\t2m 5s\t\u{a3}0.11\n20/11/2026\t03:12\t02079460000\t0037121234567\t59m 59s\t\u{a3}14.40\n",
        0,
    ),
    (
        "month first, PM",
        "\"Date/Time\",\"To\",\"Minutes\",\"Amount\"\n\"11/20/2026 4:00:30 AM\",\"(442) 079-460958\",\"1.02\",\"$0.02\"\n\"11/20/2026 5:30 AM\",\"011 33 1 23 45 67 89\",\"2.08\",\"$0.11\"\n\"11/19/2026 10:12 PM\",\"011 371 21234567\",\"59.98\",\"$14.40\"\n",
        -5 * 3600,
    ),
    (
        "with offset, own column first",
        "caller,called,start,billsec\nsip:201@voip.example,sip:442079460958@gw,2026-11-20T10:00:10+01:00,61\nsip:201@voip.example,sip:33123456789@gw,2026-11-20T10:30:00Z,125\nsip:201@voip.example,sip:37121234567@gw,2026-11-20T03:12:00Z,3599\n",
        0,
    ),
    (
        "seconds since 1970",
        "started;number;seconds\n1795165205;442079460958;61\n1795170600;33123456789;125\n1795144320;37121234567;3599\n",
        7200,
    ),
    (
        "spelt month, pipes",
        "When|Destination|Duration\n20-Nov-2026 09:00:05|+44 20 7946 0958|00:01:01\n20-Nov-2026 10:30:00|+33 1 23 45 67 89|00:02:05\nFri, 20 Nov 2026 03:12|+371 21 234 567|00:59:59\n",
        0,
    ),
    (
        "UTC although the clock on the wall is not, hidden digits",
        "sep=;\nstart;to;duration\n2026-11-20 09:00:05;442079460xxx;61\n2026-11-20 10:30:00;33123456XXX;125\n2026-11-20 03:12:00;37121234XXX;3599\n",
        3600,
    ),
    (
        "no titles, quoted, byte-order mark",
        "\u{feff}\"2026-11-20 09:00:05\",\"+442079460958\",\"61\"\n\"2026-11-20 10:30:00\",\"+33123456789\",\"125\"\n\"2026-11-20 03:12:00\",\"+37121234567\",\"3599\"\n",
        0,
    ),
];

#[test]
fn lists_as_providers_write_them_are_understood_and_the_stranger_is_found() {
    let own = [placed(at(9, 0, 5), "+442079460958"), placed(at(10, 30, 0), "0033123456789")];
    for (name, text, utc_offset) in LISTS {
        let bytes: Vec<u8> = if name.contains("Latin-1") {
            text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect()
        } else {
            text.as_bytes().to_vec()
        };
        let list = list::read(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let columns = Columns::guess(&list);
        let result = compare(&list, &question(columns, utc_offset), &own.iter().collect::<Vec<_>>());
        assert_eq!((result.compared, result.unreadable), (3, 0), "{name}: {columns:?} {:?}", list.titles);
        assert_eq!(result.foreign.len(), 1, "{name}: {result:?}");
        let stranger = &result.foreign[0];
        assert!(stranger.number.contains("21234"), "{name}: {stranger:?}");
        assert_eq!((stranger.at, stranger.secs), (at(3, 12, 0), Some(3599)), "{name}");
        if list.titles.len() > 3 && !name.contains("own column") {
            assert!(stranger.cost.as_ref().is_some_and(|cost| cost.contains("14")), "{name}: {stranger:?}");
        }
    }
}

#[test]
fn each_of_our_calls_accounts_for_one_of_theirs() {
    let text = "Date,Destination,Duration\n2026-11-20 09:00:00,+442079460958,60\n2026-11-20 09:00:20,+442079460958,60\n2026-11-20 09:01:00,+442079460958,60\n";
    assert_eq!(checked(text, 0, &[placed(at(9, 0, 0), "+442079460958")]).foreign.len(), 2);
    assert_eq!(checked(text, 0, &[]).foreign.len(), 3);
}

#[test]
fn a_call_at_another_time_or_to_another_number_is_not_ours() {
    let text = "Date,Destination,Duration\n2026-11-20 09:00:00,+442079460958,60\n";
    for (own, found) in [
        (placed(at(9, 2, 59), "+442079460958"), 0),
        (placed(at(8, 55, 1), "+442079460958"), 0),
        (placed(at(10, 0, 30), "+442079460958"), 0), // An hour off: summer time.
        (placed(at(9, 10, 0), "+442079460958"), 1),
        (placed(at(8, 50, 0), "+442079460958"), 1),
        (placed(at(9, 0, 0), "+442079460959"), 1),
        (placed(at(9, 0, 0), "anna@voip.example"), 1),
        (placed(at(9, 0, 0), "tel:02079460958"), 0),
    ] {
        assert_eq!(checked(text, 0, std::slice::from_ref(&own)).foreign.len(), found, "{own:?}");
    }
}

#[test]
fn a_list_with_dates_alone_is_compared_by_the_day() {
    let text = "Date,Destination,Duration\n20/11/2026,+442079460958,60\n20/11/2026,+37121234567,60\n";
    let own = [placed(at(21, 0, 0), "02079460958")];
    assert_eq!(foreign(&checked(text, 0, &own)), ["+37121234567"]);
}

#[test]
fn nothing_is_said_of_calls_before_our_own_memory_begins_or_before_the_day_that_was_chosen() {
    let text = "Date,Destination,Duration\n2026-11-19 23:00:00,+442079460958,60\n2026-11-20 02:00:00,+442079460958,60\n2026-11-20 12:00:00,+442079460958,60\n";
    let list = read(text);
    let begins = Some(at(6, 0, 0));
    let question = Question { begins, ..question(Columns::guess(&list), 0) };
    let result = compare(&list, &question, &[]);
    assert_eq!((result.compared, result.foreign.len(), result.log_begins), (1, 1, begins));
    let result = compare(&list, &Question { begins: Some(at(-48, 0, 0)), ..question }, &[]);
    assert_eq!((result.compared, result.log_begins), (2, None));
}

#[test]
fn incoming_calls_on_the_list_are_not_ours_to_explain() {
    let text = "Date,Direction,Number,Duration\n2026-11-20 09:00:00,Inbound,+442079460958,60\n2026-11-20 09:30:00,Outbound,+37121234567,60\n";
    assert_eq!(foreign(&checked(text, 0, &[])), ["+37121234567"]);
}

#[test]
fn rows_that_make_no_sense_are_counted_and_the_others_compared() {
    let text = "Date,Destination,Duration\n2026-11-20 09:00:00,+442079460958,60\nTotal,,3600\n2026-13-45 09:00,+442079460958,60\n2026-11-20 09:30:00,withheld,60\n";
    let result = checked(text, 0, &[]);
    assert_eq!((result.compared, result.unreadable), (1, 3));
}

#[test]
fn columns_that_the_person_corrects_are_taken() {
    let text =
        "A,B,C,D\n2026-11-20 09:00:00,02079460000,02079460958,60\n2026-11-20 09:10:00,02079460000,02079460959,60\n";
    let list = read(text);
    let own = [placed(at(9, 0, 0), "02079460958"), placed(at(9, 10, 0), "02079460959")];
    let own: Vec<&Placed> = own.iter().collect();
    let with = |number| Columns { when: Some(0), number: Some(number), duration: Some(3), cost: None };
    assert_eq!(compare(&list, &question(with(2), 0), &own).foreign.len(), 0);
    assert_eq!(compare(&list, &question(with(1), 0), &own).foreign.len(), 2);
    let nowhere = compare(&list, &question(with(99), 0), &own);
    assert_eq!((nowhere.compared, nowhere.unreadable), (0, 2));
}

#[test]
fn moments_are_read_in_every_usual_form() {
    let local = |text, order| match values::when(text, order) {
        Some(When::Local(at)) => at.to_string(),
        other => panic!("{text}: {other:?}"),
    };
    for text in [
        "2026-11-20 14:03:05",
        "2026-11-20T14:03:05",
        "20/11/2026 14:03:05",
        "20.11.2026 14:03:05",
        "20.11.26, 14:03:05",
        "20-11-2026 14:03:05",
        "20-Nov-2026 14:03:05",
        "20 Nov 2026 14:03:05",
        "20 November 2026 2:03:05 PM",
        "Fri 20 Nov 2026 14:03:05",
        "20/11/26 2:03:05pm",
        "20 nov. 2026 14:03:05",
    ] {
        assert_eq!(local(text, Order::DayFirst), "2026-11-20T14:03:05", "{text}");
    }
    assert_eq!(local("11/20/2026 2:03 PM", Order::MonthFirst), "2026-11-20T14:03:00");
    assert_eq!(local("Nov 20, 2026 12:03 AM", Order::DayFirst), "2026-11-20T00:03:00");
    for text in [
        "",
        "abc",
        "99/99/2026 10:00",
        "2026-02-30 10:00",
        "25:00",
        "10:99",
        "12",
        "1:2:3:4x",
        "20/11",
        "::",
        "-",
        "20.11.2026 abc:def",
    ] {
        assert!(
            !matches!(values::when(text, Order::DayFirst), Some(When::Local(_) | When::Moment(_) | When::Date(_))),
            "{text}"
        );
    }
}

#[test]
fn durations_are_read_in_every_usual_form() {
    for (text, unit, secs) in [
        ("83", 1, 83),
        ("83s", 1, 83),
        ("83 sec", 1, 83),
        ("1:23", 1, 83),
        ("0:01:23", 1, 83),
        ("00:01:23", 1, 83),
        ("1m 23s", 1, 83),
        ("1 min 23 s", 1, 83),
        ("1.5", 60, 90),
        ("1,5", 60, 90),
        ("2", 60, 120),
        ("1h 2m 3s", 1, 3723),
        ("0", 1, 0),
    ] {
        assert_eq!(values::duration(text, unit), Some(secs), "{text}");
    }
    for text in ["", "-5", "abc", "1:75", "1:2:3:4", "5 apples", "99999999999999999999", "=1+1", "1e9"] {
        assert_eq!(values::duration(text, 1), None, "{text}");
    }
}

#[test]
fn numbers_are_the_same_whatever_stands_before_them() {
    for (ours, theirs) in [
        ("+442079460958", "02079460958"),
        ("02079460958", "442079460958"),
        ("0033123456789", "+33123456789"),
        ("+442079460958", "44207946xxxx"),
        ("02079460958", "0207946xxxx"),
        ("118118", "118118"),
        ("201", "201"),
    ] {
        assert!(same(ours, theirs), "{ours} {theirs}");
    }
    for (ours, theirs) in [
        ("+442079460958", "+442079460959"),
        ("201", "1201"),
        ("", "201"),
        ("201", ""),
        ("+442079460958", "442079xx"),
        ("02079460958", "0207947xxxx"),
    ] {
        assert!(!same(ours, theirs), "{ours} {theirs}");
    }
}

#[test]
fn a_hostile_list_is_refused_or_bounded_and_never_evaluated() {
    assert_eq!(list::read(b"PK\x03\x04\x14\x00\x06\x00"), Err(ListError::Binary));
    assert_eq!(list::read(&[0; 4096]), Err(ListError::Binary));
    for nothing in [&b""[..], b"\n\n\n", b"just words", b"one\ntwo\nthree\n", b"\xef\xbb\xbf"] {
        assert_eq!(list::read(nothing), Err(ListError::NoTable), "{nothing:?}");
    }
    let long = "2026-11-20 09:00,+442079460958,60\n".repeat(list::MOST_ROWS + 1);
    assert_eq!(list::read(long.as_bytes()), Err(ListError::TooLong));
    let wide = format!("{}\n", vec!["x"; 100_000].join(",")).repeat(3);
    assert_eq!(read(&wide).titles.len(), list::MOST_COLUMNS);
    let open_quote = format!("a,b\n\"{}", "x,\n".repeat(100_000));
    let found = read(&open_quote);
    assert!(found.rows.iter().flatten().all(|cell| cell.chars().count() <= list::LONGEST_CELL));
    // Formulas are text: they are no number, no date and no duration, and stay what they are.
    let text = "Date,Destination,Cost\n2026-11-20 09:00,=HYPERLINK(\"http://evil\"),1\n2026-11-20 09:00,+442079460958,\"=cmd|' /C calc'!A0\"\n2026-11-20 09:00,@SUM(1+1),2\n";
    let result = checked(text, 0, &[]);
    assert_eq!((result.compared, result.unreadable), (1, 2));
    let shown = read("Date,To\n2026-11-20 09:00,\u{202e}+44 20\u{200b}7946 0958\n");
    assert!(shown.rows.iter().flatten().all(|cell| !cell.contains(['\u{202e}', '\u{200b}'])));
}

#[test]
fn mutated_lists_keep_the_bounds() {
    let mut dice = Entropy::from_number(23);
    let pick = |dice: &mut Entropy, bound: usize| usize::try_from(dice.bits32()).unwrap() % bound;
    for round in 0..3_000 {
        let (_, text, _) = LISTS[round % LISTS.len()];
        let mut bytes = text.as_bytes().to_vec();
        for _ in 0..(1 + pick(&mut dice, 6)) {
            if bytes.is_empty() {
                break;
            }
            let place = pick(&mut dice, bytes.len());
            match pick(&mut dice, 5) {
                0 => bytes[place] = u8::try_from(pick(&mut dice, 256)).unwrap(),
                1 => drop(bytes.remove(place)),
                2 => bytes.insert(place, b"\",;\t\n:./-+x="[pick(&mut dice, 12)]),
                3 => bytes.truncate(place.max(1)),
                _ => {
                    let again = bytes[place..].to_vec();
                    bytes.extend(again);
                }
            }
        }
        fuzz::call_list(&bytes);
    }
}

fn row(at: WallTime, direction: CallDirection) -> HistoryRow {
    let end = EndReason::Failed(Problem::new(ProblemKind::Busy, ""));
    let peer = Peer { name: None, address: "+442079460958".into() };
    HistoryRow { at, account: AccountId(1), direction, peer, answered_secs: Some(5), end, quality: None }
}

#[test]
fn our_own_calls_are_kept_for_thirteen_months_and_a_new_log_begins_with_the_recent_calls() {
    let recents = [
        row(at(9, 0, 0), CallDirection::Outgoing),
        row(at(8, 0, 0), CallDirection::Incoming),
        row(at(7, 0, 0), CallDirection::Outgoing),
    ];
    let mut log = Log::default();
    let saved = log.start(at(12, 0, 0), &recents).expect("a new log is written");
    assert_eq!(log.begins(), Some(at(7, 0, 0)));
    assert_eq!(log.of(AccountId(1)).count(), 2, "incoming calls are on nobody's bill");
    let appended = log.add(&row(at(13, 0, 0), CallDirection::Outgoing)).expect("a line");
    assert_eq!(log.add(&row(at(14, 0, 0), CallDirection::Incoming)), None);

    let mut bytes = [saved.1, appended.1].concat();
    let (mut again, damaged) = Log::read(&Found::Content(bytes.clone()));
    assert!(!damaged);
    assert_eq!(again.start(at(15, 0, 0), &[]), None, "nothing to write");
    assert_eq!(
        again.of(AccountId(1)).map(|call| call.at).collect::<Vec<_>>(),
        [at(7, 0, 0), at(9, 0, 0), at(13, 0, 0)]
    );

    bytes.extend(b"{\"at\":12,\"acc");
    let (mut torn, damaged) = Log::read(&Found::Content(bytes));
    assert!(damaged && torn.of(AccountId(1)).count() == 3, "a torn line costs only itself");
    assert!(torn.start(at(15, 0, 0), &[]).is_some(), "and is written anew");

    let later = WallTime(at(8, 0, 0).0 + 400 * 24 * 3600 * 1000);
    assert!(again.start(later, &[]).is_some());
    assert_eq!(again.of(AccountId(1)).count(), 2);
    assert_eq!(again.begins(), Some(at(8, 0, 0)), "what was before is not known any more");
    again.clear(later);
    assert_eq!((again.of(AccountId(1)).count(), again.begins()), (0, Some(later)));
}
