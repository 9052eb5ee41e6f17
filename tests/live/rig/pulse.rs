//! A private PulseAudio: a loudspeaker `spk`, a microphone `mic` whose sound is what is played into `micbus`, and a
//! headset `headset`. Its address is in the environment, which belongs to a whole process: such tests run `alone`.

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::agent::BOUND;
use super::{Daemon, Scratch, wait_until, wav};

/// Where a process that runs alone finds its folder.
const FOLDER: &str = "RINGFENCE_TEST_ALONE";

/// Runs `body` in a process of its own, in which this test is the only one and all sound servers are out of reach but
/// the one that `body` starts in its folder.
pub fn alone(test: &str, body: impl FnOnce(&Path)) {
    if let Some(folder) = std::env::var_os(FOLDER) {
        return body(Path::new(&folder));
    }
    let scratch = Scratch::new();
    let (run, home) = (scratch.folder("run"), scratch.folder("home"));
    let output = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(FOLDER, scratch.path())
        .env("PULSE_SERVER", format!("unix:{}", socket(scratch.path()).display()))
        .env("XDG_RUNTIME_DIR", run)
        .env("HOME", home)
        .output()
        .expect("this program again");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

fn socket(folder: &Path) -> PathBuf {
    folder.join("native")
}

/// The server; killed when dropped.
pub struct Pulse {
    folder: PathBuf,
    daemon: Option<Daemon>,
}

impl Pulse {
    /// Starts it and waits until it answers.
    pub fn start(folder: &Path) -> Pulse {
        let mut pulse = Pulse { folder: folder.to_owned(), daemon: None };
        pulse.restart();
        pulse
    }

    /// Starts it again after [`kill`](Self::kill).
    pub fn restart(&mut self) {
        let script = self.folder.join("default.pa");
        let socket = socket(&self.folder);
        let lines = format!(
            "load-module module-native-protocol-unix auth-anonymous=1 socket={}\n\
             load-module module-null-sink sink_name=spk rate=48000 channels=2\n\
             load-module module-null-sink sink_name=headset rate=48000 channels=2\n\
             load-module module-null-sink sink_name=micbus rate=48000 channels=1\n\
             load-module module-remap-source source_name=mic master=micbus.monitor\n\
             set-default-sink spk\nset-default-source mic\n",
            socket.display()
        );
        fs::write(&script, lines).expect("script");
        let mut command = Command::new("pulseaudio");
        command.args(["--daemonize=no", "--exit-idle-time=-1", "-n", "--use-pid-file=no", "--log-level=warning", "-F"]);
        command.arg(&script);
        self.daemon = Some(Daemon::spawn("pulseaudio", command, &self.folder));
        wait_until("PulseAudio answers", || self.control(&["info"]).is_some());
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        self.daemon = None;
        fs::remove_file(socket(&self.folder)).ok();
    }

    /// What `pactl` says; `None` if it fails.
    pub fn control(&self, arguments: &[&str]) -> Option<String> {
        let output = Command::new("pactl").args(arguments).stdin(Stdio::null()).output().expect("pactl");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Speaks a tone into the microphone until dropped (or for a minute).
    pub fn speak(&self, hertz: f64) -> Daemon {
        let path = self.folder.join(format!("{hertz}.wav"));
        wav::write_tone(&path, 48_000, 1, hertz, 60);
        let mut command = Command::new("paplay");
        command.args(["--device=micbus", "--latency-msec=20"]).arg(path);
        Daemon::spawn("paplay", command, &self.folder)
    }

    /// What is heard at a source (`spk.monitor`) during the next seconds, 48 kHz.
    pub fn hear(&self, source: &str, seconds: usize) -> Vec<f32> {
        let mut parec = Command::new("parec")
            .args(["--raw", "--format=s16le", "--rate=48000", "--channels=1", "--latency-msec=20"])
            .arg(format!("--device={source}"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("parec");
        let mut bytes = vec![0; seconds * 48_000 * 2];
        let read = parec.stdout.as_mut().expect("a pipe").read_exact(&mut bytes);
        parec.kill().ok();
        parec.wait().ok();
        read.expect("parec records");
        bytes.chunks_exact(2).map(|pair| f32::from(i16::from_le_bytes([pair[0], pair[1]])) / 32_768.0).collect()
    }

    /// Waits until the tone is what is heard at a source.
    pub fn hears(&self, source: &str, hertz: f64) {
        let until = Instant::now() + BOUND;
        loop {
            let sound = self.hear(source, 2);
            let share = wav::tone_share(&sound, 48_000, hertz);
            if share > 0.9 {
                return;
            }
            assert!(
                Instant::now() < until,
                "no {hertz} Hz at {source}: {share:.2}, {} dBFS",
                wav::loudest(&sound, 48_000)
            );
        }
    }

    /// How many streams play or record.
    pub fn streams(&self) -> usize {
        let count = |kind| self.control(&["list", "short", kind]).unwrap_or_default().lines().count();
        // The remapped microphone is a stream itself while somebody listens to it.
        count("sink-inputs") + count("source-outputs").saturating_sub(1)
    }
}

/// A pause between two looks at what has no event.
pub fn pause() {
    std::thread::sleep(Duration::from_millis(20));
}
