"""The ledger, and what is known of the places that it sends to."""

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text, UniqueConstraint, literal_column

from sentinel.store.column import Instant, Number
from sentinel.store.tables.schema import metadata

# The ledger. `lane` is staff or customers. `fence` is the number of the claim that holds the row.
delivery = Table(
    "delivery",
    metadata,
    Column("id", Number, primary_key=True),
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
    # Until when its provider dedupes on our key, from the first arming on; and since when it may have arrived already, though
    # it is to go again.
    Column("dedupes_until", Instant),
    Column("doubted_at", Instant),
    # Which provider that was: another one behind the same channel knows nothing of our key.
    Column("dedupes_by", String(64)),
    Column("ref", String(255), nullable=False, default=""),
    Column("detail", Text, nullable=False, default=""),
    # A later fact about an accepted one: it came back.
    Column("bounced_at", Instant),
    Column("bounce_why", Text),
    # The row of another channel that this one stands in for, because that one could not deliver in time.
    Column("instead_of", BigInteger),
    UniqueConstraint("subject", "episode", "step", "person", name="once_a_person"),
    UniqueConstraint("subject", "episode", "step", "address", name="once_an_address"),
    # What one person, and one address, got lately over all incidents: for the caps, and for whoever unsubscribes.
    Index("by_person", "person", "made_at"),
    Index("by_address", "address", "made_at"),
    Index("to_do", "lane", "state", "due_at", "id"),
    Index("of_notice", "notice", "state", "settled_at"),
    sqlite_autoincrement=True,
)
# `sqlite_where` is PostgreSQL's too (postgres.py).
# In the very order of claims, or a queue would be sorted at each. With the channel before the time: each channel claims for
# itself, and one that has nothing to send would look through all that waits for another. Only what can be claimed is in it, so
# that the moves of a row that is under way do not touch it. That must be an IN, and stand word for word in the claim: were it
# an equation, SQLite would prepare every `state = ?` anew for each value, to see whether this index has it.
claimable = delivery.c.state.in_([literal_column("'queued'"), literal_column("'retry'")])
Index(
    "to_claim",
    *(delivery.c[name] for name in ("lane", "state", "channel", "due_at", "id")),
    sqlite_where=claimable,
)
_REFERRED = delivery.c.ref != ""
Index("of_ref", delivery.c.ref, sqlite_where=_REFERRED)
_CAME_BACK = delivery.c.bounced_at.is_not(None)
Index("came_back", delivery.c.notice, sqlite_where=_CAME_BACK)
# Every round asks which of the doubted may go again no longer; without it, it would look at all that wait.
_DOUBTED = delivery.c.doubted_at.is_not(None)
Index("doubted", delivery.c.lane, delivery.c.state, delivery.c.dedupes_until, sqlite_where=_DOUBTED)

# What is shared by all senders of a lane: a theoretical arrival time a key (GCRA), and until when the key must be left alone.
rate = Table(
    "rate",
    metadata,
    Column("key", String(255), primary_key=True),
    Column("arrival_at", Instant, nullable=False),
    Column("rest_until", Instant),
)

# Places that said for good that they take nothing: a revoked hook (address empty: the whole channel), a dead mailbox. `strikes`
# counts the days on which a recipient was refused: the first says nothing yet.
broken = Table(
    "broken",
    metadata,
    Column("channel", String(64), primary_key=True),
    Column("address", String(320), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("why", Text, nullable=False),
    Column("strikes", Integer, nullable=False, default=1),
    Column("told_at", Instant),
    Column("mended_at", Instant),
)

# What providers reported back, by their own id for it: one that comes again changes nothing.
callback = Table(
    "callback",
    metadata,
    Column("provider", String(64), primary_key=True),
    Column("event", String(255), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("delivery", BigInteger),
)
