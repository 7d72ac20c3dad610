"""How many bear something out: a place that does not look any more is nobody, whatever it claimed."""

from collections.abc import Iterable

import pytest

from sentinel.incident.quorum import Quorum, bears_out
from tests.incident.world import World

HUB = "hub"
CARD, PAY = "payments.card-form", "payments.pay"


def borne_out(claims: Iterable[tuple[str, str]], looking: set[str], asked: int) -> bool:
    """Whether an incident with these (check, place) claims is borne out where so many are asked and these look."""
    world = World()
    for check, place in claims:
        world.fail(check, place=place)
    world.decide()
    quorum = Quorum(
        signals=tuple(world.signals.values()), places={CARD: looking, PAY: looking}, asked={CARD: asked, PAY: asked}, own=HUB
    )
    return bears_out(world.only(), quorum)


@pytest.mark.parametrize(
    ("claims", "looking", "asked", "is_so"),
    [
        ([(CARD, HUB), (CARD, "madrid")], {HUB}, 3, False),
        ([(CARD, HUB), (CARD, "madrid")], {HUB, "madrid"}, 3, True),
        ([(CARD, HUB), (CARD, "madrid")], {HUB, "madrid", "vigo"}, 3, True),
        ([(CARD, HUB)], {HUB}, 3, False),
        ([(CARD, HUB), (PAY, HUB)], {HUB}, 3, True),
        ([(CARD, "madrid"), (PAY, "madrid")], {"madrid"}, 3, False),
        ([(CARD, HUB), (CARD, "madrid")], set(), 3, False),
        ([(CARD, HUB), (PAY, HUB)], {HUB}, 1, True),
    ],
    ids=[
        "the hub, and what a lost place claimed",
        "the hub and another that looks",
        "two of three",
        "the hub alone",
        "two checks of the hub, which is left alone",
        "two checks of another that is left alone",
        "nobody looks",
        "two checks of one place",
    ],
)
def test_a_minority_and_a_stale_claim_bear_nothing_out(
    claims: list[tuple[str, str]], looking: set[str], asked: int, is_so: bool
) -> None:
    assert borne_out(claims, looking, asked) is is_so
