//! The HTTPS driver against servers of every kind: it follows nothing, reads no further than it must, trusts whom it
//! should, and tells "not a byte left" from "nobody knows".

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use ringfence::base::Secret;
use ringfence::io::connect_to::Rules;
use ringfence::io::dns::Dns;
use ringfence::io::http::Http;
use ringfence::io::tls::Trust;
use ringfence::port::RequestId;
use ringfence::port::http::{Accept, HttpError, Method, Outcome, Request};
use ringfence::port::net::{CertificateError, NetError};
use ringfence::provider_api::{Origin, Path};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::rig::Scratch;

const NAME: &str = "account.voip.example";

/// A server that says `answer` to every request, byte for byte, and what it was asked.
struct Server {
    addr: SocketAddr,
    ca: String,
    asked: mpsc::Receiver<String>,
    connections: Arc<AtomicUsize>,
}

async fn server(certified: &str, answer: Vec<u8>) -> Server {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec![certified.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(leaf.der().to_vec())], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (tell, asked) = mpsc::channel(16);
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            let (acceptor, tell, answer) = (acceptor.clone(), tell.clone(), answer.clone());
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let mut bytes = vec![0; 65536];
                let mut got = 0;
                while !bytes[..got].windows(4).any(|four| four == b"\r\n\r\n") {
                    match stream.read(&mut bytes[got..]).await {
                        Ok(more) if more > 0 => got += more,
                        _ => return,
                    }
                }
                tell.send(String::from_utf8_lossy(&bytes[..got]).into_owned()).await.ok();
                stream.write_all(&answer).await.ok();
                stream.shutdown().await.ok();
            });
        }
    });
    Server { addr, ca, asked, connections }
}

fn reply(head: &str, body: &str) -> Vec<u8> {
    format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()).into_bytes()
}

fn get() -> Request {
    Request::get(Origin::parse(&format!("https://{NAME}")).unwrap(), Path::parse("/sasa/policy").unwrap())
}

/// Sends a request to where `addr` is, trusting `ca`.
async fn ask(addr: SocketAddr, ca: &str, request: Request) -> Outcome {
    let scratch = Scratch::new();
    let file = scratch.path().join("ca.pem");
    std::fs::write(&file, ca).unwrap();
    let rules = Rules::new(vec![format!("{NAME}:443:{addr}").parse().unwrap()]);
    let dns = Dns::new(None, rules.clone(), mpsc::channel(1).0);
    let (tell, mut told) = mpsc::channel(1);
    Http::new(Trust::new(Some(file)), dns, rules, tell).perform(RequestId(7), request);
    let (id, outcome) = tokio::time::timeout(Duration::from_secs(25), told.recv()).await.unwrap().unwrap();
    assert_eq!(id, RequestId(7));
    outcome
}

async fn outcome(answer: Vec<u8>, request: Request) -> (Outcome, Server) {
    let server = server(NAME, answer).await;
    (ask(server.addr, &server.ca, request).await, server)
}

#[tokio::test]
async fn an_answer_comes_with_its_date_its_etag_and_its_challenges() {
    let head = "401 Unauthorized\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nETag: \"17\"\r\nRetry-After: 30\r\n\
                WWW-Authenticate: Digest realm=\"a\"\r\nWWW-Authenticate: Digest realm=\"b\"\r\n\
                Content-Type: application/problem+json";
    let (outcome, mut server) = outcome(reply(head, "{}"), get()).await;
    let Outcome::Answer(answer) = outcome else { panic!("{outcome:?}") };
    assert_eq!((answer.status, answer.etag.as_deref()), (401, Some("\"17\"")));
    assert_eq!(answer.date.unwrap().to_string(), "1994-11-06T08:49:37Z");
    assert_eq!(answer.retry_after, Some(Duration::from_secs(30)));
    assert_eq!(answer.challenges.len(), 2);
    let request = server.asked.recv().await.unwrap().to_ascii_lowercase();
    assert!(request.starts_with("get /sasa/policy http/1.1\r\n"), "{request}");
    assert!(request.contains(&format!("\r\nhost: {NAME}\r\n")), "{request}");
    for absent in ["cookie", "referer", "accept-encoding", "authorization"] {
        assert!(!request.contains(absent), "{request}");
    }
}

