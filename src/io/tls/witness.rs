//! The witness of one connection: asks the usual verifier, or compares with the one certificate that the person
//! trusts; and remembers what was shown, so that a person can be asked about it.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError as Theirs, DigitallySignedStruct, Error, SignatureScheme};
use sha2::{Digest as _, Sha256};

use crate::port::net::{CertificateError, Fingerprint, NetError};

/// The verifier of one connection.
#[derive(Debug)]
pub struct Witness {
    usual: Arc<dyn ServerCertVerifier>,
    pin: Option<Fingerprint>,
    shown: Mutex<Option<Fingerprint>>,
}

impl Witness {
    pub(super) fn new(usual: Arc<dyn ServerCertVerifier>, pin: Option<Fingerprint>) -> Witness {
        Witness { usual, pin, shown: Mutex::new(None) }
    }

    /// Adds to the error of a handshake what was shown, and that it was not the trusted one if so.
    #[must_use]
    pub fn testify(&self, error: NetError) -> NetError {
        let shown = *self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        match error {
            NetError::Certificate(..) if self.pin.is_some() && shown.is_some() && shown != self.pin => {
                NetError::Certificate(CertificateError::Changed, shown)
            }
            NetError::Certificate(why, _) => NetError::Certificate(why, shown),
            other @ (NetError::Refused
            | NetError::TimedOut
            | NetError::Unreachable
            | NetError::Closed
            | NetError::Tls(_)
            | NetError::Other(_)) => other,
        }
    }
}

impl ServerCertVerifier for Witness {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let shown = Fingerprint(Sha256::digest(end_entity).into());
        *self.shown.lock().unwrap_or_else(PoisonError::into_inner) = Some(shown);
        match self.pin {
            None => self.usual.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now),
            // The person vouches for this one: name, issuer and dates say no more. That the server has its key is
            // proven by the signature over the handshake, below.
            Some(pin) if pin == shown => Ok(ServerCertVerified::assertion()),
            Some(_) => Err(Error::InvalidCertificate(Theirs::ApplicationVerificationFailure)),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}
