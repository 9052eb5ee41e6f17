//! Whom TLS believes: certificates made for the test, each wrong in one way, and what the person is told.

use std::net::SocketAddr;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use ringfence::io::net::Options;
use ringfence::io::tls::Trust;
use ringfence::port::net::{CertificateError, Fingerprint, Flow, NetError, Target, Transport};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::Digest as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;

use crate::net::{Side, options, target};
use crate::rig::Scratch;

const NAME: &str = "voip.example";

/// An authority of the test's own.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    der: Vec<u8>,
}

fn authority() -> Authority {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    Authority { pem: certificate.pem(), der: certificate.der().to_vec(), issuer: Issuer::new(params, key) }
}

fn params(name: &str) -> CertificateParams {
    CertificateParams::new(vec![name.to_owned()]).unwrap()
}

/// A server that shows a certificate to whoever comes.
async fn server(
    certificate: Vec<u8>,
    key: &KeyPair,
    versions: &[&'static rustls::SupportedProtocolVersion],
) -> SocketAddr {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(certificate)], key)
        .unwrap();
    serve(config).await
}

async fn serve(config: rustls::ServerConfig) -> SocketAddr {
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(mut stream) = acceptor.accept(stream).await {
                    stream.write_all(b"\r\n").await.ok();
                    std::future::pending::<()>().await;
                }
            });
        }
    });
    addr
}

async fn connect(trust: Trust, addr: SocketAddr) -> Result<Flow, NetError> {
    let mut side = Side::start(Options { trust, ..options() });
    side.open(Target { tls_name: Some(NAME.into()), ..target(Transport::Tls, addr) }).await
}

/// Connects to a server whose certificate is signed by an authority that `--ca` names.
async fn with(certificate: CertificateParams) -> Result<Flow, NetError> {
    let authority = authority();
    let key = KeyPair::generate().unwrap();
    let certificate = certificate.signed_by(&key, &authority.issuer).unwrap();
    let addr = server(certificate.der().to_vec(), &key, rustls::ALL_VERSIONS).await;
    let scratch = Scratch::new();
    let file = scratch.path().join("ca.pem");
    std::fs::write(&file, &authority.pem).unwrap();
    connect(Trust::new(Some(file)), addr).await
}

fn certificate_error(outcome: Result<Flow, NetError>) -> CertificateError {
    match outcome {
        Err(NetError::Certificate(error, _)) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_certificate_of_an_authority_that_we_were_told_to_trust_is_good() {
    let flow = with(params(NAME)).await.unwrap();
    assert_eq!(flow.tls.as_deref(), Some("TLS 1.3"));
}

#[tokio::test]
async fn a_certificate_for_another_name_is_told_as_such() {
    assert_eq!(certificate_error(with(params("other.example")).await), CertificateError::WrongName);
}

#[tokio::test]
async fn an_expired_certificate_and_an_early_one_are_told_apart() {
    let mut expired = params(NAME);
    expired.not_after = date_time_ymd(2020, 1, 1);
    assert_eq!(certificate_error(with(expired).await), CertificateError::Expired);
    let mut early = params(NAME);
    early.not_before = date_time_ymd(2500, 1, 1);
    early.not_after = date_time_ymd(2600, 1, 1);
    assert_eq!(certificate_error(with(early).await), CertificateError::NotYetValid);
}

#[tokio::test]
async fn nobody_vouches_for_a_stranger_or_for_oneself() {
    let key = KeyPair::generate().unwrap();
    let signed = params(NAME).signed_by(&key, &authority().issuer).unwrap();
    let own = params(NAME).self_signed(&key).unwrap();
    // As `openssl req -x509` makes them: the server's certificate calls itself an authority.
    let mut both = params(NAME);
    both.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let both = both.self_signed(&key).unwrap();
    for certificate in [signed, own, both] {
        let addr = server(certificate.der().to_vec(), &key, rustls::ALL_VERSIONS).await;
        assert_eq!(certificate_error(connect(Trust::new(None), addr).await), CertificateError::UnknownIssuer);
    }
}

#[tokio::test]
async fn a_pinned_name_is_vouched_for_by_its_own_authority_and_by_nobody_else() {
    let (pinned, other) = (authority(), authority());
    let key = KeyPair::generate().unwrap();
    let trust = Trust::new(None);
    trust.pin(NAME, pinned.der).unwrap();
    let good = params(NAME).signed_by(&key, &pinned.issuer).unwrap();
    let addr = server(good.der().to_vec(), &key, rustls::ALL_VERSIONS).await;
    assert!(connect(trust.clone(), addr).await.is_ok());
    let bad = params(NAME).signed_by(&key, &other.issuer).unwrap();
    let addr = server(bad.der().to_vec(), &key, rustls::ALL_VERSIONS).await;
    assert_eq!(certificate_error(connect(trust, addr).await), CertificateError::UnknownIssuer);
}

#[tokio::test]
async fn the_protocols_version_is_said_in_words() {
    let authority = authority();
    let key = KeyPair::generate().unwrap();
    let certificate = params(NAME).signed_by(&key, &authority.issuer).unwrap();
    let addr = server(certificate.der().to_vec(), &key, &[&rustls::version::TLS12]).await;
    let trust = Trust::new(None);
    trust.pin(NAME, authority.der).unwrap();
    assert_eq!(connect(trust, addr).await.unwrap().tls.as_deref(), Some("TLS 1.2"));
}

#[tokio::test]
async fn who_does_not_speak_tls_is_not_a_certificate_problem() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            stream.write_all(b"SIP/2.0 400 Bad Request\r\n\r\n").await.ok();
        }
    });
    assert!(matches!(connect(Trust::new(None), addr).await, Err(NetError::Tls(_))));
}

