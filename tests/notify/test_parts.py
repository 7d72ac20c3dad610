"""The table of parts, and the reading of text that nobody of ours composed."""

from dataclasses import replace

import pytest

from sentinel.model.notice import Body, Occasion
from sentinel.notify.draft import compose
from sentinel.notify.facts import CUSTOMER_OCCASIONS
from sentinel.notify.parts import FORMS, TABLE, WHERE, Section, audit

from .world import CAUSE, LEXICON, NO_DOCUMENTS, SLOW, blocking, facts, templates

OWN = Body(
    language="en",
    subject="Online payments are not working: expected back by {until}",
    short="You cannot pay on our website at the moment. We expect it back by {until} and "
    "will write to you then. Ref {reference}",
    text="Dear {name}, you cannot pay on our website at the moment. We are sorry. It "
    "began {since}. We expect it back by {until}. "
    "Your cover is not affected. A payment due today still counts as on time until "
    "{grace_day}. You need do nothing now. If you "
    "pressed Pay and saw no confirmation, please do not pay again yet. We will write to you before {until}. Use bank transfer; "
    "the details are on your renewal letter. Say {reference}.",
    page="You cannot pay on our website at the moment. We are sorry. It began {since}. We "
    "expect it back by {until}. Your cover is "
    "not affected. A payment due today still counts as on time until {grace_day}. "
    "You need do nothing now. If you pressed Pay and "
    "saw no confirmation, please do not pay again yet. The next word is here before "
    "{until}. Use bank transfer; the details are "
    "on your renewal letter. {reference}",
    voice="You cannot pay on our website at the moment. We expect it back by {until}.",
)


def test_a_text_that_we_did_not_compose_passes_when_it_holds_all_and_claims_nothing() -> None:
    assert not blocking(audit(OWN, facts(), LEXICON))


def test_every_customer_occasion_has_its_row_and_every_section_its_forms() -> None:
    assert set(TABLE) == set(CUSTOMER_OCCASIONS)
    assert set(WHERE) == set(Section)
    assert {form for forms in WHERE.values() for form in forms} == set(FORMS)


@pytest.mark.parametrize("occasion", CUSTOMER_OCCASIONS)
def test_what_one_apology_and_the_reference_are_in_every_message(occasion: Occasion) -> None:
    assert TABLE[occasion] >= {Section.WHAT, Section.APOLOGY, Section.REFERENCE}


@pytest.mark.parametrize("occasion", CUSTOMER_OCCASIONS)
@pytest.mark.parametrize("language", ["en", "es"])
def test_an_empty_text_lacks_every_section_of_its_row(occasion: Occasion, language: str) -> None:
    bare = replace(compose(templates(), facts(occasion), language), text="-", page="-", subject="-", short="-", voice="-")
    found = {finding.form for finding in blocking(audit(bare, facts(occasion), LEXICON))}
    assert found == set(FORMS)


def test_the_old_time_is_owned_before_the_new_one() -> None:
    given = facts(Occasion.DELAYED)
    body = compose(templates(), given, "en")
    turned = replace(body, text="Online payments: we now expect it back by {until}. " + body.text)
    assert any("own {until_was} first" in finding.what for finding in audit(turned, given, LEXICON))


def test_a_cause_on_record_may_be_told_in_its_own_words_only() -> None:
    given = facts(Occasion.CLOSED, cause=CAUSE)
    body = compose(templates(), given, "en")
    assert CAUSE["en"] in body.text
    assert not blocking(audit(body, given, LEXICON))
    other = replace(body, text=body.text.replace(CAUSE["en"], "It was due to a rat in a box."))
    assert blocking(audit(other, given, LEXICON))


def test_holding_words_name_no_cause_even_on_record() -> None:
    given = facts(Occasion.HOLDING, cause=CAUSE)
    body = compose(templates(), given, "en")
    assert CAUSE["en"] not in body.text
    assert blocking(audit(replace(body, text=body.text + " It is due to a part. " + CAUSE["en"]), given, LEXICON))


def test_a_finding_says_whose_sentence_it_is() -> None:
    body = compose(templates(), facts(), "en")
    found = audit(replace(body, text=f"{body.text}\n\n{NO_DOCUMENTS.say['en']}"), facts(), LEXICON)
    assert any("documents.cannot_get" in finding.what and "not in force" in finding.what for finding in found)
    found = audit(replace(body, text=f"{body.text}\n\n{SLOW.afterwards['en']}" if SLOW.afterwards else ""), facts(), LEXICON)
    assert any("has no place in a message of occasion opened" in finding.what for finding in found)
