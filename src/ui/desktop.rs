//! What the window asks of the desktop beside showing itself: a notification, starting at login. Whoever starts the
//! window brings it along; the window knows no driver.

use std::ffi::{CStr, c_void};

/// Finds a function of OpenGL by its name; null if the driver has none.
pub type FindFunction<'a> = &'a dyn Fn(&CStr) -> *const c_void;

/// The desktop, as functions that do not block.
pub struct Desktop {
    /// Shows a notification: title and text, both plain.
    pub notify: Box<dyn Fn(String, String)>,
    /// Whether this program starts at login; `None` where that is not known.
    pub starts_at_login: Box<dyn Fn() -> Option<bool>>,
    /// Switches that.
    pub set_start_at_login: Box<dyn Fn(bool) -> Result<(), String>>,
    /// Tells the graphics driver that all shaders are compiled.
    pub free_shader_compiler: fn(FindFunction<'_>),
    /// Gives back to the operating system what the window's start needed and nothing later does.
    pub give_back_memory: fn(),
}

impl Desktop {
    /// A desktop that can do nothing: for tests and pictures.
    #[must_use]
    pub fn none() -> Desktop {
        Desktop {
            notify: Box::new(|_, _| {}),
            starts_at_login: Box::new(|| None),
            set_start_at_login: Box::new(|_| Err("This desktop cannot do that.".into())),
            free_shader_compiler: |_| {},
            give_back_memory: || {},
        }
    }
}

impl std::fmt::Debug for Desktop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Desktop")
    }
}
