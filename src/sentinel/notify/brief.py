"""Brief: what customer service reads, in the desk's language, from the same facts as the customers' words.

Belongs here: the desk's few sentences per occasion, and the one question when a promise is due. No markup.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sentinel.model.notice import Body, Brief, Occasion
from sentinel.model.words import Words
from sentinel.notify.facts import Facts, is_offered, left_out
from sentinel.notify.language import NoLanguage, base, due, listing
from sentinel.notify.material import headline, tidy, titles
from sentinel.notify.slots import preview, values


@dataclass(frozen=True, kw_only=True, slots=True)
class _Says:
    """The desk's own sentences in one language; `{}` takes the one value."""

    heads: Mapping[Occasion, str]
    uncounted: str
    nobody: str
    one: str
    many: str
    until: str
    no_until: str
    back: str
    never: str
    due: str
    due_no_time: str
    answers: str
    thousands: str


_EN = _Says(
    heads={
        Occasion.SUSPECTED: "Perhaps: {}",
        Occasion.STAFF_OPENED: "{}",
        Occasion.CHANGED: "Changed: {}",
        Occasion.PROMISE_DUE: "Our promise is due: {}",
        Occasion.WORDS: "Customers are about to read: {}",
        Occasion.RECOVERED: "Back to normal: {}",
        Occasion.DISMISSED: "False alarm: {}",
        Occasion.SECOND: "A second person must approve: {}",
        Occasion.PAUSED: "Sending is paused: {}",
        Occasion.OPENED: "Customers hear: {}",
        Occasion.WIDENED: "Worse or wider, customers hear: {}",
        Occasion.DELAYED: "Delayed, customers hear: {}",
        Occasion.HOLDING: "No new time yet, customers hear: {}",
        Occasion.AGAIN: "Again, customers hear: {}",
        Occasion.CORRECTION: "Corrected, customers hear: {}",
        Occasion.CLOSED: "Over, customers hear: {}",
        Occasion.RETRACTION: "Taken back, customers hear: {}",
    },
    uncounted="the customers who use it; nobody has counted them yet",
    nobody="no customer that we know of",
    one="one customer",
    many="{} customers",
    until="We expect it back by {}.",
    no_until="We cannot say yet when it will work again.",
    back="{}: it works again, and we are sorry for the trouble.",
    never="{}: there was no disturbance. What we wrote was a mistake of ours, and we are sorry.",
    due="We told customers {}. Does that hold?",
    due_no_time="We promised customers a word by {}. What may we tell them?",
    answers="Answer: it holds / a new time / nobody knows. Without an answer, the holding words go out in time.",
    thousands=",",
)
_ES = _Says(
    heads={
        Occasion.SUSPECTED: "Tal vez: {}",
        Occasion.STAFF_OPENED: "{}",
        Occasion.CHANGED: "Ha cambiado: {}",
        Occasion.PROMISE_DUE: "Vence lo que prometimos: {}",
        Occasion.WORDS: "Los clientes van a leer: {}",
        Occasion.RECOVERED: "De vuelta a la normalidad: {}",
        Occasion.DISMISSED: "Falsa alarma: {}",
        Occasion.SECOND: "Falta que apruebe otra persona: {}",
        Occasion.PAUSED: "El envío está en pausa: {}",
        Occasion.OPENED: "Los clientes leen: {}",
        Occasion.WIDENED: "Peor o más amplio, los clientes leen: {}",
        Occasion.DELAYED: "Con retraso, los clientes leen: {}",
        Occasion.HOLDING: "Sin hora nueva, los clientes leen: {}",
        Occasion.AGAIN: "Otra vez, los clientes leen: {}",
        Occasion.CORRECTION: "Corregido, los clientes leen: {}",
        Occasion.CLOSED: "Terminado, los clientes leen: {}",
        Occasion.RETRACTION: "Desmentido, los clientes leen: {}",
    },
    uncounted="los clientes que lo usan; nadie los ha contado todavía",
    nobody="ningún cliente que sepamos",
    one="un cliente",
    many="{} clientes",
    until="Prevemos resolverlo a más tardar {}.",
    no_until="Todavía no podemos decir cuándo volverá a funcionar.",
    back="{}: ya funciona de nuevo, y sentimos las molestias.",
    never="{}: no hubo ningún problema. Lo que escribimos fue un error nuestro, y lo sentimos.",
    due="Dijimos a los clientes que sería {}. ¿Se mantiene?",
    due_no_time="Prometimos a los clientes noticias {}. ¿Qué podemos decirles?",
    answers="Responda: se mantiene / una hora nueva / nadie lo sabe. Sin respuesta, el aviso de espera sale a tiempo.",
    thousands=".",
)
_SAYS: Mapping[str, _Says] = {"en": _EN, "es": _ES}

