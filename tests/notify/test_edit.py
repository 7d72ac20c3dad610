"""What a person types is plain text with slots; everything else in it is refused or stays literal."""

from dataclasses import replace
from functools import cache

import pytest

from sentinel.model.command import Refused
from sentinel.model.notice import Draft, Occasion
from sentinel.model.statement import Alternative
from sentinel.notify.draft import compose, draft
from sentinel.notify.edit import edit, standard
from sentinel.notify.html import html
from sentinel.notify.slots import fill, values

from .world import CANNOT_PAY, LANGUAGES, LEXICON, ZONE, blocking, facts, templates

GIVEN = facts()
BODY = compose(templates(), GIVEN, "en")


@cache
def _draft() -> Draft:
    return draft(7, 1, templates(), GIVEN, LANGUAGES, LEXICON)


def _edit(language: str = "en", **forms: str) -> Draft | Refused:
    return edit(_draft(), language, forms, templates(), GIVEN, LEXICON)


def _made(language: str = "en", **forms: str) -> Draft:
    made = _edit(language, **forms)
    assert isinstance(made, Draft), made
    return made


def _refused(language: str = "en", **forms: str) -> Refused:
    refused = _edit(language, **forms)
    assert isinstance(refused, Refused), refused
    return refused


def test_an_edit_keeps_the_other_forms_and_the_others_fall_back_and_are_named() -> None:
    made = _made(text=BODY.text + "\n\nThank you for your patience.")
    assert made.version == 2
    assert made.bodies[0].text.endswith("Thank you for your patience.")
    assert made.bodies[0].subject == BODY.subject
    assert made.bodies[1] == compose(templates(), GIVEN, "es")
    assert (made.edited, made.fell_back) == (("en",), ("es",))
    assert made.hash != _draft().hash


def test_a_harmless_sentence_of_ones_own_is_noted_and_does_not_block() -> None:
    made = _made(text=BODY.text + "\n\nThank you for your patience.")
    assert not blocking(made.findings)
    assert any("written by hand" in finding.what for finding in made.findings)


def test_a_second_language_edited_keeps_the_first() -> None:
    first = _made(text=BODY.text + "\n\nThank you.")
    second = edit(
        first,
        "es",
        {"voice": "Lo sentimos. " + CANNOT_PAY.say["es"] + " Prevemos resolverlo a más tardar {until}."},
        templates(),
        GIVEN,
        LEXICON,
    )
    assert isinstance(second, Draft)
    assert (second.version, second.edited, second.fell_back) == (3, ("en", "es"), ())
    assert second.bodies[0] == first.bodies[0]


def test_an_edit_that_says_what_the_facts_do_not_bear_is_a_finding_that_blocks() -> None:
    assert blocking(_made(text=BODY.text + "\n\nThe whole site is down.").findings)
    assert blocking(_made(text=BODY.text.replace(CANNOT_PAY.say["en"], "")).findings)


def test_an_edit_can_be_taken_back() -> None:
    made = _made(text=BODY.text + "\n\nThank you.")
    back = standard(made, templates(), GIVEN, LANGUAGES, LEXICON)
    assert (back.version, back.bodies, back.edited) == (3, _draft().bodies, ())


TIMES = [
    "14:30",
    "14.30",
    "2 pm",
    "2pm",
    "2 p.m.",
    "half past two",
    "quarter to three",
    "a las 14.30",
    "a las dos",
    "las dos y media",
    "18h",
    "18 h",
    "18h30",
    "noon",
    "midday",
    "midnight",
    "tomorrow",
    "mañana",
    "esta tarde",
    "tonight",
    "this afternoon",
    "in an hour",
    "in 2 hours",
    "within the hour",
    "en media hora",
    "dentro de una hora",
    "Friday",
    "el viernes",
    "12 June",
    "June 12th",
    "12/06/2026",
    "2026-06-12",
    "2026-06-12T14:30Z",
    "14∶30",
    "１４：３０",
    "three o'clock",
    "at three",
    "by 6",
    "mediodía",
    "end of the day",
    "24 de noviembre",
    "a few minutes",
    "unos minutos",
    "the next few hours",
]


@pytest.mark.parametrize("time", TIMES)
def test_a_time_typed_by_hand_is_refused(time: str) -> None:
    refused = _refused(text=f"{BODY.text}\n\nWe write again, {time}.")
    assert refused.code == "typed_time"
    assert "{until}" in refused.why


@pytest.mark.parametrize(
    "text", ["You have 2 policies", "It costs 12.50 €", "You may call", "one of us", "See page 3", "today", "a second look"]
)
def test_what_is_no_time_is_not_taken_for_one(text: str) -> None:
    _made(text=f"{BODY.text}\n\n{text}.")


