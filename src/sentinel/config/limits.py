"""Limits: the shapes of `policies.guards`, `policies.approve` and `drill` as records, and what must agree in them."""

from sentinel.config.problem import Problems, nearest, quoted
from sentinel.config.shape import GuardsShape, InstallationShape
from sentinel.config.tree import Mapping, Node, Scalar, below, scalars
from sentinel.model.limits import Drill, Guards, Span, StandingConsent
from sentinel.model.notice import Occasion


def guards(shape: InstallationShape) -> Guards:
    written = shape.policies.guards.model_dump()
    return Guards(**written | {"quiet": _span(shape.policies.guards.quiet)})


def standing(shape: InstallationShape) -> tuple[StandingConsent, ...]:
    return tuple(
        StandingConsent(
            name=one.name,
            occasions=tuple(Occasion(each) for each in one.occasions),
            at_most=one.at_most,
            impact=one.impact,
            audiences=one.audiences,
            per_day=one.per_day,
            hours=_span(one.hours),
        )
        for one in shape.policies.approve
    )


def drill(shape: InstallationShape) -> Drill | None:
    return None if shape.drill is None else Drill(only=shape.drill.only)


def _span(text: str | None) -> Span | None:
    return None if text is None else Span.read(text)


def check_limits(tree: Node, problems: Problems) -> None:
    """No rule may approve what one person may not, each has a name of its own, and its audiences are there."""
    written = below(tree, "policies", "guards", "two_above")
    most = _number(written) or GuardsShape().two_above
    named = below(tree, "audiences")
    known = {key.text for key, _ in named.items} if isinstance(named, Mapping) else set()
    seen: set[str] = set()
    for rule in getattr(below(tree, "policies", "approve"), "nodes", ()):
        name, at_most = below(rule, "name"), below(rule, "at_most")
        if isinstance(name, Scalar):
            if name.word in seen:
                problems.add(name, f"the rule {quoted(name.word)} is there twice", "give each rule a name of its own")
            seen.add(name.word)
        if isinstance(at_most, Scalar) and (_number(at_most) or 0) > most:
            problems.add(
                at_most, f"a rule may not approve for more than {most} people: for these two people are wanted", "lower it"
            )
        for each in scalars(below(rule, "audiences")):
            if each.word not in known:
                problems.add(each, f"there is no audience {quoted(each.word)}", nearest(each.word, known))


def _number(node: Node | None) -> int | None:
    return int(node.word) if isinstance(node, Scalar) and node.word.isdecimal() and len(node.word) < 12 else None
