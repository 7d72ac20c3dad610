"""The tables. What each row means is said in model/; here is only how it lies on disk.

Records whose parts nobody asks for in SQL (what an entry says, a draft's bodies) are kept as JSON text.
"""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, Integer, MetaData, String, Table, Text, UniqueConstraint

from sentinel.store.column import Duration, Instant

metadata = MetaData()

# One row, locked by every round: the guard, the kill switch of customers' lanes, and the epoch that knows a restored store.
installation = Table(
    "installation",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("schema", Integer, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("rounds", BigInteger, nullable=False, default=0),
    Column("hold", Boolean, nullable=False, default=False),
    Column("hold_why", Text, nullable=False, default=""),
    Column("hold_at", Instant),
)

# How far the input of each source has been consumed: batch numbers are contiguous, so a batch sent again is known.
cursor = Table(
    "cursor",
    metadata,
    Column("source", String(128), primary_key=True),
    Column("place", String(64), nullable=False),
    Column("batch", BigInteger, nullable=False),
    # How many observations have been stored of it.
    Column("stored", BigInteger, nullable=False),
    Column("seen_at", Instant, nullable=False),
)

hysteresis = Table(
    "hysteresis",
    metadata,
    Column("check", String(160), primary_key=True),
    Column("place", String(64), primary_key=True),
    Column("detector", String(32), primary_key=True),
    Column("state", Text, nullable=False),
)

# The last thing seen of each check, for the board.
latest = Table(
    "latest",
    metadata,
    Column("check", String(160), primary_key=True),
    Column("place", String(64), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("shown", String(16), nullable=False),
    Column("shown_since", Instant, nullable=False),
)

check_name = Table(
    "check_name",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("check", String(160), nullable=False),
    Column("place", String(64), nullable=False),
    UniqueConstraint("check", "place"),
)

signal = Table(
    "signal",
    metadata,
    Column("id", String(255), primary_key=True),
    Column("check", String(160), nullable=False),
    Column("place", String(64), nullable=False),
    Column("raised_at", Instant, nullable=False),
    Column("cleared_at", Instant, index=True),
    Column("body", Text, nullable=False),
)

incident = Table(
    "incident",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("open", Boolean, nullable=False, index=True),
    Column("ended_at", Instant, index=True),
    Column("opened_at", Instant, nullable=False),
    sqlite_autoincrement=True,
)

entry = Table(
    "entry",
    metadata,
    Column("incident", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, nullable=False),
    Column("who", String(200), nullable=False),
    Column("said", Text, nullable=False),
    Column("why", Text, nullable=False),
)

estimate = Table(
    "estimate",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident", Integer, nullable=False, index=True),
    Column("episode", Integer, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("basis", String(16), nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("p50", Duration),
    Column("p80", Duration),
    Column("confidence", Float, nullable=False),
    Column("author", String(200), nullable=False),
    Column("reason", Text, nullable=False),
    Column("sample", Integer, nullable=False),
    Column("scope", String(200), nullable=False),
    sqlite_autoincrement=True,
)

promise = Table(
    "promise",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("incident", Integer, nullable=False, index=True),
    Column("episode", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("at", Instant, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("notice", Integer, nullable=False),
    Column("estimate", Integer),
    Column("state", String(16), nullable=False),
    Column("settled_at", Instant),
    sqlite_autoincrement=True,
)

notice = Table(
    "notice",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject", String(64), nullable=False),
    Column("incident", Integer, nullable=False, index=True),
    Column("episode", Integer, nullable=False),
    Column("step", String(64), nullable=False),
    Column("cause", Integer, nullable=False),
    Column("occasion", String(16), nullable=False),
    Column("towards", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("rule", String(200), nullable=False),
    Column("approval", Integer),
    Column("promise", Integer),
    Column("snapshot", Integer),
    Column("void_at", Instant),
    Column("void_why", Text, nullable=False, default=""),
    Column("sendable_until", Instant),
    Column("release_at", Instant),
    Column("words_of", Integer),
    # Everybody of the snapshot has a row in the ledger: the round need not look again.
    Column("expanded", Boolean, nullable=False, default=False),
    UniqueConstraint("subject", "episode", "step", "cause"),
    sqlite_autoincrement=True,
)

# What is sent to staff, made once with its notice, so that the desk reads what was true when it became due.
brief = Table(
    "brief",
    metadata,
    Column("notice", Integer, primary_key=True, autoincrement=False),
    Column("body", Text, nullable=False),
)

draft = Table(
    "draft",
    metadata,
    Column("notice", Integer, primary_key=True, autoincrement=False),
    Column("version", Integer, nullable=False),
    Column("hash", String(64), nullable=False),
    Column("body", Text, nullable=False),
    # The facts that the words were made from: the slots are filled from these and nothing else.
    Column("facts", Text, nullable=False),
)

approval = Table(
    "approval",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("notice", Integer, nullable=False, unique=True),
    Column("by", String(200), nullable=False),
    Column("at", Instant, nullable=False),
    Column("draft_hash", String(64), nullable=False),
    Column("snapshot", Integer),
    Column("counted", Integer, nullable=False),
    Column("rule", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("facts", Text, nullable=False),
    sqlite_autoincrement=True,
)

# One frozen answer of an audience rule, shared by redrafts of one rule within an episode.
snapshot = Table(
    "snapshot",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subject", String(64), nullable=False),
    Column("episode", Integer, nullable=False),
    Column("rule", String(200), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("complete", Boolean, nullable=False, default=False),
    Column("admitted", Integer, nullable=False, default=0),
    Column("left_out", Text, nullable=False, default="{}"),
    Column("problems", Text, nullable=False, default="[]"),
    UniqueConstraint("subject", "episode", "rule"),
    sqlite_autoincrement=True,
)

snapshot_person = Table(
    "snapshot_person",
    metadata,
    Column("snapshot", Integer, primary_key=True, autoincrement=False),
    Column("person", String(128), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("address", String(320), nullable=False),
    Column("language", String(16), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("reason", String(32)),
)

# The ledger. `lane` is staff or customers. `fence` is the number of the claim that holds the row.
delivery = Table(
    "delivery",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("notice", Integer, nullable=False),
    Column("snapshot", Integer),
    Column("lane", String(16), nullable=False),
    Column("channel", String(64), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("episode", Integer, nullable=False),
    Column("step", String(64), nullable=False),
    Column("person", String(128), nullable=False),
    Column("name", String(200), nullable=False),
    Column("address", String(320), nullable=False),
    Column("language", String(16), nullable=False),
    Column("zone", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("fence", BigInteger, nullable=False, default=0),
    Column("lease_until", Instant),
    # When it may next be claimed (backoff, Retry-After); the column that claims are ordered by.
    Column("due_at", Instant, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("armed_at", Instant),
    Column("settled_at", Instant),
    Column("ref", String(255), nullable=False, default=""),
    Column("detail", Text, nullable=False, default=""),
    UniqueConstraint("subject", "episode", "step", "person", name="once_a_person"),
    UniqueConstraint("subject", "episode", "step", "address", name="once_an_address"),
    Index("to_do", "lane", "state", "due_at"),
    Index("of_notice", "notice", "state"),
    sqlite_autoincrement=True,
)

unsubscribed = Table(
    "unsubscribed",
    metadata,
    Column("person", String(128), primary_key=True),
    Column("at", Instant, nullable=False),
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

# Who asked for what, and what came of it: every command, refused ones too.
# `key`: the idempotency key that it came with, unique for its account; what was answered then is answered again.
audit = Table(
    "audit",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("who", String(200), nullable=False),
    Column("account", String(320), nullable=False, default=""),
    Column("key", String(255)),
    Column("command", Text, nullable=False),
    Column("result", Text, nullable=False),
    UniqueConstraint("account", "key"),
    sqlite_autoincrement=True,
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

# One row a caller, as the desk counted them: by service and, where known, by what they feel.
contact = Table(
    "contact",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Instant, nullable=False, index=True),
    Column("service", String(64), nullable=False),
    Column("statement", String(128), nullable=False, default=""),
    Column("who", String(200), nullable=False),
    sqlite_autoincrement=True,
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
