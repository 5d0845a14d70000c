"""The tables of an embedded log: the same facts as in PostgreSQL.

Triggers refuse to change, delete or replace events and receipts, whoever asks; the one
exception is made in forgetting.py. SQLite checks no types by itself, so the table does.
"""

from __future__ import annotations

from boxoffice.infrastructure.sqlite.connection import Connection

STATEMENTS = (
    """
    CREATE TABLE IF NOT EXISTS log_identity (
        log TEXT NOT NULL,
        epoch INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS log_events (
        position INTEGER PRIMARY KEY,
        stream BLOB NOT NULL CHECK (typeof(stream) = 'blob' AND length(stream) = 16),
        version INTEGER NOT NULL CHECK (typeof(version) = 'integer' AND version >= 0),
        tag TEXT NOT NULL CHECK (typeof(tag) = 'text'),
        data BLOB NOT NULL CHECK (typeof(data) = 'blob'),
        meta BLOB NOT NULL CHECK (typeof(meta) = 'blob'),
        recorded_at INTEGER NOT NULL CHECK (typeof(recorded_at) = 'integer'),
        hash BLOB NOT NULL CHECK (typeof(hash) = 'blob' AND length(hash) = 32),
        UNIQUE (stream, version)
    )
    """,
    """
    CREATE TABLE IF NOT EXISTS log_receipts (
        command_id BLOB PRIMARY KEY CHECK (length(command_id) = 16),
        request_hash BLOB NOT NULL,
        renderer INTEGER NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
    # The eventsourcing library's columns: its recorder can read the log through it.
    """
    CREATE VIEW IF NOT EXISTS log_notifications AS
    SELECT position AS rowid, lower(hex(stream)) AS originator_id,
           version AS originator_version, tag AS topic, data AS state
    FROM log_events
    """,
    """
    CREATE TABLE IF NOT EXISTS log_leases (
        name TEXT PRIMARY KEY,
        owner TEXT NOT NULL,
        fence INTEGER NOT NULL,
        until INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS log_checkpoints (
        name TEXT PRIMARY KEY,
        body BLOB NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS staff (
        folded TEXT PRIMARY KEY,
        id TEXT NOT NULL UNIQUE,
        person TEXT NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS staff_rights (
        digest BLOB PRIMARY KEY,
        staff TEXT NOT NULL,
        body BLOB NOT NULL
    ) WITHOUT ROWID
    """,
)
IDENTITY_OF = {
    "log_events": "position = NEW.position"
    " OR (stream = NEW.stream AND version = NEW.version)",
    "log_receipts": "command_id = NEW.command_id",
}
NEVER_AGAIN = """
    CREATE TRIGGER IF NOT EXISTS {table}_no_replace BEFORE INSERT ON {table}
    WHEN EXISTS (SELECT 1 FROM {table} WHERE {identity})
    BEGIN SELECT RAISE(ABORT, '{table} only grows'); END
"""
"""`INSERT OR REPLACE` deletes without firing a delete trigger."""
TRIGGER = """
    CREATE TRIGGER IF NOT EXISTS {table}_no_{verb} BEFORE {verb} ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} only grows'); END
"""


def create(connection: Connection, *, log_name: str) -> None:
    """Create what is missing; several processes may do it at once."""
    with connection.transaction() as raw:
        for statement in STATEMENTS:
            raw.execute(statement)
        for table, identity in IDENTITY_OF.items():
            raw.execute(NEVER_AGAIN.format(table=table, identity=identity))
            for verb in ("UPDATE", "DELETE"):
                raw.execute(TRIGGER.format(table=table, verb=verb))
        if raw.execute("SELECT 1 FROM log_identity").fetchone() is None:
            raw.execute("INSERT INTO log_identity VALUES (?, 1)", (log_name,))
