"""Whether and how each statement reaches customers."""

from datetime import date

import pytest

from sentinel.config.reach import is_overdue, reach

from .northwind import TEXTS, altered, loaded, with_a_correction

OCCASIONS = ("opened", "widened", "delayed", "holding", "again", "closed", "retraction")
TEMPLATES = {f"templates/customers/{occasion}.{language}": "" for occasion in OCCASIONS for language in ("en", "es")}
WHOLE = {**TEXTS, **TEMPLATES}
TODAY = date(2026, 11, 22)


def test_a_statement_with_a_check_an_audience_and_templates_reaches_customers() -> None:
    first, second = reach(loaded(WHOLE), TODAY).reaches
    assert (first.statement, first.reaches, first.checks) == ("payments.cannot_pay", True, ("payments.card-form",))
    assert (first.audience, first.channels, first.languages) == ("payers", ("email",), ("en", "es"))
    assert (second.statement, second.missing, second.only_by_declaring) == ("payments.slow", (), False)


def test_a_statement_that_no_check_means_is_told_only_by_declaring() -> None:
    texts = altered("checks/payments.yaml", ", degraded: slow", "")
    assert [one.only_by_declaring for one in reach(loaded({**texts, **TEMPLATES}), TODAY).reaches] == [False, True]


@pytest.mark.parametrize(("gone", "reaches"), [("holding.es", False), ("closed.en", False), ("widened.es", True)])
def test_without_the_words_approved_beside_the_opening_nothing_reaches(gone: str, reaches: bool) -> None:
    found = reach(loaded({file: text for file, text in WHOLE.items() if not file.endswith(gone)}), TODAY).reaches[0]
    assert found.reaches is reaches
    assert found.missing == (f"templates/customers/{gone}",)
    assert found.why_not == (() if reaches else (f"templates/customers/{gone} is missing",))


def test_a_service_that_tells_nobody_reaches_nobody_and_says_why() -> None:
    words = "late: {impact: partial_outage, say: {en: Late.}}\n"
    found = reach(loaded({**WHOLE, "templates/statements/ledger.yaml": words}), TODAY).reaches[0]
    assert (found.statement, found.reaches, found.missing) == ("ledger.late", False, ())
    assert "ledger does not tell customers" in found.why_not[0]


def test_reviews_and_assurances_grow_old() -> None:
    now, later = reach(loaded(WHOLE), TODAY), reach(loaded(WHOLE), date(2028, 1, 2))
    assert (now.overdue, now.lapsed, now.silent) == ((), (), ("payments.port",))
    assert later.overdue == (("payments", date(2026, 6, 1)),)
    assert later.lapsed == (("payments.cannot_pay", "POL-214", date(2027, 1, 31)),)


def test_a_review_is_overdue_the_day_after_eighteen_months() -> None:
    assert not is_overdue(date(2026, 6, 1), date(2027, 12, 1))
    assert is_overdue(date(2026, 6, 1), date(2027, 12, 2))
    assert is_overdue(date(2026, 8, 31), date(2028, 3, 1))


def test_words_of_a_correction_are_missed_only_where_a_message_of_ours_can_be_wrong() -> None:
    texts = with_a_correction()
    correction = {f"templates/customers/correction.{language}": "" for language in ("en", "es")}
    without_opening = {file: text for file, text in TEMPLATES.items() if "/opened." not in file}
    first, _, third = reach(loaded({**texts, **correction, **without_opening}), TODAY).reaches
    assert (first.statement, first.why_not[-1]) == ("payments.cannot_pay", "templates/customers/opened.es is missing")
    assert (third.statement, third.why_not) == ("reminders.wrong", ())


def test_a_check_whose_detector_only_warns_tells_no_statement() -> None:
    texts = altered("checks/payments.yaml", "detect: {outage: {persistence: 0s}}", "detect: {outage: {may: warn}}")
    first, second = reach(loaded({**texts, **TEMPLATES}), TODAY).reaches
    assert (first.statement, first.only_by_declaring) == ("payments.cannot_pay", True)
    assert (second.statement, second.only_by_declaring) == ("payments.slow", False)


def test_a_check_says_a_statement_by_those_verdicts_alone_that_its_detectors_may_claim() -> None:
    texts = altered("checks/payments.yaml", "degraded: slow", "degraded: cannot_pay")
    (first, _) = reach(loaded({**texts, **TEMPLATES}), TODAY).reaches
    assert first.verdicts == {"payments.card-form": ("down", "degraded")}
    warned = {**texts, "checks/payments.yaml": texts["checks/payments.yaml"].replace("0s}}", "0s}, slow: {may: warn}}")}
    (first, _) = reach(loaded({**warned, **TEMPLATES}), TODAY).reaches
    assert first.verdicts == {"payments.card-form": ("down",)}
