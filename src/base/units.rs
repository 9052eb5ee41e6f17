//! Units in the name: a level is not just a float.

/// A level relative to digital full scale (dBFS as in ITU-T G.100.1: a full-scale square wave is 0).
#[derive(Clone, Copy, PartialEq, PartialOrd, Debug)]
pub struct Decibels(pub f32);

impl Decibels {
    /// The level that meters show as "nothing".
    pub const SILENCE: Decibels = Decibels(-96.0);
}
