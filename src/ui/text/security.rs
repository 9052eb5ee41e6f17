//! The sentences of the security centre and of the pages that hang on it.

use super::{devices, sentence};
use crate::phone::view::{
    Asked, Certainty, CheckItem, CheckRow, CheckState, ContactView, Fact, GuardRule, NoticeLevel, NoticeSource,
    NoticeState, NoticeView, OldPassword, OwnNotices, OwnTrouble, PasswordPlace, PlanState, Protection, SecurityView,
    SessionId, Todo, Weaker,
};
use crate::ui::Moment;

pub(in crate::ui) const SECURITY: &str = "Security";
pub(in crate::ui) const TOLD_TITLE: &str = "I was told to change my password";
pub(in crate::ui) const WHY_TITLE: &str = "Why trust this?";
pub(in crate::ui) const STARTS_AT_LOGIN: &str = "Start when I log in";
pub(in crate::ui) const STARTS_WHY: &str = "Closed, it warns nobody";
pub(in crate::ui) const REMIND: &str = "Remind me yearly";
pub(in crate::ui) const REMIND_SHORT: &str = "To change the line password";
pub(in crate::ui) const REMIND_WHY: &str = "Off is fine: a password needs changing when there is a reason.";

/// The one sentence at the top, and the smaller one below.
pub(in crate::ui) fn verdict(security: &SecurityView) -> (String, String) {
    if security.lockdown.is_some() {
        return ("Locked down".into(), "Calls abroad and to dear numbers are blocked in this app".into());
    }
    match security.todo.len() {
        0 => ("Nothing to do".into(), "As far as Ringfence can see".into()),
        1 => ("1 thing to do".into(), "Nothing else to do here".into()),
        n => (format!("{n} things to do"), "Nothing else to do here".into()),
    }
}

/// A thing to do: what, why, and the word that does it.
pub(in crate::ui) fn todo(
    todo: &Todo,
    security: &SecurityView,
    provider: &str,
    now: &Moment,
) -> (String, String, &'static str) {
    let (words, small, action) = todo_words(todo, security, provider, now);
    (sentence(words), sentence(small), action)
}

fn todo_words(todo: &Todo, security: &SecurityView, provider: &str, now: &Moment) -> (String, String, &'static str) {
    match todo {
        Todo::ChangePassword(id) => {
            let notice = security.notices.iter().find(|notice| notice.id == *id);
            let small = notice.map(|notice| notice_line(notice, now)).unwrap_or_default();
            (format!("{provider} asks for a new password"), small, "Change")
        }
        Todo::Asked(asked) => {
            (format!("{provider} asks for a new password"), format!("Asked of this line{}", ends(asked, now)), "Change")
        }
        Todo::Notice(id) => {
            let notice = security.notices.iter().find(|notice| notice.id == *id);
            let small = notice.map(|notice| notice_line(notice, now)).unwrap_or_default();
            let title = notice.map_or(String::new(), |notice| notice.title.clone());
            (notice_from(provider, &title), small, "Read")
        }
        Todo::FinishChange => {
            ("A password change is not finished".into(), "Nothing is lost. It can go on now.".into(), "Go on")
        }
        Todo::UnnamedDevice(id) => {
            let device = security.devices.all.iter().find(|device| device.id == *id);
            let small = device.map(|device| devices::seen(device, now)).unwrap_or_default();
            ("A phone you have not named".into(), small, "Review")
        }
        Todo::NewSession(id) => new_session(id, security, provider, now),
        Todo::DevicesNeedPassword(1) => {
            ("1 other phone needs the new password".into(), "It does not ring or dial until it has it".into(), "Show")
        }
        Todo::DevicesNeedPassword(n) => (
            format!("{n} other phones need the new password"),
            "They do not ring or dial until they have it".into(),
            "Show",
        ),
        Todo::OldPasswordAccepted => (
            format!("{provider} still accepts your old password"),
            "Call them: whoever has it can still use your line".into(),
            if security.change.can_test_old { "Test again" } else { "Numbers" },
        ),
        Todo::SeveralPasswords(kept) => super::kept::several(*kept, provider, now),
        Todo::PasswordRefused => (
            format!("{provider} refuses this line's password"),
            "It was changed or reset somewhere else".into(),
            "Enter",
        ),
        Todo::Weaker(weaker) => (weaker_title(weaker), weaker_small(weaker, provider), "Details"),
        Todo::NoticesNotConfirmed(since) => (
            format!("Security status not confirmed since {}", now.short_day(*since)),
            format!("{provider} has not confirmed its notices. Calls are not affected."),
            "Ask again",
        ),
    }
}

/// A notice's own words after ours, on a line of their own. epaint knows no bidirectional text, and heeds no isolates
/// (U+2066 to U+2069): it writes each stretch of one font in the direction of its first letter, so that a title of
/// right-to-left letters would turn the words of ours that stand with it.
pub(in crate::ui) fn notice_from(provider: &str, title: &str) -> String {
    format!("A notice from {provider}:\n{title}")
}

