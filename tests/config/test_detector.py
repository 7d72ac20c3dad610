"""Detectors of a check, with the real kinds: what they judge must be there, and the calendar is the installation's."""

from datetime import date, timedelta
from typing import Any

import pytest

from sentinel.config import ConfigError, load
from sentinel.detect.kind import turnaround
from sentinel.model.check import Check
from sentinel.model.signal import CLAIMS, WARNS
from sentinel.run.kinds import FoundKinds

from .northwind import ENVIRONMENT, TEXTS

PLAIN: dict[str, str] = {
    "sentinel.yaml": """\
name: northwind
brand: Northwind Insurance
url: https://sentinel.northwind.example
time_zone: Europe/Madrid
languages: [en]
calendar: {week: "Mo-Th", holidays: [2026-12-25]}
""",
    "templates/customers/opened.en": TEXTS["templates/customers/opened.en"],
}
SQL = "sql: {engine: sqlite, folder: /srv, file: queue.db, query: select min(came) from work}"
PAGE = "statuspage: https://status.vendor.example"
HTTP = "http: https://pay.northwind.example/form"


def check_of(kind: str, detect: str) -> dict[str, str]:
    file = f"""\
service: payments
title: {{en: Online payments}}
owner: {{team: Billing platform, person: Maria Okafor}}
checks:
  one:
    {kind}
    detect: {detect}
"""
    return {**PLAIN, "checks/payments.yaml": file}


def loaded(kind: str, detect: str) -> dict[str, Any]:
    found = load(check_of(kind, detect), FoundKinds(), ENVIRONMENT.get)
    return dict(found.checks["payments.one"].detectors)


def fault(kind: str, detect: str) -> str:
    with pytest.raises(ConfigError) as refused:
        loaded(kind, detect)
    (problem,) = refused.value.problems
    return str(problem)


@pytest.mark.parametrize(
    ("kind", "detect"),
    [
        (HTTP, "{flapping: {above: 40}, budget: {objective: 99.95%, window: 7d}}"),
        (HTTP, "{forecast: {fact: certificate_days, below: 7}}"),
        (SQL, "{forecast: {above: 1000, horizon: 1d}, turnaround: {promise: 5 business days}}"),
        (PAGE, "{vendor: {at_least: major}}"),
        (PAGE, "{vendor: }"),
    ],
)
def test_a_file_names_them_like_any_other(kind: str, detect: str) -> None:
    assert set(loaded(kind, detect)) > {"outage", "slow"}


def test_business_days_are_the_installations_unless_they_are_written() -> None:
    options = turnaround.Options.model_validate(loaded(SQL, "{turnaround: {promise: 3}}")["turnaround"])
    assert (options.week, options.holidays, options.zone) == ("Mo-Th", (date(2026, 12, 25),), "Europe/Madrid")
    own = turnaround.Options.model_validate(loaded(SQL, "{turnaround: {holidays: [], zone: UTC}}")["turnaround"])
    assert (own.week, own.holidays, own.zone) == ("Mo-Th", (), "UTC")


def test_durations_are_as_everywhere() -> None:
    assert timedelta(days=7) == FoundKinds().options("detect", "budget").model_validate(
        loaded(HTTP, "{budget: {window: 7d}}")["budget"]
    ).model_dump()["window"]  # fmt: skip


def test_a_vendors_word_is_looked_for_on_a_status_page_alone() -> None:
    assert fault(HTTP, "{vendor: }").startswith(
        "checks/payments.yaml:7:14: `vendor` judges `indicator`, which a check of kind `http` does not find"
    )


def test_the_number_that_is_usually_followed_must_be_there() -> None:
    assert "`forecast` judges `value`, which is not found by a check of kind `http`" in fault(HTTP, "{forecast: {above: 95}}")
    assert "`turnaround` judges `age_s`" in fault(HTTP, "{turnaround: {promise: 3}}")


def test_a_limit_is_missing() -> None:
    assert "one of `above` and `below` is wanted here" in fault(SQL, "{forecast: {horizon: 1d}}")


def test_a_week_of_the_calendar_is_checked() -> None:
    texts = check_of(SQL, "{}")
    texts["sentinel.yaml"] = texts["sentinel.yaml"].replace("Mo-Th", "Mon-Thu")
    with pytest.raises(ConfigError, match="these are no days of the week"):
        load(texts, FoundKinds(), ENVIRONMENT.get)


def checked(detect: str, **more: str) -> Check:
    return load({**check_of(HTTP, detect), **more}, FoundKinds(), ENVIRONMENT.get).checks["payments.one"]


def test_what_would_open_an_incident_may_be_let_warn_alone_or_left_out() -> None:
    found = checked("{outage: {may: warn, samples: 5}, slow: {may: nothing}}")
    assert found.warns == ("outage",)
    assert found.detectors.keys() == {"outage"}
    assert found.detectors["outage"]["samples"] == 5


def test_a_check_may_have_back_what_the_defaults_took() -> None:
    defaults = PLAIN["sentinel.yaml"] + "defaults: {detect: {outage: {may: warn}, slow: {may: warn}}}\n"
    assert checked("{slow: {may: open}}", **{"sentinel.yaml": defaults}).warns == ("outage",)


@pytest.mark.parametrize("kind", sorted(WARNS & set(FoundKinds().names("detect"))))
def test_no_file_lets_a_hunch_open_an_incident(kind: str) -> None:
    what = {"forecast": "above: 5, fact: total_ms, ", "turnaround": "fact: total_ms, "}.get(kind, "")
    with pytest.raises(ConfigError) as refused:
        checked(f"{{{kind}: {{{what}may: open}}}}")
    assert f"`{kind}` only warns staff" in str(refused.value)


def test_every_detector_either_warns_or_is_known_by_what_it_claims() -> None:
    kinds = FoundKinds()
    others = set(kinds.names("detect")) - WARNS
    assert dict(CLAIMS) == {name: kinds.module("detect", name).VERDICT for name in others}


def test_what_a_detector_may_is_one_of_three_words() -> None:
    assert "`customers` is nothing that a detector may do" in fault(HTTP, "{outage: {may: customers}}")
