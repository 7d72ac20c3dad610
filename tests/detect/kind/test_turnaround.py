"""Work that waits longer than was promised, in business days by the installation's clock."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from sentinel.detect.kind import turnaround
from sentinel.model.observation import Observation
from tests.detect.samples import DOWN, UNKNOWN

from .play import play, seen

MADRID = ZoneInfo("Europe/Madrid")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONDAY = datetime(2026, 6, 8, 9, 0, tzinfo=MADRID)
FIVE = "oldest item waits 5 business days; 5 are promised"
WRITTEN: dict[str, Any] = {"promise": "5 business days", "zone": "Europe/Madrid", "week": "Mo-Fr", "holidays": ["2026-06-10"]}


def queue(days: float, came: datetime = MONDAY, start: datetime = MONDAY) -> list[Observation]:
    """Looked at each hour; its oldest item came at one instant."""
    looks = (start + hour * HOUR for hour in range(round(days * 24)))
    return [seen(at.astimezone(UTC), age_s=(at - came).total_seconds()) for at in looks]


def test_it_warns_on_the_last_day_and_claims_when_the_promise_is_broken() -> None:
    """Came on Monday the 8th; the 10th is a holiday: the fifth business day is Tuesday the 16th."""
    _, turns = play(turnaround, queue(12), **WRITTEN)
    told = [(one.at.astimezone(MADRID), one.says) for one in turns if one.since]
    assert told == [
        (datetime(2026, 6, 16, 0, 0, tzinfo=MADRID), f"{FIVE} (today is the last of them)"),
        (datetime(2026, 6, 17, 1, 0, tzinfo=MADRID), "oldest item waits 6 business days; 5 are promised"),
    ]
    assert turns[-1].since == datetime(2026, 6, 17, 0, 0, tzinfo=MADRID)


def test_days_end_by_the_clock_that_is_written() -> None:
    _, there = play(turnaround, queue(12), **{**WRITTEN, "zone": "America/Los_Angeles"})
    assert there[0].at.astimezone(MADRID) == datetime(2026, 6, 16, 9, 0, tzinfo=MADRID)


def test_it_ends_when_the_promise_was_kept_for_a_business_day() -> None:
    held, _ = play(turnaround, queue(12), **WRITTEN)
    friday = datetime(2026, 6, 19, 16, 0, tzinfo=MADRID)
    worked_off = [seen((friday + hour * HOUR).astimezone(UTC)) for hour in range(4 * 24)]
    _, turns = play(turnaround, worked_off, held, **WRITTEN)
    assert [(one.since, one.at.astimezone(MADRID)) for one in turns] == [(None, datetime(2026, 6, 22, 0, 0, tzinfo=MADRID))]


def test_a_new_item_that_is_due_today_does_not_end_a_broken_promise() -> None:
    held, _ = play(turnaround, queue(12), **WRITTEN)
    start = datetime(2026, 6, 22, 9, 0, tzinfo=MADRID)
    assert play(turnaround, queue(0.5, came=datetime(2026, 6, 15, 9, 0, tzinfo=MADRID), start=start), held, **WRITTEN)[1] == []


def test_an_empty_queue_is_well_and_one_that_cannot_be_asked_says_nothing() -> None:
    assert play(turnaround, [seen(MONDAY.astimezone(UTC) + hour * HOUR) for hour in range(48)])[1] == []
    held, _ = play(turnaround, queue(12), **WRITTEN)
    later = MONDAY.astimezone(UTC) + 30 * DAY
    assert play(turnaround, [seen(later, DOWN), seen(later, UNKNOWN)], held, **WRITTEN)[0] is held


def test_a_steady_queue_is_not_written_again() -> None:
    held, _ = play(turnaround, queue(0.5), **WRITTEN)
    options = turnaround.Options.model_validate(WRITTEN)
    assert turnaround.step(held, queue(0.6)[-1], options) is held


def test_a_restart_at_any_sample_changes_nothing() -> None:
    assert play(turnaround, queue(12), restarts=True, **WRITTEN) == play(turnaround, queue(12), **WRITTEN)


@pytest.mark.parametrize("wrong", [{"zone": "Madrid"}, {"zone": "../etc/passwd"}, {"week": "Mon-Fri"}, {"promise": "5 weeks"}])
def test_what_is_no_calendar_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        turnaround.Options.model_validate(wrong)