_OVER = frozenset({Occasion.RECOVERED, Occasion.DISMISSED, Occasion.CLOSED, Occasion.RETRACTION})


def brief(
    occasion: Occasion, facts: Facts, *, affected: int | None, link: str, zone: str, language: str,
    ask: str = "", words: Mapping[str, str] | None = None, body: Body | None = None,
) -> Brief:  # fmt: skip
    """The brief of one moment, in the desk's language and zone.

    `occasion` is the staff's (or the customers') and need not be that of `facts`. `affected`: how many customers, None if
    not counted. `ask` overrides the question; for `promise_due` it is written here. `words`: language → what customers get.
    `body`: the customers' wording in the desk's language, whose voice form is what to say; without it the statements speak.
    Raises NoLanguage.
    """
    says = _says(language)
    over = occasion in _OVER
    statements = facts.statements
    return Brief(
        reference=facts.reference,
        occasion=occasion,
        headline=says.heads[occasion].format(_what(facts, language, over=over)),
        services=titles(facts, language),
        felt=() if over else tuple(_texts([statement.say for statement in statements], language)),
        since=facts.began_at,
        until=None if over else facts.until,
        next_word=None if over else facts.next_word_at,
        who=_who(affected, says),
        say=_over(occasion, facts, says, language) if over and body is None else _say(facts, body, says, zone, language),
        do_not=() if over else tuple(_texts([statement.do_not for statement in statements], language)),
        instead=()
        if over
        else tuple(_texts([s.instead.words for s in statements if s.instead is not None and is_offered(s, facts)], language)),
        desk=(*_texts([statement.desk for statement in statements], language), *left_out(facts, language)),
        ask=ask or (_ask(facts, says, zone, language) if occasion is Occasion.PROMISE_DUE else ""),
        words=dict(words or {}),
        link=link,
        zone=zone,
        impact=None if over else facts.worst,
    )


def _says(language: str) -> _Says:
    found = _SAYS.get(base(language))
    if found is None:
        raise NoLanguage(f"no sentences for the desk in language {language!r}; there is {', '.join(sorted(_SAYS))}")
    return found


def _what(facts: Facts, language: str, *, over: bool) -> str:
    """The worst headline, and the other services beside it; the services alone once it is over."""
    named = listing(titles(facts, language), language)
    if over or not facts.statements:
        return named
    first = headline(facts, language)
    return f"{first} ({named})" if len(facts.titles) > 1 else first


def _texts(several: list[Words] | list[Words | None], language: str) -> dict[str, None]:
    """Each text once, in order, those that there are."""
    return {tidy(words[language]): None for words in several if words is not None and words.get(language)}


def _who(affected: int | None, says: _Says) -> str:
    if affected is None:
        return says.uncounted
    if affected == 0:
        return says.nobody
    return says.one if affected == 1 else says.many.format(f"{affected:,}".replace(",", says.thousands))


def _over(occasion: Occasion, facts: Facts, says: _Says, language: str) -> str:
    """What to say to a caller once it is over, or never was."""
    never = occasion in (Occasion.DISMISSED, Occasion.RETRACTION)
    return (says.never if never else says.back).format(listing(titles(facts, language), language))


def _say(facts: Facts, body: Body | None, says: _Says, zone: str, language: str) -> str:
    if body is not None:
        return preview(body.voice, values(facts, language, zone, ""))
    felt = " ".join(_texts([statement.say for statement in facts.statements], language))
    if facts.corrects:
        return felt  # nothing stopped working: there is no time at which it works again
    when = says.until.format(_at(facts.until, facts, zone, language)) if facts.until is not None else says.no_until
    return f"{felt} {when}" if felt else ""


def _ask(facts: Facts, says: _Says, zone: str, language: str) -> str:
    """One question with three answers, about the time that stands with customers."""
    promised = facts.until or facts.old_until
    if promised is not None:
        return f"{says.due.format(_at(promised, facts, zone, language))} {says.answers}"
    if facts.next_word_at is not None:
        return f"{says.due_no_time.format(_at(facts.next_word_at, facts, zone, language))} {says.answers}"
    return says.answers


def _at(instant: datetime | None, facts: Facts, zone: str, language: str) -> str:
    reader = ZoneInfo(zone)
    return due(instant.astimezone(reader), facts.now.astimezone(reader).date(), language) if instant is not None else ""
