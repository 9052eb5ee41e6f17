//! The one thread that opens, closes, watches and lists devices, so that a hanging sound server delays nobody.
//! It sleeps without a deadline while nothing is open and nobody watches.
//!
//! ```text
//!            wanted            opened                 failed, hangs 500 ms, gone, default changed
//!  Closed ───────────► Trying ────────► Open ───────────────────────────────────────────────────┐
//!                        ▲  │ refused: again after 100 ms, 200 ms … 2 s                         │
//!                        └──┴───────────────────────────────────────────────────────────────────┘
//! ```

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

use super::host::{HostError, Look, Open, RingEnd, System, Way, With};
use super::waker::Waker;
use crate::base::Mono;
use crate::io::clock::Clock;
use crate::port::media::{DeviceInfo, Report};

/// How often devices are listed while somebody needs to know.
const LOOK: Duration = Duration::from_millis(1500);
/// How often callbacks are looked at while a device is open.
const CHECK: Duration = Duration::from_millis(250);
/// A device whose callback stood still for so long is opened again.
const HANGS: Duration = Duration::from_millis(500);
/// As long as that, a device may take to begin: an idle PulseAudio sink first plays up to 2 s that it has prepared.
const BEGINS: Duration = Duration::from_millis(2500);
/// First and longest pause between attempts to open a device.
const PAUSES: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(2));
/// A device that ran for so long has earned a quick next attempt.
const PROVEN: Duration = Duration::from_secs(5);
/// How long the end of the process waits for a device to close.
const FAREWELL: Duration = Duration::from_millis(500);

/// What a device is used for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Use {
    /// The microphone.
    Input,
    /// The loudspeaker or headset.
    Output,
    /// Where it rings.
    Ring,
}

impl Use {
    /// All there are.
    pub const ALL: [Use; 3] = [Use::Input, Use::Output, Use::Ring];

    const fn way(self) -> Way {
        match self {
            Use::Input => Way::Input,
            Use::Output | Use::Ring => Way::Output,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Use::Input => "microphone",
            Use::Output => "loudspeaker",
            Use::Ring => "ringing device",
        }
    }
}

/// Which device of the machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// The operating system's default.
    Default,
    /// This one, by its stable id; the default one while it is not there.
    Id(String),
}

/// What the keeper tells the media thread.
#[derive(Debug)]
pub enum News {
    /// The device runs: the other end of its ring, and its name.
    Opened(Use, RingEnd, String),
    /// There is none, for now. A ring that was given before is dead.
    Absent(Use),
}

enum Ask {
    Want(Use, Option<Wanted>),
    Watch(bool),
    Failed { of: Use, generation: u64, why: String },
    Quit(SyncSender<()>),
}

/// The keeper's thread. Dropping it closes all devices.
#[derive(Debug)]
pub struct Keeper {
    asks: SyncSender<Ask>,
}

/// Where the keeper's findings go, and whom its devices wake.
pub struct Outlets {
    /// The time.
    pub clock: Clock,
    /// Woken by 10 ms of recorded sound, and with each piece of news.
    pub waker: Waker,
    /// Takes the news. Must not block.
    pub news: Box<dyn Fn(News) + Send>,
    /// Takes reports for the person. Must not block.
    pub report: Arc<dyn Fn(Report) + Send + Sync>,
}

impl Keeper {
    /// Starts the thread. Nothing is opened yet.
    ///
    /// # Errors
    /// If the operating system has no more threads.
    pub fn start(outlets: Outlets) -> std::io::Result<Keeper> {
        let (asks, inbox) = sync_channel(64);
        let keeper = Work::new(outlets, asks.clone());
        std::thread::Builder::new().name("devices".to_owned()).spawn(move || keeper.run(&inbox))?;
        Ok(Keeper { asks })
    }

    /// Opens a device for a use, another one than before, or closes it.
    pub fn want(&self, of: Use, device: Option<Wanted>) {
        self.ask(Ask::Want(of, device));
    }

    /// Whether the list of devices is reported, now and whenever it changes.
    pub fn watch(&self, on: bool) {
        self.ask(Ask::Watch(on));
    }

