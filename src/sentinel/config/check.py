"""Checks: one check's kind with its options, its conditions over the kind's facts, what its failing means, its detectors."""

from collections.abc import Mapping as Plain
from datetime import timedelta
from typing import Any

from sentinel.config.detector import check_needs, detectors, judging
from sentinel.config.fit import data_of, fit
from sentinel.config.known import Known, refer
from sentinel.config.problem import Problems, nearest, quoted
from sentinel.config.shape import CheckShape, DefaultsShape
from sentinel.config.tree import Mapping, Node, Scalar, below, scalars
from sentinel.model.check import PUSHED, Check
from sentinel.model.kinds import FactType
from sentinel.model.observation import Verdict

EVERY = timedelta(seconds=30)
TIMEOUT = timedelta(seconds=10)
CONFIRM = tuple(timedelta(seconds=after) for after in (1, 2, 5, 10, 15))
_BLOCKS = ("up", "healthy", "calm")


def check(service: str, name: Scalar, node: Node, known: Known, defaults: DefaultsShape, problems: Problems) -> Check | None:
    """One check of a service, or None with what is wrong noted."""
    if not isinstance(node, Mapping):
        problems.add(node, "a check is wanted here", "write its kind and options as `key: value`")
        return None
    own = set(CheckShape.model_fields)
    shape = fit(node.only(own), CheckShape, problems)
    kind = _kind(name, node, own, known, problems)
    _check_means(service, below(node, "means"), known, problems)
    defaults_of = below(known.defaults, "detect")
    detect, warns = detectors(below(node, "detect"), defaults_of, known.kinds, problems, pushed=kind in PUSHED)
    options = _options(kind, node, known, problems) if kind else None
    if kind and options is not None:
        detect = judging(detect, below(node, "detect"), kind, known.kinds.facts(kind, options), known.kinds, problems)
        check_needs(below(node, "detect"), kind, known.kinds.facts(kind, options), known.kinds, problems)
    for place in scalars(below(node, "places")):
        refer(place, known.places, "place", problems)
    blocks = {block: _conditions(kind, options, below(node, block), known, problems) for block in _BLOCKS}
    if shape is None or kind is None or options is None:
        return None
    return Check(
        id=f"{service}.{name.text}",
        service=service,
        kind=kind,
        options=options,
        every=shape.every or defaults.every or EVERY,
        timeout=shape.timeout or defaults.timeout or TIMEOUT,
        confirm=_confirm(shape, defaults),
        places=shape.places or defaults.places or (),
        means={Verdict(verdict): f"{service}.{statement}" for verdict, statement in shape.means.items()},
        detectors=detect,
        warns=tuple(name for name in warns if name in detect),
        **blocks,
    )


def _confirm(shape: CheckShape, defaults: DefaultsShape) -> tuple[timedelta, ...]:
    """The check's own, else the defaults', else ours. An empty list means that it is never confirmed."""
    given = shape.confirm if shape.confirm is not None else defaults.confirm
    return CONFIRM if given is None else given


def _kind(name: Scalar, node: Mapping, own: set[str], known: Known, problems: Problems) -> str | None:
    """The one key that is a probe kind. Any other key that is not the check's own is a mistake."""
    kinds = known.kinds.names("probe")
    others = [key for key, _ in node.items if key.text not in own]
    found = [key for key in others if key.text in kinds]
    for key in others:
        if key not in found:
            problems.add(key, f"unknown key {quoted(key.text)}", nearest(key.text, {*own, *kinds}))
    for key in found[1:]:
        problems.add(key, f"this check has a kind already, `{found[0].text}`", "make it a check of its own")
    if not others:
        problems.add(name, f"the check {quoted(name.text)} has no kind", f"add one: {', '.join(kinds)}")
    return found[0].text if found else None


def _options(kind: str, node: Mapping, known: Known, problems: Problems) -> dict[str, Any] | None:
    written = node.get(kind)
    assert written is not None, "the kind is one of the node's keys"
    fitted = fit(written, known.kinds.options("probe", kind), problems)
    return None if fitted is None else data_of(fitted, written)


def _conditions(
    kind: str | None, options: Plain[str, Any] | None, node: Node | None, known: Known, problems: Problems
) -> dict[str, Any]:
    """A block of conditions as plain data, those given and no others. Each must judge a fact that the kind gives."""
    if not isinstance(node, Mapping):
        return {}
    needs = known.kinds.needs()
    gives = known.kinds.facts(kind, options) if kind else None
    for key, _ in node.items:
        if gives is not None and key.text in needs and needs[key.text] not in gives:
            what = f"{quoted(key.text)} judges `{needs[key.text]}`, which a check of kind `{kind}` does not find"
            able = [name for name, fact in needs.items() if fact in gives]
            problems.add(key, what, nearest(key.text, able))
    if gives is not None and options is not None:  # else it is not known yet which facts there will be
        _asked_of_facts(kind or "", below(node, "fact"), gives, known, problems)
    fitted = fit(node, known.kinds.conditions(), problems)
    if fitted is not None and gives is not None and options is not None:
        _expressions(below(node, "when"), gives, known, problems)
    return {} if fitted is None else data_of(fitted, node, only_given=True)


def _expressions(node: Node | None, gives: Plain[str, FactType], known: Known, problems: Problems) -> None:
    """Each CEL expression must be over facts that the kind finds, and fit their types."""
    for one in (node,) if isinstance(node, Scalar) else scalars(node):
        if fault := known.kinds.unknown_in(one.text, gives):
            problems.add(one, fault, f"its facts are: {', '.join(sorted(gives))}")


def _asked_of_facts(kind: str, node: Node | None, gives: Plain[str, FactType], known: Known, problems: Problems) -> None:
    """Each fact must be one that the kind finds, asked in a way that fits its type."""
    for name, asked in node.items if isinstance(node, Mapping) else ():
        if name.text not in gives:
            problems.add(name, f"a check of kind `{kind}` does not find {quoted(name.text)}", nearest(name.text, gives))
            continue
        able = known.kinds.compared()[gives[name.text]]
        for how, _ in asked.items if isinstance(asked, Mapping) else ():
            if how.text not in able and any(how.text in one for one in known.kinds.compared().values()):
                what = f"`{name.text}` is a {gives[name.text]} and cannot be asked `{how.text}`"
                problems.add(how, what, f"ask one of: {', '.join(sorted(able))}")


def _check_means(service: str, node: Node | None, known: Known, problems: Problems) -> None:
    statements: Plain[str, frozenset[str] | None] = known.statements
    for _, name in node.items if isinstance(node, Mapping) else ():
        if isinstance(name, Scalar) and isinstance(name.value, str):
            refer(name, statements.get(service, frozenset()), f"statement of `{service}`", problems)
