//! When a datagram came, as the kernel noted it: then nobody has to wake up for each one just to look at the clock.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd as _;
use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Room for one `struct cmsghdr` with a `struct timespec` in it and some more, aligned as both want it.
#[repr(C, align(16))]
struct Control([u8; 128]);

/// Asks the kernel to note when each datagram comes.
#[expect(unsafe_code, reason = "no crate among ours sets SO_TIMESTAMPNS")]
pub(crate) fn note(socket: &impl std::os::fd::AsRawFd) {
    let on: libc::c_int = 1;
    let size = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the value is a live int of the size that is told.
    unsafe {
        libc::setsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, libc::SO_TIMESTAMPNS, (&raw const on).cast(), size)
    };
}

/// Takes a datagram: its length, who sent it, and how long ago it came (zero if unknown).
///
/// # Errors
/// Those of recvmsg(2); [`io::ErrorKind::WouldBlock`] if there is none.
#[expect(unsafe_code, reason = "no crate among ours reads a datagram with its time")]
pub(crate) fn receive(socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<(usize, SocketAddr, Duration)> {
    let mut part = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    let mut control = Control([0; 128]);
    // SAFETY: all zeros is a valid `msghdr`, one without any buffer.
    let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
    message.msg_iov = &raw mut part;
    message.msg_iovlen = 1;
    message.msg_control = control.0.as_mut_ptr().cast();
    message.msg_controllen = control.0.len();
    // SAFETY: storage and length are those of an address that is being made; both pointers in `message` are to live
    // buffers of the lengths that stand beside them, and `recvmsg` keeps none of them.
    let received = unsafe {
        socket2::SockAddr::try_init(|storage, length| {
            message.msg_name = storage.cast();
            message.msg_namelen = *length;
            let count = libc::recvmsg(socket.as_raw_fd(), &raw mut message, 0);
            *length = message.msg_namelen;
            usize::try_from(count).map_err(|_| io::Error::last_os_error())
        })
    };
    let (count, from) = received?;
    let from = from.as_socket().ok_or(io::ErrorKind::AddrNotAvailable)?;
    Ok((count, from, age(&message)))
}

/// How long ago the datagram came, of which `message` holds what the kernel said about it.
#[expect(unsafe_code, reason = "control messages are read by libc's macros")]
fn age(message: &libc::msghdr) -> Duration {
    // SAFETY: `message` was filled by `recvmsg`, its control buffer lives in the caller, and the macros stay within
    // the length that the kernel wrote; a message of this kind holds a `timespec`, wherever it lies.
    let noted = unsafe {
        let mut header = libc::CMSG_FIRSTHDR(message);
        while !header.is_null()
            && ((*header).cmsg_level, (*header).cmsg_type) != (libc::SOL_SOCKET, libc::SCM_TIMESTAMPNS)
        {
            header = libc::CMSG_NXTHDR(message, header);
        }
        (!header.is_null()).then(|| libc::CMSG_DATA(header).cast::<libc::timespec>().read_unaligned())
    };
    let Some(noted) = noted else { return Duration::ZERO };
    let now = clock_gettime(ClockId::Realtime);
    let nanos = (now.tv_sec - noted.tv_sec).saturating_mul(1_000_000_000) + (now.tv_nsec - noted.tv_nsec);
    // The calendar clock may have been set in between: then the datagram came just now.
    u64::try_from(nanos).map(Duration::from_nanos).ok().filter(|age| *age < Duration::from_secs(1)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_tells_how_long_it_waited() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let (Ok(one), Ok(other)) = (UdpSocket::bind(address), UdpSocket::bind(address)) else { continue };
            note(&one);
            // Nothing comes here: this only takes its time.
            other.set_read_timeout(Some(Duration::from_millis(30))).unwrap();
            let mut buffer = [0; 3];
            // A kernel that has stamped for nobody begins to do so a little after the first one asks.
            let told = (0..100).any(|_| {
                other.send_to(b"hello", one.local_addr().unwrap()).unwrap();
                other.recv(&mut [0; 1]).unwrap_err();
                let (count, from, age) = receive(&one, &mut buffer).unwrap();
                assert_eq!((count, &buffer), (3, b"hel"), "what is too long is cut");
                assert_eq!(from, other.local_addr().unwrap());
                assert!(age < Duration::from_secs(1), "{age:?}");
                age >= Duration::from_millis(20)
            });
            assert!(told, "no datagram waited");
            one.set_nonblocking(true).unwrap();
            assert_eq!(receive(&one, &mut buffer).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        }
    }
}
