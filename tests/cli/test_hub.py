"""Finding the hub, and what is said when it cannot be found or reached."""

import json
import os
import socket
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sentinel.cli.hub import find_hub
from sentinel.cli.main import main
from tests.cli.conftest import Running, leave


def board(*words: str) -> Result:
    return CliRunner().invoke(main, ["board", *words])


def test_a_hub_that_does_not_run_is_exit_code_3_and_says_how_to_start_it(tmp_path: Path) -> None:
    (tmp_path / "sentinel.yaml").write_text("store: s.db\n")
    answer = board("--config", str(tmp_path / "sentinel.yaml"))
    assert answer.exit_code == 3
    assert f"there is no {tmp_path}/s.db.hub. Start it with: sentinel serve" in answer.stderr
    as_json = board("--config", str(tmp_path / "sentinel.yaml"), "--json")
    assert json.loads(as_json.stdout)["error"]["code"] == "not_running"


def test_credentials_of_a_hub_that_was_killed_are_exit_code_3(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    leave(tmp_path, f"http://127.0.0.1:{port}")
    answer = board("--config", str(tmp_path / "sentinel.yaml"))
    assert answer.exit_code == 3
    assert f"The hub at http://127.0.0.1:{port} does not answer" in answer.stderr


def test_a_token_of_an_earlier_run_is_exit_code_3(running: Running) -> None:
    held = json.loads((running.folder / "sentinel.db.hub").read_text())
    leave(running.folder, held["url"], token="old")
    answer = board("--config", str(running.folder / "sentinel.yaml"))
    assert answer.exit_code == 3
    assert "started again since" in answer.stderr


def test_no_configuration_is_wrong_usage(tmp_path: Path) -> None:
    assert board("--config", str(tmp_path / "none.yaml")).exit_code == 2
    (tmp_path / "sentinel.yaml").write_text("name: x\n  store: nested.db\n")
    answer = board("--config", str(tmp_path / "sentinel.yaml"))
    assert answer.exit_code == 2
    assert "no key `store:`" in answer.stderr


@pytest.mark.parametrize("held", ["", "[]", "{}", '{"url": "http://x"}', "\x00", '{"url": "nonsense", "token": "x"}'])
def test_credentials_that_are_none_are_exit_code_3(tmp_path: Path, held: str) -> None:
    (tmp_path / "x.hub").write_text(held)
    answer = board("--hub", str(tmp_path / "x.hub"))
    assert answer.exit_code == 3, answer.output
    assert "Traceback" not in answer.output


def test_the_credentials_file_can_be_named_itself(running: Running) -> None:
    assert board("--hub", str(running.folder / "sentinel.db.hub")).exit_code == 0


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("store: s.db", "s.db"),
        ('store: "a b.db" # x', "a b.db"),
        ("store : 's.db'", "s.db"),
        ("store: data/s.db  # beside", "data/s.db"),
        ("store: ${env:SENTINEL_TEST_FOLDER}/s.db", "there/s.db"),
    ],
)
def test_the_store_is_read_from_a_file_that_is_otherwise_broken(
    tmp_path: Path, line: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SENTINEL_TEST_FOLDER", "there")
    (tmp_path / "sentinel.yaml").write_text(f"name: [broken\n{line}\nx: }}\n")
    beside = tmp_path / f"{name}.hub"
    beside.parent.mkdir(exist_ok=True)
    beside.write_text('{"url": "http://127.0.0.1:1", "token": "t"}')
    hub = find_hub(tmp_path / "sentinel.yaml", None)
    assert hub.url == "http://127.0.0.1:1"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_credentials_of_another_user_say_so(tmp_path: Path) -> None:
    (tmp_path / "x.hub").touch(0o000)
    assert "may be read only by the user" in board("--hub", str(tmp_path / "x.hub")).stderr


def test_a_proxy_in_the_environment_is_not_given_the_token(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert board("--config", str(running.folder / "sentinel.yaml")).exit_code == 0
