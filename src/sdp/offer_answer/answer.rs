//! Answering an offer.

use super::formats::{self, Bound, Kind};
use super::offer::{assemble, media};
use super::read::{self, Remote};
use super::{Agreed, Local, Refused, Slot, Srtp};
use crate::base::Entropy;
use crate::port::media::{Direction, SrtpKeys};
use crate::sdp::crypto::Crypto;
use crate::sdp::description::{Description, Media, Section};

/// Answers `offer` and changes `local` accordingly; on an error `local` is to be thrown away.
pub(super) fn make(
    local: &mut Local,
    offer: &[u8],
    wanted: Direction,
    entropy: &mut Entropy,
) -> Result<(String, Agreed), Refused> {
    let description = Description::parse(offer).map_err(|_| Refused::Malformed)?;
    let (index, crypto) = choose(local, &description)?;
    let theirs = description.media.get(index).ok_or(Refused::NoAudio)?;
    let remote = Remote::read(&description, theirs)?;
    let formats = theirs.encodings();
    let bound = common(local, &formats);
    let keys = crypto.map(|theirs| keys(local, &theirs, entropy));

    local.direction = wanted;
    local.bound = keep(&local.bound, &bound);
    local.profile = Some(theirs.profile.clone());
    local.plain = keys.is_none();
    local.slots = slots(&description, index);
    let direction = read::common(read::mirrored(remote.direction), wanted);
    let lines: Vec<Crypto> = keys.iter().map(|(line, _)| line.clone()).collect();
    let ours = media(local, &theirs.profile, &bound, direction, &lines, remote.rtcp_mux);
    let text = assemble(local, &ours);
    let session = read::session(&remote, direction, &bound, &bound, &formats, keys.map(|(_, k)| k))?;
    Ok((local.say(text), Agreed { session, remote: remote.direction }))
}

/// The stream to take: the first that we can have, encrypted ones before plain ones.
fn choose(local: &Local, offer: &Description) -> Result<(usize, Option<Crypto>), Refused> {
    let mut why = Refused::NoAudio;
    let mut plain = None;
    for (index, media) in offer.media.iter().enumerate().filter(|(_, m)| is_audio(m)) {
        match usable(local, media) {
            Ok(Some(crypto)) => return Ok((index, Some(crypto))),
            Ok(None) => plain = plain.or(Some(index)),
            Err(refused) => why = refused,
        }
    }
    plain.map(|index| (index, None)).ok_or(why)
}

fn is_audio(media: &Media) -> bool {
    media.kind.eq_ignore_ascii_case("audio") && media.port != 0 && read::is_rtp(&media.profile)
}

/// The crypto line to use, or `None` for plain RTP.
fn usable(local: &Local, media: &Media) -> Result<Option<Crypto>, Refused> {
    if !media.encodings().iter().any(|f| matches!(formats::kind(f, &local.rows), Some(Kind::Sound(_)))) {
        return Err(Refused::NoCommonCodec);
    }
    let crypto = media.cryptos().into_iter().next();
    match (local.srtp, read::is_secure(&media.profile), crypto) {
        (Srtp::Off, true, _) => Err(Refused::EncryptionIsOff),
        (Srtp::Offer, true, None) | (Srtp::Require, _, None) => Err(Refused::NoEncryption),
        (Srtp::Offer | Srtp::Require, _, Some(crypto)) => Ok(Some(crypto)),
        (Srtp::Off, false, _) | (Srtp::Offer, false, None) => Ok(None),
    }
}

/// What both can, in the offer's order and with its numbers (RFC 3264 §6.1).
fn common(local: &Local, formats: &[crate::sdp::line::Format]) -> Vec<Bound> {
    let mut bound: Vec<Bound> = Vec::new();
    for format in formats {
        let payload_type = format.payload_type;
        if let Some(kind) = formats::kind(format, &local.rows)
            && bound.iter().all(|b| b.payload_type != payload_type)
        {
            bound.push(Bound { payload_type, kind });
        }
    }
    bound
}

/// The bindings of the session: the new ones, and the old ones that do not contradict them.
fn keep(old: &[Bound], new: &[Bound]) -> Vec<Bound> {
    let mut all = new.to_vec();
    for b in old {
        if all.iter().all(|a| a.payload_type != b.payload_type && a.kind != b.kind) {
            all.push(*b);
        }
    }
    all
}

/// The answer's line and the keys of both directions. The tag is the offer's, the key is ours (RFC 4568 §5.1.2).
fn keys(local: &mut Local, theirs: &Crypto, entropy: &mut Entropy) -> (Crypto, SrtpKeys) {
    let ours = local.key(theirs.suite, entropy);
    let line = Crypto { tag: theirs.tag, ..ours.clone() };
    (line, SrtpKeys { suite: theirs.suite, send: ours.key, receive: theirs.key.clone() })
}

/// All streams of the offer in their order, all but `ours` refused: port 0, one format, nothing else.
fn slots(offer: &Description, ours: usize) -> Vec<Slot> {
    let refused = |m: &Media| Slot::Refused(Media { port: 0, section: Section::default(), ..m.clone() });
    offer.media.iter().enumerate().map(|(i, m)| if i == ours { Slot::Ours } else { refused(m) }).collect()
}
