"""Readers: whether each channel can write to those whom a file sends through it. What it cannot would be found out at night."""

from collections.abc import Iterator
from collections.abc import Mapping as Names

from sentinel.config.problem import Problems, quoted
from sentinel.config.tree import Mapping, Node, Scalar, below, scalars
from sentinel.model.installation import Channel
from sentinel.model.kinds import Kinds
from sentinel.model.notice import Towards


def check_readers(
    main: Node | None, services: Names[str, Node | None], channels: Names[str, Channel], kinds: Kinds, problems: Problems
) -> None:
    """Channels that are not there, or are a mistake themselves, are somebody else's complaint."""
    reached = {name: kinds.reaches(each.kind, each.options) for name, each in channels.items()}
    for name, reader, instead_of in _sent(main, services):
        if name.broken or reader in reached.get(name.word, {reader}) or reader not in reached.get(instead_of, {reader}):
            continue
        fit = sorted(each for each, readers in reached.items() if reader in readers and each != instead_of)
        what = f"the channel {quoted(name.word)} (`{channels[name.word].kind}`) cannot write to {reader}"
        if channels[name.word].kind == "email":
            what += ": it has no `to`"
        todo = f"use one of: {', '.join(fit)}" if fit else "write one that can under `channels:`"
        problems.add(name, what, todo)


def _sent(main: Node | None, services: Names[str, Node | None]) -> Iterator[tuple[Scalar, Towards, str]]:
    """Each channel, to whom it is to write, and which one it stands in for ("": none). Only what staff get falls over: on a
    channel that does not reach them the key does nothing, and no harm.
    """
    for tree in services.values():
        for name in scalars(below(tree, "tell", "staff")):
            yield name, Towards.STAFF, ""
        for name in scalars(below(tree, "tell", "customers", "by")):
            yield name, Towards.CUSTOMERS, ""
    written = below(main, "channels")
    for instead_of, channel in written.items if isinstance(written, Mapping) else ():
        for name in scalars(below(channel, "falls_over_to")):
            yield name, Towards.STAFF, instead_of.text
