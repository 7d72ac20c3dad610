"""Times, days and lists in each language."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sentinel.notify.language import NoLanguage, began, due, last_day, listing, point, tongue

TODAY = date(2026, 11, 22)


def _at(day: int, hour: int, minute: int, second: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


def test_a_time_has_its_date_when_it_is_not_today() -> None:
    assert due(_at(22, 14, 30), TODAY, "en") == "14:30"
    assert due(_at(23, 14, 30), TODAY, "en") == "14:30 on Monday 23 November"
    assert due(_at(22, 14, 30), TODAY, "es") == "a las 14:30"
    assert due(_at(23, 14, 30), TODAY, "es-ES") == "el lunes 23 de noviembre a las 14:30"
    assert due(_at(23, 1, 30), TODAY, "es") == "el lunes 23 de noviembre a la 01:30"


def test_the_year_is_named_when_it_is_another_one() -> None:
    new_year = datetime(2027, 1, 1, 9, 0, tzinfo=UTC)
    assert due(new_year, TODAY, "en") == "09:00 on Friday 1 January 2027"
    assert due(new_year, TODAY, "es") == "el viernes 1 de enero de 2027 a las 09:00"


def test_a_promise_with_seconds_is_shown_as_it_was_given() -> None:
    assert due(_at(22, 14, 30, 15), TODAY, "en") == "14:30:15"


def test_a_beginning_is_about_and_never_later_than_it_was() -> None:
    assert began(_at(22, 10, 8, 40), TODAY, "en") == "about 10:05 today"
    assert began(_at(21, 23, 59), TODAY, "en") == "about 23:55 on Saturday 21 November"
    assert began(_at(22, 10, 8), TODAY, "es") == "las 10:05 de hoy aproximadamente"


def test_a_span_is_rounded_outwards_to_the_minute() -> None:
    assert point(_at(22, 10, 8, 40), TODAY, "en") == "10:08"
    assert point(_at(22, 12, 10, 1), TODAY, "en", said_at=_at(22, 12, 15)) == "12:11"
    assert point(_at(22, 12, 10, 1), TODAY, "en", said_at=_at(22, 12, 10, 59)) == "12:10", "12:11 has yet to come"
    assert point(_at(21, 23, 0), TODAY, "es") == "el sábado 21 de noviembre a las 23:00"


@pytest.mark.parametrize(
    ("ended", "said"),
    [
        (datetime(2026, 10, 25, 1, 30, 20, tzinfo=UTC), "02:31 (UTC+1)"),
        (datetime(2026, 10, 25, 0, 30, 20, tzinfo=UTC), "02:31 (UTC+2)"),
        (datetime(2026, 10, 25, 0, 59, 20, tzinfo=UTC), "02:00 (UTC+1)"),
        (datetime(2026, 3, 29, 0, 59, 20, tzinfo=UTC), "03:00"),
    ],
    ids=["the second time", "the first time", "from one into the other", "over the hour that is left out"],
)
def test_an_end_is_rounded_within_its_own_hour_when_the_clocks_change(ended: datetime, said: str) -> None:
    local = ended.astimezone(ZoneInfo("Europe/Madrid"))
    assert point(local, local.date(), "en", said_at=ended + timedelta(minutes=5)) == said


def test_a_day_is_named_with_its_weekday() -> None:
    assert last_day(date(2026, 11, 27), TODAY, "en") == "Friday 27 November"
    assert last_day(date(2026, 11, 27), TODAY, "es") == "viernes 27 de noviembre"


@pytest.mark.parametrize(
    ("items", "language", "said"),
    [
        ([], "en", ""),
        (["Pay"], "en", "Pay"),
        (["A", "B", "C"], "en", "A, B and C"),
        (["Pagos", "Inicio"], "es", "Pagos e Inicio"),
        (["Pagos", "Hielo"], "es", "Pagos y Hielo"),
        (["Pagos", "Cuentas"], "es", "Pagos y Cuentas"),
    ],
)
def test_a_list_reads_as_words(items: list[str], language: str, said: str) -> None:
    assert listing(items, language) == said


def test_a_language_without_a_table_is_a_clear_error() -> None:
    with pytest.raises(NoLanguage, match=r"'de'.*en, es"):
        tongue("de")
