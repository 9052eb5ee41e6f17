//! One `ringfence-provider serve`, and a client that speaks its API by hand.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use reqwest::StatusCode;
use ringfence::base::{Entropy, Secret, WallTime};
use ringfence::provider_api::changes::Terminate;
use ringfence::provider_api::ed25519::{DeviceKey, Signed};
use ringfence::provider_api::secret::Ha1Algorithm;
use ringfence::provider_api::{ChangeRequest, Credential, Stamp, TxId};
use ringfence::sip::digest::{Challenge, Credentials, Qop, algorithm::Terms};
use ringfence::sip::header::Auth;
use serde_json::Value;

use super::kamailio::DOMAIN;
use super::{Daemon, free_port};

/// A provider in front of a database.
pub struct Provider {
    pub daemon: Daemon,
    pub addr: SocketAddr,
    /// The CA of its certificate, PEM.
    pub ca: PathBuf,
    folder: PathBuf,
}

/// How it is started.
#[derive(Clone)]
pub struct Options {
    /// `sqlite:…` or `postgres:…`
    pub database: String,
    pub back_end: &'static str,
    /// More of its configuration: whole tables.
    pub more: String,
    /// It has notices to single accounts.
    pub own_notices: bool,
    /// The program that tells owners.
    pub tell: Option<PathBuf>,
    /// `RINGFENCE_PROVIDER_DIES_AT`
    pub dies_at: Option<u32>,
}

impl Options {
    /// The password alone is enough and at once, unless `more` says otherwise.
    pub fn simple(database: String, back_end: &'static str) -> Options {
        let more = "[access]\ndelay_s = 0\ncooling_off_h = 0.0\nconfirm_devices = false\n".to_owned();
        Options { database, back_end, more, own_notices: false, tell: None, dies_at: None }
    }
}

/// The host of its issuer.
pub fn host() -> String {
    format!("account.{DOMAIN}")
}

fn private(path: &Path, text: &str) {
    std::fs::write(path, text).expect("a file");
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("chmod");
}

/// A CA and a certificate for [`host`].
fn make_certificates(folder: &Path) -> PathBuf {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("key")).expect("CA");
    let key = KeyPair::generate().expect("key");
    let names = vec![host(), DOMAIN.to_owned()];
    let leaf = CertificateParams::new(names).expect("names").signed_by(&key, &issuer).expect("leaf");
    private(&folder.join("key.pem"), &key.serialize_pem());
    std::fs::write(folder.join("cert.pem"), leaf.pem()).expect("certificate");
    let ca = folder.join("ca.pem");
    std::fs::write(&ca, issuer.pem()).expect("CA");
    ca
}

impl Provider {
    /// Starts it in `folder` (again, if it was there before: on the same port) and waits until it listens.
    pub fn start(folder: &Path, options: &Options) -> Provider {
        let (port, ca) = Provider::configure(folder, options);
        let mut command = Provider::command(folder, &["serve"]);
        command.env("RUST_LOG", "ringfence=debug,sqlx=warn");
        if let Some(step) = options.dies_at {
            command.env("RINGFENCE_PROVIDER_DIES_AT", step.to_string());
        }
        let daemon = Daemon::spawn("ringfence-provider", command, folder);
        let addr = SocketAddr::from(([127, 0, 0, 1], port));
        daemon.wait_for_log(" open ");
        Provider { daemon, addr, ca, folder: folder.to_owned() }
    }

