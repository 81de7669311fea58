//! `lockstep person …`.

use clap::{Args, Subcommand};
use lockstep_engine::api::{PeopleQuery, PersonRow, PersonView};

use crate::context::Context;
use crate::exit::{Exit, Stop};
use crate::text::{Page, plain, utc, utc_with_local};

/// Everybody known, with employments and accounts
#[derive(Debug, Subcommand)]
pub(crate) enum Person {
    /// List people
    List(List),
    /// Show a person with employments, accounts and runs
    Show {
        /// Id, work e-mail, employee number or exact name
        person: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Part of a name, e-mail or employee number
    text: Option<String>,
    /// How many at the most
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
}

impl Person {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Stop> {
        let desk = context.desk().await?;
        match self {
            Self::List(List { text, limit }) => {
                let people = desk.people(PeopleQuery { text, limit }).await?;
                context.answer(&people, |page| list(page, &people, limit))?;
            }
            Self::Show { person } => {
                let person = desk.person(&person).await?;
                context.answer(&person, |page| show(page, &person))?;
            }
        }
        Ok(Exit::Done)
    }
}

fn list(page: &mut Page, people: &[PersonRow], limit: usize) {
    let rows = people.iter().map(|person| {
        [
            person.name.clone(),
            super::or_dash(person.work_email.as_ref()),
            super::or_dash(person.employee_number.as_ref()),
            plain(&person.state),
            person.access_end_at.map_or_else(|| "-".to_owned(), |at| utc(Some(at))),
            person.id.to_string(),
        ]
    });
    page.table(
        ["Name", "Work e-mail", "Number", "State", "Access ends", "Id"],
        rows.collect(),
        "Nobody. Read HR with `lockstep sync`, or search for something else.",
    );
    if people.len() == limit {
        page.line(format!("The first {limit}; there may be more (--limit)."));
    }
}

fn show(page: &mut Page, person: &PersonView) {
    let row = &person.row;
    page.heading(&row.name);
    page.fields(&[
        ("Id", row.id.to_string()),
        ("Work e-mail", super::or_dash(row.work_email.as_ref())),
        ("Employee number", super::or_dash(row.employee_number.as_ref())),
        ("State", plain(&row.state)),
        ("Access ends", utc(row.access_end_at)),
    ]);
    page.heading("Employments");
    let employments = person.employments.iter().map(|stint| {
        let date = |date: Option<chrono::NaiveDate>| date.map_or_else(|| "-".to_owned(), |d| d.to_string());
        let state = plain(&[std::slice::from_ref(&stint.state), &stint.flags].concat().join(", "));
        [
            stint.source.clone(),
            state,
            stint.source_status.clone(),
            date(stint.start_date),
            date(stint.termination_date),
            utc_with_local(stint.access_end_at, stint.access_end_local.as_deref()),
            utc(stint.employment_end_at),
        ]
    });
    page.table(
        ["Source", "State", "HR says", "First day", "Last day", "Access ends", "Employment ends"],
        employments.collect(),
        "None known.",
    );
    page.heading("Accounts");
    let accounts = person.accounts.iter().map(|account| {
        [
            account.connection.clone(),
            account.login.clone(),
            account.sign_in.clone(),
            format!("{} ({} %)", account.link_state, account.confidence),
            account.entitlements.join(", "),
            account.credentials.to_string(),
            super::yes_no(account.admin),
        ]
    });
    page.table(
        ["Connection", "Login", "Sign-in", "Link", "Granted", "Keys", "Admin"],
        accounts.collect(),
        "None known.",
    );
    page.points("Runs", person.runs.iter().cloned());
}
