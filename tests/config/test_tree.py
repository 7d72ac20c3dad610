"""YAML as nodes with places; what YAML allows and we do not."""

import pytest

from sentinel.config.problem import Problems
from sentinel.config.tree import MAX_BYTES, Mapping, Node, Scalar, below, parse


def tree(text: str) -> tuple[Node | None, list[str]]:
    problems = Problems()
    found = parse("f.yaml", text, problems)
    return found, [str(problem) for problem in problems]


def faults(text: str) -> list[str]:
    return tree(text)[1]


def test_every_node_knows_its_place() -> None:
    found, wrong = tree("a:\n  - b: 1\n    é: [x, 'y']\n")
    assert not wrong
    assert isinstance(found, Mapping)
    items = below(found, "a")
    assert items
    assert (items.line, items.column) == (2, 3)
    assert [(key.line, key.column, key.text) for key, _ in items.nodes[0].items] == [(2, 5, "b"), (3, 5, "é")]  # type: ignore[union-attr]


def test_an_empty_file_is_an_empty_mapping() -> None:
    for text in ("", "# nothing yet\n", "---\n", "~"):
        found, wrong = tree(text)
        assert isinstance(found, Mapping)
        assert (found.items, wrong) == ((), [])


def test_quoted_scalars_are_text_and_plain_ones_are_typed() -> None:
    found, _ = tree("""{a: '1', b: 1, c: "null", d: null, e: 'true', f: true}""")
    assert isinstance(found, Mapping)
    assert [node.value for _, node in found.items if isinstance(node, Scalar)] == ["1", 1, "null", None, "true", True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1: `a` was already given on line 1, keep one of the two"),
        ("a: &x 1\n", "f.yaml:1:4: `&x` is an anchor, take it out and write the value where it is needed"),
        ("a: !!set {x}\n", "f.yaml:1:4: `tag:yaml.org,2002:set` is a tag, take it out"),
        ("a: !python/object:os.system x\n", "f.yaml:1:4: `!python/object:os.system` is a tag, take it out"),
        ("a: 1\n---\nb: 1\n", "f.yaml:2:1: a second document begins here, keep one document in a file"),
        ("[a]: 1\n", "f.yaml:1:1: a key must be plain text, write a name before the colon"),
        ("a: 1\n  b: 2\n", "f.yaml:2:4: this is not YAML: mapping values are not allowed in this context, correct it"),
        ("a: 1\nb: é\x07\n", "f.yaml:2:5: a control character stands here, take it out"),
        ("a: 1\nb: é\ud800\n", "f.yaml:2:5: this is not text in UTF-8, write the file in UTF-8"),
        ("é" * (MAX_BYTES // 2 + 1), "f.yaml:1:1: the file is larger than 1 MB, split it"),
        ("[" * 41, "f.yaml:1:41: this is nested more than 40 deep, write it flatter"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, message: str) -> None:
    assert faults(text) == [message]


def test_an_alias_is_refused_and_never_followed() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{n}: [*a, *a]\n" for n in range(3))
    assert len(faults(bomb)) == 7
    assert "`*a` is an alias" in faults(bomb)[1]
