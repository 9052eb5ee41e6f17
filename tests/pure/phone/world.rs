//! Everything around one phone, scripted: servers that answer or do not, a vault with moods, a disk that remembers.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use ringfence::base::{AccountId, Entropy, Mono, Now, Secret, WallTime};
use ringfence::phone::command::{AccountDraft, Command};
use ringfence::phone::event::Event;
use ringfence::phone::input::{Done, Found, Ticket};
use ringfence::phone::problem::{Problem, ProblemKind};
use ringfence::phone::view::{AccountState, PhoneView, SignInView};
use ringfence::phone::{Config, Input, Output, Phone, VaultUse};
use ringfence::port::dns::{Answer, Query, Srv};
use ringfence::port::net::{Flow, NetError, Report, Target, Transport};
use ringfence::port::store::{Append, Document, Save};
use ringfence::port::vault::Request;
use ringfence::port::{RequestId, http, media, release};
use ringfence::sip::digest::{Algorithm, Hash, Qop, Verifier};
use ringfence::sip::{Message, Method};

use super::api_provider::ApiProvider;
pub(super) use super::keyring::Vault;
pub(super) use super::network::{Entry, Server, Subscribes, Talk};
use super::safe::Safe;

pub(super) const PASSWORD: &str = "canary-7f3d-horse";
pub(super) const REALM: &str = "voip.example";
/// What it is changed to.
pub(super) const NEW: &str = "canary-new-9d1f-staple";

pub(super) struct World {
    pub(super) phone: Phone,
    pub(super) now: Now,
    timeout: Option<Mono>,
    /// The machine's address.
    pub(super) here: [u8; 4],
    pub(super) servers: BTreeMap<(Transport, SocketAddr), Server>,
    pub(super) names: HashMap<Query, Answer>,
    /// Look-ups that wait for [`World::names_speak`], if the name service is slow.
    pub(super) slow_names: Option<Vec<(RequestId, Query)>>,
    pub(super) vault: Vault,
    pub(super) kept: BTreeMap<String, String>,
    /// What the keyring holds under names that several entries have, newest first: an entry's own name, and its secret.
    pub(super) several: BTreeMap<String, Vec<(String, String)>>,
    /// The passphrase file, and what is where.
    pub(super) safe: Safe,
    pub(super) disk: BTreeMap<&'static str, Vec<u8>>,
    /// The demo provider is to start.
    demo_wanted: bool,
    /// Files of the person's.
    pub(super) files: BTreeMap<std::path::PathBuf, Vec<u8>>,
    pub(super) aside: Vec<Document>,
    /// The program is killed before the step after so many: messages, vault requests, writes.
    pub(super) dies_after: Option<usize>,
    pub(super) steps: usize,
    /// After so many steps nothing answers any more but who is called: no vault, no disk, no provider, no registrar.
    pub(super) hangs_after: Option<usize>,
    /// What was written is not acknowledged before [`World::disk_speaks`].
    pub(super) slow_disk: bool,
    unspoken: VecDeque<(Document, Input)>,
    /// Nothing can be written, for this reason.
    pub(super) disk_full: Option<String>,
    pub(super) events: Vec<Event>,
    pub(super) asked: Vec<Query>,
    pub(super) opened: Vec<(Mono, Target)>,
    pub(super) flows: BTreeMap<u64, Flow>,
    /// Requests as they were sent.
    pub(super) sent: Vec<(Mono, Flow, Message)>,
    /// Responses as they were sent.
    pub(super) responses: Vec<Message>,
    pub(super) subscribes: Subscribes,
    pub(super) unanswered: Vec<(RequestId, Request)>,
    pub(super) bindings: Vec<String>,
    /// Contacts of other devices, and whether any contact is named at all.
    pub(super) others: Vec<String>,
    pub(super) names_contacts: bool,
    /// What the web answers, by URL; everything else cannot be reached.
    pub(super) web: BTreeMap<String, http::Answer>,
    /// The provider's account-security API, if it has one: then its passwords are the registrar's.
    pub(super) api: Option<ApiProvider>,
    /// What was asked of the driver that installs releases.
    pub(super) released: Vec<release::Order>,
    /// HTTPS requests as they were made.
    pub(super) requested: Vec<(Mono, http::Request)>,
    /// Under which name the password is right.
    pub(super) login: String,
    /// What the registrar takes.
    pub(super) password: String,
    /// The passwords among which a registrar with the API finds the right one: it knows hashes only.
    pub(super) known: Vec<String>,
    /// Another password that it takes, too.
    pub(super) also_takes: Option<String>,
    /// What calls and subscriptions are asked for: their server may know another password than the registrar.
    pub(super) beside: String,
    /// When it has refused credentials.
    pub(super) refusals: Vec<Mono>,
    /// What time it says it is.
    pub(super) date: Option<&'static str>,
    pub(super) verifier: Verifier,
    /// A proxy before the registrar that asks for the password, too: by 407, in a realm of its own.
    pub(super) proxy: Option<Verifier>,
    pub(super) dice: Entropy,
    pub(super) inputs: VecDeque<Input>,
    pub(super) next_flow: u64,
    /// The Debug text of all that went in and out.
    pub(super) debug: String,
}

