//! Whether the desktop prefers dark. On Linux, the settings portal of freedesktop.org says so on the session bus:
//! <https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.Settings.html>. Elsewhere the window
//! knows by itself.

/// Calls `tell` with `true` for dark and `false` for light or no preference: soon, and after every change. Does not
/// block; without a session bus or a portal it is never called.
#[cfg(target_os = "linux")]
pub fn follow(tell: impl Fn(bool) + Send + 'static) {
    let thread = std::thread::Builder::new().name("appearance".into());
    let started = thread.spawn(move || {
        // Ends when there is no portal, and with the bus. Until then it sleeps in the reading of its connection.
        if let Err(error) = portal::listen(&tell) {
            super::harden::close();
            tracing::debug!(%error, "the desktop does not tell whether it is dark");
        }
    });
    if let Err(error) = started {
        super::harden::close();
        tracing::debug!(%error, "no thread to ask whether the desktop is dark");
    }
}

/// The window knows by itself.
#[cfg(not(target_os = "linux"))]
pub fn follow(_tell: impl Fn(bool) + Send + 'static) {}

#[cfg(target_os = "linux")]
mod portal {
    use std::time::Duration;

    use zbus::MatchRule;
    use zbus::blocking::{Connection, MessageIterator, connection};
    use zbus::message::Type;
    use zbus::zvariant::{OwnedValue, Value};

    const SERVICE: &str = "org.freedesktop.portal.Desktop";
    const PATH: &str = "/org/freedesktop/portal/desktop";
    const INTERFACE: &str = "org.freedesktop.portal.Settings";
    const NAMESPACE: &str = "org.freedesktop.appearance";
    const KEY: &str = "color-scheme";
    /// The value that prefers dark; 0 is no preference, 2 prefers light, others are to be taken for 0.
    const PREFERS_DARK: u32 = 1;
    /// The bus may have to start the portal first, and some of those take their time.
    const PATIENCE: Duration = Duration::from_secs(30);
    /// Changes that may wait while one is told; more are not needed, only the last counts and people are slow.
    const QUEUE: usize = 8;

    /// Tells until the bus goes.
    pub(super) fn listen(tell: &impl Fn(bool)) -> zbus::Result<()> {
        let bus = connection::Builder::session()?.method_timeout(PATIENCE).build()?;
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(SERVICE)?
            .path(PATH)?
            .interface(INTERFACE)?
            .member("SettingChanged")?
            .add_arg(NAMESPACE)?
            .add_arg(KEY)?
            .build();
        // First, so that no change falls between question and subscription.
        let changes = MessageIterator::for_match_rule(rule, &bus, Some(QUEUE))?;
        tell(ask(&bus)?);
        // It knows this connection from now on.
        crate::io::harden::close();
        for change in changes {
            let change = change?;
            match change.body().deserialize::<(&str, &str, Value<'_>)>() {
                Ok((_, _, value)) => tell(prefers_dark(&value)),
                Err(error) => tracing::debug!(%error, "a change of the desktop's colours that nobody understands"),
            }
        }
        Ok(())
    }

    fn ask(bus: &Connection) -> zbus::Result<bool> {
        let call = |method: &str| -> zbus::Result<bool> {
            let reply = bus.call_method(Some(SERVICE), PATH, Some(INTERFACE), method, &(NAMESPACE, KEY))?;
            let value: OwnedValue = reply.body().deserialize()?;
            Ok(prefers_dark(&value))
        };
        match call("ReadOne") {
            // Version 1 of the interface, as Debian 11 has it, knows only this one.
            Err(zbus::Error::MethodError(name, ..)) if name.as_str() == "org.freedesktop.DBus.Error.UnknownMethod" => {
                call("Read")
            }
            other => other,
        }
    }

    /// `Read` wraps its variant into a second one.
    fn prefers_dark(value: &Value<'_>) -> bool {
        if let Value::Value(inner) = value {
            prefers_dark(inner)
        } else {
            value.downcast_ref::<u32>() == Ok(PREFERS_DARK)
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn only_the_value_for_dark_is_dark_however_often_it_is_wrapped() {
            let wrapped = Value::Value(Box::new(Value::Value(Box::new(Value::U32(1)))));
            assert!(prefers_dark(&wrapped) && prefers_dark(&Value::U32(1)));
            for other in [Value::U32(0), Value::U32(2), Value::U32(7), Value::from("1"), Value::I32(1)] {
                assert!(!prefers_dark(&other), "{other:?}");
            }
        }
    }
}
