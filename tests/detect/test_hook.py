"""What becomes of alerts, whatever their order and however often they come."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sentinel.detect.hook import BACK_MOST, LATE, is_silent, step
from sentinel.model.hook import Alert, Became, Known, State

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
MINUTES = st.integers(-3000, 3000).map(lambda n: NOW + timedelta(minutes=n))
ALERTS = st.builds(
    Alert,
    key=st.just("k"),
    state=st.sampled_from(list(State)),
    began_at=st.none() | MINUTES,
    ended_at=st.none() | MINUTES,
)


def at(minute: float) -> datetime:
    return NOW + timedelta(minutes=minute)


@given(st.lists(st.tuples(ALERTS, st.integers(0, 600)), max_size=12))
def test_the_same_delivery_again_raises_and_clears_nothing_more(said: list[tuple[Alert, int]]) -> None:
    known: Known | None = None
    now = NOW
    for alert, seconds in said:
        now += timedelta(seconds=seconds)
        stood = known is not None and known.stands
        first = step(known, alert, now)
        again = step(first.known, alert, now)
        stands = first.known is not None and first.known.stands
        assert stands is ((stood or first.became is Became.RAISED) and first.became is not Became.CLEARED)
        if alert.state is not State.FIRING or alert.began_at is not None or stands:
            assert again.became not in (Became.RAISED, Became.CLEARED)
        if first.became is Became.RAISED and first.known is not None and first.known.since is not None:
            assert now - BACK_MOST <= first.known.since <= now
        if first.good_since is not None and known is not None and known.since is not None:
            assert known.since <= first.good_since <= max(now, known.since)
        known = first.known


def test_a_late_copy_of_what_is_over_changes_nothing_for_a_while_and_then_is_meant() -> None:
    firing = Alert(key="k", state=State.FIRING, began_at=at(0))
    over = step(step(None, firing, at(0)).known, Alert(key="k", state=State.RESOLVED, began_at=at(0), ended_at=at(5)), at(5))
    assert over.became is Became.CLEARED
    assert step(over.known, firing, at(5) + LATE).became is Became.STALE
    assert step(over.known, firing, at(5.1) + LATE).became is Became.RAISED
    assert step(over.known, Alert(key="k", state=State.FIRING, began_at=at(6)), at(6)).became is Became.RAISED


def test_an_end_from_before_what_stands_began_clears_nothing() -> None:
    known = step(None, Alert(key="k", state=State.FIRING, began_at=at(3)), at(3)).known
    early = Alert(key="k", state=State.RESOLVED, began_at=at(0), ended_at=at(2))
    assert step(known, early, at(4)).became is Became.STALE


def test_a_tool_is_silent_only_while_somebody_was_there_to_hear_it() -> None:
    known = Known(heard_at=at(0), since=at(0))
    expires = timedelta(minutes=10)
    assert not is_silent(known, expires, at(-60), at(10))
    assert is_silent(known, expires, at(-60), at(10.1))
    assert not is_silent(known, expires, at(5), at(12))
    assert not is_silent(known, None, at(-60), at(600))
    assert not is_silent(Known(heard_at=at(0)), expires, at(-60), at(600))
