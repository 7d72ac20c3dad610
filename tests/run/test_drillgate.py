"""The last gate of a drill, over a connection that would take anything."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from sentinel.deliver.outcome import Outcome, Waits
from sentinel.model.delivery import Accepted, Failed
from sentinel.model.limits import Drill
from sentinel.model.message import Letter, Message, StaffNote, Wording
from sentinel.model.notice import Brief, Occasion
from sentinel.run.drillgate import REFUSED, DrillGate
from sentinel.store import drills

DRILL = Drill(only=("Ada@example.com", "@drill.example", "+34600000000"))
WORDS = Wording(
    notice=1, language="en", zone="UTC", subject="s", short="s", text="t", html="t", thread="incident:1/1", first=True
)


class Post:
    """A provider that takes everything it is given, after it was armed."""

    def __init__(self) -> None:
        self.armed = 0

    async def send(self, message: Message, arm: Callable[[], Awaitable[bool]]) -> Outcome:
        self.armed += await arm()
        return Accepted()

    async def close(self) -> None: ...


def sent(message: Message) -> tuple[Outcome, int]:
    post = Post()

    async def yes() -> bool:
        return True

    return asyncio.run(DrillGate(post, DRILL).send(message, yes)), post.armed


def letter(address: str, key: str = "incident:1/1/opened/p") -> Letter:
    return Letter(key=key, person="p", name="P", address=address, wording=WORDS)


@pytest.mark.parametrize(
    "address",
    [
        "eve@example.com",
        "ada@example.com.evil.example",
        "ada@sub.drill.example",
        "drill.example",
        "",
        "+34600000001",
        "@drill.example@x",
    ],
)
def test_a_row_outside_the_drill_is_refused_before_it_is_armed_whoever_put_it_there(address: str) -> None:
    outcome, armed = sent(letter(address))
    assert isinstance(outcome, Failed)
    assert outcome.permanent
    assert armed == 0


@pytest.mark.parametrize("step", ["closed", "holding#3", "delayed#1", "retraction"])
def test_what_is_owed_to_somebody_outside_waits_unarmed(step: str) -> None:
    """P6: they were told before the drill began; once it is over they are told the rest."""
    outcome, armed = sent(letter("eve@example.com", key=f"incident:1/1/{step}/p"))
    assert (outcome, armed) == (Waits(reason=drills.HELD), 0)


@pytest.mark.parametrize("key", ["incident:1/1/opened/closed", "incident:1/1/again/p", "incident:1/1/widened#2/p", "odd", ""])
def test_what_would_begin_something_is_refused_for_good(key: str) -> None:
    outcome, _ = sent(letter("eve@example.com", key=key))
    assert outcome == Failed(reason=REFUSED, permanent=True)


@pytest.mark.parametrize("address", ["ada@example.com", "ADA@EXAMPLE.COM", "anybody@drill.example", "+34600000000"])
def test_those_of_the_drill_are_reached(address: str) -> None:
    assert sent(letter(address)) == (Accepted(), 1)


def test_staff_hear_and_a_rehearsal_goes_to_whoever_asked_for_it() -> None:
    brief = Brief(
        reference="1-A",
        occasion=Occasion.WORDS,
        headline="DRILL",
        services=(),
        felt=(),
        since=None,
        until=None,
        next_word=None,
        who="",
        say="",
    )
    assert sent(StaffNote(key="k", brief=brief)) == (Accepted(), 1)
    assert sent(letter("lena@northwind.example", key="rehearsal:7/1/x/account")) == (Accepted(), 1)
