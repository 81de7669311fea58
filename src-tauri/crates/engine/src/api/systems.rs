//! The register of systems.

use lockstep_domain::systems::{Lane, Sso, System};
use serde::{Deserialize, Serialize};

use super::sync::RowRemark;

/// A row of the register to add or change, found by its name. What is `None` stays as it is.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct SetSystem {
    /// The name.
    pub name: String,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Who does when the owner is away.
    pub backup_owner: Option<String>,
    /// How people sign in.
    pub sso: Option<Sso>,
    /// What kind of data it holds.
    pub data_class: Option<String>,
    /// Who does the work.
    pub lane: Option<Lane>,
    /// Where the steps are written down (https).
    pub how_to: Option<String>,
    /// The connection that reads it or acts on it, by name.
    pub connection: Option<String>,
    /// Whether everybody is assumed to have an account.
    pub everyone: Option<bool>,
}

/// A row of the register.
#[derive(Clone, Debug, Serialize)]
pub struct SystemView {
    /// The row.
    #[serde(flatten)]
    pub system: System,
    /// Name of its connection.
    pub connection_name: Option<String>,
    /// Accounts known there.
    pub accounts: usize,
}

/// What importing a register did.
#[derive(Clone, Debug, Serialize)]
pub struct SystemImport {
    /// Rows added.
    pub added: usize,
    /// Rows changed.
    pub changed: usize,
    /// Rows that were as they are.
    pub unchanged: usize,
    /// Rows that could not be used. If there is one, nothing was changed.
    pub refused: Vec<RowRemark>,
}
