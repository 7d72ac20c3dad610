"""Parts: what a message of each occasion must and must not hold (DESIGN.md section 10), and the audit of a body by it.

The table is `TABLE`; `audit` is the whole check of a body before approval: its parts, and its claims (claims.py).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from sentinel.model.notice import Body, Finding, Occasion
from sentinel.notify.claims import Ground, claims, ground
from sentinel.notify.facts import Facts
from sentinel.notify.lexicon import Lexicon, holds, same
from sentinel.notify.material import Part, headline, sentences
from sentinel.notify.slots import preview, values

FORMS = ("subject", "short", "text", "page", "voice")
OPENING_CHARACTERS = 100
"""What a reader on a phone sees of a text."""
_SAMPLE_NAME = "Ana Ortiz"


class Section(StrEnum):
    """The parts of a message, as the table of DESIGN.md section 10 names them."""

    WHAT = "what"
    SINCE = "since when"
    SPAN = "from and to"
    COST = "what it costs, what to do and not to do"
    AFTERWARDS = "what became of half-made things"
    UNTIL = "until when"
    OLD_TIME = "the time that we gave before, owned before any new one"
    NEXT_WORD = "the next word"
    INSTEAD = "what to do instead"
    OWNED = "that we own what we said before"
    STILL = "how to say that it is still not right"
    APOLOGY = "one apology"
    REFERENCE = "the reference"


S = Section
_ALL = frozenset({S.WHAT, S.APOLOGY, S.REFERENCE})
_OPENING = _ALL | {S.SINCE, S.COST, S.UNTIL, S.NEXT_WORD, S.INSTEAD}

TABLE: Mapping[Occasion, frozenset[Section]] = {
    Occasion.OPENED: _OPENING,
    Occasion.WIDENED: _OPENING | {S.OLD_TIME},
    Occasion.AGAIN: _OPENING | {S.OWNED},
    Occasion.CORRECTION: _ALL | {S.COST, S.OWNED, S.NEXT_WORD, S.INSTEAD},
    Occasion.DELAYED: _ALL | {S.COST, S.UNTIL, S.OLD_TIME, S.NEXT_WORD, S.INSTEAD},
    Occasion.HOLDING: _ALL | {S.OLD_TIME, S.NEXT_WORD},
    Occasion.CLOSED: _ALL | {S.SPAN, S.AFTERWARDS, S.STILL},
    Occasion.RETRACTION: _ALL | {S.OWNED},
}
"""Occasion → what it must hold. What it must not hold follows from the facts: a slot or a statement's part that an occasion
lacks is refused (slots.ALLOWED, material.GIVES), and so is every claim that the facts do not bear (claims.py)."""

WHERE: Mapping[Section, tuple[str, ...]] = {
    S.WHAT: FORMS,
    S.SINCE: ("text", "page"),
    S.SPAN: ("text", "page"),
    S.COST: ("text", "page"),
    S.AFTERWARDS: ("text", "page"),
    S.UNTIL: FORMS,
    S.OLD_TIME: ("text", "page"),
    S.NEXT_WORD: ("short", "text", "page"),
    S.INSTEAD: ("text", "page"),
    S.OWNED: ("text", "page"),
    S.STILL: ("text",),
    S.APOLOGY: ("text", "page"),
    S.REFERENCE: ("short", "text", "page"),
}
"""The forms that must hold each section."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Read:
    """One form, with what its sections are judged by."""

    form: str
    raw: str
    plain: str
    by: Ground


def audit(body: Body, facts: Facts, lexicon: Lexicon, fixed: frozenset[str] = frozenset()) -> tuple[Finding, ...]:
    """Everything wrong with a body under these facts: missing sections, and claims that the facts do not bear.

    `fixed`: the sentences of the reviewed templates (`Templates.fixed`); with them, sentences written by hand are noted too.
    Works on the text alone: who composed it does not matter. Raises NoLanguage.
    """
    by = ground(facts, body.language, lexicon, fixed)
    found: list[Finding] = []
    for form in FORMS:
        raw: str = getattr(body, form)
        found += claims(raw, form, by)
        read = _Read(form=form, raw=raw, plain=same(raw), by=by)
        for section in sorted(TABLE[facts.occasion], key=list(Section).index):
            if form in WHERE[section]:
                found += [Finding(language=body.language, form=form, what=what, blocks=True) for what in _CHECKS[section](read)]
        found += _apologies(read)
    return tuple(found)


def _filled(read: _Read) -> str:
    facts = read.by.facts
    return preview(read.raw, values(facts, read.by.language, facts.zone, _SAMPLE_NAME))


