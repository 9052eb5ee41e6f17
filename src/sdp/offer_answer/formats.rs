//! Payload types: which number means what in this session.

use super::super::line::Format;
use crate::codec::{Row, row, row_of_static};
use crate::port::media::Codec;

/// The name of RFC 4733 events.
pub(super) const EVENT: &str = "telephone-event";

/// A payload type and its meaning.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Bound {
    pub(super) payload_type: u8,
    pub(super) kind: Kind,
}

/// What a payload type carries.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// Sound, by the name of its row.
    Sound(&'static str),
    /// Events at this clock rate.
    Events(u32),
}

/// What `format` of a peer is to us.
pub(super) fn kind(format: &Format, rows: &[&'static Row]) -> Option<Kind> {
    if format.name.eq_ignore_ascii_case(EVENT) {
        return rows.iter().any(|r| r.clock_rate == format.clock_rate).then_some(Kind::Events(format.clock_rate));
    }
    let found = if format.name.is_empty() {
        row_of_static(format.payload_type)?
    } else {
        row(&format.name).filter(|r| r.clock_rate == format.clock_rate)?
    };
    rows.iter().any(|r| r.name == found.name).then_some(Kind::Sound(found.name))
}

/// What we offer: each row, and events at each of their clock rates; numbers as already bound, else the row's own,
/// else the next that is free.
pub(super) fn offered(rows: &[&'static Row], bound: &[Bound]) -> Vec<Bound> {
    let mut taken: Vec<Bound> = bound.to_vec();
    let mut wanted: Vec<(Kind, u8)> = rows.iter().map(|r| (Kind::Sound(r.name), r.payload_type)).collect();
    for (rate, number) in [(48_000, 110), (8_000, 101)] {
        if rows.iter().any(|r| r.clock_rate == rate) {
            wanted.push((Kind::Events(rate), number));
        }
    }
    let mut list = Vec::new();
    for (kind, preferred) in wanted {
        let known = taken.iter().find(|b| b.kind == kind).map(|b| b.payload_type);
        let is_free = |number: &u8| taken.iter().all(|b| b.payload_type != *number);
        let number = known.or_else(|| Some(preferred).filter(is_free)).or_else(|| (96..=127).find(is_free));
        if let Some(payload_type) = number {
            taken.push(Bound { payload_type, kind });
            list.push(Bound { payload_type, kind });
        }
    }
    list
}

/// The codecs among `bound`, with the other end's fmtp where `formats` has one for the same payload type.
pub(super) fn codecs(bound: &[Bound], formats: &[Format]) -> Vec<Codec> {
    let codec = |b: &Bound| match b.kind {
        Kind::Sound(name) => Some(Codec {
            name,
            payload_type: b.payload_type,
            fmtp: formats.iter().find(|f| f.payload_type == b.payload_type).map(|f| f.fmtp.clone()).unwrap_or_default(),
        }),
        Kind::Events(_) => None,
    };
    bound.iter().filter_map(codec).collect()
}

/// The event payload types among `bound`, those at the clock rate of `send` first.
pub(super) fn events(bound: &[Bound], send: &Codec) -> Vec<(u8, u32)> {
    let rate = row(send.name).map_or(8_000, |r| r.clock_rate);
    let mut events: Vec<(u8, u32)> = Vec::new();
    for b in bound {
        if let Kind::Events(r) = b.kind
            && !events.contains(&(b.payload_type, r))
        {
            events.push((b.payload_type, r));
        }
    }
    events.sort_by_key(|(_, r)| *r != rate);
    events
}
