//! Plays the rehearsal of a breach day: the demo's stage, once a second.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio::task::JoinHandle;

use crate::io::clock::Clock;
use crate::phone::view::RehearsalView;
use crate::serve::rehearsal::{Scene, Stage};

/// What is told of it.
pub(super) type Told = Result<RehearsalView, String>;

/// How often the script looks whether the password was changed.
const TICK: Duration = Duration::from_millis(500);

/// The stage, once the demo runs, and the play that goes on.
#[derive(Debug)]
pub(super) struct Theatre {
    stage: Arc<Mutex<Option<Stage>>>,
    clock: Clock,
    tell: Sender<Told>,
    playing: Option<JoinHandle<()>>,
}

impl Theatre {
    pub(super) fn new(tell: Sender<Told>) -> Theatre {
        Theatre { stage: Arc::default(), clock: Clock::start(), tell, playing: None }
    }

    /// Where the demo puts its stage when it starts.
    pub(super) fn stage(&self) -> Arc<Mutex<Option<Stage>>> {
        Arc::clone(&self.stage)
    }

    /// Begins or ends it.
    pub(super) fn perform(&mut self, on: bool) {
        if let Some(playing) = self.playing.take() {
            playing.abort();
        }
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(stage) = stage.as_mut() else { return };
        let now = self.clock.now();
        if on {
            let first = stage.begin(now);
            self.playing = Some(self.play(first));
        } else if let Err(error) = stage.stop(now) {
            tracing::error!(%error, "the rehearsal could not be ended");
        }
    }

    fn play(&self, first: Result<Option<Scene>, String>) -> JoinHandle<()> {
        let (stage, clock, tell) = (self.stage(), self.clock, self.tell.clone());
        let play = async move {
            let mut next = first;
            loop {
                let over = next.is_err();
                if let Some(told) = next.transpose()
                    && (tell.send(told.map(view)).await.is_err() || over)
                {
                    return;
                }
                tokio::time::sleep(TICK).await;
                let mut stage = stage.lock().unwrap_or_else(PoisonError::into_inner);
                let Some(stage) = stage.as_mut().filter(|stage| stage.is_playing()) else { return };
                next = stage.tick(clock.now());
            }
        };
        #[expect(clippy::disallowed_methods, reason = "this is the engine")]
        tokio::spawn(play)
    }
}

fn view(scene: Scene) -> RehearsalView {
    RehearsalView { step: scene.step, of: scene.of, words: scene.words.to_owned(), over: scene.over }
}
