"""`sentinel import history`: past incidents of files and status pages become the history, once each."""

import gzip
import json
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from sentinel.cli.import_history import _fetched
from sentinel.cli.main import main
from sentinel.exchange import history
from sentinel.exchange.targets import Unreadable
from sentinel.model.estimate import Told

HEAD = "service,began_at,ended_at,cause,impact,ended"


def incident(number: int = 1, **said: Any) -> dict[str, Any]:
    """As a page tells it, the last update first."""
    day = f"2026-03-{number:02}T"
    return {
        "id": f"x{number}",
        "name": "Payments fail",
        "status": "resolved",
        "impact": "major",
        "created_at": f"{day}10:05:00.000+01:00",
        "started_at": f"{day}10:00:00.000+01:00",
        "resolved_at": f"{day}11:30:00.000+01:00",
        "components": [{"name": "Card payments"}],
        "incident_updates": [
            {"status": "resolved", "created_at": f"{day}11:30:00.000+01:00"},
            {"status": "monitoring", "created_at": f"{day}11:00:00.000+01:00", "display_at": f"{day}10:50:00.000+01:00"},
            {"status": "identified", "created_at": f"{day}10:30:00.000+01:00"},
            {"status": "identified", "created_at": f"{day}10:20:00.000+01:00"},
            {"status": "investigating", "created_at": f"{day}10:05:00.000+01:00"},
        ],
        **said,
    }


@pytest.fixture
def house(tmp_path: Path) -> Path:
    (tmp_path / "sentinel.yaml").write_text("store: sentinel.db\nhistory: past.csv\n", encoding="utf-8")
    return tmp_path


def run(house: Path, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["import", "history", *arguments, "--config", str(house / "sentinel.yaml")])


def page(house: Path, *incidents: Any, bare: bool = False) -> str:
    path = house / "incidents.json"
    path.write_text(json.dumps(list(incidents) if bare else {"page": {"id": "p"}, "incidents": incidents}), encoding="utf-8")
    return str(path)


def test_an_incident_of_a_page_becomes_a_row_with_its_phases(house: Path) -> None:
    ran = run(house, page(house, incident()), "--service", "payments")
    assert ran.exit_code == 0, ran.output
    (row,) = history.read(house / "past.csv").incidents
    assert (row.service, row.impact, row.ended, row.lasted) == (
        "payments",
        "partial_outage",
        "resolution",
        timedelta(minutes=90),
    )
    assert row.began_at.isoformat() == "2026-03-01T09:00:00+00:00"
    told = [("investigating", 5), ("identified", 20), ("monitoring", 50)]
    assert row.told == tuple(Told(after=timedelta(minutes=after), phase=phase) for phase, after in told)


def test_again_adds_nothing_and_what_is_new_is_added(house: Path) -> None:
    run(house, page(house, incident(1)), "--service", "payments")
    before = (house / "past.csv").read_bytes()
    assert "0 past incidents added, 1 were there" in run(house, page(house, incident(1)), "--service", "payments").output
    assert (house / "past.csv").read_bytes() == before
    run(house, page(house, incident(1), incident(2), bare=True), "--service", "payments")
    assert len(history.read(house / "past.csv").incidents) == 2
    assert (house / "past.csv").read_bytes().startswith(before)


def test_rows_that_people_wrote_stay_as_they_are(house: Path) -> None:
    theirs = f'{HEAD}\npayments,2026-01-01T10:00:00Z,2026-01-01T11:00:00Z,"a, cause",,recovery'
    (house / "past.csv").write_text(theirs, encoding="utf-8")
    run(house, page(house, incident()), "--service", "payments")
    lines = (house / "past.csv").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == [f"{HEAD},told", theirs.splitlines()[1]]
    found = history.read(house / "past.csv")
    assert (len(found.incidents), found.errors) == (2, ())


def test_components_choose_the_service_and_the_rest_is_counted(house: Path) -> None:
    given = page(
        house,
        incident(1),
        incident(2, components=[{"name": "Search"}]),
        incident(3, resolved_at=None),
        incident(4, impact="maintenance"),
        incident(5, resolved_at="2026-03-05T08:00:00Z"),
        "no incident",
    )
    ran = run(house, given, "--component", "Card payments=payments", "--json")
    said = json.loads(ran.stdout)
    assert (said["added"], said["known"]) == (1, 0)
    assert said["left_out"] == {"not over yet": 1, "planned maintenance": 1, "of other components": 1}
    assert [one.partition(": ")[2] for one in said["errors"]] == [
        "incident 5: it ends before it begins",
        "incident 6: it is no object",
    ]


def test_a_plan_writes_nothing(house: Path) -> None:
    ran = run(house, page(house, incident()), "--service", "payments", "--plan")
    assert "1 past incidents would be added" in ran.output
    assert not (house / "past.csv").exists()


