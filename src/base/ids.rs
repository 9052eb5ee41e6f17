//! Identifiers as types: nothing of ours is named by a `String` or a bare number.

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub $inner);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// One line at one provider. Counted from 1 in the order of sign-in and never used again.
    AccountId(u32)
);
id!(
    /// One call, from the first INVITE until it has ended. Counted from 1 in each process.
    CallId(u32)
);
