"""A return path names one delivery, and nobody else can make one up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.deliver import verp
from sentinel.deliver.mime import wrong_with_address
from sentinel.model.message import told_apart
from tests.deliver.letters import SECRET

KEY = "incident:17/1/opened/ada"
MAILBOX = "b" * 30 + "@northwind.example"


@given(st.integers(min_value=0, max_value=36**10 - 1))
def test_it_is_read_back_however_it_is_written(delivery: int) -> None:
    made = verp.address(MAILBOX, delivery, KEY, SECRET)
    assert not wrong_with_address(made)
    assert len(made.partition("@")[0]) <= 64
    for spelled in (made, made.upper(), f"<{made}>", f" {made} "):
        assert verp.read(spelled, SECRET) == (delivery, told_apart(KEY)[:4])


@given(st.integers(min_value=0, max_value=36**10 - 1), st.text(max_size=40))
def test_what_we_did_not_make_names_nothing(delivery: int, junk: str) -> None:
    made = verp.address(MAILBOX, delivery, KEY, SECRET)
    assert verp.read(made, b"another secret") is None
    assert verp.read(f"bounces+{junk}@northwind.example", SECRET) is None
    mine, other = (verp.make(each, KEY, SECRET).partition("-")[0] for each in (delivery, delivery + 1))
    assert verp.read(made.replace(f"+{mine}-", f"+{other}-"), SECRET) is None
    piece = told_apart(KEY)[:4]
    assert verp.read(made.replace(f"-{piece}", f"-{piece[::-1]}x"), SECRET) is None


@pytest.mark.parametrize(
    "address", ["", "@", MAILBOX, "bounces+@x", "bounces+-@x", "bounces+1-@x", "x" * 100_000, "bounces+\ud800-x@x"]
)
def test_nonsense_is_no_delivery(address: str) -> None:
    assert verp.read(address, SECRET) is None
