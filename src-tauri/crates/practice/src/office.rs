//! The whole practice company, running.

use std::io;
use std::sync::Arc;

use serde::Serialize;
use tokio::task::JoinHandle;

use crate::control::{self, Switches};
use crate::population::Population;
use crate::serve::Running;
use crate::strict::Simulator;
use crate::time::PracticeClock;
use crate::vendors::bamboohr::BambooHr;
use crate::vendors::okta::Okta;
use crate::vendors::openai::OpenAi;

/// How to set up the company.
#[derive(Clone, Debug)]
pub struct OfficeOptions {
    /// How many people; every case is there even if this is smaller.
    pub people: usize,
    /// The seed; the same makes the same company.
    pub seed: u64,
    /// Its clock.
    pub clock: PracticeClock,
    /// The first of consecutive ports; free ones without it.
    pub port_base: Option<u16>,
}

impl OfficeOptions {
    /// So many people on this clock, seed 1, free ports.
    pub fn new(people: usize, clock: PracticeClock) -> Self {
        Self { people, seed: 1, clock, port_base: None }
    }
}

/// What a connection to one vendor has to be told. The secrets are the practice company's own: worth nothing.
#[derive(Clone, Debug, Serialize)]
pub struct Contact {
    /// The vendor's name, which is also that of its connector.
    pub vendor: &'static str,
    /// Its address.
    pub base_url: String,
    /// Settings of a connection.
    pub settings: Vec<(&'static str, String)>,
    /// Secrets of a connection.
    pub secrets: Vec<(&'static str, String)>,
}

/// The running company; it ends when dropped.
#[derive(Debug)]
pub struct Office {
    /// Its clock.
    pub clock: PracticeClock,
    /// Its people as they were at the start.
    pub population: Arc<Population>,
    /// The HR system.
    pub bamboohr: Running<BambooHr>,
    /// The directory.
    pub okta: Running<Okta>,
    /// The models' provider.
    pub openai: Running<OpenAi>,
    /// Where faults, clock and logs are reached by HTTP.
    pub control_url: String,
    control: JoinHandle<()>,
}

impl Office {
    /// Starts every vendor on loopback.
    ///
    /// # Errors
    /// Those of binding the ports.
    pub async fn start(options: OfficeOptions) -> io::Result<Self> {
        let OfficeOptions { people, seed, clock, port_base } = options;
        let population = Arc::new(Population::new(people, seed, clock.now().date_naive()));
        let mut ports = Ports(port_base);
        let control_port = ports.next();
        let bamboohr = Running::start(BambooHr::new(&population, &clock), &clock, ports.next()).await?;
        let okta = Running::start(Okta::new(&population, &clock), &clock, ports.next()).await?;
        let openai = Running::start(OpenAi::new(&population, &clock), &clock, ports.next()).await?;
        let switches = vec![switch(&bamboohr), switch(&okta), switch(&openai)];
        let (control, control_url) = control::start(switches, clock.clone(), control_port).await?;
        Ok(Self { clock, population, bamboohr, okta, openai, control_url, control })
    }

    /// What connections to all vendors have to be told.
    pub fn contacts(&self) -> Vec<Contact> {
        vec![
            self.bamboohr.vendor.contact(&self.bamboohr.base_url),
            self.okta.vendor.contact(&self.okta.base_url),
            self.openai.vendor.contact(&self.openai.base_url),
        ]
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        self.control.abort();
    }
}

fn switch<V: Simulator>(running: &Running<V>) -> Switches {
    Switches { name: V::NAME, faults: running.faults.clone(), log: running.log.clone() }
}

struct Ports(Option<u16>);

impl Ports {
    fn next(&mut self) -> u16 {
        let port = self.0.unwrap_or(0);
        self.0 = self.0.and_then(|p| p.checked_add(1));
        port
    }
}
