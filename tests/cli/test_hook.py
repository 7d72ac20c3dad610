"""`sentinel hook test`: what would come of a payload, before the tool sends one."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sentinel.cli.hook import hook
from tests.exchange.tools import alert, alertmanager

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
MAIN = """\
name: northwind
brand: Northwind
url: https://sentinel.northwind.example
time_zone: Europe/Madrid
languages: [en]
hooks:
  tool:
    format: alertmanager
    token: ${env:TOOL}
    rules: [{when: {job: api}, service: payments, statement: cannot_pay}]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOOL", "a secret of the tool")
    (tmp_path / "checks").mkdir()
    (tmp_path / "templates/statements").mkdir(parents=True)
    (tmp_path / "sentinel.yaml").write_text(MAIN)
    (tmp_path / "checks/payments.yaml").write_text(
        "service: payments\ntitle: Payments\nowner: {team: Billing, person: Maria, reviewed: 2026-06-01}\n"
    )
    (tmp_path / "templates/statements/payments.yaml").write_text(
        "cannot_pay:\n  impact: major_outage\n  say: You cannot pay.\n"
    )
    return tmp_path


def run(folder: Path, body: bytes, name: str = "tool", *more: str) -> Result:
    (folder / "body.json").write_bytes(body)
    args = ["test", name, str(folder / "body.json"), "--config", str(folder / "sentinel.yaml"), *more]
    return CliRunner().invoke(hook, args, catch_exceptions=False)


def test_it_says_which_signals_would_come(folder: Path) -> None:
    result = run(folder, alertmanager(alert("k", NOW), alert("o", NOW, NOW)))
    assert result.exit_code == 0
    assert "raised   firing k: payments, payments.cannot_pay, down; tool says: PaymentErrors" in result.output
    assert "stray    resolved o" in result.output
    assert "secret" not in result.output


def test_what_would_be_set_aside_is_an_error_with_the_labels(folder: Path) -> None:
    result = run(folder, alertmanager(alert("k", NOW, labels={"job": "batch", "service": "x"})))
    assert result.exit_code == 1
    assert "aside    firing k: it names the service 'x', which there is not. Labels: " in result.output
    said = json.loads(run(folder, alertmanager(alert("k", NOW)), "tool", "--json").output)
    assert said["alerts"][0]["statement"] == "payments.cannot_pay"


def test_what_the_hub_would_refuse_and_hooks_that_are_not_there_are_said(folder: Path) -> None:
    assert run(folder, b"{").exit_code == 1
    missing = run(folder, b"{}", "other")
    assert missing.exit_code == 2
    assert "There are: tool." in missing.output
