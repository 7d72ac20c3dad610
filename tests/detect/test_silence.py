"""A heartbeat is overdue after its period and grace of listening; the hub's own downtime never counts (F25)."""

from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sentinel.detect.kind import silence
from sentinel.detect.kind.silence import heard_at, run_ends_by, stretch
from sentinel.model.signal import Hysteresis

from .samples import DOWN, UP, at, sample

HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
GAP = 20 * SECOND


def overdue_at(pinged_at: datetime | None, up_since: datetime, period: timedelta, grace: timedelta, now: datetime) -> datetime:
    """Of a source that reports every `period`."""
    found = silence.overdue_at(heard_at(pinged_at, up_since, now), lambda after: after + period, grace)
    assert found is not None
    return found


def test_it_is_overdue_after_period_and_grace_and_not_before() -> None:
    assert overdue_at(at(0), at(-9999), HOUR, MINUTE, at(10)) == at(3660)


def test_one_that_never_came_is_overdue_a_period_after_we_began_to_listen() -> None:
    assert overdue_at(None, at(100), HOUR, MINUTE, at(200)) == at(3760)


def test_after_two_hours_of_downtime_each_source_has_a_full_period_and_grace() -> None:
    """F25: the hub ended at 60 s, began at 2 h; a source of every 10 minutes is on time until 2 h + 10 min + grace."""
    up_since = stretch(at(0), at(60), at(7200), GAP)
    assert up_since == at(7200)
    assert overdue_at(at(50), up_since, 10 * MINUTE, MINUTE, at(7200)) == at(7200 + 660)


def test_listening_goes_on_over_a_short_pause_and_begins_anew_after_a_long_one() -> None:
    assert stretch(at(0), at(100), at(119), GAP) == at(0)
    assert stretch(at(0), at(100), at(121), GAP) == at(121)
    assert stretch(None, None, at(5), GAP) == at(5)


def test_a_clock_that_jumps_makes_nothing_overdue() -> None:
    """F37: an hour forwards, an hour back, a day forwards."""
    for jump in (3600.0, -3600.0, 86400.0):
        now = at(100 + jump)
        since = stretch(at(0), at(100), now, GAP)
        assert since == now
        assert overdue_at(at(95), since, 5 * MINUTE, MINUTE, now) >= now + 5 * MINUTE


def test_a_ping_of_the_future_says_nothing_once_the_clock_was_set_back() -> None:
    assert overdue_at(at(5000), at(0), HOUR, MINUTE, at(10)) == at(3660)


def test_what_is_never_expected_is_never_overdue() -> None:
    assert silence.overdue_at(at(0), lambda after: None, MINUTE) is None


def test_a_run_that_began_in_time_is_waited_for_by_its_own_limit() -> None:
    assert run_ends_by(at(100), at(0), HOUR, at(160)) == at(3700), "longer than its source's own patience"
    assert run_ends_by(at(100), at(0), 10 * SECOND, at(160)) == at(110), "shorter than that"
    assert run_ends_by(at(100), at(0), HOUR, None) == at(3700)
    assert run_ends_by(None, at(0), HOUR, at(160)) is None


def test_a_run_that_began_too_late_excuses_nothing() -> None:
    assert run_ends_by(at(161), at(0), HOUR, at(160)) is None


def test_a_run_that_began_before_our_downtime_has_its_whole_limit_again() -> None:
    """F25: its end may have been told while nobody listened."""
    assert run_ends_by(at(100), at(9000), MINUTE, at(9600)) == at(9060)


def test_one_overdue_look_raises_and_one_ping_clears() -> None:
    options = silence.Options()
    held = silence.step(Hysteresis(), sample(0, UP), options)
    held = silence.step(held, sample(30, DOWN), options)
    assert held.raised_since == at(30)
    assert silence.step(held, sample(31, UP), options).raised_since is None


LIVES = st.lists(st.tuples(st.integers(1, 4000), st.integers(0, 20_000)), min_size=1, max_size=12)


@given(LIVES, st.integers(30, 3000), st.integers(0, 600))
def test_a_source_that_pings_on_time_while_we_listen_is_never_overdue(
    lives: list[tuple[int, int]], period: int, grace: int
) -> None:
    """Whatever our lives and downtimes are: it pings at each period; we hear only what comes while we are up. A start listens
    anew, however short the downtime was."""
    every, patience = period * SECOND, grace * SECOND
    clock, up_since, seen_at, pinged_at = 0, None, None, None
    for up, down in lives:
        seen_at = None
        for second in range(clock, clock + up, 5):
            now = at(second)
            up_since = stretch(up_since, seen_at, now, GAP)
            seen_at = now
            beats = second - second % period
            if beats >= clock and (pinged_at is None or at(beats) > pinged_at):
                pinged_at = at(beats)
            assert now <= overdue_at(pinged_at, up_since, every, patience + 5 * SECOND, now)
        clock += up + down


@given(LIVES, st.integers(30, 600))
def test_a_source_that_is_silent_is_found_out_once_we_have_listened_for_long_enough(
    lives: list[tuple[int, int]], period: int
) -> None:
    every = period * SECOND
    clock, up_since, seen_at = 0, None, None
    began: datetime | None = None
    for up, down in lives:
        for second in range(clock, clock + up, 5):
            now = at(second)
            up_since = stretch(up_since, seen_at, now, GAP)
            began = up_since
            seen_at = now
            is_overdue = now > overdue_at(None, up_since, every, MINUTE, now)
            assert is_overdue == (now - began > every + MINUTE)
        clock += up + down
