//! What the media thread reports, and what becomes of it.

use super::rig::*;
use ringfence::base::{CallId, Entropy};
use ringfence::media::stream::{Happening, MediaStream, Output};
use ringfence::phone::command::Digits;
use ringfence::phone::problem::ProblemKind;
use ringfence::phone::view::{CallState, EndReason, Quality};
use ringfence::port::media::{Order, Report, Stats};
use ringfence::sip::Method;

#[test]
fn a_silent_far_end_is_said_after_ten_seconds_and_ends_the_call_after_sixty() {
    let mut ua = Ua::tcp();
    ua.talk();
    ua.advance(seconds(10));
    ua.report(&Report::Silent(CallId(1), seconds(10)));
    assert_eq!(ua.view().silent_secs, Some(10));
    ua.advance(seconds(3));
    ua.report(&Report::Stats(CallId(1), Stats::default()));
    assert_eq!(ua.view().silent_secs, Some(13));
    ua.report(&Report::Heard(CallId(1)));
    assert_eq!(ua.view().silent_secs, None);
    ua.report(&Report::Silent(CallId(1), seconds(60)));
    let bye = ua.request(Method::Bye);
    assert!(bye.headers.has("Reason"));
    assert_eq!(ua.end(), EndReason::Silent);
}

/// A call whose orders a real stream obeys, to which nobody says anything.
struct Unheard {
    ua: Ua,
    stream: MediaStream,
    /// How often the stream was given a session.
    sessions: usize,
}

impl Unheard {
    fn new() -> Unheard {
        let ua = Ua::tcp();
        let stream = MediaStream::new(ua.now, &mut Entropy::from_number(1));
        Unheard { ua, stream, sessions: 0 }
    }

    /// Lets seconds pass; what the stream has to say is reported.
    fn pass(&mut self, secs: u64) {
        for _ in 0..secs {
            for order in self.ua.orders.drain(..) {
                if let Order::Session(_, session) = order {
                    self.stream.set_session(self.ua.now, &session);
                    self.sessions += 1;
                } else if let Order::Expect(_, expected) = order {
                    self.stream.expect(self.ua.now, expected);
                }
            }
            self.ua.advance(seconds(1));
            self.stream.handle_timeout(self.ua.now);
            while let Some(output) = self.stream.poll() {
                if let Output::Happened(Happening::Silent(silence)) = output {
                    self.ua.report(&Report::Silent(CallId(1), silence));
                } else if let Output::Happened(Happening::Stats(stats)) = output {
                    self.ua.report(&Report::Stats(CallId(1), stats));
                }
            }
        }
    }

    /// Silence is said after ten seconds from now, no earlier, and ends the call after sixty.
    fn is_noticed(&mut self, why: &str) {
        self.pass(9);
        assert_eq!(self.ua.view().silent_secs, None, "{why}");
        self.pass(1);
        assert_eq!(self.ua.view().silent_secs, Some(10), "{why}");
        self.pass(49);
        assert_eq!(self.ua.state(), CallState::Established, "{why}");
        self.pass(1);
        assert_eq!(self.ua.end(), EndReason::Silent, "{why}");
    }
}

#[test]
fn silence_counts_from_the_answer_however_long_it_rang_with_a_description() {
    for ringing in [0, 5, 15, 90] {
        let mut call = Unheard::new();
        call.ua.place("30");
        let invite = call.ua.request(Method::Invite);
        call.ua.receive(&answer(&invite, 183, "b").with_body("application/sdp", SDP));
        call.pass(ringing);
        assert_eq!((call.ua.state(), call.ua.view().silent_secs), (CallState::Early, None));
        call.ua.receive(&answer(&invite, 200, "b").with_body("application/sdp", SDP));
        call.ua.request(Method::Ack);
        call.is_noticed(&format!("rang for {ringing} s"));
        assert_eq!(call.sessions, 1, "codecs that run are left alone");
    }
}

