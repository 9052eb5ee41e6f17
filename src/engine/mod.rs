//! The loop that joins the phone to the world: one thread with a small tokio runtime. Inputs in, outputs
//! performed, a new view published only if it differs.

mod demo;
mod drivers;
mod events;
mod failpoint;
mod options;
mod rehearsal;
mod run;
mod tables;

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

pub use events::{Events, Lost, Teller};
pub use options::{ConnectTo, Options};
use run::Engine;
use tokio::sync::{mpsc, watch};

use crate::io::instance::{self, Claim, Visit};
use crate::io::store;
use crate::phone::command::Command;
use crate::phone::input::Ticket;
use crate::phone::view::PhoneView;
use crate::port::media::Meters;

/// Called when there is a new view or event. Must not block; may be called from any thread.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// The phone from outside: all that the window and the agent have of it.
#[derive(Debug)]
pub struct PhoneHandle {
    /// Commands, bounded (64): full means that the engine is stuck.
    commands: mpsc::Sender<(Option<Ticket>, Command)>,
    /// The newest view; `has_changed()` tells whether it is new.
    pub view: watch::Receiver<PhoneView>,
    /// What happened, in order.
    pub events: Events,
    /// Levels of both directions, read while the call screen is drawn.
    pub meters: Arc<Meters>,
    /// Its thread, and what is dropped when that ends.
    engine: Option<(std::thread::JoinHandle<()>, Receiver<()>)>,
}

/// The other end of a [`PhoneHandle`]: the engine's, or a test's.
#[derive(Debug)]
pub struct FarEnd {
    /// What was asked for.
    pub commands: mpsc::Receiver<(Option<Ticket>, Command)>,
    /// Where views are published.
    pub view: watch::Sender<PhoneView>,
    /// Where events go.
    pub events: Teller,
    /// The levels.
    pub meters: Arc<Meters>,
}

/// The engine takes no commands: it is stuck, or has stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SendError {
    /// 64 commands wait already.
    #[error("the phone does not react")]
    Stuck,
    /// It has stopped.
    #[error("the phone has stopped")]
    Stopped,
}

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another process has this profile, and shows its window now.
    #[error("already running: its window comes to the front")]
    Raised,
    /// Another process has this profile and does not react.
    #[error("this profile is in use by another process")]
    Taken,
    /// The profile cannot be used, or another thing that the operating system refused.
    #[error("{0}: {1}")]
    Os(String, std::io::Error),
}

impl PhoneHandle {
    /// A handle and its other end, without an engine between them: for tests and galleries.
    #[must_use]
    pub fn pair() -> (PhoneHandle, FarEnd) {
        let (commands, asked) = mpsc::channel(64);
        let (publish, view) = watch::channel(PhoneView::default());
        let (tell, events) = events::channel();
        let meters = Arc::new(Meters::default());
        let far = FarEnd { commands: asked, view: publish, events: tell, meters: Arc::clone(&meters) };
        (PhoneHandle { commands, view, events, meters, engine: None }, far)
    }

    /// Gives a command.
    ///
    /// # Errors
    /// If the engine does not take it.
    pub fn send(&self, command: Command) -> Result<(), SendError> {
        self.put(None, command)
    }

    /// Gives a command whose outcome is told by [`Answered`](crate::phone::event::Event::Answered) with this ticket.
    ///
    /// # Errors
    /// If the engine does not take it.
    pub fn ask(&self, ticket: Ticket, command: Command) -> Result<(), SendError> {
        self.put(Some(ticket), command)
    }

    fn put(&self, ticket: Option<Ticket>, command: Command) -> Result<(), SendError> {
        self.commands.try_send((ticket, command)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => SendError::Stuck,
            mpsc::error::TrySendError::Closed(_) => SendError::Stopped,
        })
    }

    /// Waits until the engine's thread has ended, for so long at most; false if it has not. After
    /// [`Stopped`](crate::phone::event::Event::Stopped), it has at once.
    pub fn join(&mut self, patience: Duration) -> bool {
        let Some((thread, ended)) = self.engine.take() else { return true };
        if ended.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            return false;
        }
        if thread.join().is_err() {
            tracing::error!("the engine panicked");
        }
        true
    }
}

/// Starts the engine on a thread of its own.
///
/// # Errors
/// If the profile is in use or unusable.
pub fn start(options: Options, wake: Wake) -> Result<PhoneHandle, StartError> {
    let os = |what: &str| {
        let what = what.to_owned();
        move |error| StartError::Os(what, error)
    };
    let profile = store::profile_dir(options.profile.as_deref()).map_err(os("the profile"))?;
    let without_link = if options.to_the_demo { Visit::Demo } else { Visit::Raise };
    let visit = options.link.clone().map_or(without_link, Visit::Link);
    let instance = match instance::claim(&profile, &visit).map_err(os("the profile"))? {
        Claim::First(instance) => instance,
        Claim::Raised => return Err(StartError::Raised),
        Claim::Taken => return Err(StartError::Taken),
    };
    let (mut handle, far) = PhoneHandle::pair();
    let (ready, is_ready) = std::sync::mpsc::sync_channel(1);
    let (end, ended) = std::sync::mpsc::sync_channel(0);
    let thread = std::thread::Builder::new().name("engine".into());
    let run = move || match Engine::start(options, &profile, instance, far, wake) {
        Ok((runtime, mut engine)) => {
            let entered = runtime.enter();
            engine.load();
            engine.begin(visit);
            drop(entered);
            // Whoever started us has given up: then the channel of commands is closed too.
            drop(ready.send(Ok(())));
            runtime.block_on(engine.run());
        }
        Err(error) => drop(ready.send(Err(error))),
    };
    let thread = thread.spawn(move || {
        run();
        drop(end);
    });
    handle.engine = Some((thread.map_err(os("the engine's thread"))?, ended));
    match is_ready.recv() {
        Ok(Ok(())) => Ok(handle),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(StartError::Os("the engine".into(), std::io::ErrorKind::Other.into())),
    }
}
