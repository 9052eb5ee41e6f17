//! The loop of the demo provider's thread: waits for whatever comes first, lets the provider handle it, does what it
//! wants done.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::legs::Legs;
use super::security::Control;
use super::stream;
use crate::base::{CallId, Entropy, Mono};
use crate::io::clock::Clock;
use crate::port::net::{Flow, FlowId};
use crate::provider::leg::{Leg, Port};
use crate::provider::{LegOrder, Output, Provider};

/// Events waiting to be handled.
const QUEUE: usize = 256;

/// What the tasks of the sockets tell.
pub(super) enum Event {
    /// A connection is up: what is put into the queue is written to it.
    Opened(FlowId, mpsc::Sender<Vec<u8>>),
    /// A message, malformed or not.
    Message(Flow, Vec<u8>),
    /// A connection is gone.
    Closed(FlowId),
    /// A datagram of a call's media.
    Packet(CallId, Port, SocketAddr, Vec<u8>),
}

/// Everything that the thread owns.
pub(super) struct Host {
    provider: Provider,
    clock: Clock,
    dice: Entropy,
    flows: HashMap<FlowId, mpsc::Sender<Vec<u8>>>,
    legs: Legs,
    tasks: JoinSet<()>,
    counter: u64,
    /// Who knows the account's password, and which generation of it the provider knows.
    security: (Control, u64),
    /// Registrations to end: the instance to spare.
    ended: mpsc::Receiver<String>,
}

impl Host {
    pub(super) fn new(
        provider: Provider,
        clock: Clock,
        dice: Entropy,
        control: Control,
        ended: mpsc::Receiver<String>,
    ) -> Host {
        let (flows, legs, tasks) = (HashMap::new(), Legs::default(), JoinSet::new());
        Host { provider, clock, dice, flows, legs, tasks, counter: 0, security: (control, 1), ended }
    }

    /// Takes over the password that was changed by the other door.
    fn learn_password(&mut self) {
        if let Some((generation, hashes)) = self.security.0.password()
            && generation != self.security.1
        {
            self.security.1 = generation;
            self.provider.password_changed(hashes);
        }
    }

    /// Runs until `stopped`.
    pub(super) async fn run(
        mut self,
        listener: TcpListener,
        acceptor: TlsAcceptor,
        mut stopped: oneshot::Receiver<()>,
    ) {
        let (sender, mut events) = mpsc::channel(QUEUE);
        loop {
            let wait = self.wait();
            tokio::select! {
                _ = &mut stopped => return,
                accepted = listener.accept() => match accepted {
                    Ok((stream, remote)) => self.accept(stream, remote, &acceptor, &sender),
                    // Out of files, mostly: later there may be some again.
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                },
                Some(event) = events.recv() => self.on_event(event),
                Some(keep) = self.ended.recv() => self.provider.end_others(&keep),
                () = tokio::time::sleep(wait.unwrap_or_default()), if wait.is_some() => self.on_timeout(),
                Some(_) = self.tasks.join_next() => {}
            }
            self.perform(&sender).await;
        }
    }

    /// How long nothing is due; `None` if nothing is.
    fn wait(&self) -> Option<Duration> {
        let next: Mono = self.provider.next_timeout().into_iter().chain(self.legs.next_timeout()).min()?;
        Some(next.since(self.clock.now().mono))
    }

    fn accept(&mut self, stream: TcpStream, remote: SocketAddr, acceptor: &TlsAcceptor, events: &mpsc::Sender<Event>) {
        self.counter += 1;
        let id = FlowId(self.counter);
        self.tasks.spawn(stream::serve(id, stream, remote, acceptor.clone(), events.clone()));
    }

    fn on_event(&mut self, event: Event) {
        let now = self.clock.now();
        match event {
            Event::Opened(id, queue) => drop(self.flows.insert(id, queue)),
            Event::Message(flow, bytes) => {
                self.learn_password();
                self.provider.message(now, &flow, &bytes);
            }
            Event::Closed(id) => {
                self.flows.remove(&id);
                self.provider.flow_closed(now, id);
            }
            Event::Packet(call, port, from, bytes) => {
                if self.legs.receive(now, call, port, from, &bytes) {
                    self.provider.leg_finished(now, call);
                }
            }
        }
    }

    fn on_timeout(&mut self) {
        let now = self.clock.now();
        for call in self.legs.handle_timeout(now) {
            self.provider.leg_finished(now, call);
        }
        if self.provider.next_timeout().is_some_and(|at| at <= now.mono) {
            self.provider.handle_timeout(now);
        }
    }

    /// Does what the provider wants done.
    async fn perform(&mut self, events: &mpsc::Sender<Event>) {
        while let Some(output) = self.provider.poll() {
            match output {
                Output::Send(flow, bytes) => {
                    // A queue that is full belongs to a client that does not read: dropping it closes the connection.
                    if self.flows.get(&flow).is_some_and(|queue| queue.try_send(bytes).is_err()) {
                        self.flows.remove(&flow);
                    }
                }
                Output::Leg(call, order) => self.order(call, order, events).await,
            }
        }
    }

    async fn order(&mut self, call: CallId, order: LegOrder, events: &mpsc::Sender<Event>) {
        match order {
            LegOrder::Open(ip) => {
                let opened = self.legs.open(call, ip, &mut self.tasks, events).await;
                self.provider.leg_opened(self.clock.now(), call, opened.ok());
            }
            LegOrder::Session(session, script) => {
                let (now, dice) = (self.clock.now(), &mut self.dice);
                self.legs.session(call, |leg| match leg {
                    Some(leg) => leg.set_session(*session),
                    None => {
                        let mut seed = [0; 32];
                        dice.fill(&mut seed);
                        *leg = Some(Leg::new(now, *session, script, Entropy::from_seed(seed)));
                    }
                });
            }
            LegOrder::Close => self.legs.close(self.clock.now(), call),
        }
    }
}