#[tokio::test]
async fn a_body_and_credentials_go_where_they_should_with_the_port_in_the_host() {
    let server = server(NAME, reply("200 OK\r\nContent-Type: application/json", "{}")).await;
    let origin = Origin::parse(&format!("https://{NAME}:8443")).unwrap();
    let request = Request {
        origin,
        method: Method::Post,
        authorization: Some(Secret::from("Digest username=\"100\"")),
        body: Some(Secret::new(b"{\"tx\":1}".to_vec())),
        ..get()
    };
    let scratch = Scratch::new();
    std::fs::write(scratch.path().join("ca.pem"), &server.ca).unwrap();
    let rules = Rules::new(vec![format!("{NAME}:8443:{}", server.addr).parse().unwrap()]);
    let dns = Dns::new(None, rules.clone(), mpsc::channel(1).0);
    let (tell, mut told) = mpsc::channel(1);
    Http::new(Trust::new(Some(scratch.path().join("ca.pem"))), dns, rules, tell).perform(RequestId(1), request);
    assert!(matches!(told.recv().await, Some((_, Outcome::Answer(answer))) if answer.status == 200));
    let mut server = server;
    let request = server.asked.recv().await.unwrap();
    assert!(request.contains(&format!("host: {NAME}:8443\r\n")), "{request}");
    assert!(request.contains("authorization: Digest username=\"100\"\r\n"), "{request}");
    assert!(request.contains("content-type: application/json\r\n"), "{request}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (elsewhere, mut trap) = {
        let trap = server(NAME, reply("200 OK\r\nContent-Type: application/json", "{}")).await;
        (format!("302 Found\r\nLocation: https://{NAME}:{}/stolen", trap.addr.port()), trap)
    };
    let (outcome, _) = outcome(reply(&elsewhere, ""), get()).await;
    assert_eq!(outcome, Outcome::Failed(HttpError::Redirected(302)));
    assert!(trap.asked.try_recv().is_err() && trap.connections.load(Ordering::SeqCst) == 0);
    // Who only asks for the status learns where it would lead, and is not led there either.
    let (outcome, _) = self::outcome(reply(&elsewhere, ""), Request { accept: Accept::Status, ..get() }).await;
    assert!(matches!(outcome, Outcome::Answer(answer) if answer.location.is_some()));
}

#[tokio::test]
async fn a_body_is_read_no_further_than_its_cap() {
    let long = reply("200 OK\r\nContent-Type: application/json", &"x".repeat(5000));
    let (outcome, _) = outcome(long.clone(), Request { cap: 4999, ..get() }).await;
    assert_eq!(outcome, Outcome::Failed(HttpError::TooLong(200)));
    let (outcome, _) = self::outcome(long, Request { cap: 5000, ..get() }).await;
    assert!(matches!(outcome, Outcome::Answer(_)), "{outcome:?}");
    // One that names no length and does not end is no different.
    let mut endless = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n".to_vec();
    endless.extend(std::iter::repeat_n(b'y', 1 << 20));
    let (outcome, _) = self::outcome(endless, Request { cap: 4096, ..get() }).await;
    assert_eq!(outcome, Outcome::Failed(HttpError::TooLong(200)));
}

#[tokio::test]
async fn only_json_is_taken_where_json_is_asked_for() {
    let page = reply("200 OK\r\nContent-Type: text/html", "<html>");
    let (outcome, _) = outcome(page.clone(), get()).await;
    assert_eq!(outcome, Outcome::Failed(HttpError::WrongType(200)));
    let (outcome, _) = self::outcome(page, Request { accept: Accept::Signature, ..get() }).await;
    assert!(matches!(outcome, Outcome::Answer(_)));
}

#[tokio::test]
async fn certificates_count_and_nothing_leaves_before_they_do() {
    let other = server("other.example", reply("200 OK", "{}")).await;
    let wrong_name = ask(other.addr, &other.ca, get()).await;
    let Outcome::Failed(HttpError::NotSent(NetError::Certificate(error, _))) = &wrong_name else {
        panic!("{wrong_name:?}")
    };
    assert_eq!(*error, CertificateError::WrongName);
    let mut server = server(NAME, reply("200 OK", "{}")).await;
    let stranger = ask(server.addr, &other.ca, get()).await;
    assert!(
        matches!(
            &stranger,
            Outcome::Failed(HttpError::NotSent(NetError::Certificate(CertificateError::UnknownIssuer, _)))
        ),
        "{stranger:?}"
    );
    assert!(server.asked.try_recv().is_err(), "not a byte of the request left");
}

#[tokio::test]
async fn a_closed_door_is_told_from_a_lost_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = listener.local_addr().unwrap();
    drop(listener);
    let refused = ask(closed, &server(NAME, Vec::new()).await.ca, get()).await;
    assert_eq!(refused, Outcome::Failed(HttpError::NotSent(NetError::Refused)));
    // It reads the request, and hangs up: whatever was asked may have been done.
    let (lost, server) = outcome(Vec::new(), Request { method: Method::Post, ..get() }).await;
    assert!(matches!(lost, Outcome::Failed(HttpError::Unknown(_))), "{lost:?}");
    assert_eq!(server.connections.load(Ordering::SeqCst), 1, "nothing is sent a second time by itself");
    // Half an answer is none.
    let half = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{".to_vec();
    let (lost, _) = self::outcome(half, get()).await;
    assert!(matches!(lost, Outcome::Failed(HttpError::Unknown(_))), "{lost:?}");
}
