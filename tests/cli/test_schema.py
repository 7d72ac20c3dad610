"""`sentinel schema` prints and writes what editors read."""

import json
from pathlib import Path

from click.testing import CliRunner

from sentinel.cli.main import main


def test_it_prints_the_schema_of_one_kind_of_file() -> None:
    for part, key in (("main", "brand"), ("checks", "owner")):
        done = CliRunner().invoke(main, ["schema", part])
        assert done.exit_code == 0
        assert key in json.loads(done.output)["properties"]
    assert CliRunner().invoke(main, ["schema"]).output == CliRunner().invoke(main, ["schema", "main"]).output


def test_it_writes_all_three_into_a_folder(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["schema", "--folder", str(tmp_path / "schema")])
    assert done.exit_code == 0
    assert sorted(path.name for path in (tmp_path / "schema").iterdir()) == ["checks.json", "main.json", "statements.json"]
