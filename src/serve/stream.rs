//! One TLS connection: frames in, messages out.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;

use super::host::Event;
use crate::port::net::{Flow, FlowId, Transport};
use crate::sip::framer::{Frame, Framer, PONG};

/// A client that has not finished its handshake by then is turned away.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Messages waiting to be written: a client that does not read is cut off.
const QUEUE: usize = 64;

/// Serves a connection until it ends, and says so.
pub(super) async fn serve(
    id: FlowId,
    stream: TcpStream,
    remote: SocketAddr,
    acceptor: TlsAcceptor,
    events: mpsc::Sender<Event>,
) {
    let Ok(local) = stream.local_addr() else { return };
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let Ok(Ok(stream)) = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await else { return };
    let flow = Flow { id, transport: Transport::Tls, local, remote, account: None, tls: Some("TLS".to_owned()) };
    let (queue, mut waiting) = mpsc::channel::<Vec<u8>>(QUEUE);
    let (mut reader, mut writer) = tokio::io::split(stream);
    // Weak: when the host drops the queue, the connection ends.
    let pongs = queue.downgrade();
    if events.send(Event::Opened(flow.id, queue)).await.is_err() {
        return;
    }
    let write = async {
        while let Some(bytes) = waiting.recv().await {
            if writer.write_all(&bytes).await.is_err() || writer.flush().await.is_err() {
                break;
            }
        }
    };
    let read = async {
        let mut framer = Framer::new();
        let mut buffer = [0; 8192];
        while let Ok(length @ 1..) = reader.read(&mut buffer).await {
            framer.push(buffer.get(..length).unwrap_or_default());
            while let Some(frame) = framer.next_frame()? {
                let sent = match frame {
                    Frame::Message(bytes) | Frame::Malformed(bytes) => {
                        events.send(Event::Message(flow.clone(), bytes)).await.is_ok()
                    }
                    Frame::Ping => pongs.upgrade().is_some_and(|queue| queue.try_send(PONG.to_vec()).is_ok()),
                    Frame::Pong => true,
                };
                if !sent {
                    return Ok(());
                }
            }
        }
        Ok::<(), crate::sip::framer::FramingLost>(())
    };
    tokio::select! {
        () = write => {}
        ended = read => if let Err(lost) = ended {
            tracing::debug!(%lost, "demo provider: closing a connection");
        },
    }
    // Nobody is there to be told when the provider itself has ended.
    drop(events.send(Event::Closed(id)).await);
}
