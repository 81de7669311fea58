//! `lockstep init`.

use clap::{Args, ValueEnum};
use lockstep_engine::domain::ids::OrgId;
use lockstep_engine::{Desk, SecretsChoice, SecretsKind};
use serde::Serialize;

use crate::context::Context;
use crate::exit::{Exit, Stop};
use crate::secrets;

/// Set up a new home in an empty or missing folder
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  lockstep init --org \"Acme\" --operator-email pat@acme.test")]
pub(crate) struct Init {
    /// The organisation's name
    #[arg(long, value_name = "NAME")]
    org: String,
    /// Your own work e-mail, so that you cannot cut yourself off
    #[arg(long, value_name = "EMAIL")]
    operator_email: Option<String>,
    /// Where secrets are kept
    #[arg(long, value_enum, default_value_t = Secrets::Keychain)]
    secrets: Secrets,
}

/// Where secrets are kept.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Secrets {
    /// The operating system's keychain
    Keychain,
    /// A file in the home, opened by a passphrase; for machines without a keychain
    SealedFile,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Made {
    org: OrgId,
    home: String,
    secrets: SecretsKind,
    warning: Option<&'static str>,
}

const SEALED_FILE: &str = "Secrets are kept in a file of this home, sealed by your passphrase, and NOT in the \
                           operating system's keychain. Whoever has both the file and the passphrase has every \
                           credential.";

impl Init {
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, Stop> {
        let home = context.home()?;
        let (kind, choice, warning) = match self.secrets {
            Secrets::Keychain => (SecretsKind::Keychain, SecretsChoice::Keychain, None),
            Secrets::SealedFile => {
                let choice = SecretsChoice::SealedFile(secrets::new_passphrase()?);
                (SecretsKind::SealedFile, choice, Some(SEALED_FILE))
            }
        };
        let init = lockstep_engine::Init { organisation: self.org, operator_email: self.operator_email };
        let desk = Desk::init(&home, init, context.options(choice)?).await?;
        context.notices(&desk.notices());
        let made = Made { org: desk.org(), home: home.display().to_string(), secrets: kind, warning };
        context.answer(&made, |page| {
            if let Some(warning) = warning {
                page.heading("WARNING");
                page.line(warning);
                page.gap();
            }
            page.line(format!("Lockstep is set up in {}.", made.home));
            page.line(format!("Organisation {}.", made.org));
            page.line("Next: `lockstep vendor list`, then `lockstep connection add`.");
        })?;
        Ok(Exit::Done)
    }
}
