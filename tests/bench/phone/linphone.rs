//! Debian's linphonec, for comparison: a console driven through its standard input.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::rig::kamailio::Kamailio;
use crate::rig::{PASSWORD, Scratch, free_port, wait_until};

/// A running linphonec; dropped means killed.
pub struct Linphone {
    child: Child,
    input: ChildStdin,
    folder: PathBuf,
}

impl Linphone {
    /// A folder in which it has registered once, so that it registers by itself at the next start.
    pub fn prepare(scratch: &Scratch, kamailio: &Kamailio, user: &str) -> PathBuf {
        let folder = scratch.folder(&format!("linphone-{user}"));
        fs::create_dir_all(folder.join(".local/share/linphone")).expect("folder");
        let (sip, rtp) = (free_port(), free_port());
        let config =
            format!("[sip]\nsip_port={sip}\nsip_tcp_port=0\nsip_tls_port=0\nuse_ipv6=0\n[rtp]\naudio_rtp_port={rtp}\n");
        fs::write(folder.join("rc"), config).expect("rc");
        let mut first = Linphone::start(folder.clone());
        first.say(&format!("register sip:{user}@{} sip:{} {PASSWORD}", kamailio.plain, kamailio.plain));
        wait_until("linphonec is registered", || {
            first.say("status register");
            std::thread::sleep(std::time::Duration::from_millis(200));
            first.log().contains("registered, identity")
        });
        first.quit();
        folder
    }

    pub fn start(folder: PathBuf) -> Linphone {
        let log = fs::File::create(folder.join("log")).expect("log");
        let mut command = Command::new("linphonec");
        command
            .arg("-c")
            .arg(folder.join("rc"))
            .env("HOME", &folder)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("log"))
            .stderr(log);
        let mut child = command.spawn().expect("linphonec starts");
        let input = child.stdin.take().expect("piped");
        Linphone { child, input, folder }
    }

    pub fn say(&mut self, line: &str) {
        writeln!(self.input, "{line}").expect("linphonec reads");
    }

    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }

    pub fn wait_for_log(&self, words: &str) {
        wait_until(&format!("linphonec says {words:?}; it said:\n{}", self.log()), || self.log().contains(words));
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    pub fn quit(mut self) {
        self.say("quit");
        wait_until("linphonec has ended", || self.child.try_wait().expect("a child").is_some());
    }
}

impl Drop for Linphone {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _status = self.child.wait();
    }
}
