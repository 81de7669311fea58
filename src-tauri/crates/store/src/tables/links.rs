//! Links: whose an account is.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use lockstep_domain::ids::{AccountId, LinkId, PersonId};
use rusqlite::{Params, params};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::handle::{Reader, Row, Tx, instant, json};
use crate::tables::accounts::AccountRow;

/// How far a link is decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// Found, and waits for a person.
    Proposed,
    /// Relied on: sure enough by policy, or a person said so.
    Confirmed,
    /// A person said that it is not so.
    Rejected,
}

impl LinkState {
    const ALL: [Self; 3] = [Self::Proposed, Self::Confirmed, Self::Rejected];

    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
        }
    }
}

impl fmt::Display for LinkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for LinkState {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(())
    }
}

/// The statement that an account is a person's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkRow {
    /// Its id.
    pub id: LinkId,
    /// The person.
    pub person: PersonId,
    /// The account.
    pub account: AccountId,
    /// 0–100.
    pub confidence: u8,
    /// Why, in words or reason codes.
    pub reasons: Vec<String>,
    /// How far it is decided.
    pub state: LinkState,
    /// The operator who decided; `None` where policy did.
    pub decided_by: Option<String>,
    /// When the operator decided (UTC).
    pub decided_at: Option<DateTime<Utc>>,
}

const READING: &str = "reading links";

impl Reader<'_> {
    /// One link.
    ///
    /// # Errors
    /// Those of the database.
    pub fn link(&self, id: LinkId) -> Result<Option<LinkRow>> {
        self.one(READING, "SELECT * FROM link WHERE id = ?1", [id.to_string()], read_link)
    }

    /// Every link.
    ///
    /// # Errors
    /// Those of the database.
    pub fn links(&self) -> Result<Vec<LinkRow>> {
        self.links_where("", [])
    }

    /// Every link in that state.
    ///
    /// # Errors
    /// Those of the database.
    pub fn links_in(&self, state: LinkState) -> Result<Vec<LinkRow>> {
        self.links_where("WHERE state = ?1", [state.as_str()])
    }

    /// The links of an account, in every state.
    ///
    /// # Errors
    /// Those of the database.
    pub fn links_of_account(&self, account: AccountId) -> Result<Vec<LinkRow>> {
        self.links_where("WHERE account_id = ?1", [account.to_string()])
    }

    /// The links of a person, in every state, each with its account (missing ones too).
    ///
    /// # Errors
    /// Those of the database.
    pub fn accounts_of(&self, person: PersonId) -> Result<Vec<(LinkRow, AccountRow)>> {
        let links = self.links_where("WHERE person_id = ?1 ORDER BY id", [person.to_string()])?;
        links
            .into_iter()
            .map(|link| {
                let account =
                    self.account(link.account)?.ok_or_else(|| Error::missing("account", link.account))?;
                Ok((link, account))
            })
            .collect()
    }

    fn links_where(&self, condition: &str, params: impl Params) -> Result<Vec<LinkRow>> {
        self.all(READING, &format!("SELECT * FROM link {condition}"), params, read_link)
    }
}

impl Tx<'_> {
    /// Writes what matching found. A link of that person and account that an operator decided stays as it is;
    /// one that nobody decided takes the new confidence, reasons and state and keeps its id.
    ///
    /// # Errors
    /// `Conflict` when the person or the account is not there.
    pub fn propose_link(&self, link: &LinkRow) -> Result<()> {
        self.exec(
            "writing a link",
            "INSERT INTO link (id, org_id, person_id, account_id, confidence, reasons, state, decided_by, decided_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
             ON CONFLICT (account_id, person_id) DO UPDATE SET confidence = excluded.confidence,
                 reasons = excluded.reasons, state = excluded.state WHERE decided_at IS NULL",
            params![
                link.id.to_string(),
                self.org_id()?.to_string(),
                link.person.to_string(),
                link.account.to_string(),
                link.confidence,
                json(&link.reasons)?,
                link.state.as_str(),
                link.decided_by,
                link.decided_at.map(instant)
            ],
        )?;
        Ok(())
    }

    /// Writes an operator's decision about a link, at `at` (UTC).
    ///
    /// # Errors
    /// `Missing` when there is no such link.
    pub fn decide_link(&self, id: LinkId, state: LinkState, by: &str, at: DateTime<Utc>) -> Result<()> {
        let sql = "UPDATE link SET state = ?2, decided_by = ?3, decided_at = ?4 WHERE id = ?1";
        let changed =
            self.exec("deciding a link", sql, params![id.to_string(), state.as_str(), by, instant(at)])?;
        if changed == 0 { Err(Error::missing("link", id)) } else { Ok(()) }
    }

    /// Takes back what matching no longer finds. A decided link stays.
    ///
    /// # Errors
    /// Those of the database.
    pub fn withdraw_link(&self, id: LinkId) -> Result<()> {
        self.exec(
            "withdrawing a link",
            "DELETE FROM link WHERE id = ?1 AND decided_at IS NULL",
            [id.to_string()],
        )?;
        Ok(())
    }
}

fn read_link(row: &Row<'_>) -> Result<LinkRow> {
    Ok(LinkRow {
        id: LinkId(row.id("id")?),
        person: PersonId(row.id("person_id")?),
        account: AccountId(row.id("account_id")?),
        confidence: row.number("confidence")?,
        reasons: row.json("reasons")?,
        state: row.parsed("state")?,
        decided_by: row.maybe("decided_by", Row::text)?,
        decided_at: row.maybe("decided_at", Row::instant)?,
    })
}
