"""How each language writes a time, a day and a list: small tables, so that no locale library decides our words.

Belongs here: months, weekdays, the phrases around a clock time. Does not belong here: what a sentence may claim (cues.py).
Adding a language is adding a `Tongue` here and its cues in cues.py; a language without both is an error at load.

A time is a phrase of its own in each language, so that one template sentence fits today and another day:
English `by {until}` gives "by 14:30" or "by 14:30 on Monday 23 November"; Spanish `a más tardar {until}` gives
"a más tardar a las 14:30" or "a más tardar el lunes 23 de noviembre a las 14:30".
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

Phrase: TypeAlias = Callable[[str, str | None], str]
"""(clock such as "14:30", the day in words or None for today) → the phrase."""


class NoLanguage(LookupError):
    """There is no table for a language; `args[0]` says which and what there is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Tongue:
    """One language. `weekdays` begins with Monday. `at`: when something is due; `since`: about when it began; `point`: one
    end of a span (from, to). `day` gets (weekday, day, month, year or None). `nobody`: what to call a person without a name."""

    months: tuple[str, ...]
    weekdays: tuple[str, ...]
    nobody: str
    day: Callable[[str, int, str, int | None], str]
    at: Phrase
    since: Phrase
    point: Phrase
    join: Callable[[Sequence[str]], str]


def _article(clock: str) -> str:
    return "la" if clock.startswith("01:") else "las"


def _join_en(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}"


def _join_es(items: Sequence[str]) -> str:
    """Spanish "y" is "e" before the sound i: "Pagos e Inicio de sesión", but "Pagos y Hielo"."""
    if len(items) == 1:
        return items[0]
    last = items[-1].casefold()
    word = "e" if last.startswith(("i", "í", "hi")) and not last.startswith(("hie", "hia", "io")) else "y"
    return f"{', '.join(items[:-1])} {word} {items[-1]}"


_EN = Tongue(
    months=(
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    nobody="customer",
    day=lambda weekday, number, month, year: f"{weekday} {number} {month}" + (f" {year}" if year else ""),
    at=lambda clock, day: f"{clock} on {day}" if day else clock,
    since=lambda clock, day: f"about {clock} on {day}" if day else f"about {clock} today",
    point=lambda clock, day: f"{clock} on {day}" if day else clock,
    join=_join_en,
)  # fmt: skip

_ES = Tongue(
    months=(
        "enero", "febrero", "marzo", "abril", "mayo", "junio",
        "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre",
    ),
    weekdays=("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    nobody="cliente",
    day=lambda weekday, number, month, year: f"{weekday} {number} de {month}" + (f" de {year}" if year else ""),
    at=lambda clock, day: f"el {day} a {_article(clock)} {clock}" if day else f"a {_article(clock)} {clock}",
    since=lambda clock, day: (
        f"el {day} a {_article(clock)} {clock} aproximadamente" if day else f"{_article(clock)} {clock} de hoy aproximadamente"
    ),
    point=lambda clock, day: f"el {day} a {_article(clock)} {clock}" if day else f"{_article(clock)} {clock}",
    join=_join_es,
)  # fmt: skip

TONGUES: Mapping[str, Tongue] = {"en": _EN, "es": _ES}


def base(language: str) -> str:
    """The language of a tag: "es" of "es-ES"."""
    return language.split("-")[0].lower()


def tongue(language: str) -> Tongue:
    """The table of `language` (a BCP 47 tag; its region is not looked at). Raises NoLanguage."""
    found = TONGUES.get(base(language))
    if found is None:
        raise NoLanguage(f"no table of months and times for language {language!r}; there is {', '.join(sorted(TONGUES))}")
    return found


def _day(local: date, today: date, table: Tongue) -> str:
    year = local.year if local.year != today.year else None
    return table.day(table.weekdays[local.weekday()], local.day, table.months[local.month - 1], year)


def _other_day(local: datetime, today: date, table: Tongue) -> str | None:
    return None if local.date() == today else _day(local.date(), today, table)


def _clock(local: datetime) -> str:
    """Minutes, and seconds only where the instant has them: a promise is shown as it was given, never moved.

    In the hour that comes twice when summer time ends, with its offset: "02:30 (UTC+2)" is an hour before "02:30 (UTC+1)".
    """
    clock = f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"
    return f"{clock} ({_offset(local)})" if _comes_twice(local) else clock


def _comes_twice(local: datetime) -> bool:
    """Whether the clocks on the wall show this time twice that day."""
    return local.replace(fold=1 - local.fold).utcoffset() != local.utcoffset()


def _offset(local: datetime) -> str:
    minutes = round((local.utcoffset() or timedelta(0)).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}" + (f":{rest:02}" if rest else "")


def due(local: datetime, today: date, language: str) -> str:
    """When something is due: "14:30", "14:30 on Monday 23 November". `local` is in the reader's zone."""
    table = tongue(language)
    return table.at(_clock(local), _other_day(local, today, table))


def began(local: datetime, today: date, language: str) -> str:
    """About when it began, rounded down to 5 minutes: "about 10:05 today"."""
    table = tongue(language)
    local = local.replace(minute=local.minute - local.minute % 5, second=0, microsecond=0)
    return table.since(_clock(local), _other_day(local, today, table))


def point(local: datetime, today: date, language: str, *, said_at: datetime | None = None) -> str:
    """One end of a span, to the minute: the beginning, or the end, of which this is said at `said_at`."""
    table = tongue(language)
    whole = minute(local, said_at=said_at)
    return table.point(_clock(whole), _other_day(whole, today, table))


def minute(local: datetime, *, said_at: datetime | None = None) -> datetime:
    """The minute of a beginning, rounded down. That of an end, of which this is said at `said_at`, is rounded up, but not into
    one that has yet to come: nothing has been over since later than now."""
    whole = local.replace(second=0, microsecond=0)
    following = whole.astimezone(UTC) + timedelta(minutes=1)  # in UTC: on the wall the clocks may change within it
    if said_at is not None and whole != local and following <= said_at:
        return following.astimezone(local.tzinfo)
    return whole


def last_day(local: date, today: date, language: str) -> str:
    """A day until which something holds: "Friday 27 November", "viernes 27 de noviembre" (write "hasta el {grace_day}")."""
    return _day(local, today, tongue(language))


def listing(items: Sequence[str], language: str) -> str:
    """Names as a list in words: "Online payments and Documents"; empty for none."""
    return tongue(language).join(items) if items else ""
