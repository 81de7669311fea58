//! Being there: reads every connection in its interval, fires timers at their instants, goes on with open runs.

use std::collections::BTreeSet;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinSet;

use super::attend::Attendance;
use super::fire::Fired;
use super::poll::Polls;
use super::ready::Told;
use crate::desk::Desk;
use crate::error::Result;
use crate::vendors;

/// How often the wall clock is looked at: it may be set, and the machine may have slept.
const TICK: Duration = Duration::from_secs(1);

/// How often connections and open runs are looked at.
const ROUND: TimeDelta = TimeDelta::seconds(15);

/// How often it is checked whether timers can do their work.
const CHECK: TimeDelta = TimeDelta::minutes(5);

/// Failures to look at the clock in a row after which the process ends, to be started anew.
const MOST_FAILURES: u32 = 30;

/// Called at every look at the clock, so that whoever watches this process knows that it lives.
pub type Heartbeat = Arc<dyn Fn() + Send + Sync>;

/// What a process that is there does, and what of it is under way.
pub(crate) struct Service {
    desk: Arc<Desk>,
    polls: Polls,
    attendance: Attendance,
    next_round: Option<DateTime<Utc>>,
    next_check: Option<DateTime<Utc>>,
    told: Told,
    work: JoinSet<()>,
    reads: JoinSet<()>,
    sends: JoinSet<()>,
    under_way: UnderWay,
}

/// What is under way, by name, so that nothing is begun twice.
#[derive(Clone, Default)]
pub(crate) struct UnderWay(Arc<Mutex<BTreeSet<String>>>);

/// Taken out of what is under way when dropped, however the work ends.
struct Turn(UnderWay, String);

impl UnderWay {
    fn begin(&self, name: String) -> Option<Turn> {
        let fresh = self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(name.clone());
        fresh.then(|| Turn(self.clone(), name))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.1);
    }
}

impl Desk {
    /// Is there until `stop` comes; then finishes the writes under way and gives everything back.
    ///
    /// # Errors
    /// Those of the store. What a vendor answers is told and tried again.
    pub async fn serve(
        self: &Arc<Self>,
        stop: impl Future<Output = ()>,
        beat: Option<Heartbeat>,
    ) -> Result<()> {
        self.sound().await?;
        let armed = self.timers(false).await?.len();
        tracing::info!(armed, "lockstep is there: timers are armed and fire at their instants");
        let mut service = Service::new(self.clone());
        let mut stop = std::pin::pin!(stop);
        let mut failures = 0;
        loop {
            match service.tick().await {
                Ok(()) => failures = 0,
                // A disk that is full for a moment must not end a service; what lasts is its supervisor's.
                Err(e) if failures < MOST_FAILURES => {
                    failures += 1;
                    self.tell_failure("timers could not be looked at", &e);
                }
                Err(e) => {
                    self.stop.ask();
                    service.finish().await;
                    return Err(e);
                }
            }
            self.log_notices();
            if let Some(beat) = &beat {
                beat();
            }
            tokio::select! {
                biased;
                () = &mut stop => break,
                () = self.clock.sleep(TICK) => {}
            }
        }
        tracing::info!("lockstep ends: the writes under way are finished first");
        self.stop.ask();
        service.finish().await;
        self.log_notices();
        tracing::info!("lockstep has ended: timers no longer fire");
        Ok(())
    }

    /// Does once what [`Desk::serve`] does again and again, and waits until it is done.
    ///
    /// # Errors
    /// Those of the store.
    pub async fn serve_once(self: &Arc<Self>) -> Result<()> {
        self.sound().await?;
        let mut service = Service::new(self.clone());
        service.read_all().await?;
        let ticked = service.tick().await;
        service.finish().await;
        self.log_notices();
        ticked
    }

    fn log_notices(&self) {
        for notice in self.notices() {
            tracing::warn!("{notice}");
        }
    }
}

impl Service {
    pub(crate) fn new(desk: Arc<Desk>) -> Self {
        Self {
            desk,
            polls: Polls::default(),
            attendance: Attendance::default(),
            next_round: None,
            next_check: None,
            told: Told::default(),
            work: JoinSet::new(),
            reads: JoinSet::new(),
            sends: JoinSet::new(),
            under_way: UnderWay::default(),
        }
    }