/// Somebody signed in to the website, or has a key that may sign changes: the others are told. What calls itself
/// something stands on a line of its own, as in [`notice_from`].
fn new_session(
    id: &SessionId,
    security: &SecurityView,
    provider: &str,
    now: &Moment,
) -> (String, String, &'static str) {
    let listed = &security.devices;
    if let Some(found) = listed.keys.iter().find(|key| key.id == *id) {
        let (name, small) = devices::key(found, now);
        return ("A new key may change your line password".into(), format!("{name}\n{small}"), "Review");
    }
    let found = listed.logins.iter().find(|login| login.id == *id);
    let small = found.map(|found| devices::login(found, now)).map(|(name, small)| format!("{name}\n{small}"));
    (format!("A new login to {provider}'s website"), small.unwrap_or_default(), "Review")
}

fn weaker_title(weaker: &Weaker) -> String {
    match weaker.what {
        Protection::SignIn => "Sign-in is less protected than before",
        Protection::Transport => "The connection is less protected than before",
        Protection::Sound => "Calls are less protected than before",
        Protection::Certificate => "The server shows another certificate than before",
    }
    .into()
}

fn weaker_small(weaker: &Weaker, provider: &str) -> String {
    let Weaker { before, now, .. } = weaker;
    if weaker.refused {
        format!("{provider} used {before} and now offers {now}. Ringfence refuses that.")
    } else {
        format!("{provider} used {before} and now offers {now}. It was used all the same.")
    }
}

/// `Signed notice of 21 Nov · outgoing calls pause 3 Dec`
pub(in crate::ui) fn notice_line(notice: &NoticeView, now: &Moment) -> String {
    let asked = Asked { level: notice.level, deadline: notice.deadline };
    format!("Signed notice of {}{}", now.short_day(notice.sent), ends(&asked, now))
}

/// ` · outgoing calls pause 3 Dec`
pub(in crate::ui) fn ends(asked: &Asked, now: &Moment) -> String {
    match (asked.level, asked.deadline) {
        (NoticeLevel::Enforced, _) => " · outgoing calls are paused".to_owned(),
        (NoticeLevel::Require, Some(deadline)) => format!(" · outgoing calls pause {}", now.deadline(deadline)),
        (NoticeLevel::Advise, Some(deadline)) => format!(" · by {}", now.deadline(deadline)),
        (NoticeLevel::Require | NoticeLevel::Advise, None) => String::new(),
    }
}

/// A fact: whether it is good, what, and what it means.
pub(in crate::ui) fn fact(fact: &Fact, provider: &str, now: &Moment) -> (bool, String, String) {
    let (good, words, small) = fact_words(fact, provider, now);
    (good, sentence(words), sentence(small))
}

fn fact_words(fact: &Fact, provider: &str, now: &Moment) -> (bool, String, String) {
    match fact {
        Fact::Password { place, characters, since, changed } => {
            let mut small: Vec<String> = Vec::new();
            small.extend(characters.map(|n| format!("{n} characters")));
            let since = since.map(|_| "not changed here yet".to_owned());
            small.extend(changed.map(|at| format!("changed {}", now.days_ago(at))).or(since));
            (*place != PasswordPlace::Session, place_words(*place).into(), small.join(" · "))
        }
        Fact::Connection { tls, srtp, digest } => {
            let mut small: Vec<String> = tls.iter().cloned().collect();
            let sound = if *srtp { "SRTP" } else { "sound not known to be encrypted" };
            small.extend((*srtp || tls.is_some()).then(|| sound.to_owned()));
            small.extend(digest.as_ref().map(|digest| format!("{digest} sign-in")));
            let words = match tls {
                Some(_) if *srtp => format!("Encrypted as far as {provider}"),
                Some(_) => format!("Connection encrypted as far as {provider}"),
                None => "Not encrypted: others on the way can listen".to_owned(),
            };
            (tls.is_some(), words, small.join(" · "))
        }
        Fact::Limits { abroad, premium } => (
            *abroad != GuardRule::Allow && *premium != GuardRule::Allow,
            limits(*abroad, *premium),
            "In this app only".into(),
        ),
        Fact::Emergency => (true, "Emergency calls never blocked here".into(), format!("{provider} must connect them")),
        Fact::OldPassword(old, at) => {
            (*old == OldPassword::Refused, old_password(*old, provider), format!("Tested {}", now.lately(*at)))
        }
        Fact::PinnedCertificate { fingerprint, since } => {
            (true, format!("Certificate that you trusted on {}", now.short_day(*since)), fingerprint.clone())
        }
        Fact::Enrolled { since, counts_from, needed } => {
            let counts = match counts_from {
                None => format!("It waits until {provider} confirms it."),
                Some(from) if now.wall < *from => {
                    format!("Its signature counts from {} {}.", now.day_in_sentence(*from), now.time_of_day(*from))
                }
                Some(_) if *needed => "A stolen password alone cannot change the password.".to_owned(),
                Some(_) => format!("{provider} takes a change with the password alone, too."),
            };
            let words = format!("This computer is enrolled at {provider}");
            (true, words, format!("Since {}. {}", now.short_day(*since), sentence(counts)))
        }
        Fact::Devices(1) => (true, "1 other device on the line, which you named".into(), String::new()),
        Fact::Devices(n) => (true, format!("{n} other devices on the line, all named by you"), String::new()),
    }
}

