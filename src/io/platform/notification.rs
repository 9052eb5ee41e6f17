//! A line among the desktop's notifications. A bonus: whatever is told here stands in the window too, and stays there.

#[cfg(target_os = "linux")]
use bus::notify;

#[cfg(windows)]
use super::toast::notify;

/// Shows a notification that stays until the person closes it. Does not block; where there is no notification service
/// nothing happens. Both texts are plain.
#[cfg(any(target_os = "linux", windows))]
pub fn show(title: String, body: String) {
    let thread = std::thread::Builder::new().name("notification".into());
    let started = thread.spawn(move || {
        if let Err(error) = notify(&title, &body) {
            tracing::debug!(%error, "no desktop notification");
        }
    });
    if let Err(error) = started {
        tracing::debug!(%error, "no thread for a desktop notification");
    }
}

/// macOS shows notifications of signed bundles only, through Objective-C: the window says it.
#[cfg(not(any(target_os = "linux", windows)))]
pub fn show(_title: String, _body: String) {}

/// Services may read a text as markup.
#[cfg(any(target_os = "linux", windows))]
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// As freedesktop.org describes them: <https://specifications.freedesktop.org/notification-spec/latest/protocol.html>.
#[cfg(target_os = "linux")]
mod bus {
    use std::collections::HashMap;
    use std::time::Duration;

    use zbus::blocking::connection;
    use zbus::zvariant::Value;

    const SERVICE: &str = "org.freedesktop.Notifications";
    const PATH: &str = "/org/freedesktop/Notifications";
    /// The bus may have to start the service first.
    const PATIENCE: Duration = Duration::from_secs(10);
    /// `expire_timeout`: it stays.
    const NEVER: i32 = 0;
    /// `urgency`: critical ones are not hidden by "do not disturb" and do not expire.
    const CRITICAL: u8 = 2;

    pub(super) fn notify(title: &str, body: &str) -> zbus::Result<()> {
        let bus = connection::Builder::session()?.method_timeout(PATIENCE).build()?;
        let hints: HashMap<&str, Value<'_>> =
            HashMap::from([("urgency", Value::U8(CRITICAL)), ("desktop-entry", Value::from("ringfence"))]);
        let actions: [&str; 0] = [];
        // A title is never read as markup.
        let body = super::escaped(body);
        let call = ("Ringfence", 0_u32, "ringfence", title, body.as_str(), actions.as_slice(), hints, NEVER);
        bus.call_method(Some(SERVICE), PATH, Some(SERVICE), "Notify", &call)?;
        Ok(())
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn nothing_in_a_body_is_markup() {
            assert_eq!(super::super::escaped("<a href=\"x\">A & B</a>"), "&lt;a href=\"x\"&gt;A &amp; B&lt;/a&gt;");
        }
    }
}
