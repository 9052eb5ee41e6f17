//! News about the machine: its addresses or its default route changed, or it slept. Where the kernel tells, nothing
//! is polled.

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::port::net::Report;

/// How long the dust may settle: a new network comes as a dozen changes.
#[cfg(target_os = "linux")]
const SETTLE: Duration = Duration::from_millis(300);
/// The shortest sleep that matters: the calendar clock also jumps when somebody sets it.
const NAP: Duration = Duration::from_secs(1);

/// Watches from now on.
pub(super) fn start(tasks: &mut JoinSet<()>, reports: &mpsc::Sender<Report>) {
    #[cfg(target_os = "linux")]
    {
        tasks.spawn(addresses(reports.clone()));
        tasks.spawn(sleep(reports.clone()));
    }
    #[cfg(not(target_os = "linux"))]
    tasks.spawn(poll(reports.clone()));
}

/// What a machine is known by: its addresses, and those that the default routes of IPv4 and IPv6 lead out from.
#[derive(PartialEq, Eq, Debug)]
struct Whereabouts(Vec<IpAddr>, [Option<IpAddr>; 2]);

impl Whereabouts {
    fn now() -> Whereabouts {
        let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
        let useful = interfaces.iter().filter(|interface| !interface.is_loopback() && !interface.is_link_local());
        let mut addrs: Vec<IpAddr> = useful.map(if_addrs::Interface::ip).collect();
        addrs.sort_unstable();
        addrs.dedup();
        // Addresses for documentation: nobody has a route of its own for them, so the default route answers.
        let remotes: [SocketAddr; 2] = [([192, 0, 2, 1], 9).into(), ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1], 9).into()];
        Whereabouts(addrs, remotes.map(source_towards))
    }
}

/// The address that we would have towards `remote`; sends nothing.
fn source_towards(remote: SocketAddr) -> Option<IpAddr> {
    let any: SocketAddr = if remote.is_ipv4() { ([0; 4], 0).into() } else { ([0; 16], 0).into() };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect(remote).ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// Whether the machine slept between two looks at how long it has slept since it was started.
fn has_slept(before: Duration, after: Duration) -> bool {
    after.saturating_sub(before) >= NAP
}

#[cfg(target_os = "linux")]
async fn addresses(reports: mpsc::Sender<Report>) {
    let news = match crate::io::platform::linux::AddressNews::subscribe() {
        Ok(news) => news,
        Err(error) => return tracing::warn!(%error, "changes of the network will not be noticed"),
    };
    let mut before = Whereabouts::now();
    while let Ok(()) = news.next().await {
        // More of the same news may wait until the dust has settled; a look afterwards sees all of it.
        tokio::time::sleep(SETTLE).await;
        while tokio::time::timeout(Duration::ZERO, news.next()).await.is_ok_and(|news| news.is_ok()) {}
        let now = Whereabouts::now();
        if now != before {
            tracing::info!(?now, "the network changed");
            before = now;
            if reports.send(Report::AddressesChanged).await.is_err() {
                return;
            }
        }
    }
}

#[cfg(target_os = "linux")]
async fn sleep(reports: mpsc::Sender<Report>) {
    let news = match crate::io::platform::linux::ClockNews::subscribe() {
        Ok(news) => news,
        Err(error) => return tracing::warn!(%error, "waking up will not be noticed"),
    };
    let mut before = crate::io::clock::slept();
    while let Ok(()) = news.next().await {
        let now = crate::io::clock::slept();
        if has_slept(before, now) {
            tracing::info!(seconds = now.saturating_sub(before).as_secs(), "the computer slept");
            if reports.send(Report::Woke).await.is_err() {
                return;
            }
        }
        before = now;
    }
}

/// Where the kernel does not tell, a look every few seconds has to do. Asleep, timers stop and the calendar goes on.
#[cfg(not(target_os = "linux"))]
async fn poll(reports: mpsc::Sender<Report>) {
    const EVERY: Duration = Duration::from_secs(4);
    let wall = || Duration::from_millis(u64::try_from(crate::io::clock::wall().as_millis()).unwrap_or(0));
    let (mut before, mut looked) = (Whereabouts::now(), wall());
    loop {
        tokio::time::sleep(EVERY).await;
        let (now, at) = (Whereabouts::now(), wall());
        if has_slept(looked + EVERY, at) && reports.send(Report::Woke).await.is_err() {
            return;
        }
        looked = at;
        if now != before && reports.send(Report::AddressesChanged).await.is_err() {
            return;
        }
        before = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn setting_the_clock_is_not_sleep() {
        let before = Duration::from_secs(100);
        assert!(!has_slept(before, before));
        assert!(!has_slept(before, before + Duration::from_millis(999)));
        assert!(!has_slept(before, Duration::from_secs(90)));
        assert!(has_slept(before, before + Duration::from_secs(1)));
    }

    #[test]
    fn a_machine_that_stays_where_it_is_is_where_it_was() {
        assert_eq!(Whereabouts::now(), Whereabouts::now());
    }
}
