"""docs/reference/directory.md names every reason, column, parameter and bound, and the examples of the guide are valid."""

import re
from collections.abc import Collection

import pytest

from sentinel.config import load
from sentinel.directory import customer, http, rows, sql
from sentinel.directory.rows import Row
from sentinel.model.audience import PARAMETERS
from sentinel.model.person import Reason
from tests.config.registry import KINDS
from tests.docs.pages import page

PAGE, GUIDE = page("docs/reference/directory.md"), page("docs/how-to/connect-a-directory.md")
HEAD = "name: northwind\nbrand: Northwind\nurl: https://sentinel.example\ntime_zone: UTC\nlanguages: [en]\n"


def named(heading: str) -> set[str]:
    """The first cells of the table under a heading."""
    found = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found, heading
    return set(re.findall(r"^\| `(\w+)` \|", found[1], re.MULTILINE))


@pytest.mark.parametrize(
    ("heading", "those"),
    [("Parameters", PARAMETERS), ("Columns", customer.COLUMNS), ("Reasons", [each.value for each in Reason])],
)
def test_the_reference_names_them_all_and_no_others(heading: str, those: Collection[str]) -> None:
    assert named(heading) == set(those)


def test_its_bounds_are_those_of_the_code() -> None:
    assert (rows.LONGEST_LINE, http.LONGEST_LINE) == (16 * 1024, 64 * 1024)
    assert (http.LARGEST_PAGE, http.MOST_BYTES, http.MOST_PAGES) == (16_000_000, 2_000_000_000, 10_000)
    assert sql.MOST == http.MOST_PEOPLE == 5_000_000
    for written in ("16 kB, 64 kB", "16 MB; 2 GB; 10,000", "5,000,000", "30 s; 10 s"):
        assert written in PAGE
    assert (http.REPLY_SECONDS, http.CONNECT_SECONDS, sql.CONNECT_SECONDS) == (30, 10, 10)


@pytest.mark.parametrize("written", re.findall(r"```yaml\n(.*?)```", GUIDE, re.DOTALL))
def test_the_guides_examples_are_valid(written: str) -> None:
    resolved = {"env:CUSTOMERS_DB": "postgresql://db.example/crm", "file:secrets/crm-token": "s3cret"}
    assert load({"sentinel.yaml": HEAD + written}, KINDS, resolved.get).audiences


def test_the_guides_file_can_be_read() -> None:
    (written,) = re.findall(r"```csv\n(.*?)```", GUIDE, re.DOTALL)
    header, row = (Row(number, tuple(line.split(","))) for number, line in enumerate(written.splitlines(), start=1))
    found, errors = customer.customer(dict(zip(header.cells, row.cells, strict=True)), customer.Where(source="guide", line=2))
    assert found is not None
    assert errors == []
