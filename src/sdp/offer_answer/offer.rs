//! Making an offer, and the media part that offer and answer share.

use super::formats::{self, Bound, Kind};
use super::{Local, Slot, Srtp};
use crate::base::Entropy;
use crate::codec::row;
use crate::port::media::Direction;
use crate::sdp::crypto::{Crypto, SUITES};
use crate::sdp::description::{Description, Media, Section};
use crate::sdp::line::Connection;

/// An offer that goes on with the session if there is one.
pub(super) fn make(local: &mut Local, direction: Direction, entropy: &mut Entropy) -> String {
    local.direction = direction;
    if !local.slots.iter().any(|s| matches!(s, Slot::Ours)) {
        local.slots.push(Slot::Ours);
    }
    let bound = formats::offered(&local.rows, &local.bound);
    local.bound.clone_from(&bound);
    let cryptos = match local.srtp {
        Srtp::Off => Vec::new(),
        // A session that settled on plain RTP stays as it is: no peer expects a re-INVITE for hold to rekey.
        Srtp::Offer if local.is_plain() => Vec::new(),
        Srtp::Offer | Srtp::Require => SUITES.into_iter().map(|s| local.key(s, entropy)).collect(),
    };
    let profile = match (&local.profile, local.srtp) {
        (Some(profile), _) => profile.clone(),
        (None, Srtp::Require) => "RTP/SAVP".to_owned(),
        (None, Srtp::Off | Srtp::Offer) => "RTP/AVP".to_owned(),
    };
    let ours = media(local, &profile, &bound, direction, &cryptos, true);
    let description = assemble(local, &ours);
    local.say(description)
}

/// Our media part.
pub(super) fn media(
    local: &Local,
    profile: &str,
    bound: &[Bound],
    direction: Direction,
    cryptos: &[Crypto],
    rtcp_mux: bool,
) -> Media {
    let mut section = Section::default();
    for b in bound {
        describe(&mut section, *b);
    }
    for crypto in cryptos {
        section.push('a', format!("crypto:{crypto}"));
    }
    section.push('a', "ptime:20");
    section.push('a', "maxptime:60");
    if rtcp_mux {
        section.push('a', "rtcp-mux");
    }
    section.push('a', attribute(direction));
    Media {
        kind: "audio".to_owned(),
        port: local.addr.port(),
        profile: profile.to_owned(),
        formats: bound.iter().map(|b| b.payload_type.to_string()).collect(),
        section,
    }
}

/// `a=rtpmap` and `a=fmtp` of one payload type.
fn describe(section: &mut Section, bound: Bound) {
    let number = bound.payload_type;
    match bound.kind {
        Kind::Sound(name) => {
            let Some(row) = row(name) else { return };
            let channels = if row.channels > 1 { format!("/{}", row.channels) } else { String::new() };
            section.push('a', format!("rtpmap:{number} {}/{}{channels}", row.name, row.clock_rate));
            if !row.fmtp.is_empty() {
                section.push('a', format!("fmtp:{number} {}", row.fmtp));
            }
        }
        Kind::Events(rate) => {
            section.push('a', format!("rtpmap:{number} {}/{rate}", formats::EVENT));
            section.push('a', format!("fmtp:{number} 0-15"));
        }
    }
}

/// The whole description with `ours` in its place among the refused streams.
pub(super) fn assemble(local: &Local, ours: &Media) -> Description {
    let mut description = Description::default();
    description.session.push('s', "-");
    description.session.push('c', Connection::value(local.addr.ip()));
    description.session.push('t', "0 0");
    let part = |slot: &Slot| match slot {
        Slot::Ours => ours.clone(),
        Slot::Refused(media) => media.clone(),
    };
    description.media = local.slots.iter().map(part).collect();
    description
}

/// The direction attribute.
const fn attribute(direction: Direction) -> &'static str {
    match direction {
        Direction::SendRecv => "sendrecv",
        Direction::SendOnly => "sendonly",
        Direction::RecvOnly => "recvonly",
        Direction::Inactive => "inactive",
    }
}
