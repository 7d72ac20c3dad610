"""What an approval is bound to, over random nights: a note, a caller, a ticking estimate or a try to edit void nothing, in any
order and number; any change of a quoted fact does, whatever went before, and nothing of it goes out (P4, P5, F43)."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sentinel.model.command import Acknowledge, Declare, Dismiss, Done, EditDraft, Note, Refused
from sentinel.model.delivery import State
from sentinel.model.notice import NoticeState
from sentinel.store import notices

from .test_guards import LENA, OMAR, guarded, leads, say
from .world import CARD, PAYERS, SECOND, House

STEP = 5 * SECOND


def _edit(house: House) -> None:
    """Words that are approved stand; in a draft, wording that is refused changes nothing."""
    opening = house.notices("opened")[-1]
    stored = house.read(lambda c: notices.draft_of(c, opening.id))
    assert stored is not None
    result = house.say(
        EditDraft(notice=opening.id, version=stored[0].version + 7, language="en", forms={"text": "Other words."})
    )
    assert isinstance(result, Refused)


def _passes(house: House) -> None:
    house.run(20 * SECOND, step=STEP)


HARMLESS: Mapping[str, Callable[[House], object]] = {
    "a note": lambda house: house.say(Note(incident=1, text="the vendor is on the phone")),
    "somebody takes it on": lambda house: house.say(Acknowledge(incident=1)),
    "time passes": _passes,
    "a round": lambda house: house.round(),
    "an edit": _edit,
    "the same said again": lambda house: house.say(Declare(service="payments", statement="payments.cannot_pay")),
}
FACTS: Mapping[str, Callable[[House], object]] = {
    "more is felt": lambda house: house.done(Declare(service="payments", statement="payments.no_confirmation")),
    "it recovers": lambda house: house.heals(CARD),
    "there was nothing": lambda house: house.done(Dismiss(incident=1, reason="a test in the wrong place")),
}
NIGHTS = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)
harmless = st.lists(st.sampled_from(sorted(HARMLESS)), max_size=5)


@contextmanager
def broken() -> Iterator[House]:
    """A house with a draft that waits. Nobody posts, so that the desk is not told and nothing is released meanwhile."""
    with TemporaryDirectory() as folder, closing(House(Path(folder))) as house:
        house.posts = False
        house.breaks(CARD)
        house.done(Declare(service="payments", statement="payments.cannot_pay"))
        yield house


def befalls(house: House, names: list[str]) -> None:
    for name in names:
        HARMLESS[name](house)


@pytest.mark.parametrize("fact", [None, *FACTS])
@NIGHTS
@given(before=harmless, after=harmless)
def test_an_approval_is_void_if_and_only_if_a_fact_that_it_quotes_has_changed(
    fact: str | None, before: list[str], after: list[str]
) -> None:
    """F43"""
    with broken() as house:
        opening = house.approve()
        befalls(house, before)
        assert house.notice(opening.id).void_at is None, before
        if fact is not None:
            FACTS[fact](house)
            befalls(house, after)
            voided = house.notice(opening.id)
            assert voided.void_at is not None, fact
            assert voided.void_why
            assert set(house.states("opened").values()) <= {State.CANCELLED.value}
        else:
            befalls(house, after)
        house.posts = True
        house.run(400 * SECOND, step=30 * SECOND)
        assert house.postman.heard("opened") == (PAYERS if fact is None else set())
        assert all(each.balanced for each in house.books())


@pytest.mark.parametrize("fact", [None, *FACTS])
@NIGHTS
@given(before=harmless, after=harmless)
def test_a_signature_counts_if_and_only_if_the_words_and_the_facts_are_what_was_signed(
    fact: str | None, before: list[str], after: list[str]
) -> None:
    """The first of two has signed; what happens then decides whether the second one's word is enough."""
    with broken() as house:
        leads(house, LENA, OMAR)
        guarded(house, two_above=2)
        signed = house.draft()
        assert isinstance(say(house, house.approval(), LENA), Done)
        befalls(house, before)
        assert house.draft().hash == signed.hash, before
        command = house.approval()
        if fact is not None:
            FACTS[fact](house)
        befalls(house, after)
        second = say(house, command, OMAR)
        if fact is not None:
            assert isinstance(second, Refused), fact
            assert house.rows("opened") == []
        else:
            assert isinstance(second, Done)
            assert house.notice(command.notice).state is NoticeState.APPROVED
