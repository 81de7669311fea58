//! A vendor on a loopback port: every request is logged, struck by its fault and answered with the practice time.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use futures_util::stream;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tower::ServiceExt as _;

use crate::answer::{Answer, dated, with};
use crate::faults::{Fault, Faults};
use crate::log::{Entry, RequestLog};
use crate::strict::{Refusal, Simulator, router};
use crate::time::{PracticeClock, wait};

/// How many bytes a truncated answer promises and does not send.
const MISSING_BYTES: usize = 4096;

/// A simulated vendor that answers; it ends when dropped.
#[derive(Debug)]
pub struct Running<V> {
    /// Its address, `http://127.0.0.1:port`.
    pub base_url: String,
    /// Its state.
    pub vendor: Arc<V>,
    /// Its bad days.
    pub faults: Faults,
    /// What it was asked.
    pub log: RequestLog,
    task: JoinHandle<()>,
}

impl<V> Drop for Running<V> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<V: Simulator> Running<V> {
    /// Starts a vendor on `port` of loopback (0 for a free one).
    ///
    /// # Errors
    /// Those of binding the port.
    pub async fn start(vendor: V, clock: &PracticeClock, port: u16) -> io::Result<Self> {
        let (vendor, faults, log) = (Arc::new(vendor), Faults::default(), RequestLog::default());
        let desk =
            FrontDesk { clock: clock.clone(), faults: faults.clone(), log: log.clone(), expired: V::refuse };
        let service = router(&vendor).layer(from_fn_with_state(desk, front_desk));
        let (task, base_url) = listen(service, port).await?;
        Ok(Self { base_url, vendor, faults, log, task })
    }
}

/// Serves a router on loopback; the task ends all connections when aborted.
pub(crate) async fn listen(service: Router, port: u16) -> io::Result<(JoinHandle<()>, String)> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], port))).await?;
    let base_url = format!("http://{}", listener.local_addr()?);
    let task = tokio::spawn(async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(connection(stream, service.clone()));
            while connections.try_join_next().is_some() {}
        }
    });
    Ok((task, base_url))
}

/// Marks an answer that must never be sent.
#[derive(Clone, Copy, Debug)]
struct Broken;

async fn connection(stream: TcpStream, service: Router) {
    let broken = Arc::new(AtomicBool::new(false));
    let mark = broken.clone();
    let guarded = service_fn(move |request: hyper::Request<hyper::body::Incoming>| {
        let (service, mark) = (service.clone(), mark.clone());
        Box::pin(async move {
            let answer: Result<Answer, Infallible> = service.oneshot(request.map(Body::new)).await;
            match answer {
                Ok(answer) if answer.extensions().get::<Broken>().is_none() => Ok(answer),
                _ => {
                    mark.store(true, Ordering::Relaxed);
                    Err(io::Error::from(io::ErrorKind::ConnectionReset))
                }
            }
        })
    });
    let mut served = http1::Builder::new().serve_connection(TokioIo::new(stream), guarded);
    // How a connection ends is the caller's business; a broken one is meant.
    let _ = std::future::poll_fn(|cx| served.poll_without_shutdown(cx)).await;
    if broken.load(Ordering::Relaxed) {
        // Without lingering, closing sends a reset instead of a polite end.
        let _ = served.into_parts().io.into_inner().set_zero_linger();
    }
}

#[derive(Clone)]
struct FrontDesk {
    clock: PracticeClock,
    faults: Faults,
    log: RequestLog,
    expired: fn(&Refusal) -> Answer,
}

async fn front_desk(State(desk): State<FrontDesk>, request: Request, next: Next) -> Answer {
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    let fault = desk.faults.strike(&method, &path);
    let query = request.uri().query().unwrap_or_default().to_owned();
    let place = desk.log.begin(Entry { method, path, query, at: desk.clock.now(), status: None });
    let answer = match fault {
        None => next.run(request).await,
        Some(Fault::Status { status, headers, body }) => {
            let headers: Vec<(&str, &str)> = headers.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            with(status, &headers, body)
        }
        Some(Fault::CredentialsExpired) => (desk.expired)(&Refusal::ExpiredCredentials),
        Some(Fault::Reset) => return broken(),
        Some(Fault::AnswerLost) => {
            next.run(request).await;
            return broken();
        }
        Some(Fault::Delay { millis }) => {
            let answer = next.run(request).await;
            wait(Duration::from_millis(millis)).await;
            answer
        }
        Some(Fault::Truncated) => truncated(next.run(request).await).await,
        Some(Fault::Dribbled { millis }) => dribbled(next.run(request).await, millis).await,
    };
    desk.log.answered(place, answer.status().as_u16());
    dated(answer, desk.clock.now())
}

fn broken() -> Answer {
    let mut answer = with(500, &[], String::new());
    answer.extensions_mut().insert(Broken);
    answer
}

async fn truncated(answer: Answer) -> Answer {
    let (mut parts, bytes) = whole(answer).await;
    parts.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len() + MISSING_BYTES));
    // The break comes as an error of the body: a clean end would be reported as the vendor's own fault.
    let lost = Err(io::Error::from(io::ErrorKind::ConnectionReset));
    Answer::from_parts(parts, Body::from_stream(stream::iter([Ok(bytes), lost])))
}

async fn dribbled(answer: Answer, millis: u64) -> Answer {
    let (parts, bytes) = whole(answer).await;
    let drops = stream::unfold((bytes, 0), move |(bytes, at)| async move {
        let drop = bytes.slice(at..).slice(..bytes.len().saturating_sub(at).min(1));
        if drop.is_empty() {
            return None;
        }
        wait(Duration::from_millis(millis)).await;
        Some((Ok::<_, Infallible>(drop), (bytes, at + 1)))
    });
    Answer::from_parts(parts, Body::from_stream(drops))
}

async fn whole(answer: Answer) -> (axum::http::response::Parts, Bytes) {
    let (parts, body) = answer.into_parts();
    (parts, to_bytes(body, usize::MAX).await.unwrap_or_default())
}
