"""The audit as a chain: nobody alters, takes out or puts in a line without being found out, on both databases."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from sentinel.store import audit, tables, triggers
from sentinel.store.database import Store

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)


def say(store: Store, *commands: str, at: datetime = NOW, key: str | None = None) -> None:
    for command in commands:
        write = partial(audit.write, at=at, who="Lena", account="l@x.example", key=key, command=command, result="{}")
        store.writer.submit(write).result()


def faults(store: Store, known: tuple[int, str] | None = None) -> list[audit.Fault]:
    return store.read(lambda c: list(audit.faults(c, known)))


def test_lines_follow_one_another_and_the_chain_holds(store: Store) -> None:
    say(store, "one", "two", "three")
    rows = store.read(lambda c: c.execute(select(tables.audit).order_by(tables.audit.c.id)).all())
    assert [row.seq for row in rows] == [1, 2, 3]
    assert rows[2].seal == audit.seal_of(rows[1].seal, 3, rows[2].digest)
    assert len({row.salt for row in rows}) == 3
    assert faults(store) == []
    assert store.read(audit.count) == 3


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET command = 'something else' WHERE seq = 2",
        "UPDATE audit SET who = 'nobody' WHERE seq = 2",
        "UPDATE audit SET at = at + 1 WHERE seq = 2",
        "UPDATE audit SET seal = '' WHERE seq = 2",
        "UPDATE audit SET digest = 'x', erased_at = 1 WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 2",
        "DELETE FROM audit",
    ],
)
def test_the_database_itself_refuses_to_change_or_take_out_a_line(store: Store, statement: str) -> None:
    say(store, "one", "two", "three")
    with pytest.raises(DBAPIError, match="append-only"):
        store.writer.submit(lambda c: c.execute(text(statement))).result()
    assert faults(store) == []


BREAKS: dict[str, tuple[str, int | None, str]] = {
    "a text that was changed": ("UPDATE audit SET command = 'other' WHERE seq = 2", 2, "not the one that was sealed"),
    "who said it": ("UPDATE audit SET who = 'Omar' WHERE seq = 2", 2, "not the one that was sealed"),
    "when": ("UPDATE audit SET at = at + 1 WHERE seq = 2", 2, "not the one that was sealed"),
    "a line taken out": ("DELETE FROM audit WHERE seq = 2", None, "lines before it are missing"),
    "the newest cut off": ("DELETE FROM audit WHERE seq = 3", None, "the newest lines are gone"),
    "a seal": ("UPDATE audit SET seal = digest WHERE seq = 2", 2, "its seal is not that"),
}


@pytest.mark.parametrize("broken", BREAKS)
def test_whoever_takes_the_triggers_away_is_found_out_by_the_chain(store: Store, broken: str) -> None:
    statement, line, why = BREAKS[broken]
    say(store, "one", "two", "three")
    first = store.read(lambda c: c.execute(select(tables.audit.c.id).order_by(tables.audit.c.id)).scalars().all())[0]

    def tamper(c) -> None:  # type: ignore[no-untyped-def]
        triggers.take(c)
        c.execute(text(statement))

    store.writer.submit(tamper).result()
    found = faults(store)
    assert len(found) == 1, found
    assert found[0].line == (None if line is None else first + line - 1)
    assert why in found[0].why


def test_a_chain_that_was_made_anew_does_not_hold_a_seal_that_was_noted(store: Store) -> None:
    """Whoever can write everything can make the whole chain anew: but not so that a seal in a log of before is in it."""
    say(store, "one", "two", "three")
    last = store.read(lambda c: audit.anchor(c, audit.LAST))
    assert last is not None
    noted = (last.seq, last.seal)
    assert faults(store, noted) == []

    def forge(c) -> None:  # type: ignore[no-untyped-def]
        triggers.take(c)
        c.execute(tables.audit.delete())
        c.execute(tables.anchor.delete())

    store.writer.submit(forge).result()
    say(store, "one", "two, softened", "three")
    assert faults(store) == []
    assert "made anew" in faults(store, noted)[0].why
    assert "newest lines are gone" in faults(store, (4, "0" * 64))[0].why


def test_lines_of_an_older_version_are_sealed_once_in_their_order(store: Store) -> None:
    say(store, "one")
    old = [{"at": NOW, "who": "Lena", "account": "", "key": None, "command": f"old {n}", "result": "{}"} for n in range(5)]
    store.writer.submit(lambda c: c.execute(insert(tables.audit), old)).result()
    assert store.read(audit.unsealed) == 5
    while store.writer.submit(lambda c: audit.seal_older(c, NOW, most=2)).result():
        pass
    say(store, "new")
    assert faults(store) == []
    rows = store.read(lambda c: c.execute(select(tables.audit.c.command).order_by(tables.audit.c.seq)).scalars().all())
    assert rows == ["one", *(f"old {n}" for n in range(5)), "new"]


def test_the_oldest_may_go_and_the_anchor_keeps_the_chain(store: Store) -> None:
    say(store, "one", "two", at=NOW - timedelta(days=2000))
    say(store, "three", "four")
    older = NOW - timedelta(days=1095)
    assert store.writer.submit(lambda c: audit.forget(c, older, 1)).result() == 1
    assert store.writer.submit(lambda c: audit.forget(c, older, 100)).result() == 1
    assert store.writer.submit(lambda c: audit.forget(c, older, 100)).result() == 0
    assert faults(store) == []
    assert store.read(audit.count) == 2
    first = store.read(lambda c: audit.anchor(c, audit.FIRST))
    assert first is not None
    assert first.seq == 2
    with pytest.raises(DBAPIError, match="append-only"):
        store.writer.submit(lambda c: c.execute(text("DELETE FROM audit WHERE seq = 3"))).result()


def test_an_idempotency_key_is_forgotten_without_a_trace_in_the_chain(store: Store) -> None:
    say(store, "one", key="k-1", at=NOW - timedelta(days=2))
    say(store, "two", key="k-2")
    assert store.writer.submit(lambda c: audit.forget_keys(c, NOW - timedelta(days=1), 10)).result() == 1
    assert faults(store) == []
    keys = store.read(lambda c: c.execute(select(tables.audit.c.key).order_by(tables.audit.c.seq)).scalars().all())
    assert keys == [None, "k-2"]


def test_two_writers_at_once_make_one_chain(store: Store) -> None:
    """On PostgreSQL, sign-ins and commands of many hubs are written by many connections."""
    hands = [store.writer_of(name) for name in ("a", "b", "c")]
    line = partial(audit.write, at=NOW, who="L", account="", key=None, result="{}")
    futures = [hands[n % 3].submit(partial(line, command=str(n))) for n in range(60)]
    for each in futures:
        each.result()
    assert faults(store) == []
    assert store.read(audit.count) == 60


def test_a_line_that_was_made_anew_with_a_seal_that_fits_breaks_the_next_one(store: Store) -> None:
    """Every seal is over the one before: whoever changes one line has to change all that follow."""
    say(store, "one", "two", "three")
    rows = store.read(lambda c: c.execute(select(tables.audit).order_by(tables.audit.c.seq)).all())
    digest = audit.digest_of(rows[1].salt, rows[1].at, rows[1].who, rows[1].account, "softened", rows[1].result)
    forged = {"command": "softened", "digest": digest, "seal": audit.seal_of(rows[0].seal, 2, digest)}

    def tamper(c) -> None:  # type: ignore[no-untyped-def]
        triggers.take(c)
        c.execute(update(tables.audit).where(tables.audit.c.seq == 2).values(**forged))

    store.writer.submit(tamper).result()
    assert [(fault.line, fault.seq) for fault in faults(store)] == [(rows[2].id, 3)]