def test_opening_hours_in_a_reviewed_statement_are_no_typed_time() -> None:
    hours = {"en": "Our branches take payments from 9:00 to 17:00.", "es": "Nuestras oficinas cobran de 9:00 a 17:00."}
    given = facts(Occasion.OPENED, replace(CANNOT_PAY, instead=Alternative(words=hours)))
    typed = {"text": compose(templates(), given, "en").text.replace("Can it not wait?", "Is it urgent?")}
    made = edit(draft(7, 1, templates(), given, LANGUAGES, LEXICON), "en", typed, templates(), given, LEXICON)
    assert isinstance(made, Draft)
    assert hours["en"] in made.bodies[0].text
    assert not blocking(made.findings)


@pytest.mark.parametrize(
    ("forms", "code", "why"),
    [
        ({"text": "{referense}"}, "unknown_slot", "did you mean {reference}"),
        ({"text": "{until_was}"}, "unknown_slot", "has no place"),
        ({"subject": "x" * 201}, "too_long", "at most 200"),
        ({"short": "x" * 321}, "too_long", "at most 320"),
        ({"text": "x" * 4001}, "too_long", "at most 4000"),
        ({"page": "x" * 4001}, "too_long", "at most 4000"),
        ({"voice": "word " * 36}, "too_long", "at most 35"),
        ({"text": "  \n "}, "empty", "write something"),
        ({"text": "a\u202eb"}, "hidden_marks", "U+202E"),
        ({"text": "a\u200bb"}, "hidden_marks", "U+200B"),
        ({"subject": "a\x00b"}, "hidden_marks", "U+0000"),
        ({"subject": "a\rBcc: x"}, "hidden_marks", "U+000D"),
        ({"sbject": "a"}, "unknown_form", "did you mean subject"),
        ({}, "nothing_to_edit", "at least one form"),
    ],
)
def test_what_is_wrong_in_kind_is_refused_with_why(forms: dict[str, str], code: str, why: str) -> None:
    refused = edit(_draft(), "en", forms, templates(), GIVEN, LEXICON)
    assert isinstance(refused, Refused)
    assert refused.code == code
    assert why in refused.why


def test_a_language_that_the_draft_lacks_is_refused() -> None:
    assert _refused("de", text="Hallo").code == "unknown_language"


def test_a_subject_is_one_line_whatever_was_typed() -> None:
    assert _made(subject=f"{BODY.subject}\nBcc: x").bodies[0].subject == f"{BODY.subject} Bcc: x"


PAYLOADS = [
    "{{ 7*7 }}",
    "{{7*'7'}}",
    "{% for x in range(99999) %}x{% endfor %}",
    "{{ config }}",
    "{{ self.__init__.__globals__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{% include '/etc/passwd' %}",
    "{{ request.application.__globals__ }}",
    "{# hidden #}",
    "{name.__class__}",
    "{name.__init__.__globals__[os]}",
    "{0}",
    "{0.__class__}",
    "{name!r}",
    "{name:>999999999}",
    "%(name)s",
    "%0999999999d",
    "${7*7}",
    "#{7*7}",
    "<%= 7*7 %>",
    "{{#with name}}x{{/with}}",
    "{{constructor.constructor('x')()}}",
    "{%- set x = 1 -%}",
    "{{ cycler.__init__ }}",
    "{{ lipsum.__globals__ }}",
    "{% raw %}{{ name }}{% endraw %}",
    "@{7*7}",
    "{php}echo 1;{/php}",
    "[[${7*7}]]",
    "{{ name|attr('__class__') }}",
    "*{7*7}",
    "~{x}",
    "{until.tzinfo}",
    "{{{{{{",
    "}}}}{",
    "{\nname\n}",
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "__${__import__('os')}__",
    "{{ 'a' * 1000000000 }}",
]


def test_there_are_at_least_thirty_payloads() -> None:
    assert len(set(PAYLOADS)) >= 30


@pytest.mark.parametrize("form", ["subject", "text", "page"])
@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_template_payload_stays_literal_or_is_refused(payload: str, form: str) -> None:
    outcome = _edit(**{form: f"Hello {payload}"})
    if isinstance(outcome, Refused):
        assert outcome.code in {"unknown_slot", "hidden_marks"}
        return
    text = getattr(outcome.bodies[0], form)
    shown = fill(text, values(GIVEN, "en", ZONE, "Ana Ortiz"))
    flat = " ".join(payload.split())
    assert " ".join(shown.split()) == f"Hello {flat}"
    assert "<script" not in html(shown)
    assert "<img" not in html(shown)
