-- Version 4. The same rules as in version 1.

-- Notices that leave the machine, one for each sink, case, kind and day (UTC). Neutral words only: whoever reads
-- a sink may not know who leaves. `try_at` is when it is tried (again); kept for some days once it was sent.
CREATE TABLE outbox (
    id TEXT PRIMARY KEY, org_id TEXT NOT NULL, connection_id TEXT NOT NULL REFERENCES connection,
    topic TEXT NOT NULL, day TEXT NOT NULL, severity TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL,
    at TEXT NOT NULL, tries INTEGER NOT NULL, try_at TEXT NOT NULL, sent_at TEXT,
    UNIQUE (connection_id, topic, day)
) STRICT;
CREATE INDEX outbox_due ON outbox (try_at) WHERE sent_at IS NULL;
