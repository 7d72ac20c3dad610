"""Lexicon: every sentence of known origin in the installation, and the finding of them in a text.

Belongs here: how two texts count as the same words, and hiding known phrases so that the rest can be looked at.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from sentinel.model.statement import Statement
from sentinel.model.words import Words
from sentinel.notify.material import Phrase, every_phrase

HIDDEN, CAUSE, NAME = "§", "¢", "¶"
"""What stands in a text where a phrase that the facts bear was, their cause, and a name (a service's, ours, the desk's)."""
FEWEST_WORDS = 3
"""A known phrase of fewer words is only recognised as a whole sentence: "Please wait" may stand in many."""

_QUOTES = str.maketrans({"’": "'", "‘": "'", "“": '"', "”": '"', "«": '"', "»": '"', "–": "-", "—": "-", "\u00a0": " "})
_NAMES = re.compile(rf"{NAME}(?:, {NAME})*(?: (?:and|y|e) {NAME})?")
_GRACE = re.compile(r"\{grace_day_\d\}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """A phrase made ready to be looked for in thousands of texts. `plain`: as `same_phrase` makes it."""

    phrase: Phrase
    plain: str
    is_short: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Lexicon:
    """All statements of the installation and all titles of its services (name → title), whoever fails at the moment."""

    statements: tuple[Statement, ...]
    titles: Mapping[str, Words]
    _made: dict[str, tuple[Known, ...]] = field(default_factory=dict, init=False, repr=False, compare=False)
    """Language → its phrases, made once: a hundred incidents at once ask for them a thousand times."""

    def phrases(self, language: str) -> tuple[Known, ...]:
        """Every phrase of every statement, in force or not, current or not."""
        if language not in self._made:
            every = (phrase for statement in self.statements for phrase in every_phrase(statement, language))
            self._made[language] = tuple(
                Known(phrase=each, plain=same_phrase(each.text), is_short=len(each.text.split()) < FEWEST_WORDS)
                for each in every
            )
        return self._made[language]


@lru_cache(maxsize=4096)
def same(text: str) -> str:
    """The form in which two texts are compared: case, quotes, dashes and spaces do not matter."""
    return " ".join(unicodedata.normalize("NFKC", text.translate(_QUOTES)).casefold().split())


def same_phrase(text: str) -> str:
    """As `same`, without the closing full stop, so that a phrase is found inside a longer sentence."""
    return same(text).rstrip(".!…")


def whichever_grace(text: str) -> str:
    """`text` with every grace day's slot made the same."""
    return _GRACE.sub("{grace_day}", text)


def hide(text: str, marks: Mapping[str, str]) -> str:
    """`text` (as `same` makes it) with each phrase of `marks`, longest first, replaced by its mark; a list of names is one."""
    by_phrase = {same_phrase(phrase): mark for phrase, mark in marks.items() if same_phrase(phrase)}
    if not by_phrase:
        return text
    wanted = "|".join(map(re.escape, sorted(by_phrase, key=len, reverse=True)))
    hidden = re.sub(rf"(?<!\w)(?:{wanted})(?!\w)", lambda found: by_phrase[found.group()], text)
    return _NAMES.sub(NAME, hidden)


def holds(text: str, phrase: str) -> bool:
    """Whether `text` (as `same` makes it) gives the phrase, word for word."""
    wanted = same_phrase(phrase)
    if not wanted or wanted not in text:
        return False  # so it is of nearly all of them, and a pattern takes a hundred times as long as this look
    return re.search(rf"(?<!\w){re.escape(wanted)}(?!\w)", text) is not None


@lru_cache(maxsize=4096)
def words_of(text: str) -> frozenset[str]:
    """The words of a text, slots as words of their own, for telling how near two sentences are."""
    return frozenset(re.findall(r"\{\w+\}|[\w']+", same(text)))


def nearness(one: frozenset[str], other: frozenset[str]) -> float:
    """0 (no word in common) to 1 (the same words)."""
    return len(one & other) / len(one | other) if one or other else 0.0