fn place_words(place: PasswordPlace) -> &'static str {
    match place {
        PasswordPlace::Keyring => "Password in the system keyring",
        PasswordPlace::Passphrase => "Password in a file under your passphrase",
        PasswordPlace::Session => "Password kept only until you quit",
        PasswordPlace::NotNeeded => "The demo needs no password of yours",
    }
}

/// For how many days the password has not been changed from here, if that is more than a year.
pub(in crate::ui) fn year_old(security: &SecurityView, now: &Moment) -> Option<u64> {
    let since = security.facts.iter().find_map(|fact| match fact {
        Fact::Password { since, changed, .. } => changed.or(*since),
        Fact::Connection { .. }
        | Fact::Limits { .. }
        | Fact::Emergency
        | Fact::OldPassword(..)
        | Fact::PinnedCertificate { .. }
        | Fact::Enrolled { .. }
        | Fact::Devices(_) => None,
    })?;
    let days = now.secs_since(since) / 86_400;
    (days > 365).then_some(days)
}

fn limits(abroad: GuardRule, premium: GuardRule) -> String {
    let word = |rule| match rule {
        GuardRule::Allow => "allowed",
        GuardRule::Ask => "ask first",
        GuardRule::Block => "blocked",
    };
    if abroad == premium {
        return format!("Calls abroad and premium {}", word(abroad));
    }
    format!("Calls abroad {}, premium {}", word(abroad), word(premium))
}

/// What became of the old password.
pub(in crate::ui) fn old_password(old: OldPassword, provider: &str) -> String {
    sentence(match old {
        OldPassword::Refused => format!("{provider} refuses the old one"),
        OldPassword::StillAccepted => format!("{provider} still accepts the old one: call them"),
        OldPassword::NotChecked => "Whether the old one is refused was not tested".into(),
    })
}

/// What the provider, or "It", says about its data.
pub(in crate::ui) fn certainty(who: &str, certainty: Certainty) -> String {
    let says = match certainty {
        Certainty::NotSaid => "does not say whether data was taken.",
        Certainty::NotConfirmed => "has not confirmed that data was taken.",
        Certainty::DataTaken => "confirms that data was taken. It does not say that passwords were among it.",
        Certainty::PasswordsTaken => "confirms that passwords were taken.",
        Certainty::NothingTaken => "says that no data was taken.",
    };
    sentence(format!("{who} {says}"))
}

/// What a notice's state is, in a word or two; the fixed line below its title.
pub(in crate::ui) fn notice_state(notice: &NoticeView, now: &Moment) -> String {
    let state = state_word(notice.state, now).map(|word| format!(" · {word}")).unwrap_or_default();
    format!("Signed · {}{state}", now.short_day(notice.sent))
}

/// How far the person is with a notice; `None` while it is open.
pub(in crate::ui) fn state_word(state: NoticeState, now: &Moment) -> Option<String> {
    match state {
        NoticeState::Open => None,
        NoticeState::Snoozed(until) => Some(format!("put off until {}", now.deadline(until))),
        NoticeState::Done => Some("done".into()),
        NoticeState::Withdrawn => Some("taken back".into()),
        NoticeState::Expired => Some("over".into()),
    }
}

/// The fixed line that no notice can imitate, because it stands outside its text.
pub(in crate::ui) fn signed_by(notice: &NoticeView, now: &Moment) -> String {
    let (day, time) = (now.short_day(notice.signed_at), now.time_of_day(notice.signed_at));
    let to = if notice.own { ", to you alone" } else { "" };
    format!("Signed by {}, {day} {time}{to}", notice.signed_by)
}

/// The state of a point of the plan.
pub(in crate::ui) fn plan_state(state: PlanState) -> &'static str {
    match state {
        PlanState::Planned => "Planned",
        PlanState::Doing => "Under way",
        PlanState::Done => "Done",
        PlanState::Dropped => "Given up",
    }
}

