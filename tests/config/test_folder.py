"""The whole folder: what a valid one becomes, and how many mistakes are all found at once."""

import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import PurePath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentinel.config import ConfigError, load
from sentinel.model.observation import Verdict
from sentinel.model.service import Impact

from .northwind import ENVIRONMENT, MAIN, PAYMENTS, STATEMENTS, TEXTS, altered, loaded, mistakes
from .registry import KINDS


def test_a_valid_folder_becomes_an_installation() -> None:
    found = loaded()
    assert (found.name, found.zone, found.languages, found.place) == ("northwind", "Europe/Madrid", ("en", "es"), "hub")
    assert found.store == PurePath("sentinel.db")
    assert found.history == PurePath("history.csv")
    assert found.guard.allow == ("127.0.0.0/8",)
    assert found.audiences["payers"].segment == "payers"
    assert found.logins[0].password.reveal() == "correct-horse-7"
    assert found.channels["cs-slack"].options.token.reveal() == "xoxb-planted-secret"
    assert found.notice.hold_before == timedelta(minutes=6)
    assert found.incident.hold == timedelta(minutes=5)
    assert [(template.occasion, template.language) for template in found.templates] == [("opened", "en")]


def test_a_service_and_its_check_hold_what_was_written_over_the_defaults() -> None:
    found = loaded()
    service, check = found.services["payments"], found.checks["payments.card-form"]
    assert service.title == {"en": "Online payments", "es": "Pagos en línea"}
    assert service.owner.reviewed == date(2026, 6, 1)
    assert (service.depends_on, service.staff, service.by) == (("ledger",), ("cs-slack",), ("email",))
    assert service.worth_telling == timedelta(minutes=15)
    assert (check.kind, check.options["url"]) == ("http", "https://pay.northwind.example/form")
    assert (check.every, check.timeout) == (timedelta(seconds=20), timedelta(seconds=5))
    assert check.confirm == (timedelta(seconds=1), timedelta(seconds=2))
    assert check.up == {"status": 200, "body": {"contains": "Card number"}}
    assert (check.healthy, check.calm) == ({"below_ms": 800.0}, {})
    assert check.means == {Verdict.DOWN: "payments.cannot_pay", Verdict.DEGRADED: "payments.slow"}
    assert check.detectors["outage"] == {"persistence": "PT0S", "samples": 2, "clears_after": 2}


def test_a_statement_holds_its_words_in_every_language() -> None:
    statement = loaded().statements["payments.cannot_pay"]
    assert statement.impact is Impact.MAJOR_OUTAGE
    assert statement.say == {"en": "You cannot pay.", "es": "No puede pagar."}
    assert statement.instead
    assert (statement.instead.words["es"], statement.instead.open) == ("Use una transferencia.", "Mo-Fr 08:00-18:00")
    assert statement.assure[0].words["en"] == "On time until {grace_day}."
    assert (statement.assure[0].until, statement.assure[0].grace_days) == (date(2027, 1, 31), 5)


def test_what_a_check_holds_survives_json_and_is_valid_again() -> None:
    for check in loaded().checks.values():
        options = KINDS.options("probe", check.kind)
        back = options.model_validate(json.loads(json.dumps(check.options)))
        assert back.model_dump(mode="json", by_alias=True) == check.options
        KINDS.conditions().model_validate(json.loads(json.dumps(check.up)))


THIRTY = {
    "sentinel.yaml": """\
name: North Wind
brand: Northwind Insurance
url: sentinel.northwind.example
time_zone: Europe/Madird
languages: [en, es, en]
stor: sentinel.db
allow_private: [10.0.0.1/8]
people:
  - {name: Lena Hart, email: lena, role: boss, password: hunter2-literal}
channels:
  cs-slack: {slack: {token: "${env:NOT_SET}", channel: C0SERVICE}}
  email: {email: {server: "smtp://127.0.0.1:2525", form: x, from: y}}
  pager: {pagerduti: {}}
audiences:
  payers: {csv: customers.csv}
policies:
  notice: {hold_before: 20m, send_margin: 5 minutes}
""",
    "checks/payments.yaml": """\
service: payment
title: Online payments
owner: {team: Billing platform}
depends_on: [ledgr]
tell:
  staff: [cs-slak]
  customers: {audience: payer, by: [email]}
checks:
  card-form:
    htp: https://pay.northwind.example/form
    evry: 30s
  port:
    tcp: {host: pay.northwind.example, port: many}
    up: {status: 200}
    means: {down: cannot_pays}
    detect: {outige: {}, slow: {samples: 0}}
""",
    "checks/ledger.yaml": """\
service: ledger
service: ledger2
title: {en: Ledger}
owner: {team: Core, person: Ana Ruiz, reviewed: 2026-02-30}
""",
    "templates/statements/payments.yaml": """\
cannot_pay:
  impact: catastrophe
  say: {en: You cannot pay now.}
  assure:
    - {en: "Until {grace_day}.", es: Hasta., owner: Billing, evidence: POL-214, until: soon}
""",
    "templates/customers/openned.en": "",
}
"""More than thirty mistakes; the places of all of them are below."""