    fn ask(&self, ask: Ask) {
        if self.asks.try_send(ask).is_err() {
            tracing::error!("the sound system hangs: an order for a device is lost");
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        let (done, closed) = sync_channel(1);
        self.ask(Ask::Quit(done));
        // Not joined: a sound server that hangs must not keep the process alive.
        closed.recv_timeout(FAREWELL).ok();
    }
}

/// A device that runs.
struct Running {
    device: Open,
    wanted: Wanted,
    since: Mono,
    callbacks: u64,
    moved: Mono,
}

struct Place {
    of: Use,
    wanted: Option<Wanted>,
    running: Option<Running>,
    retry: Mono,
    pause: Duration,
    generation: u64,
    /// What the person was told last, so that it is told once.
    told: Option<String>,
}

struct Work {
    out: Outlets,
    asks: SyncSender<Ask>,
    system: System,
    places: [Place; 3],
    watching: bool,
    listed: Option<Vec<DeviceInfo>>,
    look_at: Mono,
    check_at: Mono,
}

impl Work {
    fn new(out: Outlets, asks: SyncSender<Ask>) -> Work {
        let places = Use::ALL.map(|of| Place {
            of,
            wanted: None,
            running: None,
            retry: Mono::ZERO,
            pause: PAUSES.0,
            generation: 0,
            told: None,
        });
        let system = System::default();
        Work { out, asks, system, places, watching: false, listed: None, look_at: Mono::ZERO, check_at: Mono::ZERO }
    }

    fn run(mut self, inbox: &Receiver<Ask>) {
        loop {
            let ask = match self.deadline() {
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => inbox.recv_timeout(at.since(self.now())),
            };
            match ask {
                Ok(Ask::Quit(done)) => {
                    self.places.iter_mut().for_each(|place| place.running = None);
                    done.try_send(()).ok();
                    return;
                }
                Ok(ask) => self.take(ask),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            self.work();
        }
    }

    fn now(&self) -> Mono {
        self.out.clock.now().mono
    }

    fn busy(&self) -> bool {
        self.places.iter().any(|place| place.wanted.is_some())
    }

    /// Whether the list of devices matters now.
    fn looks(&self) -> bool {
        self.watching || (self.busy() && self.system.is_server())
    }

    fn deadline(&self) -> Option<Mono> {
        let retries = self.places.iter().filter(|p| p.wanted.is_some() && p.running.is_none()).map(|p| p.retry);
        let checks = self.places.iter().any(|place| place.running.is_some()).then_some(self.check_at);
        retries.chain(checks).chain(self.looks().then_some(self.look_at)).min()
    }

    fn take(&mut self, ask: Ask) {
        let now = self.now();
        match ask {
            Ask::Want(of, wanted) => {
                if let Some(place) = self.places.iter_mut().find(|place| place.of == of) {
                    place.wanted = wanted;
                    place.retry = now;
                    place.pause = PAUSES.0;
                    place.told = None;
                }
            }
            Ask::Watch(on) => {
                self.watching = on;
                self.listed = None;
                self.look_at = now;
            }
            Ask::Failed { of, generation, why } => {
                if let Some(place) = self.places.iter_mut().find(|p| p.of == of && p.generation == generation) {
                    place.lose(&self.out, now, &why);
                    self.system.forget();
                }
            }
            Ask::Quit(_) => {}
        }
    }

    fn work(&mut self) {
        let now = self.now();
        if now >= self.check_at {
            self.check_at = now + CHECK;
            self.places.iter_mut().for_each(|place| place.check(&self.out, now));
        }
        for place in &mut self.places {
            place.open_or_close(&mut self.system, &self.out, &self.asks);
        }
        if self.looks() && now >= self.look_at {
            self.look_at = now + LOOK;
            self.look(now);
        }
        if !self.busy() && !self.watching {
            self.system.forget();
        }
    }

    fn look(&mut self, now: Mono) {
        let look = match self.system.look() {
            Ok(look) => look,
            Err(error) => {
                tracing::debug!(%error, "the devices cannot be listed");
                self.system.forget();
                Look::default()
            }
        };
        self.places.iter_mut().for_each(|place| place.compare(&self.out, now, &look));
        if self.watching && self.listed.as_ref() != Some(&look.shown) {
            (self.out.report)(Report::Devices(look.shown.clone()));
            self.listed = Some(look.shown);
        }
    }
}

impl Place {
    /// The watchdog: a callback that stands still is a device that hangs.
    fn check(&mut self, out: &Outlets, now: Mono) {
        let Some(running) = &mut self.running else { return };
        let callbacks = running.device.health.callbacks();
        if callbacks != running.callbacks {
            running.callbacks = callbacks;
            running.moved = now;
            if now.since(running.since) > PROVEN {
                self.pause = PAUSES.0;
            }
        } else if now.since(running.moved) >= HANGS && now.since(running.since) >= BEGINS {
            self.lose(out, now, "it does not react");
        }
    }

