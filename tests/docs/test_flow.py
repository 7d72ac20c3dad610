"""docs/explanation/flow.md: the three walks through the code are true."""

import re

import pytest

from tests.docs.pages import PACKAGE, ROOT, defined, page, section

PAGE = page("docs/explanation/flow.md")
NAMED = re.compile(r"`([\w/]+\.py):([\w.]+)`")
WALKS = ("One observation", "One notice", "One estimate")


def steps(walk: str) -> list[str]:
    return re.findall(r"^\d+\. .*$", section(PAGE, walk), re.MULTILINE)


@pytest.mark.parametrize(("path", "name"), sorted(set(NAMED.findall(PAGE))))
def test_every_function_that_the_page_names_exists(path: str, name: str) -> None:
    assert (PACKAGE / path).is_file(), path
    assert name in defined(PACKAGE / path)


def test_every_file_that_the_page_names_exists() -> None:
    for path in re.findall(r"`([\w/]+\.py)(?::[\w.]+)?`", PAGE):
        assert (PACKAGE / path).is_file(), path


@pytest.mark.parametrize("walk", WALKS)
def test_a_walk_has_ten_steps_and_each_begins_with_its_function(walk: str) -> None:
    found = steps(walk)
    assert [int(step.split(".")[0]) for step in found] == list(range(1, 11))
    assert all(NAMED.match(step.partition(". ")[2]) for step in found)
    assert all(len(step) <= 140 for step in found)


@pytest.mark.parametrize("walk", WALKS)
def test_a_walk_never_comes_back_to_a_file_that_it_has_left(walk: str) -> None:
    """No zigzag: each line is the only one of its walk that names its file."""
    files = [path for step in steps(walk) for path in {path for path, _ in NAMED.findall(step)}]
    assert len(files) == len(set(files)), sorted(files)


@pytest.mark.parametrize("walk", WALKS)
def test_a_walk_follows_calls_that_the_code_makes(walk: str) -> None:
    """Each step's function is named somewhere else in the package than where it is defined: somebody calls it."""
    texts = {path: path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}
    for step in steps(walk):
        for path, name in NAMED.findall(step):
            called = re.compile(rf"\b{name.rpartition('.')[2]}\b")
            assert any(called.search(text) for other, text in texts.items() if other != PACKAGE / path), (path, name)


def test_the_page_names_the_rooms_that_there_are() -> None:
    line = next(line for line in PAGE.splitlines() if line.startswith("checks/"))
    checks, *rooms = re.findall(r"[a-z]+/?", line)
    assert (ROOT / checks).is_dir()
    assert all((PACKAGE / room).is_dir() for room in rooms)
