//! A screen that nobody sees, with a window manager, and a look at it.

use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

/// Two X servers that start at the same time may pick the same display.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A process that ends with its test.
pub struct Ends(pub Child);

impl Drop for Ends {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The screen; gone when dropped.
pub struct Screen {
    pub display: String,
    _manager: Ends,
    _server: Ends,
}

impl Screen {
    pub fn start() -> Screen {
        let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut server = Command::new("Xvfb");
        server.args(["-displayfd", "1", "-screen", "0", "1280x900x24"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = server.spawn().expect("apt-get install xvfb");
        let mut number = String::new();
        let mut said = std::io::BufReader::new(server.stdout.take().expect("piped"));
        std::io::BufRead::read_line(&mut said, &mut number).expect("the server tells its display");
        let display = format!(":{}", number.trim());
        let manager = Command::new("openbox")
            .env("DISPLAY", &display)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("apt-get install openbox");
        Screen { display, _manager: Ends(manager), _server: Ends(server) }
    }

    pub fn run(&self, program: &str, arguments: &[&str]) -> Vec<u8> {
        let out = Command::new(program).args(arguments).env("DISPLAY", &self.display).stderr(Stdio::null()).output();
        out.expect("apt-get install xdotool imagemagick").stdout
    }

    /// The visible window whose title matches.
    pub fn window(&self, title: &str) -> Option<String> {
        let found = String::from_utf8(self.run("xdotool", &["search", "--onlyvisible", "--name", title])).ok()?;
        found.lines().last().map(str::to_owned)
    }

    /// A photograph of the window: a portable pixmap, three bytes a pixel after its head.
    pub fn photograph(&self, window: &str) -> Vec<u8> {
        self.run("import", &["-depth", "8", "-window", window, "ppm:-"])
    }

    /// The colour that covers most of the window.
    pub fn main_colour(&self, window: &str) -> Option<[u8; 3]> {
        let photograph = self.photograph(window);
        // Three lines of head: kind, width and height, greatest value.
        let pixels = photograph.splitn(4, |byte| *byte == b'\n').nth(3)?;
        let mut seen = std::collections::BTreeMap::<[u8; 3], usize>::new();
        for pixel in pixels.chunks_exact(3) {
            *seen.entry([pixel[0], pixel[1], pixel[2]]).or_default() += 1;
        }
        seen.into_iter().max_by_key(|(_, times)| *times).map(|(colour, _)| colour)
    }
}
