//! What the screens draw of the others on a line: telephones that are registered, logins to the provider's website,
//! computers whose keys may sign changes; what can be ended, and why the rest cannot.

use serde::{Deserialize, Serialize};

use crate::base::WallTime;

/// Who else is on the line.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DevicesView {
    /// Whether the provider lists them. Never "none" where it does not.
    pub listed: DeviceListing,
    /// Other devices, in the order in which they were first seen. This computer is not among them.
    pub all: Vec<DeviceView>,
    /// The person wants the others to be ended with the change.
    pub end_others: bool,
    /// Why the others cannot be ended with the change; none: they can.
    pub others_stay: Option<WhyNot>,
    /// The provider's own list, and whether it could be read.
    pub list: ProviderList,
    /// It is being asked for.
    pub asking: bool,
    /// So many more telephones are named than are shown.
    pub more: usize,
    /// This computer's own row in the provider's list, if it has one.
    pub own: Option<OwnView>,
    /// Logins to the provider's website.
    pub logins: Vec<LoginView>,
    /// Computers and telephones whose keys may sign changes.
    pub keys: Vec<KeyView>,
}

/// Whether the provider lists the devices of a line.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum DeviceListing {
    /// Not asked yet.
    #[default]
    NotAsked,
    /// It does not.
    NotListed,
    /// It does; so it was at this time.
    At(WallTime),
}

/// What is known of the list of the provider's account-security API.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum ProviderList {
    /// The provider has no such list.
    #[default]
    NotOffered,
    /// It has one, which has not been read yet.
    NotRead,
    /// It was read.
    Read {
        /// When.
        at: WallTime,
        /// Whether this computer is on it. A list without us is not complete.
        names_us: bool,
    },
    /// It could not be read: what is shown of it is older.
    Failed {
        /// Why.
        why: ListTrouble,
        /// When.
        at: WallTime,
    },
}

/// Why the provider's list could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ListTrouble {
    /// Nobody answered.
    Unreachable,
    /// The provider did not believe that it is us, or asked in a way that is not answered.
    Refused,
    /// It wants to be left alone for a while, or is in trouble itself.
    Busy,
    /// It has none where it said that there is one.
    Gone,
    /// What came is too long, or makes no sense.
    Unreadable,
}

/// Another device on the line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeviceView {
    /// Which.
    pub id: DeviceId,
    /// The name that the person gave.
    pub name: Option<String>,
    /// Host or address that it registered, sanitised.
    pub place: String,
    /// What it calls itself, sanitised.
    pub software: Option<String>,
    /// The country of its address as the provider says, two letters.
    pub country: Option<String>,
    /// First seen from here.
    pub first_seen: WallTime,
    /// Registered since, as the provider says.
    pub registered: Option<WallTime>,
    /// Registered last, as the provider says.
    pub refreshed: Option<WallTime>,
    /// Registered until, as the provider says.
    pub expires: Option<WallTime>,
    /// Still there when we looked last.
    pub present: bool,
    /// It needs the new password, and nobody has ticked it off.
    pub needs_password: bool,
    /// Whether it can be ended.
    pub ending: Ending,
}

/// Names another device: stable as long as it registers the same instance or Contact.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeviceId(pub String);

/// Names a row of the provider's list. Good until it is read again.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub String);

/// Whether something on the provider's list can be ended from here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// It can.
    Possible,
    /// It cannot.
    No(WhyNot),
    /// The provider has been asked to.
    UnderWay,
    /// It was asked to, and this came of it. It can be asked again.
    Failed(EndTrouble),
}

/// Why something cannot be ended from here.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WhyNot {
    /// The provider has no list from which to end it.
    NoList,
    /// Its list has not been read.
    NotRead,
    /// Its list does not name it.
    NotNamed,
    /// It is named in a way that cannot be asked for.
    NoId,
    /// It is not there.
    NotThere,
    /// It is this computer.
    Own,
}

/// What came of asking the provider to end something.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndTrouble {
    /// Nobody answered: it may have been ended or not.
    Unreachable,
    /// The provider refused.
    Refused,
    /// The provider takes this only from an enrolled computer.
    NotEnrolled,
    /// It wants to be left alone for a while, or is in trouble itself.
    Busy,
    /// The provider said that it was ended, and still names it.
    StillNamed,
}

/// This computer on the provider's list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct OwnView {
    /// The address that it sees.
    pub place: String,
    /// Registered since.
    pub registered: Option<WallTime>,
    /// Registered last.
    pub refreshed: Option<WallTime>,
    /// Registered until.
    pub expires: Option<WallTime>,
}

/// A login to the provider's website.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LoginView {
    /// Which.
    pub id: SessionId,
    /// The browser, in its own words, sanitised.
    pub software: Option<String>,
    /// The country of its address, two letters.
    pub country: Option<String>,
    /// Since when.
    pub since: Option<WallTime>,
    /// It came after the first list, and nobody has said whose it is.
    pub new: bool,
    /// Whether it can be ended.
    pub ending: Ending,
}

/// A computer or telephone whose key may sign changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyView {
    /// Which.
    pub id: SessionId,
    /// Its name, sanitised.
    pub label: String,
    /// Whether its signature counts already.
    pub active: bool,
    /// When it will.
    pub active_from: Option<WallTime>,
    /// Whether it is this computer's.
    pub own: bool,
    /// It came after the first list, and nobody has said whose it is.
    pub new: bool,
    /// Whether it can be ended.
    pub ending: Ending,
}
