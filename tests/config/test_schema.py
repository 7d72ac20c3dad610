"""The schemas for editors say what the loader says, of the worked example and of files with mistakes."""

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sentinel.config.problem import Problems
from sentinel.config.schema import PARTS, Part, schema
from sentinel.config.tree import Mapping, Node, Scalar, Sequence, parse
from sentinel.demo.world import example
from sentinel.run.kinds import FoundKinds
from tests.config.northwind import TEXTS

KINDS = FoundKinds()
EXAMPLE = {
    **{f"checks/{path.name}": path.read_text() for path in sorted((example() / "checks").glob("*.yaml"))},
    **{
        f"templates/statements/{path.name}": path.read_text()
        for path in sorted((example() / "templates/statements").glob("*.yaml"))
    },
}


def part_of(file: str) -> Part:
    return "main" if file == "sentinel.yaml" else "checks" if file.startswith("checks/") else "statements"


def plain(node: Node | None) -> Any:
    """What an editor sees of a file: YAML 1.2, in which a day is text."""
    match node:
        case Mapping():
            return {key.text: plain(value) for key, value in node.items}
        case Sequence():
            return [plain(item) for item in node.nodes]
        case Scalar():
            return node.value
    return {}


def wrong(part: Part, text: str) -> list[str]:
    validator = Draft202012Validator(schema(part, KINDS))
    return [error.message for error in validator.iter_errors(plain(parse("x.yaml", text, Problems())))]


@pytest.mark.parametrize("part", PARTS)
def test_a_schema_is_one(part: Part) -> None:
    Draft202012Validator.check_schema(schema(part, KINDS))


@pytest.mark.parametrize("file", [*EXAMPLE, *(name for name in TEXTS if name.endswith(".yaml"))])
def test_valid_files_are_valid(file: str) -> None:
    assert wrong(part_of(file), EXAMPLE.get(file) or TEXTS[file]) == []


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("sentinel.yaml", "brand:", "brnad:"),
        ("sentinel.yaml", "{slack:", "{slakc:"),
        ("sentinel.yaml", "${env:SLACK_TOKEN}", "xoxb-1-2-3"),
        ("sentinel.yaml", "role: lead", "role: boss"),
        ("sentinel.yaml", "role: lead", "role: [lead, boss]"),
        ("sentinel.yaml", "role: lead", "role: [lead, lead]"),
        ("checks/payments.yaml", "http:", "htpp:"),
        ("checks/payments.yaml", "timeout: 5s", "timeout: soon"),
        ("checks/payments.yaml", "below_ms:", "belowms:"),
        ("templates/statements/payments.yaml", "say:", "saay:"),
        ("templates/statements/payments.yaml", "impact: major_outage", "impact: huge"),
    ],
)
def test_a_mistake_is_seen(file: str, old: str, new: str) -> None:
    assert old in TEXTS[file]
    assert wrong(part_of(file), TEXTS[file].replace(old, new, 1))


def test_somebody_may_have_several_roles() -> None:
    assert wrong("main", TEXTS["sentinel.yaml"].replace("role: lead", "role: [lead, admin]")) == []


def test_a_check_without_a_kind_or_with_words_in_no_language_is_seen() -> None:
    service = "service: payments\ntitle: {}\nowner: {team: A, person: B}\nchecks: {one: {every: 1s}}\n"
    assert len(wrong("checks", service)) == 2


def properties(made: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every key that people may write, wherever it stands."""
    if isinstance(made, dict):
        for name, one in made.get("properties", {}).items() if isinstance(made.get("properties"), dict) else ():
            yield f"{path}.{name}", one
        for key, value in made.items():
            yield from properties(value, f"{path}.{key}" if isinstance(value, dict) else path)
    elif isinstance(made, list):
        for item in made:
            yield from properties(item, path)


@pytest.mark.parametrize("part", PARTS)
def test_every_key_says_what_it_is(part: Part) -> None:
    found = list(properties(schema(part, KINDS)))
    assert len(found) > 8
    assert [path for path, one in found if not one.get("description")] == []


def test_defaults_are_as_people_write_them() -> None:
    notice = schema("main", KINDS)["properties"]["policies"]["properties"]["notice"]["properties"]
    assert notice["next_word"]["default"] == "1h"
    assert notice["ask_before"]["default"] == "10m"
