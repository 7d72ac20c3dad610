"""`sentinel migrate`, as people and programs call it."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sentinel.cli.main import main
from sentinel.store.database import Store
from sentinel.store.schema import SCHEMA
from tests.store.conftest import Where
from tests.store.old import make_old

MAIN = """\
name: northwind
brand: Northwind
url: https://sentinel.northwind.example
time_zone: Europe/Madrid
languages: [en]
store: kept/sentinel.db
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sentinel.yaml").write_text(MAIN)
    return tmp_path


def run(folder: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["migrate", "--config", str(folder / "sentinel.yaml"), *more], catch_exceptions=False)


def store_of(folder: Path) -> Path:
    return folder / "kept" / "sentinel.db"


def test_an_old_store_is_brought_forward_and_what_is_done_is_said(folder: Path) -> None:
    make_old(Where(path=store_of(folder)))
    asked = run(folder, "--check")
    assert asked.exit_code == 1
    assert f"has schema 2, this Sentinel wants {SCHEMA}" in asked.output
    assert "stop all of them first" in asked.output
    done = run(folder)
    assert done.exit_code == 0
    assert f"copied to {store_of(folder)}.schema-2" in done.output
    assert f"had schema 2 and has {SCHEMA} now. Start the hub." in done.output
    again = run(folder, "--check")
    assert (again.exit_code, "Nothing to do" in again.output) == (0, True)
    Store.open(store_of(folder)).close()


def test_a_program_reads_what_was_done_as_json(folder: Path) -> None:
    make_old(Where(path=store_of(folder)))
    said = json.loads(run(folder, "--json").stdout)
    assert (said["was"], said["wanted"], said["done"]) == (2, SCHEMA, True)
    assert [step["revision"] for step in said["steps"]] == ["0002", "0003", "0004", "0005", "0006", "0007", "0008"]


def test_where_there_is_no_store_nothing_is_made(folder: Path) -> None:
    assert "There is no store yet" in run(folder).output
    assert not store_of(folder).exists()


def test_a_store_that_a_hub_has_is_left_alone(folder: Path) -> None:
    with closing(Store.open(store_of(folder))):
        refused = run(folder, "--json")
    assert refused.exit_code == 1
    assert json.loads(refused.stdout)["error"]["code"] == "refused"


def test_a_database_that_cannot_be_reached_is_said_without_its_password(folder: Path) -> None:
    (folder / "sentinel.yaml").write_text(MAIN + "database: postgresql://me:hush@127.0.0.1:1/none\n")
    away = run(folder)
    assert away.exit_code in (2, 3)
    assert "hush" not in away.output


def test_a_damaged_store_is_refused_and_a_mistake_in_the_configuration_too(folder: Path) -> None:
    store_of(folder).parent.mkdir()
    store_of(folder).write_bytes(b"no store at all" * 1000)
    broken = run(folder)
    assert broken.exit_code == 4
    assert "sentinel restore" in broken.output
    (folder / "sentinel.yaml").write_text("nonsense: 1\n")
    assert run(folder).exit_code == 2
