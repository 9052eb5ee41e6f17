//! The media thread from outside: orders in, reports out. RTP sockets are bound in the caller's thread, so that an
//! INVITE never waits for it; thread, devices and codecs exist from the first session or tone on.
//!
//! * `thread` — its loop: sockets, time, what is due.
//! * `studio` — its sound: microphone, loudspeaker, ringing device, tones, voice processing.
//! * `line` — one call: sockets and stream.

mod line;
mod sockets;
mod studio;
mod thread;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use self::sockets::Sockets;
use self::thread::MediaThread;
use super::audio::keeper::News;
use super::audio::waker::{self, Waker};
use crate::base::{CallId, Entropy};
use crate::port::media::{Devices, Meters, Order, Report, Tone};

/// What the media thread starts with.
#[derive(Debug)]
pub struct Options {
    /// The devices until [`Order::Devices`] names others.
    pub devices: Devices,
    /// Dice for SSRC, sequence numbers and RTCP intervals.
    pub entropy: Entropy,
    /// Where the levels are shown.
    pub meters: Arc<Meters>,
}

/// Takes a report. Called from several threads.
type Reporter = Arc<dyn Fn(Report) + Send + Sync>;

/// The media thread. Dropping it ends every call's media (RTCP BYE), closes the devices and waits for the thread.
pub struct MediaHandle {
    report: Reporter,
    state: Mutex<State>,
}

impl std::fmt::Debug for MediaHandle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MediaHandle")
    }
}

enum State {
    /// Nobody has needed it yet; what it will be told is kept.
    Waiting(Box<Options>, Vec<Item>),
    /// It runs, or sleeps.
    Started(Arc<Inbox>, JoinHandle<()>),
    /// It could not be started.
    Broken,
}

/// What the thread is told.
enum Item {
    Line(CallId, Sockets),
    Order(Order),
    News(News),
    Quit,
}

/// The way to the thread.
struct Inbox {
    items: Mutex<Vec<Item>>,
    waker: Waker,
}

impl Inbox {
    fn put(&self, item: Item) {
        lock(&self.items).push(item);
    }

    fn take(&self) -> Vec<Item> {
        std::mem::take(&mut *lock(&self.items))
    }
}

/// Whoever panicked while it held the lock left a whole list behind.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl MediaHandle {
    /// Prepares everything and starts nothing. `report` is called from this and from other threads and must neither
    /// block nor panic: `try_send` into a bounded channel.
    pub fn spawn(options: Options, report: impl Fn(Report) + Send + Sync + 'static) -> MediaHandle {
        let state = Mutex::new(State::Waiting(Box::new(options), Vec::new()));
        MediaHandle { report: Arc::new(report), state }
    }

    /// Carries out `order`. Never blocks; [`Order::Bind`] is answered before this returns, in some 30 µs.
    pub fn perform(&self, order: Order) {
        if let Order::Bind { call, local } = order {
            self.bind(call, local);
        } else {
            let urgent = needs_thread(&order);
            self.put(Item::Order(order), urgent);
        }
    }

    fn bind(&self, call: CallId, local: IpAddr) {
        match Sockets::bind(local).and_then(|pair| Ok((pair.rtp.local_addr()?.port(), pair))) {
            Ok((port, sockets)) => {
                self.put(Item::Line(call, sockets), false);
                (self.report)(Report::Bound(call, SocketAddr::new(local, port)));
            }
            Err(error) => {
                (self.report)(Report::Failed(call, format!("no sound: cannot listen on {local}: {error}")));
            }
        }
    }

    fn put(&self, item: Item, urgent: bool) {
        let mut state = lock(&self.state);
        if urgent && let State::Waiting(..) = &*state {
            *state = start(std::mem::replace(&mut *state, State::Broken), &self.report);
        }
        match &mut *state {
            State::Waiting(_, kept) => {
                if let Item::Order(Order::Close(call)) = item {
                    // A call that ended before it had a session: its sockets go, and all that was said about it.
                    kept.retain(|item| call_of(item) != Some(call));
                } else {
                    kept.push(item);
                }
            }
            State::Started(inbox, _) => {
                // Sockets alone are nothing to wake up for: their packets wait in the kernel.
                let wakes = !matches!(item, Item::Line(..));
                inbox.put(item);
                if wakes {
                    inbox.waker.wake();
                }
            }
            State::Broken => {}
        }
    }
}

impl Drop for MediaHandle {
    fn drop(&mut self) {
        self.put(Item::Quit, false);
        let state = std::mem::replace(&mut *lock(&self.state), State::Broken);
        if let State::Started(_, thread) = state
            && thread.join().is_err()
        {
            tracing::error!("the media thread panicked");
        }
    }
}

/// Whether an order is worth a thread.
fn needs_thread(order: &Order) -> bool {
    match order {
        Order::Session(..) | Order::Tone(Some(_)) | Order::WatchDevices(true) => true,
        Order::Bind { .. }
        | Order::Mute(..)
        | Order::Expect(..)
        | Order::Digits(..)
        | Order::Tone(None)
        | Order::Close(_)
        | Order::Devices(_)
        | Order::WatchDevices(false) => false,
    }
}

fn call_of(item: &Item) -> Option<CallId> {
    match item {
        Item::Line(call, _) => Some(*call),
        Item::Order(
            Order::Session(call, _)
            | Order::Mute(call, _)
            | Order::Expect(call, _)
            | Order::Digits(call, _)
            | Order::Close(call),
        ) => Some(*call),
        Item::Order(Order::Bind { call, .. }) => Some(*call),
        Item::Order(Order::Tone(_) | Order::Devices(_) | Order::WatchDevices(_)) | Item::News(_) | Item::Quit => None,
    }
}

/// Starts the thread with all that has been kept for it.
fn start(state: State, report: &Reporter) -> State {
    let State::Waiting(options, kept) = state else { return state };
    let started = waker::pair().and_then(|(waker, sleeper)| {
        let inbox = Arc::new(Inbox { items: Mutex::new(kept), waker });
        let thread = MediaThread::new(*options, Arc::clone(&inbox), sleeper, Arc::clone(report));
        let thread = std::thread::Builder::new().name("media".to_owned()).spawn(move || thread.run())?;
        Ok(State::Started(inbox, thread))
    });
    started.unwrap_or_else(|error| {
        tracing::error!(%error, "no media thread");
        report(Report::DeviceTrouble(format!("No sound: {error}.")));
        State::Broken
    })
}

/// Whether a tone is for the ringing device.
const fn rings(tone: Tone) -> bool {
    matches!(tone, Tone::Ringtone)
}