    /// Tries to start it, and must fail: what it said.
    pub fn refused(folder: &Path, options: &Options) -> String {
        Provider::configure(folder, options);
        let output = Provider::command(folder, &["serve"]).output().expect("it runs");
        assert!(!output.status.success(), "it started");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Writes certificates (the first time) and configuration: the port, and the CA.
    fn configure(folder: &Path, options: &Options) -> (u16, PathBuf) {
        let ca = folder.join("ca.pem");
        if !ca.exists() {
            std::fs::create_dir_all(folder.join("publish")).expect("folder");
            make_certificates(folder);
            std::fs::write(folder.join("port"), free_port().to_string()).expect("port");
        }
        let port: u16 = std::fs::read_to_string(folder.join("port")).expect("port").parse().expect("a number");
        let config = format!(
            "listen = \"127.0.0.1:{port}\"\ndomain = \"{DOMAIN}\"\nissuer = \"https://{host}:{port}\"\n\
             publish = \"{here}/publish\"\n{own}tell = [{tell}]\n[tls]\ncertificate = \"{here}/cert.pem\"\nkey = \"{here}/key.pem\"\n\
             [database]\nurl = \"{}\"\nback_end = \"{}\"\n{}",
            options.database,
            options.back_end,
            options.more,
            host = host(),
            here = folder.display(),
            own = if options.own_notices {
                format!("own_notices = \"{}/own\"\n", folder.display())
            } else {
                String::new()
            },
            tell = options.tell.as_ref().map(|path| format!("{path:?}")).unwrap_or_default(),
        );
        private(&folder.join("provider.toml"), &config);
        (port, ca)
    }

    fn command(folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(crate::provider_program());
        command.args(arguments).arg("--config").arg(folder.join("provider.toml"));
        command
    }

    /// Runs another of its commands beside it.
    pub fn run(&self, arguments: &[&str]) -> Output {
        Provider::command(&self.folder, arguments).output().expect("it runs")
    }

    /// The same, and it must succeed: what it printed.
    pub fn ok(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Where the notices to single accounts are.
    pub fn own_notices(&self) -> PathBuf {
        self.folder.join("own")
    }

    /// Where what is published is.
    pub fn publish(&self) -> PathBuf {
        self.folder.join("publish")
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub retry_after: Option<u64>,
    pub etag: Option<String>,
    pub body: Value,
}

impl Answer {
    /// The problem's `type`, or the state of a change.
    pub fn word(&self) -> &str {
        self.body["type"].as_str().or_else(|| self.body["state"].as_str()).unwrap_or_default()
    }
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Ask {
    pub method: &'static str,
    pub path: String,
    pub tx: Option<String>,
    pub generation: Option<u64>,
    pub body: Vec<u8>,
}

pub fn get(path: &str) -> Ask {
    Ask { method: "GET", path: path.to_owned(), tx: None, generation: None, body: Vec::new() }
}

/// A change of the password of `user`; `terminate` as it is on the wire.
pub fn change(user: &str, tx: &TxId, new: &str, generation: u64, terminate: Terminate) -> Ask {
    change_in(DOMAIN, user, tx, new, generation, terminate)
}

fn change_in(realm: &str, user: &str, tx: &TxId, new: &str, generation: u64, terminate: Terminate) -> Ask {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
    let request = ChangeRequest {
        tx: tx.clone(),
        target: Default::default(),
        generation: Default::default(),
        not_after: Stamp(WallTime(i64::try_from(now).expect("before 2262") + 300_000)),
        secret: Some(Credential::ha1(user, realm, &Secret::from(new), &Ha1Algorithm::ALL)),
        terminate,
        reason: Some("person".into()),
    };
    let body = serde_json::to_vec(&request).expect("JSON");
    Ask { method: "POST", path: "/sasa/changes".into(), tx: Some(tx.to_string()), generation: Some(generation), body }
}

pub fn query(tx: &TxId) -> Ask {
    get(&format!("/sasa/changes/{tx}"))
}

pub fn fence(tx: &TxId) -> Ask {
    Ask { method: "DELETE", ..query(tx) }
}

/// One line's account at a provider, over HTTPS that trusts the provider's CA and nobody else.
pub struct Client {
    http: reqwest::Client,
    base: String,
    pub user: String,
    pub device: Option<(String, DeviceKey)>,
    /// `Sasa-Instance`
    pub instance: Option<String>,
    dice: Entropy,
    challenge: Option<(Challenge, u32)>,
    realm: &'static str,
}

impl Client {
    pub fn new(provider: &Provider, user: &str) -> Client {
        let ca = rustls::pki_types::pem::PemObject::from_pem_file(&provider.ca).expect("a certificate");
        Client::connect(&host(), provider.addr, ca, DOMAIN, user)
    }

    /// The account of a provider that is called `host` and is at `addr`.
    pub fn connect(
        host: &str,
        addr: SocketAddr,
        ca: rustls::pki_types::CertificateDer<'static>,
        realm: &'static str,
        user: &str,
    ) -> Client {
        let mut roots = rustls::RootCertStore::empty();
        roots.add(ca).expect("a CA");
        let ring = Arc::new(rustls::crypto::ring::default_provider());
        let mut tls = rustls::ClientConfig::builder_with_provider(ring)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .timeout(Duration::from_secs(30))
            .resolve(host, addr)
            .build()
            .expect("a client");
        let base = format!("https://{host}:{}", addr.port());
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).expect("dice");
        Client {
            http,
            base,
            user: user.to_owned(),
            device: None,
            instance: None,
            dice: Entropy::from_seed(seed),
            challenge: None,
            realm,
        }
    }

    /// A change of this account's password, as it is sent.
    pub fn change(&mut self, new: &str, generation: u64) -> (TxId, Ask) {
        let tx = self.tx();
        let ask = change_in(self.realm, &self.user, &tx, new, generation, Terminate::default());
        (tx, ask)
    }

    /// A new transaction.
    pub fn tx(&mut self) -> TxId {
        TxId::new(WallTime(1_795_356_600_000), &mut self.dice)
    }

    /// One request as it is.
    pub async fn send(
        &self,
        ask: &Ask,
        authorization: Option<&str>,
        signature: Option<&str>,
    ) -> Result<(Answer, Vec<Challenge>), reqwest::Error> {
        let method = reqwest::Method::from_bytes(ask.method.as_bytes()).expect("a method");
        let mut request = self.http.request(method, format!("{}{}", self.base, ask.path)).body(ask.body.clone());
        let device = self.device.as_ref().map(|(id, _)| id.clone()).filter(|_| signature.is_some());
        for (name, value) in [
            ("Authorization", authorization.map(str::to_owned)),
            ("Idempotency-Key", ask.tx.clone()),
            ("If-Match", ask.generation.map(|generation| format!("\"{generation}\""))),
            ("Sasa-Device", device),
            ("Sasa-Instance", self.instance.clone()),
            ("Sasa-Signature", signature.map(str::to_owned)),
        ] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let response = request.send().await?;
        let status = response.status();
        let text = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let (retry_after, etag) = (text("retry-after").and_then(|seconds| seconds.parse().ok()), text("etag"));
        let challenges = response.headers().get_all("www-authenticate").iter();
        let challenges = challenges.filter_map(|value| Challenge::from_auth(&Auth::parse(value.to_str().ok()?)?));
        let challenges = challenges.collect();
        let bytes = response.bytes().await?;
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Ok((Answer { status: StatusCode::as_u16(&status), retry_after, etag, body }, challenges))
    }

    /// With whatever it takes to be let in; the nonce is used again as long as the provider takes it.
    pub async fn try_ask(&mut self, password: &str, ask: &Ask) -> Result<Answer, reqwest::Error> {
        for _ in 0..2 {
            if self.challenge.is_none() {
                let (answer, mut challenges) = self.send(ask, None, None).await?;
                if challenges.is_empty() {
                    return Ok(answer);
                }
                self.challenge = Some((challenges.remove(0), 0));
            }
            let (authorization, signature) = self.credentials(password, ask);
            let (answer, challenges) = self.send(ask, Some(&authorization), signature.as_deref()).await?;
            match challenges.into_iter().next() {
                Some(challenge) if challenge.stale => self.challenge = Some((challenge, 0)),
                Some(_) => {
                    self.challenge = None;
                    return Ok(answer);
                }
                None => return Ok(answer),
            }
        }
        panic!("stale twice");
    }

    pub async fn ask(&mut self, password: &str, ask: &Ask) -> Answer {
        self.try_ask(password, ask).await.expect("the provider answers")
    }

    fn credentials(&mut self, password: &str, ask: &Ask) -> (String, Option<String>) {
        let (challenge, count) = self.challenge.as_mut().expect("a challenge");
        *count += 1;
        let cnonce = self.dice.token(12);
        let algorithm = challenge.algorithm.expect("known");
        let terms = Terms {
            algorithm,
            username: &self.user,
            realm: &challenge.realm,
            nonce: &challenge.nonce,
            cnonce: &cnonce,
            count: *count,
            qop: Some(Qop::Auth),
            method: ask.method,
            uri: &ask.path,
            body: &ask.body,
        };
        let response = terms.response(&Secret::from(password));
        let credentials = Credentials {
            username: self.user.clone(),
            realm: challenge.realm.clone(),
            nonce: challenge.nonce.clone(),
            uri: ask.path.clone(),
            response,
            algorithm: Some(algorithm),
            named: true,
            qop: Some((Qop::Auth, *count)),
            cnonce: Some(cnonce),
            opaque: None,
            userhash: false,
        };
        let generation = ask.generation.map(|number| number.to_string()).unwrap_or_default();
        let signed = Signed {
            method: ask.method,
            path: &ask.path,
            body: &ask.body,
            tx: ask.tx.as_deref().unwrap_or_default(),
            generation: &generation,
            nonce: &challenge.nonce,
        };
        let signature = self.device.as_ref().and_then(|(_, key)| key.sign(&signed));
        (credentials.to_auth().to_string(), signature)
    }

    /// The generation, if this password is the account's.
    pub async fn generation(&mut self, password: &str) -> Option<u64> {
        self.ask(password, &get("/sasa/policy")).await.body["generation"].as_u64()
    }
}

/// Runs a test's future.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(future)
}
