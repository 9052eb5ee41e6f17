//! Anything in any order: a peer that says what it likes while a person presses what they like. Nothing may panic,
//! nothing may be left over, no password may leak, and at most one call may be alive.

use std::time::Duration;

use super::rig::*;
use ringfence::base::Entropy;
use ringfence::phone::command::Digits;
use ringfence::port::media::Report;
use ringfence::sip::{Message, Method};

/// Tags and numbers from small sets, so that most of what is said concerns something that is there.
struct Chaos {
    ua: Ua,
    dice: Entropy,
    seen: Vec<Message>,
    branch: u32,
}

impl Chaos {
    fn below(&mut self, most: u32) -> u32 {
        self.dice.bits32() % most
    }

    fn body(&mut self) -> &'static str {
        match self.below(6) {
            0 => "",
            1 => "v=0\r\nnonsense",
            2 => "v=0\r\no=- 1 9 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\n",
            _ => SDP,
        }
    }

    fn with_body(&mut self, message: Message) -> Message {
        match self.body() {
            "" => message,
            body => message.with_body("application/sdp", body),
        }
    }

    /// Answers, or challenges, something that we have sent: any status, any fork.
    fn respond(&mut self) {
        let requests: Vec<Message> =
            self.seen.iter().filter(|m| m.is_request() && m.method() != Some(&Method::Ack)).cloned().collect();
        if requests.is_empty() {
            return;
        }
        let nearness = self.below(3).min(u32::try_from(requests.len()).unwrap() - 1) as usize;
        let request = requests[requests.len() - 1 - nearness].clone();
        let statuses = [100, 180, 183, 200, 200, 200, 302, 401, 407, 408, 481, 486, 487, 488, 491, 500, 503];
        let status = statuses[self.below(17) as usize];
        let tag = ["b", "b", "d", "c"][self.below(4) as usize];
        let response = if matches!(status, 401 | 407) {
            let nonce = self.below(1000).to_string();
            challenge(&request, status, ["voip.example", "evil.example"][self.below(2) as usize], &nonce)
        } else {
            answer(&request, status, tag).with("Retry-After", "3")
        };
        let response = self.with_body(response);
        self.ua.receive(&response);
    }

    /// Asks something, inside or outside of a dialog, perhaps out of order.
    fn request(&mut self) {
        let tags: Vec<String> =
            self.seen.iter().filter_map(|m| if m.is_request() { m.from_tag() } else { m.to_tag() }).collect();
        let inside = self.below(5) > 0 && !tags.is_empty();
        let tag = inside.then(|| tags[tags.len() - 1 - (self.below(4) as usize).min(tags.len() - 1)].clone());
        let methods =
            [Method::Invite, Method::Invite, Method::Ack, Method::Bye, Method::Options, Method::Update, Method::Cancel];
        let method = methods[self.below(7) as usize].clone();
        let number = 1 + self.below(12);
        let mut message = theirs(method, number, tag.as_deref());
        self.branch += u32::from(self.below(4) > 0);
        message.headers.set("Via", format!("SIP/2.0/TCP 192.0.2.2:5060;branch=z9hG4bK{}", self.branch));
        // Half of them claim to belong to the last call that we placed.
        let ours = self.seen.iter().rev().find(|m| m.method() == Some(&Method::Invite)).cloned();
        if let Some(invite) = ours.filter(|_| self.below(2) == 0) {
            message.headers.set("Call-ID", invite.call_id());
            message.headers.set("From", "<sip:30@voip.example>;tag=b");
        }
        let message = self.with_body(message);
        self.ua.receive(&message);
    }

    fn press(&mut self) {
        let ids: Vec<_> = self.ua.calls.views().iter().map(|view| view.id).collect();
        let Some(&id) = ids.last() else {
            let (line, dialled) =
                (self.ua.account.line.clone(), ringfence::phone::command::Dialled::parse("30").unwrap());
            self.ua.act(|calls, env| calls.place(env, &line, &dialled)).ok();
            return;
        };
        let (what, digits) = (self.below(10), Digits::parse("5").unwrap());
        self.ua
            .act(|calls, env| match what {
                0 => calls.hang_up(env, id),
                1 | 2 => calls.set_held(env, id, true),
                3 => calls.set_held(env, id, false),
                4 => calls.set_muted(env, id, true),
                5 => calls.send_digits(env, id, &digits),
                6 => calls.decline(env, id),
                7 => calls
                    .place(
                        env,
                        &ringfence::phone::call::Lines::lines(env.lines)[0],
                        &ringfence::phone::command::Dialled::parse("31").unwrap(),
                    )
                    .map(|_| ()),
                _ => calls.answer(env, id),
            })
            .ok();
        if what == 4 {
            let report = if self.below(2) == 0 { Report::Silent(id, seconds(60)) } else { Report::FirstPacket(id) };
            self.ua.report(&report);
        }
    }

    fn step(&mut self) {
        match self.below(8) {
            0..=2 => self.respond(),
            3 | 4 => self.request(),
            5 | 6 => self.press(),
            _ => {
                let millis = u64::from(self.below(3000));
                self.ua.advance(Duration::from_millis(millis));
            }
        }
        while let Some(message) = self.ua.sent.pop_front() {
            self.seen.push(message);
        }
        let live = self
            .ua
            .calls
            .views()
            .iter()
            .filter(|view| !matches!(view.state, ringfence::phone::view::CallState::Ended(_)))
            .count();
        assert!(live <= 1, "{live} calls at once");
    }
}

#[test]
fn no_conversation_leaves_anything_behind_or_tells_the_password_to_whom_it_may_not() {
    for seed in 0..200 {
        let mut ua = Ua::new(ringfence::port::net::Transport::Tcp, seed);
        ua.account.line.auto_answer = seed % 3 == 0;
        let mut chaos = Chaos { ua, dice: Entropy::from_number(seed), seen: Vec::new(), branch: 0 };
        for _ in 0..120 {
            chaos.step();
        }
        let mut ua = chaos.ua;
        ua.act(|calls, env| calls.hang_up_all(env));
        ua.advance(seconds(400));
        assert!(ua.calls.are_quiet() && ua.calls.views().is_empty(), "seed {seed}: a call is left: {:?}", ua.calls);
        assert!(ua.calls.next_timeout().is_none(), "seed {seed}: a timer is left");
        assert!(ua.endpoint.is_empty(), "seed {seed}: a transaction is left: {:?}", ua.endpoint.len());
        for bytes in &ua.wire {
            let text = String::from_utf8_lossy(bytes);
            assert!(!text.contains("evil.example"), "seed {seed}: a foreign realm was answered");
            assert!(!text.contains(PASSWORD), "seed {seed}: the password itself");
        }
        let closes = ua.orders.iter().filter(|order| matches!(order, ringfence::port::media::Order::Close(_))).count();
        let binds =
            ua.orders.iter().filter(|order| matches!(order, ringfence::port::media::Order::Bind { .. })).count();
        assert_eq!(closes, binds, "seed {seed}: sockets are left");
    }
}