PLACES = """\
checks/ledger.yaml:2:1 already given
checks/ledger.yaml:4:49 no such day
checks/payments.yaml:1:10 in a file named
checks/payments.yaml:2:8 one language of several
checks/payments.yaml:3:8 `person` is missing
checks/payments.yaml:4:14 unknown service
checks/payments.yaml:6:11 unknown channel
checks/payments.yaml:7:25 unknown audience
checks/payments.yaml:10:5 did you mean `http`?
checks/payments.yaml:11:5 did you mean `every`?
checks/payments.yaml:13:46 whole number
checks/payments.yaml:14:10 does not find
checks/payments.yaml:15:19 did you mean `cannot_pay`?
checks/payments.yaml:16:14 did you mean `outage`?
checks/payments.yaml:16:42 greater than or equal to 1
sentinel.yaml:1:7 small letters
sentinel.yaml:3:6 web address
sentinel.yaml:4:12 did you mean `Europe/Madrid`?
sentinel.yaml:5:21 twice
sentinel.yaml:6:1 did you mean `store`?
sentinel.yaml:7:17 not a network
sentinel.yaml:9:30 mail address
sentinel.yaml:9:42 use one of
sentinel.yaml:9:58 secret must not be written
sentinel.yaml:11:29 is not set
sentinel.yaml:12:52 did you mean `from`?
sentinel.yaml:13:11 unknown channel kind
sentinel.yaml:17:25 less than `ask_before`
sentinel.yaml:17:43 not a duration
templates/customers/openned.en:1:1 did you mean `opened`?
templates/statements/payments.yaml:2:11 use one of
templates/statements/payments.yaml:3:8 words in `es` are missing
templates/statements/payments.yaml:5:12 nothing fills the slot `{grace_day}`, give `grace_days:`
templates/statements/payments.yaml:5:88 a day is wanted
"""


def test_thirty_mistakes_are_thirty_errors_each_at_its_place() -> None:
    found = mistakes(THIRTY)
    wanted = [line.split(" ", 1) for line in PLACES.splitlines()]
    assert [message.split(": ", 1)[0] for message in found] == [place for place, _ in wanted], "\n".join(found)
    for message, (_, part) in zip(found, wanted, strict=True):
        assert part in message
    assert len(found) >= 30
    assert all(", " in message.split(": ", 1)[1] and "\n" not in message for message in found)


def test_no_mistake_tells_a_literal_secret() -> None:
    assert "hunter2-literal" not in "".join(mistakes(THIRTY))


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("sentinel.yaml", 'token: "${env:SLACK_TOKEN}"', 'token: "${env:SLACK_TOKEN}", chanel: 1'),
        ("sentinel.yaml", "channel: C0SERVICE", 'channel: {a: "${env:SLACK_TOKEN}"}'),
        ("sentinel.yaml", "name: northwind", 'name: "${env:SLACK_TOKEN} ${file:pin}"'),
        ("sentinel.yaml", "time_zone: Europe/Madrid", 'time_zone: "${file:pin}"'),
        ("sentinel.yaml", "every: 20s", 'every: "${env:SLACK_TOKEN}"'),
        ("sentinel.yaml", "languages: [en, es]", 'languages: ["${file:pin}", "${file:pin}"]'),
        ("checks/payments.yaml", "https://pay.northwind.example/form", '"${env:SLACK_TOKEN}"'),
        ("checks/payments.yaml", "down: cannot_pay", 'down: "${env:SLACK_TOKEN}"'),
        ("checks/payments.yaml", "service: payments", 'service: "${env:SLACK_TOKEN}"'),
        ("checks/payments.yaml", "[ledger]", '["${env:SLACK_TOKEN}"]'),
        ("checks/payments.yaml", "status: 200", 'status: "${env:SLACK_TOKEN}"'),
        ("templates/statements/payments.yaml", "You cannot pay.", '"{${env:SLACK_TOKEN}}"'),
    ],
)
def test_the_value_of_a_reference_is_in_no_message(file: str, old: str, new: str) -> None:
    found = "\n".join(mistakes(altered(file, old, new)))
    assert found
    assert "planted" not in found


