"""Statements: every language, and no slot that nothing fills."""

import pytest

from .northwind import TEXTS, altered, loaded, mistakes, with_a_correction

FILE = "templates/statements/payments.yaml"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (", es: No puede pagar.", "", "4:8: the words in `es` are missing"),
        (", es: Los pagos en línea no funcionan", "", "3:13: the words in `es` are missing"),
        (", es: Use una transferencia.", "", "5:12: the words in `es` are missing"),
        ("{en: Do not take card", "{es: Do not take card", "6:9: the words in `en` are missing"),
        ("es: No puede pagar.", "ese: No puede pagar., es: x", "4:30: unknown language `ese`, did you mean `es`?"),
        ("open: Mo-Fr", "opne: Mo-Fr", "5:65: unknown language or key `opne`, did you mean `open`?"),
        ("open: Mo-Fr 08:00-18:00", "open: Monday", "5:71: these are not opening hours"),
        ("You cannot pay.", '"Back by {until}."', "4:13: unknown slot `{until}`, take it out"),
        ("You cannot pay.", '"You { cannot pay."', "4:13: unknown slot `{ cannot pay.`, take it out"),
        ("{grace_day}.\", es", "{grace_dya}.\", es", "8:12: unknown slot `{grace_dya}`, did you mean `grace_day`?"),
        (", grace_days: 5", "", "8:12: nothing fills the slot `{grace_day}`, give `grace_days:` beside it"),
        ("until: 2027-01-31", "until: 2027-13-31", "9:15: there is no such day"),
        ("until: 2027-01-31, ", "", "8:7: `until` is missing here"),
        ("impact: major_outage", "impact: bad", "2:11: `bad` is not known here"),
        ("cannot_pay:", "Cannot Pay:", "1:1: `Cannot Pay` is not a name"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_words_is_pointed_at(old: str, new: str, message: str) -> None:
    found = mistakes(altered(FILE, old, new))
    assert any(one.startswith(f"{FILE}:{message}") for one in found), found


def test_a_service_that_tells_nobody_needs_only_the_desks_language() -> None:
    words = "late: {impact: partial_outage, say: {en: Bookings are late.}}\n"
    assert mistakes({**TEXTS, "templates/statements/ledger.yaml": words}) == []


def test_statements_belong_to_a_service() -> None:
    words = "late: {impact: partial_outage, say: {en: Late.}}\n"
    assert mistakes({**TEXTS, "templates/statements/ledgr.yaml": words}) == [
        "templates/statements/ledgr.yaml:1:1: there is no service `ledgr`, did you mean `ledger`?"
    ]


def test_a_statement_about_a_wrong_message_of_ours_needs_the_words_of_a_correction() -> None:
    texts = with_a_correction()
    missing = [f"templates/customers/correction.{language}:1:1: missing: reminders.wrong" for language in ("en", "es")]
    found = mistakes(texts)
    assert all(any(one.startswith(each) for one in found) for each in missing)
    given = {f"templates/customers/correction.{language}": "" for language in ("en", "es")}
    made = loaded({**texts, **given})
    assert made.statements["reminders.wrong"].corrects
    assert not made.statements["payments.cannot_pay"].corrects


@pytest.mark.parametrize(
    ("changed", "mistake"),
    [
        ({"statements": "late: {impact: partial_outage, say: {en: Late., es: Tarde.}}\n"}, "reminders.late stands beside"),
        ({"checks": "depends_on: [payments]\n"}, "reminders depends on payments"),
        ({"audience": "{csv: reminded.csv}"}, "the audience reminded takes in subscribers"),
    ],
)
def test_a_correction_meets_nobody_who_never_got_the_wrong_message(changed: dict[str, str], mistake: str) -> None:
    given = {f"templates/customers/correction.{language}": "" for language in ("en", "es")}
    assert mistakes({**with_a_correction(), **given}) == []
    found = mistakes({**with_a_correction(**changed), **given})
    assert any(mistake in each for each in found), found
