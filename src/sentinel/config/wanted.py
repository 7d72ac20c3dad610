"""What a test expects at one instant, read into the model; names that nothing bears are mistakes.

Belongs here: signals, the incident, messages, promises. Does not belong here: whether it is so (run/trial/judge.py).
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sentinel.config.fit import fit
from sentinel.config.moment import Moments
from sentinel.config.problem import Problems, nearest, quoted
from sentinel.config.shape.trial import ExpectShape, SignalShape, WantedIncidentShape, WantedNoticeShape
from sentinel.config.tree import Mapping, Node, Scalar, Sequence, below, scalars
from sentinel.model.installation import Installation
from sentinel.model.kinds import Kinds
from sentinel.model.notice import Occasion
from sentinel.model.trial import NEVER, Expected, Never, WantedIncident, WantedNotice, WantedSignal

NONE: Final = "none"
STAFF: Final = {
    "suspected": Occasion.SUSPECTED, "opened": Occasion.STAFF_OPENED, "changed": Occasion.CHANGED,
    "promise_due": Occasion.PROMISE_DUE, "words": Occasion.WORDS, "recovered": Occasion.RECOVERED,
    "dismissed": Occasion.DISMISSED, "second": Occasion.SECOND, "paused": Occasion.PAUSED,
}  # fmt: skip
CUSTOMERS: Final = {
    one.value: one
    for one in (
        Occasion.OPENED, Occasion.WIDENED, Occasion.DELAYED, Occasion.HOLDING, Occasion.AGAIN, Occasion.CLOSED,
        Occasion.RETRACTION, Occasion.CORRECTION,
    )
}  # fmt: skip


def expected(node: Mapping, house: Installation, kinds: Kinds, moments: Moments) -> Expected | None:
    """One instant with what must be so then; None with what is wrong noted."""
    before = len(moments.problems)
    fit(node, ExpectShape, moments.problems)
    reader = _Wanted(house, kinds, moments)
    at = moments.at(node.get("at"))
    made = {
        "signals": reader.signals(node.get("signals")),
        "incident": reader.incident(node.get("incident")),
        "staff": reader.notices(node.get("staff"), STAFF),
        "customers": reader.notices(node.get("customers"), CUSTOMERS),
        "promise": reader.moment(node.get("promise")),
        "next_word": reader.moment(node.get("next_word")),
    }
    if at is None or len(moments.problems) > before:
        return None
    lines = {key.text: key.line for key, _ in node.items}
    return Expected(at=at, line=node.line, lines=lines, **made)  # type: ignore[arg-type]  # each by its name


class _Wanted:
    def __init__(self, house: Installation, kinds: Kinds, moments: Moments) -> None:
        self._house = house
        self._kinds = kinds
        self._moments = moments
        self._problems: Problems = moments.problems

    def moment(self, node: Node | None) -> datetime | Never | None:
        if isinstance(node, Scalar) and node.word == NONE:
            return NEVER
        return self._moments.read(node)

    def signals(self, node: Node | None) -> tuple[WantedSignal, ...] | None:
        if not isinstance(node, Sequence):
            return None
        return tuple(one for each in node.nodes if (one := self._signal(each)) is not None)

    def _signal(self, node: Node) -> WantedSignal | None:
        if isinstance(node, Scalar):
            check, _, detector = node.word.partition(" ")
            self._refer(node, check, self._house.checks, "check")
            self._refer(node, detector, self._kinds.names("detect"), "detector")
            return WantedSignal(check=check, detector=detector)
        shape = fit(node, SignalShape, self._problems)
        if shape is None:
            return None
        self._at(below(node, "check"), self._house.checks, "check")
        self._at(below(node, "detector"), self._kinds.names("detect"), "detector")
        self._at(below(node, "means"), (*self._house.statements, NONE), "statement")
        since = self._moments.read(below(node, "since"))
        return WantedSignal(check=shape.check, detector=shape.detector, place=shape.place, since=since, means=shape.means)

    def incident(self, node: Node | None) -> WantedIncident | Never | None:
        if node is None:
            return None
        if isinstance(node, Scalar):
            if node.word == NONE:
                return NEVER
            self._problems.add(
                node, f"{quoted(node.word)} says nothing of an incident", "write `none`, or its phase and the like"
            )
            return None
        shape = fit(node, WantedIncidentShape, self._problems)
        self._at(below(node, "root"), self._house.services, "service")
        for each in scalars(below(node, "services")):
            self._at(each, self._house.services, "service")
        for each in scalars(below(node, "felt")):
            self._at(each, self._house.statements, "statement")
        began, recovered = (self._moments.read(below(node, name)) for name in ("began", "recovered"))
        if shape is None:
            return None
        return WantedIncident(
            phase=shape.phase,
            root=shape.root,
            services=None if shape.services is None else tuple(shape.services),
            felt=None if shape.felt is None else tuple(shape.felt),
            impact=shape.impact,
            began=began,
            recovered=recovered,
        )

    def notices(self, node: Node | None, known: dict[str, Occasion]) -> tuple[WantedNotice, ...] | None:
        if not isinstance(node, Sequence):
            return None
        return tuple(one for each in node.nodes if (one := self._notice(each, known)) is not None)

    def _notice(self, node: Node, known: dict[str, Occasion]) -> WantedNotice | None:
        if isinstance(node, Scalar):
            self._refer(node, node.word, known, "occasion")
            return WantedNotice(occasion=known[node.word]) if node.word in known else None
        shape = fit(node, WantedNoticeShape, self._problems)
        self._at(below(node, "occasion"), known, "occasion")
        self._at(below(node, "language"), self._house.languages, "language")
        if shape is None or shape.occasion not in known:
            return None
        return WantedNotice(
            occasion=known[shape.occasion], language=shape.language, says=tuple(shape.says), lacks=tuple(shape.lacks)
        )

    def _at(self, node: Node | None, known: Iterable[str], what: str) -> None:
        if isinstance(node, Scalar):
            self._refer(node, node.word, known, what)

    def _refer(self, node: Scalar, word: str, known: Iterable[str], what: str) -> None:
        names = tuple(known)
        if word not in names:
            self._problems.add(node, f"unknown {what} {quoted(word)}", nearest(word, names))