def test_the_value_of_a_reference_is_in_no_repr() -> None:
    form = '{url: "https://x.example/${file:pin}", headers: {Authorization: "Bearer ${env:SLACK_TOKEN}"}}'
    found = loaded(altered("checks/payments.yaml", "https://pay.northwind.example/form", form))
    options = found.checks["payments.card-form"].options
    assert "planted" not in repr(found)
    assert "correct-horse" not in repr(found)
    assert json.loads(json.dumps(options))["headers"] == {"Authorization": "Bearer xoxb-planted-secret"}
    assert options["url"] == "https://x.example/4711-planted"


def test_a_channel_keeps_silent_about_references_in_plain_text() -> None:
    found = loaded(
        altered("sentinel.yaml", "channel: C0SERVICE", 'channel: C0SERVICE, base_url: "https://x.example/${file:pin}"')
    )
    options = found.channels["cs-slack"].options
    assert "planted" not in repr(options)
    assert f"{options.base_url}" == "https://x.example/4711-planted"


def test_one_unreadable_file_blames_no_other() -> None:
    for file in ("sentinel.yaml", "checks/ledger.yaml", "templates/statements/payments.yaml"):
        assert [message.split(":", 1)[0] for message in mistakes({**TEXTS, file: "a: [1"})] == [file]


def test_without_a_main_file_that_alone_is_said() -> None:
    texts = {file: text for file, text in TEXTS.items() if file != "sentinel.yaml"}
    assert mistakes(texts) == [
        "sentinel.yaml:1:1: this file is missing, write it (`sentinel init` does), or point --config at yours"
    ]


def test_one_language_needs_no_languages_written() -> None:
    texts = {
        "sentinel.yaml": MAIN.replace("[en, es]", "[en]"),
        "checks/ledger.yaml": "service: ledger\ntitle: Ledger\nowner: {team: Core, person: Ana Ruiz}\n",
        "templates/statements/ledger.yaml": "late: {impact: partial_outage, say: Bookings are late.}\n",
    }
    found = loaded(texts)
    assert found.services["ledger"].title == {"en": "Ledger"}
    assert found.statements["ledger.late"].say == {"en": "Bookings are late."}


def test_the_same_texts_give_the_same_installation() -> None:
    assert replace(loaded(), services={}) == replace(loaded(dict(reversed(list(TEXTS.items())))), services={})


_FILES = st.sampled_from(["sentinel.yaml", "checks/payments.yaml", "checks/x.yml", "templates/statements/payments.yaml"])
_PIECES = st.sampled_from(
    [
        "${env:SLACK_TOKEN}",
        "${",
        "&a ",
        "*a",
        "!!set ",
        "---\n",
        "{",
        "}",
        "[",
        "]",
        ": ",
        "- ",
        "? ",
        "null",
        "22:00",
        "1e999",
        "\t",
        "\n  ",
        "\x00",
        "\ud800",
        "\u2028",
        "\ufeff",
        '"',
        "'",
        "|\n",
        "<<: ",
        "{grace_day}",
        "é",
        "-0x1",
        "9" * 30,
        "5d",
    ]
)


@given(texts=st.dictionaries(_FILES, st.text() | st.lists(_PIECES | st.text(max_size=3)).map("".join)))
@settings(deadline=None)
def test_no_text_makes_load_raise_anything_but_a_config_error(texts: dict[str, str]) -> None:
    try:
        load(texts, KINDS, ENVIRONMENT.get)
    except ConfigError as error:
        str(error)


@given(data=st.data())
@settings(deadline=None, max_examples=300)
def test_no_damage_to_a_valid_file_raises_anything_but_a_config_error(data: st.DataObject) -> None:
    file = data.draw(st.sampled_from(["sentinel.yaml", "checks/payments.yaml", "templates/statements/payments.yaml"]))
    text = TEXTS[file]
    at = data.draw(st.integers(0, len(text)))
    gone = data.draw(st.integers(0, 12))
    damaged = text[:at] + data.draw(_PIECES | st.text(max_size=3)) + text[at + gone :]
    found = "\n".join(mistakes({**TEXTS, file: damaged}))
    assert "planted" not in found
    assert "correct-horse" not in found


_LEAVES = [
    (file, found)
    for file, text in (
        ("sentinel.yaml", MAIN),
        ("checks/payments.yaml", PAYMENTS),
        ("templates/statements/payments.yaml", STATEMENTS),
    )
    for found in {part.strip(" {}[],") for line in text.splitlines() for part in line.split(": ")[1:]}
    if text.count(found) == 1 and "$" not in found and found and '"' not in found
]


@pytest.mark.parametrize(("file", "leaf"), sorted(_LEAVES))
@pytest.mark.parametrize("other", ["[]", "{}", "null", "true", "-1", "1.5", "[{a: [b]}]", "{a: {b: c}}", '"${file:pin}"'])
def test_any_value_of_another_shape_is_at_most_a_config_error(file: str, leaf: str, other: str) -> None:
    assert "planted" not in "\n".join(mistakes(altered(file, leaf, other)))
