//! Wakes the media thread from anywhere, an audio callback included: one non-blocking write at most, and none while
//! it is already on its way.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The end that wakes. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Waker(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    pending: AtomicBool,
    #[cfg(unix)]
    end: std::os::unix::net::UnixStream,
    #[cfg(not(unix))]
    thread: std::sync::OnceLock<std::thread::Thread>,
}

impl Waker {
    /// Wakes the sleeper, now or as soon as it wants to sleep. Neither allocates nor blocks.
    pub fn wake(&self) {
        if self.0.pending.swap(true, Ordering::AcqRel) {
            return;
        }
        #[cfg(unix)]
        {
            use std::io::Write as _;
            // A full buffer means that the sleeper is awake already; nobody else can fail here.
            (&self.0.end).write_all(&[1]).ok();
        }
        #[cfg(not(unix))]
        if let Some(thread) = self.0.thread.get() {
            thread.unpark();
        }
    }
}

/// The end that sleeps.
#[derive(Debug)]
pub struct Sleeper {
    inner: Arc<Inner>,
    #[cfg(unix)]
    end: std::os::unix::net::UnixStream,
}

/// A new pair.
///
/// # Errors
/// If the operating system has no descriptors left.
pub fn pair() -> std::io::Result<(Waker, Sleeper)> {
    #[cfg(unix)]
    {
        let (ours, theirs) = std::os::unix::net::UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        theirs.set_nonblocking(true)?;
        let inner = Arc::new(Inner { pending: AtomicBool::new(false), end: theirs });
        Ok((Waker(Arc::clone(&inner)), Sleeper { inner, end: ours }))
    }
    #[cfg(not(unix))]
    {
        let inner = Arc::new(Inner { pending: AtomicBool::new(false), thread: std::sync::OnceLock::new() });
        Ok((Waker(Arc::clone(&inner)), Sleeper { inner }))
    }
}

impl Sleeper {
    /// Takes back the wake-up, so that the next one counts again. To be called before looking at what it announced.
    pub fn clear(&self) {
        #[cfg(unix)]
        {
            use std::io::Read as _;
            let mut bytes = [0; 8];
            while matches!((&self.end).read(&mut bytes), Ok(count) if count == bytes.len()) {}
        }
        self.inner.pending.store(false, Ordering::Release);
    }
}

#[cfg(unix)]
mod wait {
    use std::net::UdpSocket;
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    use super::Sleeper;

    impl Sleeper {
        /// Sleeps until woken, until one of `sockets` can be read, or for `at_most` (for ever if `None`).
        /// Nanosecond resolution: `ppoll`, not `poll`.
        pub fn wait<'a>(&self, sockets: impl Iterator<Item = &'a UdpSocket>, at_most: Option<Duration>) {
            let mut fds = Vec::with_capacity(5);
            fds.push(PollFd::new(&self.end, PollFlags::IN));
            fds.extend(sockets.map(|socket| PollFd::new(socket, PollFlags::IN)));
            let timeout = at_most.map(|time| Timespec {
                tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: time.subsec_nanos().into(),
            });
            // EINTR is as good as a wake-up: whoever waits looks at everything again.
            poll(&mut fds, timeout.as_ref()).ok();
            if fds.first().is_some_and(|fd| !fd.revents().is_empty()) {
                self.clear();
            }
        }
    }
}

#[cfg(not(unix))]
mod wait {
    use std::net::UdpSocket;
    use std::time::Duration;

    use super::Sleeper;

    /// How long packets and wake-ups may wait during a call where nothing waits for sockets and a waker at once.
    const LOOK: Duration = Duration::from_millis(4);

    impl Sleeper {
        /// Sleeps until woken, for a moment if there are sockets, or for `at_most` (for ever if `None`).
        /// Every socket may have something then.
        pub fn wait<'a>(&self, mut sockets: impl Iterator<Item = &'a UdpSocket>, at_most: Option<Duration>) {
            self.inner.thread.get_or_init(std::thread::current);
            if !self.inner.pending.load(std::sync::atomic::Ordering::Acquire) {
                match (sockets.next(), at_most) {
                    (Some(_), at_most) => nap(at_most.map_or(LOOK, |time| time.min(LOOK))),
                    (None, Some(time)) => std::thread::park_timeout(time),
                    (None, None) => std::thread::park(),
                }
            }
            self.clear();
        }
    }

    /// Sleeps by a timer of half a millisecond's resolution. Parking has that of the system's tick, 16 ms, which the
    /// far end would hear: packets leave every 20 ms.
    #[expect(clippy::disallowed_methods, reason = "this is io, and parking is too coarse here")]
    fn nap(time: Duration) {
        std::thread::sleep(time);
    }
}
