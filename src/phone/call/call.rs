//! One call: what is known of it, and how it is shown.

use std::net::SocketAddr;

use super::Line;
use crate::base::{AccountId, CallId, Mono, Now};
use crate::codec::{self, ROWS, Row};
use crate::phone::command;
use crate::phone::view::{CallDirection, CallState, CallView, Encryption, EndReason, HistoryRow, Peer};
use crate::port::media;
use crate::port::net::FlowId;
use crate::sdp::{self, Local};
use crate::sip::Uri;
use crate::sip::invite::Session;

use super::words;

/// One call.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) id: CallId,
    pub(super) account: AccountId,
    pub(super) direction: CallDirection,
    pub(super) peer: Peer,
    /// What was dialled, or who called: for sentences.
    pub(super) about: String,
    /// The provider's name: for sentences.
    pub(super) provider: String,
    pub(super) srtp: sdp::Srtp,
    pub(super) codecs: Vec<&'static Row>,
    pub(super) stage: Stage,
    /// None before the INVITE is sent, and again after the end.
    pub(super) session: Option<Session>,
    /// Our side of offer and answer, once the sockets are bound.
    pub(super) local: Option<Local>,
    /// What media does now.
    pub(super) agreed: Option<media::Session>,
    pub(super) began: Now,
    pub(super) answered: Option<Now>,
    pub(super) muted: bool,
    pub(super) hold: Hold,
    pub(super) held_by_peer: bool,
    pub(super) silenced: bool,
    pub(super) stats: Option<media::Stats>,
    pub(super) silent_since: Option<Mono>,
    pub(super) silent_secs: Option<u32>,
    pub(super) digits: String,
    /// What the media thread was told about the microphone.
    pub(super) microphone_off: bool,
    /// What it was told about the other end: whether it should be heard.
    pub(super) sound_expected: bool,
    /// Nobody's challenge to its INVITE is answered.
    pub(super) unsigned: bool,
    /// Outgoing: what its INVITE is made from, once that was sent.
    pub(super) asked: Option<Asked>,
}

/// Where a call stands.
#[derive(Debug)]
pub(super) enum Stage {
    /// Outgoing: the sockets are being bound.
    Preparing {
        /// By which line.
        line: Box<Line>,
        /// Whom.
        target: Uri,
        /// Until when.
        until: Mono,
    },
    /// Outgoing: INVITE sent.
    Inviting(Progress),
    /// Outgoing: the server has sent it away (503), and the account looks for another one.
    Moving {
        /// What is asked again there.
        asked: Asked,
        /// The flow to the server that sent it away.
        from: FlowId,
        /// Until when.
        until: Mono,
    },
    /// Incoming: it rings.
    Offered {
        /// Our RTP address once it is bound.
        bound: Option<SocketAddr>,
        /// It is to be answered as soon as it can be.
        answer: bool,
    },
    /// Incoming: answered, the ACK is to come.
    Answering,
    /// Talking or held.
    Established,
    /// Over.
    Ended {
        /// Why.
        reason: EndReason,
        /// When it disappears from the screen.
        until: Mono,
    },
}

/// What an INVITE of ours is made from.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// Whom it is for.
    pub(super) target: Uri,
    /// Where we take sound.
    pub(super) sound: SocketAddr,
}

/// What has been heard of an outgoing call.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Progress {
    /// 100, or any other sign that somebody has the INVITE.
    pub(super) tried: bool,
    /// 180.
    pub(super) rings: bool,
    /// A description came with 183.
    pub(super) announced: bool,
    /// Sound comes.
    pub(super) heard: bool,
}

/// Our hold: what a person wants and what the other end has agreed to.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Hold {
    /// As it is.
    pub(super) held: bool,
    /// As it is to be.
    pub(super) wanted: bool,
    /// As the offer under way has it.
    pub(super) offered: Option<bool>,
    /// An offer is due although hold does not change: the address did.
    pub(super) refresh: bool,
}