    /// Looks at the clock, and begins what is due.
    pub(crate) async fn tick(&mut self) -> Result<()> {
        for done in [&mut self.work, &mut self.reads, &mut self.sends] {
            while done.try_join_next().is_some() {}
        }
        self.fire().await?;
        let now = self.desk.clock.now();
        // After a clock was set back, the next round is not hours away.
        let due = self.next_round.is_none_or(|at| at <= now || at > now + ROUND);
        if due {
            self.next_round = Some(now + ROUND);
            self.read().await?;
            self.go_on().await?;
        }
        if self.next_check.is_none_or(|at| at <= now || at > now + CHECK) {
            self.next_check = Some(now + CHECK);
            let alarms = self.desk.alarms().await?;
            self.told.tell(&alarms);
            if let Err(e) = self.desk.queue_notices(&alarms).await {
                self.desk.tell_failure("notices could not be queued", &e);
            }
            self.watch();
            self.send().await;
        } else if due {
            self.send().await;
        }
        Ok(())
    }

    /// Waits for runs under way, which end before their next write once a stop was asked for. Reads are broken off:
    /// a read that is not whole changes nothing.
    pub(crate) async fn finish(&mut self) {
        if self.desk.stop.is_asked() {
            self.reads.shutdown().await;
            // What was not confirmed is sent again, with the same id.
            self.sends.shutdown().await;
        }
        while self.reads.join_next().await.is_some() {}
        while self.sends.join_next().await.is_some() {}
        while self.work.join_next().await.is_some() {}
    }

    async fn fire(&mut self) -> Result<()> {
        for timer in self.desk.due_timers().await? {
            let Some(turn) = self.under_way.begin(format!("timer {}", timer.timer.id)) else { continue };
            let desk = self.desk.clone();
            self.work.spawn(async move {
                let _turn = turn;
                let fired = async { desk.fire_and_drive(&timer, &desk.targets().await?).await };
                match fired.await {
                    // Told where it was hindered, when that is news.
                    Ok(Fired::Hindered(_)) => {}
                    Ok(fired) => {
                        tracing::info!(timer = %timer.timer.id, ?fired, "a timer's instant has come");
                    }
                    Err(e) => desk.tell_failure("a timer could not be fired", &e),
                }
            });
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<()> {
        for connection in self.polls.due(&self.desk).await? {
            self.spawn_read(connection);
        }
        Ok(())
    }

    async fn read_all(&mut self) -> Result<()> {
        for connection in self.desk.store.read(|r| r.connections()).await? {
            if vendors::is_read(&self.desk.vendors, &connection.vendor) {
                self.polls.put_off(&self.desk, &connection);
                self.spawn_read(connection);
            }
        }
        while self.reads.join_next().await.is_some() {}
        Ok(())
    }

    fn spawn_read(&mut self, connection: lockstep_store::ConnectionRow) {
        let Some(turn) = self.under_way.begin(format!("read {}", connection.id)) else { return };
        let (desk, polls) = (self.desk.clone(), self.polls.clone());
        self.reads.spawn(async move {
            let _turn = turn;
            polls.read(&desk, &connection).await;
        });
    }

    fn watch(&mut self) {
        let Some(turn) = self.under_way.begin("watch".to_owned()) else { return };
        let desk = self.desk.clone();
        self.work.spawn(async move {
            let _turn = turn;
            if let Err(e) = desk.watch().await {
                desk.tell_failure("people could not be looked at again", &e);
            }
        });
    }

    /// Begins to send what is due, each sink by itself. A failure here is told and stops nothing else.
    async fn send(&mut self) {
        let due = match self.desk.due_notices().await {
            Ok(due) => due,
            Err(e) => return self.desk.tell_failure("notices could not be looked at", &e),
        };
        for (sink, notices) in due {
            let Some(turn) = self.under_way.begin(format!("notices {sink}")) else { continue };
            let desk = self.desk.clone();
            self.sends.spawn(async move {
                let _turn = turn;
                if let Err(e) = desk.send_notices(sink, notices).await {
                    desk.tell_failure("notices could not be sent", &e);
                }
            });
        }
    }

    async fn go_on(&mut self) -> Result<()> {
        for run in self.attendance.due(&self.desk).await? {
            let Some(turn) = self.under_way.begin(format!("run {run}")) else { continue };
            let (desk, attendance) = (self.desk.clone(), self.attendance.clone());
            self.work.spawn(async move {
                let _turn = turn;
                attendance.go_on(&desk, run).await;
            });
        }
        Ok(())
    }
}
