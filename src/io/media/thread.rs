//! The media thread's loop. It sleeps until 10 ms of microphone are there, a packet or an order comes, or, while no
//! microphone drives it, until the next frames of a virtual clock with absolute deadlines. Without a call or a tone it
//! sleeps without a deadline.
//!
//! The devices' clocks are the masters: a frame is sent for each frame that the microphone gives, and as many are
//! played as the loudspeaker drains. The virtual clock stands in for a device that is missing, and for files.
//!
//! Clocks drift, and nothing here corrects it: that of the other end against our loudspeaker's is taken up by the jitter
//! buffer, which leaves out or repeats pitch periods; that of our microphone against our loudspeaker only matters to
//! the echo canceller, which follows it (40 dB at 100 ppm); and the playback ring is filled by need.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::line::Line;
use super::studio::{Need, Studio};
use super::{Inbox, Item, Options, Reporter};
use crate::base::units::Decibels;
use crate::base::{CallId, Entropy, Mono, Now};
use crate::io::audio::ends::{Mic, Speaker};
use crate::io::audio::waker::Sleeper;
use crate::io::clock::Clock;
use crate::media::stream::Turn;
use crate::media::{FRAME, Frame};
use crate::port::media::{Meters, Order};

/// The time of one frame.
const FRAME_TIME: Duration = Duration::from_millis(10);
/// A microphone that gives nothing for so long is replaced by silence until it gives something again.
const STALL: Duration = Duration::from_millis(100);
/// The virtual clock gives up catching up when it is so late: the computer slept, or was far too busy.
const LATE: Duration = Duration::from_millis(200);
/// How long devices stay open when nothing needs them any more: what they hold is played to the end.
const LINGER: Duration = Duration::from_millis(300);

/// The thread's state.
pub(super) struct MediaThread {
    clock: Clock,
    inbox: Arc<Inbox>,
    sleeper: Sleeper,
    report: Reporter,
    meters: Arc<Meters>,
    entropy: Entropy,
    lines: BTreeMap<CallId, Line>,
    studio: Studio,
    /// When the virtual clock ticks next.
    tick: Mono,
    /// Whether the virtual clock stands in for the microphone.
    virtual_mic: bool,
    /// Until when devices stay open; `None` while nothing runs.
    open_until: Option<Mono>,
}

impl MediaThread {
    pub(super) fn new(options: Options, inbox: Arc<Inbox>, sleeper: Sleeper, report: Reporter) -> MediaThread {
        let clock = Clock::start();
        let studio = Studio::new(clock, options.devices, Arc::clone(&inbox), Arc::clone(&report));
        MediaThread {
            clock,
            inbox,
            sleeper,
            report,
            meters: options.meters,
            entropy: options.entropy,
            lines: BTreeMap::new(),
            studio,
            tick: Mono::ZERO,
            virtual_mic: true,
            open_until: None,
        }
    }

    /// Runs until it is told to quit.
    pub(super) fn run(mut self) {
        #[cfg(target_os = "linux")]
        crate::io::platform::priority::be_punctual();
        loop {
            let now = self.clock.now();
            for item in self.inbox.take() {
                match item {
                    Item::Line(call, sockets) => {
                        let line = Line::new(call, sockets, now, &mut self.entropy);
                        self.lines.insert(call, line);
                    }
                    Item::News(news) => self.studio.hear(news),
                    Item::Order(order) => self.obey(now, order),
                    Item::Quit => {
                        self.close_all(now);
                        return;
                    }
                }
            }
            self.open_and_close(now.mono);
            if self.open_until.is_some() {
                self.receive();
                self.sound(now);
                self.timeouts(now);
            }
            self.sleep();
        }
    }

    fn obey(&mut self, now: Now, order: Order) {
        match order {
            Order::Session(call, session) => self.with_line(call, |line| line.set_session(now, &session)),
            Order::Mute(call, muted) => self.with_line(call, |line| line.stream.mute(muted)),
            Order::Expect(call, expected) => self.with_line(call, |line| line.stream.expect(now, expected)),
            Order::Digits(call, digits) => self.with_line(call, |line| line.stream.digits(&digits)),
            Order::Close(call) => {
                if let Some(line) = self.lines.remove(&call) {
                    self.close(now, line);
                }
            }
            Order::Tone(tone) => self.studio.play(tone),
            Order::Devices(devices) => self.studio.set_devices(devices),
            Order::WatchDevices(on) => self.studio.watch(on),
            // Done in the caller's thread.
            Order::Bind { .. } => {}
        }
    }

    fn with_line(&mut self, call: CallId, act: impl FnOnce(&mut Line)) {
        if let Some(line) = self.lines.get_mut(&call) {
            act(line);
            line.flush(&self.report);
        }
    }

    fn close(&self, now: Now, mut line: Line) {
        line.stream.close(now);
        line.flush(&self.report);
    }

    fn close_all(&mut self, now: Now) {
        for line in std::mem::take(&mut self.lines).into_values() {
            self.close(now, line);
        }
        self.studio.arrange(Need::Nothing);
    }

