"""Links between pages lead somewhere, and commands and metrics named in prose exist."""

import re
from pathlib import Path

import pytest

from sentinel.cli.main import COMMANDS
from tests.docs.pages import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "deploy").glob("*.md")])
LINK = re.compile(r"\[[^\]]+\]\(([^)\s]+)\)")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_link_leads_to_a_page_and_a_heading_that_are_there(path: Path) -> None:
    for target in LINK.findall(path.read_text(encoding="utf-8")):
        if target.startswith(("https://", "http://")):
            continue
        file, _, anchor = target.partition("#")
        leads_to = (path.parent / file).resolve() if file else path
        assert leads_to.exists(), target
        assert not anchor or anchor in anchors(leads_to), target


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_command_that_a_page_shows_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    blocks = "\n".join(re.findall(r"```(?:sh|console)\n(.*?)```", text, re.DOTALL))
    shown = re.findall(r"(?:^|[\s/`$])sentinel ([a-z][a-z-]*)\b", blocks) + re.findall(r"`sentinel ([a-z][a-z-]*)", text)
    assert set(shown) <= set(COMMANDS)


def test_every_page_of_the_docs_is_in_their_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = [path for path in (ROOT / "docs").rglob("*.md") if path.name != "README.md"]
    assert all(f"]({path.relative_to(ROOT / 'docs')})" in index for path in pages)
