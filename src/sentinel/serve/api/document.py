"""The OpenAPI document: what FastAPI knows of the routes, and what only we know of them.

Belongs here: bodies of writes, problems, headers, security and examples, per operation. A status that an operation can answer
and this does not declare fails a test (tests/serve/test_schemathesis.py).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from sentinel.model.account import Right
from sentinel.serve.api.agents import NewAgent
from sentinel.serve.api.asking import adapter
from sentinel.serve.api.desk import Asked
from sentinel.serve.api.examples import DONE, EXAMPLES, shown
from sentinel.serve.api.people import AccountChange, NewAccount, NewToken
from sentinel.serve.api.problem import Problem
from sentinel.serve.api.route import NUMBERS, ApiRoute
from sentinel.serve.api.values import Sent
from sentinel.serve.api.writes import PLAIN, WRITES
from sentinel.serve.gate import LARGEST_ID

_PROBLEMS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("Unreadable", "The body is no JSON, or none that every reader reads alike. Nothing was changed."),
    401: ("NoToken", "There is no token, or one that is not known, has expired or was revoked."),
    403: ("NoScope", "The token lacks the scope that this needs; `detail` names it."),
    404: ("NotFound", "There is no such thing."),
    408: ("TooSlow", "The request took too long to arrive. Nothing was changed."),
    409: ("Refused", "How things stand forbids it: `code` says which rule, `detail` what to do. Nothing was changed."),
    413: ("TooLarge", "The body is larger than 64 KiB. Nothing was changed."),
    415: ("NotJson", "The body is not application/json in UTF-8, or is encoded (gzip). Nothing was changed."),
    422: ("NotValid", "What was sent is not valid; `faults` lists all that does not fit this document. Nothing was changed."),
    429: ("Throttled", "Too many wrong tokens came from the caller's network."),
    500: ("Broken", "Something is broken on our side. A command may or may not have been carried out."),
    503: ("Busy", "Too many requests are being answered, this one took too long, or the store was held by others. Try again."),
}
_READS: Final = (401, 403, 408, 413, 422, 429, 500, 503)
_CHANGES: Final = (400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 500, 503)
_HEADERS: Final[Mapping[int, str]] = {401: "WWW-Authenticate", 415: "Accept", 429: "Retry-After", 503: "Retry-After"}
_TAGS: Final[Mapping[str, str]] = {
    "incidents": "Disturbances, their timelines and estimates.",
    "notices": "What customers are told, and the consent to it.",
    "deliveries": "One notice to one person each, and the books.",
    "services": "Services, their checks and places.",
    "desk": "Callers, people told by phone, and subscribers.",
    "accounts": "Accounts of people, tokens of programs, and the audit.",
    "hub": "The hub itself: board, report, kill switch.",
    "commands": "Any plain command, as the command line sends it.",
}
_ABOUT = """The console's commands and views for programs. Send `Authorization: Bearer TOKEN`; what a token may do are its
scopes, named at each operation. Every refusal is problem+json. A POST, PUT or DELETE may carry an `Idempotency-Key`."""


def document(routes: Iterable[Any]) -> dict[str, Any]:
    """The whole document, OpenAPI 3.1."""
    ours = {route.operation_id: route for route in routes if isinstance(route, ApiRoute)}
    made = get_openapi(title="Sentinel", version="1", openapi_version="3.1.0", description=_ABOUT, routes=list(ours.values()))
    made["tags"] = [{"name": name, "description": says} for name, says in _TAGS.items()]
    made["servers"] = [{"url": "/"}]
    parts = made["components"]
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    parts["responses"] = {name: _problem(status, says) for status, (name, says) in _PROBLEMS.items()}
    parts["schemas"] = {
        name: one for name, one in parts["schemas"].items() if name not in ("HTTPValidationError", "ValidationError")
    }
    parts["schemas"] |= _split(TypeAdapter(Problem).json_schema(ref_template=_REF), "Problem") | _bodies()
    for path, item in made["paths"].items():
        for method, operation in item.items():
            _complete(operation, ours[operation["operationId"]], path, method, parts["schemas"])
    _say_durations(made)
    return made


def _say_durations(part: Any) -> None:
    """Ours are ISO 8601 and may have a fraction of a second, which the format `duration` does not know. Changes `part`."""
    if isinstance(part, dict):
        if part.get("format") == "duration":
            del part["format"]
            part |= {"pattern": _DURATION, "description": "A duration (ISO 8601)."}
        for each in part.values():
            _say_durations(each)
    elif isinstance(part, list):
        for each in part:
            _say_durations(each)


_DURATION = r"^-?P([0-9]+D)?(T([0-9]+H)?([0-9]+M)?([0-9]+(\.[0-9]+)?S)?)?$"
_REF = "#/components/schemas/{model}"


def _complete(operation: dict[str, Any], route: ApiRoute, path: str, method: str, schemas: Mapping[str, Any]) -> None:
    is_read = method == "get"
    name = operation["operationId"]
    scopes = [route.need.value] if isinstance(route.need, Right) else []
    operation["security"] = [{"token": scopes}]
    needs = f"Needs the scope `{scopes[0]}`." if scopes else "Any token will do; a command asks for its own scope."
    operation["description"] = f"{operation.get('description', '')} {needs}".strip()
    done = operation["responses"]["200"] | {"description": "It is so." if is_read else "Carried out, and on disk."}
    example = shown(EXAMPLES[name]) if name in EXAMPLES else shown(DONE) if name in _ANSWERS_DONE else None
    if example is not None:
        done["content"]["application/json"].setdefault("examples", {"one": {"value": example}})
    operation["responses"] = {"200": done}
    statuses = (*_READS, *((404,) if "{" in path else ())) if is_read else _CHANGES
    if is_read:
        done["headers"] = {"ETag": {"schema": {"type": "string"}, "required": True, "description": "Of this very answer."}}
        operation["responses"]["304"] = {"description": "As the caller has it already (If-None-Match)."}
    else:
        _complete_write(operation, name, schemas)
    for status in sorted(statuses):
        operation["responses"][str(status)] = {"$ref": f"#/components/responses/{_PROBLEMS[status][0]}"}
    if name == "get_probe":
        _complete_scrape(operation)
    _name_path(operation, path)


def _complete_scrape(operation: dict[str, Any]) -> None:
    """What scrapers ask is answered as blackbox_exporter answers it: in plain text, refusals of the sample too."""
    plain = {"text/plain": {"schema": {"type": "string"}}}
    answers = operation["responses"]
    answers["200"]["content"] = plain
    answers["400"] = {"description": "There is no such module, or it cannot look at this target.", "content": plain}
    busy = _problem(503, f"No sample can be taken now, in plain text. Or: {_PROBLEMS[503][1]}")
    answers["503"] = busy | {"content": busy["content"] | plain}
    target = next(each for each in operation["parameters"] if each["name"] == "target")
    target["required"] = True
    target["schema"] = {**target["schema"], "minLength": 1}
    target["schema"].pop("default", None)


def _complete_write(operation: dict[str, Any], name: str, schemas: Mapping[str, Any]) -> None:
    if name not in _NO_KEY:
        operation.setdefault("parameters", []).append(_KEY)
    body = _EXAMPLE_BODIES.get(name)
    if body is not None:
        schema, example = body
        content = {"schema": {"$ref": _REF.format(model=schema)}, "examples": {"one": {"value": example}}}
        operation["requestBody"] = {
            "required": bool(schemas[schema].get("required", ("do",))),
            "content": {"application/json": content},
        }


def _name_path(operation: dict[str, Any], path: str) -> None:
    """Parameters in the path that the endpoint does not name itself; and those of a query are left out, never null."""
    there = operation.setdefault("parameters", [])
    for each in there:
        choices = [one for one in each["schema"].pop("anyOf", ()) if one != {"type": "null"}]
        each["schema"] |= choices[0] if choices else {}
    known = {each["name"] for each in there}
    for part in path.split("/"):
        name = part.strip("{}")
        if part.startswith("{") and name not in known:
            number = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
            schema = number if name in NUMBERS else {"type": "string", "minLength": 1, "maxLength": 320}
            there.append({"name": name, "in": "path", "required": True, "schema": schema})
    if not there:
        del operation["parameters"]


_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Asking again with the same key and command gives the first answer and changes nothing.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


def _problem(status: int, says: str) -> dict[str, Any]:
    answer: dict[str, Any] = {"description": says}
    answer["content"] = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if status in _HEADERS:
        answer["headers"] = {_HEADERS[status]: {"schema": {"type": "string"}, "required": True}}
    return answer


def _bodies() -> dict[str, Any]:
    """The schema of each write's body, and of every plain command."""
    schemas: dict[str, Any] = {}
    for row in WRITES:
        made = adapter(row.command).json_schema(ref_template=_REF)["$defs"]
        body = _bounded(made.pop(row.command.__name__), without=(*row.bound, "do"))
        schemas |= made | ({f"{row.command.__name__}Body": body} if body["properties"] else {})
    for kind, _ in _RECORDS.values():
        schemas |= adapter(kind).json_schema(ref_template=_REF)["$defs"]
        _bounded(schemas[kind.__name__], without=())
    for kind in PLAIN.values():
        schemas |= adapter(kind).json_schema(ref_template=_REF)["$defs"]
        _bounded(schemas[kind.__name__], without=())["required"].append("do")
    names = {do: _REF.format(model=kind.__name__) for do, kind in PLAIN.items()}
    schemas["Command"] = {
        "oneOf": [{"$ref": name} for name in names.values()],
        "discriminator": {"propertyName": "do", "mapping": names},
    }
    return schemas


