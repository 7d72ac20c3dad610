"""People and programs: accounts, sessions, tokens, subscribers, and the audit of what they asked for."""

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text, UniqueConstraint, event

from sentinel.store import triggers
from sentinel.store.column import Instant, Number
from sentinel.store.tables.schema import metadata

unsubscribed = Table(
    "unsubscribed",
    metadata,
    Column("person", String(128), primary_key=True),
    Column("at", Instant, nullable=False),
)

# People who asked to hear of trouble, beside the directory. `services`: JSON list of names, empty for all.
subscriber = Table(
    "subscriber",
    metadata,
    Column("person", String(128), primary_key=True),
    Column("address", String(320), nullable=False, unique=True),
    Column("name", String(200), nullable=False, default=""),
    Column("language", String(16), nullable=False, default=""),
    Column("zone", String(64), nullable=False, default=""),
    Column("services", Text, nullable=False, default="[]"),
    Column("since", Instant, nullable=False),
)

session = Table(
    "session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("email", String(320), nullable=False),
    Column("mark", String(128), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

# People who sign in with an account of the hub's own. (Those of sentinel.yaml are not kept here.)
account = Table(
    "account",
    metadata,
    Column("email", String(320), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("roles", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("disabled_at", Instant),
)

# Programs' keys to the API: their hashes.
token = Table(
    "token",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(200), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("rights", Text, nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("expires_at", Instant),
    Column("revoked_at", Instant),
    Column("used_at", Instant),
    sqlite_autoincrement=True,
)

# Who asked for what, and what came of it: every command, refused ones too.
# `key`: the idempotency key that it came with, unique for its account; what was answered then is answered again.
audit = Table(
    "audit",
    metadata,
    Column("id", Number, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("who", String(200), nullable=False),
    Column("account", String(320), nullable=False, default=""),
    Column("key", String(255)),
    Column("command", Text, nullable=False),
    Column("result", Text, nullable=False),
    # The chain: what was written, as a digest that outlives an erasure, and the seal over it and over the line before.
    Column("digest", String(64), nullable=False, default="", server_default=""),
    Column("seal", String(64), nullable=False, default="", server_default=""),
    # Its place in the chain, from 1 without a gap; 0: written by an older version, and not sealed yet.
    Column("seq", BigInteger, nullable=False, default=0, server_default="0", index=True),
    # Goes into the digest, so that nobody can guess an erased text from it; emptied with the text.
    Column("salt", String(32), nullable=False, default="", server_default=""),
    # When a person's data was taken out of the text. The digest stays that of the text before.
    Column("erased_at", Instant),
    UniqueConstraint("account", "key"),
    sqlite_autoincrement=True,
)

event.listen(audit, "after_create", lambda _, connection, **__: triggers.put(connection))

# Fixed points: where the chain of the audit begins and ends, and how far retention has come.
anchor = Table(
    "anchor",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("seal", String(64), nullable=False, default="", server_default=""),
    Column("at", Instant, nullable=False),
)

# Whose data was erased, as a keyed hash: a store that is put back from a copy erases them again before anything else.
erasure = Table(
    "erasure",
    metadata,
    Column("mark", String(64), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("by", String(200), nullable=False),
    Column("why", Text, nullable=False, default=""),
)
