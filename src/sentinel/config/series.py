"""Series: what is seen of a check, in the short form that people write: `up x30, down x4`, `up for 5m`, `total_ms=300 x5`.

Belongs here: one line of text to steps. Does not belong here: which check, from when on (trial.py).
"""

import re
from datetime import timedelta
from typing import Final

from sentinel.config.problem import nearest, quoted
from sentinel.config.scalar import duration, plain
from sentinel.model.observation import Fact, Verdict
from sentinel.model.trial import Step

MOST: Final = 20_000
UNSEEN: Final = "_"
_WORDS: Final = re.compile(r'[^\s,"]*"[^"]*"|[^\s,]+')
_TIMES: Final = re.compile(r"x([0-9]{1,6})|([0-9]{1,6})x")
_GLUED: Final = re.compile(r"([a-z_]+)x([0-9]{1,6})")
_RISING: Final = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)([+-][0-9]+(?:\.[0-9]+)?)")
_FACT: Final = re.compile(r'([a-z][a-z0-9_]*)=(?:"([^"]*)"|(.*))', re.DOTALL)


class BadSeries(ValueError):
    """What is wrong, and what to do."""

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(what)
        self.what, self.todo = what, todo


def steps(text: str, every: timedelta) -> tuple[Step, ...]:
    """The steps of a line. Raises BadSeries."""
    made: list[Step] = []
    words = _WORDS.findall(text)
    if not words:
        raise BadSeries("there is no sample here", "write `up x10`")
    while words:
        made.append(_step(words, every))
    return tuple(made)


def many(length: timedelta, every: timedelta) -> int:
    """How many samples fit into a time."""
    return max(1, length // every)


def _step(words: list[str], every: timedelta) -> Step:
    """The first step of `words`, which is taken off them."""
    verdict, unseen = _seen(words)
    facts: dict[str, Fact] = {}
    grows: dict[str, float] = {}
    while words and (found := _FACT.fullmatch(words[0])):
        words.pop(0)
        name, value = found[1], found[2] if found[2] is not None else found[3]
        if found[2] is None and (rising := _RISING.fullmatch(value)):
            value, grows[name] = rising[1], float(rising[2])
        facts[name] = value if found[2] is not None else plain(value)
    if verdict is None and not unseen and not facts:
        raise _unknown(words[0])
    reason = facts.pop("reason", "")
    if reason and verdict is None:
        raise BadSeries("`reason=` stands without a verdict", "write it behind up, degraded, down or unknown")
    return Step(times=_times(words, every), verdict=verdict, reason=str(reason), facts=facts, grows=grows, unseen=unseen)


def _seen(words: list[str]) -> tuple[Verdict | None, bool]:
    glued = _GLUED.fullmatch(words[0])
    if glued and (glued[1] in tuple(Verdict) or glued[1] == UNSEEN):  # as in promtool: `upx10`
        words[:1] = [glued[1], f"x{glued[2]}"]
    if words[0] == UNSEEN:
        words.pop(0)
        return None, True
    return (Verdict(words.pop(0)), False) if words[0] in tuple(Verdict) else (None, False)


def _times(words: list[str], every: timedelta) -> int:
    """How often: `x5`, `5x`, or `for 10m`; once if nothing is said."""
    if words and (found := _TIMES.fullmatch(words[0])):
        words.pop(0)
        number = int(found[1] or found[2])
    elif words and words[0] == "for":
        if len(words) < 2 or (length := duration(words[1])) is None:
            raise BadSeries("`for` wants a time behind it", "write it like `for 5m`")
        del words[:2]
        number = many(length, every)
    else:
        return 1
    if not 1 <= number <= MOST:
        raise BadSeries(f"{number} samples are not between 1 and {MOST}", "write another number")
    return number


def _unknown(word: str) -> BadSeries:
    known = (*(verdict.value for verdict in Verdict), UNSEEN, "fact=value")
    return BadSeries(f"{quoted(word)} is no sample", nearest(word, known))
