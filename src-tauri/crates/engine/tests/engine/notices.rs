//! Alarms that leave the machine: once a day, naming nobody, and never in anybody's way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use lockstep_connectors::vendors::{sim, webhook};
use lockstep_connectors::{Clock, Connector, Error, Kind, Notice, NoticeSink, Result, RoleKind, Vendor};
use lockstep_domain::capability::Mode;
use lockstep_engine::Desk;
use lockstep_engine::api::AddConnection;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use zeroize::Zeroizing;

use super::fate::Witness;
use super::office::{APP, Office, approve, email, people};

const SINK: &str = "sink";

/// A sink that keeps what it is told, and may be down.
#[derive(Default)]
struct Sink {
    told: Mutex<Vec<Notice>>,
    tries: Mutex<usize>,
    down: AtomicBool,
    stuck: AtomicBool,
}

struct Sending(Arc<Sink>);

#[async_trait]
impl NoticeSink for Sending {
    async fn send(&self, notice: &Notice) -> Result<()> {
        *self.0.tries.lock().unwrap() += 1;
        if self.0.stuck.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        if self.0.down.load(Ordering::Relaxed) {
            return Err(Error::new(Kind::Unavailable, "the sink is down", "Wait."));
        }
        self.0.told.lock().unwrap().push(notice.clone());
        Ok(())
    }
}

impl Sink {
    fn vendor(self: &Arc<Self>) -> Vendor {
        let sink = self.clone();
        let mut descriptor = webhook::vendor().descriptor;
        (descriptor.id, descriptor.fields, descriptor.roles) = (SINK, &[], &[RoleKind::Notices]);
        let open = move |_| {
            let notices = Some(Arc::new(Sending(sink.clone())) as Arc<dyn NoticeSink>);
            Ok(Connector { notices, tenant: SINK.into(), ..Connector::default() })
        };
        Vendor { descriptor, open: Arc::new(open) }
    }

    fn told(&self) -> Vec<Notice> {
        self.told.lock().unwrap().clone()
    }

    fn tries(&self) -> usize {
        *self.tries.lock().unwrap()
    }
}

fn instant() -> DateTime<Utc> {
    "2026-10-01T00:00:00Z".parse().unwrap()
}

async fn desk(office: &Office, sink: &Arc<Sink>) -> Arc<Desk> {
    let mut options = office.options("olga", &Witness::none());
    options.vendors.extend([sink.vendor(), webhook::vendor()]);
    Arc::new(Desk::open(&office.home(), options).await.unwrap())
}

/// Person 1 is in notice until [`instant`] and armed; it is twenty hours before.
async fn armed() -> (Office, Arc<Sink>, Arc<Desk>) {
    let office = Office::of(2).await;
    let sink = Arc::new(Sink::default());
    let desk = desk(&office, &sink).await;
    let add = AddConnection {
        vendor: SINK.into(),
        name: SINK.into(),
        settings: Default::default(),
        secrets: Default::default(),
    };
    desk.add_connection(add).await.unwrap();
    office.hr_says(1, |w| w.termination_date = Some("2026-09-30".parse().unwrap()));
    office.clock.advance((instant() - TimeDelta::hours(20) - office.clock.now()).to_std().unwrap());
    office.sync(&desk).await;
    desk.arm(approve(&desk, people(&[1])).await).await.unwrap();
    (office, sink, desk)
}

#[tokio::test]
async fn an_alarm_reaches_every_sink_once_a_day_and_names_nobody() {
    let (office, sink, desk) = armed().await;
    office.mode(&desk, APP, Mode::Observe).await;
    desk.serve_once().await.unwrap();
    desk.serve_once().await.unwrap();
    // Another process of the same home.
    self::desk(&office, &sink).await.serve_once().await.unwrap();
    let told = sink.told();
    assert_eq!(told.len(), 1, "the same is said once, whoever looks: {told:?}");
    let case = desk.alarms().await.unwrap()[0].case.clone();
    assert!(told[0].body.contains(&format!("(case {case})")), "the operator can find it: {:?}", told[0]);
    let name = desk.person(&email(1)).await.unwrap().row.name;
    let said = format!("{} {}", told[0].subject, told[0].body).to_lowercase();
    let words: Vec<&str> = said.split(|c: char| !c.is_alphanumeric()).collect();
    for secret in [&name.to_lowercase(), "acme", "observe", "olga", APP, "hr"] {
        assert!(!words.contains(&secret) && (secret.len() < 6 || !said.contains(secret)), "{secret}: {said}");
    }
    assert!(!said.contains('@'), "no address leaves the machine: {said}");

    office.pass(Duration::from_hours(19) + Duration::from_mins(30));
    desk.serve_once().await.unwrap();
    let told = sink.told();
    assert_eq!(told.len(), 2, "once more in the last hour: {told:?}");
    assert_eq!(told[1].severity.as_str(), "urgent", "which is urgent");
}

