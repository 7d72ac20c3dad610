"""The standing words of the status page in each language: labels, and the neutral lines where nobody has approved any words.

Belongs here: what is true of any disturbance. Does not belong here: what this one is, costs or comes from: that takes approved
words. Instants are written by notify/language.py, so that a page and a mail say one time in one way.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sentinel.notify import language as tongues


@dataclass(frozen=True, kw_only=True, slots=True)
class Lines:
    """One language. `{...}` are filled by us and by nobody else."""

    name: str
    heading: str
    all_well: str
    one_trouble: str
    trouble_with: str
    states: Mapping[str, str]
    was: Mapping[str, str]
    """The same of a disturbance that is over."""
    seen: str
    over: str
    next_word: str
    expected: str
    reference: str
    corrected: str
    services: str
    now: str
    history: str
    quiet_history: str
    back: str
    days: str
    day_quiet: str
    day_bad: str
    as_of: str
    stale: str
    so_far: str
    feeds: str
    other_languages: str
    skip: str


EN = Lines(
    name="English",
    heading="How our services are doing",
    all_well="Everything is working.",
    one_trouble="There is trouble with {titles}.",
    trouble_with="Trouble with {titles}",
    states={
        "operational": "Working",
        "degraded_performance": "Not working well",
        "partial_outage": "Partly not working",
        "major_outage": "Not working",
    },
    was={
        "degraded_performance": "Was not working well",
        "partial_outage": "Was partly not working",
        "major_outage": "Was not working",
    },
    seen="We have seen that something is wrong, and we are looking into it.",
    over="This is over. It has been working again since {at}.",
    next_word="Our next word stands here by {at} at the latest.",
    expected="We expect it back by {at}.",
    reference="Reference: {reference}",
    corrected="Correction: {titles}",
    services="Our services",
    now="What is wrong now",
    history="The last 90 days",
    quiet_history="We have told of no trouble in the last 90 days.",
    back="Back to how things are now",
    days="{title}, the last 90 days",
    day_quiet="no trouble",
    day_bad="{day}: {state}",
    as_of="As of {at}.",
    stale="We cannot bring this page up to date at the moment. It shows what we knew at {at}.",
    so_far="What we said so far",
    feeds="Follow this page",
    other_languages="Languages",
    skip="Skip to the content",
)
ES = Lines(
    name="Español",
    heading="Cómo están nuestros servicios",
    all_well="Todo funciona.",
    one_trouble="Hay problemas con {titles}.",
    trouble_with="Problemas con {titles}",
    states={
        "operational": "Funciona",
        "degraded_performance": "No funciona bien",
        "partial_outage": "No funciona en parte",
        "major_outage": "No funciona",
    },
    was={
        "degraded_performance": "No funcionaba bien",
        "partial_outage": "No funcionaba en parte",
        "major_outage": "No funcionaba",
    },
    seen="Hemos visto que algo no va bien y lo estamos mirando.",
    over="Ha terminado. Vuelve a funcionar desde {at}.",
    next_word="Nuestra próxima noticia estará aquí {at} a más tardar.",
    expected="Esperamos que vuelva a funcionar {at} a más tardar.",
    reference="Referencia: {reference}",
    corrected="Corrección: {titles}",
    services="Nuestros servicios",
    now="Qué no va bien ahora",
    history="Los últimos 90 días",
    quiet_history="No hemos comunicado ningún problema en los últimos 90 días.",
    back="Volver al estado de ahora",
    days="{title}, los últimos 90 días",
    day_quiet="sin problemas",
    day_bad="{day}: {state}",
    as_of="Estado {at}.",
    stale="Ahora mismo no podemos actualizar esta página. Muestra lo que sabíamos {at}.",
    so_far="Lo que hemos dicho hasta ahora",
    feeds="Siga esta página",
    other_languages="Idiomas",
    skip="Ir al contenido",
)
LINES: Mapping[str, Lines] = {"en": EN, "es": ES}
"""English stands in for a language that is not here."""


def lines(language: str) -> Lines:
    return LINES.get(tongues.base(language), EN)


def moment(instant: datetime, zone: str, today: date, language: str) -> str:
    """When something is due or was so: "14:30 (UTC+1)", "14:30 on Monday 23 November (UTC+1)", "a las 14:30 (UTC+1)"."""
    local = instant.astimezone(ZoneInfo(zone))
    return _with_offset(tongues.due(local, today, _written(language)), local)


def ended(instant: datetime, zone: str, said_at: datetime, language: str) -> str:
    """The end of a span, as in "since 14:30": "14:30 (UTC+1)", "las 14:30 (UTC+1)". Rounded up to the minute, as far as that
    has come when it is said. What was said does not change with the day on which it is read."""
    local = tongues.minute(instant.astimezone(ZoneInfo(zone)), said_at=said_at)
    today = said_at.astimezone(ZoneInfo(zone)).date()
    return _with_offset(tongues.point(local, today, _written(language)), local)


def stamp(instant: datetime, zone: str, today: date, language: str) -> str:
    """When something was said: "Sunday 22 November, 10:20 (UTC+1)"."""
    local = instant.astimezone(ZoneInfo(zone))
    return f"{day(local.date(), today, language)}, {local:%H:%M} ({offset(local)})"


def day(local: date, today: date, language: str) -> str:
    return tongues.last_day(local, today, _written(language))


def listing(titles: list[str], language: str) -> str:
    return tongues.listing(titles, _written(language))


def _with_offset(said: str, local: datetime) -> str:
    """In the hour that comes twice the phrase names it already."""
    return said if "(UTC" in said else f"{said} ({offset(local)})"


def offset(local: datetime) -> str:
    """UTC, UTC+1, UTC-3:30."""
    ahead = local.utcoffset() or timedelta(0)
    minutes = round(ahead.total_seconds() / 60)
    sign, (hours, rest) = "+" if minutes > 0 else "-", divmod(abs(minutes), 60)
    return "UTC" if minutes == 0 else f"UTC{sign}{hours}" + (f":{rest:02}" if rest else "")


def _written(language: str) -> str:
    return language if tongues.base(language) in tongues.TONGUES else "en"