pub(super) fn server(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

pub(super) fn draft() -> AccountDraft {
    AccountDraft { address: "anna@voip.example".into(), ..AccountDraft::default() }
}

/// With a server that needs no name service.
pub(super) fn numeric(transport: Option<Transport>) -> AccountDraft {
    AccountDraft { server: Some("192.0.2.2".into()), transport, ..draft() }
}

impl World {
    pub(super) fn new(usage: VaultUse) -> World {
        World::with_disk(usage, BTreeMap::new(), BTreeMap::new())
    }

    pub(super) fn with_config(config: Config) -> World {
        let world = World::new(config.vault);
        World { phone: Phone::new(config, Entropy::from_number(1)), ..world }
    }

    pub(super) fn with_disk(
        usage: VaultUse,
        disk: BTreeMap<&'static str, Vec<u8>>,
        kept: BTreeMap<String, String>,
    ) -> World {
        let mut dice = Entropy::from_number(7);
        let qop = [Qop::Auth];
        let verifier = Verifier::new(
            REALM,
            &[Algorithm { hash: Hash::Sha256, sess: false }],
            &qop,
            Duration::from_secs(3600),
            &mut dice,
        );
        World {
            phone: Phone::new(Config { vault: usage, ..Config::default() }, Entropy::from_number(1)),
            now: Now { mono: Mono::ZERO, wall: WallTime(1_800_000_000_000) },
            timeout: None,
            here: [192, 0, 2, 1],
            servers: BTreeMap::new(),
            names: HashMap::new(),
            slow_names: None,
            vault: Vault::Works,
            kept,
            several: BTreeMap::new(),
            safe: Safe::new(usage),
            disk,
            demo_wanted: false,
            files: BTreeMap::new(),
            aside: Vec::new(),
            dies_after: None,
            steps: 0,
            hangs_after: None,
            slow_disk: false,
            unspoken: VecDeque::new(),
            disk_full: None,
            events: Vec::new(),
            asked: Vec::new(),
            opened: Vec::new(),
            flows: BTreeMap::new(),
            sent: Vec::new(),
            responses: Vec::new(),
            subscribes: Subscribes::Refuses(489),
            unanswered: Vec::new(),
            web: BTreeMap::new(),
            api: None,
            released: Vec::new(),
            requested: Vec::new(),
            bindings: Vec::new(),
            others: Vec::new(),
            names_contacts: true,
            login: "anna".to_owned(),
            password: PASSWORD.to_owned(),
            known: [PASSWORD, NEW, "theirs-5150"].map(str::to_owned).into(),
            also_takes: None,
            beside: PASSWORD.to_owned(),
            refusals: Vec::new(),
            date: None,
            verifier,
            proxy: None,
            dice,
            inputs: VecDeque::new(),
            next_flow: 0,
            debug: String::new(),
        }
    }

    /// With the usual three doors at 192.0.2.2: all silent but those that are named.
    pub(super) fn at_the_door(usage: VaultUse, open: &[Transport]) -> World {
        let mut world = World::new(usage);
        world.open_doors(open);
        world.load();
        world
    }

    pub(super) fn open_doors(&mut self, open: &[Transport]) {
        for transport in [Transport::Tls, Transport::Tcp, Transport::Udp] {
            let door = if open.contains(&transport) { Entry::Open } else { Entry::Silent };
            let addr = SocketAddr::from(([192, 0, 2, 2], transport.default_port()));
            self.servers.insert((transport, addr), Server { door, talk: Talk::Registrar });
        }
    }

    /// The registrar wants MD5 from now on.
    pub(super) fn ask_weakly(&mut self) {
        let hour = Duration::from_secs(3600);
        self.verifier = Verifier::new(REALM, &[Algorithm::MD5], &[Qop::Auth], hour, &mut self.dice);
    }

    /// The registrar leaves qop out from now on.
    pub(super) fn ask_without_qop(&mut self) {
        let (algorithm, hour) = (Algorithm { hash: Hash::Sha256, sess: false }, Duration::from_secs(3600));
        self.verifier = Verifier::new(REALM, &[algorithm], &[], hour, &mut self.dice);
    }

    /// From now on a proxy asks first; a nonce that one before it gave out is worth nothing to it.
    pub(super) fn put_a_proxy_before(&mut self) {
        let (algorithm, hour) = (Algorithm { hash: Hash::Sha256, sess: false }, Duration::from_secs(3600));
        self.proxy = Some(Verifier::new("proxy.example", &[algorithm], &[Qop::Auth], hour, &mut self.dice));
    }

    pub(super) fn load(&mut self) {
        let found = |document: Document| match self.disk.get(document.file_name()) {
            Some(bytes) => Found::Content(bytes.clone()),
            None => Found::Absent,
        };
        let documents = Document::ALL.into_iter().map(|document| (document, found(document))).collect();
        self.input(Input::Loaded(documents));
    }

    pub(super) fn command(&mut self, command: Command) {
        self.input(Input::Command(None, command));
    }

    pub(super) fn ask(&mut self, ticket: u64, command: Command) {
        self.input(Input::Command(Some(Ticket(ticket)), command));
    }

    pub(super) fn sign_in(&mut self, draft: AccountDraft) {
        self.command(Command::SignIn(Box::new(draft), Secret::from(PASSWORD)));
    }

    /// One input and everything that follows from it at once.
    pub(super) fn input(&mut self, input: Input) {
        self.inputs.push_back(input);
        while let Some(input) = self.inputs.pop_front().filter(|_| !self.is_dead()) {
            if self.is_withheld(&input) {
                continue;
            }
            self.debug.push_str(&format!("{input:?}\n"));
            let outputs: Vec<Output> = self.phone.handle(self.now, input).collect();
            for output in outputs {
                self.debug.push_str(&format!("{output:?}\n"));
                self.perform(output);
            }
            self.debug.push_str(&format!("{:?}\n", self.phone));
        }
    }

    /// Lets time pass, timer by timer.
    pub(super) fn pass(&mut self, by: Duration) {
        let end = self.now.mono + by;
        let mut turns = 0;
        while let Some(at) = self.timeout.filter(|at| *at <= end && !self.is_dead()) {
            self.now = self.now.later(at.since(self.now.mono));
            self.input(Input::Timeout);
            turns += 1;
            assert!(turns < 10_000, "timers spin");
        }
        self.now = self.now.later(end.since(self.now.mono));
    }

    /// Whether the program was killed.
    pub(super) fn is_dead(&self) -> bool {
        self.dies_after.is_some_and(|steps| self.steps > steps)
    }

    /// Whether this is an answer that never comes.
    fn is_withheld(&self, input: &Input) -> bool {
        if self.hangs_after.is_none_or(|steps| self.steps <= steps) {
            return false;
        }
        let of_registrar = |bytes: &[u8]| {
            Message::parse(bytes).is_ok_and(|message| message.cseq().is_some_and(|it| it.method == Method::Register))
        };
        matches!(input, Input::Vault(..) | Input::Saved(..) | Input::Http(..))
            || matches!(input, Input::Net(Report::Message(_, bytes)) if of_registrar(bytes))
    }

    fn perform(&mut self, output: Output) {
        let counts = matches!(
            output,
            Output::Net(_) | Output::Vault(..) | Output::Save(_) | Output::Append(_) | Output::Http(..)
        );
        self.steps += usize::from(counts);
        if self.is_dead() {
            return;
        }
        match output {
            Output::Net(order) => self.net(order),
            Output::Dns(id, query) => self.look_up(id, query),
            Output::Http(id, request) if self.api.is_some() && request.path.as_str().starts_with("/sasa/") => {
                let outcome = self.api.as_mut().and_then(|api| api.answer(self.now, &request));
                self.requested.push((self.now.mono, request));
                self.inputs.extend(outcome.map(|outcome| Input::Http(id, outcome)));
            }
            Output::Http(id, request) => {
                let answer = self.web.get(&format!("{}{}", request.origin, request.path)).cloned();
                let nobody = http::Outcome::Failed(http::HttpError::NotSent(NetError::Refused));
                self.requested.push((self.now.mono, request));
                self.inputs.push_back(Input::Http(id, answer.map_or(nobody, http::Outcome::Answer)));
            }
            Output::Vault(id, request) => self.vault(id, request),
            Output::Media(order) => {
                if let media::Order::Bind { call, .. } = order {
                    self.inputs.push_back(Input::Media(media::Report::Bound(call, server("192.0.2.1:4000"))));
                }
            }
            Output::Save(Save(document, bytes)) => {
                if self.disk_full.is_none() {
                    self.disk.insert(document.file_name(), bytes);
                }
                self.written(document);
            }
            Output::Append(Append(document, bytes)) => {
                if self.disk_full.is_none() {
                    self.disk.entry(document.file_name()).or_default().extend(bytes);
                }
                self.written(document);
            }
            Output::ReadFile(path, _) => {
                let content = self.files.get(&path).cloned().ok_or_else(|| "no such file".to_owned());
                self.inputs.push_back(Input::FileRead(content));
            }
            Output::ExportLog => self.inputs.push_back(Input::LogExported(Ok("a copy".into()))),
            Output::SetAside(document) => {
                self.disk.remove(document.file_name());
                self.aside.push(document);
            }
            Output::Release(order) => self.released.push(order),
            Output::StartDemo => self.demo_wanted = true,
            Output::Rehearse(_) => {}
            Output::Event(event) => self.events.push(event),
            Output::Timeout(timeout) => self.timeout = timeout.map(|(at, _)| at),
        }
    }

    fn written(&mut self, document: Document) {
        let told = Input::Saved(document, self.disk_full.clone().map_or(Ok(()), Err));
        if self.slow_disk {
            self.unspoken.push_back((document, told));
        } else {
            self.inputs.push_back(told);
        }
    }

    /// Whether the demo provider was to start since this was asked last.
    pub(super) fn demo_starts(&mut self) -> bool {
        std::mem::take(&mut self.demo_wanted)
    }

    /// A slow name service answers all that it was asked so far.
    pub(super) fn names_speak(&mut self) {
        for (id, query) in self.slow_names.replace(Vec::new()).unwrap_or_default() {
            let answer = self.named(id, &query);
            self.input(answer);
        }
    }

    fn look_up(&mut self, id: RequestId, query: Query) {
        self.asked.push(query.clone());
        match &mut self.slow_names {
            Some(waiting) => waiting.push((id, query)),
            None => {
                let answer = self.named(id, &query);
                self.inputs.push_back(answer);
            }
        }
    }

    fn named(&self, id: RequestId, query: &Query) -> Input {
        Input::Dns(id, self.names.get(query).cloned().unwrap_or(Answer::NotFound))
    }

    /// A slow disk acknowledges the oldest write: of which document. None if all are.
    pub(super) fn disk_speaks(&mut self) -> Option<Document> {
        let (document, told) = self.unspoken.pop_front()?;
        self.input(told);
        Some(document)
    }

    /// A request or flow report that the network makes up.
    pub(super) fn net_report(&mut self, report: Report) {
        self.input(Input::Net(report));
    }

    pub(super) fn view(&self) -> &PhoneView {
        self.phone.view()
    }

    pub(super) fn state(&self) -> Option<AccountState> {
        self.view().accounts.first().map(|account| account.state)
    }

    pub(super) fn failure(&self) -> Option<ProblemKind> {
        match &self.view().sign_in {
            SignInView::Failed(_, problem) => Some(problem.kind),
            SignInView::Idle | SignInView::Trying(_) | SignInView::AskUnencrypted(..) => None,
        }
    }

    pub(super) fn outcome(&self, ticket: u64) -> Option<Result<Done, Problem>> {
        let mut all = self.events.iter().filter_map(|event| {
            let Event::Answered(Ticket(number), outcome) = event else { return None };
            (*number == ticket).then(|| outcome.clone())
        });
        let first = all.next();
        assert!(all.next().is_none(), "a ticket is answered once");
        first
    }

    /// The most refusals that any span of so long has seen.
    pub(super) fn most_refusals(&self, within: Duration) -> usize {
        let from = |at: &Mono| self.refusals.iter().filter(|other| *other >= at && other.since(*at) < within).count();
        self.refusals.iter().map(from).max().unwrap_or_default()
    }

    /// How many bytes of credentials were sent.
    pub(super) fn credentials(&self) -> usize {
        let headers = self.sent.iter().flat_map(|(_, _, message)| message.headers.iter());
        headers.filter(|header| header.is("Authorization") || header.is("Proxy-Authorization")).count()
    }

    pub(super) fn sent_by(&self, transport: Transport) -> usize {
        self.sent.iter().filter(|(_, flow, _)| flow.transport == transport).count()
    }

    /// Signed in at `192.0.2.2` by this transport.
    pub(super) fn signed_in(usage: VaultUse, transport: Transport) -> World {
        let mut world = World::at_the_door(usage, &[transport]);
        world.sign_in(numeric(Some(transport)));
        assert_eq!(world.state(), Some(AccountState::Registered));
        world
    }

    /// Whether the person was ever shown a new password to set at the provider.
    pub(super) fn told_to_the_person(&self) -> bool {
        self.events.iter().any(|event| {
            matches!(event, Event::ChangeMoved(_, change) if change.phase == ringfence::phone::view::ChangePhase::AtProvider)
        })
    }

    pub(super) fn id(&self) -> AccountId {
        self.view().accounts.first().expect("an account").id
    }
}

pub(super) fn srv(port: u16, target: &str) -> Answer {
    Answer::Srv(vec![Srv { priority: 1, weight: 1, port, target: target.to_owned() }])
}
