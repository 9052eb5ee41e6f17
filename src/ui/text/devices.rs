//! The sentences about who else is on the line: telephones, logins to the website, keys.

use super::sentence;
use crate::base::WallTime;
use crate::phone::devices_registered::words;
use crate::phone::view::{DeviceListing, DeviceView, KeyView, LoginView, OwnView};
use crate::ui::Moment;

/// `192.168.1.20 · first seen today 02:13`
pub(in crate::ui) fn seen(device: &DeviceView, now: &Moment) -> String {
    format!("{} · first seen {}", device.place, first_seen(device, now))
}

/// `today 02:13`
fn first_seen(device: &DeviceView, now: &Moment) -> String {
    format!("{} {}", now.day_in_sentence(device.first_seen), now.time_of_day(device.first_seen))
}

/// What is known of it, below its name. One that has none is called by its address, and so is one that the person knows
/// and gave none: not twice.
pub(in crate::ui) fn told(device: &DeviceView, now: &Moment) -> String {
    let named = device.name.as_ref().is_some_and(|name| !name.contains(&device.place));
    let mut small = if named { seen(device, now) } else { format!("First seen {}", first_seen(device, now)) };
    if let Some(country) = &device.country {
        small.push_str(&format!(" · {country}"));
    }
    small.push_str(&since(device.registered, device.refreshed, now));
    if !device.present {
        small.push_str(" · not there now");
    }
    // On a line of its own: words that run from right to left would turn ours around them.
    if let Some(software) = &device.software {
        small.push_str(&format!("\nCalls itself {software}"));
    }
    small
}

/// Since when it is signed in, or else when it was last; until when it last asked to be is for those who read the
/// protocol (the agent).
fn since(registered: Option<WallTime>, refreshed: Option<WallTime>, now: &Moment) -> String {
    let told = registered.map(|at| ("signed in since", at)).or(refreshed.map(|at| ("last signed in", at)));
    told.map(|(words, at)| format!(" · {words} {} {}", now.day_in_sentence(at), now.time_of_day(at)))
        .unwrap_or_default()
}

/// This computer's own row in the provider's list.
pub(in crate::ui) fn own_row(own: &OwnView, now: &Moment) -> String {
    let place = if own.place.is_empty() { "named by your provider" } else { &own.place };
    format!("{place}{}", since(own.registered, own.refreshed, now))
}

/// A login to the website: its name, and the rest.
pub(in crate::ui) fn login(login: &LoginView, now: &Moment) -> (String, String) {
    let name = login.software.clone().filter(|name| !name.is_empty()).unwrap_or_else(|| "A browser".into());
    let country = login.country.as_deref().unwrap_or("a login to the website");
    (name, format!("{country}{}", since(login.since, None, now)))
}

/// An enrolled key: its name, and the rest.
pub(in crate::ui) fn key(key: &KeyView, now: &Moment) -> (String, String) {
    let name = if key.label.is_empty() { "A device without a name" } else { &key.label };
    let state = match (key.active, key.active_from) {
        (true, _) => "may do it now".to_owned(),
        (false, Some(at)) => format!("may do it from {} {} on", now.day_in_sentence(at), now.time_of_day(at)),
        (false, None) => "may not do it yet".to_owned(),
    };
    let whose = if key.own { "this computer · " } else { "" };
    (name.to_owned(), format!("{whose}{state}"))
}

/// What another device is called.
pub(in crate::ui) fn device_name(device: &DeviceView) -> String {
    device.name.clone().unwrap_or_else(|| words::unnamed(&device.id.0, &device.place))
}

/// Whether the provider lists devices, in a sentence; `None` when the list speaks for itself.
pub(in crate::ui) fn listing(listed: DeviceListing, empty: bool, provider: &str, now: &Moment) -> Option<String> {
    let words = match listed {
        DeviceListing::NotAsked => Some(format!("{provider} has not been asked yet.")),
        DeviceListing::NotListed => Some(format!(
            "{provider} does not list devices. If a desk phone, an adapter or a doorbell uses this line, it is not \
             shown here."
        )),
        DeviceListing::At(at) if empty => Some(format!(
            "When {provider} was asked at {}, it named no other device. One that is switched off is not named.",
            now.time_of_day(at)
        )),
        DeviceListing::At(_) => None,
    };
    words.map(sentence)
}

/// Why the provider cannot be asked.
pub(in crate::ui) fn not_now(provider: &str) -> String {
    format!("This line is not connected: {provider} cannot be asked now.")
}
