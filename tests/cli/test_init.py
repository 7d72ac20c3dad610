"""`sentinel init`: what it writes is valid and serves; it overwrites nothing and asks only at a terminal."""

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner, Result

from sentinel.cli.main import main
from sentinel.demo.stage import free_port

ANSWERS = ("--brand", "Northwind Insurance", "--title", "Pay your premium", "--address", "http://127.0.0.1:9/pay")


def sentinel(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


def test_what_it_writes_is_valid_and_reaches_customers(tmp_path: Path) -> None:
    made = sentinel("init", str(tmp_path / "new"), "--yes", *ANSWERS)
    assert made.exit_code == 0
    assert [line.split("#")[0].strip() for line in made.output.splitlines() if line.startswith("  sentinel")] == [
        "sentinel validate",
        "sentinel doctor",
        "sentinel serve",
    ]
    found = sentinel("validate", "--config", str(tmp_path / "new/sentinel.yaml"), "--json")
    statements = json.loads(found.output)["statements"]
    assert {one["statement"] for one in statements} == {"pay-your-premium.cannot_use", "pay-your-premium.slow"}
    assert all(one["reaches"] for one in statements)


def test_no_message_of_what_it_writes_is_blocked(tmp_path: Path) -> None:
    sentinel("init", str(tmp_path), "--yes", *ANSWERS)
    shown = sentinel("preview", "pay-your-premium", "--json", "--config", str(tmp_path / "sentinel.yaml"))
    assert shown.exit_code == 0
    assert {one["occasion"] for one in json.loads(shown.output)} >= {"opened", "delayed", "holding", "closed", "retraction"}


@pytest.mark.parametrize(
    ("brand", "title"),
    [
        ('Ends: "quoted" # not a comment', "{braces} & [more]: - yes"),
        ("Compañía Ñandú, S.A.", "¿Pagos?"),
        ("yes", "no"),
        ("it's <us>", "* *"),
    ],
)
def test_awkward_names_are_quoted(tmp_path: Path, brand: str, title: str) -> None:
    made = sentinel("init", str(tmp_path), "--yes", "--brand", brand, "--title", title.replace("{", "(").replace("}", ")"))
    assert made.exit_code == 0, made.output + made.stderr


@pytest.mark.parametrize(("address", "asked"), [("https://pay.example/form", True), ("http://127.0.0.1:8000", False)])
def test_a_page_without_a_certificate_is_not_asked_for_one(tmp_path: Path, address: str, asked: bool) -> None:
    sentinel("init", str(tmp_path / "new"), "--yes", "--address", address)
    assert ("\n    calm:" in (tmp_path / "new/checks/online-payments.yaml").read_text()) is asked


def test_nothing_is_overwritten_and_nothing_is_half_written(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("mine")
    made = sentinel("init", str(tmp_path), "--yes")
    assert made.exit_code == 1
    assert "customers.csv" in made.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["customers.csv"]
    assert (tmp_path / "customers.csv").read_text() == "mine"


def test_an_answer_that_cannot_be_used_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    for option, answer in (("--zone", "Europe/Madird"), ("--mail", "mail.example.com"), ("--desk", "nobody")):
        made = sentinel("init", str(tmp_path), "--yes", option, answer)
        assert made.exit_code == 2
        assert answer in made.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_password_is_readable_by_its_owner_alone_and_printed_nowhere(tmp_path: Path) -> None:
    made = sentinel("init", str(tmp_path), "--yes")
    file = tmp_path / "secrets/lead-password"
    assert file.stat().st_mode & 0o077 == 0
    assert file.read_text().strip() not in made.output
    assert "secrets/" in (tmp_path / ".gitignore").read_text()


def test_files_name_schemas_that_are_there(tmp_path: Path) -> None:
    sentinel("init", str(tmp_path), "--yes")
    for file in (tmp_path / "sentinel.yaml", *(tmp_path / "checks").iterdir(), *(tmp_path / "templates/statements").iterdir()):
        first = file.read_text().splitlines()[0]
        assert first.startswith("# yaml-language-server: $schema=")
        assert json.loads((file.parent / first.partition("$schema=")[2]).read_text())["$schema"].endswith("2020-12/schema")


def test_at_a_terminal_it_asks_and_takes_what_is_typed(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "sentinel", "init", str(tmp_path / "new")]
    child = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    os.write(ours, b"Northwind Insurance\nPay your premium\nnot an address\nhttps://pay.example\n\n\nEurope/Madrid\n")
    said = b""
    while True:
        try:
            more = os.read(ours, 4096)
        except OSError:  # the child has closed its side
            break
        if not more:
            break
        said += more
    os.close(ours)
    assert child.wait(30) == 0, said.decode()
    assert b"not an address" in said
    main_file = (tmp_path / "new/sentinel.yaml").read_text()
    assert 'brand: "Northwind Insurance"' in main_file
    assert 'time_zone: "Europe/Madrid"' in main_file
    assert 'http: "https://pay.example"' in (tmp_path / "new/checks/pay-your-premium.yaml").read_text()


def test_what_it_writes_serves(tmp_path: Path) -> None:
    sentinel("init", str(tmp_path), "--yes", *ANSWERS)
    port = free_port()
    file = tmp_path / "sentinel.yaml"
    file.write_text(file.read_text().replace("127.0.0.1:8080", f"127.0.0.1:{port}"))
    with (tmp_path / "log").open("wb") as log:
        child = subprocess.Popen([sys.executable, "-m", "sentinel", "serve", "--config", str(file)], stderr=log, stdout=log)
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            _until_ready(client, child, tmp_path / "log")
    finally:
        child.send_signal(signal.SIGTERM)
        child.wait(20)


def _until_ready(client: httpx.Client, child: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        assert child.poll() is None, log.read_text()
        try:
            if client.get("/readyz").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    raise AssertionError(log.read_text())