def test_a_csv_of_ours_is_added_too(house: Path) -> None:
    more = house / "more.csv"
    more.write_text(f"{HEAD}\npayments,2026-01-01T10:00:00Z,2026-01-01T11:00:00Z,,,recovery\n", encoding="utf-8")
    assert run(house, str(more)).exit_code == 0
    assert len(history.read(house / "past.csv").incidents) == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<html>", "it is not JSON"),
        ("[" * 100_000, "it is not JSON"),
        ('{"page": {}}', "it has no list of incidents"),
    ],
    ids=["html", "deep", "no list"],
)
def test_what_is_no_list_of_incidents_is_said_and_nothing_is_written(house: Path, text: str, says: str) -> None:
    path = house / "x.json"
    path.write_text(text, encoding="utf-8")
    ran = run(house, str(path), "--service", "payments")
    assert ran.exit_code == 2
    assert says in ran.output
    assert not (house / "past.csv").exists()


def test_a_history_that_cannot_be_read_is_not_added_to(house: Path) -> None:
    (house / "past.csv").write_text(f"{HEAD}\npayments,yesterday,,,,\n", encoding="utf-8")
    ran = run(house, page(house, incident()), "--service", "payments")
    assert ran.exit_code == 1
    assert "past.csv:2" in ran.output


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"incidents": [incident()]}).encode()
        large = self.path.startswith("/large")
        self.send_response(200 if large or self.path == "/api/v2/incidents.json" else 404)
        self.end_headers()
        self.wfile.write(b" " * 9_000_000 if large else body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as its base class names it
        """Nobody reads it."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_the_address_of_a_page_is_enough(house: Path, url: str) -> None:
    assert run(house, f"{url}/", "--service", "payments").exit_code == 0
    assert len(history.read(house / "past.csv").incidents) == 1


@pytest.mark.parametrize(
    ("path", "says"), [("/other", "answers 404"), ("/large.json", "larger than 8 MB")], ids=["404", "large"]
)
def test_a_page_that_gives_none_is_said(house: Path, url: str, path: str, says: str) -> None:
    ran = run(house, f"{url}{path}", "--service", "payments")
    assert ran.exit_code == 2
    assert says in ran.output


def test_a_rehearsal_is_shown_of_what_was_imported(house: Path) -> None:
    run(house, page(house, *(incident(day) for day in range(1, 29))), "--service", "payments")
    ran = CliRunner().invoke(main, ["scorecard", "--rehearse", "--config", str(house / "sentinel.yaml")])
    assert ran.exit_code == 0, ran.output
    assert ran.output.startswith("REHEARSAL: what would have been said of the last 28 incidents")


def test_what_is_packed_within_what_is_packed_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = gzip.compress(gzip.compress(bytes(50_000_000)))

    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-encoding": "gzip, gzip"}, stream=httpx.ByteStream(bomb))

    client = httpx.Client(transport=httpx.MockTransport(answer))
    monkeypatch.setattr("httpx.stream", client.stream)
    with pytest.raises(Unreadable, match="packing"):
        _fetched("http://127.0.0.1/api/v2/incidents.json")


def test_an_answer_that_drips_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, stream=httpx.ByteStream(b" " * 9))))
    monkeypatch.setattr("httpx.stream", client.stream)
    monkeypatch.setattr("sentinel.cli.import_history.AT_MOST", -1.0)
    with pytest.raises(Unreadable, match="longer than"):
        _fetched("http://127.0.0.1/api/v2/incidents.json")


def test_an_end_of_line_within_a_cell_stays(house: Path) -> None:
    held = b'service,began_at,ended_at,cause\r\npayments,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z,"disk\rfull"\r\n'
    (house / "past.csv").write_bytes(held)
    assert run(house, page(house, incident()), "--service", "payments").exit_code == 0
    assert held.splitlines(keepends=False)[1] in (house / "past.csv").read_bytes()
    assert history.read(house / "past.csv").errors == ()


def test_a_history_that_is_no_text_is_said_to_be_none(house: Path) -> None:
    (house / "past.csv").write_bytes(b"service,began_at,ended_at\ncaf\xe9,2026-01-01T00:00:00Z,2026-01-01T01:00:00Z\n")
    ran = run(house, page(house, incident()), "--service", "payments")
    assert (ran.exit_code, "not text in UTF-8" in ran.output) == (1, True)


def test_what_cannot_be_read_back_is_not_written(house: Path) -> None:
    ancient = incident(started_at="1970-01-01T00:00:00Z")
    assert "over ten years" in run(house, page(house, ancient), "--service", "payments").output
    assert run(house, page(house, incident()), "--service", "pay\nments").exit_code == 2
    assert not (house / "past.csv").exists()


@pytest.mark.parametrize("more", [(), ("--json",)], ids=["in words", "as JSON"])
def test_no_password_in_an_address_is_told(house: Path, more: tuple[str, ...]) -> None:
    told = run(house, "http://omar:hunter2@127.0.0.1:1/api.json", *more)
    assert told.exit_code == 2
    assert "hunter2" not in told.output
    assert "127.0.0.1" in told.output