def _whats(by: Ground) -> Iterator[str]:
    """What may stand for "what": the worst statement's own words where the occasion gives them, or all the services' names."""
    gives = {phrase.part for phrase in by.borne}
    if Part.HEADLINE in gives or Part.SAY in gives:
        yield headline(by.facts, by.language)
        yield by.facts.statements[0].say.get(by.language, "")
    if by.titles:
        yield "\0".join(by.titles)


def _what(read: _Read) -> Iterator[str]:
    seen = same(_filled(read)[: OPENING_CHARACTERS + _longest_what(read.by)]) if read.form in ("text", "page") else read.plain
    for what in _whats(read.by):
        pieces = [piece for piece in what.split("\0") if piece]
        if pieces and all(_early(seen, piece, read.form) for piece in pieces):
            return
    where = f" in the first {OPENING_CHARACTERS} characters" if read.form in ("text", "page") else ""
    yield f"what this is about is missing{where}"


def _longest_what(by: Ground) -> int:
    return max((len(what) for what in _whats(by)), default=0)


def _early(seen: str, piece: str, form: str) -> bool:
    """Whether the phrase stands in `seen`; in a text at least its first 60 characters within what a phone shows."""
    if not holds(seen, piece):
        return False
    begins = seen.index(same(piece).rstrip(".!…"))
    return form not in ("text", "page") or begins + min(len(piece), 60) <= OPENING_CHARACTERS


def _since(read: _Read) -> Iterator[str]:
    if "{since}" not in read.raw:
        yield "since when is missing: {since}"


def _span(read: _Read) -> Iterator[str]:
    for slot in ("{from}", "{to}"):
        if slot not in read.raw:
            yield f"from when to when is missing: {slot}"


def _given(*parts: Part) -> Callable[[_Read], Iterator[str]]:
    def check(read: _Read) -> Iterator[str]:
        for phrase in read.by.borne:
            if phrase.part in parts and not holds(read.plain, phrase.text):
                yield f"left out: “{phrase.text}” ({phrase.source}, {phrase.part.value})"

    return check


def _until(read: _Read) -> Iterator[str]:
    table = read.by.cues
    if read.by.facts.until is not None:
        if not any("{until}" in piece and table.expect.search(piece) for piece in sentences(read.plain)):
            yield "until when is missing: “we expect ... {until}”"
    elif not table.cannot_say.search(read.plain):
        yield "it does not say that we cannot say yet until when"


def _old_time(read: _Read) -> Iterator[str]:
    facts = read.by.facts
    if facts.old_until is None or facts.old_until == facts.until:
        return
    if "{until_was}" not in read.raw:
        yield "the time that we gave before is not owned: {until_was}"
    elif "{until}" in read.raw and read.raw.index("{until}") < read.raw.index("{until_was}"):
        yield "the new time stands before the old one: own {until_was} first"


def _next_word(read: _Read) -> Iterator[str]:
    table, slots = read.by.cues, ["{next_word}"]
    if read.by.facts.until is not None:
        slots.append("{until}")
    if not any(table.word.search(piece) and any(slot in piece for slot in slots) for piece in sentences(read.plain)):
        yield f"the next word is missing: by when, and how, they hear from us ({' or '.join(slots)})"


def _owned(read: _Read) -> Iterator[str]:
    ours = read.by.facts.occasion in (Occasion.RETRACTION, Occasion.CORRECTION)
    wanted = read.by.cues.mistake if ours else read.by.cues.told
    if not wanted.search(read.plain):
        yield "it does not own what we said before"


def _still(read: _Read) -> Iterator[str]:
    if not any(read.by.cues.still.search(piece) for piece in sentences(read.plain)):
        yield "how to tell us that it is still not right is missing"


def _sorry(read: _Read) -> Iterator[str]:
    if not read.by.cues.apology.search(read.plain):
        yield "the apology is missing"


def _reference(read: _Read) -> Iterator[str]:
    if "{reference}" not in read.raw:
        yield "the reference is missing: {reference}"


def _apologies(read: _Read) -> Iterator[Finding]:
    """One apology a message: a second one sounds like an excuse."""
    count = len(read.by.cues.apology.findall(read.plain))
    if count > 1:
        yield Finding(language=read.by.language, form=read.form, what=f"{count} apologies; one is enough", blocks=True)


_CHECKS: Mapping[Section, Callable[[_Read], Iterator[str]]] = {
    S.WHAT: _what,
    S.SINCE: _since,
    S.SPAN: _span,
    S.COST: _given(Part.ASSURE, Part.DO, Part.DO_NOT),
    S.AFTERWARDS: _given(Part.AFTERWARDS),
    S.UNTIL: _until,
    S.OLD_TIME: _old_time,
    S.NEXT_WORD: _next_word,
    S.INSTEAD: _given(Part.INSTEAD),
    S.OWNED: _owned,
    S.STILL: _still,
    S.APOLOGY: _sorry,
    S.REFERENCE: _reference,
}
