"""Tests of checks, as people write them, read into the model: every mistake at once, each at its line.

Belongs here: one file's list of tests, its samples and instants. Does not belong here: the short form of samples (series.py),
what is expected (wanted.py), running them (run/trial/).
"""

from collections.abc import Iterator
from collections.abc import Mapping as Texts
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sentinel.config import series
from sentinel.config.fit import fit
from sentinel.config.moment import Moments, written_start
from sentinel.config.problem import Problems, nearest, quoted
from sentinel.config.series import BadSeries, many, steps
from sentinel.config.shape.trial import StepShape, TrialShape
from sentinel.config.tree import Mapping, Node, Scalar, Sequence, below, parse
from sentinel.config.wanted import expected
from sentinel.model.installation import Installation
from sentinel.model.kinds import Kinds
from sentinel.model.trial import CANARIES, Expected, Series, Step, Trial

USUAL: Final = datetime(2026, 6, 10, 10, 0)  # noqa: DTZ001 - on the installation's clock
"""When a test begins that does not say so: 10:00 of a working day."""
CANARIES_EVERY: Final = timedelta(seconds=10)
MOST: Final = 2_000


def trials(texts: Texts[str, str], installation: Installation, kinds: Kinds) -> tuple[Trial, ...]:
    """The tests of some files (path → text), in the order written. Raises ConfigError with all that is wrong."""
    problems = Problems()
    found: list[Trial] = []
    for file, text in sorted(texts.items()):
        tree = parse(file, text, problems)
        if isinstance(tree, Sequence):
            reader = _Reader(installation, kinds, problems)
            found += filter(None, map(reader.trial, tree.nodes[:MOST]))
            if len(tree.nodes) > MOST:
                problems.add(tree.nodes[MOST], f"there are more than {MOST} tests in this file", "split it")
        elif tree is not None and (not isinstance(tree, Mapping) or tree.items):
            problems.add(tree, "a list of tests is wanted here", "begin each with `- test:`")
    problems.refuse()
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Reader:
    house: Installation
    kinds: Kinds
    problems: Problems

    def trial(self, node: Node) -> Trial | None:
        """One test, or None with what is wrong noted."""
        before, shape = len(self.problems), fit(node, TrialShape, self.problems)
        start = written_start(below(node, "start"), ZoneInfo(self.house.zone), self.problems) or self._usual()
        every = shape.every if shape is not None else None
        samples = below(node, "samples")
        items = samples.items if isinstance(samples, Mapping) else ()
        made = [one for key, value in items if (one := self._series(key, value, every))]
        ends = max((start + one.every * one.samples for one in made), default=start)
        moments = Moments(start=start, ends=ends, zone=ZoneInfo(self.house.zone), problems=self.problems)
        wanted = tuple(self._expect(below(node, "expect"), moments))
        if shape is None or len(self.problems) > before:
            return None
        name, ordered = shape.test, tuple(sorted(wanted, key=lambda one: one.at))
        return Trial(name=name, file=node.file, line=node.line, start=start, series=tuple(made), expect=ordered)

    def _usual(self) -> datetime:
        return USUAL.replace(tzinfo=ZoneInfo(self.house.zone)).astimezone(UTC)

    def _expect(self, node: Node | None, moments: Moments) -> Iterator[Expected]:
        for one in node.nodes if isinstance(node, Sequence) else ():
            if isinstance(one, Mapping) and (made := expected(one, self.house, self.kinds, moments)) is not None:
                yield made

    def _series(self, key: Scalar, node: Node, every: timedelta | None) -> Series | None:
        name, _, place = key.text.partition("@")
        check = self.house.checks.get(name)
        if check is None and name != CANARIES:
            known = (*self.house.checks, CANARIES)
            self.problems.add(key, f"there is no check {quoted(name)}", nearest(name, known))
            return None
        places = (self.house.place, *self.house.places)
        if place and place not in places:
            self.problems.add(key, f"there is no place {quoted(place)}", nearest(place, places))
            return None
        rate = every or (check.every if check is not None else CANARIES_EVERY)
        made = tuple(step for one in self._parts(node) for step in self._steps(one, rate, name))
        total = sum(step.times for step in made)
        if total > series.MOST:
            self.problems.add(node, f"{total} samples are more than {series.MOST}", "write fewer, or a longer `every`")
        return Series(check=name, place=place or self.house.place, every=rate, steps=made) if made else None

    def _parts(self, node: Node) -> tuple[Node, ...]:
        return node.nodes if isinstance(node, Sequence) else (node,)

    def _steps(self, node: Node, every: timedelta, name: str) -> tuple[Step, ...]:
        if isinstance(node, Mapping):
            shape = fit(node, StepShape, self.problems)
            facts = below(node, "facts")
            names = [key for key, _ in facts.items] if isinstance(facts, Mapping) else []
            self._known(names, name)
            if shape is None:
                return ()
            times = many(shape.lasts, every) if shape.lasts is not None else shape.times or 1
            return (Step(times=times, facts=shape.facts, body=shape.body, headers=shape.headers),)
        if not isinstance(node, Scalar):
            self.problems.add(node, "samples are wanted here", "write them like `up x10, down x4`")
            return ()
        try:
            made = steps(node.word, every)
        except BadSeries as wrong:
            self.problems.add(node, wrong.what, wrong.todo)
            return ()
        for step in made:
            self._known([Scalar(node.file, node.line, node.column, one, one) for one in step.facts], name)
        return made

    def _known(self, facts: list[Scalar], name: str) -> None:
        """Each must be a fact that the check's kind finds: a misspelt one would test nothing."""
        check = self.house.checks.get(name)
        gives = self.kinds.facts(check.kind, check.options) if check is not None else {}
        for one in facts:
            if check is None or one.text not in gives:
                what = f"a check of kind `{check.kind}` does not find" if check is not None else "canaries have no fact"
                self.problems.add(one, f"{what} {quoted(one.text)}", nearest(one.text, gives))
