"""Fit: a node against a pydantic model; what does not fit becomes Problems at the very key or value that is wrong."""

from collections.abc import Sequence as Steps
from datetime import timedelta
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sentinel.config.annotation import TextRead, alternatives, item_at, keys, value_at
from sentinel.config.problem import Problems, nearest, quoted
from sentinel.config.reference import Concealed
from sentinel.config.scalar import duration
from sentinel.config.tree import Mapping, Node, Scalar, Sequence
from sentinel.model.secret import Secret

Model = TypeVar("Model", bound=BaseModel)


def fit(node: Node, model: type[Model], problems: Problems) -> Model | None:
    """`node` as a `model`, or None with the reasons in `problems`."""
    before = len(problems)
    flawed: set[int] = set()
    value = _value(node, model, problems, flawed)
    try:
        fitted = model.model_validate(value)
    except ValidationError as refused:
        _explain(refused, node, model, problems, flawed)
        return None
    return fitted if len(problems) == before and not flawed else None


def data_of(fitted: BaseModel, node: Node, *, only_given: bool = False) -> dict[str, Any]:
    """`fitted` as plain data for JSON, under the keys that people write. Values of references in `node` keep silent in repr."""
    data = fitted.model_dump(mode="json", by_alias=True, exclude_unset=only_given, fallback=str, context={"reveal": True})
    concealed: dict[str, Any] = _conceal(data, tuple(filter(None, node.secrets())))
    return concealed


def quiet(fitted: Model, node: Node) -> Model:
    """`fitted` with the values of references in `node` silent in its repr, also where it holds them as plain text."""
    secrets = tuple(filter(None, node.secrets()))
    return fitted.model_copy(update={name: _conceal(value, secrets) for name, value in fitted}) if secrets else fitted


def _conceal(value: Any, secrets: tuple[str, ...]) -> Any:
    match value:
        case str() if any(secret in value for secret in secrets):
            return Concealed(value)
        case dict():
            return {key: _conceal(item, secrets) for key, item in value.items()}
        case list() | tuple():
            return type(value)(_conceal(item, secrets) for item in value)
        case BaseModel():
            return value.model_copy(update={name: _conceal(item, secrets) for name, item in value})
    return value


def _value(node: Node, annotation: Any, problems: Problems, flawed: set[int]) -> Any:
    """`node` in the types that `annotation` expects. Nodes that cannot be so are noted, and kept in `flawed` by id."""
    match node:
        case Mapping():
            return {key.text: _value(item, value_at(annotation, key.text), problems, flawed) for key, item in node.items}
        case Sequence():
            return [_value(item, item_at(annotation, at), problems, flawed) for at, item in enumerate(node.nodes)]
        case Scalar():
            if node.broken:
                flawed.add(id(node))
            wanted = alternatives(annotation)
            if Secret in wanted:
                return _secret(node, wanted, problems, flawed)
            if timedelta in wanted and not {str, TextRead} & set(wanted):
                return _duration(node, wanted, problems, flawed)
            return node.value


def _secret(node: Scalar, wanted: tuple[Any, ...], problems: Problems, flawed: set[int]) -> Any:
    if node.resolved and not any(node.resolved):
        problems.add(node, f"{quoted(node.text)} is empty", "give it a value")
        flawed.add(id(node))
    if node.resolved or node.broken:
        return Secret(str(node.value))
    if str in wanted or (node.value is None and type(None) in wanted):
        return node.value
    problems.add(node, "a secret must not be written here", "write ${env:NAME} or ${file:path}")
    flawed.add(id(node))
    return Secret("")


def _duration(node: Scalar, wanted: tuple[Any, ...], problems: Problems, flawed: set[int]) -> Any:
    if node.value is None and type(None) in wanted:
        return None
    length = duration(node.word)
    if length is not None:
        return length
    if not node.broken:
        problems.add(node, f"{quoted(node.text)} is not a duration", "write it like 500ms, 30s, 5m, 2h or 14d")
        flawed.add(id(node))
    return timedelta(seconds=1)


