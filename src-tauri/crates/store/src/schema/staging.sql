-- What a read has brought so far, until it is complete. Temporary tables in the memory of the writing connection: a
-- crash leaves nothing of a half read behind, and only what is taken over is written to the disk and synced. A stint
-- takes about a kilobyte. `staged_read` tells the reads that are staged here from those of other processes.
CREATE TEMP TABLE staged_read (read_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TEMP TABLE staged_worker (
    read_id TEXT NOT NULL, org_id TEXT NOT NULL, remote_id TEXT NOT NULL, record TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX temp.staged_worker_remote ON staged_worker (read_id, remote_id);
CREATE TEMP TABLE staged_account (
    read_id TEXT NOT NULL, org_id TEXT NOT NULL, remote_id TEXT NOT NULL, record TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX temp.staged_account_remote ON staged_account (read_id, remote_id);
CREATE TEMP TABLE staged_entitlement (
    read_id TEXT NOT NULL, org_id TEXT NOT NULL, remote_id TEXT NOT NULL, name TEXT NOT NULL,
    privileged INTEGER NOT NULL, PRIMARY KEY (read_id, remote_id)
) STRICT, WITHOUT ROWID;
CREATE TEMP TABLE staged_grant (
    read_id TEXT NOT NULL, org_id TEXT NOT NULL, account TEXT NOT NULL, entitlement TEXT NOT NULL,
    PRIMARY KEY (read_id, account, entitlement)
) STRICT, WITHOUT ROWID;
