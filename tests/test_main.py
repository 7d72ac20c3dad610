"""The run of all the tests: a failure stands, unless the same test passes alone, and then it is named."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.__main__ import MOST, run

ONCE = """
from pathlib import Path

def test_that_is_late_once():
    seen = Path("seen")
    was = seen.exists()
    seen.touch()
    assert was
"""
NEVER = "def test_that_is_wrong(): assert False\n"
HANGS = """
import threading, pytest

@pytest.fixture
def that_never_ends():
    yield
    threading.Event().wait()

def test_that_fails_first(that_never_ends): assert False
"""
Play = Callable[..., int]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Play:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # they take longer to come than the tests here
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))

    def run_these(*modules: str, beside: Sequence[str] = ()) -> int:
        (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p tests.watchdog\n")
        for number, text in enumerate(modules):
            (tmp_path / f"test_{number}.py").write_text(text)
        return run(tmp_path, beside)

    return run_these


def test_what_passes_alone_is_named(play: Play, capfd: pytest.CaptureFixture[str]) -> None:
    assert play(ONCE, "def test_well(): pass\n") == 0
    assert "PASSED ONLY ALONE, look at them:\n  test_0.py::test_that_is_late_once" in capfd.readouterr().out


def test_what_fails_twice_fails(play: Play, capfd: pytest.CaptureFixture[str]) -> None:
    assert play(ONCE, NEVER) == 1
    assert "PASSED ONLY ALONE" not in capfd.readouterr().out


def test_many_failures_are_no_accident(play: Play) -> None:
    assert play(*[ONCE.replace('"seen"', f'"seen-{at}"') for at in range(MOST + 1)]) == 1


def test_what_cannot_be_collected_is_not_asked_again(play: Play, capfd: pytest.CaptureFixture[str]) -> None:
    assert play("import nothing_of_that_name\n") != 0
    assert "once more" not in capfd.readouterr().out


def test_what_hangs_after_a_failure_is_named_and_holds_nobody(
    play: Play, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TEST_TEARDOWN", "0.5")
    assert play(HANGS, "def test_well(): pass\n", beside=("-p", "xdist.plugin", "-n", "1")) == 1
    said = capfd.readouterr()
    assert "crashed while running 'test_0.py::test_that_fails_first'" in said.out
    assert "1 passed" in said.out
    assert "in that_never_ends" in said.err
