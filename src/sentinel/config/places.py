"""The places beside the hub's own: what sentinel.yaml says of where agents probe."""

from typing import Final

from sentinel.config.known import known_places, refer
from sentinel.config.problem import Problems, quoted
from sentinel.config.shape import InstallationShape
from sentinel.config.tree import Mapping, Node, Scalar, below, scalars
from sentinel.model.agent import Far

LENGTH_MOST: Final = 40
"""Characters of a name: a source of batches bears it, and is told from all others by 64."""


def check_places(tree: Node | None, problems: Problems) -> None:
    """None of them is the hub's own, and the defaults name only those that there are."""
    own, written = below(tree, "place"), below(tree, "places")
    mine = own.word if isinstance(own, Scalar) else "hub"
    for name, _ in written.items if isinstance(written, Mapping) else ():
        if len(name.text) > LENGTH_MOST:
            problems.add(name, f"the name of a place holds {LENGTH_MOST} characters at most", "give it a shorter one")
        if name.text == mine:
            problems.add(name, f"the hub probes from {quoted(mine)} itself", "give the agents' place another name")
    for each in scalars(below(tree, "defaults", "places")):
        refer(each, known_places(tree), "place", problems)


def places(shape: InstallationShape) -> dict[str, Far]:
    """Each by its name."""
    return {name: Far(name=name, canaries=one.canaries, allow=one.allow_private) for name, one in shape.places.items()}
