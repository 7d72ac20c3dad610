"""What a command writes is there whole, or what was there before is."""

from pathlib import Path

import pytest

from sentinel.cli.whole import write_whole


def test_it_takes_the_place_of_what_was_there_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "made" / "history.csv"
    write_whole(path, b"one")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"one", 0o644)
    path.chmod(0o600)
    write_whole(path, b"two")
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (b"two", 0o600)
    assert [each.name for each in path.parent.iterdir()] == ["history.csv"]


def test_what_fails_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="taken"):
        write_whole(tmp_path / "taken", b"a file in the place of a folder")
    assert [each.name for each in tmp_path.iterdir()] == ["taken"]
