"""CEL: a condition in the Common Expression Language over a check's facts, for what no other condition can say.

An extra. Nothing here can loop for ever: the language has no loops, its regular expressions are linear, and its library gives
each evaluation a budget of iterations. Belongs here: reading an expression, its names against a kind's facts, evaluating it.
Does not belong here: what follows from it (condition.py).
"""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, Final

from sentinel.model.kinds import FactType
from sentinel.model.observation import Fact
from sentinel.probe.compare import beginning, short, steps_of

LONGEST: Final = 1000
JSON_LIMIT: Final = 256 * 1024
"""Bytes of a body that are read as JSON for an expression."""
_RESERVED: Final = frozenset(
    {"bool", "bytes", "double", "duration", "dyn", "int", "list", "map", "null_type", "string", "timestamp", "type", "uint",
     "true", "false", "null", "in", "has"}
)  # fmt: skip
"""Names that the language has for itself; facts of such names are read as `facts.bytes`."""
_TEXTS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'')
_NAMES: Final = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_OF_FACTS: Final = re.compile(r"\bfacts\s*\.\s*([A-Za-z_]\w*)")
_IN_JSON: Final = re.compile(r"(?<![\w.])json(?:\.[A-Za-z_]\w*|\[[0-9]{1,6}\])+(?!\w*\()")
MOST_PATHS: Final = 5
"""Places in a JSON body of which a reason says what stood there."""
_TEXT, _FACTS, _JSON = "body", "facts", "json"


class Expression:
    """An expression made ready. `facts`: the names of facts that stand in it."""

    def __init__(self, written: str) -> None:
        bare = _TEXTS.sub("''", written)
        own = frozenset(_NAMES.findall(bare)) - _RESERVED
        self.written = written
        self.facts = tuple(sorted((own | frozenset(_OF_FACTS.findall(bare))) - {_FACTS, _JSON, _TEXT}))
        self.reads_body = bool(own & {_TEXT, _JSON})
        self._reads_json = _JSON in own
        self._paths = tuple(dict.fromkeys(_IN_JSON.findall(bare)))[:MOST_PATHS]
        self._ready = _compiled(written, dict.fromkeys(own, "dyn"))

    def fault(self, facts: Mapping[str, Fact], body: bytes | bytearray, charset: str) -> str:
        """Why it does not hold, with the facts that it looked at; "" if it holds."""
        data: dict[str, Any] = {**facts, _FACTS: dict(facts)}
        if self.reads_body:
            data[_TEXT] = _text(body, charset)
        if self._reads_json:
            read = _read(body)
            if read is None:
                return f"“{self.written}” cannot be judged: the body is not JSON, or of more than {JSON_LIMIT // 1024} KiB"
            data[_JSON] = read[0]
        try:
            came = self._ready.eval(data=data).value()
        except RuntimeError as error:
            came = str(error)
        if came is True:
            return ""
        looked = [f"{name} is {_shown(facts[name])}" for name in self.facts if name in facts]
        looked += [f"{path} is {short(found)}" for path in self._paths for found in _at(path, data.get(_JSON))]
        if came is False:
            return f"“{self.written}” does not hold" + (f": {', '.join(looked)}" if looked else "")
        missing = [name for name in self.facts if name not in facts]
        why = f"there is no {missing[0]}" if missing and "No value with name" in str(came) else _plain(str(came))
        return f"“{self.written}” cannot be judged: {why}"


def check_syntax(written: str) -> str:
    """`written` if it can be read. ValueError says what is wrong, or what is to be installed."""
    if find_spec("cel_expr_python") is None:
        raise ValueError("`when` needs an extra: pip install 'sentinel[cel]'")
    try:
        Expression(written)
    except RuntimeError as error:
        raise ValueError(f"this is no CEL expression: {_plain(str(error))}") from None
    return written


def unknown_in(written: str, gives: Mapping[str, FactType]) -> str:
    """What of an expression does not fit the facts that a kind gives, "" if all of it does."""

    def known(number: str) -> dict[str, str]:
        types = {"number": number, "text": "string", "yes or no": "bool"}
        names = {name: types[kind] for name, kind in gives.items() if name not in _RESERVED}
        return names | {_FACTS: "dyn"} | ({_JSON: "dyn"} if _TEXT in gives else {})

    strange = [name for name in _OF_FACTS.findall(_TEXTS.sub("''", written)) if name not in gives]
    if strange:
        return f"there is no fact {strange[0]}"
    try:
        kind = _compiled(written, known("dyn")).return_type().name()
    except RuntimeError as error:
        return _plain(str(error))
    if kind == "DYN":  # a number, if it is one where every fact is no whole one
        with suppress(RuntimeError):
            kind = _compiled(written, known("double")).return_type().name()
    return "" if kind in ("BOOL", "DYN") else f"it comes to {kind.lower()}, not to true or false"


@lru_cache(maxsize=1)
def _types() -> Mapping[str, Any]:
    from cel_expr_python import cel

    return {"dyn": cel.Type.DYN, "double": cel.Type.DOUBLE, "string": cel.Type.STRING, "bool": cel.Type.BOOL}


def _compiled(written: str, names: Mapping[str, str]) -> Any:
    from cel_expr_python import cel

    return cel.NewEnv(variables={name: _types()[kind] for name, kind in names.items()}).compile(written)


def _text(body: bytes | bytearray, charset: str) -> str:
    try:
        return bytes(body).decode(charset, "replace")
    except (LookupError, ValueError):
        return bytes(body).decode("utf-8", "replace")


def _read(body: bytes | bytearray) -> tuple[Any] | None:
    try:
        return (json.loads(body),) if len(body) <= JSON_LIMIT else None
    except (ValueError, RecursionError):
        return None


def _at(path: str, body: Any) -> tuple[Any, ...]:
    """What stands at a place like `json.items[0].state`, if anything does."""
    found = body
    for step in steps_of(path)[1:]:
        try:
            found = found[step]
        except (KeyError, IndexError, TypeError):
            return ()
    return (found,)


def _shown(fact: Fact) -> str:
    return beginning(json.dumps(fact, ensure_ascii=False), 59)


def _plain(said: str) -> str:
    """The library's own words without its code, its place and its drawing: "undeclared reference to 'statu'"."""
    first = said.splitlines()[0] if said else "no reason is given"
    words = re.sub(r"^[A-Z_]+: |ERROR: <input>:\d+:\d+: | \(in container ''\)| \[[A-Z_]+\]$", "", first)
    return re.sub(r"^ERROR: <input>:\d+:\d+: ", "", words)[:120]
