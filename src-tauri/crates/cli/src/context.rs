//! What every command shares: the home, the way to answer, progress, and Ctrl-C.

use std::future::Future;
use std::io::{self, IsTerminal, Write};
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::Arc;

use etcetera::{AppStrategy, AppStrategyArgs};
use lockstep_engine::{Code, Desk, DeskOptions, Error, Result, SecretsChoice, SecretsKind, SystemClock};
use serde::Serialize;

use crate::args::Global;
use crate::exit::{Exit, Stop};
use crate::progress::Bar;
use crate::text::{Page, colour_wanted};
use crate::{report, secrets};

/// What every command shares.
pub(crate) struct Context {
    global: Global,
    progress: Bar,
}

impl Context {
    /// The context that these options ask for.
    pub(crate) fn new(global: Global) -> Self {
        let progress = Bar::new(!global.quiet && io::stderr().is_terminal());
        Self { global, progress }
    }

    /// The home: as told, or the platform's place for an account's data.
    pub(crate) fn home(&self) -> Result<PathBuf> {
        if let Some(home) = &self.global.home {
            return Ok(home.clone());
        }
        let strategy = etcetera::app_strategy::choose_native_strategy(AppStrategyArgs {
            top_level_domain: "app".to_owned(),
            author: "Lockstep".to_owned(),
            app_name: "Lockstep".to_owned(),
        });
        strategy.map(|places| places.data_dir()).map_err(|error| {
            Error::new(
                Code::Usage,
                "This account has no home folder to keep Lockstep's data in.",
                "Name a folder with --home or LOCKSTEP_HOME.",
            )
            .caused_by(error)
        })
    }

    /// What a Desk is opened with.
    pub(crate) fn options(&self, secrets: SecretsChoice) -> Result<DeskOptions> {
        let operator = whoami::username().map_err(|error| {
            Error::new(
                Code::Failed,
                "The operating system does not say who you are; every act is recorded under a name.",
                "Run Lockstep under an account that the system knows.",
            )
            .caused_by(error)
        })?;
        Ok(DeskOptions {
            clock: Arc::new(SystemClock),
            vendors: lockstep_engine::vendors(),
            operator,
            secrets,
            progress: Some(self.progress.sink()),
            fuse: None,
        })
    }

    /// Opens the home and says what the operator must see.
    pub(crate) async fn desk(&self) -> Result<OpenDesk<'_>> {
        let desk = self.open().await?;
        self.notices(&desk.notices());
        Ok(OpenDesk { desk, context: self })
    }

    /// Opens the home for work that goes on side by side; its notices are the caller's to tell.
    pub(crate) async fn shared_desk(&self) -> Result<Arc<Desk>> {
        self.open().await.map(Arc::new)
    }

    async fn open(&self) -> Result<Desk> {
        let home = self.home()?;
        let secrets = match Desk::secrets_kind(&home)? {
            SecretsKind::Keychain => SecretsChoice::Keychain,
            SecretsKind::SealedFile => SecretsChoice::SealedFile(secrets::passphrase()?),
        };
        Desk::open(&home, self.options(secrets)?).await
    }

    /// Says on standard error what the operator must see.
    pub(crate) fn notices(&self, notices: &[String]) {
        report::notices(notices, self.global.json);
    }

    /// Waits for long work, unless Ctrl-C comes first. What is done then stays done: the ledger has it.
    pub(crate) async fn interruptible<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T, Stop> {
        let result = tokio::select! {
            result = work => result.map_err(Stop::Failed),
            _ = tokio::signal::ctrl_c() => Err(Stop::Interrupted),
        };
        self.progress.clear();
        result
    }

    /// Answers with the view as JSON, or with what `show` makes of it for people.
    pub(crate) fn answer<T: Serialize + ?Sized>(&self, view: &T, show: impl FnOnce(&mut Page)) -> Result<()> {
        if self.global.json {
            let document = report::json_document(view)?;
            return write_out(document.as_bytes());
        }
        let mut page = Page::new(io::stdout().is_terminal() && colour_wanted());
        show(&mut page);
        write_out(page.into_text().as_bytes())
    }

    /// Says why there is no answer.
    pub(crate) fn stopped(&self, stop: &Stop) -> Exit {
        self.progress.clear();
        match stop {
            Stop::Failed(error) => {
                report::failure(error, self.global.json);
                error.code().into()
            }
            Stop::Interrupted => {
                let text = "Interrupted. What is done stays done and is recorded; \
                            `lockstep run resume --all` goes on with open runs.";
                self.notices(&[text.to_owned()]);
                Exit::Interrupted
            }
        }
    }
}

/// A Desk that is being worked at. What it remarks on the way is said when the command ends, however it ends.
pub(crate) struct OpenDesk<'a> {
    desk: Desk,
    context: &'a Context,
}

impl Deref for OpenDesk<'_> {
    type Target = Desk;

    fn deref(&self) -> &Desk {
        &self.desk
    }
}

impl Drop for OpenDesk<'_> {
    fn drop(&mut self) {
        self.context.progress.clear();
        self.context.notices(&self.desk.notices());
    }
}

/// Writes to standard output. A reader that has gone away (`| head`) is no failure: the work itself is
/// done, and the exit code still tells how it went.
pub(crate) fn write_out(bytes: &[u8]) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Error::new(
            Code::Failed,
            "The work is done, but the answer could not be written to standard output.",
            "Make room where the output goes, then ask again (for example `lockstep run list`).",
        )
        .caused_by(error)),
        _ => Ok(()),
    }
}
