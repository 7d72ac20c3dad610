"""docs/reference/status-page.md speaks of the addresses and values that there are, and of no others."""

import re

from sentinel.cli import export
from sentinel.serve.status.prepared import STALE_AFTER
from sentinel.serve.status.routes import DOCUMENTS, KEPT, Status
from sentinel.serve.status.statuspage import IMPACTS, INDICATORS, LISTED
from tests.docs.pages import page, section
from tests.serve.browser import Clock
from tests.serve.hub import MemoryHub

PAGE = page("docs/reference/status-page.md")


class Listing:
    """Takes down the paths that a face declares."""

    def __init__(self) -> None:
        self.paths: list[str] = []

    def route(self, method: str, path: str, need: object, endpoint: object) -> str:
        assert method == "GET"
        self.paths.append(path)
        return path


def test_every_address_is_in_the_table_and_no_other() -> None:
    listing = Listing()
    Status(MemoryHub(), pages=None, clock=Clock()).routes(listing)  # type: ignore[arg-type]  # only the paths are asked for
    told = set(re.findall(r"`(/[a-z{][^`]*)`", PAGE.partition("## What it shows")[0])) - {"/api/v2/..."}
    assert told == {path for path in listing.paths if not path.startswith("/api/")}


def test_every_document_is_in_the_table() -> None:
    told = re.findall(r"`([a-z/-]+\.json)`", section(PAGE, "For programs"))
    assert tuple(dict.fromkeys(told)) == DOCUMENTS == export.DOCUMENTS
    assert f"the last {LISTED} incidents" in PAGE


def test_the_table_of_impacts_is_the_codes() -> None:
    for impact, name in IMPACTS.items():
        indicator, description = INDICATORS[impact]
        assert f"| `{impact.value}` | `{impact.value}` | `{name}` | `{indicator}`, {description} |" in PAGE
    assert "`none`, " + INDICATORS[None][1] in PAGE


def test_the_times_of_serving_are_the_codes() -> None:
    assert f"`Cache-Control: {KEPT}`" in PAGE
    assert f"from {STALE_AFTER.total_seconds():.0f} seconds on" in PAGE
