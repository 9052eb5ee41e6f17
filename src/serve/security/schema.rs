//! Our own tables, beside the SIP server's in the same database: only so can a change be one transaction. Times are in
//! milliseconds since 1970; hashes of passwords are as good as passwords, so these tables need the same care as the
//! SIP server's.

/// In this order, each harmless if it is there already.
pub(super) const TABLES: [&str; 6] = [
    "CREATE TABLE IF NOT EXISTS sasa_account (
        domain VARCHAR(64) NOT NULL, usr VARCHAR(128) NOT NULL,
        generation BIGINT NOT NULL, fingerprint VARCHAR(64) NOT NULL, changed BIGINT,
        must_kind VARCHAR(16), must_deadline BIGINT, required BIGINT, guards TEXT,
        PRIMARY KEY (domain, usr))",
    "CREATE TABLE IF NOT EXISTS sasa_tx (
        domain VARCHAR(64) NOT NULL, usr VARCHAR(128) NOT NULL, tx VARCHAR(64) NOT NULL,
        state VARCHAR(32) NOT NULL, body VARCHAR(64), generation BIGINT NOT NULL,
        before_hashes TEXT NOT NULL, after_hashes TEXT NOT NULL,
        due BIGINT, at BIGINT NOT NULL, keep_instance TEXT,
        PRIMARY KEY (domain, usr, tx))",
    "CREATE INDEX IF NOT EXISTS sasa_tx_at ON sasa_tx (at)",
    "CREATE TABLE IF NOT EXISTS sasa_device (
        domain VARCHAR(64) NOT NULL, usr VARCHAR(128) NOT NULL, id VARCHAR(64) NOT NULL,
        public_key VARCHAR(64) NOT NULL, label VARCHAR(256) NOT NULL,
        added BIGINT NOT NULL, active_from BIGINT NOT NULL, confirmed BIGINT NOT NULL,
        PRIMARY KEY (domain, usr, id))",
    "CREATE TABLE IF NOT EXISTS sasa_audit (
        at BIGINT NOT NULL, domain VARCHAR(64) NOT NULL, usr VARCHAR(128) NOT NULL,
        what VARCHAR(64) NOT NULL, detail TEXT NOT NULL, untold BIGINT)",
    "CREATE INDEX IF NOT EXISTS sasa_audit_usr ON sasa_audit (domain, usr)",
];
