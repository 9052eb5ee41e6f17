//! A private baresip (Debian's 1.0.0): speaks from a WAV file, writes what it hears, obeys over its TCP socket.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

use super::kamailio::Kamailio;
use super::{Daemon, PASSWORD, Scratch, free_port, wait_until, wav};

/// What one baresip is to be like.
pub struct Options {
    pub user: &'static str,
    /// As baresip names it: `opus/48000/2`, `G722/16000/1`, `PCMU/8000/1`, `PCMA/8000/1`.
    pub codec: &'static str,
    /// The tone that it speaks, Hz.
    pub tone: f64,
    pub transport: &'static str,
    /// `""`, or e.g. `srtp-mand`.
    pub encryption: &'static str,
    pub auto_answer: bool,
}

/// A running baresip; dropped means killed.
pub struct Baresip {
    pub daemon: Daemon,
    folder: PathBuf,
    control: SocketAddr,
}

/// A baresip whose files are written.
pub struct Prepared {
    folder: PathBuf,
    control: SocketAddr,
}

impl Prepared {
    /// Starts it and waits until it is registered.
    pub fn launch(self) -> Baresip {
        // Its output goes to a file: without stdbuf it would come in blocks of 4 KiB.
        let mut command = std::process::Command::new("stdbuf");
        command.args(["-oL", "-eL", "baresip", "-f"]).arg(&self.folder);
        let daemon = Daemon::spawn("baresip", command, &self.folder);
        let baresip = Baresip { daemon, folder: self.folder, control: self.control };
        baresip.daemon.wait_for_log("200 OK");
        baresip.daemon.wait_for_listener(baresip.control);
        baresip
    }
}

impl Baresip {
    /// Starts it and waits until it is registered.
    pub fn start(scratch: &Scratch, kamailio: &Kamailio, options: &Options) -> Baresip {
        Baresip::prepare(scratch, kamailio, options).launch()
    }

    /// Writes its files.
    pub fn prepare(scratch: &Scratch, kamailio: &Kamailio, options: &Options) -> Prepared {
        let folder = scratch.folder(&format!("baresip-{}", options.user));
        let recordings = folder.join("rec");
        fs::create_dir_all(&recordings).expect("folder");
        let mut parts = options.codec.split('/').skip(1).map(|n| n.parse::<u32>().expect("number"));
        let (rate, channels) = (parts.next().expect("rate"), parts.next().expect("channels"));
        wav::write_tone(&folder.join("in.wav"), rate, channels, options.tone, 60);
        let (sip, control) = (free_port(), free_port());
        let (server, parameters) = match options.transport {
            "tls" => (kamailio.tls, ";transport=tls"),
            "tcp" => (kamailio.plain, ";transport=tcp"),
            _ => (kamailio.plain, ""),
        };
        let account = format!(
            "<sip:{}@{server}{parameters}>;auth_pass={PASSWORD};regint=60;audio_codecs={}{}{}\n",
            options.user,
            options.codec,
            if options.auto_answer { ";answermode=auto" } else { "" },
            if options.encryption.is_empty() { String::new() } else { format!(";mediaenc={}", options.encryption) },
        );
        fs::write(folder.join("accounts"), account).expect("accounts");
        fs::write(folder.join("contacts"), "").expect("contacts");
        let config = include_str!("baresip.config")
            .replace("@SIP@", &sip.to_string())
            .replace("@CONTROL@", &control.to_string())
            .replace("@RATE@", &rate.to_string())
            .replace("@CHANNELS@", &channels.to_string())
            .replace("@FOLDER@", &folder.to_string_lossy());
        fs::write(folder.join("config"), config).expect("config");
        Prepared { folder, control: SocketAddr::from(([127, 0, 0, 1], control)) }
    }

    /// Gives one command of its menu, e.g. `dial`, `hangup`, `accept`, `hold`, `resume`.
    pub fn command(&self, command: &str, parameters: &str) {
        let mut socket = TcpStream::connect(self.control).expect("baresip listens");
        let json = serde_json::json!({"command": command, "params": parameters, "token": "t"}).to_string();
        socket.write_all(format!("{}:{json},", json.len()).as_bytes()).expect("sent");
        socket.set_read_timeout(Some(Duration::from_secs(5))).expect("time-out");
        let (mut answer, mut piece) = (String::new(), [0; 4096]);
        while !answer.contains("\"response\":true") {
            let n = socket.read(&mut piece).expect("baresip answers");
            assert!(n > 0, "baresip closed its control socket");
            answer.push_str(&String::from_utf8_lossy(&piece[..n]));
        }
    }

    /// What it has heard so far: samples and rate. Complete only after the call has ended.
    pub fn heard(&self) -> (Vec<f32>, u32) {
        let find = || {
            fs::read_dir(self.folder.join("rec"))
                .ok()?
                .filter_map(Result::ok)
                .map(|e| e.path())
                .find(|p| p.to_string_lossy().ends_with("-dec.wav") && fs::metadata(p).is_ok_and(|m| m.len() > 44))
        };
        wait_until("baresip has written what it heard", || find().is_some());
        wav::read_mono(&find().expect("just seen"))
    }
}
