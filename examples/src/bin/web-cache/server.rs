//! Accepts connections, and bounds what each may cost.

use std::{
    io,
    pin::Pin,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, watch},
    time::{sleep, timeout},
};

use crate::{stall::StallTimeout, status::Status};

/// A request's head of fewer bytes is taken; one that has not ended after this many is refused.
///
/// The HTTP library looks between two reads, each at most as long again: a longer head passes if its end comes along.
const LONGEST_HEAD: usize = 64 * 1024;
/// How long answers that are under way may take once the server has been told to stop.
const LONGEST_GOODBYE: Duration = Duration::from_secs(5);
/// How long a client may go on sending what nobody wants, and how much of it, before its connection is cut.
const LONGEST_LINGER: Duration = Duration::from_secs(1);
const MOST_LINGERED: usize = 64 << 20;
/// After a failure to accept, which is most likely a want of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

const TOO_SLOW: &str = concat!(
    "HTTP/1.1 408 Request Timeout\r\n",
    "connection: close\r\ncontent-type: application/json\r\ncontent-length: 59\r\n\r\n",
    "{\"error\":\"the request did not arrive in time\",\"status\":408}",
);

#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For a request's head to arrive, for the next request to begin, and for a response to make progress.
    pub client_timeout: Duration,
    pub max_connections: usize,
}

/// Serves until `stop` is done, and then until the answers under way are sent, within bounds.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    status: Arc<Status>,
    stop: impl Future<Output = ()>,
) {
    let places = Arc::new(Semaphore::new(limits.max_connections));
    let (goodbye, _) = watch::channel(());
    let mut stop = std::pin::pin!(stop);
    loop {
        let next = async {
            let place = places.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            () = &mut stop => break,
            next = next => next,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "could not accept a connection");
                sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let connection = match connection(stream, router.clone(), limits) {
            Ok(connection) => talk(connection, goodbye.subscribe()),
            Err(error) => {
                tracing::debug!(%error, "a connection was gone at once");
                continue;
            }
        };
        let counted = Counted::new(status.clone());
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                // What a client does wrong is nothing to worry about here.
                tracing::debug!(%error, "a connection ended early");
            }
            drop((counted, place));
        });
    }
    drop(listener);
    goodbye.send_replace(());
    // Closed when the last connection has dropped its end.
    if timeout(LONGEST_GOODBYE, goodbye.closed()).await.is_err() {
        tracing::warn!("some connections were cut off");
    }
}

type Connection = http1::Connection<TokioIo<StallTimeout<TcpStream>>, TowerToHyperService<Router>>;

fn connection(stream: TcpStream, router: Router, limits: Limits) -> io::Result<Connection> {
    stream.set_nodelay(true)?;
    let stream = StallTimeout::new(stream, limits.client_timeout);
    Ok(http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.client_timeout)
        .max_buf_size(LONGEST_HEAD)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router)))
}

/// Answers the connection's requests until it ends, or until the answer under way is sent once `goodbye` is said.
async fn talk(mut connection: Connection, mut goodbye: watch::Receiver<()>) -> hyper::Result<()> {
    let ended = tokio::select! {
        ended = &mut connection => Some(ended),
        _ = goodbye.changed() => None,
    };
    let ended = match ended {
        Some(Ok(())) => {
            linger(connection.into_parts().io.into_inner()).await;
            return Ok(());
        }
        Some(ended) => ended,
        None => {
            Pin::new(&mut connection).graceful_shutdown();
            (&mut connection).await
        }
    };
    if ended.as_ref().is_err_and(hyper::Error::is_timeout) {
        let parts = connection.into_parts();
        // The HTTP library only hangs up. A client that has begun a request is told why; an idle one need not be.
        if !parts.read_buf.is_empty() {
            let mut stream = parts.io.into_inner();
            // It is over, whether the client takes this or not.
            let _ = stream.write_all(TOO_SLOW.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    }
    ended
}

/// Takes, within bounds, what the client still sends of a request that is answered already.
///
/// A connection that is closed with bytes unread is reset, which may cost the client the answer.
async fn linger(mut stream: StallTimeout<TcpStream>) {
    let mut unwanted = vec![0; 16 * 1024];
    let mut left = MOST_LINGERED;
    let drain = async {
        while let Ok(bytes @ 1..) = stream.read(&mut unwanted).await
            && bytes <= left
        {
            left -= bytes;
        }
    };
    // Whatever comes later is cut off.
    let _ = timeout(LONGEST_LINGER, drain).await;
}

/// An open connection, for the metrics; however its task ends.
struct Counted(Arc<Status>);

impl Counted {
    fn new(status: Arc<Status>) -> Self {
        status.connections.fetch_add(1, Relaxed);
        Counted(status)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.connections.fetch_sub(1, Relaxed);
    }
}
