"""Known: what each file may refer to in the others. Read off the trees first, so that one bad file spoils no other's checks."""

from collections.abc import Mapping as Names
from dataclasses import dataclass

from sentinel.config.problem import Problems, nearest, quoted
from sentinel.config.text import LANGUAGE
from sentinel.config.tree import Mapping, Node, Scalar, below, scalars
from sentinel.model.kinds import Kinds


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """`None` stands for "cannot be told", because the file that would say so cannot be read: then nothing is refused."""

    kinds: Kinds
    services: frozenset[str] | None
    languages: tuple[str, ...] = ()
    channels: frozenset[str] | None = None
    audiences: frozenset[str] | None = None
    statements: Names[str, frozenset[str] | None]
    telling: frozenset[str]
    """The services that tell customers."""
    defaults: Mapping | None = None
    places: frozenset[str] | None = None


def learn(main: Node | None, services: Names[str, Node | None], statements: Names[str, Node | None], kinds: Kinds) -> Known:
    """`main` is sentinel.yaml; the others go by service, and hold None for a file that cannot be read."""
    readable = isinstance(main, Mapping)
    defaults = below(main, "defaults")
    return Known(
        kinds=kinds,
        services=frozenset(services),
        languages=_languages(below(main, "languages")),
        channels=_keys(below(main, "channels")) if readable else None,
        audiences=_keys(below(main, "audiences")) if readable else None,
        statements={name: None if tree is None else _keys(tree) for name, tree in statements.items()},
        telling=frozenset(name for name, tree in services.items() if below(tree, "tell", "customers")),
        defaults=defaults if isinstance(defaults, Mapping) else None,
        places=known_places(main) if readable else None,
    )


def known_places(main: Node | None) -> frozenset[str]:
    """The hub's own, and those where agents are."""
    own = below(main, "place")
    return _keys(below(main, "places")) | {own.word if isinstance(own, Scalar) else "hub"}


def refer(name: Scalar, known: frozenset[str] | None, what: str, problems: Problems) -> None:
    """`name` must be one of `known`: "unknown channel `x`, did you mean `y`?"."""
    if known is not None and not name.broken and name.word not in known:
        problems.add(name, f"unknown {what} {quoted(name.word)}", nearest(name.word, known))


def _languages(node: Node | None) -> tuple[str, ...]:
    """Each language once; none at all if one of them is a mistake, or every text would be called one too."""
    found = tuple(scalars(node))
    right = all(LANGUAGE.fullmatch(item.text) for item in found)
    return tuple(dict.fromkeys(item.text for item in found)) if right else ()


def _keys(node: Node | None) -> frozenset[str]:
    return frozenset(key.text for key, _ in node.items) if isinstance(node, Mapping) else frozenset()
