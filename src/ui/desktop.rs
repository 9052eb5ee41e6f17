//! What the window asks of the desktop beside showing itself: a notification, starting at login. Whoever starts the
//! window brings it along; the window knows no driver.

/// The desktop, as functions that do not block.
pub struct Desktop {
    /// Shows a notification: title and text, both plain.
    pub notify: Box<dyn Fn(String, String)>,
    /// Whether this program starts at login; `None` where that is not known.
    pub starts_at_login: Box<dyn Fn() -> Option<bool>>,
    /// Switches that.
    pub set_start_at_login: Box<dyn Fn(bool) -> Result<(), String>>,
}

impl Desktop {
    /// A desktop that can do nothing: for tests and pictures.
    #[must_use]
    pub fn none() -> Desktop {
        Desktop {
            notify: Box::new(|_, _| {}),
            starts_at_login: Box::new(|| None),
            set_start_at_login: Box::new(|_| Err("This desktop cannot do that.".into())),
        }
    }
}

impl std::fmt::Debug for Desktop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Desktop")
    }
}
