//! Use by the hour.

use chrono::TimeDelta;
use lockstep_domain::activity::UsageRecord;
use lockstep_store::UsageSpan;

use super::support::{connection, home, hours};

fn used(hour: i64, account: &str, key: &str, requests: u64) -> UsageRecord {
    UsageRecord {
        hour: hours(hour),
        account_remote_id: Some(account.into()).filter(|a: &String| !a.is_empty()),
        credential_remote_id: Some(key.into()),
        model: Some("m".into()),
        requests,
        input_tokens: requests * 1200,
        output_tokens: requests * 300,
    }
}

#[tokio::test]
async fn what_is_read_again_replaces_what_was_read_before() {
    let (_dir, store) = home().await;
    let id = connection(&store, "models").await;
    let ask = |from: i64, until: i64| {
        store.read(move |r| r.usage_of(id, "u-1", &["k-robot".to_owned()], hours(from), hours(until)))
    };
    assert_eq!(store.read(move |r| r.usage_span(id)).await.unwrap(), None, "nothing known is not no use");

    let first = vec![used(-30, "u-1", "k-1", 5), used(-1, "u-1", "k-1", 7), used(-1, "u-2", "k-2", 9)];
    store.write(move |tx| tx.put_usage(id, hours(-48), hours(0), &first)).await.unwrap();
    // The newest hour had not been complete, and two lists tell of the same series.
    let second = vec![used(-1, "u-1", "k-1", 8), used(0, "", "k-robot", 3), used(0, "", "k-robot", 4)];
    store.write(move |tx| tx.put_usage(id, hours(-2), hours(1), &second)).await.unwrap();

    let mut all: Vec<_> =
        ask(-48, 1).await.unwrap().into_iter().map(|r| (r.hour, r.requests, r.input_tokens)).collect();
    all.sort_unstable();
    let expected = [(hours(-30), 5, 6000), (hours(-1), 8, 9600), (hours(0), 7, 8400)];
    assert_eq!(all, expected, "replaced, not added; the robot's key counts, u-2 does not");
    assert_eq!(ask(-30, -1).await.unwrap().len(), 1, "the end is not included");
    let span = store.read(move |r| r.usage_span(id)).await.unwrap();
    assert_eq!(span, Some(UsageSpan { since: hours(-48), until: hours(1) }), "one span without a gap");

    store.write(move |tx| tx.put_usage(id, hours(100), hours(101), &[])).await.unwrap();
    let span = store.read(move |r| r.usage_span(id)).await.unwrap();
    assert_eq!(span, Some(UsageSpan { since: hours(100), until: hours(101) }), "a gap is not called known");
}

#[tokio::test]
async fn an_hour_of_use_costs_few_bytes() {
    let (dir, store) = home().await;
    let id = connection(&store, "models").await;
    // Seen as another program sees it, so that what is not yet in the file proper counts, too.
    let size = || -> u64 {
        let conn = rusqlite::Connection::open(dir.path().join("lockstep.db")).unwrap();
        let sql = "SELECT (page_count - freelist_count) * page_size
                   FROM pragma_page_count, pragma_freelist_count, pragma_page_size";
        conn.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap().try_into().unwrap()
    };
    let before = size();
    // Ten people with two keys each, two weeks, ten hours a day.
    let mut records = Vec::new();
    for person in 0..10 {
        for key in 0..2 {
            for hour in (0..14 * 24).filter(|h| h % 24 < 10) {
                let count = 1 + u64::try_from((hour * 37 + person * 11 + key) % 900).unwrap();
                records.push(used(
                    hour,
                    &format!("user-{person:024}"),
                    &format!("project/proj_{key:024}/key_{person:016}"),
                    count,
                ));
            }
        }
    }
    let rows = records.len() as u64;
    let from = hours(0);
    store.write(move |tx| tx.put_usage(id, from, from + TimeDelta::days(14), &records)).await.unwrap();
    assert!(size() > before, "it is in the file");
    let bytes = (size() - before) / rows;
    assert!(bytes <= 16, "{bytes} bytes an hour: a year of a thousand keys must not fill the disk");
}
