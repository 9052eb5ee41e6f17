//! Secrets get a type: [`Secret`] shows nothing, is wiped when dropped, and each look inside says why.

use std::sync::Arc;

use zeroize::Zeroize;

/// A value that must not appear in a log, a view, an event or a file. `Debug` prints `Secret(…)`.
///
/// Clones share one value: however many owners a password has, it is in memory once, and wiped with the last of them.
#[derive(PartialEq, Eq, Hash, Default)]
pub struct Secret<T: Zeroize>(Arc<Wiped<T>>);

/// The value, wiped when dropped.
#[derive(PartialEq, Eq, Hash, Default)]
struct Wiped<T: Zeroize>(T);

impl<T: Zeroize> Secret<T> {
    /// Takes `value` into custody.
    #[must_use]
    pub fn new(value: T) -> Secret<T> {
        Secret(Arc::new(Wiped(value)))
    }

    /// The value itself. `_why` is for the reader of the code: each look inside is justified where it happens.
    #[must_use]
    pub fn expose(&self, _why: &'static str) -> &T {
        &self.0.0
    }
}

impl<T: Zeroize> std::fmt::Debug for Secret<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl<T: Zeroize> Clone for Secret<T> {
    fn clone(&self) -> Secret<T> {
        Secret(Arc::clone(&self.0))
    }
}

impl<T: Zeroize> Drop for Wiped<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl From<&str> for Secret<String> {
    fn from(value: &str) -> Secret<String> {
        Secret::new(value.to_owned())
    }
}
