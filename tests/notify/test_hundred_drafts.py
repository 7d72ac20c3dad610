"""P13: a hundred drafts say only what their facts bear, and a hundred spoiled ones are all caught."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import cache
from itertools import product

import pytest

from sentinel.model.notice import Body, Occasion
from sentinel.model.statement import Statement
from sentinel.notify.claims import ground, what_is_left
from sentinel.notify.draft import compose, draft
from sentinel.notify.facts import CUSTOMER_OCCASIONS, FULL, Facts, left_out
from sentinel.notify.material import borne, sentences
from sentinel.notify.parts import FORMS, TABLE, audit
from sentinel.notify.plain import check
from sentinel.notify.slots import fill, values

from .world import (
    CANNOT_PAY,
    CAUSE,
    COVER,
    FEE,
    LANGUAGES,
    LEXICON,
    NO_DOCUMENTS,
    NO_QUOTE,
    NO_SIGN_IN,
    NOW,
    SLOW,
    TITLES,
    ZONE,
    blocking,
    facts,
    templates,
    untimed,
)

FELT: tuple[tuple[Statement, ...], ...] = (
    (CANNOT_PAY,),
    (SLOW,),
    (NO_QUOTE,),
    (NO_SIGN_IN,),
    (CANNOT_PAY, NO_DOCUMENTS),
    (CANNOT_PAY, NO_SIGN_IN, NO_QUOTE, SLOW),
)
CAUSED = {Occasion.DELAYED, Occasion.CLOSED, Occasion.OPENED}


def _expired(statement: Statement) -> Statement:
    """The same statement, with every assurance run out yesterday."""
    over = (NOW - timedelta(days=1)).date()
    return replace(statement, assure=tuple(replace(assurance, until=over) for assurance in statement.assure))


def _cases() -> Iterator[tuple[str, Facts]]:
    """Every occasion × statements × (assurances current or expired) × (a time or none) × (a cause or none)."""
    for occasion, felt, current in product(CUSTOMER_OCCASIONS, FELT, (True, False)):
        if not current and (occasion not in FULL or not any(statement.assure for statement in felt)):
            continue
        given = facts(occasion, *(felt if current else map(_expired, felt)))
        name = f"{occasion.value}-{'+'.join(statement.id for statement in felt)}-{'current' if current else 'expired'}"
        yield name, given
        if occasion in FULL:
            yield f"{name}-untimed", untimed(given)
        elif occasion is Occasion.HOLDING:
            yield f"{name}-no-old-time", replace(given, old_until=None)
        if occasion in CAUSED and current:
            yield f"{name}-cause", replace(given, cause=CAUSE)
        if occasion is Occasion.WIDENED:
            yield f"{name}-moved", replace(given, old_until=NOW + timedelta(hours=1))


CASES = dict(_cases())
DRAFTS = [(name, language) for name in CASES for language in LANGUAGES]


def test_there_are_at_least_a_hundred_drafts_over_every_occasion_impact_and_language() -> None:
    assert len(DRAFTS) >= 100
    assert {given.occasion for given in CASES.values()} == set(CUSTOMER_OCCASIONS)
    assert len({given.worst for given in CASES.values() if given.worst}) == 3


@pytest.mark.parametrize(("name", "language"), DRAFTS)
def test_a_draft_says_nothing_that_its_facts_do_not_bear(name: str, language: str) -> None:
    given = CASES[name]
    body = compose(templates(), given, language)
    fixed = templates().fixed[given.occasion, language]
    assert not blocking(audit(body, given, LEXICON, fixed))
    assert not blocking(check(body, given))
    assert not any("written by hand" in finding.what for finding in audit(body, given, LEXICON, fixed))
    for form in FORMS:
        text = getattr(body, form)
        left = what_is_left(text, ground(given, language, LEXICON))
        for piece in sentences(left):
            assert re.sub(r"[.!…]+$", "", piece) in fixed, f"{form}: {piece!r} comes from no statement and no template"
        shown = fill(text, values(given, language, ZONE, "Ana Ortiz"))
        assert not re.search(r"[{}]|\bNone\b|  | [.,;:](?!\w)|\.\.", shown), shown


@pytest.mark.parametrize(("name", "language"), DRAFTS)
def test_a_draft_gives_every_phrase_that_its_facts_bear_where_the_table_wants_it(name: str, language: str) -> None:
    given = CASES[name]
    body = compose(templates(), given, language)
    for phrase in borne(given, language):
        if phrase.part.value != "headline":
            assert phrase.text in body.text
            assert phrase.text in body.page
    assert "{reference}" in body.text
    assert ("{until}" in body.text) == (given.occasion in FULL and given.until is not None)
    assert TABLE[given.occasion]


@pytest.mark.parametrize("name", [name for name in CASES if "expired" in name])
def test_an_expired_assurance_is_left_out_and_the_lead_is_told_with_owner_and_end(name: str) -> None:
    given = CASES[name]
    made = draft(1, 1, templates(), given, LANGUAGES, LEXICON)
    over = (NOW - timedelta(days=1)).date().isoformat()
    for statement in given.statements:
        for assurance in statement.assure:
            assert all(assurance.words[body.language] not in body.text for body in made.bodies)
            assert any(assurance.owner in line and over in line and assurance.words["en"] in line for line in made.left_out)
    assert not made.quoted.assurances


def test_an_expired_assurance_beside_current_ones_is_left_out_alone() -> None:
    made = draft(1, 1, templates(), facts(), LANGUAGES, LEXICON)
    assert FEE.words["en"] not in made.bodies[0].text
    assert COVER.words["en"] in made.bodies[0].text
    assert made.left_out == left_out(facts(), "en")
    assert len(made.left_out) == 1


# The spoiled ones

Spoil = Callable[[Body, Facts], Body | None]


def _everywhere(body: Body, old: str, new: str) -> Body | None:
    """Every form with `old` made `new`; None where nothing changed."""
    forms = {form: getattr(body, form).replace(old, new) for form in FORMS}
    return replace(body, **forms) if any(forms[form] != getattr(body, form) for form in FORMS) else None


def _more(body: Body, sentence: str) -> Body:
    return replace(body, text=f"{body.text}\n\n{sentence}")


def _say(en: str, es: str) -> Spoil:
    return lambda body, given: _more(body, en if body.language == "en" else es)


def _say_of(statement: Statement) -> Spoil:
    return lambda body, given: None if statement in given.statements else _more(body, statement.say[body.language])


def _swap_say(statement: Statement) -> Spoil:
    def spoil(body: Body, given: Facts) -> Body | None:
        if not given.statements or statement in given.statements:
            return None
        return _everywhere(body, given.statements[0].say[body.language], statement.say[body.language])

    return spoil


def _swap_part(part: str) -> Spoil:
    """The part of the worst statement replaced by another statement's."""

    def spoil(body: Body, given: Facts) -> Body | None:
        mine = getattr(given.statements[0], part) if given.statements else None
        other = getattr(NO_QUOTE, part)
        if mine is None or NO_QUOTE in given.statements:
            return None
        return _everywhere(body, mine[body.language], other[body.language])

    return spoil


