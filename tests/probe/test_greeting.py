"""The greeting of an agent, and the version that both sides speak: one apart works, more is refused with a reason."""

import json

import pytest

from sentinel.probe.greeting import LONGEST, Hello, agreed, read_hello, why_not, write_hello
from sentinel.probe.wire import (
    OLDEST,
    VERSION,
    Batch,
    Malformed,
    Orders,
    read_from_hub,
    read_from_prober,
    write_batch,
    write_orders,
)

HELLO = Hello(version="0.1.0", host="machine-7", kinds=("http", "tcp"), source="madrid/3-ab", orders="d")


def speaks(oldest: int, newest: int) -> Hello:
    return Hello(oldest=oldest, newest=newest, version="0.1.0", host="h", kinds=())


def test_what_is_written_is_read_again() -> None:
    assert read_hello(write_hello(HELLO)) == HELLO


@pytest.mark.parametrize(
    ("oldest", "newest", "version"),
    [(OLDEST, VERSION, VERSION), (VERSION, VERSION + 1, VERSION), (max(1, OLDEST - 1), OLDEST, OLDEST)],
    ids=["the same", "an agent that is newer", "an agent that is older"],
)
def test_an_agent_one_version_apart_is_spoken_with(oldest: int, newest: int, version: int) -> None:
    assert agreed(speaks(oldest, newest)) == version


def test_one_further_apart_is_refused_and_told_which_end_to_upgrade() -> None:
    late = speaks(VERSION + 1, VERSION + 2)
    assert agreed(late) is None
    assert "Upgrade the hub first" in why_not(late)


@pytest.mark.parametrize("version", [OLDEST, VERSION])
def test_both_versions_are_written_and_read(version: int) -> None:
    batch = Batch(source="madrid/3-ab", number=1, rows=())
    assert read_from_prober(write_batch(batch, version)) == batch
    (line,) = write_orders("madrid", (), (), version)
    assert isinstance(read_from_hub(line), Orders)
    assert json.loads(line)["v"] == version


@pytest.mark.parametrize("version", [OLDEST - 1, VERSION + 1])
def test_a_line_of_another_version_is_malformed(version: int) -> None:
    assert isinstance(read_from_prober(write_batch(Batch(source="a/b", number=1, rows=()), version)), Malformed)


@pytest.mark.parametrize(
    "line",
    [b"", b"{}", b"[]", b"null", b'{"say":"hello"}', b"\xff\xfe", b"[" * 5000,
     write_hello(HELLO).replace(b"[1,2]", b"[1,2,3]"), write_hello(HELLO).replace(b"[1,2]", b"[true,2]"),
     write_hello(HELLO).replace(b"machine-7", b"a" * LONGEST), write_hello(HELLO).replace(b"machine-7", b"\\u001b[2J")],
)  # fmt: skip
def test_what_is_no_greeting_is_refused_and_breaks_nothing(line: bytes) -> None:
    assert isinstance(read_hello(line), Malformed)
