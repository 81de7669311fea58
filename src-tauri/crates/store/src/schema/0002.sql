-- Version 2. The same rules as in version 1.

-- What was read of one account alone, beyond what its connection's list tells; as it was read last.
CREATE TABLE account_detail (
    account_id TEXT PRIMARY KEY REFERENCES account, org_id TEXT NOT NULL, detail TEXT NOT NULL, read_at TEXT NOT NULL
) STRICT;

-- Events of systems' own logs, kept as they were told; the same event told twice is one row.
CREATE TABLE activity (
    connection_id TEXT NOT NULL REFERENCES connection, org_id TEXT NOT NULL, remote_id TEXT NOT NULL,
    at TEXT NOT NULL, account TEXT, record TEXT NOT NULL, PRIMARY KEY (connection_id, remote_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX activity_of_account ON activity (connection_id, account, at);
-- How far a log was read, and since when it is known.
CREATE TABLE activity_log (
    connection_id TEXT PRIMARY KEY REFERENCES connection, org_id TEXT NOT NULL, since TEXT NOT NULL, cursor TEXT NOT NULL,
    read_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Where a source's list of changes goes on, and when everybody was read last.
CREATE TABLE sync_cursor (
    connection_id TEXT PRIMARY KEY REFERENCES connection, org_id TEXT NOT NULL, cursor TEXT NOT NULL,
    full_read_at TEXT NOT NULL, asked_at TEXT NOT NULL
) STRICT;
-- A read of changes only: never complete, since absence from it says nothing.
ALTER TABLE read ADD COLUMN changes_only INTEGER NOT NULL DEFAULT 0;

-- Use by the hour. A series is one account, key and model; its number means nothing outside this file. A day's hours
-- are packed (tables/usage/pack.rs), and days without use have no row. Days count from 1970-01-01 UTC.
CREATE TABLE usage_series (
    id INTEGER PRIMARY KEY, org_id TEXT NOT NULL, connection_id TEXT NOT NULL REFERENCES connection,
    account TEXT NOT NULL, credential TEXT NOT NULL, model TEXT NOT NULL,
    UNIQUE (connection_id, account, credential, model)
) STRICT;
CREATE INDEX usage_series_credential ON usage_series (connection_id, credential);
CREATE TABLE usage_day (
    series INTEGER NOT NULL REFERENCES usage_series, day INTEGER NOT NULL, hours BLOB NOT NULL,
    PRIMARY KEY (series, day)
) STRICT, WITHOUT ROWID;
-- From when until when the use of a connection is known.
CREATE TABLE usage_span (
    connection_id TEXT PRIMARY KEY REFERENCES connection, org_id TEXT NOT NULL, since TEXT NOT NULL,
    until TEXT NOT NULL
) STRICT;

-- Plans that wait for their instant. `id` is that of the ledger entry that armed it: approval and plan stand there.
-- A row changes its state in the transaction of an entry; `try_at`, `holder`, `held_until` and `hindrance` are
-- working data of whoever tries to fire it.
CREATE TABLE timer (
    id TEXT PRIMARY KEY REFERENCES ledger (id), org_id TEXT NOT NULL, person_id TEXT NOT NULL,
    employment_id TEXT NOT NULL, generation INTEGER NOT NULL, event TEXT NOT NULL, due_at TEXT NOT NULL,
    state TEXT NOT NULL, run_id TEXT REFERENCES run, try_at TEXT NOT NULL, holder TEXT, held_until TEXT,
    hindrance TEXT
) STRICT;
CREATE UNIQUE INDEX timer_armed ON timer (org_id, employment_id, generation, event) WHERE state = 'armed';
CREATE INDEX timer_due ON timer (try_at) WHERE state = 'armed';

-- When a person is looked at again after a run's record was sealed; done with what was found.
CREATE TABLE watch (
    run_id TEXT NOT NULL REFERENCES run, due_at TEXT NOT NULL, org_id TEXT NOT NULL, done_at TEXT, left_over INTEGER,
    unread INTEGER, PRIMARY KEY (run_id, due_at)
) STRICT, WITHOUT ROWID;
CREATE INDEX watch_due ON watch (due_at) WHERE done_at IS NULL;
