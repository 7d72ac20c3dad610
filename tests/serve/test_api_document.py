"""The OpenAPI document: valid, complete, true of the routes, and the same as the page that people read."""

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.definitions import OPENAPI_31

from sentinel.model.account import RIGHT_OF, Right
from sentinel.model.secret import Secret
from sentinel.serve.api.document import document
from sentinel.serve.api.route import PREFIX, ApiRoute
from sentinel.serve.api.writes import MADE_ELSEWHERE, WRITES
from sentinel.serve.app import build
from tests.docs.pages import page, section
from tests.serve.browser import Clock
from tests.serve.hub import MemoryHub

ROUTES = [
    route
    for route in build(MemoryHub(), Secret("t"), Clock(), scrypt_cost=16).routes
    if isinstance(route, ApiRoute) and route.path.startswith(PREFIX)
]
DOCUMENT = document(ROUTES)
OPERATIONS = [(method, path, one) for path, item in DOCUMENT["paths"].items() for method, one in item.items()]


def test_it_is_valid_openapi_3_1() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    assert list(Draft202012Validator(OPENAPI_31).iter_errors(DOCUMENT)) == []


def test_every_schema_is_a_schema() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_every_operation_is_whole() -> None:
    ids = [one["operationId"] for _, _, one in OPERATIONS]
    assert len(ids) == len(set(ids)) == len(ROUTES)
    for method, path, one in OPERATIONS:
        assert one["summary"], path
        assert one["security"], path
        assert one["tags"], path
        assert {"200", "401", "403", "408", "413", "422", "429", "500", "503"} <= set(one["responses"]), path
        assert method == "get" or {"400", "409", "415"} <= set(one["responses"]), path


def examples() -> list[Any]:
    found = []
    for method, path, one in OPERATIONS:
        for where, content in (("asked", one.get("requestBody", {})), ("answered", one["responses"]["200"])):
            media = content.get("content", {}).get("application/json", {})
            for example in media.get("examples", {}).values():
                found.append(pytest.param(media["schema"], example["value"], id=f"{method} {path} {where}"))
    return found


@pytest.mark.parametrize(("schema", "example"), examples())
def test_every_example_is_one(schema: dict[str, Any], example: Any) -> None:
    whole = {**schema, "components": DOCUMENT["components"]}
    assert list(Draft202012Validator(whole).iter_errors(example)) == []


def test_every_command_can_be_asked_for_by_a_path_of_its_own() -> None:
    made_by_others = MADE_ELSEWHERE - {row.command for row in WRITES}
    assert {row.command for row in WRITES} | made_by_others == set(RIGHT_OF)
    for route in ROUTES:
        for row in WRITES:
            if (route.operation_id, route.path) == (row.id, PREFIX + row.path):
                assert route.need is RIGHT_OF[row.command]


def test_no_schema_names_a_digest_or_a_hash_of_a_token() -> None:
    text = str(DOCUMENT)
    assert "digest" not in text.replace("digests", "")
    assert "token_hash" not in text


def table() -> set[tuple[str, str, str]]:
    """(method, path, scope) of each row of the page."""
    text = section(page("docs/reference/api.md"), "Operations")
    return set(re.findall(r"^\| (GET|POST|PUT|PATCH|DELETE) \| `([^`]+)` \| ([a-z]+|-) \|", text, re.MULTILINE))


def test_the_page_lists_just_the_routes_with_their_scopes() -> None:
    there = {
        (next(iter(route.methods or ())), route.path.removeprefix(PREFIX), route.need if isinstance(route.need, Right) else "-")
        for route in ROUTES
    }
    assert table() == {(method, path, str(need)) for method, path, need in there}


def test_no_text_in_a_query_may_hold_what_the_door_refuses() -> None:
    parameters = [each for path in DOCUMENT["paths"].values() for one in path.values() for each in one.get("parameters", ())]
    free = [each for each in parameters if each["in"] == "query" and _is_free_text(each["schema"])]
    assert {each["name"] for each in free} == {"after", "account", "service"}
    assert all(re.fullmatch(each["schema"]["pattern"], "a\u4f8b") for each in free)
    assert not any(re.search(each["schema"]["pattern"], "a\0") for each in free)


def _is_free_text(schema: dict[str, Any]) -> bool:
    return schema.get("type") == "string" and "enum" not in schema and "format" not in schema
