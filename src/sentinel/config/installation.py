"""The installation's own file, sentinel.yaml: channels, audiences, people, policies and the defaults of every check."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from sentinel.config.audience import check_audiences
from sentinel.config.detector import detectors
from sentinel.config.fit import fit, quiet
from sentinel.config.known import refer
from sentinel.config.limits import check_limits
from sentinel.config.places import check_places
from sentinel.config.problem import Problems, nearest, quoted
from sentinel.config.returns import check_returns
from sentinel.config.scalar import duration
from sentinel.config.shape import ChannelShape, EstimateShape, InstallationShape, KeepShape, NoticeShape, Shape
from sentinel.config.tree import Mapping, Node, Scalar, Sequence, below, scalars
from sentinel.config.words import check_words
from sentinel.model.account import Role
from sentinel.model.installation import Channel, Login
from sentinel.model.kinds import Kinds


def main_file(tree: Node | None, kinds: Kinds, problems: Problems) -> tuple[InstallationShape | None, dict[str, Channel]]:
    """sentinel.yaml as its shape with its channels fitted to their kinds; None if anything of the shape is wrong."""
    if tree is None:
        return None, {}
    _check_languages(tree, problems)
    languages = tuple(item.word for item in scalars(below(tree, "languages")))
    check_words(below(tree, "desk"), languages, problems, everywhere=True)
    _check_people(tree, problems)
    check_audiences(tree, problems)
    _check_policies(tree, problems)
    _check_keep(tree, problems)
    check_limits(tree, problems)
    check_returns(tree, problems)
    check_places(tree, problems)
    detectors(None, below(tree, "defaults", "detect"), kinds, problems)
    written = below(tree, "channels")
    items = written.items if isinstance(written, Mapping) else ()
    channels = [_channel(name, node, kinds, problems) for name, node in items]
    for name, node in items:
        _check_falls_over(name, node, frozenset(each.text for each, _ in items), problems)
    return fit(tree, InstallationShape, problems), {channel.name: channel for channel in channels if channel}


def logins(shape: InstallationShape) -> tuple[Login, ...]:
    """Those who may sign in."""
    return tuple(
        Login(name=one.name, email=one.email, roles=tuple(role for role in Role if role in one.role), password=one.password)
        for one in shape.people
    )


def _channel(name: Scalar, node: Node, kinds: Kinds, problems: Problems) -> Channel | None:
    if not isinstance(node, Mapping) or not node.items:
        problems.add(node, "a channel is wanted here", f"write its kind and options: {', '.join(kinds.names('channel'))}")
        return None
    beside, kinds_given = _split(node)
    if not kinds_given:
        problems.add(node, "this channel has no kind", f"write one with its options: {', '.join(kinds.names('channel'))}")
        return None
    (kind, options), *more = kinds_given
    for key, _ in more:
        problems.add(key, f"this channel has a kind already, {quoted(kind.text)}", "make it a channel of its own")
    if kind.text not in kinds.names("channel"):
        problems.add(kind, f"unknown channel kind {quoted(kind.text)}", nearest(kind.text, kinds.names("channel")))
        return None
    common, fitted = fit(beside, ChannelShape, problems), fit(options, kinds.options("channel", kind.text), problems)
    if common is None or fitted is None:
        return None
    made = Channel(name=name.text, kind=kind.text, options=quiet(fitted, options))
    return replace(made, rate=common.rate, falls_over_to=common.falls_over_to, connections=common.connections)


def _split(channel: Mapping) -> tuple[Mapping, list[tuple[Scalar, Node]]]:
    """What every channel may have, and what is left: its kind."""
    common = tuple(item for item in channel.items if item[0].text in ChannelShape.model_fields)
    return replace(channel, items=common), [item for item in channel.items if item not in common]


def _check_falls_over(name: Scalar, channel: Node, known: frozenset[str], problems: Problems) -> None:
    """A brief falls over to another channel, and to one that there is."""
    for each in scalars(below(channel, "falls_over_to")):
        if each.word == name.text:
            problems.add(each, "a channel cannot fall over to itself", "name another one")
        else:
            refer(each, known, "channel", problems)


def _check_languages(tree: Node, problems: Problems) -> None:
    seen: set[str] = set()
    for item in scalars(below(tree, "languages")):
        if item.resolved:
            # Every file's messages name the languages, so none of them may come from where secrets come from.
            problems.add(item, "a language is not given by reference", "write it out")
        elif item.word in seen:
            problems.add(item, f"the language {quoted(item.word)} is given twice", "keep one of the two")
        seen.add(item.word)


def _check_people(tree: Node, problems: Problems) -> None:
    people = below(tree, "people")
    seen: set[str] = set()
    for person in getattr(people, "nodes", ()):
        _check_roles(below(person, "role"), problems)
        email = below(person, "email")
        if isinstance(email, Scalar):
            if email.word.casefold() in seen:
                problems.add(email, f"{quoted(email.word)} signs in twice", "give each person an address of their own")
            seen.add(email.word.casefold())


def _check_roles(role: Node | None, problems: Problems) -> None:
    roles = tuple(scalars(role)) if isinstance(role, Sequence) else ()
    for at, each in enumerate(roles):
        if each.word in {earlier.word for earlier in roles[:at]}:
            problems.add(each, f"the role {quoted(each.word)} is given twice", "keep one of the two")


def _check_policies(tree: Node, problems: Problems) -> None:
    """The order of the instants before a promise lapses: a person is asked, then holding words go, then sending stops."""
    notice = below(tree, "policies", "notice")
    usual = NoticeShape()
    asked = _in_order(notice, usual, "hold_before", "ask_before", lambda first, then: first < then, "less than", problems)
    sent = _in_order(notice, usual, "send_margin", "hold_before", lambda first, then: first <= then, "at most", problems)
    if asked and sent:
        _check_least_ahead(tree, notice, problems)


def _check_keep(tree: Node, problems: Problems) -> None:
    """What is rolled up further is made from what is rolled up less, and read where that has gone."""
    _in_order(below(tree, "keep"), KeepShape(), "minutes", "hours", lambda first, then: first <= then, "at most", problems)


def _check_least_ahead(tree: Node, notice: Node | None, problems: Problems) -> None:
    """A time that is promised must leave room for the window, the desk, and the holding words before it."""
    spent = [_length(notice, NoticeShape(), name) for name in ("cancel_window", "desk_first", "hold_before")]
    written = below(tree, "policies", "estimate", "least_ahead")
    least = duration(written.word) if isinstance(written, Scalar) else EstimateShape().least_ahead
    if least is None or None in spent or least > sum(filter(None, spent), timedelta(0)):
        return
    what = "`least_ahead` must be more than `cancel_window`, `desk_first` and `hold_before` together"
    problems.add(written or notice or tree, what, "change one of them")


def _in_order(
    block: Node | None,
    usual: Shape,
    small: str,
    large: str,
    holds: Callable[[timedelta, timedelta], bool],
    relation: str,
    problems: Problems,
) -> bool:
    """Whether the two are in order, as far as that can be told."""
    lengths = [_length(block, usual, name) for name in (small, large)]
    at = below(block, small) or below(block, large)
    wrong = bool(at and lengths[0] is not None and lengths[1] is not None and not holds(lengths[0], lengths[1]))
    if wrong and at:
        problems.add(at, f"`{small}` must be {relation} `{large}`", "change one of the two")
    return not wrong


def _length(block: Node | None, usual: Shape, name: str) -> timedelta | None:
    """What is written, or what holds when nothing is; None if what is written is no duration."""
    node = below(block, name)
    if node is None:
        otherwise: timedelta = getattr(usual, name)
        return otherwise
    return duration(node.word) if isinstance(node, Scalar) else None
