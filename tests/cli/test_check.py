"""`sentinel check`: looks once, draws what it saw, and its exit code is the verdict."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sentinel.cli.main import main
from sentinel.cli.waterfall import phases
from tests.probe.servers import Server, answering, free_port, page, serving

MAIN = """\
name: northwind
brand: Northwind Insurance
url: http://127.0.0.1:8080
time_zone: Europe/Madrid
languages: [en]
allow_private: [127.0.0.0/8]
channels: {cs: {email: {server: "smtp://127.0.0.1:2525", from: "a@northwind.example", to: "b@northwind.example"}}}
"""
CHECKS = """\
service: payments
title: Online payments
owner: {team: Billing, person: Maria Okafor}
checks:
"""
Look = Callable[..., Result]


@pytest.fixture
def look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Look:
    """Writes the checks of a service and looks at one of them."""
    monkeypatch.setenv("COLUMNS", "100")

    def call(checks: str, name: str, *options: str) -> Result:
        (tmp_path / "sentinel.yaml").write_text(MAIN)
        (tmp_path / "checks").mkdir(exist_ok=True)
        (tmp_path / "checks" / "payments.yaml").write_text(CHECKS + checks)
        return CliRunner().invoke(main, ["check", name, "--config", str(tmp_path / "sentinel.yaml"), *options])

    return call


def http(server: Server, more: str = "") -> str:
    return f"  form: {{http: '{server.url()}'{more}}}\n"


def test_a_check_that_is_up_shows_its_phases_facts_and_what_holds(look: Look) -> None:
    with serving(answering(page())) as server:
        shown = look(http(server, ", up: {body: {contains: Card}}"), "payments.form")
    assert shown.exit_code == 0
    assert re.search(r"^  [a-z ]+ +.*[█#|] +[0-9.]+ ms$", shown.output, re.MULTILINE)
    assert re.search(r"^  status +200", shown.output, re.MULTILINE)
    assert re.search(r"^  up +holds +body contains “Card”", shown.output, re.MULTILINE)
    assert shown.output.rstrip().splitlines()[-1].startswith("up after ")
    assert "\x1b" not in shown.output, "nothing is coloured where nobody looks"


def test_a_check_that_is_down_says_which_assertion_saw_what(look: Look) -> None:
    with serving(answering(page(b"Service unavailable"))) as server:
        shown = look(http(server, ", up: {body: {contains: Card}}, healthy: {status: 204}"), "form")
    assert shown.exit_code == 1
    assert re.search(
        r"^  up +FAILS +body contains “Card”: the body lacks “Card”; got “Service unavailable”", shown.output, re.M
    )
    assert re.search(r"^  healthy +FAILS +status is 204: status 200, expected 204, so it is degraded", shown.output, re.M)
    assert "what came instead:\nService unavailable" in shown.output
    assert "down after " in shown.output


def test_where_nobody_answers_no_assertion_was_judged(look: Look) -> None:
    shown = look(f"  away: {{http: 'http://127.0.0.1:{free_port()}/'}}\n", "away")
    assert shown.exit_code == 1
    assert re.search(r"^  up +not judged +status is 2xx or 3xx", shown.output, re.MULTILINE)
    assert "connection refused" in shown.output
    assert "transfer" not in shown.output, "it never came to that"


def test_trouble_of_our_own_is_unknown(look: Look) -> None:
    shown = look("  far: {tcp: '10.0.0.1:443'}\n", "far")
    assert shown.exit_code == 2
    assert "unknown" in shown.output
    assert "allow_private" in shown.output


def test_a_kind_of_the_other_child_is_looked_at_too(look: Look) -> None:
    port = free_port()
    shown = look(f"  name: {{dns: {{name: a.example, resolver: 127.0.0.1, port: {port}, over: tcp}}}}\n", "name")
    assert shown.exit_code == 1
    assert "refused" in shown.output


def test_programs_get_json(look: Look) -> None:
    with serving(answering(page())) as server:
        shown = look(http(server), "form", "--json")
    told = json.loads(shown.output)
    assert (told["check"], told["verdict"], told["facts"]["status"]) == ("payments.form", "up", 200)
    assert told["assertions"] == [{"block": "up", "words": "status is 2xx or 3xx", "holds": True, "saw": ""}]
    assert told["phases"]
    assert sum(phase["ms"] for phase in told["phases"]) <= told["facts"]["total_ms"] + 1.0


def test_what_a_target_says_steers_no_terminal_and_tells_no_secret(look: Look) -> None:
    with serving(answering(page(b"\x1b[2Jyou said hunter2hunter2"))) as server:
        options = f"{{url: '{server.url()}', headers: {{X-Key: hunter2hunter2}}}}"
        shown = look(f"  form: {{http: {options}, up: {{body: {{contains: Card}}}}}}\n", "form")
    assert "\x1b" not in shown.output
    assert "hunter2" not in shown.output
    assert "you said •••" in shown.output


@pytest.mark.parametrize(
    ("name", "why"),
    [("fomr", "did you mean"), ("beat", "nobody looks"), ("payments.nothing", "there is no check")],
)
def test_a_name_that_cannot_be_looked_at_is_explained(look: Look, name: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEAT", "a" * 22)
    checks = "  form: {tcp: '127.0.0.1:9'}\n  beat: {heartbeat: {period: 1m, token: '${env:BEAT}'}}\n"
    shown = look(checks, name)
    assert shown.exit_code == 2
    assert why in shown.output


def test_files_that_are_not_valid_are_said_line_by_line(look: Look) -> None:
    shown = look("  form: {htpt: x}\n", "form")
    assert shown.exit_code == 2
    assert "checks/payments.yaml:5:" in shown.output


def test_phases_follow_each_other_and_fit_into_the_whole() -> None:
    drawn = phases({"total_ms": 10.0, "transfer_ms": 1.0, "dns_ms": 2.0, "connect_ms": 3.0, "avg_ms": 1.0, "other_ms": 50.0})
    assert [(phase.name, phase.began, phase.length) for phase in drawn] == [
        ("dns", 0.0, 2.0), ("connect", 2.0, 3.0), ("transfer", 5.0, 1.0),
    ]  # fmt: skip


def test_watching_looks_again_and_again_until_it_is_stopped(tmp_path: Path, look: Look) -> None:
    with serving(answering(page())) as server:
        assert look(http(server, ", every: 1s"), "form").exit_code == 0
        words = ["-m", "sentinel", "check", "form", "--watch", "--json", "--config", str(tmp_path / "sentinel.yaml")]
        with subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, text=True) as watching:
            assert watching.stdout is not None
            told = [json.loads(watching.stdout.readline())["verdict"] for _ in range(2)]
            watching.send_signal(signal.SIGINT)
            code = watching.wait(20)
    assert (told, code) == (["up", "up"], 0)
