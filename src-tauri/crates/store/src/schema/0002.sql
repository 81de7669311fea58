-- What was read of one account alone, beyond what its connection's list tells; as it was read last.
CREATE TABLE account_detail (
    account_id TEXT PRIMARY KEY REFERENCES account, org_id TEXT NOT NULL, detail TEXT NOT NULL, read_at TEXT NOT NULL
) STRICT;
