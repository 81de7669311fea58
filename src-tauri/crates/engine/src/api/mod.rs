//! Requests and answers of the Desk: plain data that the window, the CLI and a remote window share.
//!
//! No paths and no closures cross this line. Times are UTC instants; where a local one is shown beside it,
//! its zone is named.

mod connections;
mod evidence;
mod ledger;
mod lookback;
mod people;
mod runs;
mod sync;
mod systems;
mod timers;
mod verbs;

pub use connections::{AddConnection, ConnectionView, FieldView, ProbeView, SetMode, VendorView};
pub use evidence::{ExportedBundle, VerifyView};
pub use ledger::{CheckpointView, KeyView, LedgerView, PauseView, PolicyView};
pub use lookback::{LookbackAccount, LookbackRow, LookbackView};
pub use people::{
    AccountView, BacklogRow, DecideLink, EmploymentView, LeaverRow, LinkView, PeopleQuery, PersonRow,
    PersonView,
};
pub use runs::{
    Attestation, NamedStep, OffboardRequest, PersonPreview, PreviewStep, PreviewView, RefusalView, RunRow,
    RunView, StartRequest, StepView,
};
pub use sync::{ConnectionSync, Progress, RowRemark, SyncRequest, SyncView};
pub use systems::{SetSystem, SystemImport, SystemView};
pub use timers::{AlarmView, FireView, TimerView};
pub use verbs::{VERBS, Verb};
