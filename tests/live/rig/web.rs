//! A web server on loopback with an authority of its own, whose pages are whole answers, byte for byte.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A page.
#[derive(Clone)]
pub enum Page {
    /// These bytes, headers and all, and then the end.
    Answer(Vec<u8>),
    /// These, and then more of the same until nobody takes them any more.
    Endless(Vec<u8>),
}

/// `200 OK` with a body of this type.
pub fn page(kind: &str, body: &[u8]) -> Page {
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    Page::Answer([head.as_bytes(), body].concat())
}

#[derive(Default)]
struct Shared {
    pages: Mutex<HashMap<String, Page>>,
    asked: Mutex<Vec<String>>,
}

/// The server; it ends when it is dropped.
pub struct Website {
    shared: Arc<Shared>,
    pub addr: SocketAddr,
    /// Its authority's certificate.
    pub ca: PathBuf,
    _runtime: tokio::runtime::Runtime,
}

impl Website {
    /// A server for this host name; `folder` takes its authority's certificate.
    pub fn start(name: &str, folder: &Path) -> Website {
        let (config, authority) = certified(name);
        let ca = folder.join("web-ca.pem");
        std::fs::write(&ca, authority).expect("written");
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("runtime");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("bound");
        let addr = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared::default());
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let served = Arc::clone(&shared);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, shared) = (acceptor.clone(), Arc::clone(&served));
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(stream).await {
                        serve(stream, &shared).await;
                    }
                });
            }
        });
        Website { shared, addr, ca, _runtime: runtime }
    }

    pub fn put(&self, path: &str, page: Page) {
        self.shared.pages.lock().expect("pages").insert(path.to_owned(), page);
    }

    /// The paths that were asked for, in order.
    pub fn asked(&self) -> Vec<String> {
        self.shared.asked.lock().expect("asked").clone()
    }
}

async fn serve(mut stream: tokio_rustls::server::TlsStream<tokio::net::TcpStream>, shared: &Shared) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => request.push(byte),
            Err(_) => return,
        }
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1).unwrap_or_default().to_owned();
    shared.asked.lock().expect("asked").push(path.clone());
    let page = shared.pages.lock().expect("pages").get(&path).cloned();
    let missing = Page::Answer(b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".to_vec());
    let (mut going, bytes) = match page.unwrap_or(missing) {
        Page::Answer(bytes) => (false, bytes),
        Page::Endless(bytes) => (true, bytes),
    };
    if stream.write_all(&bytes).await.is_err() {
        return;
    }
    while going {
        going = stream.write_all(&[b'y'; 16 * 1024]).await.is_ok();
    }
    // Whoever is served may have gone away already.
    drop(stream.shutdown().await);
}

fn certified(name: &str) -> (rustls::ServerConfig, String) {
    let key = KeyPair::generate().expect("a key");
    let mut params = CertificateParams::new(Vec::new()).expect("parameters");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&key).expect("an authority").pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().expect("a key");
    let leaf =
        CertificateParams::new(vec![name.to_owned()]).expect("parameters").signed_by(&key, &issuer).expect("signed");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(leaf.der().to_vec())], key)
        .expect("a certificate");
    (config, authority)
}
