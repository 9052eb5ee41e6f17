//! A private Kamailio: digest on REGISTER, INVITE and re-INVITE, Record-Route, UDP, TCP and TLS with its own CA.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};

use super::database::Database;
use super::subscribers::Subscribers;
use super::{Daemon, PASSWORD, Scratch, free_port};

/// The SIP domain that every Kamailio of ours serves; also its digest realm.
pub const DOMAIN: &str = "voxline.test";

/// Digest algorithm of one instance: 5.6 takes one each.
#[derive(Clone, Copy, Debug)]
pub enum Algorithm {
    Md5,
    Sha256,
}

/// A running Kamailio; dropped means killed.
pub struct Kamailio {
    pub daemon: Daemon,
    /// UDP and TCP.
    pub plain: SocketAddr,
    pub tls: SocketAddr,
    /// The CA that its certificate is signed by, PEM.
    pub ca: PathBuf,
}

impl Kamailio {
    pub fn start(scratch: &Scratch, algorithm: Algorithm) -> Kamailio {
        let here = Ipv4Addr::LOCALHOST;
        let running = Kamailio::start_at(scratch, algorithm, here, |command| command);
        running.daemon.wait_for_listener(running.plain);
        running.daemon.wait_for_listener(running.tls);
        running
    }

    /// With its passwords in a table, and with an RPC socket `rpc.sock` in its folder.
    pub fn start_with_table(scratch: &Scratch, algorithm: Algorithm, table: &Subscribers) -> Kamailio {
        Kamailio::start_with_database(scratch, algorithm, &Database::Sqlite(table.file.clone()))
    }

    /// The same in whichever database; its tables are there already.
    pub fn start_with_database(scratch: &Scratch, algorithm: Algorithm, database: &Database) -> Kamailio {
        let (module, url) = match database {
            Database::Sqlite(file) => ("db_sqlite", format!("sqlite:///{}", file.display())),
            // The private server trusts whoever is on this machine, but Kamailio's URL wants a password in its place.
            Database::Postgres(port, name) => {
                ("db_postgres", format!("postgres://ringfence:none@127.0.0.1:{port}/{name}"))
            }
        };
        let folder = scratch.folder("kamailio");
        let ca = make_certificates(&folder);
        let (plain, tls, here) = (free_port(), free_port(), Ipv4Addr::LOCALHOST);
        let text = configuration(include_str!("kamailio_sql.cfg"), here, plain, tls, &folder, algorithm);
        let config = folder.join("kamailio.cfg");
        std::fs::write(&config, text.replace("@DATABASE@", &url).replace("@MODULE@", module)).expect("config");
        let mut command = std::process::Command::new("kamailio");
        command.args(["-DD", "-E", "-m", "64", "-M", "8", "-f"]).arg(&config).arg("-w").arg(&folder);
        // Its PID files and sockets stay in its own folder.
        command.arg("-Y").arg(&folder);
        let daemon = Daemon::spawn("kamailio", command, &folder);
        let running = Kamailio { daemon, plain: (here, plain).into(), tls: (here, tls).into(), ca };
        running.daemon.wait_for_listener(running.plain);
        running.daemon.wait_for_listener(running.tls);
        running
    }

    /// On another address, in a namespace that `within` puts a command into. Whoever needs it waits for it.
    pub fn start_at(
        scratch: &Scratch,
        algorithm: Algorithm,
        addr: Ipv4Addr,
        within: impl FnOnce(std::process::Command) -> std::process::Command,
    ) -> Kamailio {
        let folder = scratch.folder("kamailio");
        let ca = make_certificates(&folder);
        let (plain, tls) = (free_port(), free_port());
        let config = folder.join("kamailio.cfg");
        std::fs::write(&config, configuration(include_str!("kamailio.cfg"), addr, plain, tls, &folder, algorithm))
            .expect("config");
        let mut command = std::process::Command::new("kamailio");
        command.args(["-DD", "-E", "-m", "64", "-M", "8", "-f"]).arg(&config).arg("-w").arg(&folder);
        let daemon = Daemon::spawn("kamailio", within(command), &folder);
        Kamailio { daemon, plain: (addr, plain).into(), tls: (addr, tls).into(), ca }
    }
}

/// A CA and a certificate for [`DOMAIN`] signed by it, as PEM files in `folder`.
fn make_certificates(folder: &std::path::Path) -> PathBuf {
    let mut params = CertificateParams::new(Vec::new()).expect("no names");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().expect("key")).expect("CA");
    let key = KeyPair::generate().expect("key");
    let leaf = CertificateParams::new(vec![DOMAIN.to_owned()]).expect("name").signed_by(&key, &issuer).expect("leaf");
    std::fs::write(folder.join("key.pem"), key.serialize_pem()).expect("key file");
    std::fs::write(folder.join("cert.pem"), leaf.pem()).expect("certificate file");
    let ca = folder.join("ca.pem");
    std::fs::write(&ca, issuer.pem()).expect("CA file");
    ca
}

fn configuration(
    template: &str,
    addr: Ipv4Addr,
    plain: u16,
    tls: u16,
    folder: &std::path::Path,
    algorithm: Algorithm,
) -> String {
    let algorithm = match algorithm {
        Algorithm::Md5 => "MD5",
        Algorithm::Sha256 => "SHA-256",
    };
    template
        .replace("@ADDR@", &addr.to_string())
        .replace("@PLAIN@", &plain.to_string())
        .replace("@TLS@", &tls.to_string())
        .replace("@FOLDER@", &folder.to_string_lossy())
        .replace("@ALGORITHM@", algorithm)
        .replace("@DOMAIN@", DOMAIN)
        .replace("@PASSWORD@", PASSWORD)
}