    /// Devices follow need: the microphone is open in a call only.
    fn open_and_close(&mut self, now: Mono) {
        let call = self.lines.values().any(|line| line.active);
        if call || self.studio.sounds() {
            if self.open_until.is_none() {
                self.tick = now;
                self.virtual_mic = true;
            }
            self.open_until = Some(now + LINGER);
        }
        match self.open_until {
            Some(until) if now < until => self.studio.arrange(if call { Need::Call } else { Need::Tones }),
            Some(_) => {
                self.open_until = None;
                self.studio.arrange(Need::Nothing);
                self.meters.set_input(Decibels::SILENCE);
                self.meters.set_output(Decibels::SILENCE);
            }
            None => {}
        }
    }

    /// Moves all the sound there is to move.
    fn sound(&mut self, now: Now) {
        let mut frames = 0;
        let mut frame = [0.0; FRAME];
        while self.recorded(&mut frame) {
            self.tick = now.mono + STALL;
            self.speak(now, &mut frame);
            frames += 1;
        }
        if !self.virtual_mic && !matches!(self.studio.mic, Mic::Device(_)) {
            self.tick = now.mono;
        }
        if now.mono.since(self.tick) > LATE {
            self.tick = now.mono;
        }
        let pace = self.studio.frames_per_tick();
        while now.mono >= self.tick {
            self.virtual_mic = true;
            for _ in 0..pace {
                self.tick = self.tick + FRAME_TIME;
                self.imagine(now);
            }
            frames += pace;
        }
        self.listen(now, frames);
        self.studio.ring(frames);
        if frames > 0 {
            self.show_levels();
        }
    }

    /// 10 ms without a microphone: of a file, or of silence.
    fn imagine(&mut self, now: Now) {
        let mut frame = [0.0; FRAME];
        if let Mic::File(file) = &mut self.studio.mic {
            file.read(&mut frame);
        }
        self.speak(now, &mut frame);
    }

    /// 10 ms that the microphone has recorded, if it has.
    fn recorded(&mut self, frame: &mut Frame) -> bool {
        let Mic::Device(device) = &mut self.studio.mic else { return false };
        if self.virtual_mic {
            device.catch_up();
        }
        let taken = device.take(frame);
        self.virtual_mic &= !taken;
        taken
    }

    fn speak(&mut self, now: Now, frame: &mut Frame) {
        self.studio.process(frame);
        for line in self.lines.values_mut().filter(|line| line.active) {
            line.stream.microphone(now, frame);
            line.flush(&self.report);
        }
    }

    /// Gives the loudspeaker what it drains; a file, nothing, or a device that stands still gets a frame for each frame of
    /// the microphone.
    fn listen(&mut self, now: Now, frames: usize) {
        let stalled = match &mut self.studio.speaker {
            Speaker::Device(device) => device.is_stalled(now.mono),
            Speaker::File(_) | Speaker::Discard => false,
        };
        let mut done = 0;
        loop {
            let turn = match &mut self.studio.speaker {
                Speaker::Device(device) if !stalled => match device.is_hungry() {
                    true => device.turn(),
                    false => return,
                },
                _ if done == frames => return,
                Speaker::Device(_) | Speaker::File(_) | Speaker::Discard => {
                    // Of several at once the last is due now, and they will be "heard" one after the other.
                    let (before, after) = (done, frames.saturating_sub(done + 1));
                    let time = |count| FRAME_TIME * u32::try_from(count).unwrap_or(0);
                    Turn { behind: time(after), queued: time(before) }
                }
            };
            done += 1;
            let mut frame = [0.0; FRAME];
            for line in self.lines.values_mut().filter(|line| line.active) {
                let mut one = [0.0; FRAME];
                line.stream.speaker(now, turn, &mut one);
                frame.iter_mut().zip(&one).for_each(|(sum, sample)| *sum += sample);
                line.flush(&self.report);
            }
            self.studio.finish(&mut frame);
            match &mut self.studio.speaker {
                Speaker::Device(device) if !stalled => device.give(&frame),
                Speaker::File(file) => file.write(&frame),
                Speaker::Device(_) | Speaker::Discard => {}
            }
        }
    }

    fn show_levels(&self) {
        let line = self.lines.values().find(|line| line.active);
        let (input, output) = line.map_or((Decibels::SILENCE, Decibels::SILENCE), |line| line.stream.levels());
        self.meters.set_input(input);
        self.meters.set_output(output);
    }

    fn timeouts(&mut self, now: Now) {
        for line in self.lines.values_mut() {
            if line.stream.next_timeout().is_some_and(|(at, _)| at <= now.mono) {
                line.stream.handle_timeout(now);
                line.flush(&self.report);
            }
        }
    }

    /// Sleeps. Packets wake it only while a loudspeaker may get hungry in between; else it is early enough to take them
    /// when the next frames are due, for the kernel notes when they came. Reports never wake it.
    fn sleep(&mut self) {
        let at_most = self.open_until.map(|_| self.tick.since(self.clock.now().mono));
        let woken = self.studio.has_loudspeaker() || cfg!(not(target_os = "linux"));
        let lines = self.lines.values().filter(|line| woken && line.active);
        self.sleeper.wait(lines.map(|line| &line.sockets.rtp), at_most);
    }

    /// Takes what has come for the calls.
    fn receive(&mut self) {
        for line in self.lines.values_mut().filter(|line| line.active) {
            line.receive(self.clock);
            line.flush(&self.report);
        }
    }
}
