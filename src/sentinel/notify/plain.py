"""Plain words: is a text short, simple, honest in tone and free of traps? Findings for the approver; some block.

Judged as the reader sees it, with its slots filled. Does not belong here: whether what it says is so (claims.py) and whole
(parts.py).
"""

import re
from collections.abc import Callable, Iterator, Sequence

from sentinel.model.notice import Body, Finding, Occasion
from sentinel.notify.cues import Cues, cues
from sentinel.notify.facts import Facts
from sentinel.notify.lexicon import HIDDEN, hide, same
from sentinel.notify.material import borne
from sentinel.notify.parts import FORMS
from sentinel.notify.reading import grade
from sentinel.notify.slots import preview, values
from sentinel.notify.sms import segments

BOUNDS = {"subject": 200, "short": 320, "text": 4_000, "page": 4_000, "voice": 1_000}
"""Characters of each form, slots named."""
VOICE_WORDS = 35
HARDEST_GRADE = 8.0
SAMPLE_NAME = "Ana Ortiz"

_URL = re.compile(r"(?:https?|ftp|mailto|tel)\s?:\s?/{0,2}\S+|\bwww\.\S+", re.IGNORECASE)
_ADDRESS = re.compile(
    r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?!\.?\d)|"
    r"(?<![\w:])(?=[0-9a-f:]*::|(?:[0-9a-f]{1,4}:){7})[0-9a-f:]{4,}(?![\w:])",
    re.IGNORECASE,
)
_HOST = re.compile(
    r"(?<![\w.@-])(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+(?:com|net|org|io|eu|es|uk|de|fr|it|pt|co|dev|app|cloud|biz|info|int|internal|intranet|local|"
    r"lan|corp|example|test|svc|xyz|link|ly)(?![\w-])",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"(?i:\b(?:https?|error|status|code|código)\s*(?:code\s*)?[#:]?\s*[1-5]\d\d\b)|"
    r"\b(?:ECONN[A-Z]+|SIG(?:KILL|TERM|SEGV)|NXDOMAIN|SERVFAIL|0x[0-9A-Fa-f]+)\b"
)
_SHOUT = re.compile(r"!{2,}|\b[A-Z]{4,}(?:\s+[A-Z]{4,})+\b")


def check(body: Body, facts: Facts) -> tuple[Finding, ...]:
    """Everything in a body that is not plain, and instants of the facts that are past. Raises NoLanguage.

    What stands in a reviewed statement is shown, but does not block: the night is no time to rewrite it (`check_form` finds it
    in peacetime).
    """
    said = values(facts, body.language, facts.zone, SAMPLE_NAME)
    reviewed = [phrase.text for phrase in borne(facts, body.language)]
    found = [Finding(language=body.language, form="text", what=what, blocks=True) for what in _past(facts)]
    for form in FORMS:
        raw: str = getattr(body, form)
        left = hide(same(raw), dict.fromkeys(reviewed, HIDDEN))
        heard = [*_by_words(raw, body.language, reviewed), *_by_words(left, body.language)]
        heard += [*_bounds(raw, form), *_seen(preview(raw, said), form, body.language)]
        found += [Finding(language=body.language, form=form, what=what, blocks=blocks) for what, blocks in heard]
    return tuple(dict.fromkeys(found))


def check_form(raw: str, form: str, language: str) -> Iterator[tuple[str, bool]]:
    """(what, does it block) of one text by its words alone; good for statements in peacetime too. Raises NoLanguage."""
    yield from _bounds(raw, form)
    yield from _by_words(raw, language)


def _bounds(raw: str, form: str) -> Iterator[tuple[str, bool]]:
    if not raw.strip():
        yield f"the {form} is empty", True
    most = BOUNDS.get(form, BOUNDS["text"])
    if len(raw) > most:
        yield f"{len(raw)} characters; at most {most}", True


def _by_words(raw: str, language: str, reviewed: Sequence[str] = ()) -> Iterator[tuple[str, bool]]:
    """What the words alone give away; a hit that stands in a reviewed phrase does not block."""
    table, plain = cues(language), same(raw)
    for what, blocks, find in _RULES:
        if hit := find(raw, plain, table):
            found = same(hit.group())
            yield f"“{found}”: {what}", blocks and not any(found in same(phrase) for phrase in reviewed)


def words_spoken(text: str) -> int:
    """How many words a voice has to say."""
    return len(re.findall(r"[\w'’:.-]*\w", text))


def _seen(seen: str, form: str, language: str) -> Iterator[tuple[str, bool]]:
    if form == "short" and (count := segments(seen)) > 1:
        yield f"takes {count} SMS segments; one is wanted", False
    if form == "voice" and (count := words_spoken(seen)) > VOICE_WORDS:
        yield f"{count} words to say; at most {VOICE_WORDS}", False
    if form in ("text", "page") and (years := grade(seen, language)) is not None and years > HARDEST_GRADE:
        yield f"reading grade {years:.0f}; at most {HARDEST_GRADE:.0f} (shorter sentences, shorter words)", False


def _past(facts: Facts) -> Iterator[str]:
    for what, instant in (("the promised time", facts.until), ("the next word", facts.next_word_at)):
        if instant is not None and instant <= facts.now and facts.occasion not in (Occasion.CLOSED, Occasion.RETRACTION):
            yield f"{what} is past ({instant.isoformat(timespec='minutes')})"
    if facts.began_at > facts.now:
        yield "it began in the future"
    if facts.recovered_at is not None and facts.recovered_at < facts.began_at:
        yield "it was back before it began"


_Find = Callable[[str, str, Cues], re.Match[str] | None]
_RULES: tuple[tuple[str, bool, _Find], ...] = (
    ("no links in messages", True, lambda raw, plain, table: _URL.search(raw)),
    ("an address of a machine is no word of a customer's", True, lambda raw, plain, table: _ADDRESS.search(raw)),
    ("the name of a machine or site is no word of a customer's", True, lambda raw, plain, table: _HOST.search(raw)),
    ("an error code is no word of a customer's", True, lambda raw, plain, table: _CODE.search(raw)),
    ("says nothing or too much; say what, and until when", True, lambda raw, plain, table: table.forbidden.search(plain)),
    ("blames somebody; we answer for it", True, lambda raw, plain, table: table.blame.search(plain)),
    ("asks to log in, pay or tell a secret, as a trick would", True, lambda raw, plain, table: table.lure.search(plain)),
    ("a word of the trade; say it as customers do", False, lambda raw, plain, table: table.jargon.search(plain)),
    ("shouts", False, lambda raw, plain, table: _SHOUT.search(raw)),
)
"""(what is wrong, does it block, how it is found in the text as written or as `same` makes it)."""
