"""Sample facts for trying templates at load: every shape that an occasion can have, in words that no real text has."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from sentinel.model.notice import Occasion
from sentinel.model.service import Impact
from sentinel.model.statement import Alternative, Assurance, Statement
from sentinel.model.words import Words
from sentinel.notify.facts import FULL, Facts
from sentinel.notify.language import TONGUES
from sentinel.notify.lexicon import Lexicon

NOW = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)


def _words(text: str) -> Words:
    return dict.fromkeys(TONGUES, text)


def _statement(number: int) -> Statement:
    def part(name: str) -> Words:
        return _words(f"Sample{number} {name} lorem ipsum dolor.")

    return Statement(
        id=f"sample{number}.lorem",
        service=f"sample{number}",
        impact=Impact.MAJOR_OUTAGE,
        headline=_words(f"Sample{number} lorem ipsum"),
        say=part("say"),
        do=part("do"),
        do_not=part("donot"),
        instead=Alternative(words=part("instead")),
        afterwards=part("afterwards"),
        assure=(
            Assurance(
                words=_words(f"Sample{number} assure {{grace_day}} lorem."), owner="sample", evidence=f"S-{number}",
                until=date(2030, 1, 1), grace_days=number,
            ),
        ),
    )  # fmt: skip


_ONE, _TWO = _statement(1), _statement(2)
_BARE = Statement(
    id="sample3.lorem", service="sample3", impact=Impact.DEGRADED_PERFORMANCE, say=_words("Sample3 say lorem ipsum dolor.")
)
_TITLES = {f"sample{number}": _words(f"Sample{number} title lorem") for number in (1, 2, 3)}

LEXICON = Lexicon(statements=(_ONE, _TWO, _BARE), titles=_TITLES)


def shapes(occasion: Occasion) -> Iterator[Facts]:
    """Facts of one occasion: one statement, two, a bare one; with a time and without; with an older time and without; ..."""
    full = Facts(
        occasion=occasion, reference="17-A", brand="Samplebrand", titles={"sample1": _TITLES["sample1"]}, zone="UTC",
        began_at=NOW - timedelta(minutes=25), now=NOW, statements=(_ONE,), next_word_at=NOW + timedelta(hours=1),
        recovered_at=NOW if occasion is Occasion.CLOSED else None, desk=_words("lorem desk sample"),
    )  # fmt: skip
    cause = _words("Sample cause lorem ipsum.")
    until, old = NOW + timedelta(hours=2), NOW + timedelta(hours=1)
    two = replace(full, statements=(_ONE, _TWO), titles={name: _TITLES[name] for name in ("sample1", "sample2")})
    bare = replace(full, statements=(_BARE,), titles={"sample3": _TITLES["sample3"]}, desk=None)
    for facts in (full, two, bare):
        yield facts
        if occasion in (Occasion.CLOSED, Occasion.HOLDING, Occasion.RETRACTION):
            yield replace(facts, corrects=True)
        if occasion is Occasion.CORRECTION:
            yield replace(facts, cause=cause)
            yield replace(facts, more=True)
            yield replace(facts, again=True)
        elif occasion in FULL:
            yield replace(facts, until=until)
            yield replace(facts, until=until, cause=cause)
            if occasion in (Occasion.DELAYED, Occasion.WIDENED):
                yield replace(facts, until=until, old_until=old)
                yield replace(facts, old_until=old)
        elif occasion is Occasion.HOLDING:
            yield replace(facts, old_until=old)
        elif occasion is Occasion.CLOSED:
            yield replace(facts, cause=cause)
