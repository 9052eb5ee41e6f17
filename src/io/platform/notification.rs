//! A line among the desktop's notifications, as freedesktop.org describes them:
//! <https://specifications.freedesktop.org/notification-spec/latest/protocol.html>. A bonus: whatever is told here
//! stands in the window too, and stays there.

/// Shows a notification that stays until the person closes it. Does not block; without a session bus or a
/// notification service nothing happens. Both texts are plain.
#[cfg(target_os = "linux")]
pub fn show(title: String, body: String) {
    let thread = std::thread::Builder::new().name("notification".into());
    let started = thread.spawn(move || {
        if let Err(error) = bus::notify(&title, &body) {
            tracing::debug!(%error, "no desktop notification");
        }
    });
    if let Err(error) = started {
        tracing::debug!(%error, "no thread for a desktop notification");
    }
}

/// Nothing yet: the window says it.
#[cfg(not(target_os = "linux"))]
pub fn show(_title: String, _body: String) {}

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
        let body = escaped(body);
        let call = ("Ringfence", 0_u32, "ringfence", title, body.as_str(), actions.as_slice(), hints, NEVER);
        bus.call_method(Some(SERVICE), PATH, Some(SERVICE), "Notify", &call)?;
        Ok(())
    }

    /// Services may read a body as markup; a title they never do.
    fn escaped(text: &str) -> String {
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    }

    #[cfg(test)]
    mod tests {
        #[test]
        fn nothing_in_a_body_is_markup() {
            assert_eq!(super::escaped("<a href=\"x\">A & B</a>"), "&lt;a href=\"x\"&gt;A &amp; B&lt;/a&gt;");
        }
    }
}
