"""Claims: does a text say anything of the world that the facts do not bear (DESIGN.md, P13)?

Works on the text alone, whoever wrote it: what the facts bear is hidden, and what is left may neither be a known sentence of
something else nor carry a cue of a claim. Does not belong here: whether all the parts are there (parts.py).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sentinel.model.notice import Finding
from sentinel.notify.cues import Cues, cues
from sentinel.notify.facts import FULL, Facts, current
from sentinel.notify.lexicon import (
    CAUSE,
    FEWEST_WORDS,
    HIDDEN,
    NAME,
    Known,
    Lexicon,
    hide,
    holds,
    nearness,
    same,
    same_phrase,
    whichever_grace,
    words_of,
)
from sentinel.notify.material import GIVES, Part, Phrase, borne, sentences, titles
from sentinel.notify.slots import SLOTS, bad_slots, held, named
from sentinel.notify.typed import typed_times

NEAR = 0.7
"""Sentences that share this much of their words count as one sentence reworded."""
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """What a text in one language is judged by. `fixed`: the sentences of the reviewed templates (as `same_phrase`)."""

    facts: Facts
    language: str
    cues: Cues
    borne: tuple[Phrase, ...]
    titles: tuple[str, ...]
    strange: tuple[Known, ...]
    """Known phrases that the facts do not bear."""
    other_titles: tuple[str, ...]
    fixed: frozenset[str]
    held: frozenset[str]


def ground(facts: Facts, language: str, lexicon: Lexicon, fixed: frozenset[str] = frozenset()) -> Ground:
    """Everything that one language's texts are judged by. Raises NoLanguage."""
    bears = borne(facts, language)
    own = titles(facts, language)
    ours = {whichever_grace(same_phrase(phrase.text)) for phrase in bears} | {same_phrase(title) for title in own}
    known = ours | fixed
    strange = tuple(each for each in lexicon.phrases(language) if each.plain not in known)
    others = {words[language] for name, words in lexicon.titles.items() if name not in facts.titles and words.get(language)}
    return Ground(
        facts=facts, language=language, cues=cues(language), borne=bears, titles=own, strange=strange,
        other_titles=tuple(sorted(title for title in others if same_phrase(title) not in ours)), fixed=fixed, held=held(facts),
    )  # fmt: skip


def claims(text: str, form: str, by: Ground) -> tuple[Finding, ...]:
    """Every claim in one form's text that the facts do not bear; one finding each, all but the notes block."""
    left = what_is_left(text, by)
    found: list[tuple[str, bool]] = [(what, True) for what in _slots(text, by)]
    found += [(what, True) for what in _strange(left, by)]
    found += [(what, True) for what in _other_services(text, left, by)]
    for sentence in sentences(left):
        found += _judge(sentence, by)
    return tuple(Finding(language=by.language, form=form, what=what, blocks=blocks) for what, blocks in dict.fromkeys(found))


def bears_typed(text: str, by: Ground) -> tuple[str, ...]:
    """The times typed by hand outside the sentences that the facts bear (a statement may name opening hours)."""
    return typed_times(what_is_left(text, by))


def what_is_left(text: str, by: Ground) -> str:
    """The text in the form of `same`, with all that the facts bear, and all names, hidden behind marks."""
    facts = by.facts
    marks = dict.fromkeys((*by.titles, facts.brand, (facts.desk or {}).get(by.language, "")), NAME)
    marks |= {phrase.text: CAUSE if phrase.part is Part.CAUSE else HIDDEN for phrase in by.borne}
    return hide(same(text), marks)


def _slots(text: str, by: Ground) -> Iterator[str]:
    occasion = by.facts.occasion
    for bad in bad_slots(text, occasion):
        yield str(bad)
    for slot in dict.fromkeys(named(text)):
        if slot in SLOTS and slot not in by.held and not any(bad.slot == slot for bad in bad_slots(text, occasion)):
            yield f"{{{slot}}} names a time that the facts do not hold"


def _strange(left: str, by: Ground) -> Iterator[str]:
    whole = {same_phrase(sentence) for sentence in sentences(left)}
    collapsed = whichever_grace(left)
    for each in by.strange:
        if (each.plain in whole) if each.is_short else holds(collapsed, each.phrase.text):
            yield _why_strange(each.phrase, by)


def _why_strange(phrase: Phrase, by: Ground) -> str:
    facts = by.facts
    said = f"“{phrase.text}” ({phrase.source}, {phrase.part.value})"
    statement = phrase.source.partition("#")[0]
    if phrase.part not in GIVES[facts.occasion]:
        return f"{said} has no place in a message of occasion {facts.occasion.value}"
    if statement not in {standing.id for standing in facts.statements}:
        return f"{said} is not in force: nothing that we know of stands behind it"
    if phrase.part is Part.ASSURE:
        evidence = {f"{standing.id}#{assurance.evidence}" for standing, assurance in current(facts)}
        return f"{said} is not current" if phrase.source not in evidence else f"{said} names another assurance's day"
    if phrase.part is Part.INSTEAD:
        return f"{said} is closed at this hour"
    return f"{said} is not what the facts give"