#[test]
fn silence_counts_from_the_end_of_a_hold_whoever_held_and_however_long() {
    for (theirs, holding) in [(true, 5), (true, 15), (true, 90), (false, 15), (false, 90)] {
        let mut call = Unheard::new();
        let invite = call.ua.talk();
        call.pass(12);
        assert_eq!(call.ua.view().silent_secs, Some(12));
        for held_now in [true, false] {
            if theirs {
                let direction = if held_now { "sendonly" } else { "sendrecv" };
                let cseq = if held_now { 1 } else { 2 };
                let again = from_callee(&invite, Method::Invite, cseq).with_body("application/sdp", held(direction));
                call.ua.receive(&again);
                call.ua.response(100);
                let ok = call.ua.response(200);
                let mut ack = from_callee(&invite, Method::Ack, cseq);
                ack.headers.set("To", ok.headers.get("To").unwrap());
                call.ua.receive(&ack);
            } else {
                call.ua.act(|calls, env| calls.set_held(env, CallId(1), held_now)).unwrap();
                let offer = call.ua.request(Method::Invite);
                let direction = if held_now { "recvonly" } else { "sendrecv" };
                call.ua.receive(&answer(&offer, 200, "b").with_body("application/sdp", held(direction)));
                call.ua.request(Method::Ack);
            }
            assert_eq!(call.ua.view().silent_secs, None);
            if held_now {
                call.pass(holding);
                assert_eq!((call.ua.state(), call.ua.view().silent_secs), (CallState::Established, None));
            }
        }
        call.is_noticed(&format!("held by them: {theirs}, for {holding} s"));
    }
}

#[test]
fn silence_during_a_hold_is_as_it_should_be() {
    let mut ua = Ua::tcp();
    ua.talk();
    ua.act(|calls, env| calls.set_held(env, CallId(1), true)).unwrap();
    let offer = ua.request(Method::Invite);
    ua.receive(&answer(&offer, 200, "b").with_body("application/sdp", held("recvonly")));
    ua.request(Method::Ack);
    ua.report(&Report::Silent(CallId(1), seconds(60)));
    assert_eq!((ua.state(), ua.view().silent_secs), (CallState::Established, None));
}

#[test]
fn digits_go_to_a_far_end_that_takes_them() {
    let mut ua = Ua::tcp();
    ua.talk();
    let digits = Digits::parse("12#").unwrap();
    ua.act(|calls, env| calls.send_digits(env, CallId(1), &digits)).unwrap();
    assert_eq!(ua.orders.last(), Some(&Order::Digits(CallId(1), "12#".into())));
    assert_eq!(ua.view().digits, "12#");
}

#[test]
fn a_far_end_without_events_gets_digits_as_sound_unless_its_codec_would_spoil_them() {
    let digits = Digits::parse("12#").unwrap();
    for (codec, row, carried) in
        [("0", "PCMU/8000", true), ("8", "PCMA/8000", true), ("9", "G722/8000", true), ("111", "opus/48000/2", false)]
    {
        let mut ua = Ua::tcp();
        ua.place("30");
        let invite = ua.request(Method::Invite);
        let (head, _) = SDP.split_once("m=audio").expect("sound");
        let without = format!("{head}m=audio 30000 RTP/AVP {codec}\r\na=rtpmap:{codec} {row}\r\n");
        ua.receive(&answer(&invite, 200, "b").with_body("application/sdp", without));
        ua.request(Method::Ack);
        let outcome = ua.act(|calls, env| calls.send_digits(env, CallId(1), &digits));
        let sent = ua.orders.last() == Some(&Order::Digits(CallId(1), "12#".into()));
        assert_eq!((outcome.is_ok(), sent), (carried, carried), "{row}");
        assert_eq!(outcome.err().map(|problem| problem.kind), (!carried).then_some(ProblemKind::NotNow), "{row}");
    }
}

#[test]
fn mute_and_quality_are_shown() {
    let mut ua = Ua::tcp();
    ua.talk();
    ua.act(|calls, env| calls.set_muted(env, CallId(1), true)).unwrap();
    assert_eq!((ua.view().muted, ua.orders.last()), (true, Some(&Order::Mute(CallId(1), true))));
    ua.report(&Report::Stats(CallId(1), Stats { received: 50, r_factor: 75.0, ..Stats::default() }));
    assert_eq!(ua.view().quality, Some(Quality::Fair));
}

#[test]
fn a_call_without_sockets_fails_before_anything_is_sent() {
    let mut ua = Ua::tcp();
    let id = ua.place("30");
    ua.request(Method::Invite);
    ua.report(&Report::Failed(id, "gone".into()));
    assert!(matches!(ua.end(), EndReason::Failed(problem) if problem.kind == ProblemKind::NoMedia));
}
