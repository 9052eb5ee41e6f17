//! TCP and TLS: accepts, hands over to HTTP, and ends everything politely.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::{Extension, Router};
use hyper::server::conn::{http1, http2};
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::web::{Lost, Peer};

/// Connections at once; more wait to be accepted.
const CONNECTIONS: usize = 2048;
/// A client that has not finished its handshake by then is turned away.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Nor one that takes longer over a request's head, or is silent for longer between two.
const HEAD: Duration = Duration::from_secs(30);
/// No connection lives longer.
const LIFE: Duration = Duration::from_secs(600);
/// How long requests in progress may take when the process is to end.
const FAREWELL: Duration = Duration::from_secs(10);
/// Requests at once on one connection.
const STREAMS: u32 = 32;

/// Serves until `stop` changes or is dropped, then finishes what is in progress.
pub(crate) async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, app: Router, mut stop: watch::Receiver<()>) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let mut tasks = JoinSet::new();
    loop {
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        tokio::select! {
            _ = stop.changed() => break,
            Some(_) = tasks.join_next() => drop(permit),
            accepted = listener.accept() => match accepted {
                Ok((stream, from)) => {
                    tasks.spawn(connection(stream, from, tls.clone(), app.clone(), stop.clone(), permit));
                }
                // Out of files, mostly: later there may be some again.
                Err(error) => {
                    tracing::warn!(%error, "a connection was not accepted");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
    drop(listener);
    let finished = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(FAREWELL, finished).await.is_err() {
        tracing::warn!("some requests were not finished");
    }
}

async fn connection(
    stream: TcpStream,
    from: SocketAddr,
    tls: Option<TlsAcceptor>,
    app: Router,
    stop: watch::Receiver<()>,
    _permit: OwnedSemaphorePermit,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let app = app.layer(Extension(Peer(from.ip())));
    let Some(tls) = tls else { return http(stream, false, app, stop).await };
    match tokio::time::timeout(HANDSHAKE, tls.accept(stream)).await {
        Ok(Ok(stream)) => {
            let two = stream.get_ref().1.alpn_protocol() == Some(b"h2");
            http(stream, two, app, stop).await;
        }
        Ok(Err(error)) => tracing::debug!(%error, "a handshake failed"),
        Err(_) => tracing::debug!("a handshake was not finished"),
    }
}

async fn http<S>(stream: S, two: bool, app: Router, mut stop: watch::Receiver<()>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (io, routes) = (TokioIo::new(stream), TowerToHyperService::new(app));
    let service = service_fn(move |request| {
        let answering = routes.call(request);
        async move {
            let response = answering.await.unwrap_or_else(|never| match never {});
            let lost = response.extensions().get::<Lost>().is_some();
            if lost { Err(std::io::Error::other("this answer is to be lost")) } else { Ok(response) }
        }
    });
    macro_rules! run {
        ($connection:expr) => {{
            let mut connection = std::pin::pin!($connection);
            let ended = tokio::select! {
                ended = connection.as_mut() => ended,
                _ = stop.changed() => { connection.as_mut().graceful_shutdown(); connection.await }
                () = tokio::time::sleep(LIFE) => { connection.as_mut().graceful_shutdown(); connection.await }
            };
            if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended");
            }
        }};
    }
    if two {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new()).max_concurrent_streams(STREAMS).keep_alive_interval(HEAD);
        run!(builder.serve_connection(io, service));
    } else {
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(HEAD);
        run!(builder.serve_connection(io, service));
    }
}