def _split(schema: dict[str, Any], name: str) -> dict[str, Any]:
    """A schema and those that it refers to, by name."""
    return {**schema.pop("$defs", {}), name: schema}


def _bounded(schema: dict[str, Any], without: tuple[str, ...]) -> dict[str, Any]:
    """The record's schema less some fields, with the bounds that numbers have everywhere (asking.py). Changes `schema`."""
    kept = {name: one for name, one in schema["properties"].items() if name not in without}
    for one in kept.values():
        if one.get("type") == "integer":
            one |= {"minimum": 0, "maximum": LARGEST_ID}
    schema["properties"] = kept
    schema["required"] = [name for name in schema.get("required", ()) if name in kept]
    schema["additionalProperties"] = False
    return schema


_RECORDS: Final[Mapping[str, tuple[type, dict[str, Any]]]] = {
    "make_account": (NewAccount, {"email": "omar@northwind.example", "name": "Omar Reyes", "roles": ["engineer"]}),
    "change_account": (AccountChange, {"roles": ["engineer", "owner"]}),
    "make_agent": (NewAgent, {"place": "branch"}),
    "make_token": (NewToken, {"name": "status board", "rights": ["read"], "expires_at": "2027-11-22T00:00:00Z"}),
    "find_customer": (Asked, {"asked": "ana@example.com"}),
    "push_value": (Sent, {"value": 42, "facts": {"oldest_s": 12.5}}),
}
"""Operation → the record that its body is, where it is no command's."""
_EXAMPLE_BODIES: Final[Mapping[str, tuple[str, Any]]] = (
    {row.id: (f"{row.command.__name__}Body", dict(row.example)) for row in WRITES if row.example}
    | {name: (kind.__name__, example) for name, (kind, example) in _RECORDS.items()}
    | {"command": ("Command", {"do": "note", "incident": 17, "text": "They are on it."})}
)
"""Operation → the name of its body's schema, and an example. (Where a body may be left out, an empty object is meant.)"""
_ANSWERS_DONE: Final = frozenset({"command", *(row.id for row in WRITES)})
_NO_KEY: Final = frozenset({"find_customer", "push_value"})
"""What is a POST but changes nothing, and what says the same again when it is sent again."""
