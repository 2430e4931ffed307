//! One request to the upstream, and what it may cost.

use std::{
    future::poll_fn,
    hash::{BuildHasher, RandomState},
    io,
    net::{IpAddr, SocketAddr},
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header},
};
use hyper::{
    body::{Body as _, Incoming},
    client::conn::http1::{self, SendRequest},
};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpStream, lookup_host},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use super::{
    Failure, Options, Page,
    base_url::{BaseUrl, BaseUrlError},
};

/// The most bytes that a value may have.
pub const LARGEST: usize = 1 << 20;
/// An answer's head of more bytes is refused.
const LONGEST_HEAD: usize = 64 * 1024;
/// A longer type is not kept.
const LONGEST_TYPE: usize = 256;

const ANY_BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");
const USER_AGENT: HeaderValue =
    HeaderValue::from_static(concat!("web-cache/", env!("CARGO_PKG_VERSION")));

pub struct Client {
    base: BaseUrl,
    timeout: Duration,
    /// One for each request that may be under way.
    places: Arc<Semaphore>,
    most_requests: usize,
    hasher: RandomState,
}

impl Client {
    pub fn new(options: &Options) -> Result<Self, BaseUrlError> {
        let most_requests = options.most_requests();
        Ok(Client {
            base: BaseUrl::parse(options.url().unwrap_or_default())?,
            timeout: options.timeout(),
            places: Arc::new(Semaphore::new(most_requests)),
            most_requests,
            hasher: RandomState::new(),
        })
    }

    /// The host and the port.
    pub fn authority(&self) -> &str {
        self.base.authority().to_str().unwrap_or_default()
    }

    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    pub fn open_requests(&self) -> usize {
        self.most_requests
            .saturating_sub(self.places.available_permits())
    }

    /// Asks for a key. Returns `None` if the upstream says that it has no such key.
    ///
    /// Each request has a connection of its own.
    pub async fn get(&self, key: &str) -> Result<Option<Page>, Failure> {
        let request = async {
            let places = self.places.clone();
            let place = places.acquire_owned().await.expect("it is never closed");
            let (stream, _place) = self.connect(place).await.map_err(Failure::Unreachable)?;
            self.ask(stream, key).await
        };
        match timeout(self.timeout, request).await {
            Ok(answer) => answer,
            Err(_) => Err(Failure::Late(self.timeout)),
        }
    }

    /// Connects, and returns the place that it was given.
    async fn connect(
        &self,
        place: OwnedSemaphorePermit,
    ) -> io::Result<(TcpStream, OwnedSemaphorePermit)> {
        let (host, port) = self.base.address();
        if let Ok(ip) = host.parse::<IpAddr>() {
            return Ok((TcpStream::connect((ip, port)).await?, place));
        }
        // The operating system looks a name up on a thread that cannot be interrupted. So it keeps its place until its
        // end, even if nobody waits for it any more.
        let host = host.to_owned();
        let lookup = tokio::spawn(async move {
            let addresses = lookup_host((host, port)).await?;
            io::Result::Ok((addresses.collect::<Vec<SocketAddr>>(), place))
        });
        let (addresses, place) = lookup.await??;
        Ok((TcpStream::connect(&*addresses).await?, place))
    }

    async fn ask(&self, stream: TcpStream, key: &str) -> Result<Option<Page>, Failure> {
        // A delay costs time and breaks nothing.
        let _ = stream.set_nodelay(true);
        let (sender, connection) = http1::Builder::new()
            .max_buf_size(LONGEST_HEAD)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(Failure::Unreadable)?;
        let mut exchange = pin!(self.exchange(sender, key));
        tokio::select! {
            answer = &mut exchange => answer,
            // If it has ended too soon, the exchange learns of that.
            _ = connection => exchange.await,
        }
    }

    async fn exchange(
        &self,
        mut sender: SendRequest<Body>,
        key: &str,
    ) -> Result<Option<Page>, Failure> {
        let request = Request::get(self.base.target(key))
            .header(header::HOST, self.base.authority())
            .header(header::USER_AGENT, USER_AGENT)
            .header(header::ACCEPT_ENCODING, "identity")
            .header(header::CONNECTION, "close")
            .body(Body::empty())
            .expect("a path of encoded segments");
        let response = sender.send_request(request).await;
        let response = response.map_err(Failure::Unreadable)?;
        match response.status() {
            StatusCode::OK => self.page(response).await.map(Some),
            StatusCode::NOT_FOUND | StatusCode::GONE => Ok(None),
            status => Err(Failure::Status(status)),
        }
    }

    async fn page(&self, response: Response<Incoming>) -> Result<Page, Failure> {
        let content_type = content_type(response.headers())?;
        // Without it, the body ends with its length or with the connection.
        let mut codings = response.headers().get_all(header::TRANSFER_ENCODING).iter();
        if codings.any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"chunked")) {
            return Err(Failure::Encoded);
        }
        let body = read(response.into_body()).await?;
        let hash = self.hasher.hash_one((&body, content_type.as_bytes()));
        Ok(Page {
            body: body.into_boxed_slice().into(),
            content_type,
            hash,
        })
    }
}

fn content_type(headers: &HeaderMap) -> Result<HeaderValue, Failure> {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).iter();
    if encodings.any(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(Failure::Encoded);
    }
    let given = headers.get(header::CONTENT_TYPE);
    let kept = given.filter(|kind| (1..=LONGEST_TYPE).contains(&kind.len()));
    // A copy: the header may be a small part of a large buffer, and would keep all of it.
    let copy = kept.and_then(|kind| HeaderValue::from_bytes(kind.as_bytes()).ok());
    Ok(copy.unwrap_or(ANY_BYTES))
}

/// All of a body, unless it is too large, whatever its length is said to be.
async fn read(mut body: Incoming) -> Result<Vec<u8>, Failure> {
    if body.size_hint().lower() > LARGEST as u64 {
        return Err(Failure::TooLarge);
    }
    let mut bytes = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        // Trailers are not kept.
        let Ok(data) = frame.map_err(Failure::Unreadable)?.into_data() else {
            continue;
        };
        if bytes.len() + data.len() > LARGEST {
            return Err(Failure::TooLarge);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}
