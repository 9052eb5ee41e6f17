//! What the demo provider's people play and return, packet by packet.

use std::net::SocketAddr;

use ringfence::base::{Entropy, Now};
use ringfence::codec::{self, ROWS};
use ringfence::media::rtp::Packet;
use ringfence::port::media::{Direction, Session as Media};
use ringfence::provider::leg::{self, Leg, Port};
use ringfence::provider::people::{Act, PEOPLE, Person};
use ringfence::provider::script::{Player, Playing};
use ringfence::sdp::{Local, Srtp};

use super::provider::local;

/// A leg and the caller's keys.
fn leg(user: &str, srtp: Srtp) -> (Now, Leg, Media) {
    let mut offerer = local(srtp);
    let offer = offerer.offer(Direction::SendRecv, &mut Entropy::from_number(5));
    let addr: SocketAddr = "127.0.0.1:20000".parse().unwrap();
    let mut answerer = Local::new(addr, &ROWS.iter().collect::<Vec<_>>(), srtp, &mut Entropy::from_number(6));
    let (answer, agreed) =
        answerer.answer(offer.as_bytes(), Direction::SendRecv, &mut Entropy::from_number(7)).unwrap();
    let mine = offerer.accept(answer.as_bytes()).unwrap().session;
    let person: &Person = PEOPLE.iter().find(|p| p.user() == user).unwrap();
    let Act::Talk(script) = person.act else { panic!("{user} does not talk") };
    let now = Now::default();
    (now, Leg::new(now, agreed.session, script, Entropy::from_number(8)), mine)
}

fn sent(leg: &mut Leg) -> Vec<(Port, Vec<u8>)> {
    let mut all = Vec::new();
    while let Some(output) = leg.poll() {
        if let leg::Output::Send { port, bytes, .. } = output {
            all.push((port, bytes));
        }
    }
    all
}

#[test]
fn echo_returns_every_authentic_packet_under_its_own_source() {
    let (now, mut leg, mine) = leg("echo", Srtp::Require);
    let mut srtp = ringfence::media::srtp::Srtp::new(mine.srtp.as_ref().unwrap()).unwrap();
    let from: SocketAddr = "127.0.0.1:30000".parse().unwrap();
    let packet = |sequence: u16| Packet {
        payload_type: 111,
        sequence,
        timestamp: 1000 + 960 * u32::from(sequence),
        ssrc: 42,
        payload: vec![sequence as u8; 30],
        ..Packet::default()
    };
    let mut heard = Vec::new();
    for sequence in 0..5 {
        leg.receive(now, Port::Rtp, from, &srtp.protect_rtp(&packet(sequence).build()).unwrap());
        for (_, bytes) in sent(&mut leg) {
            heard.push(Packet::parse(&srtp.unprotect_rtp(&bytes).unwrap()).unwrap());
        }
    }
    assert_eq!(heard.len(), 5);
    assert!(heard.iter().all(|p| p.ssrc != 42 && p.payload_type == 111));
    assert!(heard.iter().enumerate().all(|(n, p)| p.payload == vec![n as u8; 30]));
    assert!(heard.windows(2).all(|w| w[1].sequence == w[0].sequence.wrapping_add(1)));
    assert!(heard.windows(2).all(|w| w[1].timestamp == w[0].timestamp.wrapping_add(960)));
    leg.receive(now, Port::Rtp, from, &packet(9).build());
    assert!(sent(&mut leg).is_empty(), "what is not encrypted is not returned");
}

#[test]
fn announcement_speaks_then_plays_a_tone_of_1000_hertz_and_ends() {
    let Act::Talk(script) = PEOPLE[1].act else { panic!() };
    let mut player = Player::new(script);
    let (mut sound, mut frame) = (Vec::new(), [0.0; codec::FRAME]);
    while player.next(&mut frame) == Playing::Sound {
        sound.extend_from_slice(&frame);
        assert!(sound.len() < 48_000 * 30, "it ends");
    }
    assert_eq!(player.state(), Playing::Over);
    let seconds = sound.len() as f32 / 48_000.0;
    assert!((9.0..13.0).contains(&seconds), "{seconds} s");
    let level = |s: &[f32]| (s.iter().map(|x| x * x).sum::<f32>() / s.len() as f32).sqrt();
    assert!(level(&sound[..48_000 * 5]) > 0.02, "speech");
    // Two seconds from within the tone: 1000 periods each.
    let tone = &sound[sound.len() - 48_000 * 3..sound.len() - 48_000];
    let crossings = tone.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count();
    assert!((1995..=2005).contains(&crossings), "{crossings}");
}

#[test]
fn announcement_sends_a_packet_each_20_ms_then_says_that_it_is_over() {
    let (mut now, mut leg, _) = leg("announcement", Srtp::Off);
    let (mut times, mut finished) = (Vec::new(), false);
    let mut last: Option<Packet> = None;
    while !finished && now.mono.as_micros() < 30_000_000 {
        now = now.later(leg.next_timeout().since(now.mono));
        leg.handle_timeout(now);
        while let Some(output) = leg.poll() {
            match output {
                leg::Output::Send { port: Port::Rtp, bytes, .. } if !ringfence::media::rtp::is_rtcp(&bytes) => {
                    let packet = Packet::parse(&bytes).unwrap();
                    if let Some(last) = &last {
                        assert_eq!(packet.timestamp, last.timestamp.wrapping_add(960));
                        assert_eq!(packet.sequence, last.sequence.wrapping_add(1));
                    }
                    last = Some(packet);
                    times.push(now.mono.as_micros());
                }
                leg::Output::Send { .. } => {}
                leg::Output::Finished => finished = true,
            }
        }
    }
    assert!(finished && times.len() > 450, "{} packets", times.len());
    assert!(times.windows(2).all(|w| w[1] - w[0] == 20_000));
}