def _explain(refused: ValidationError, node: Node, model: Any, problems: Problems, flawed: set[int]) -> None:
    """Each error at its place. The alternatives of one place are one mistake, so they make one Problem.

    Where one of them takes such a value and finds it wrong, that it is not of another one's type is no news.
    """
    complaints: dict[int, list[tuple[Node, bool, str, str]]] = {}
    errors = refused.errors(include_url=False, include_input=False)
    for error in errors:
        at, key, expected = _locate(node, model, error["loc"])
        if error["type"] == "missing":
            problems.add(at, f"`{error['loc'][-1]}` is missing here", "add it")
        elif error["type"] == "extra_forbidden" and key:
            problems.add(key, f"unknown key {quoted(key.text)}", nearest(key.text, keys(expected)))
        elif id(at) not in flawed and not _is_echo(error, errors):
            place = key if key and error["loc"][-1] == "[key]" else at
            complaints.setdefault(id(place), []).append((place, _is_of_type(error), *_in_words(error, place)))
    for found in complaints.values():
        told = [one for one in found if not one[1]] or found
        problems.add(told[0][0], ", or ".join(dict.fromkeys(what for _, _, what, _ in told)), told[0][3])


def _is_echo(error: ErrorDetails, errors: list[ErrorDetails]) -> bool:
    """A list whose items are wrong is called too short as well: the items were not counted."""
    loc = error["loc"]
    return error["type"] == "too_short" and any(other["loc"][: len(loc)] == loc and other is not error for other in errors)


def _locate(node: Node, annotation: Any, steps: Steps[int | str]) -> tuple[Node, Scalar | None, Any]:
    """The node where an error is, the key that led to it, and what was expected where that key stands.

    Steps that the tree does not have (a union's alternatives, a missing key, the parts of a shorthand) are passed over.
    """
    key: Scalar | None = None
    around = annotation
    for step in steps:
        if isinstance(node, Mapping) and (found := node.key(str(step))):
            key, around = found, annotation
            annotation = value_at(annotation, found.text)
            node = node.get(found.text) or node
        elif isinstance(node, Sequence) and isinstance(step, int) and step < len(node.nodes):
            annotation = item_at(annotation, step)
            node = node.nodes[step]
    return node, key, around


_WANTED = {
    "string": ("text is wanted here", "write text, in quotes if it looks like something else"),
    "int": ("a whole number is wanted here", "write one such as 3"),
    "float": ("a number is wanted here", "write one such as 800 or 0.5"),
    "bool": ("true or false is wanted here", "write true or false"),
    "dict": ("keys with values are wanted here", "write them as `key: value`"),
    "model": ("keys with values are wanted here", "write them as `key: value`"),
    "list": ("a list is wanted here", "write it as [one, two]"),
    "tuple": ("a list is wanted here", "write it as [one, two]"),
    "none": ("nothing is wanted here", "take it out"),
}


_TYPES = ("type", "parsing", "from_float", "required", "attributes_type")


def _is_of_type(error: ErrorDetails) -> bool:
    family, _, rest = error["type"].partition("_")
    return family in _WANTED and rest in _TYPES


def _in_words(error: ErrorDetails, at: Node) -> tuple[str, str]:
    """What is wrong and what to do, in plain words. Never the value itself: it may have come from a secret."""
    kind, context = error["type"], error.get("ctx", {})
    family, _, rest = kind.partition("_")
    if family in _WANTED and rest in _TYPES:
        return _WANTED[family]
    if kind in ("literal_error", "enum"):
        expected = str(context.get("expected", ""))
        written = at.text if isinstance(at, Scalar) else "this"
        return f"{quoted(written)} is not known here", f"use one of: {expected.replace(chr(39), '')}"
    if kind == "too_short":
        return "this list is too short", f"write at least {context.get('min_length')}"
    if "todo" in context:
        return error["msg"], str(context["todo"])
    message = error["msg"].removeprefix("Value error, ").removeprefix("Assertion failed, ")
    message = message.replace("Input should", "this should").rstrip(".")
    return message[:1].lower() + message[1:], "correct it"
