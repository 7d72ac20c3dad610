"""backup, restore, verify and erase as people use them. (F39 whole: tests/scenario/test_restored.py.)"""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sentinel.cli.main import main
from sentinel.cli.place import place_of
from sentinel.model import command as ask
from sentinel.store.database import Store
from tests.cli.conftest import Running
from tests.store.conftest import Where
from tests.store.kept import lived_in


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An installation whose hub is stopped, its file half edited."""
    lived_in(Where(path=tmp_path / "sentinel.db")).close()
    (tmp_path / "sentinel.yaml").write_text("name: [half edited\nstore: sentinel.db   # here\n")
    return tmp_path


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(main, [*words, "--config", str(folder / "sentinel.yaml")])


def test_a_backup_is_made_verified_and_put_back(folder: Path) -> None:
    to = folder / "one.backup"
    made = run(folder, "backup", str(to), "--key", str(folder / "apart.key"))
    assert made.exit_code == 0, made.output
    assert "read back and found whole" in made.output
    assert "keep it apart" in made.output
    with closing(sqlite3.connect(folder / "sentinel.db")) as c:
        line = c.execute("SELECT command FROM audit ORDER BY seq DESC LIMIT 1").fetchone()[0]
    assert json.loads(line)["do"] == "exported", "who took everything out stands in the audit"
    assert json.loads(line)["about"].startswith("a backup of ")
    assert run(folder, "verify", "--store", str(to)).exit_code == 0
    refused = run(folder, "restore", str(to))
    assert refused.exit_code == 1
    assert "--force" in refused.stderr
    done = run(folder, "restore", str(to), "--force")
    assert done.exit_code == 0, done.output
    assert "sentinel release" in done.output
    checked = json.loads(run(folder, "verify", "--json").output)
    assert checked["findings"] == []
    assert run(folder, "verify", "--seal", checked["audit"]).exit_code == 0
    assert run(folder, "verify", "--seal", "x").exit_code == 2


def test_a_folder_gets_a_file_named_by_the_time_and_programs_get_json(folder: Path) -> None:
    said = json.loads(run(folder, "backup", str(folder), "--json").output)
    assert Path(said["file"]).exists()
    assert Path(said["file"]).name.startswith("sentinel-2")
    assert len(said["sha256"]) == 64
    assert said["rows"] > 10


def test_what_is_wrong_is_listed_with_what_to_do_and_exit_code_1(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "sentinel.db")) as c:
        c.execute("DELETE FROM approval")
        c.commit()
    found = run(folder, "verify")
    assert found.exit_code == 1
    assert "WRONG nothing left without approval" in found.output
    assert "notice 2: messages of it may have left, and it has no approval of its own" in found.output
    as_json = json.loads(run(folder, "verify", "--json").output)
    assert not as_json["valid"]
    assert {"check", "where", "what", "mend"} == set(as_json["findings"][0])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["backup", "no/such/folder/x"], 4, "cannot be written"),
        (["backup", "sentinel.db"], 1, "is the store itself"),
        (["restore", "nothing.backup"], 1, "there is no file"),
        (["verify", "--store", "nothing.db"], 1, "there is no store"),
    ],
)
def test_what_cannot_be_done_is_said_plainly(
    folder: Path, words: list[str], code: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    ended = run(folder, *words)
    assert ended.exit_code == code, ended.output
    assert said in ended.stderr
    assert "Traceback" not in ended.output


def test_the_place_of_a_store_is_read_from_a_file_that_is_otherwise_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTINEL_TEST_URL", "postgresql://hub:secret@db/x")
    (tmp_path / "sentinel.yaml").write_text("x: [\nstore: 'a b.db'\ndatabase: ${env:SENTINEL_TEST_URL}  # shared\n")
    place = place_of(tmp_path / "sentinel.yaml", as_json=False)
    assert place.store == tmp_path / "a b.db"
    assert place.url == "postgresql://hub:secret@db/x"
    assert "secret" not in f"{place} {place!r}"
    (tmp_path / "sentinel.yaml").write_text("name: x\n")
    assert place_of(tmp_path / "sentinel.yaml", as_json=False).store == tmp_path / "sentinel.db"


def test_a_password_that_ends_its_address_too_early_is_shown_by_no_command(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTINEL_TEST_URL", "postgresql://hub:sec@ret@127.0.0.1/x")
    config = folder / "sentinel.yaml"
    config.write_text("name: [half edited\ndatabase: ${env:SENTINEL_TEST_URL}\n")
    ended = CliRunner().invoke(main, ["backup", str(folder / "copy"), "--config", str(config)])
    assert ended.exit_code == 2
    assert "write an @ in these as %40" in ended.output
    assert "ret" not in ended.output.replace("sentinel", "")


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["C-7", "--why", "request 218"], ask.Erase(person="C-7", why="request 218")),
        (["ana@example.com"], ask.Erase(address="ana@example.com")),
        (["C-7", "--address", "ana@example.com"], ask.Erase(person="C-7", address="ana@example.com")),
    ],
)
def test_erase_asks_the_running_hub(
    running: Running, sentinel: Callable[..., Result], words: list[str], command: ask.Erase
) -> None:
    assert sentinel("erase", *words, typed="n\n").exit_code == 1
    assert not running.hub.asked
    assert sentinel("erase", *words, typed="y\n").exit_code == 0
    assert running.hub.asked[-1][0] == command


def test_erase_needs_no_hub_and_holds_to_its_word_at_the_next_start(folder: Path) -> None:
    """Rows that a killed hub had in hand are in nobody's hand any more: they hold nobody up."""
    with closing(sqlite3.connect(folder / "sentinel.db")) as c:
        (before,) = c.execute("SELECT address FROM delivery WHERE lane = 'customers'").fetchone()
        c.execute("UPDATE delivery SET state = 'armed', fence = 1 WHERE address = ?", (before,))
        c.commit()
    (folder / "sentinel.db.hub").write_text('{"url": "http://127.0.0.1:9", "token": "of one that was killed"}')
    asked = run(folder, "erase", before)
    assert asked.exit_code == 1, "it asks first"
    done = run(folder, "erase", before, "--yes", "--why", "request 218")
    assert done.exit_code == 0, done.output
    assert "Erased from 2 deliveries" in done.output
    assert (folder / "sentinel.db.erased").exists()
    everything = b"".join(each.read_bytes() for each in folder.glob("sentinel.db*"))
    assert before.encode() not in everything
    again = run(folder, "erase", before, "--json")
    assert "Nothing of them stands here" in json.loads(again.output)["done"]["said"]
    checked = json.loads(run(folder, "verify", "--json").output)
    # The story's clock stands still, the command's does not: by it a promise of the story is past.
    assert {each["check"] for each in checked["findings"]} <= {"promises"}
    with closing(sqlite3.connect(folder / "sentinel.db")) as c:
        who, command = c.execute("SELECT who, command FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    assert who
    assert json.loads(command)["do"] == "erase"
    assert before not in command


def test_erase_leaves_a_store_alone_that_a_hub_has_and_makes_none_where_there_is_none(folder: Path) -> None:
    with closing(Store.open(folder / "sentinel.db")):
        refused = run(folder, "erase", "C-7", "--yes")
    assert refused.exit_code == 1
    assert "in use by another hub" in refused.stderr
    (folder / "sentinel.yaml").write_text("store: other.db\n")
    assert "there is no store" in run(folder, "erase", "C-7", "--yes").stderr
    assert not (folder / "other.db").exists()