/// What happens to calls, for the box on the sheet.
pub(in crate::ui) fn what_still_works(
    level: NoticeLevel,
    deadline: Option<crate::base::WallTime>,
    emergency: &[String],
    now: &Moment,
) -> String {
    let numbers = numbers(emergency);
    match (level, deadline) {
        (NoticeLevel::Enforced, _) => {
            format!("Outgoing calls pause until it is done. You can always receive calls and dial {numbers}.")
        }
        (NoticeLevel::Require, Some(at)) => format!(
            "From {} outgoing calls pause until it is done. You can always receive calls and dial {numbers}.",
            now.deadline_in_full(at)
        ),
        (NoticeLevel::Require | NoticeLevel::Advise, _) => {
            format!("Calls go on as before. You can always receive calls and dial {numbers}.")
        }
    }
}

/// `999 and 112`
fn numbers(emergency: &[String]) -> String {
    match emergency {
        [] => "the emergency number".into(),
        [one] => one.clone(),
        // Nobody knows in which country: then one that most have is enough.
        many if many.len() > 3 => "the emergency numbers".into(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

/// What is to be said about notices for this line alone; nothing where the provider has none to offer.
pub(in crate::ui) fn own_notices(own: OwnNotices, provider: &str, now: &Moment) -> Option<String> {
    let when = |at| format!("{} {}", now.short_day(at), now.time_of_day(at));
    let why = match own {
        OwnNotices::NotOffered => return None,
        OwnNotices::NotAsked => return Some("To you alone: not asked yet".to_owned()),
        OwnNotices::None(at) => return Some(format!("To you alone: nothing, {}", when(at))),
        OwnNotices::Confirmed(at) => return Some(format!("To you alone: confirmed {}", when(at))),
        OwnNotices::Failed { why, at, .. } => match why {
            OwnTrouble::Unreachable => format!("nobody answered, {}", when(at)),
            OwnTrouble::Refused => format!("{provider} did not allow it, {}", when(at)),
            OwnTrouble::Gone => format!("not where {provider} said, {}", when(at)),
            OwnTrouble::Unreadable => format!("what came makes no sense, {}", when(at)),
            OwnTrouble::NotBelieved => format!("what came cannot be believed, {}", when(at)),
        },
    };
    Some(format!("To you alone: not read: {why}"))
}

/// The first paragraph of "I was told to change my password".
pub(in crate::ui) fn told_lead(source: NoticeSource, asks: bool, provider: &str) -> String {
    let links = "**Do not use its links.** Changing from here is sensible either way.";
    sentence(match source {
        _ if asks => format!(
            "{provider} asks for it in this app, too. A message that you got may still be a copy with other links. \
             {links}"
        ),
        NoticeSource::None => format!(
            "{provider} publishes no signed notices, so Ringfence cannot tell whether that message is genuine. {links}"
        ),
        NoticeSource::Confirmed(_) => format!(
            "{provider} publishes signed notices, and none of them asks for this. That message may be false. {links}"
        ),
        NoticeSource::Unknown | NoticeSource::NotConfirmedSince(_) | NoticeSource::Mismatch(_) => format!(
            "Ringfence could not confirm {provider}'s signed notices, so it cannot tell whether that message is \
             genuine. {links}"
        ),
    })
}

/// A line of the check list, and what it adds.
pub(in crate::ui) fn check(row: &CheckRow, provider: &str, now: &Moment) -> (String, String) {
    let words = match row.item {
        CheckItem::TopUp => "Stop top-up and calls abroad",
        CheckItem::Website => "Website password",
        CheckItem::Line => "Line password",
        CheckItem::Voicemail => "Voicemail PIN",
        CheckItem::Forwarding => "Forwarding",
        CheckItem::OtherPhones => "Other phones",
        CheckItem::Bill => "Calls that were not made here",
    };
    let small = match row.state {
        CheckState::Told(at) => format!("You told us, {}", now.lately(at)),
        CheckState::Proven(at) => format!("Tested by Ringfence, {}", now.lately(at)),
        CheckState::Open => match row.item {
            CheckItem::TopUp => format!("at {provider}'s website"),
            CheckItem::Website => "You tell us when it is done".into(),
            CheckItem::Line => "Ringfence changes and tests it".into(),
            CheckItem::Voicemail => "You tell us when it is done".into(),
            CheckItem::Forwarding => "Look whether calls go somewhere else".into(),
            CheckItem::OtherPhones => "Each needs the new password".into(),
            CheckItem::Bill => "Compare your provider's call list".into(),
        },
    };
    (words.into(), small)
}

/// How to reach the provider, for people in a hurry.
pub(in crate::ui) fn numbers_line(contact: &ContactView) -> String {
    let all = [("Fraud", &contact.fraud), ("Help", &contact.support)];
    let known: Vec<String> =
        all.iter().filter_map(|(what, number)| number.as_ref().map(|n| format!("{what}: {n}"))).collect();
    if known.is_empty() { "No number known: it is on your bill".into() } else { known.join(" · ") }
}
