"""F39 on PostgreSQL: a store that was put back from a copy is known as such, on every hub, until a person releases it."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import insert, select, text

from sentinel.store import tables
from sentinel.store.database import Store
from tests.postgres import Server, server


@pytest.fixture
def own() -> Iterator[Server]:
    with server() as made:
        yield made


def approve(store: Store) -> None:
    """As the hub does: counted in the transaction, kept beside the store after it."""
    store.seal_epoch(store.writer.submit(store.advance_epoch).result(10))


def release(store: Store) -> None:
    store.seal_epoch(store.writer.submit(store.adopt_epoch).result(10))


def is_held(store: Store) -> bool:
    """After a write, as a hub makes one every second: what others did is seen then."""
    store.writer.submit(lambda c: None).result(10)
    return store.read(store.is_restored)


def test_f39_a_store_that_was_only_restarted_is_no_copy(own: Server, tmp_path: Path) -> None:
    """F39: hubs come and go, the server too, and nobody is held."""
    with closing(Store.open(tmp_path / "a", own.url)) as a:
        approve(a)
        with closing(Store.open(tmp_path / "b", own.url)) as b:
            approve(b)
            assert not is_held(a)
            own.stop("immediate")
            own.start()
            assert a.writer.submit(lambda c: None).exception(10) is None
            assert not is_held(a)
            assert not is_held(b)
    with closing(Store.open(tmp_path / "a", own.url)) as again:
        assert not is_held(again)


def test_f39_a_copy_in_another_database_is_held_until_it_is_released(own: Server, tmp_path: Path) -> None:
    """F39: as from pg_dump: the same rows under another database."""
    first = own.new_database()
    with closing(Store.open(tmp_path / "a", own.url_of(first))) as a:
        approve(a)
    copy = own.url_of(own.new_database(template=first))
    for _ in range(2):
        with closing(Store.open(tmp_path / "c", copy)) as held:
            assert is_held(held), "and a restart does not release it"
    with closing(Store.open(tmp_path / "c", copy)) as one, closing(Store.open(tmp_path / "d", copy)) as other:
        assert is_held(other)
        release(one)
        assert not is_held(one)
        assert not is_held(other), "one word of a person is enough for all hubs"
        assert one.epoch == other.epoch
    with closing(Store.open(tmp_path / "a", own.url_of(first))) as a:
        assert not is_held(a), "the first is what it was"


def test_f39_the_files_put_back_in_their_place_are_known_by_what_hubs_have_seen(own: Server, tmp_path: Path) -> None:
    """F39: a base backup, started where the server was: the same cluster, timeline and database."""
    with closing(Store.open(tmp_path / "a", own.url)) as a:
        approve(a)
        base_backup(own, tmp_path)
        with closing(Store.open(tmp_path / "b", own.url)) as b:
            approve(b)  # which `a` never hears of
        for _ in range(3):
            approve(a)
    put_back(own, tmp_path)
    with closing(Store.open(tmp_path / "new", own.url)) as stranger:
        assert not is_held(stranger), "a hub that never saw the store cannot know"
        with closing(Store.open(tmp_path / "a", own.url)) as a:
            assert is_held(a)
            assert is_held(stranger), "but is told by one that does"
            with closing(Store.open(tmp_path / "b", own.url)) as b:
                assert is_held(b)
                release(b)
                assert not is_held(b), "who saw less releases for those who saw more"
            assert not is_held(a)
            assert not is_held(stranger)
    for name in ("a", "b", "new"):
        with closing(Store.open(tmp_path / name, own.url)) as again:
            assert not is_held(again)


def test_f39_files_from_since_the_last_approval_are_known_by_how_far_the_log_had_come(own: Server, tmp_path: Path) -> None:
    """F39: what was sent since the copy was made is in the server's log, and in no copy of its files."""
    with closing(Store.open(tmp_path / "a", own.url)) as a:
        approve(a)
        base_backup(own, tmp_path)
        # More than the server writes for itself when it is put back; what is written after a look is seen by the next.
        much = [{"check": f"a-{each}" * 20, "place": "b"} for each in range(1000)]
        a.writer.submit(lambda c: c.execute(insert(tables.check_name), much)).result(10)
        a.writer.submit(lambda c: None).result(10)
    put_back(own, tmp_path)
    for _ in range(2):
        with closing(Store.open(tmp_path / "a", own.url)) as held:
            assert is_held(held), "and a restart does not release it"
    with closing(Store.open(tmp_path / "a", own.url)) as a:
        release(a)
        assert not is_held(a)
    with closing(Store.open(tmp_path / "a", own.url)) as again:
        assert not is_held(again)


def test_f39_put_back_while_hubs_run_it_is_held_too(own: Server, tmp_path: Path) -> None:
    """F39: nobody restarts the hubs when a database is restored."""
    with closing(Store.open(tmp_path / "a", own.url)) as a, closing(Store.open(tmp_path / "b", own.url)) as b:
        approve(a)
        base_backup(own, tmp_path)
        approve(b)
        assert not is_held(a)
        put_back(own, tmp_path)
        assert is_held(a)
        assert is_held(b)


def test_f39_a_standby_that_took_over_is_held_since_it_may_lack_the_last_writes(own: Server, tmp_path: Path) -> None:
    """F39: its timeline is another."""
    with closing(Store.open(tmp_path / "a", own.url)) as a:
        approve(a)
        base_backup(own, tmp_path)
        put_back(own, tmp_path, "standby.signal")
        own.run("pg_ctl", "promote", "-D", own.data)
        assert is_held(a)
        release(a)
        assert not is_held(a)


def base_backup(own: Server, tmp_path: Path) -> None:
    copy = own.place / "base"
    own.run("pg_basebackup", "-h", own.place, "-U", "sentinel", "-D", copy, "-c", "fast", "-X", "stream")


def put_back(own: Server, tmp_path: Path, *signals: str) -> None:
    """The server's files are those of the backup from now on."""
    own.stop("immediate")
    shutil.rmtree(own.data)
    (own.place / "base").rename(own.data)
    for name in signals:
        (own.data / name).touch()
    own.start()


def test_an_ordinary_user_of_the_database_is_enough(own: Server, tmp_path: Path) -> None:
    """No superuser: what tells a copy is open to all."""
    with psycopg.connect(host=str(own.place), dbname="postgres", user="sentinel", autocommit=True) as connection:
        connection.execute("CREATE ROLE clerk LOGIN")
        connection.execute("CREATE DATABASE clerks OWNER clerk")
    with closing(Store.open(tmp_path / "a", own.url_of("clerks", "clerk"))) as store:
        assert not is_held(store)
        made = insert(tables.check_name).values(check="a", place="b").returning(tables.check_name.c.id)
        assert store.writer.submit(lambda c: c.execute(made).scalar_one()).result(10) == 1
        assert store.read(lambda c: c.execute(text("select current_user")).scalar_one()) == "clerk"
        assert store.read(lambda c: c.execute(select(tables.check_name.c.check)).scalars().all()) == ["a"]
