-- Version 1. Ids are UUIDv7 text, instants UTC in RFC 3339 with microseconds, dates ISO; flags are 0 or 1.
-- STRICT, partial indexes, WITHOUT ROWID and RAISE are SQLite's own; see `schema.rs`.

CREATE TABLE org (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, created_at TEXT NOT NULL,
    only_one INTEGER NOT NULL DEFAULT 1 UNIQUE CHECK (only_one = 1)
) STRICT;
CREATE TABLE meta (
    org_id TEXT NOT NULL REFERENCES org, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (org_id, key)
) STRICT;

-- The ledger: columns are the truth, the hashed line is built from them. `prev` is the hash of the row before.
CREATE TABLE ledger (
    seq INTEGER PRIMARY KEY, org_id TEXT NOT NULL, id TEXT NOT NULL UNIQUE, at TEXT NOT NULL,
    actor TEXT NOT NULL, kind TEXT NOT NULL, run_id TEXT, body TEXT NOT NULL, commitment BLOB, hash BLOB NOT NULL
) STRICT;
CREATE INDEX ledger_run ON ledger (run_id, seq) WHERE run_id IS NOT NULL;
CREATE INDEX ledger_kind ON ledger (kind, seq);
CREATE TRIGGER ledger_appends BEFORE INSERT ON ledger
WHEN NEW.seq IS NOT (SELECT coalesce(max(seq), 0) + 1 FROM ledger)
BEGIN SELECT RAISE(ABORT, 'the ledger grows by one at its end'); END;
CREATE TRIGGER ledger_keeps BEFORE UPDATE ON ledger
BEGIN SELECT RAISE(ABORT, 'a ledger entry is never changed'); END;
CREATE TRIGGER ledger_stays BEFORE DELETE ON ledger
BEGIN SELECT RAISE(ABORT, 'a ledger entry is never deleted'); END;

-- Signed checkpoints; `frontier` is the evidence crate's own.
CREATE TABLE checkpoint (
    size INTEGER PRIMARY KEY, org_id TEXT NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL, frontier BLOB NOT NULL,
    at TEXT NOT NULL
) STRICT;
CREATE TRIGGER checkpoint_grows BEFORE INSERT ON checkpoint
WHEN NEW.size <= (SELECT max(size) FROM checkpoint)
BEGIN SELECT RAISE(ABORT, 'a checkpoint covers more than the one before'); END;
CREATE TRIGGER checkpoint_keeps BEFORE UPDATE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'a checkpoint is never changed'); END;
CREATE TRIGGER checkpoint_stays BEFORE DELETE ON checkpoint
BEGIN SELECT RAISE(ABORT, 'a checkpoint is never deleted'); END;

-- Personal data of entries, encrypted under the person's key, which is wrapped by the master key.
CREATE TABLE person_key (
    person_id TEXT PRIMARY KEY, org_id TEXT NOT NULL, nonce BLOB NOT NULL, wrapped BLOB NOT NULL
) STRICT;
CREATE TABLE payload (
    entry_id TEXT PRIMARY KEY REFERENCES ledger (id), org_id TEXT NOT NULL, person_id TEXT NOT NULL,
    nonce BLOB NOT NULL, ciphertext BLOB NOT NULL
) STRICT;
CREATE INDEX payload_person ON payload (person_id);

CREATE TABLE connection (
    id TEXT PRIMARY KEY, org_id TEXT NOT NULL, vendor TEXT NOT NULL, tenant TEXT NOT NULL, name TEXT NOT NULL,
    settings TEXT NOT NULL, mode TEXT NOT NULL, trouble TEXT, created_at TEXT NOT NULL, removed_at TEXT
) STRICT;
CREATE UNIQUE INDEX connection_name ON connection (org_id, name) WHERE removed_at IS NULL;
CREATE TABLE dialect (
    connection_id TEXT NOT NULL REFERENCES connection, org_id TEXT NOT NULL, wish TEXT NOT NULL,
    dialect TEXT NOT NULL, PRIMARY KEY (connection_id, wish)
) STRICT;

