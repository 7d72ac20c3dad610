"""The public state as bytes: every page in every language, the feeds, and the documents of the API. Pure but for the templates.

Belongs here: which copies there are and under which name. Does not belong here: when they are made anew (prepared.py).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sentinel.model.installation import Installation
from sentinel.serve.status import feed, statuspage, words
from sentinel.serve.status.port import Component, Disturbance, PublicState
from sentinel.serve.status.statuspage import OPERATIONAL
from sentinel.serve.status.tale import Correction, Tale, corrections, tales, title_of

DAYS = 90
CORRECTED_FOR = timedelta(hours=24)
"""How long a correction stands on the first page; the history keeps it."""
HTML = "text/html; charset=utf-8"

Render = Callable[..., bytes]
"""(template, names that it is given) → the page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Drawn:
    """One copy: what it is, and its bytes."""

    content_type: str
    body: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Square:
    """One component as it stands: its name for customers, its state and that in words; `days`: the strip, oldest first."""

    title: str
    state: str
    said: str
    days: tuple[str, ...] = ()
    bad_days: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Day:
    """What began on one day, newest first."""

    title: str
    tales: tuple[Tale, ...]
    corrections: tuple[Correction, ...]


def draw(house: Installation, state: PublicState, render: Render, *, stale: bool) -> Mapping[str, Drawn]:
    """Name → copy: `page/en`, `history/en`, `atom/en`, `rss/en`, `api/summary.json`. `stale`: it could not be read anew."""
    today = state.at.astimezone(ZoneInfo(house.zone)).date()
    drawn: dict[str, Drawn] = {}
    for language in dict.fromkeys(house.languages):
        told = tales(house, state, language, today)
        taken_back = corrections(house, state, language)
        given = _given(house, state, language, today, stale=stale)
        drawn[f"page/{language}"] = Drawn(content_type=HTML, body=_page(render, given, state, told, taken_back))
        drawn[f"history/{language}"] = Drawn(content_type=HTML, body=_history(render, house, given, state, told, taken_back))
        for kind, content_type, write in feed.KINDS:
            body = write(house, state, told, taken_back, language).encode()
            drawn[f"{kind}/{language}"] = Drawn(content_type=content_type, body=body)
    documents = statuspage.documents(house, state, tales(house, state, house.languages[0], today))
    for name, document in documents.items():
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        drawn[f"api/{name}"] = Drawn(content_type="application/json; charset=utf-8", body=body)
    return drawn


def _given(house: Installation, state: PublicState, language: str, today: date, *, stale: bool) -> dict[str, object]:
    """What both pages are given."""
    line = words.lines(language)
    at = words.moment(state.at.replace(second=0, microsecond=0), house.zone, today, language)
    others = [(each, words.lines(each).name) for each in dict.fromkeys(house.languages)]
    return {
        "language": language,
        "line": line,
        "languages_offered": others,
        "as_of": line.as_of.format(at=at),
        "warning": line.stale.format(at=at) if stale else "",
        "stamp": lambda instant: words.stamp(instant, house.zone, today, language),
        "squares": [_square(house, each, state.disturbances, language, today) for each in state.components],
    }


def _page(
    render: Render, given: Mapping[str, object], state: PublicState, told: Sequence[Tale], taken_back: Sequence[Correction]
) -> bytes:
    now = [each for each in told if not each.disturbance.is_over]
    fresh = [each for each in taken_back if state.at - each.retracted.at < CORRECTED_FOR]
    felt = [each.impact for each in state.components if each.impact is not None]
    worst = max(felt, key=lambda impact: impact.rank, default=None)
    return render("status.html", **given, tales=now, corrections=fresh, worst=worst.value if worst else OPERATIONAL)


def _history(
    render: Render,
    house: Installation,
    given: Mapping[str, object],
    state: PublicState,
    told: Sequence[Tale],
    taken_back: Sequence[Correction],
) -> bytes:
    def on(instant: datetime) -> date:
        return instant.astimezone(ZoneInfo(house.zone)).date()

    language, today = str(given["language"]), on(state.at)
    dates = {on(each.disturbance.began_at) for each in told} | {on(each.retracted.at) for each in taken_back}
    days = [
        Day(
            title=words.day(each, today, language),
            tales=tuple(one for one in told if on(one.disturbance.began_at) == each),
            corrections=tuple(one for one in taken_back if on(one.retracted.at) == each),
        )
        for each in sorted(dates, reverse=True)
    ]
    return render("status-history.html", **given, days=days)


def _square(house: Installation, one: Component, disturbances: Sequence[Disturbance], language: str, today: date) -> Square:
    line = words.lines(language)
    first = today - timedelta(days=DAYS - 1)
    worst = _worst_by_day(house, one.name, disturbances, first, today)
    days = tuple(worst.get(first + timedelta(days=n), OPERATIONAL) for n in range(DAYS))
    state = one.impact.value if one.impact else OPERATIONAL
    return Square(
        title=title_of(house, one.name, language),
        state=state,
        said=line.states[state],
        days=days,
        bad_days=tuple(
            line.day_bad.format(day=words.day(each, today, language), state=line.states[worst[each]]) for each in sorted(worst)
        ),
    )


def _worst_by_day(
    house: Installation, name: str, disturbances: Sequence[Disturbance], first: date, today: date
) -> dict[date, str]:
    """Day → the worst that this component was on it, in the installation's zone; days without trouble are not there."""
    zone = ZoneInfo(house.zone)
    worst: dict[date, tuple[int, str]] = {}
    for one in disturbances:
        impact = one.components.get(name)
        if impact is None:
            continue
        day = max(first, one.began_at.astimezone(zone).date())
        last = one.ended_at.astimezone(zone).date() if one.ended_at else today
        while day <= min(last, today):
            worst[day] = max(worst.get(day, (-1, "")), (impact.rank, impact.value))
            day += timedelta(days=1)
    return {day: value for day, (_, value) in worst.items()}
