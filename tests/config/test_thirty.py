"""A folder with thirty different mistakes: `sentinel validate` lists thirty errors on the right lines, and no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sentinel.demo.world import example

MAIN = """\
name: North Wind
brnad: Northwind Insurance
brand: Northwind Insurance
url: ftp://sentinel.northwind.example
time_zone: Europe/Madird
languages: [en, es]
listen: 127.0.0.1:8080
allow_private: [10.0.0.1/8]
desk: {en: the number on your policy}
people:
  - {name: Lena, email: lena@northwind.example, role: boss, password: hunter2}
  - {name: Leo, email: LENA@northwind.example, role: lead, password: "${env:THIRTY_PASSWORD}"}
channels:
  cs-mail: {email: {server: "smtp://127.0.0.1", from: "Desk <desk@northwind.example>", to: "${env:THIRTY_NOBODY}"}}
  cs-pager: {pager: {number: 1}}
audiences:
  payers: {csv: customers.csv}
policies:
  notice: {hold_before: 20m}
defaults:
  every: 30
  detect: {outage: {persistence: 5s}}
"""
PAYMENTS = """\
service: payments
title: Online payments
owner: {team: Billing}
depends_on: [ledger, card-procesor]
tell: {staff: [cs-mial], customers: {audience: payers, by: [cs-mail]}}
checks:
  card-form:
    http: https://pay.northwind.example/form
    every: 30s
    every: 20s
    up: {status: 200, age_below: 5s}
    means: {down: cannot_pya}
  two-kinds:
    timeout: 5s
  settlement:
    htpp: https://pay.northwind.example/settlement
"""
LEDGER = """\
service: ledger
title: {en: The ledger, es: El libro}
owner: {team: Finance, person: Noa, reviewed: 2026-13-01}
depends_on: [quoting]
"""
QUOTING = """\
service: quoting
title: {en: Quotes, es: Presupuestos}
owner: {team: Sales, person: Ida}
depends_on: [ledger]
"""
BROKEN = "service: documents\ntitle: [Documents\n"
STATEMENTS = """\
cannot_pay:
  impact: huge
  say: {en: You cannot pay., es: No puede pagar., fr: Vous ne pouvez pas payer.}
  do: {en: "Wait until {until}.", es: Espere.}
  instead: {en: Pay by transfer., es: Pague por transferencia., open: Mon-Fri 9-17}
"""
TEMPLATE_NAME = "templates/customers/closed.en"

EXPECTED = (
    ("sentinel.yaml", 1, "a name holds small letters"),
    ("sentinel.yaml", 2, "unknown key `brnad`, did you mean `brand`?"),
    ("sentinel.yaml", 4, "not a web address"),
    ("sentinel.yaml", 5, "not a time zone of the IANA list, did you mean `Europe/Madrid`?"),
    ("sentinel.yaml", 8, "not a network"),
    ("sentinel.yaml", 9, "the words in `es` are missing"),
    ("sentinel.yaml", 11, "`boss` is not known here"),
    ("sentinel.yaml", 11, "a secret must not be written here"),
    ("sentinel.yaml", 12, "signs in twice"),
    ("sentinel.yaml", 14, "`${env:THIRTY_NOBODY}` is not set"),
    ("sentinel.yaml", 15, "unknown channel kind `pager`"),
    ("sentinel.yaml", 19, "`hold_before` must be less than `ask_before`"),
    ("sentinel.yaml", 21, "`30` is not a duration"),
    ("checks/documents.yaml", 3, "this is not YAML"),
    ("checks/ledger.yaml", 3, "there is no such day"),
    ("checks/payments.yaml", 2, "this is in one language of several"),
    ("checks/payments.yaml", 3, "`person` is missing here"),
    ("checks/payments.yaml", 4, "unknown service `card-procesor`"),
    ("checks/payments.yaml", 5, "unknown channel `cs-mial`, did you mean `cs-mail`?"),
    ("checks/payments.yaml", 10, "`every` was already given on line 9"),
    ("checks/payments.yaml", 11, "unknown key `age_below`"),
    ("checks/payments.yaml", 12, "unknown statement of `payments` `cannot_pya`, did you mean `cannot_pay`?"),
    ("checks/payments.yaml", 13, "has no kind"),
    ("checks/payments.yaml", 16, "unknown key `htpp`, did you mean `http`?"),
    ("checks/ledger.yaml", 4, "this is a circle"),
    ("templates/customers/closed.en", 3, "unknown name “unknwon” here"),
    ("templates/statements/payments.yaml", 2, "`huge` is not known here"),
    ("templates/statements/payments.yaml", 3, "unknown language `fr`"),
    ("templates/statements/payments.yaml", 4, "unknown slot `{until}`"),
    ("templates/statements/payments.yaml", 5, "these are not opening hours"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    files = {
        "sentinel.yaml": MAIN,
        "checks/payments.yaml": PAYMENTS,
        "checks/ledger.yaml": LEDGER,
        "checks/quoting.yaml": QUOTING,
        "checks/documents.yaml": BROKEN,
        "templates/statements/payments.yaml": STATEMENTS,
        **{
            f"templates/customers/{path.name}": path.read_text()
            for path in sorted((example() / "templates/customers").glob("*.e[ns]"))
        },
    }
    files[TEMPLATE_NAME] = files[TEMPLATE_NAME].replace("== subject ==\n", "== subject ==\n{{ unknwon }}", 1)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def validate(folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("THIRTY_")}
    environment["THIRTY_PASSWORD"] = "planted-secret-1"
    command = [sys.executable, "-m", "sentinel", "validate", "--config", str(folder / "sentinel.yaml")]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_thirty_mistakes_are_thirty_errors_on_the_right_lines(folder: Path) -> None:
    done = validate(folder)
    lines = done.stdout.splitlines()
    for file, line, part in EXPECTED:
        assert any(one.startswith(f"{file}:{line}:") and part in one for one in lines), (file, line, part, done.stdout)
    assert len(lines) == len(EXPECTED) == 30, done.stdout
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "planted-secret-1" not in done.stdout + done.stderr
    assert "30 mistakes" in done.stderr


def test_each_of_them_is_found_alone_too(folder: Path) -> None:
    """Mending one file takes away its own errors and no other's: nothing is found only because something else is wrong."""
    (folder / "templates/statements/payments.yaml").write_text(
        "cannot_pay: {impact: major_outage, say: {en: You cannot pay., es: No puede pagar.}}\n"
    )
    left = [one for one in EXPECTED if one[0] != "templates/statements/payments.yaml"]
    lines = validate(folder).stdout.splitlines()
    assert len(lines) == len(left), lines
    for file, line, part in left:
        assert any(one.startswith(f"{file}:{line}:") and part in one for one in lines), (file, line, part, lines)
