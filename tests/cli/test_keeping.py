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
