"""Reading the folder from disk: bounds, encodings, references and absolute paths."""

import os
from pathlib import Path

import pytest

from sentinel.config import ConfigError
from sentinel.run.files import MAX_SECRET, open_installation, read, resolver
from tests.config.northwind import TEXTS
from tests.config.registry import KINDS


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The insurer's folder on disk, with its environment."""
    monkeypatch.setenv("LEAD_PASSWORD", "correct-horse-7")
    monkeypatch.setenv("SLACK_TOKEN", "xoxb-planted-secret")
    for name, text in TEXTS.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def faults(folder: Path, name: str = "sentinel.yaml") -> list[str]:
    with pytest.raises(ConfigError) as caught:
        open_installation(folder / name, KINDS)
    return [str(problem) for problem in caught.value.problems]


def test_paths_come_out_absolute(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    found = open_installation(Path("sentinel.yaml"), KINDS)
    assert found.store == folder / "sentinel.db"
    assert found.history == folder / "history.csv"
    assert found.audiences["payers"].csv == folder / "customers.csv"
    assert found.channels["cs-slack"].options.token.reveal() == "xoxb-planted-secret"


def test_the_main_file_may_have_another_name(folder: Path) -> None:
    (folder / "sentinel.yaml").rename(folder / "staging.yaml")
    assert open_installation(folder / "staging.yaml", KINDS).name == "northwind"
    assert faults(folder) == [
        "sentinel.yaml:1:1: this file is missing, write it (`sentinel init` does), or point --config at yours"
    ]
    wrong = TEXTS["sentinel.yaml"].replace("time_zone:", "time_zoen:")
    (folder / "staging.yaml").write_text(wrong, encoding="utf-8")
    assert {line.partition(":")[0] for line in faults(folder, "staging.yaml")} == {"staging.yaml"}, "the file that was read"
    assert faults(folder, "stagin.yaml")[0].startswith("stagin.yaml:1:1: this file is missing")


def test_only_the_installations_own_files_are_read(folder: Path) -> None:
    for name in ("checks/.hidden.yaml", "checks/payments.yaml~", "templates/customers/.keep", "notes.txt"):
        (folder / name).write_text("not: [yaml")
    (folder / "checks" / "old").mkdir()
    assert read(folder) == dict(TEXTS)


def test_a_byte_order_mark_is_no_text(folder: Path) -> None:
    (folder / "sentinel.yaml").write_bytes(b"\xef\xbb\xbf" + TEXTS["sentinel.yaml"].encode())
    assert read(folder) == dict(TEXTS)


def test_undecodable_bytes_are_reported_with_their_place_beside_all_other_mistakes(folder: Path) -> None:
    (folder / "checks/ledger.yaml").write_bytes("service: ledger\ntitle: é".encode() + b"\xff")
    (folder / "checks/payments.yaml").write_text(TEXTS["checks/payments.yaml"].replace("timeout: 5s", "timeout: soon"))
    found = faults(folder)
    assert found[0] == "checks/ledger.yaml:2:9: this is not text in UTF-8, write the file in UTF-8"
    assert "checks/payments.yaml:11:14: `soon` is not a duration" in found[-1]


def test_a_huge_file_is_reported_and_not_read(folder: Path) -> None:
    with (folder / "checks/huge.yaml").open("wb") as file:
        file.truncate(10**12)  # sparse: reading it whole would take all memory
    assert faults(folder) == ["checks/huge.yaml:1:1: the file is larger than 1 MB, split it"]


def test_a_pipe_among_the_files_blocks_nobody(folder: Path) -> None:
    os.mkfifo(folder / "checks/pipe.yaml")
    (folder / "checks/gone.yaml").symlink_to(folder / "nowhere")
    assert [one.split(",")[0] for one in faults(folder)] == [
        "checks/gone.yaml:1:1: this is not a file",
        "checks/pipe.yaml:1:1: this is not a file",
    ]


def test_references_are_looked_up_in_the_environment_and_in_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", "one")
    (tmp_path / "token").write_text("two\r\n")
    (tmp_path / "long").write_text("x" * (MAX_SECRET + 1))
    (tmp_path / "bytes").write_bytes(b"\xff")
    os.mkfifo(tmp_path / "pipe")
    resolve = resolver(tmp_path)
    assert resolve("env:A_TOKEN") == "one"
    assert resolve("file:token") == resolve(f"file:{tmp_path}/token") == "two"
    for name in (
        "env:NOT_THERE",
        "file:nowhere",
        "file:long",
        "file:bytes",
        "file:pipe",
        "file:",
        "file:.",
        "file:a\0b",
        "x:y",
        "",
    ):
        assert resolve(name) is None