#[tokio::test]
async fn who_accepts_and_says_nothing_is_given_up_on() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    assert_eq!(connect(Trust::new(None), addr).await, Err(NetError::TimedOut));
}

#[tokio::test]
async fn an_unreadable_ca_file_is_said_and_not_passed_over() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let scratch = Scratch::new();
    let empty = scratch.path().join("empty.pem");
    std::fs::write(&empty, "no certificate\n").unwrap();
    for file in [empty, scratch.path().join("absent.pem")] {
        let outcome = connect(Trust::new(Some(file.clone())), listener.local_addr().unwrap()).await;
        assert!(matches!(&outcome, Err(NetError::Tls(words)) if words.contains("pem")), "{outcome:?}");
    }
}

fn fingerprint(certificate: &[u8]) -> Fingerprint {
    Fingerprint(sha2::Sha256::digest(certificate).into())
}

async fn connect_pinned(addr: SocketAddr, pin: Fingerprint) -> Result<Flow, NetError> {
    let mut side = Side::start(Options { trust: Trust::new(None), ..options() });
    let target = target(Transport::Tls, addr);
    side.open(Target { tls_name: Some(NAME.into()), pin: Some(pin), ..target }).await
}

#[tokio::test]
async fn a_refused_certificate_is_told_by_its_fingerprint() {
    let key = KeyPair::generate().unwrap();
    for name in [NAME, "other.example"] {
        let own = params(name).self_signed(&key).unwrap();
        let addr = server(own.der().to_vec(), &key, rustls::ALL_VERSIONS).await;
        let outcome = connect(Trust::new(None), addr).await;
        assert!(
            matches!(outcome, Err(NetError::Certificate(_, Some(shown))) if shown == fingerprint(own.der())),
            "{outcome:?}"
        );
    }
}

#[tokio::test]
async fn the_certificate_that_the_person_trusts_is_good_whoever_vouches_for_it() {
    let key = KeyPair::generate().unwrap();
    // As `openssl req -x509` makes them: an authority, for another name, and out of date.
    let mut odd = params("other.example");
    odd.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    odd.not_after = date_time_ymd(2020, 1, 1);
    for certificate in [params(NAME).self_signed(&key).unwrap(), odd.self_signed(&key).unwrap()] {
        for version in [&rustls::version::TLS12, &rustls::version::TLS13] {
            let addr = server(certificate.der().to_vec(), &key, &[version]).await;
            let outcome = connect_pinned(addr, fingerprint(certificate.der())).await;
            assert!(outcome.is_ok(), "{outcome:?}");
        }
    }
}

#[tokio::test]
async fn any_other_certificate_is_refused_even_if_an_authority_vouches_for_it() {
    let authority = authority();
    let key = KeyPair::generate().unwrap();
    let good = params(NAME).signed_by(&key, &authority.issuer).unwrap();
    let addr = server(good.der().to_vec(), &key, rustls::ALL_VERSIONS).await;
    let trust = Trust::new(None);
    trust.pin(NAME, authority.der).unwrap();
    assert!(connect(trust.clone(), addr).await.is_ok(), "without a pin it is good");
    let mut side = Side::start(Options { trust, ..options() });
    let pin = Some(Fingerprint([7; 32]));
    let outcome = side.open(Target { tls_name: Some(NAME.into()), pin, ..target(Transport::Tls, addr) }).await;
    let shown = fingerprint(good.der());
    assert_eq!(outcome, Err(NetError::Certificate(CertificateError::Changed, Some(shown))));
}

/// Shows a certificate without having its key.
#[derive(Debug)]
struct Impostor(Arc<rustls::sign::CertifiedKey>);

impl rustls::server::ResolvesServerCert for Impostor {
    fn resolve(&self, _hello: rustls::server::ClientHello<'_>) -> Option<Arc<rustls::sign::CertifiedKey>> {
        Some(Arc::clone(&self.0))
    }
}

#[tokio::test]
async fn who_shows_the_trusted_certificate_without_its_key_is_refused() {
    let (key, stolen) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let certificate = params(NAME).self_signed(&key).unwrap();
    let provider = rustls::crypto::ring::default_provider();
    let wrong = PrivateKeyDer::try_from(stolen.serialize_der()).unwrap();
    let wrong = provider.key_provider.load_private_key(wrong).unwrap();
    let certified = rustls::sign::CertifiedKey::new(vec![certificate.der().clone()], wrong);
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Impostor(Arc::new(certified))));
    let addr = serve(config).await;
    let outcome = connect_pinned(addr, fingerprint(certificate.der())).await;
    assert!(outcome.is_err(), "{outcome:?}");
}