def _drop_part(part: str) -> Spoil:
    def spoil(body: Body, given: Facts) -> Body | None:
        mine = getattr(given.statements[0], part) if given.statements else None
        return _everywhere(body, mine[body.language], "") if mine is not None else None

    return spoil


def _drop_assurance(body: Body, given: Facts) -> Body | None:
    return _everywhere(body, COVER.words[body.language], "")


def _expired_back(body: Body, given: Facts) -> Body:
    return _more(body, FEE.words[body.language])


def _swap_assurance(body: Body, given: Facts) -> Body | None:
    return _everywhere(body, COVER.words[body.language], FEE.words[body.language])


def _other_title(body: Body, given: Facts) -> Body | None:
    mine = next(iter(given.titles.values()))
    other = next(words for name, words in TITLES.items() if name not in given.titles)
    return _everywhere(body, mine[body.language], other[body.language])


def _title_beside(body: Body, given: Facts) -> Body:
    other = next(words for name, words in TITLES.items() if name not in given.titles)[body.language]
    return _more(body, f"{other}, too." if body.language == "en" else f"{other}, también.")


def _slot(old: str, new: str) -> Spoil:
    return lambda body, given: _everywhere(body, f"{{{old}}}", f"{{{new}}}")


def _swap_slots(one: str, other: str) -> Spoil:
    def spoil(body: Body, given: Facts) -> Body | None:
        if f"{{{one}}}" not in body.text or f"{{{other}}}" not in body.text:
            return None
        swapped = {
            form: getattr(body, form)
            .replace(f"{{{one}}}", "\0")
            .replace(f"{{{other}}}", f"{{{one}}}")
            .replace("\0", f"{{{other}}}")
            for form in FORMS
        }
        return replace(body, **swapped)

    return spoil


