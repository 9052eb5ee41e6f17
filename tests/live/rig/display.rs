//! A screen that nobody sees: Xvfb on a free display, openbox as its window manager, xdotool for the hands and
//! ImageMagick for the eyes.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

/// The light theme's green: the Answer button's.
const GREEN: [u8; 3] = [0x12, 0x80, 0x5C];

/// A process that ends with its test.
pub struct Ends(pub Child);

impl Drop for Ends {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The screen; gone when dropped.
pub struct Display {
    name: String,
    manager: Ends,
    _server: Ends,
}

impl Display {
    /// Starts it. The server picks a free display by itself, one server after the other: two that start at the same
    /// time may pick the same.
    pub fn start() -> Display {
        static ONE_BY_ONE: Mutex<()> = Mutex::new(());
        let _turn = ONE_BY_ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut server = Command::new("Xvfb");
        server.args(["-displayfd", "1", "-screen", "0", "1280x900x24"]).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = server.spawn().expect("apt-get install xvfb");
        let mut number = String::new();
        let said = server.stdout.take().expect("piped");
        BufReader::new(said).read_line(&mut number).expect("the server tells its display");
        let name = format!(":{}", number.trim());
        let manage = || {
            let mut manager = Command::new("openbox");
            manager.env("DISPLAY", &name).stdout(Stdio::null()).stderr(Stdio::null());
            Ends(manager.spawn().expect("apt-get install openbox"))
        };
        let mut display = Display { manager: manage(), name: name.clone(), _server: Ends(server) };
        super::wait_until("the window manager manages", || {
            // One that gave up on a server that was not quite there yet is started again.
            if display.manager.0.try_wait().is_ok_and(|ended| ended.is_some()) {
                display.manager = manage();
            }
            !display.run("xprop", &["-root", "_NET_SUPPORTING_WM_CHECK"]).ends_with(b"no such atom on any window.\n")
        });
        display
    }

    /// A program that will show its windows here, drawn without a graphics card.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        self.shows(Command::new(program))
    }

    /// The same for a command that somebody else began.
    pub fn shows(&self, mut command: Command) -> Command {
        command.env("DISPLAY", &self.name).env("LIBGL_ALWAYS_SOFTWARE", "1").env_remove("WAYLAND_DISPLAY");
        command
    }

    /// What a tool says about this screen.
    pub fn run(&self, tool: &str, arguments: &[&str]) -> Vec<u8> {
        let out = self.command(tool).args(arguments).stderr(Stdio::null()).output();
        out.unwrap_or_else(|error| panic!("{tool}: {error}; apt-get install xdotool wmctrl imagemagick x11-utils"))
            .stdout
    }

    /// The hands.
    pub fn act(&self, arguments: &[&str]) {
        self.run("xdotool", arguments);
    }

    /// The visible window whose title matches.
    pub fn window(&self, title: &str) -> Option<String> {
        let found = String::from_utf8(self.run("xdotool", &["search", "--onlyvisible", "--name", title])).ok()?;
        found.lines().last().map(str::to_owned)
    }

    /// A photograph of a window, or of part of it (`360x168+892+28`): a portable pixmap, three bytes a pixel after
    /// its head.
    pub fn photograph(&self, window: &str, part: Option<&str>) -> Vec<u8> {
        let crop = part.map_or(vec![], |part| vec!["-crop", part]);
        self.run("import", &[&["-depth", "8", "-window", window], crop.as_slice(), &["ppm:-"]].concat())
    }

    /// Whether a photograph shows the green of the Answer button.
    pub fn shows_answer(&self, window: &str, part: Option<&str>) -> bool {
        self.photograph(window, part).windows(3).any(|pixel| pixel == GREEN)
    }

    /// The colour that covers most of a window.
    pub fn main_colour(&self, window: &str) -> Option<[u8; 3]> {
        let photograph = self.photograph(window, None);
        // Three lines of head: kind, width and height, greatest value.
        let pixels = photograph.splitn(4, |byte| *byte == b'\n').nth(3)?;
        let mut seen = std::collections::BTreeMap::<[u8; 3], usize>::new();
        for pixel in pixels.chunks_exact(3) {
            *seen.entry([pixel[0], pixel[1], pixel[2]]).or_default() += 1;
        }
        seen.into_iter().max_by_key(|(_, times)| *times).map(|(colour, _)| colour)
    }
}
