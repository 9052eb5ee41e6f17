//! Reading what the other end says: where its media is, which way it flows, and an answer to our offer.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::formats::{self, Bound, Kind};
use super::{Agreed, Local, Refused, Srtp};
use crate::port::media::{Direction, Session, SrtpKeys};
use crate::sdp::description::{Description, Media};
use crate::sdp::line::{Connection, Format};

/// The packet time that we send when nobody asks for another.
const PTIME_MS: u64 = 20;

/// The other end of the stream.
pub(super) struct Remote {
    rtp: Option<SocketAddr>,
    rtcp: Option<SocketAddr>,
    pub(super) rtcp_mux: bool,
    /// From its side; the old hold address counts as "receives nothing".
    pub(super) direction: Direction,
    ptime: Duration,
}

impl Remote {
    pub(super) fn read(description: &Description, media: &Media) -> Result<Remote, Refused> {
        let stated = description.direction(media);
        let rtcp_mux = media.section.attribute("rtcp-mux").is_some();
        let (rtp, direction) = match description.connection(media).ok_or(Refused::NoAddress)? {
            Connection::At(ip) => (Some(SocketAddr::new(ip, media.port)), stated),
            Connection::Nowhere => (None, common(stated, Direction::SendOnly)),
        };
        let rtcp = rtp.and_then(|rtp| if rtcp_mux { Some(rtp) } else { rtcp_addr(media, rtp) });
        Ok(Remote { rtp, rtcp, rtcp_mux, direction, ptime: ptime(description, media) })
    }
}

/// `a=rtcp:53020 IN IP6 2001:db8::1` (RFC 3605), else the next port.
fn rtcp_addr(media: &Media, rtp: SocketAddr) -> Option<SocketAddr> {
    let Some(value) = media.section.attribute("rtcp") else {
        return Some(SocketAddr::new(rtp.ip(), rtp.port().checked_add(1)?));
    };
    let mut words = value.split_ascii_whitespace();
    let port = words.next()?.parse().ok().filter(|p| *p != 0)?;
    let ip: IpAddr = words.nth(2).and_then(|w| w.parse().ok()).unwrap_or(rtp.ip());
    Some(SocketAddr::new(ip, port))
}

/// What the other end wants of our packets: whole tens of milliseconds, 10 to 60.
fn ptime(description: &Description, media: &Media) -> Duration {
    let number = |name| {
        let value = description.attribute(media, name)?;
        value.split('.').next()?.trim().parse::<u64>().ok().filter(|ms| *ms > 0)
    };
    let wanted = number("ptime").unwrap_or(PTIME_MS);
    let most = number("maxptime").unwrap_or(60);
    Duration::from_millis((wanted.min(most) / 10 * 10).clamp(10, 60))
}

/// Whether we know the profile: `RTP/AVP`, `RTP/SAVP` and their feedback variants (RFC 4585, RFC 5124).
pub(super) fn is_rtp(profile: &str) -> bool {
    ["RTP/AVP", "RTP/AVPF", "RTP/SAVP", "RTP/SAVPF"].iter().any(|p| p.eq_ignore_ascii_case(profile))
}

/// Whether the profile insists on SRTP.
pub(super) fn is_secure(profile: &str) -> bool {
    ["RTP/SAVP", "RTP/SAVPF"].iter().any(|p| p.eq_ignore_ascii_case(profile))
}

/// What two directions of the same side allow together.
pub(super) const fn common(a: Direction, b: Direction) -> Direction {
    match (a.sends() && b.sends(), a.receives() && b.receives()) {
        (true, true) => Direction::SendRecv,
        (true, false) => Direction::SendOnly,
        (false, true) => Direction::RecvOnly,
        (false, false) => Direction::Inactive,
    }
}

/// The direction as the other side sees it (RFC 3264 §6.1).
pub(super) const fn mirrored(direction: Direction) -> Direction {
    match direction {
        Direction::SendOnly => Direction::RecvOnly,
        Direction::RecvOnly => Direction::SendOnly,
        Direction::SendRecv | Direction::Inactive => direction,
    }
}

