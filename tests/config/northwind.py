"""A small, valid installation of an insurer as texts, and ways to load it altered."""

from collections.abc import Mapping

from sentinel.config import ConfigError, load
from sentinel.model.installation import Installation

from .registry import KINDS

MAIN = """\
name: northwind
brand: Northwind Insurance
url: https://sentinel.northwind.example
time_zone: Europe/Madrid
languages: [en, es]
store: sentinel.db
history: history.csv
allow_private: [127.0.0.0/8]
people:
  - {name: Lena Hart, email: lena@northwind.example, role: lead, password: "${env:LEAD_PASSWORD}"}
channels:
  cs-slack: {slack: {token: "${env:SLACK_TOKEN}", channel: C0SERVICE}}
  email: {email: {server: "smtp://127.0.0.1:2525", from: "Northwind <service@northwind.example>"}}
audiences:
  payers: {csv: customers.csv, segment: payers}
policies:
  notice: {ask_before: 10m, hold_before: 6m, send_margin: 5m}
defaults:
  every: 20s
  confirm: [1s, 2s]
  detect: {outage: {persistence: 5s, samples: 2}, slow: {persistence: 60s}}
"""

PAYMENTS = """\
service: payments
title: {en: Online payments, es: Pagos en línea}
owner: {team: Billing platform, person: Maria Okafor <maria@northwind.example>, reviewed: 2026-06-01}
depends_on: [ledger]
tell:
  staff: [cs-slack]
  customers: {audience: payers, by: [email], worth_telling: 15m}
checks:
  card-form:
    http: https://pay.northwind.example/form
    timeout: 5s
    up: {status: 200, body: {contains: Card number}}
    healthy: {below_ms: 800}
    means: {down: cannot_pay, degraded: slow}
    detect: {outage: {persistence: 0s}}
  port:
    tcp: {host: pay.northwind.example, port: 443}
"""

LEDGER = """\
service: ledger
title: {en: Ledger}
owner: {team: Core, person: Ana Ruiz}
"""

STATEMENTS = """\
cannot_pay:
  impact: major_outage
  headline: {en: Online payments are not working, es: Los pagos en línea no funcionan}
  say: {en: You cannot pay., es: No puede pagar.}
  instead: {en: Use bank transfer., es: Use una transferencia., open: Mo-Fr 08:00-18:00}
  desk: {en: Do not take card numbers by chat.}
  assure:
    - {en: "On time until {grace_day}.", es: "A tiempo hasta el {grace_day}.", owner: Billing policy, evidence: POL-214,
       until: 2027-01-31, grace_days: 5}
slow:
  impact: degraded_performance
  say: {en: Paying is slow., es: Pagar es lento.}
"""

TEXTS: Mapping[str, str] = {
    "sentinel.yaml": MAIN,
    "checks/payments.yaml": PAYMENTS,
    "checks/ledger.yaml": LEDGER,
    "templates/statements/payments.yaml": STATEMENTS,
    "templates/customers/opened.en": "subject: {headline}",
}

ENVIRONMENT = {"env:LEAD_PASSWORD": "correct-horse-7", "env:SLACK_TOKEN": "xoxb-planted-secret", "file:pin": "4711-planted"}


def loaded(texts: Mapping[str, str] = TEXTS, environment: Mapping[str, str] = ENVIRONMENT) -> Installation:
    return load(texts, KINDS, environment.get)


def altered(file: str, old: str, new: str) -> dict[str, str]:
    """The texts with the one `old` of `file` replaced."""
    assert TEXTS[file].count(old) == 1, f"{old!r} stands once in {file}"
    return {**TEXTS, file: TEXTS[file].replace(old, new)}


def with_a_correction(**changed: str) -> dict[str, str]:
    """The texts with a service whose own message was wrong; `changed`: `checks`, `statements`, `audience`."""
    main = TEXTS["sentinel.yaml"].replace(
        "audiences:\n", f"audiences:\n  reminded: {changed.get('audience', '{csv: reminded.csv, subscribers: false}')}\n"
    )
    checks = (
        "service: reminders\ntitle: {en: Reminders, es: Avisos}\nowner: {team: Billing, person: Ana Ruiz}\n"
        "tell:\n  staff: [cs-slack]\n  customers: {audience: reminded, by: [email]}\n"
    )
    words = "wrong:\n  corrects: true\n  impact: degraded_performance\n  say: {en: It was wrong., es: Era un error.}\n"
    return {
        **TEXTS,
        "sentinel.yaml": main,
        "checks/reminders.yaml": checks + changed.get("checks", ""),
        "templates/statements/reminders.yaml": words + changed.get("statements", ""),
    }


def mistakes(texts: Mapping[str, str], set_besides: Mapping[str, str] | None = None) -> list[str]:
    """The problems of loading `texts`, as printed."""
    try:
        loaded(texts, {**ENVIRONMENT, **(set_besides or {})})
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []
