//! TCP and TLS: one task for each connection, which reads, writes and frames until either side has had enough.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::mpsc;

use super::{Shared, error};
use crate::io::tls;
use crate::port::net::{Flow, NetError, Report, Target, Transport};
use crate::sip::framer::{Frame, Framer, PONG};

/// How long connecting and the TLS handshake may take together.
const CONNECT: Duration = Duration::from_secs(4);
/// How long the other end may leave our data unacknowledged before the connection counts as broken.
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(20);
/// How long a stranger's connection may be idle.
const STRANGER_IDLE: Duration = Duration::from_secs(1800);
/// How many messages may wait to be written.
const QUEUE: usize = 64;
/// How much is read at once.
const READ: usize = 16 * 1024;

/// Connects, reports how that went, and serves the connection to its end.
pub(super) async fn open(shared: Arc<Shared>, target: Target) {
    let remote = shared.options.connect_to.redirect(&target);
    let connected = tokio::time::timeout(CONNECT, connect(&shared, &target, remote)).await;
    let stream = match connected.unwrap_or(Err(NetError::TimedOut)) {
        Ok(stream) => stream,
        Err(why) => return report(&shared, Report::OpenFailed(target, why)).await,
    };
    let (queue, outgoing) = mpsc::channel(QUEUE);
    let (account, transport, (local, tls)) = (target.account, target.transport, stream.facts());
    let flow_of = |id| Flow { id, transport, local, remote, account, tls };
    let Some(flow) = shared.table.open_stream(queue.clone(), flow_of, false) else { return };
    report(&shared, Report::Opened(target, flow.clone())).await;
    match stream {
        Stream::Tcp(stream, _) => serve(&shared, stream, flow, queue, outgoing, None).await,
        Stream::Tls(stream, _) => serve(&shared, *stream, flow, queue, outgoing, None).await,
    }
}

/// Takes connections of strangers.
pub(super) async fn listen(shared: Arc<Shared>, listener: TcpListener) {
    let mut connections = tokio::task::JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        match listener.accept().await {
            Ok((stream, remote)) => {
                connections.spawn(accept(Arc::clone(&shared), stream, remote));
            }
            Err(error) => {
                // Too many open files, most likely: nothing that trying again at once would help.
                tracing::warn!(%error, "no connection accepted");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn accept(shared: Arc<Shared>, stream: TcpStream, remote: SocketAddr) {
    let Ok(local) = tune(&stream) else { return };
    let (queue, outgoing) = mpsc::channel(QUEUE);
    let flow_of = |id| Flow { id, transport: Transport::Tcp, local, remote, account: None, tls: None };
    if let Some(flow) = shared.table.open_stream(queue.clone(), flow_of, true) {
        serve(&shared, stream, flow, queue, outgoing, Some(STRANGER_IDLE)).await;
    } else {
        tracing::warn!(%remote, "too many connections already");
    }
}

enum Stream {
    Tcp(TcpStream, SocketAddr),
    Tls(Box<tokio_rustls::client::TlsStream<TcpStream>>, SocketAddr),
}

impl Stream {
    /// Our address, and the version of TLS in words.
    fn facts(&self) -> (SocketAddr, Option<String>) {
        match self {
            Stream::Tcp(_, local) => (*local, None),
            Stream::Tls(stream, local) => (*local, Some(tls::in_words(stream.get_ref().1.protocol_version()))),
        }
    }
}

async fn connect(shared: &Shared, target: &Target, remote: SocketAddr) -> Result<Stream, NetError> {
    let failed = |failed: io::Error| error(&failed);
    let socket = if remote.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }.map_err(failed)?;
    if let Some(bind) = shared.options.bind
        && bind.is_ipv4() == remote.is_ipv4()
    {
        socket.bind(SocketAddr::new(bind.ip(), 0)).map_err(failed)?;
    }
    let stream = socket.connect(remote).await.map_err(failed)?;
    let local = tune(&stream).map_err(failed)?;
    if target.transport != Transport::Tls {
        return Ok(Stream::Tcp(stream, local));
    }
    let name = target.tls_name.clone().unwrap_or_else(|| target.addr.ip().to_string());
    let server = ServerName::try_from(name.clone()).map_err(|_| NetError::Tls(format!("{name} is no host name")))?;
    // The first time, this reads the platform's trust store from the disk.
    let trust = shared.options.trust.clone();
    let pin = target.pin;
    let config = tokio::task::spawn_blocking(move || trust.config_with(&name, pin));
    let (config, witness) = config.await.map_err(|error| NetError::Tls(error.to_string()))??;
    let handshake = tokio_rustls::TlsConnector::from(config).connect(server, stream);
    let stream = handshake.await.map_err(|error| witness.testify(tls::handshake_error(&error)))?;
    Ok(Stream::Tls(Box::new(stream), local))
}

/// Small messages leave at once, and a dead path is noticed. Our address.
fn tune(stream: &TcpStream) -> io::Result<SocketAddr> {
    stream.set_nodelay(true)?;
    #[cfg(target_os = "linux")]
    socket2::SockRef::from(stream).set_tcp_user_timeout(Some(UNACKNOWLEDGED))?;
    stream.local_addr()
}

async fn serve(
    shared: &Shared,
    stream: impl AsyncRead + AsyncWrite,
    flow: Flow,
    queue: mpsc::Sender<Vec<u8>>,
    outgoing: mpsc::Receiver<Vec<u8>>,
    idle: Option<Duration>,
) {
    let id = flow.id;
    let (reader, writer) = tokio::io::split(stream);
    // Weak, so that the connection ends when the table lets go of the flow.
    let pongs = queue.downgrade();
    drop(queue);
    let why = tokio::select! {
        why = write(writer, outgoing) => why,
        why = read(shared, reader, flow, pongs, idle) => why,
    };
    let is_news = shared.table.stream_ended(id, idle.is_some());
    shared.stream_ended.notify_one();
    if is_news {
        report(shared, Report::Closed(id, why)).await;
    }
}

async fn write(writer: impl AsyncWrite, mut outgoing: mpsc::Receiver<Vec<u8>>) -> NetError {
    let mut writer = std::pin::pin!(writer);
    while let Some(bytes) = outgoing.recv().await {
        let written = async {
            writer.write_all(&bytes).await?;
            writer.flush().await
        };
        if let Err(failed) = written.await {
            return error(&failed);
        }
    }
    // Nobody sends any more: say goodbye (TLS close_notify, TCP FIN).
    match writer.shutdown().await {
        Ok(()) => NetError::Closed,
        Err(failed) => error(&failed),
    }
}

async fn read(
    shared: &Shared,
    reader: impl AsyncRead,
    flow: Flow,
    pongs: mpsc::WeakSender<Vec<u8>>,
    idle: Option<Duration>,
) -> NetError {
    let mut reader = std::pin::pin!(reader);
    let mut framer = Framer::new();
    let mut buffer = vec![0; READ];
    loop {
        let reading = reader.read(&mut buffer);
        let length = match idle {
            Some(idle) => tokio::time::timeout(idle, reading).await.unwrap_or(Ok(0)),
            None => reading.await,
        };
        match length {
            Ok(0) => return NetError::Closed,
            Ok(length) => framer.push(buffer.get(..length).unwrap_or_default()),
            Err(failed) => return error(&failed),
        }
        loop {
            match framer.next_frame() {
                Ok(Some(frame)) => deliver(shared, &flow, frame, &pongs).await,
                Ok(None) => break,
                Err(lost) => return NetError::Other(lost.to_string()),
            }
        }
    }
}

async fn deliver(shared: &Shared, flow: &Flow, frame: Frame, pongs: &mpsc::WeakSender<Vec<u8>>) {
    match frame {
        Frame::Message(bytes) => report(shared, Report::Message(flow.clone(), bytes)).await,
        Frame::Malformed(bytes) => report(shared, Report::Malformed(flow.clone(), bytes)).await,
        Frame::Pong => report(shared, Report::Pong(flow.id)).await,
        // RFC 5626 §4.4.1. If the queue is full, the other end hears from us anyway.
        Frame::Ping => drop(pongs.upgrade().map(|queue| queue.try_send(PONG.to_vec()))),
    }
}

async fn report(shared: &Shared, report: Report) {
    // An engine that has ended wants no reports.
    drop(shared.reports.send(report).await);
}
