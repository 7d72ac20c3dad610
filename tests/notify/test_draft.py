"""Drafts in every language, with the words approved beside them, and their seal."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2.sandbox import SandboxedEnvironment

from sentinel.model.notice import Occasion
from sentinel.notify.draft import LONGEST_OUTPUT, JinjaEngine, compose, draft
from sentinel.notify.facts import CUSTOMER_OCCASIONS, FULL
from sentinel.notify.seal import seal
from sentinel.notify.slots import fill, values
from sentinel.notify.template import RenderFailed

from .world import CANNOT_PAY, LANGUAGES, LEXICON, NO_DOCUMENTS, NOW, ZONE, blocking, facts, templates, untimed, words


@pytest.mark.parametrize("occasion", CUSTOMER_OCCASIONS)
def test_holding_and_closing_words_stand_beside_what_tells_the_whole(occasion: Occasion) -> None:
    made = draft(7, 1, templates(), facts(occasion), LANGUAGES, LEXICON)
    assert [body.language for body in made.bodies] == list(LANGUAGES)
    assert len(made.holding) == len(made.closing) == (2 if occasion in FULL else 0)
    assert not blocking(made.findings)
    assert (made.notice, made.version, made.edited, made.fell_back) == (7, 1, (), ())


def test_what_and_the_time_stand_in_the_subject_and_the_first_hundred_characters() -> None:
    body = compose(templates(), facts(), "en")
    said = values(facts(), "en", ZONE, "Ana Ortiz")
    assert fill(body.subject, said) == "Online payments are not working: we expect it back by 14:30"
    first = fill(body.text, said)[:100]
    assert "You cannot pay" in first
    assert "14:30" in first


def test_without_a_time_we_say_so_and_give_the_next_word() -> None:
    given = untimed(facts())
    shown = fill(compose(templates(), given, "en").text, values(given, "en", ZONE, "Ana Ortiz"))
    assert "We cannot say yet until when." in shown
    assert "by 11:20" in shown


def test_a_statement_too_long_for_the_short_form_is_named_by_its_service() -> None:
    wordy = replace(
        CANNOT_PAY, say=words("You cannot pay " + "at all " * 40 + "now.", "No puede pagar " + "en absoluto " * 30 + "ahora.")
    )
    made = draft(1, 1, templates(), facts(Occasion.OPENED, wordy), LANGUAGES, LEXICON)
    assert "Trouble with Online payments." in made.bodies[0].short
    assert not [finding for finding in blocking(made.findings) if finding.form == "short"]


def test_several_statements_are_all_named() -> None:
    body = compose(templates(), facts(Occasion.OPENED, CANNOT_PAY, NO_DOCUMENTS), "es")
    assert body.subject.startswith("Problemas con Pagos en línea y Documentos en línea")
    assert CANNOT_PAY.say["es"] in body.text
    assert NO_DOCUMENTS.say["es"] in body.text
    assert "{grace_day_2}" in body.text


def test_a_missing_language_of_a_statement_blocks() -> None:
    english = replace(CANNOT_PAY, do_not={"en": "Please do not pay again yet."})
    made = draft(1, 1, templates(), facts(Occasion.OPENED, english), LANGUAGES, LEXICON)
    assert any(finding.language == "es" and "do_not" in finding.what for finding in blocking(made.findings))


def test_a_promise_in_the_past_blocks() -> None:
    made = draft(1, 1, templates(), facts(until=NOW - timedelta(minutes=1)), LANGUAGES, LEXICON)
    assert any("is past" in finding.what for finding in blocking(made.findings))


def test_the_seal_binds_every_word_and_every_quoted_fact() -> None:
    made = draft(1, 1, templates(), facts(), LANGUAGES, LEXICON)
    assert made.hash == seal(made.bodies, made.holding, made.closing, made.quoted)
    assert made.hash == seal(made.bodies[::-1], made.holding, made.closing, made.quoted)
    touched = replace(made.bodies[0], page=made.bodies[0].page + " ")
    assert made.hash != seal((touched, made.bodies[1]), made.holding, made.closing, made.quoted)
    assert made.hash != seal(made.bodies, made.closing, made.holding, made.quoted)
    assert made.hash != seal(made.bodies, made.holding, made.closing, replace(made.quoted, cause=True))


def test_the_same_facts_make_the_same_draft() -> None:
    assert draft(1, 1, templates(), facts(), LANGUAGES, LEXICON) == draft(1, 1, templates(), facts(), LANGUAGES, LEXICON)


def test_an_endless_value_is_cut_off_by_an_error() -> None:
    made, faults = JinjaEngine(SandboxedEnvironment()).build("{{ say }}", frozenset({"say"}))
    assert made is not None
    assert not faults
    with pytest.raises(RenderFailed):
        made({"say": "x" * (LONGEST_OUTPUT + 1)})
    with pytest.raises(RenderFailed):
        made({})


def test_a_tag_on_its_own_line_leaves_no_line_and_one_within_a_line_joins_no_words() -> None:
    made, _ = JinjaEngine(SandboxedEnvironment()).build(
        "a\n{% if say %}\nb\n{% endif %}\nc {% if say %}d{% endif %}\ne", frozenset({"say"})
    )
    assert made is not None
    assert made({"say": "x"}) == "a\nb\nc d\ne"


@given(st.text(max_size=60))
def test_a_hostile_statement_is_only_text_to_the_engine(text: str) -> None:
    hostile = replace(CANNOT_PAY, say=words("{{ 7*7 }}{% for x in y %}" + text, "x"))
    body = compose(templates(), facts(Occasion.OPENED, hostile), "en")
    assert "{{ 7*7 }}{% for x in y %}" in body.text
    assert "49" not in body.text.replace(" ".join(text.split()), "")
