//! What a person plays: steps, and the player that turns them into 20 ms of sound at a time.

use std::f32::consts::TAU;

use crate::codec::{FRAME, RATE, row};

/// One step of a script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Speaks.
    Speak(Clip),
    /// Plays a tone.
    Tone {
        /// Its frequency.
        hertz: u16,
        /// For how long.
        millis: u32,
    },
    /// Says nothing.
    Silence {
        /// For how long.
        millis: u32,
    },
    /// Returns what is heard, until the other end hangs up.
    Echo,
    /// Hangs up.
    HangUp,
}

/// A spoken sentence, see `assets/sounds/README.md`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clip {
    /// Of *Announcement*.
    Announcement,
    /// Of *Calls you back*, before it does.
    Goodbye,
    /// Of *Calls you back*, when it has.
    Again,
}

impl Clip {
    /// The clip as G.722 at 64 kbit/s.
    const fn encoded(self) -> &'static [u8] {
        match self {
            Clip::Announcement => include_bytes!("../../assets/sounds/announcement.g722"),
            Clip::Goodbye => include_bytes!("../../assets/sounds/goodbye.g722"),
            Clip::Again => include_bytes!("../../assets/sounds/again.g722"),
        }
    }

    /// The clip as sound; nothing if the codec is missing.
    fn sound(self) -> Vec<f32> {
        let mut sound = Vec::new();
        if let Some(Ok(mut decoder)) = row("G722").map(|row| row.decoder()) {
            for packet in self.encoded().chunks(160) {
                if decoder.decode(packet, &mut sound).is_err() {
                    break;
                }
            }
        }
        sound
    }
}

/// What the player does now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Playing {
    /// It has filled the frame.
    Sound,
    /// What is heard is to be returned; there is nothing to play.
    Echo,
    /// The script is at its end.
    Over,
}

/// Plays a script.
#[derive(Debug)]
pub struct Player {
    steps: &'static [Step],
    /// Samples of the current step that have been played.
    played: usize,
    /// The current step's sound, once it is needed.
    sound: Option<Vec<f32>>,
}

impl Player {
    /// At the beginning of `steps`.
    #[must_use]
    pub const fn new(steps: &'static [Step]) -> Player {
        Player { steps, played: 0, sound: None }
    }

    /// What comes next, without playing it.
    #[must_use]
    pub fn state(&self) -> Playing {
        match self.steps.first() {
            None | Some(Step::HangUp) => Playing::Over,
            Some(Step::Echo) => Playing::Echo,
            Some(Step::Speak(_) | Step::Tone { .. } | Step::Silence { .. }) => Playing::Sound,
        }
    }

    /// The next 20 ms.
    pub fn next(&mut self, frame: &mut [f32; FRAME]) -> Playing {
        let state = self.state();
        if state != Playing::Sound {
            return state;
        }
        if self.sound.is_none() {
            self.sound = self.steps.first().map(sound);
        }
        let sound = self.sound.as_deref().unwrap_or_default();
        let rest = sound.get(self.played..).unwrap_or_default();
        frame.fill(0.0);
        for (to, from) in frame.iter_mut().zip(rest) {
            *to = *from;
        }
        if rest.len() > FRAME {
            self.played += FRAME;
        } else {
            self.steps = self.steps.get(1..).unwrap_or_default();
            (self.played, self.sound) = (0, None);
        }
        Playing::Sound
    }
}

/// A step's sound, whole: the longest is a few seconds.
fn sound(step: &Step) -> Vec<f32> {
    let samples = |millis: u32| RATE as usize / 1000 * millis as usize;
    match step {
        Step::Speak(clip) => clip.sound(),
        Step::Silence { millis } => vec![0.0; samples(*millis)],
        Step::Tone { hertz, millis } => tone(*hertz, samples(*millis)),
        Step::Echo | Step::HangUp => Vec::new(),
    }
}

/// A sine at −12 dBFS, with 10 ms of fading at both ends.
#[expect(clippy::cast_precision_loss, reason = "a few hundred thousand samples")]
fn tone(hertz: u16, samples: usize) -> Vec<f32> {
    let fade = RATE as usize / 100;
    let sample = |n: usize| {
        let gain = (n.min(samples - n) as f32 / fade as f32).min(1.0) * 0.25;
        // The phase is reduced before it is a float: no drift however long the tone.
        let phase = (n * usize::from(hertz)) % RATE as usize;
        gain * (phase as f32 * TAU / RATE as f32).sin()
    };
    (0..samples).map(sample).collect()
}
