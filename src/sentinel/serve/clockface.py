"""Instants as people read and write them, in the installation's zone. Pure; nothing here knows of HTTP."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo


class BadTime(ValueError):
    """What somebody typed is not a time, or not one that exists. The message says what to do."""


def in_words(instant: datetime, zone: str, now: datetime) -> str:
    """`14:05` today, `Sun 22 Nov 14:05` on another day, with the year in another year."""
    local, today = instant.astimezone(ZoneInfo(zone)), now.astimezone(ZoneInfo(zone))
    if local.date() == today.date():
        return local.strftime("%H:%M")
    day = local.strftime("%a %d %b").replace(" 0", " ")
    return f"{day} {local.year} {local:%H:%M}" if local.year != today.year else f"{day} {local:%H:%M}"


def utc_words(instant: datetime) -> str:
    """To the second, for the title attribute: `2026-11-22 13:05:09 UTC`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def length_words(length: timedelta) -> str:
    """A length of time with its two largest units: `45 s`, `12 min`, `2 h 10 min`, `3 d 4 h`."""
    seconds = max(0, round(length.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def seconds_words(seconds: float | None) -> str:
    """A length of time in seconds as `length_words` writes it; a dash for none."""
    return "–" if seconds is None else length_words(timedelta(seconds=seconds))


def typed(text: str, zone: str, now: datetime) -> datetime:
    """The instant, in UTC, that somebody typed: `2026-11-22T14:30` or `2026-11-22 14:30` in `zone`, the same with an offset,
    or `14:30` for today.

    An hour that a clock change gives twice is taken as the later one (promises are rounded outwards); one that it skips is
    refused. Raises BadTime.
    """
    text = text.strip().replace(" ", "T", 1)
    if len(text) in (4, 5) and ":" in text:
        text = f"{now.astimezone(ZoneInfo(zone)):%Y-%m-%d}T{text:0>5}"
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise BadTime("not a time: write it as 2026-11-22 14:30, or as 14:30 for today") from None
    if "T" not in text:
        raise BadTime("the time of day is missing: write it as 2026-11-22 14:30")
    try:
        return _in_zone(read, zone) if read.tzinfo is None else read.astimezone(UTC)
    except OverflowError:
        raise BadTime("that time is out of range") from None


def _in_zone(local: datetime, zone: str) -> datetime:
    there = ZoneInfo(zone)
    instant = local.replace(tzinfo=there, fold=1).astimezone(UTC)
    if instant.astimezone(there).replace(tzinfo=None, fold=0) != local.replace(fold=0):
        raise BadTime(f"{local:%H:%M} does not exist on that day in {zone}: the clocks go forward")
    return instant
