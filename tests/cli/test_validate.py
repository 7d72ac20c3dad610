"""`sentinel validate`, as people and programs call it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sentinel.cli.validate import validate
from sentinel.demo.world import example

MAIN = """\
name: northwind
brand: Northwind [Insurance]
url: https://sentinel.northwind.example
time_zone: Europe/Madrid
languages: [en]
audiences: {payers: {csv: customers.csv}}
"""
SERVICE = """\
service: payments
title: Online payments
owner: {team: Billing platform, person: Maria Okafor, reviewed: 2020-01-01}
"""
STATEMENTS = """\
cannot_pay:
  impact: major_outage
  say: You cannot pay.
  assure: [{en: You are covered., owner: Billing, evidence: POL-1, until: 2021-01-01}]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "checks").mkdir()
    (tmp_path / "templates/statements").mkdir(parents=True)
    (tmp_path / "sentinel.yaml").write_text(MAIN)
    (tmp_path / "checks/payments.yaml").write_text(SERVICE)
    (tmp_path / "templates/statements/payments.yaml").write_text(STATEMENTS)
    return tmp_path


def run(folder: Path, *more: str) -> Result:
    return CliRunner().invoke(validate, ["--config", str(folder / "sentinel.yaml"), *more], catch_exceptions=False)


def test_a_valid_folder_shows_how_each_statement_reaches_customers(folder: Path) -> None:
    result = run(folder)
    assert result.exit_code == 0
    said = " ".join(result.output.split())
    assert "Northwind [Insurance]'s statements" in said
    assert "payments.cannot_pay never reaches customers: payments does not tell customers" in said
    assert "payments: its owner was last looked at on 2020-01-01, over 18 months ago" in said
    assert "the assurance by POL-1 ended on 2021-01-01 and is left out" in said
    assert "Valid: 1 service, 0 checks, 1 statement." in said


def test_a_statement_names_the_verdict_that_means_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    means = "means: {down: cannot_pay, degraded: cannot_pay}, detect: {outage: {may: warn}}"
    checks = f"checks:\n  form: {{http: 'https://pay.northwind.example', {means}}}\n"
    mail = 'channels: {mail: {email: {server: "smtp://127.0.0.1:25", from: a@northwind.example}}}\n'
    (folder / "sentinel.yaml").write_text(MAIN + mail)
    (folder / "checks/payments.yaml").write_text(f"{SERVICE}tell: {{customers: {{audience: payers, by: [mail]}}}}\n{checks}")
    for template in (example() / "templates/customers").glob("*.en"):
        (folder / "templates/customers").mkdir(exist_ok=True)
        (folder / "templates/customers" / template.name).write_text(template.read_text())
    said = " ".join(run(folder).output.replace("│", " ").split())
    assert "payments.form is degraded" in said
    assert "is down" not in said, "of that its detector only warns"
    told = json.loads(run(folder, "--json").output)["statements"][0]
    assert (told["checks"], told["verdicts"]) == (["payments.form"], {"payments.form": ["degraded"]})


def test_programs_get_json(folder: Path) -> None:
    found = json.loads(run(folder, "--json").output)
    assert found["valid"] is True
    assert found["statements"][0]["statement"] == "payments.cannot_pay"
    assert found["statements"][0]["reaches"] is False
    assert found["reviews_overdue"] == [{"service": "payments", "reviewed": "2020-01-01"}]


def test_every_mistake_is_printed_and_the_exit_code_is_2(folder: Path) -> None:
    (folder / "sentinel.yaml").write_text(MAIN.replace("brand", "brnad").replace("[en]", "[e]"))
    result = run(folder)
    assert result.exit_code == 2
    assert result.stdout.splitlines() == [
        "sentinel.yaml:1:1: `brand` is missing here, add it",
        "sentinel.yaml:2:1: unknown key `brnad`, did you mean `brand`?",
        "sentinel.yaml:5:13: this is not a language's code, write one such as en, es or pt-BR",
    ]
    assert "3 mistakes" in result.stderr


def test_mistakes_come_as_json_too(folder: Path) -> None:
    (folder / "checks/payments.yaml").write_text("service: payments\n")
    result = run(folder, "--json")
    assert result.exit_code == 2
    problems = json.loads(result.output)["problems"]
    assert problems[0] == {
        "file": "checks/payments.yaml",
        "line": 1,
        "column": 1,
        "what": "`owner` is missing here",
        "todo": "add it",
    }


def test_a_missing_folder_is_a_mistake_and_no_traceback(tmp_path: Path) -> None:
    result = run(tmp_path / "nowhere")
    assert result.exit_code == 2
    assert "sentinel.yaml:1:1: this file is missing" in result.output


def test_a_template_naming_an_unknown_slot_is_a_mistake_on_its_line(folder: Path) -> None:
    (folder / "templates/customers").mkdir()
    for file in (example() / "templates/customers").glob("*.en"):
        (folder / "templates/customers" / file.name).write_text(file.read_text())
    closed = folder / "templates/customers/closed.en"
    closed.write_text(closed.read_text().replace("{reference}", "{refernce}", 1))
    found = run(folder)
    assert found.exit_code == 2
    assert "templates/customers/closed.en:" in found.output
    assert "{refernce}" in found.output
