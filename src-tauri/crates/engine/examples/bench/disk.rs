//! What a commit costs here: most of the other numbers are made of it, and no code can make it shorter.

use std::sync::Arc;
use std::time::Duration;

use lockstep_domain::ids::OrgId;
use lockstep_store::{Org, Store, StoreOptions, fresh_id};

use crate::Result;
use crate::office::folder;
use crate::table::{Row, median, time};
use crate::watch::Watch;

const COMMITS: usize = 200;

pub(crate) async fn measure() -> Result<Vec<Row>> {
    let dir = folder()?;
    let watch = Watch::new();
    let options = StoreOptions { fuse: Some(Arc::clone(&watch) as _), ..StoreOptions::default() };
    let store = Store::open(dir.path(), options)?.store;
    let at = "2026-09-25T08:00:00Z".parse()?;
    let org = Org { id: OrgId(fresh_id(at)?), name: "Bench".into(), created_at: at };
    store.write(move |tx| tx.create_org(&org)).await?;
    for n in 0..COMMITS {
        store.write(move |tx| tx.set_setting("bench", &n.to_string())).await?;
    }
    let times: Vec<Duration> = watch.commits().iter().map(|(begun, ended)| *ended - *begun).collect();
    Ok(vec![Row::beside("FULL commit of a small row, median of 200", time(median(times)))])
}