def _typed(en: str, es: str) -> Spoil:
    return lambda body, given: _everywhere(body, "{until}", en if body.language == "en" else es)


def _drop(text: str) -> Spoil:
    return lambda body, given: _everywhere(body, text, "")


def _what_last(body: Body, given: Facts) -> Body:
    """The text begins with a long courtesy, so that what it is about comes late."""
    polite = "Thank you for being with us. " if body.language == "en" else "Gracias por confiar en nosotros. "
    return replace(body, text=polite * 5 + body.text)


def _subject(en: str, es: str) -> Spoil:
    return lambda body, given: replace(body, subject=en if body.language == "en" else es)


def _turned_round(body: Body, given: Facts) -> Body | None:
    if body.language == "en":
        return _everywhere(body, "Your cover is not affected", "Your cover is affected")
    return _everywhere(body, "Su seguro no se ve afectado", "Su seguro se ve afectado")


def _reworded(body: Body, given: Facts) -> Body | None:
    if NO_DOCUMENTS in given.statements:
        return None
    return _more(
        body,
        "You also cannot open your documents on our website now."
        if body.language == "en"
        else "Tampoco puede abrir sus documentos en nuestra web.",
    )


SPOILS: dict[str, Spoil] = {
    "statement swapped": _swap_say(NO_SIGN_IN),
    "statement of a milder impact put in": _swap_say(SLOW),
    "a statement added": _say_of(NO_DOCUMENTS),
    "a statement reworded and added": _reworded,
    "do-not swapped": _swap_part("do_not"),
    "afterwards swapped": _swap_part("afterwards"),
    "do dropped": _drop_part("do"),
    "do-not dropped": _drop_part("do_not"),
    "afterwards dropped": _drop_part("afterwards"),
    "assurance dropped": _drop_assurance,
    "assurance swapped for an expired one": _swap_assurance,
    "expired assurance put back": _expired_back,
    "assurance turned round": _turned_round,
    "an assurance invented": _say(
        "Your money is safe with us and no fee applies.", "Su dinero está a salvo y no se le cobrará nada."
    ),
    "another service's title": _other_title,
    "another service beside it": _title_beside,
    "until swapped for since": _slot("until", "since"),
    "until swapped for the old time": _slot("until", "until_was"),
    "until swapped for from": _slot("until", "from"),
    "since swapped for until": _slot("since", "until"),
    "since and until swapped": _swap_slots("since", "until"),
    "old and new time swapped": _swap_slots("until_was", "until"),
    "from and to swapped": _swap_slots("from", "to"),
    "next word swapped for the old time": _slot("next_word", "until_was"),
    "next word swapped for since": _slot("next_word", "since"),
    "an unknown slot": _slot("reference", "referense"),
    "cause put in": _say("It happened because a cable broke.", "Ocurrió porque se rompió un cable."),
    "known cause put in": lambda body, given: (
        None
        if given.cause
        else _more(body, f"Why: it is due to this. {CAUSE[body.language]}")
        if body.language == "en"
        else _more(body, f"Se debe a esto. {CAUSE[body.language]}")
    ),
    "promise without a basis": _say("We expect it back within the hour.", "Prevemos resolverlo dentro de una hora."),
    "promise by slot": _say("We expect it back by {until}.", "Prevemos resolverlo a más tardar {until}."),
    "will be back soon": _say("It will be back soon.", "Pronto volverá a funcionar."),
    "typed clock time": _typed("14:30", "a las 14:30"),
    "typed time in words": _typed("half past two", "a las dos y media"),
    "typed time and date": _typed("9 am on Tuesday 24 November", "el martes 24 de noviembre a las 9h"),
    "until dropped": _typed("the time we gave", "en su momento"),
    "reference dropped": _drop("{reference}"),
    "apology dropped": lambda body, given: _everywhere(
        *((body, "sorry", "with you") if body.language == "en" else (body, "sentimos", "sabemos"))
    ),
    "second apology": _say("We are sorry once more.", "Le pedimos disculpas otra vez."),
    "what comes late": _what_last,
    "a subject that says nothing": _subject("A message from us", "Un mensaje nuestro"),
    "blame": _say("Our supplier let us down.", "Es culpa de nuestro proveedor."),
    "a link": _say("See https://northwind.example/status now.", "Vea https://northwind.example/status ahora."),
    "a lure": _say("Please click below and confirm your card.", "Pulse abajo y confirme su tarjeta."),
    "jargon": _say("Our gateway gave HTTP 503 on db01.internal.", "La pasarela dio HTTP 503 en db01.internal."),
    "old time not owned": _drop("{until_was}"),
    "next word dropped": lambda body, given: _everywhere(body, "{next_word}", "") if given.until is None else None,
    "says what nobody stands behind": _say("The whole site is down.", "Toda la web está caída."),
}
# Not a lie where a time is promised, so not a mutation there.
HARMLESS = {"promise by slot": FULL}

