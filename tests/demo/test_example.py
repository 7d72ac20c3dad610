"""The worked example's words: complete in both languages, plain, dated, and tied to checks that exist."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import yaml

from sentinel.demo.services import CUSTOMERS_USE, PAGES
from sentinel.demo.world import example
from sentinel.model.service import Impact

TODAY = date(2026, 11, 22)
PARTS = ("headline", "say", "do", "do_not", "instead", "afterwards", "desk")
JARGON = re.compile(r"\b(HTTP|50\d|server|servidor|error|sistema|technical|técnic\w+|soon|shortly|pronto|some users)\b", re.I)
LINK_OR_TIME = re.compile(r"https?:|www\.|\.example|\d{1,2}[:.]\d\d|\d ?(am|pm|h)\b", re.I)


def load(kind: str) -> dict[str, Any]:
    return {path.stem: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((example() / kind).glob("*.yaml"))}


def statements() -> dict[str, dict[str, Any]]:
    found = load("templates/statements")
    return {f"{service}.{name}": said for service, each in found.items() for name, said in each.items()}


def sentences(statement: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Language and words, of every part that somebody reads."""
    for words in (*(statement[part] for part in PARTS if part in statement), *statement.get("assure", ())):
        yield from ((language, words[language]) for language in ("en", "es"))


@pytest.mark.parametrize("statement", statements().values(), ids=statements().keys())
def test_every_part_is_there_in_both_languages_and_in_plain_words(statement: dict[str, Any]) -> None:
    assert set(PARTS) <= set(statement)
    assert statement["impact"] in list(Impact)
    for language, words in sentences(statement):
        assert not JARGON.search(words), words
        assert not LINK_OR_TIME.search(words), words
        for sentence in re.split(r"[.:;?!] ", words):
            assert len(sentence.split()) <= 20, (language, sentence)
        assert set(re.findall(r"\{(\w+)\}", words)) <= {"grace_day"}


@pytest.mark.parametrize("statement", statements().values(), ids=statements().keys())
def test_a_headline_is_no_sentence_with_an_end_and_all_else_is(statement: dict[str, Any]) -> None:
    for language in ("en", "es"):
        assert not statement["headline"][language].endswith(".")
        for part in PARTS[1:]:
            assert statement[part][language].endswith(".")


def test_each_check_means_statements_of_its_own_service() -> None:
    known = statements()
    for service, said in load("checks").items():
        assert said["service"] == service
        for check in said["checks"].values():
            assert {f"{service}.{statement}" for statement in check.get("means", {}).values()} <= set(known)


def test_each_page_that_a_check_looks_for_is_there_and_holds_what_it_should() -> None:
    for service, said in load("checks").items():
        for check in said["checks"].values():
            base, _, path = check["http"]["url"].partition("}/")
            assert check["http"]["ca"] == "${env:DEMO_CA}"
            assert base == "${env:DEMO_" + service.upper()
            assert check["up"]["body"]["contains"] in PAGES[service]["/" + path]


def test_customers_have_words_for_what_they_use_and_none_for_the_ledger() -> None:
    assert {name.partition(".")[0] for name in statements()} == set(CUSTOMERS_USE)
    checks = load("checks")
    assert set(checks) == {*CUSTOMERS_USE, "ledger"}
    assert "customers" not in checks["ledger"]["tell"]
    assert [service for service, said in checks.items() if "ledger" in said.get("depends_on", ())] == ["documents", "payments"]
    assert len(checks["payments"]["checks"]) == 2


def test_every_assurance_has_an_owner_and_evidence_and_one_is_out_of_date() -> None:
    every = [assure for said in statements().values() for assure in said.get("assure", ())]
    assert all(assure["owner"] and assure["evidence"] for assure in every)
    assert [assure["evidence"] for assure in every if assure["until"] < TODAY] == ["POL-188"]
    current = [assure for assure in every if assure["until"] >= TODAY + timedelta(days=30)]
    assert [assure["evidence"] for assure in current if "grace_days" in assure] == ["POL-214", "UND-077"]
    assert all(("{grace_day}" in assure["en"]) == ("grace_days" in assure) for assure in every)
