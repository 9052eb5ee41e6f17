//! The media thread's sound: which devices are on, and what 10 ms of microphone and loudspeaker are made of.

use std::path::Path;
use std::sync::Arc;

use super::{Inbox, Item, Reporter, rings};
use crate::io::audio::ends::{Captured, Mic, Played, Speaker};
use crate::io::audio::file::{WavSink, WavSource};
use crate::io::audio::host::RingEnd;
use crate::io::audio::keeper::{Keeper, News, Outlets, Use, Wanted};
use crate::io::clock::Clock;
use crate::media::tone::{Region, TonePlayer};
use crate::media::voice::{VoiceProcessor, processor};
use crate::media::{FRAME, Frame};
use crate::port::media::{Device, Devices, Report, Tone, VoiceProcessing};

/// A device that calls need, and whether they need it now.
struct Post {
    of: Use,
    on: bool,
    device: Device,
    /// What to call it; `None` while it is being opened.
    name: Option<String>,
}

/// What the devices are needed for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing: all are closed.
    Nothing,
    /// Tones, and the end of what was played last: what plays stays open. The microphone is closed.
    Tones,
    /// A call: microphone and loudspeaker.
    Call,
}

/// Microphone, loudspeaker, ringing device, tones.
pub(super) struct Studio {
    clock: Clock,
    inbox: Arc<Inbox>,
    report: Reporter,
    keeper: Option<Keeper>,
    processing: VoiceProcessing,
    posts: [Post; 3],
    pub(super) mic: Mic,
    pub(super) speaker: Speaker,
    pub(super) ringer: Speaker,
    tone: Option<TonePlayer>,
    key: Option<TonePlayer>,
    ringtone: Option<TonePlayer>,
    voice: Option<Box<dyn VoiceProcessor>>,
    announced: Option<(String, String)>,
}

impl Studio {
    pub(super) fn new(clock: Clock, devices: Devices, inbox: Arc<Inbox>, report: Reporter) -> Studio {
        let post = |of, device| Post { of, on: false, device, name: None };
        Studio {
            clock,
            inbox,
            report,
            keeper: None,
            processing: devices.voice_processing,
            posts: [post(Use::Input, devices.input), post(Use::Output, devices.output), post(Use::Ring, devices.ring)],
            mic: Mic::Silence,
            speaker: Speaker::Discard,
            ringer: Speaker::Discard,
            tone: None,
            key: None,
            ringtone: None,
            voice: None,
            announced: None,
        }
    }

    /// How many frames the virtual clock hands out at once: with a device that drains in between one, else two (20 ms,
    /// what a packet holds), which halves the wake-ups.
    pub(super) fn frames_per_tick(&self) -> usize {
        if self.has_loudspeaker() { 1 } else { 2 }
    }

    /// Whether sound goes to a device.
    pub(super) fn has_loudspeaker(&self) -> bool {
        let device = |speaker: &Speaker| matches!(speaker, Speaker::Device(_));
        device(&self.speaker) || device(&self.ringer)
    }

    /// Whether something is to be heard although no call has a session.
    pub(super) fn sounds(&self) -> bool {
        self.is_sounding() || self.ringtone.is_some()
    }

    /// Whether a tone is for the loudspeaker.
    fn is_sounding(&self) -> bool {
        self.tone.is_some() || self.key.is_some()
    }

    /// Starts or stops a tone. Keys sound beside whatever else there is.
    pub(super) fn play(&mut self, tone: Option<Tone>) {
        let player = |tone| TonePlayer::new(tone, Region::default());
        match tone {
            Some(key @ Tone::Key(_)) => self.key = Some(player(key)),
            Some(tone) if rings(tone) => (self.tone, self.ringtone) = (None, Some(player(tone))),
            Some(tone) => (self.tone, self.ringtone) = (Some(player(tone)), None),
            None => (self.tone, self.ringtone) = (None, None),
        }
    }

    /// Reports the list of devices, or stops doing so.
    pub(super) fn watch(&mut self, on: bool) {
        if on || self.keeper.is_some() {
            self.with_keeper(|keeper| keeper.watch(on));
        }
    }

    /// Other devices from now on.
    pub(super) fn set_devices(&mut self, devices: Devices) {
        if self.processing != devices.voice_processing {
            self.processing = devices.voice_processing;
            self.voice = None;
        }
        for (index, device) in [devices.input, devices.output, devices.ring].into_iter().enumerate() {
            let Some(post) = self.posts.get_mut(index) else { continue };
            if post.device == device {
                continue;
            }
            let (of, on) = (post.of, post.on);
            post.device = device;
            if on {
                self.turn_on(of);
            } else {
                self.leave(of);
            }
        }
    }

