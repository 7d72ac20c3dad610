"""`sentinel doctor` against real servers: it finds what is wrong, says how to mend it, and shows no secret."""

import asyncio
import fcntl
import json
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from sentinel.cli.main import main
from sentinel.demo.mailroom import Mailroom
from sentinel.demo.stage import free_port

MAIN = """\
name: northwind
brand: Northwind Insurance
url: http://127.0.0.1:{port}
listen: 127.0.0.1:{port}
time_zone: Europe/Madrid
languages: [en]
allow_private: [127.0.0.0/8]
canaries: [tcp://192.0.2.1:443, tcp://198.51.100.1:443, tcp://203.0.113.1:443]
people: [{{name: Lena, email: lena@northwind.example, role: lead, password: "${{file:secrets/lead}}"}}]
channels: {{cs-mail: {{email: {{server: "smtp://127.0.0.1:{mail}", from: "a@northwind.example", to: "b@northwind.example"}}}}}}
audiences: {{customers: {{csv: customers.csv}}}}
"""
SERVICE = """\
service: payments
title: Online payments
owner: {{team: Billing, person: Maria Okafor, reviewed: {reviewed}}}
tell: {{staff: [cs-mail]}}
checks:
  form: {{http: "http://{host}/form"}}
"""
STATEMENTS = """\
cannot_pay:
  impact: major_outage
  say: You cannot pay.
  assure: [{en: You are covered., owner: Billing, evidence: POL-1, until: 2021-01-01}]
"""
OF_THIS_MACHINE = {"clock kept", "names", "routes", "echoes", "descriptors"}
"""What it finds there is as the machine is that the tests run on."""
PEOPLE = "person,name,email,language,zone,consent\n1,Ana,ana@c.example,en,UTC,yes\n2,Ben,not an address,en,UTC,yes\n"


