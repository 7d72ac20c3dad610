"""When something that reports by itself is expected next."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from sentinel.model.secret import Secret
from sentinel.probe import due
from sentinel.probe.kind import heartbeat, value

MADRID = ZoneInfo("Europe/Madrid")
TOKEN = Secret("a-token-of-22-letters-x")


def local(*at: int) -> datetime:
    return datetime(*at, tzinfo=MADRID).astimezone(UTC)  # type: ignore[misc, arg-type]  # a zone stands behind the numbers


def test_a_period_is_counted_from_the_last_word() -> None:
    assert due.every(timedelta(hours=1))(local(2026, 3, 1, 12)) == local(2026, 3, 1, 13)


@pytest.mark.parametrize("expected", [due.by_cron("30 2 * * *", "Europe/Madrid"), due.by_calendar("02:30", "Europe/Madrid")])
def test_the_nights_on_which_clocks_change_have_one_time_each(expected: due.Expected) -> None:
    """2026-03-29 has no 02:30 in Madrid, 2026-10-25 has it twice."""
    spring = expected(local(2026, 3, 28, 12))
    assert spring is not None
    assert local(2026, 3, 29, 0) <= spring <= local(2026, 3, 30, 2, 30)
    autumn = expected(local(2026, 10, 24, 12))
    assert autumn is not None
    after = expected(autumn + timedelta(hours=2))
    assert after == local(2026, 10, 26, 2, 30)


def test_what_is_over_is_never_expected_again() -> None:
    assert due.by_calendar("2024-05-01 03:00", "UTC")(local(2026, 1, 1)) is None


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({}, "say when it reports"),
        ({"period": "PT1H", "cron": "0 3 * * *"}, "say when it reports"),
        ({"cron": "0 3 * *"}, "no cron expression of five fields"),
        ({"cron": "0 3 31 2 *"}, "no cron expression of five fields"),
        ({"calendar": "someday"}, "no OnCalendar expression"),
        ({"calendar": "2020-01-01 03:00"}, "this never comes"),
        ({"cron": "0 3 * * *", "time_zone": "Europe/Atlantis"}, "there is no such time zone"),
        ({"cron": "0 3 * * *", "time_zone": "../../etc/passwd"}, "there is no such time zone"),
        ({"period": "PT1H", "token": Secret("short")}, "a token has 22 to 128"),
    ],
)
def test_a_heartbeat_that_could_never_be_on_time_is_refused_at_load(options: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        heartbeat.Options.model_validate({"token": TOKEN, **options})


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"facts": {"value": "number"}}, "names of our own"),
        ({"facts": {"Big": "number"}}, "pattern"),
        ({"facts": {"a": "list"}}, "number"),
        ({"token": Secret("x")}, "22 to 128"),
    ],
)
def test_a_value_that_could_not_be_sent_is_refused_at_load(options: dict[str, object], why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        value.Options.model_validate({"token": TOKEN, **options})


def test_the_facts_of_a_value_are_those_that_its_options_announce() -> None:
    told = {"type": "text", "facts": {"open": "yes or no"}}
    assert value.facts_of(told) == {"value": "text", "open": "yes or no"}
