//! The embedded demo provider: started when somebody asks for it, stopped with the engine.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::Sender;

use crate::io::clock::Clock;
use crate::io::http::Http;
use crate::io::tls::Trust;
use crate::phone::command::AccountDraft;
use crate::phone::input::DemoLine;
use crate::port::net::Transport;
use crate::serve::Demo;
use crate::serve::rehearsal::Stage;

/// A running demo provider and the account that it holds ready, or why there is none.
pub(super) type Started = Result<(Demo, DemoLine), String>;

/// Starts it without holding up anything. Nobody but its own authority vouches for its name from now on.
pub(super) fn start(trust: Trust, http: Http, stage: Arc<Mutex<Option<Stage>>>, started: Sender<Started>) {
    let starting = tokio::task::spawn_blocking(move || {
        let demo = Demo::start().map_err(|error| error.to_string())?;
        trust.pin(Demo::DOMAIN, demo.ca().to_vec()).map_err(|error| error.to_string())?;
        http.lead(Demo::DOMAIN, demo.https());
        let opened = Stage::open(demo.control().clone(), Demo::DOMAIN, Clock::start().now().wall)?;
        *stage.lock().unwrap_or_else(PoisonError::into_inner) = Some(opened);
        let line = line(&demo);
        Ok((demo, line))
    });
    #[expect(clippy::disallowed_methods, reason = "this is the engine")]
    let waiting = tokio::spawn(async move {
        let outcome = starting.await.unwrap_or_else(|error| Err(error.to_string()));
        // An engine that has stopped needs no demo.
        drop(started.send(outcome).await);
    });
    drop(waiting);
}

fn line(demo: &Demo) -> DemoLine {
    let draft = AccountDraft {
        address: format!("{}@{}", demo.user(), Demo::DOMAIN),
        server: Some(demo.addr().to_string()),
        transport: Some(Transport::Tls),
        display_name: Some("Demo line".to_owned()),
        ..AccountDraft::default()
    };
    DemoLine { draft, password: demo.password().clone(), realms: demo.realms().to_vec() }
}