    /// Turns devices on and off, as calls and tones need them.
    pub(super) fn arrange(&mut self, need: Need) {
        let call = need == Need::Call;
        for of in Use::ALL {
            let needed = match of {
                Use::Input => call,
                Use::Output => call || self.is_sounding(),
                Use::Ring => self.ringtone.is_some(),
            };
            let Some(post) = self.post(of) else { continue };
            let on = needed || (need != Need::Nothing && post.on && of != Use::Input);
            if post.on != on {
                post.on = on;
                if on { self.turn_on(of) } else { self.turn_off(of) }
            }
        }
        if !call {
            self.voice = None;
            self.announced = None;
        }
    }

    fn post(&mut self, of: Use) -> Option<&mut Post> {
        self.posts.iter_mut().find(|post| post.of == of)
    }

    fn turn_on(&mut self, of: Use) {
        let Some(post) = self.post(of) else { return };
        let device = post.device.clone();
        let (name, wanted) = match &device {
            Device::Default => (None, Some(Wanted::Default)),
            Device::Id(id) => (None, Some(Wanted::Id(id.clone()))),
            Device::File(path) => (Some(path.display().to_string()), None),
            Device::Null => (Some("silence".to_owned()), None),
        };
        post.name = name;
        if wanted.is_some() || self.keeper.is_some() {
            self.with_keeper(|keeper| keeper.want(of, wanted));
        }
        match &device {
            Device::File(path) => self.open_file(of, path),
            Device::Default | Device::Id(_) | Device::Null => self.leave(of),
        }
        self.announce();
    }

    /// A recording stays open between calls, so that the next one goes on where this one ended.
    fn turn_off(&mut self, of: Use) {
        if self.keeper.is_some() {
            self.with_keeper(|keeper| keeper.want(of, None));
        }
        let end = match of {
            Use::Input => None,
            Use::Output => Some(&mut self.speaker),
            Use::Ring => Some(&mut self.ringer),
        };
        match end {
            Some(Speaker::File(sink)) => sink.flush(),
            Some(Speaker::Discard | Speaker::Device(_)) | None => self.leave(of),
        }
    }

    /// Silence, until something better is there.
    fn leave(&mut self, of: Use) {
        match of {
            Use::Input => self.mic = Mic::Silence,
            Use::Output => self.speaker = Speaker::Discard,
            Use::Ring => self.ringer = Speaker::Discard,
        }
    }

    fn open_file(&mut self, of: Use, path: &Path) {
        let opened = match (of, &self.speaker, &self.ringer) {
            (Use::Output, Speaker::File(_), _) | (Use::Ring, _, Speaker::File(_)) => Ok(()),
            (Use::Input, _, _) => WavSource::open(path).map(|file| self.mic = Mic::File(Box::new(file))),
            (Use::Output, _, _) => WavSink::create(path).map(|file| self.speaker = Speaker::File(Box::new(file))),
            (Use::Ring, _, _) => WavSink::create(path).map(|file| self.ringer = Speaker::File(Box::new(file))),
        };
        if let Err(error) = opened {
            self.leave(of);
            (self.report)(Report::DeviceTrouble(format!("“{}” cannot be used: {error}.", path.display())));
        }
    }

    fn with_keeper(&mut self, ask: impl FnOnce(&Keeper)) {
        if self.keeper.is_none() {
            let inbox = Arc::clone(&self.inbox);
            let outlets = Outlets {
                clock: self.clock,
                waker: self.inbox.waker.clone(),
                news: Box::new(move |news| inbox.put(Item::News(news))),
                report: Arc::clone(&self.report),
            };
            match Keeper::start(outlets) {
                Ok(keeper) => self.keeper = Some(keeper),
                Err(error) => (self.report)(Report::DeviceTrouble(format!("No sound device can be used: {error}."))),
            }
        }
        if let Some(keeper) = &self.keeper {
            ask(keeper);
        }
    }