BASES = {
    "opened": facts(),
    "opened, untimed": untimed(facts()),
    "opened, two statements": facts(Occasion.OPENED, CANNOT_PAY, NO_DOCUMENTS),
    "widened": facts(Occasion.WIDENED, CANNOT_PAY, old_until=NOW + timedelta(hours=1)),
    "again": facts(Occasion.AGAIN, SLOW),
    "delayed": facts(Occasion.DELAYED),
    "holding": facts(Occasion.HOLDING),
    "closed": facts(Occasion.CLOSED),
    "retraction": facts(Occasion.RETRACTION),
}


def _mutants() -> Iterator[tuple[str, str, str]]:
    for (base, given), (spoil, change), language in product(BASES.items(), SPOILS.items(), LANGUAGES):
        if given.occasion in HARMLESS.get(spoil, frozenset()) and given.until is not None:
            continue
        body = compose(templates(), given, language)
        changed = change(body, given)
        if changed is not None and changed != body:
            yield base, spoil, language


MUTANTS = list(_mutants())


def test_there_are_at_least_a_hundred_mutants_and_every_spoiling_is_among_them() -> None:
    assert len(MUTANTS) >= 100
    assert {spoil for _, spoil, _ in MUTANTS} == set(SPOILS)


@cache
def _sound(base: str, language: str) -> Body:
    """The unspoiled body, which passes with the templates at hand and without."""
    given = BASES[base]
    body = compose(templates(), given, language)
    for fixed in (templates().fixed[given.occasion, language], frozenset[str]()):
        assert not blocking((*audit(body, given, LEXICON, fixed), *check(body, given)))
    return body


@pytest.mark.parametrize(("base", "spoil", "language"), MUTANTS)
def test_a_spoiled_draft_is_caught_beside_the_templates_and_on_text_alone(base: str, spoil: str, language: str) -> None:
    given = BASES[base]
    spoiled = SPOILS[spoil](_sound(base, language), given)
    assert spoiled is not None
    plain = blocking(check(spoiled, given))
    for fixed in (templates().fixed[given.occasion, language], frozenset[str]()):
        assert plain or blocking(audit(spoiled, given, LEXICON, fixed)), spoiled
