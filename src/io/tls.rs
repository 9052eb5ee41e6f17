//! Client TLS by rustls with `ring`, verified against the SIP domain (RFC 5922 §4). Nothing is loaded before TLS is
//! first used.

mod witness;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::ServerCertVerifier;
use rustls::client::{Resumption, WebPkiServerVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use rustls::{ClientConfig, ProtocolVersion, RootCertStore};

use crate::port::net::{CertificateError, Fingerprint, NetError};
pub use witness::Witness;

/// Whom we trust. Clones share what has been loaded.
#[derive(Clone, Debug)]
pub struct Trust(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    ca_file: Option<PathBuf>,
    platform: Mutex<Option<Loaded>>,
    pinned: Mutex<Vec<(String, Loaded)>>,
}

/// Whoever says which certificates are good, and a configuration that asks them.
#[derive(Clone, Debug)]
struct Loaded {
    verifier: Arc<dyn ServerCertVerifier>,
    config: Arc<ClientConfig>,
}

impl Loaded {
    fn new(verifier: Arc<dyn ServerCertVerifier>) -> Result<Loaded, NetError> {
        Ok(Loaded { config: Arc::new(config(Arc::clone(&verifier))?), verifier })
    }
}

impl Trust {
    /// The platform's trust store, and the certificates of a PEM file beside it.
    #[must_use]
    pub fn new(ca_file: Option<PathBuf>) -> Trust {
        Trust(Arc::new(Shared { ca_file, platform: Mutex::default(), pinned: Mutex::default() }))
    }

    /// From now on, `name` is vouched for by this one authority (DER) and by nobody else: the demo provider's.
    ///
    /// # Errors
    /// If it is no certificate.
    pub fn pin(&self, name: &str, ca: Vec<u8>) -> Result<(), NetError> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(ca)).map_err(|error| net_error(&error))?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider())
            .build()
            .map_err(|error| NetError::Tls(error.to_string()))?;
        let loaded = Loaded::new(verifier)?;
        let mut pinned = self.0.pinned.lock().unwrap_or_else(PoisonError::into_inner);
        pinned.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        pinned.push((name.to_owned(), loaded));
        Ok(())
    }

    /// The configuration for connections to `name`. The first call for a name that is not pinned reads the
    /// platform's trust store: blocks for some milliseconds.
    ///
    /// # Errors
    /// If the trust store or the PEM file cannot be read.
    pub fn config_for(&self, name: &str) -> Result<Arc<ClientConfig>, NetError> {
        self.loaded(name).map(|loaded| loaded.config)
    }

    /// The configuration for one SIP connection to `name`, and the witness of the certificate that is shown on it.
    /// With a `pin`, that certificate is good and no other, whoever vouches for it. Blocks likewise.
    ///
    /// # Errors
    /// If the trust store or the PEM file cannot be read.
    pub fn config_with(
        &self,
        name: &str,
        pin: Option<Fingerprint>,
    ) -> Result<(Arc<ClientConfig>, Arc<Witness>), NetError> {
        let Loaded { verifier, config } = self.loaded(name)?;
        let witness = Arc::new(Witness::new(verifier, pin));
        let mut config = config.as_ref().clone();
        // What was resumed would be taken on the word of an earlier connection, which may have had another pin.
        config.resumption = Resumption::disabled();
        // rustls' word for any verifier that is not its own: this one asks the usual one, or is stricter.
        config.dangerous().set_certificate_verifier(Arc::<Witness>::clone(&witness));
        Ok((Arc::new(config), witness))
    }

    fn loaded(&self, name: &str) -> Result<Loaded, NetError> {
        let pinned = self.0.pinned.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, loaded)) = pinned.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)) {
            return Ok(loaded.clone());
        }
        drop(pinned);
        let mut platform = self.0.platform.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(loaded) = &*platform {
            return Ok(loaded.clone());
        }
        let verifier = rustls_platform_verifier::Verifier::new_with_extra_roots(self.extra_roots()?, provider())
            .map_err(|error| net_error(&error))?;
        let loaded = Loaded::new(Arc::new(verifier))?;
        *platform = Some(loaded.clone());
        Ok(loaded)
    }

    fn extra_roots(&self) -> Result<Vec<CertificateDer<'static>>, NetError> {
        let Some(path) = &self.0.ca_file else { return Ok(Vec::new()) };
        let unreadable = |error: rustls::pki_types::pem::Error| NetError::Tls(format!("{}: {error}", path.display()));
        let roots: Vec<_> = CertificateDer::pem_file_iter(path).and_then(Iterator::collect).map_err(unreadable)?;
        if roots.is_empty() {
            return Err(NetError::Tls(format!("{}: no certificate in it", path.display())));
        }
        Ok(roots)
    }
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn config(verifier: Arc<dyn ServerCertVerifier>) -> Result<ClientConfig, NetError> {
    // TLS 1.2 and 1.3 are all that rustls has.
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| net_error(&error))?
        .dangerous() // rustls' word for any verifier that is not its own default; this one is stricter or the platform's
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(config)
}

/// The protocol's version as people write it: `TLS 1.3`.
#[must_use]
pub fn in_words(version: Option<ProtocolVersion>) -> String {
    match version {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3".into(),
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2".into(),
        _ => "TLS".into(),
    }
}

/// What a failed handshake means, from tokio-rustls' `io::Error`, whose inner error is rustls'.
#[must_use]
pub fn handshake_error(error: &std::io::Error) -> NetError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(error) => net_error(error),
        None => super::net::error(error),
    }
}

fn net_error(error: &rustls::Error) -> NetError {
    if let rustls::Error::InvalidCertificate(error) = error {
        NetError::Certificate(certificate_error(error), None)
    } else {
        NetError::Tls(error.to_string())
    }
}

fn certificate_error(error: &rustls::CertificateError) -> CertificateError {
    use rustls::CertificateError as Theirs;
    #[expect(clippy::wildcard_enum_match_arm, reason = "a foreign list that grows; the rest keeps its own words")]
    match error {
        Theirs::NotValidForName | Theirs::NotValidForNameContext { .. } => CertificateError::WrongName,
        Theirs::Expired | Theirs::ExpiredContext { .. } => CertificateError::Expired,
        Theirs::NotValidYet | Theirs::NotValidYetContext { .. } => CertificateError::NotYetValid,
        // A signature that does not verify is an authority that did not sign.
        Theirs::UnknownIssuer | Theirs::BadSignature => CertificateError::UnknownIssuer,
        other => {
            let words = other.to_string();
            // A self-signed certificate as `openssl req -x509` makes it calls itself an authority; webpki refuses it
            // for that before it asks who signed it. What the person needs to know is who signed it: nobody.
            if words.contains("CaUsedAsEndEntity") {
                CertificateError::UnknownIssuer
            } else {
                CertificateError::Other(words)
            }
        }
    }
}
