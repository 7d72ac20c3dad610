"""Services: one file of checks/ each, with whom it tells and what it depends on."""

from collections.abc import Mapping as Trees
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from sentinel.config.check import check
from sentinel.config.fit import fit
from sentinel.config.known import Known, refer
from sentinel.config.problem import Problems, quoted
from sentinel.config.shape import DefaultsShape, ServiceShape
from sentinel.config.tree import Mapping, Node, Scalar, below, scalars
from sentinel.config.words import check_words, in_all
from sentinel.model.check import Check
from sentinel.model.service import Owner, Service

_MOST_CYCLES = 20


def service(
    stem: str, tree: Node | None, known: Known, defaults: DefaultsShape, problems: Problems
) -> tuple[Service | None, list[Check]]:
    """The service of checks/<stem>.yaml with its checks; what has a mistake is left out, the mistake noted."""
    if tree is None:
        return None, []
    _check_name(stem, tree, problems)
    _check_references(tree, known, problems)
    check_words(below(tree, "title"), known.languages, problems, everywhere=stem in known.telling)
    checks = below(tree, "checks")
    items = checks.items if isinstance(checks, Mapping) else ()
    made = [check(stem, name, node, known, defaults, problems) for name, node in items]
    shape = fit(tree, ServiceShape, problems)
    return (_made(shape, known) if shape else None), [one for one in made if one]


def check_cycles(trees: Trees[str, Node | None], problems: Problems) -> None:
    """No service may depend on itself, by however many steps. Each circle is noted once, at one of its links."""
    links = {
        name: {item.word: item for item in scalars(below(tree, "depends_on")) if item.word in trees}
        for name, tree in sorted(trees.items())
    }
    for _ in range(_MOST_CYCLES):
        try:
            TopologicalSorter({name: tuple(on) for name, on in links.items()}).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1][::-1]
            at = links[circle[0]].pop(circle[1])
            problems.add(at, f"this is a circle: {' needs '.join(circle)}", "take out one of its links")
        else:
            return


def _check_name(stem: str, tree: Node, problems: Problems) -> None:
    name = below(tree, "service")
    if isinstance(name, Scalar) and not name.broken and name.word != stem:
        what = f"the service {quoted(name.word)} stands in a file named `{stem}`"
        problems.add(name, what, f"call it `{stem}` or rename the file")


def _check_references(tree: Node, known: Known, problems: Problems) -> None:
    for name in scalars(below(tree, "depends_on")):
        refer(name, known.services, "service", problems)
    for path in (("tell", "staff"), ("tell", "customers", "by")):
        for name in scalars(below(tree, *path)):
            refer(name, known.channels, "channel", problems)
    audience = below(tree, "tell", "customers", "audience")
    if isinstance(audience, Scalar) and isinstance(audience.value, str):
        refer(audience, known.audiences, "audience", problems)


def _made(shape: ServiceShape, known: Known) -> Service | None:
    if not known.languages:
        return None
    customers = shape.tell.customers
    service = Service(
        name=shape.service,
        title=in_all(shape.title, known.languages) or {},
        owner=Owner(team=shape.owner.team, person=shape.owner.person, reviewed=shape.owner.reviewed),
        depends_on=shape.depends_on,
        staff=shape.tell.staff,
    )
    if customers is None:
        return service
    return replace(service, audience=customers.audience, by=customers.by, worth_telling=customers.worth_telling)
