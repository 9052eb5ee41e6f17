//! The loop that joins the phone to the world: one thread with a small tokio runtime. Inputs in, outputs
//! performed, a new view published only if it differs.

mod demo;
mod drivers;
mod failpoint;
mod options;
mod rehearsal;
mod run;
mod tables;

use std::sync::Arc;

pub use options::{ConnectTo, Options};
use run::Engine;
use tokio::sync::{mpsc, watch};

use crate::io::instance::{self, Claim, Visit};
use crate::io::store;
use crate::phone::command::Command;
use crate::phone::event::Event;
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
    pub events: mpsc::Receiver<Event>,
    /// Levels of both directions, read while the call screen is drawn.
    pub meters: Arc<Meters>,
    engine: Option<std::thread::JoinHandle<()>>,
}

/// The other end of a [`PhoneHandle`]: the engine's, or a test's.
#[derive(Debug)]
pub struct FarEnd {
    /// What was asked for.
    pub commands: mpsc::Receiver<(Option<Ticket>, Command)>,
    /// Where views are published.
    pub view: watch::Sender<PhoneView>,
    /// Where events go.
    pub events: mpsc::Sender<Event>,
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
        let (tell, events) = mpsc::channel(256);
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

    /// Gives a command whose outcome is told by [`Event::Answered`] with this ticket.
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

    /// The next event, if there is one.
    ///
    /// # Errors
    /// If the engine has stopped and every event was taken.
    pub fn next_event(&mut self) -> Result<Option<Event>, SendError> {
        match self.events.try_recv() {
            Ok(event) => Ok(Some(event)),
            Err(mpsc::error::TryRecvError::Empty) => Ok(None),
            Err(mpsc::error::TryRecvError::Disconnected) => Err(SendError::Stopped),
        }
    }

    /// Waits until the engine's thread has ended: after [`Event::Stopped`], this is at once.
    pub fn join(&mut self) {
        if let Some(thread) = self.engine.take()
            && thread.join().is_err()
        {
            tracing::error!("the engine panicked");
        }
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
    let visit = options.link.clone().map_or(Visit::Raise, Visit::Link);
    let instance = match instance::claim(&profile, &visit).map_err(os("the profile"))? {
        Claim::First(instance) => instance,
        Claim::Raised => return Err(StartError::Raised),
        Claim::Taken => return Err(StartError::Taken),
    };
    let (mut handle, far) = PhoneHandle::pair();
    let (ready, is_ready) = std::sync::mpsc::sync_channel(1);
    let thread = std::thread::Builder::new().name("engine".into());
    let body = move || match Engine::start(options, &profile, instance, far, wake) {
        Ok((runtime, mut engine)) => {
            let entered = runtime.enter();
            engine.load();
            if let Visit::Link(link) = visit {
                engine.open_link(link);
            }
            drop(entered);
            // Whoever started us has given up: then the channel of commands is closed too.
            drop(ready.send(Ok(())));
            runtime.block_on(engine.run());
        }
        Err(error) => drop(ready.send(Err(error))),
    };
    handle.engine = Some(thread.spawn(body).map_err(os("the engine's thread"))?);
    match is_ready.recv() {
        Ok(Ok(())) => Ok(handle),
        Ok(Err(error)) => Err(error),
        Err(_) => Err(StartError::Os("the engine".into(), std::io::ErrorKind::Other.into())),
    }
}