#[tokio::test]
async fn a_sink_that_is_down_delays_nothing_and_is_told_later() {
    let (office, sink, desk) = armed().await;
    sink.down.store(true, Ordering::Relaxed);
    office.mode(&desk, APP, Mode::Observe).await;
    desk.serve_once().await.unwrap();
    assert_eq!((sink.tries(), sink.told().len()), (1, 0), "it was tried");
    let view = desk.connections().await.unwrap().into_iter().find(|c| c.name == SINK).unwrap();
    assert!(view.trouble.is_some(), "and the connection says so");
    office.pass(Duration::from_secs(10));
    desk.serve_once().await.unwrap();
    assert_eq!(sink.tries(), 1, "not again at once");
    sink.down.store(false, Ordering::Relaxed);
    office.pass(Duration::from_secs(60));
    desk.serve_once().await.unwrap();
    assert_eq!((sink.tries(), sink.told().len()), (2, 1), "then it is sent, once");
    let view = desk.connections().await.unwrap().into_iter().find(|c| c.name == SINK).unwrap();
    assert!(view.trouble.is_none(), "and the trouble is over");
}

#[tokio::test]
async fn a_sink_that_never_answers_keeps_no_timer_waiting() {
    let (office, sink, desk) = armed().await;
    sink.stuck.store(true, Ordering::Relaxed);
    office.hr.fail(sim::Op::ReadWorkers, sim::Fault::Refused(Kind::Unavailable), sim::Times::Always);
    office.clock.advance(Duration::from_hours(6));
    let (app, clock) = (office.app.clone(), office.clock.clone());
    let until = instant() + TimeDelta::hours(2);
    let cut = async move {
        while app.truth().accounts["u1"].enabled && clock.now() < until {
            tokio::task::yield_now().await;
        }
    };
    desk.serve(cut, None).await.unwrap();
    assert!(sink.tries() > 0, "the sink was asked");
    assert!(!office.app.truth().accounts["u1"].enabled, "and the leaver is cut all the same");
}

#[tokio::test]
async fn a_webhook_that_answers_500_gets_the_same_notice_again_and_then_no_more() {
    let (office, _, desk) = armed().await;
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/s3cr3t", listener.local_addr().unwrap());
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let kept = bodies.clone();
    let server = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let body = read_request(&mut stream).await;
            let first = kept.lock().unwrap().is_empty();
            kept.lock().unwrap().push(body);
            let status = if first { "500 Internal Server Error" } else { "200 OK" };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    let add = AddConnection {
        vendor: "webhook".into(),
        name: "chat".into(),
        settings: [("allow_local".to_owned(), "true".to_owned())].into(),
        secrets: [("url".to_owned(), Zeroizing::new(url))].into(),
    };
    desk.add_connection(add).await.unwrap();
    office.mode(&desk, APP, Mode::Observe).await;
    for _ in 0..4 {
        desk.serve_once().await.unwrap();
        office.pass(Duration::from_mins(2));
    }
    let bodies = bodies.lock().unwrap().clone();
    assert_eq!(bodies.len(), 2, "refused once, taken once: {bodies:?}");
    assert_eq!(bodies[0], bodies[1], "with the same id, so that the receiver can tell");
    let shown = format!("{:?} {:?}", desk.connections().await.unwrap(), desk.notices());
    assert!(!shown.contains("s3cr3t"), "the address is shown nowhere: {shown}");
    server.abort();

    let tested = desk.test_connection(SINK).await.unwrap();
    assert!(tested.summary.contains("test notice"), "testing a sink sends something: {tested:?}");
}

/// The body of one request.
async fn read_request(stream: &mut tokio::net::TcpStream) -> String {
    let (mut text, mut buffer) = (String::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut buffer).await.unwrap();
        text.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length =
            head.lines().find_map(|l| l.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) {
            return body.to_owned();
        }
    }
}

#[tokio::test]
async fn the_same_hindrance_is_said_once() {
    let (office, _, desk) = armed().await;
    office.clock.advance((instant() - office.clock.now()).to_std().unwrap());
    desk.pause("migration", 1).await.unwrap();
    let _ = desk.notices();
    let mut said = Vec::new();
    for _ in 0..3 {
        desk.fire_timers().await.unwrap();
        said.extend(desk.notices().into_iter().filter(|line| line.contains("does not fire")));
        office.pass(Duration::from_secs(31));
    }
    assert_eq!(said.len(), 1, "a log that repeats itself every 30 seconds hides what is new: {said:?}");
}