def _other_services(text: str, left: str, by: Ground) -> Iterator[str]:
    """A title of one word is also a word of the language; it counts only where it is written as a name."""
    unhidden = " ".join(text.split())
    for title in by.other_titles:
        if len(title.split()) > 1:
            named_here = holds(left, title)
        else:
            named_here = holds(left, title) and re.search(rf"(?<!\w){re.escape(title)}(?!\w)", unhidden) is not None
        if named_here:
            yield f"“{title}” is another service, which these facts do not concern"


def _judge(sentence: str, by: Ground) -> Iterator[tuple[str, bool]]:
    """One sentence of what is left, in the form of `same`."""
    if not re.search(r"\w", sentence):
        return
    table = by.cues
    for what in _times(sentence, by):
        yield what, True
    if found := table.feel.search(_without(sentence, table.cannot_say)):
        yield f"“{found.group()}” says what customers feel, but in no statement's words: “{sentence}”", True
    if found := table.calm.search(sentence):
        yield f"“{found.group()}” reassures, but is in no current assurance: “{sentence}”", True
    if cause := _cause(sentence, by):
        yield cause, True
    known = same_phrase(sentence) in by.fixed
    if not known and (near := _near(sentence, by)):
        yield near, True
    elif not known and by.fixed:
        yield f"written by hand, in no reviewed text: “{sentence}”", False


def _without(sentence: str, pattern: re.Pattern[str]) -> str:
    return pattern.sub(" ", sentence)


def _cause(sentence: str, by: Ground) -> str:
    found = by.cues.cause.search(_without(sentence, by.cues.mistake))
    if found is None:
        return ""
    gives = Part.CAUSE in GIVES[by.facts.occasion] and by.facts.cause is not None
    if gives and CAUSE in sentence:
        return ""
    return f"“{found.group()}” names a cause, which the facts {'word otherwise' if gives else 'do not hold'}: “{sentence}”"


def _times(sentence: str, by: Ground) -> Iterator[str]:
    table = by.cues
    for typed in typed_times(sentence):
        yield f"“{typed}” is a time written by hand; times come by slot, such as {{until}}"
    returning = table.expect.search(_without(sentence, table.cannot_say))
    if returning and "{until}" not in sentence:
        when = "and none may be named here" if by.facts.occasion not in FULL else "which only {until} can name"
        yield f"“{returning.group()}” promises a return, {when}: “{sentence}”"
    for slot, before, after in _around(sentence):
        if not _fits(slot, before, after, table):
            yield f"{{{slot}}} does not fit where it stands: “{sentence}”"


def _around(sentence: str) -> Iterator[tuple[str, str, str]]:
    """Each slot with what stands before it (from the slot before) and after it (up to the next)."""
    pieces = _SLOT.split(sentence)
    for index in range(1, len(pieces), 2):
        yield pieces[index], pieces[index - 1], pieces[index + 1]


def _fits(slot: str, before: str, after: str, table: Cues) -> bool:
    """Whether the words around a slot speak of the time that it names: what stands before it decides, else what follows."""
    if slot == "from":
        return table.from_.search(before) is not None
    if slot == "to":
        return table.to.search(before) is not None
    wanted = {
        "since": (table.began,),
        "until": (table.expect, table.word),
        "next_word": (table.word,),
        "until_was": (table.was,),
    }.get(slot)
    if wanted is None:
        return True
    if slot != "until_was" and table.was.search(before):
        return False
    if slot == "next_word" and table.expect.search(before):
        return False
    every = (table.began, table.expect, table.word, table.was)
    where = before if any(pattern.search(before) for pattern in every) else after
    return any(pattern.search(where) for pattern in wanted)


def _near(sentence: str, by: Ground) -> str:
    """A known sentence reworded: one that is not borne, or one that is, with its sense turned round."""
    mine = words_of(sentence)
    if len(mine) < FEWEST_WORDS:
        return ""
    ours = [phrase.text for phrase in by.borne] + list(by.fixed)
    best_ours = max(((nearness(mine, words_of(text)), text) for text in ours), default=(0.0, ""))
    theirs = [(nearness(mine, words_of(each.phrase.text)), each.phrase) for each in by.strange]
    best_theirs = max(theirs, key=lambda pair: pair[0], default=None)
    if best_theirs is not None and best_theirs[0] >= NEAR and best_theirs[0] > best_ours[0]:
        return f"“{sentence}” rewords what is not borne: {_why_strange(best_theirs[1], by)}"
    if best_ours[0] >= NEAR and (mine & by.cues.negations) != (words_of(best_ours[1]) & by.cues.negations):
        return f"“{sentence}” turns round “{best_ours[1]}”"
    return ""
