"""`sentinel export status` writes the same bytes that the hub serves."""

import json
from pathlib import Path

import httpx
from click.testing import CliRunner

from sentinel.cli.main import main
from tests.run.world import CARD, MINUTE, PAY, House
from tests.serve.real import OPERATOR, served


def test_the_status_page_outlives_the_hub(tmp_path: Path) -> None:
    (tmp_path / "house").mkdir()
    house = House(tmp_path / "house")
    try:
        house.breaks(CARD, PAY)
        house.run(2 * MINUTE)
        house.tell()
        beside = tmp_path / "sentinel.db.hub"
        with served(house) as url:
            beside.write_text(json.dumps({"url": url, "token": OPERATOR}))
            told = CliRunner().invoke(main, ["export", "status", str(tmp_path / "www"), "--hub", str(beside)])
            assert told.exit_code == 0, told.output
            with httpx.Client(base_url=url, trust_env=False) as client:
                for path, file in (
                    ("/status", "status/index.html"),
                    ("/status", "index.html"),
                    ("/status/es/history", "status/es/history/index.html"),
                    ("/api/v2/incidents/unresolved.json", "api/v2/incidents/unresolved.json"),
                    ("/history.atom", "history.atom"),
                    ("/static/status.css", "static/status.css"),
                ):
                    assert (tmp_path / "www" / file).read_bytes() == client.get(path).content
        assert not list((tmp_path / "www").rglob("*.new"))
        gone = CliRunner().invoke(main, ["export", "status", str(tmp_path / "www"), "--hub", str(beside)])
        assert gone.exit_code == 3
        assert (tmp_path / "www/index.html").exists(), "the last export stands"
    finally:
        house.close()
