//! What the Linux kernel tells by itself: netlink says that addresses or routes changed, and a timer on the calendar
//! clock is cancelled when that clock jumps, which it does when the computer wakes. So nothing needs to be polled.

use std::io;
use std::os::fd::OwnedFd;

use rustix::io::Errno;
use rustix::net::netlink::SocketAddrNetlink;
use rustix::net::{AddressFamily, RecvFlags, SocketFlags, SocketType};
use rustix::time::{Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec};
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Links, and addresses and routes of both families (`RTMGRP_…` of rtnetlink(7)).
const GROUPS: u32 = 0x1 | 0x10 | 0x40 | 0x100 | 0x400;

/// A socket that becomes readable when addresses or routes change.
#[derive(Debug)]
pub(crate) struct AddressNews(AsyncFd<OwnedFd>);

impl AddressNews {
    /// Subscribes.
    pub(crate) fn subscribe() -> io::Result<AddressNews> {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = rustix::net::socket_with(AddressFamily::NETLINK, SocketType::RAW, flags, None)?;
        rustix::net::bind(&socket, &SocketAddrNetlink::new(0, GROUPS))?;
        register(socket).map(AddressNews)
    }

    /// Waits for news. What they are in detail is looked up elsewhere.
    pub(crate) async fn next(&self) -> io::Result<()> {
        let mut buffer = [0; 4096];
        let read = |socket: &OwnedFd| match rustix::net::recv(socket, &mut buffer, RecvFlags::TRUNC) {
            // There was more news than the kernel could keep: that is news, too.
            Ok(_) | Err(Errno::NOBUFS) => Ok(()),
            Err(error) => Err(error.into()),
        };
        self.0.async_io(Interest::READABLE, read).await
    }
}

/// A timer that never expires but is cancelled whenever the calendar clock is set.
#[derive(Debug)]
pub(crate) struct ClockNews(AsyncFd<OwnedFd>);

impl ClockNews {
    /// Arms the timer.
    pub(crate) fn subscribe() -> io::Result<ClockNews> {
        let flags = TimerfdFlags::CLOEXEC | TimerfdFlags::NONBLOCK;
        let timer = rustix::time::timerfd_create(TimerfdClockId::Realtime, flags)?;
        let news = ClockNews(register(timer)?);
        news.arm()?;
        Ok(news)
    }

    /// Waits until the clock jumps.
    pub(crate) async fn next(&self) -> io::Result<()> {
        let mut expirations = [0; 8];
        let read = |timer: &OwnedFd| match rustix::io::read(timer, &mut expirations) {
            Ok(_) | Err(Errno::CANCELED) => Ok(()),
            Err(error) => Err(error.into()),
        };
        self.0.async_io(Interest::READABLE, read).await?;
        self.arm()
    }

    fn arm(&self) -> io::Result<()> {
        let never = Timespec { tv_sec: i64::from(i32::MAX) * 2, tv_nsec: 0 };
        let time = Itimerspec { it_interval: Timespec { tv_sec: 0, tv_nsec: 0 }, it_value: never };
        let flags = TimerfdTimerFlags::ABSTIME | TimerfdTimerFlags::CANCEL_ON_SET;
        rustix::time::timerfd_settime(&self.0, flags, &time)?;
        Ok(())
    }
}

fn register(file: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    #[expect(unsafe_code, reason = "tokio asks for a promise that the type keeps")]
    // SAFETY: an `OwnedFd` names the same open file until it is dropped, and `AsyncFd` deregisters it before that.
    let registered = unsafe { AsyncFd::register_with_interest(file, Interest::READABLE) };
    Ok(registered?)
}
