"""Queries: whether a text of SQL may be put to a customer's database: one SELECT, naming no parameter but ours.

Belongs here: what can be said before any database is asked. Does not belong here: the promise that nothing is changed, which
the read-only transaction keeps (directory/sql.py); what is refused here is found at load and not at night.
"""

import re
from typing import Annotated, NoReturn

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from sentinel.config.problem import nearest, quoted
from sentinel.model.audience import LISTS, PARAMETERS

LONGEST = 20_000
_PARAMETER = re.compile(r"(?<![:\w\\]):(\w+)(?!:)")
"""As SQLAlchemy finds them, also inside of literals and comments."""
_SILENT = re.compile(
    r"""'(?:[^'\\]|''|\\.)*'|"(?:[^"]|"")*"|`[^`]*`|\$(\w*)\$.*?\$\1\$|--[^\n]*|/\*.*?\*/""",
    re.DOTALL,
)
"""Literals, quoted names and comments: nothing in them is a word of SQL."""
_CHANGES = {
    "insert", "update", "delete", "merge", "into", "truncate", "drop", "alter", "create", "grant", "revoke", "call", "exec",
    "execute", "copy", "attach", "pragma", "lock",
}  # fmt: skip


def parameters(query: str) -> frozenset[str]:
    """The parameters that a query names."""
    return frozenset(_PARAMETER.findall(query))


def _refuse(what: str, todo: str) -> NoReturn:
    raise PydanticCustomError("sentinel", "{what}", {"what": what, "todo": todo})


def _readable(query: str) -> str:
    if cast := re.search(r":(\w+)::", query):
        _refuse(f"a parameter stands before `::`, {quoted(cast[0])}", f"write cast(:{cast[1][:40]} as ...)")
    for name in sorted(parameters(query) - set(PARAMETERS)):
        todo = f"{nearest(name, PARAMETERS)} (a colon that begins no parameter is written \\:)"
        _refuse(f"the query names a parameter that there is not, {quoted(':' + name)}", todo)
    bare = _SILENT.sub(" ", query).strip().removesuffix(";")
    if ";" in bare:
        _refuse("this is more than one statement", "write one SELECT")
    words = re.findall(r"[a-z_]\w*", bare.casefold())
    if not words or words[0] not in ("select", "with"):
        _refuse("this is not a query", "begin it with SELECT or WITH")
    for word in words:
        if word in _CHANGES:
            _refuse(f"the query holds {quoted(word)}, which may change something", "only read; quote it if it is a name")
    for name in LISTS:
        if re.search(rf":{name}\b", query) and not re.search(rf"\bin\s*:{name}\b", query, re.IGNORECASE):
            _refuse(f"`:{name}` is a list", f"write it as `in :{name}`")
    return query


Query = Annotated[str, Field(min_length=1, max_length=LONGEST), AfterValidator(_readable)]
