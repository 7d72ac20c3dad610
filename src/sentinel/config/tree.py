"""Tree: a YAML file as nodes that know where they stand, so that every later mistake can be pointed at.

Built from the parser's events and not by PyYAML's composer: events show anchors, tags and second documents before anything is
made of them, and a deep or huge file is refused while it is read. Nothing here knows what the keys mean.
"""

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import yaml

from sentinel.config.problem import Problems, quoted
from sentinel.config.scalar import Plain, plain

MAX_BYTES = 1_000_000
MAX_DEPTH = 40


@dataclass(frozen=True, slots=True)
class Scalar:
    """A leaf. `text` is what is written, `value` what it stands for; `resolved` the values of the references in it.

    `broken` says that a Problem has been noted about it: whatever else is found wrong with it is not worth saying.
    """

    file: str
    line: int
    column: int
    text: str
    value: Plain = field(repr=False)
    resolved: tuple[str, ...] = field(default=(), repr=False)
    broken: bool = False

    @property
    def word(self) -> str:
        """What it stands for, as text: a name, say, even where it looks like a number."""
        return str(self.value) if self.resolved else self.text

    def secrets(self) -> Iterator[str]:
        yield from self.resolved


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes."""

    file: str
    line: int
    column: int
    nodes: tuple["Node", ...]

    def secrets(self) -> Iterator[str]:
        for node in self.nodes:
            yield from node.secrets()


@dataclass(frozen=True, slots=True)
class Mapping:
    """Keys, each once and each a scalar, with their nodes, in the order written."""

    file: str
    line: int
    column: int
    items: tuple[tuple[Scalar, "Node"], ...]

    def secrets(self) -> Iterator[str]:
        for _, node in self.items:
            yield from node.secrets()

    def key(self, name: str) -> Scalar | None:
        return next((key for key, _ in self.items if key.text == name), None)

    def get(self, name: str) -> "Node | None":
        return next((node for key, node in self.items if key.text == name), None)

    def only(self, wanted: Container[str]) -> "Mapping":
        """The same place with the keys that are `wanted`."""
        return replace(self, items=tuple((key, node) for key, node in self.items if key.text in wanted))


Node: TypeAlias = Scalar | Sequence | Mapping


def parse(file: str, text: str, problems: Problems) -> Node | None:
    """The one document of `text` (an empty file is an empty mapping); None if it cannot be read. Faults go to `problems`."""
    unfit = _unfit(text)
    if unfit:
        problems.place(file, *unfit)
        return None
    try:
        return _Builder(file, problems).build(yaml.parse(text, Loader=yaml.CSafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problems.place(file, line, column, f"this is not YAML: {error.problem or error.context}", "correct it")
    except yaml.reader.ReaderError as error:
        problems.place(file, *_unreadable(text, error))
    except _TooDeep as error:
        problems.place(file, error.line, error.column, f"this is nested more than {MAX_DEPTH} deep", "write it flatter")
    return None


def below(node: Node | None, *names: str) -> Node | None:
    """The node that the keys `names` lead to from `node`, or None."""
    for name in names:
        node = node.get(name) if isinstance(node, Mapping) else None
    return node


def scalars(node: Node | None) -> Iterator[Scalar]:
    """The scalars of a sequence; nothing if it is not one (its shape is somebody else's complaint)."""
    if isinstance(node, Sequence):
        yield from (item for item in node.nodes if isinstance(item, Scalar))


def _unfit(text: str) -> tuple[int, int, str, str] | None:
    """Line, column, what and what to do, if `text` must not reach the parser."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return 1, 1, "the file is larger than 1 MB", "split it"
    for line, row in enumerate(text.split("\n"), start=1):
        if not row.isascii():
            odd = next((at for at, letter in enumerate(row, start=1) if "\ud800" <= letter <= "\udfff"), None)
            if odd:
                return line, odd, "this is not text in UTF-8", "write the file in UTF-8"
    return None


def _unreadable(text: str, error: yaml.reader.ReaderError) -> tuple[int, int, str, str]:
    """The C reader gives a byte offset, so the line and column are counted here."""
    before = text.encode()[: error.position].decode("utf-8", "ignore")
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return line, column, "a control character stands here", "take it out"


class _TooDeep(Exception):
    def __init__(self, line: int, column: int) -> None:
        self.line = line
        self.column = column


class _Builder:
    """Makes nodes of parse events. A collection that is open lies on the stack until its end comes."""

    def __init__(self, file: str, problems: Problems) -> None:
        self.file = file
        self.problems = problems
        self.stack: list[tuple[Any, list[Node]]] = []
        self.root: Node | None = None
        self.documents = 0

    def build(self, events: Iterable[Any]) -> Node | None:
        for event in events:
            match event:
                case yaml.DocumentStartEvent():
                    self.documents += 1
                    if self.documents == 2:
                        self._complain(event, "a second document begins here", "keep one document in a file")
                case yaml.AliasEvent():
                    self._complain(event, f"`*{event.anchor}` is an alias", "write the value out")
                    self._close(self._scalar(event, "", None, broken=True))
                case yaml.ScalarEvent():
                    self._look_at(event)
                    value = plain(event.value) if event.implicit[0] else event.value
                    self._close(self._scalar(event, event.value, value, broken=event.tag is not None))
                case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                    self._look_at(event)
                    self.stack.append((event, []))
                    self._measure(event)
                case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                    self._close(self._collection(*self.stack.pop()))
        nothing = self.root is None or (isinstance(self.root, Scalar) and self.root.value is None)
        return Mapping(self.file, 1, 1, ()) if nothing else self.root

    def _measure(self, event: Any) -> None:
        if len(self.stack) > MAX_DEPTH:
            raise _TooDeep(event.start_mark.line + 1, event.start_mark.column + 1)

    def _look_at(self, event: Any) -> None:
        if event.anchor is not None:
            self._complain(event, f"`&{event.anchor}` is an anchor", "take it out and write the value where it is needed")
        if event.tag is not None and event.tag != "!":
            self._complain(event, f"{quoted(event.tag)} is a tag", "take it out")

    def _close(self, node: Node) -> None:
        if self.stack:
            self.stack[-1][1].append(node)
        elif self.documents == 1:
            self.root = node

    def _scalar(self, event: Any, text: str, value: Plain, *, broken: bool) -> Scalar:
        return Scalar(self.file, event.start_mark.line + 1, event.start_mark.column + 1, text, value, broken=broken)

    def _collection(self, start: Any, nodes: list[Node]) -> Node:
        where = (self.file, start.start_mark.line + 1, start.start_mark.column + 1)
        if isinstance(start, yaml.SequenceStartEvent):
            return Sequence(*where, tuple(nodes))
        return Mapping(*where, tuple(self._items(nodes)))

    def _items(self, nodes: list[Node]) -> Iterator[tuple[Scalar, Node]]:
        first: dict[str, int] = {}
        for key, node in zip(nodes[::2], nodes[1::2], strict=True):
            if not isinstance(key, Scalar):
                self.problems.add(key, "a key must be plain text", "write a name before the colon")
            elif key.text in first:
                what = f"{quoted(key.text)} was already given on line {first[key.text]}"
                self.problems.add(key, what, "keep one of the two")
            else:
                first[key.text] = key.line
                yield key, node

    def _complain(self, event: Any, what: str, todo: str) -> None:
        self.problems.place(self.file, event.start_mark.line + 1, event.start_mark.column + 1, what, todo)