impl Call {
    /// A call in its first moment.
    pub(super) fn new(id: CallId, line: &Line, direction: CallDirection, peer: Peer, now: Now, stage: Stage) -> Call {
        Call {
            id,
            account: line.account,
            direction,
            about: peer.address.clone(),
            peer,
            provider: line.domain.to_string(),
            srtp: srtp(line),
            codecs: rows(&line.codecs),
            stage,
            session: None,
            local: None,
            agreed: None,
            began: now,
            answered: None,
            muted: false,
            hold: Hold::default(),
            held_by_peer: false,
            silenced: false,
            stats: None,
            silent_since: None,
            silent_secs: None,
            digits: String::new(),
            microphone_off: false,
            sound_expected: false,
            unsigned: false,
            asked: None,
        }
    }

    /// Whether it has not ended.
    pub(super) const fn is_live(&self) -> bool {
        !matches!(self.stage, Stage::Ended { .. })
    }

    /// The direction that we would like.
    pub(super) const fn wanted_direction(&self) -> media::Direction {
        if self.hold.wanted { media::Direction::SendOnly } else { media::Direction::SendRecv }
    }

    /// How it is drawn.
    pub(super) fn view(&self) -> CallView {
        CallView {
            id: self.id,
            account: self.account,
            direction: self.direction,
            peer: self.peer.clone(),
            state: self.state(),
            since: self.answered.map(|now| now.wall),
            muted: self.muted,
            held: self.hold.held,
            held_by_peer: self.held_by_peer,
            silenced: self.silenced,
            codec: self.agreed.as_ref().map(|session| session.send.name),
            encryption: match self.agreed.as_ref().map(|session| session.srtp.is_some()) {
                Some(true) => Encryption::ToProvider,
                Some(false) | None => Encryption::None,
            },
            stats: self.stats,
            quality: self.stats.as_ref().and_then(words::quality),
            silent_secs: self.silent_secs,
            digits: self.digits.clone(),
        }
    }

    fn state(&self) -> CallState {
        match &self.stage {
            Stage::Preparing { .. } | Stage::Moving { .. } => CallState::Inviting,
            Stage::Inviting(progress) if progress.announced || progress.heard => CallState::Early,
            Stage::Inviting(progress) if progress.rings => CallState::Ringing,
            Stage::Inviting(_) => CallState::Inviting,
            Stage::Offered { .. } => CallState::Offered,
            Stage::Answering => CallState::Answering,
            Stage::Established => CallState::Established,
            Stage::Ended { reason, .. } => CallState::Ended(reason.clone()),
        }
    }

    /// Its row among the recent calls.
    pub(super) fn history(&self, end: EndReason, now: Mono) -> HistoryRow {
        let seconds = |since: Mono| u32::try_from(now.since(since).as_secs()).unwrap_or(u32::MAX);
        HistoryRow {
            at: self.began.wall,
            account: self.account,
            direction: self.direction,
            peer: self.peer.clone(),
            answered_secs: self.answered.map(|answered| seconds(answered.mono)),
            end,
            quality: self.stats.as_ref().and_then(words::quality),
        }
    }
}

/// What a line's wish for encryption comes to: keys in the clear would be worth nothing (RFC 4568 §7).
pub(super) fn srtp(line: &Line) -> sdp::Srtp {
    match (line.srtp, line.is_encrypted()) {
        (command::Srtp::Off, _) | (command::Srtp::Offer, false) => sdp::Srtp::Off,
        (command::Srtp::Offer, true) => sdp::Srtp::Offer,
        (command::Srtp::Require, _) => sdp::Srtp::Require,
    }
}

/// The rows of the codec table that a line wants, in its order; all if it names none. Sign-in takes no other names than
/// the table's; those that only another version has are passed over.
fn rows(names: &[String]) -> Vec<&'static Row> {
    let wanted: Vec<&'static Row> = names.iter().filter_map(|name| codec::row(name)).collect();
    if wanted.is_empty() { ROWS.iter().collect() } else { wanted }
}