    /// Looks whether what runs is still what should.
    fn compare(&mut self, out: &Outlets, now: Mono, look: &Look) {
        let (Some(wanted), Some(running)) = (&self.wanted, &self.running) else { return };
        let default = match self.of.way() {
            Way::Input => look.default_input.as_deref(),
            Way::Output => look.default_output.as_deref(),
        };
        let present = |id: &str| look.present.iter().any(|(way, other)| *way == self.of.way() && other == id);
        let again = match wanted {
            Wanted::Default => default.is_some_and(|id| id != running.device.id),
            Wanted::Id(id) if *id == running.device.id => {
                let gone = look.default_output.is_some() && !present(id);
                if gone {
                    self.lose(out, now, "it was taken away");
                }
                return;
            }
            Wanted::Id(id) => present(id),
        };
        if again {
            self.running = None;
            self.retry = now;
        }
    }

    /// Gives a device up and says so.
    fn lose(&mut self, out: &Outlets, now: Mono, why: &str) {
        let Some(running) = self.running.take() else { return };
        self.retry = now + self.pause;
        self.pause = (self.pause * 2).min(PAUSES.1);
        self.tell(out, format!("The {} “{}” stopped: {why}.", self.of.word(), running.device.name));
        // Closing may take a while; the media thread must not wait for it.
        (out.news)(News::Absent(self.of));
        out.waker.wake();
    }

    fn tell(&mut self, out: &Outlets, words: String) {
        if self.told.as_ref() != Some(&words) {
            tracing::info!("{words}");
            (out.report)(Report::DeviceTrouble(words.clone()));
            self.told = Some(words);
        }
    }

    fn open_or_close(&mut self, system: &mut System, out: &Outlets, asks: &SyncSender<Ask>) {
        let Some(wanted) = self.wanted.clone() else {
            self.running = None;
            return;
        };
        if self.running.as_ref().is_some_and(|running| running.wanted == wanted) {
            return;
        }
        let now = out.clock.now().mono;
        if now < self.retry {
            return;
        }
        self.running = None;
        self.generation += 1;
        match self.open(system, &wanted, out, asks) {
            Ok((device, end)) => {
                let name = device.name.clone();
                let now = out.clock.now().mono;
                let callbacks = device.health.callbacks();
                self.running = Some(Running { device, wanted, since: now, callbacks, moved: now });
                (out.news)(News::Opened(self.of, end, name));
            }
            Err(error) => {
                self.retry = out.clock.now().mono + self.pause;
                self.pause = (self.pause * 2).min(PAUSES.1);
                self.tell(out, format!("No {} can be used: {error}.", self.of.word()));
                (out.news)(News::Absent(self.of));
            }
        }
        out.waker.wake();
    }

    fn open(
        &mut self,
        system: &mut System,
        wanted: &Wanted,
        out: &Outlets,
        asks: &SyncSender<Ask>,
    ) -> Result<(Open, RingEnd), HostError> {
        let (of, generation, asks) = (self.of, self.generation, asks.clone());
        let failed = Arc::new(move |why: String| {
            asks.try_send(Ask::Failed { of, generation, why }).ok();
        });
        let with = With { waker: out.waker.clone(), failed };
        match wanted {
            Wanted::Default => system.open(of.way(), None, &with),
            Wanted::Id(id) => system.open(of.way(), Some(id), &with).or_else(|error| {
                let (device, end) = system.open(of.way(), None, &with)?;
                let words = format!("The chosen {} cannot be used: {error}. Using “{}”.", of.word(), device.name);
                self.tell(out, words);
                Ok((device, end))
            }),
        }
    }
}