CREATE TABLE system (
    id TEXT PRIMARY KEY, org_id TEXT NOT NULL, name TEXT NOT NULL, connection_id TEXT REFERENCES connection,
    record TEXT NOT NULL, UNIQUE (org_id, name)
) STRICT;

-- Reads of a source. `employed` is the head-count by a read of workers, for the guards. A read without `ended_at` is going on or was broken off.
CREATE TABLE read (
    id TEXT PRIMARY KEY, org_id TEXT NOT NULL, connection_id TEXT NOT NULL REFERENCES connection,
    kind TEXT NOT NULL, started_at TEXT NOT NULL, ended_at TEXT, complete INTEGER NOT NULL DEFAULT 0,
    row_count INTEGER NOT NULL DEFAULT 0, claimed_total INTEGER, source_sha256 BLOB, reason TEXT,
    baseline INTEGER NOT NULL DEFAULT 0, employed INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX read_complete ON read (connection_id, kind, ended_at) WHERE complete = 1;
CREATE INDEX read_unfinished ON read (id) WHERE ended_at IS NULL;
CREATE TABLE quarantine (
    read_id TEXT NOT NULL REFERENCES read, org_id TEXT NOT NULL, place INTEGER NOT NULL, row_name TEXT NOT NULL,
    column_name TEXT NOT NULL, reason TEXT NOT NULL, remedy TEXT NOT NULL, PRIMARY KEY (read_id, place)
) STRICT;

-- What a read has brought so far; emptied when the read ends, one way or the other.
CREATE TABLE staged_worker (
    read_id TEXT NOT NULL, org_id TEXT NOT NULL, remote_id TEXT NOT NULL, record TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX staged_worker_remote ON staged_worker (read_id, remote_id);
CREATE TABLE staged_account (
    read_id TEXT NOT NULL, org_id TEXT NOT NULL, remote_id TEXT NOT NULL, record TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX staged_account_remote ON staged_account (read_id, remote_id);
CREATE TABLE staged_entitlement (
    read_id TEXT NOT NULL, org_id TEXT NOT NULL, remote_id TEXT NOT NULL, name TEXT NOT NULL,
    privileged INTEGER NOT NULL, PRIMARY KEY (read_id, remote_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE staged_grant (
    read_id TEXT NOT NULL, org_id TEXT NOT NULL, account TEXT NOT NULL, entitlement TEXT NOT NULL,
    PRIMARY KEY (read_id, account, entitlement)
) STRICT, WITHOUT ROWID;

CREATE TABLE person (
    id TEXT PRIMARY KEY, org_id TEXT NOT NULL, connection_id TEXT NOT NULL REFERENCES connection,
    remote_id TEXT NOT NULL, first_name TEXT NOT NULL, last_name TEXT NOT NULL, display_name TEXT NOT NULL,
    work_email TEXT, employee_number TEXT, name_key TEXT NOT NULL, email_key TEXT, search TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX person_remote ON person (connection_id, remote_id);
CREATE INDEX person_name ON person (name_key);
CREATE INDEX person_email ON person (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX person_number ON person (employee_number) WHERE employee_number IS NOT NULL;

-- One row per stint, with the record of the last complete read and what earlier complete reads showed. Only what
-- changed is written: `last_seen_at` is empty while the stint is in the last complete read.
CREATE TABLE employment (
    id TEXT PRIMARY KEY, org_id TEXT NOT NULL, person_id TEXT NOT NULL REFERENCES person,
    connection_id TEXT NOT NULL, remote_id TEXT NOT NULL, record TEXT NOT NULL, source_status TEXT NOT NULL,
    ends_on TEXT, baseline INTEGER NOT NULL, first_seen_at TEXT NOT NULL, last_seen_at TEXT,
    missing_since TEXT, seen_not_terminated INTEGER NOT NULL, first_terminated_at TEXT,
    ends_read TEXT NOT NULL, ends_since TEXT NOT NULL, ends_before TEXT
) STRICT;
CREATE UNIQUE INDEX employment_remote ON employment (connection_id, remote_id);
CREATE INDEX employment_person ON employment (person_id);
CREATE INDEX employment_ends ON employment (ends_on) WHERE ends_on IS NOT NULL;
CREATE INDEX employment_terminated ON employment (id) WHERE source_status = 'terminated' AND ends_on IS NULL;
CREATE INDEX employment_missing ON employment (connection_id) WHERE missing_since IS NOT NULL;

CREATE TABLE account (
    id TEXT PRIMARY KEY, org_id TEXT NOT NULL, connection_id TEXT NOT NULL REFERENCES connection,
    remote_id TEXT NOT NULL, login TEXT NOT NULL, sign_in TEXT NOT NULL, admin INTEGER, record TEXT NOT NULL,
    first_seen_at TEXT NOT NULL, last_seen_at TEXT, missing_since TEXT
) STRICT;
CREATE UNIQUE INDEX account_remote ON account (connection_id, remote_id);
CREATE INDEX account_admin ON account (connection_id) WHERE admin = 1;
CREATE INDEX account_admin_unknown ON account (connection_id) WHERE admin IS NULL;
CREATE TABLE entitlement (
    connection_id TEXT NOT NULL REFERENCES connection, org_id TEXT NOT NULL, remote_id TEXT NOT NULL,
    name TEXT NOT NULL, privileged INTEGER NOT NULL, PRIMARY KEY (connection_id, remote_id)
) STRICT, WITHOUT ROWID;
CREATE TABLE account_grant (
    account_id TEXT NOT NULL REFERENCES account, org_id TEXT NOT NULL, entitlement TEXT NOT NULL,
    PRIMARY KEY (account_id, entitlement)
) STRICT, WITHOUT ROWID;

CREATE TABLE link (
    id TEXT PRIMARY KEY, org_id TEXT NOT NULL, person_id TEXT NOT NULL REFERENCES person,
    account_id TEXT NOT NULL REFERENCES account, confidence INTEGER NOT NULL, reasons TEXT NOT NULL,
    state TEXT NOT NULL, decided_by TEXT, decided_at TEXT
) STRICT;
CREATE UNIQUE INDEX link_pair ON link (account_id, person_id);
CREATE INDEX link_person ON link (person_id);
CREATE INDEX link_state ON link (state);

-- An index over the ledger's runs, written in the transaction of the entry that it follows from.
CREATE TABLE run (
    id TEXT PRIMARY KEY, org_id TEXT NOT NULL, person_id TEXT NOT NULL, employment_id TEXT NOT NULL,
    generation INTEGER NOT NULL, event TEXT NOT NULL, counts INTEGER NOT NULL, opened_at TEXT NOT NULL,
    opened_seq INTEGER NOT NULL REFERENCES ledger (seq), is_open INTEGER NOT NULL,
    sealed_seq INTEGER REFERENCES ledger (seq), UNIQUE (org_id, employment_id, generation, event)
) STRICT;
CREATE INDEX run_person ON run (person_id);
CREATE INDEX run_open ON run (opened_seq) WHERE is_open = 1;
CREATE INDEX run_counts ON run (opened_at) WHERE counts = 1;
CREATE TABLE lease (
    run_id TEXT PRIMARY KEY REFERENCES run, org_id TEXT NOT NULL, holder TEXT NOT NULL, epoch INTEGER NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;
CREATE TABLE artefact (
    run_id TEXT NOT NULL REFERENCES run, org_id TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
    sha256 BLOB NOT NULL, size INTEGER NOT NULL, locations TEXT NOT NULL, stored_at TEXT NOT NULL,
    PRIMARY KEY (run_id, name)
) STRICT;

CREATE TABLE pause (
    org_id TEXT PRIMARY KEY REFERENCES org, reason TEXT NOT NULL, since TEXT NOT NULL, until TEXT NOT NULL,
    set_by TEXT NOT NULL
) STRICT;
CREATE TABLE policy_version (
    sha256 BLOB PRIMARY KEY, org_id TEXT NOT NULL, toml TEXT NOT NULL, seen_at TEXT NOT NULL
) STRICT;