/// Joins everything. `theirs` are the other end's payload types, best first; `ours` those that it may use towards us.
pub(super) fn session(
    remote: &Remote,
    direction: Direction,
    theirs: &[Bound],
    ours: &[Bound],
    formats: &[Format],
    srtp: Option<SrtpKeys>,
) -> Result<Session, Refused> {
    let send = formats::codecs(theirs, formats).into_iter().next().ok_or(Refused::NoCommonCodec)?;
    let mut receive = formats::codecs(ours, formats);
    // A peer that renumbers in its answer may well use its own numbers towards us, too.
    for codec in formats::codecs(theirs, formats) {
        if receive.iter().all(|r| r.payload_type != codec.payload_type) {
            receive.push(codec);
        }
    }
    // Digits are sent only with what the other end has named; our own numbers of the same kind may come towards us.
    let named = |b: &&Bound| theirs.iter().any(|t| t.kind == b.kind);
    let both: Vec<Bound> = theirs.iter().chain(ours.iter().filter(named)).copied().collect();
    Ok(Session {
        remote_rtp: remote.rtp,
        remote_rtcp: remote.rtcp,
        rtcp_mux: remote.rtcp_mux,
        direction,
        events: formats::events(&both, &send),
        send,
        receive,
        ptime: remote.ptime,
        srtp,
    })
}

/// Reads the answer to the last offer of `local`.
pub(super) fn answer(local: &mut Local, answer: &[u8]) -> Result<Agreed, Refused> {
    let description = Description::parse(answer).map_err(|_| Refused::Malformed)?;
    let index = local.our_slot().ok_or(Refused::NoAudio)?;
    let media = description.media.get(index).filter(|m| m.kind.eq_ignore_ascii_case("audio"));
    let media = media.filter(|m| m.port != 0 && is_rtp(&m.profile)).ok_or(Refused::NoAudio)?;
    let srtp = agreed_keys(local, media)?;
    let remote = Remote::read(&description, media)?;
    let formats = media.encodings();
    let offered = local.bound.clone();
    let theirs: Vec<Bound> = formats.iter().filter_map(|f| meant(f, local, &offered)).collect();
    if !theirs.iter().any(|b| matches!(b.kind, Kind::Sound(_))) {
        return Err(Refused::NoCommonCodec);
    }
    let direction = common(local.direction, mirrored(remote.direction));
    let session = session(&remote, direction, &theirs, &offered, &formats, srtp)?;
    local.settle(session.srtp.is_some());
    Ok(Agreed { session, remote: remote.direction })
}

/// What a format of the answer means: what its rtpmap says, or what our offer bound that number to.
fn meant(format: &Format, local: &Local, offered: &[Bound]) -> Option<Bound> {
    let payload_type = format.payload_type;
    let by_offer = || {
        let known = offered.iter().find(|b| b.payload_type == payload_type)?;
        format.name.is_empty().then_some(known.kind)
    };
    let kind = by_offer().or_else(|| formats::kind(format, &local.rows))?;
    offered.iter().any(|b| b.kind == kind).then_some(Bound { payload_type, kind })
}

/// The keys of both directions: the answer's line names one of ours by tag and suite (RFC 4568 §5.1.3).
fn agreed_keys(local: &Local, media: &Media) -> Result<Option<SrtpKeys>, Refused> {
    let found = media.cryptos().into_iter().find_map(|theirs| {
        let ours = local.keys.iter().find(|k| k.tag == theirs.tag && k.suite == theirs.suite)?;
        Some(SrtpKeys { suite: theirs.suite, send: ours.key.clone(), receive: theirs.key })
    });
    let offered = local.offered_keys();
    match found.filter(|_| offered) {
        Some(keys) => Ok(Some(keys)),
        // A crypto line that answers none of ours is no consent to plain RTP.
        None if media.section.attribute("crypto").is_some() && offered => Err(Refused::NoEncryption),
        None if local.srtp == Srtp::Require || is_secure(&media.profile) => Err(Refused::NoEncryption),
        None => Ok(None),
    }
}

impl Local {
    /// The place of our stream among the m-lines.
    fn our_slot(&self) -> Option<usize> {
        self.slots.iter().position(|s| matches!(s, super::Slot::Ours))
    }

    /// What we said last about our stream.
    fn our_media(&self) -> Option<&Media> {
        self.said.as_ref()?.media.get(self.our_slot()?)
    }

    /// Whether our last description named keys.
    fn offered_keys(&self) -> bool {
        self.our_media().is_some_and(|m| m.section.attribute("crypto").is_some())
    }

    /// Remembers the profile of the answered offer, and whether it stayed plain.
    fn settle(&mut self, encrypted: bool) {
        self.profile = self.our_media().map(|m| m.profile.clone());
        self.plain = !encrypted;
    }

    /// Whether the session has settled on plain RTP.
    pub(super) const fn is_plain(&self) -> bool {
        self.profile.is_some() && self.plain
    }
}