@pytest.fixture
def web() -> Iterator[int]:
    """Something that takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def mail() -> Iterator[int]:
    """A mail server in a thread of its own: the command has a loop of its own too."""
    room, stop, ready = Mailroom(), asyncio.Event(), threading.Event()
    loop = asyncio.new_event_loop()

    async def serve() -> None:
        await room.start()
        ready.set()
        await stop.wait()
        await room.stop()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert ready.wait(10)
    yield room.port
    loop.call_soon_threadsafe(stop.set)
    thread.join(10)
    loop.close()


@pytest.fixture
def folder(tmp_path: Path, web: int, mail: int) -> Path:
    files = {
        "sentinel.yaml": MAIN.format(port=free_port(), mail=mail),
        "checks/payments.yaml": SERVICE.format(host=f"127.0.0.1:{web}", reviewed="2026-11-01"),
        "customers.csv": PEOPLE.replace("not an address", "ben@c.example"),
        "secrets/lead": "planted-secret-1\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "secrets/lead").chmod(0o600)
    return tmp_path


def run(folder: Path, *more: str) -> Result:
    return CliRunner().invoke(main, ["doctor", "--config", str(folder / "sentinel.yaml"), *more], catch_exceptions=False)


def findings(folder: Path, *more: str) -> dict[str, Any]:
    return {one["what"]: one for one in json.loads(run(folder, "--json", *more).output)}


def test_where_all_is_well_nothing_is_to_be_mended(folder: Path) -> None:
    found = findings(folder)
    assert {one["state"] for name, one in found.items() if name not in OF_THIS_MACHINE} == {"ok"}, found
    assert found.keys() >= OF_THIS_MACHINE
    assert {"files", "secrets", "store", "disk", "hub", "port", "clock", "console", "check payments.form"} <= set(found)
    assert found["mail server of cs-mail"]["said"].endswith("answers")
    assert found["audience customers"]["said"] == "2 people"
    assert run(folder).exit_code == 0


def test_no_secret_is_shown(folder: Path) -> None:
    assert "planted-secret-1" not in run(folder).output + run(folder, "--json").output


def test_files_that_are_not_valid_are_all_that_is_said(folder: Path) -> None:
    (folder / "checks/payments.yaml").write_text("service: [")
    found = findings(folder)
    assert list(found) == ["files"]
    assert found["files"]["state"] == "wrong"
    assert "sentinel validate" in found["files"]["mend"]
    assert run(folder).exit_code == 1


def test_what_cannot_be_reached_is_named(folder: Path) -> None:
    dead = free_port()
    file = folder / "checks/payments.yaml"
    file.write_text(SERVICE.format(host=f"127.0.0.1:{dead}", reviewed="2026-11-01"))
    main_file = folder / "sentinel.yaml"
    text = main_file.read_text()
    main_file.write_text(text.replace(text.partition("smtp://127.0.0.1:")[2].partition('"')[0], str(dead)))
    found = findings(folder)
    assert found["check payments.form"]["state"] == "warning"
    assert "connection refused" in found["check payments.form"]["said"]
    assert found["mail server of cs-mail"]["state"] == "wrong"


def test_an_address_that_probes_may_not_reach_is_told_apart_from_a_dead_one(folder: Path) -> None:
    file = folder / "sentinel.yaml"
    file.write_text(file.read_text().replace("allow_private: [127.0.0.0/8]\n", ""))
    found = findings(folder)["check payments.form"]
    assert found["state"] == "wrong"
    assert "loopback" in found["said"]
    assert "allow_private" in found["mend"]


def test_a_name_that_is_not_there_is_said(folder: Path) -> None:
    (folder / "checks/payments.yaml").write_text(SERVICE.format(host="pay.invalid", reviewed="2026-11-01"))
    assert "cannot be resolved" in findings(folder)["check payments.form"]["said"]


def test_rows_that_cannot_be_read_and_a_missing_file_are_counted(folder: Path) -> None:
    (folder / "customers.csv").write_text(PEOPLE)
    found = findings(folder)["audience customers"]
    assert found["state"] == "warning"
    assert "; 1 row with a mistake, the first: customers.csv:3: column email: " in found["said"]
    (folder / "customers.csv").unlink()
    assert findings(folder)["audience customers"]["state"] == "wrong"


def test_how_to_mend_it_stands_beneath_what_was_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    (folder / "customers.csv").unlink()
    lines = [line.split() for line in run(folder).output.splitlines()]
    at = next(number for number, words in enumerate(lines) if words[:3] == ["wrong", "audience", "customers"])
    beneath = next(words for words in lines[at + 1 :] if "mend" in words)
    assert beneath[:3] == ["to", "mend", "it:"]


def test_words_that_are_out_of_date_are_warned_of(folder: Path) -> None:
    (folder / "templates/statements").mkdir(parents=True)
    (folder / "templates/statements/payments.yaml").write_text(STATEMENTS)
    file = folder / "checks/payments.yaml"
    file.write_text(file.read_text().replace("2026-11-01", "2020-01-01"))
    found = findings(folder, "--offline")
    assert "POL-1 ended on 2021-01-01" in found["assurance"]["said"]
    assert "payments: last looked at on 2020-01-01" in found["owner"]["said"]
    assert "payments.cannot_pay can reach no customer" in found["reach"]["said"]
    assert run(folder, "--offline").exit_code == 0


def test_a_secret_that_everybody_can_read_is_warned_of(folder: Path) -> None:
    (folder / "secrets/lead").chmod(0o644)
    assert findings(folder, "--offline")["secrets"]["mend"] == "chmod 600 them"


def test_a_port_that_another_has_and_a_hub_that_does_not_answer_are_wrong(folder: Path) -> None:
    port = int((folder / "sentinel.yaml").read_text().partition("listen: 127.0.0.1:")[2].partition("\n")[0])
    with socket.create_server(("127.0.0.1", port)):
        assert findings(folder, "--offline")["port"]["state"] == "wrong"
    with (folder / "sentinel.db.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert "does not answer" in findings(folder, "--offline")["hub"]["said"]
    assert "the lock is free" in findings(folder, "--offline")["hub"]["said"]


def test_a_clock_behind_the_stores_last_write_is_wrong(folder: Path) -> None:
    store = folder / "sentinel.db"
    store.touch()
    assert findings(folder, "--offline")["clock"]["state"] == "ok"
    later = store.stat().st_mtime + 3600
    os.utime(store, (later, later))
    assert findings(folder, "--offline")["clock"]["state"] == "wrong"


def test_offline_asks_no_other_machine(folder: Path) -> None:
    assert not [what for what in findings(folder, "--offline") if what.startswith(("check ", "mail server", "audience"))]