    /// A device has been opened or lost. News of a device that nobody wants any more are dropped.
    pub(super) fn hear(&mut self, news: News) {
        let (of, name) = match &news {
            News::Opened(of, _, name) => (*of, name.clone()),
            News::Absent(of) => (*of, String::new()),
        };
        let Some(post) = self.post(of).filter(|p| p.on && matches!(p.device, Device::Default | Device::Id(_))) else {
            return;
        };
        post.name = Some(name);
        match news {
            News::Opened(Use::Input, RingEnd::Capture(ring, rate), _) => {
                self.mic = Mic::Device(Box::new(Captured::new(ring, rate)));
            }
            News::Opened(Use::Output, RingEnd::Playback(ring, rate, health), _) => {
                self.speaker = Speaker::Device(Box::new(Played::new(ring, rate, health)));
            }
            News::Opened(Use::Ring, RingEnd::Playback(ring, rate, health), _) => {
                self.ringer = Speaker::Device(Box::new(Played::new(ring, rate, health)));
            }
            News::Opened(..) | News::Absent(_) => self.leave(of),
        }
        self.announce();
    }

    /// Tells which devices a call uses, once both are known.
    fn announce(&mut self) {
        let [input, output, _] = &self.posts;
        if !(input.on && output.on) {
            return;
        }
        let (Some(input), Some(output)) = (&input.name, &output.name) else { return };
        let names = (input.clone(), output.clone());
        if self.announced.as_ref() != Some(&names) {
            let real = |name: &String| (!name.is_empty()).then(|| name.clone());
            (self.report)(Report::DevicesInUse(real(&names.0), real(&names.1)));
            self.announced = Some(names);
        }
    }

    /// The processed microphone. Files and silence are left as they are: there is no echo in them.
    pub(super) fn process(&mut self, frame: &mut Frame) {
        if matches!(self.mic, Mic::Device(_)) && self.processing == VoiceProcessing::On {
            self.voice.get_or_insert_with(|| processor(VoiceProcessing::On)).capture(frame);
        }
    }

    /// Adds the tones to what the calls sound like, and shows the sum to the echo canceller.
    pub(super) fn finish(&mut self, frame: &mut Frame) {
        for player in [&mut self.tone, &mut self.key] {
            if let Some(tone) = player
                && !tone.mix(frame)
            {
                *player = None;
            }
        }
        for sample in frame.iter_mut() {
            *sample = sample.clamp(-1.0, 1.0);
        }
        if let Some(voice) = &mut self.voice {
            voice.render(frame);
        }
    }

    /// Feeds the ringing device; `ticks` is how often 10 ms have gone by, for a file.
    pub(super) fn ring(&mut self, ticks: usize) {
        let Studio { ringer, ringtone, .. } = self;
        let mut next = || {
            let mut frame = [0.0; FRAME];
            if let Some(tone) = ringtone
                && !tone.mix(&mut frame)
            {
                *ringtone = None;
            }
            frame
        };
        match ringer {
            Speaker::Device(device) => {
                while device.is_hungry() {
                    device.give(&next());
                }
            }
            Speaker::File(file) => (0..ticks).for_each(|_| file.write(&next())),
            Speaker::Discard => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::io::audio::waker;
    use crate::media::voice::tests::erle;

    /// A studio whose microphone is a device. Its ring stays empty: the tests bring their own sound.
    fn studio(voice_processing: VoiceProcessing) -> Studio {
        let (waker, _sleeper) = waker::pair().expect("two ends");
        let inbox = Arc::new(Inbox { items: Mutex::default(), waker });
        let devices = Devices { voice_processing, ..Devices::default() };
        let mut studio = Studio::new(Clock::start(), devices, inbox, Arc::new(|_| {}));
        let (_, ring) = rtrb::RingBuffer::new(FRAME);
        studio.mic = Mic::Device(Box::new(Captured::new(ring, 48_000)));
        studio
    }

    /// In the thread's order, with the delay of the shortest playback ring and one capture callback.
    fn erle_of(mut studio: Studio) -> f32 {
        erle(3, |far, mic| {
            studio.process(mic);
            studio.finish(&mut far.clone());
        })
    }

    #[test]
    fn what_the_loudspeaker_plays_is_taken_out_of_the_microphone() {
        let erle = erle_of(studio(VoiceProcessing::On));
        assert!(erle >= 30.0, "{erle} dB");
    }

    #[test]
    fn voice_processing_that_is_off_and_files_leave_the_microphone_as_it_is() {
        assert_eq!(erle_of(studio(VoiceProcessing::Off)), 0.0);
        let mut from_nowhere = studio(VoiceProcessing::On);
        from_nowhere.mic = Mic::Silence;
        assert_eq!(erle_of(from_nowhere), 0.0);
    }
}
