//! The verbs, one file per noun. Each turns arguments into a request and an answer into a page.

pub(crate) mod backlog;
pub(crate) mod completions;
pub(crate) mod connection;
mod connection_add;
pub(crate) mod evidence;
pub(crate) mod init;
pub(crate) mod key;
pub(crate) mod leaver;
pub(crate) mod ledger;
pub(crate) mod link;
pub(crate) mod lookback;
pub(crate) mod offboard;
#[cfg(test)]
mod page_tests;
pub(crate) mod pause;
pub(crate) mod person;
pub(crate) mod policy;
mod preview_page;
mod refusals;
pub(crate) mod run;
mod run_page;
pub(crate) mod serve;
mod step_page;
pub(crate) mod sync;
pub(crate) mod system;
pub(crate) mod timer;
pub(crate) mod vendor;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use lockstep_engine::api::RowRemark;
pub(crate) use refusals::refusal_words;

use crate::args::Command;
use crate::context::Context;
use crate::exit::{Exit, Stop};
use crate::text::then;

/// Does what the command line says.
pub(crate) async fn run(command: Command, context: &Context) -> Result<Exit, Stop> {
    match command {
        Command::Init(it) => it.run(context).await,
        Command::Vendor(it) => it.run(context),
        Command::Connection(it) => it.run(context).await,
        Command::System(it) => it.run(context).await,
        Command::Sync(it) => it.run(context).await,
        Command::Person(it) => it.run(context).await,
        Command::Link(it) => it.run(context).await,
        Command::Leaver(it) => it.run(context).await,
        Command::Backlog(it) => it.run(context).await,
        Command::Lookback(it) => it.run(context).await,
        Command::Offboard(it) => it.run(context).await,
        Command::Serve(it) => it.run(context).await,
        Command::Timer(it) => it.run(context).await,
        Command::Run(it) => it.run(context).await,
        Command::Evidence(it) => it.run(context).await,
        Command::Ledger(it) => it.run(context).await,
        Command::Key(it) => it.run(context).await,
        Command::Policy(it) => it.run(context).await,
        Command::Pause(it) => it.run(context).await,
        Command::Completions(it) => it.run(),
    }
}

/// Takes one of the domain's words, with a hyphen or an underscore, and offers them all in help and
/// completions.
fn one_of<T>(words: impl Iterator<Item = &'static str>) -> impl TypedValueParser<Value = T>
where
    T: std::str::FromStr<Err = lockstep_engine::domain::UnknownWord> + Clone + Send + Sync + 'static,
{
    let words = words.map(|word| PossibleValue::new(word).alias(word.replace('_', "-")));
    PossibleValuesParser::new(words).try_map(|word| word.replace('-', "_").parse::<T>())
}

/// A remark on a row of a file or a source: where, what, and what to do.
fn remark_words(remark: &RowRemark) -> String {
    let RowRemark { row, column, reason, remedy } = remark;
    format!("{row}, {column}: {}", then(reason, remedy))
}

/// Yes, no, or not known.
fn yes_no(value: Option<bool>) -> String {
    match value {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not known",
    }
    .to_owned()
}

/// A value, or a dash where there is none.
fn or_dash(value: Option<&String>) -> String {
    value.cloned().unwrap_or_else(|| "-".to_owned())
}
