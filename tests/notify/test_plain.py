"""Plain words: what is found, what blocks and what is only shown."""

from dataclasses import replace
from datetime import timedelta

import pytest

from sentinel.model.notice import Body, Occasion
from sentinel.notify.draft import compose
from sentinel.notify.plain import check, check_form, words_spoken
from sentinel.notify.reading import grade, syllables_en, syllables_es

from .world import NO_SIGN_IN, NOW, blocking, facts, templates

BODY = compose(templates(), facts(), "en")
CUERPO = compose(templates(), facts(), "es")


def _found(body: Body, more: str) -> tuple[list[str], list[str]]:
    """(what blocks, what is only shown) of the text with `more` at its end, beyond what the standard text has."""
    before = set(check(body, facts()))
    after = [finding for finding in check(replace(body, text=f"{body.text}\n\n{more}"), facts()) if finding not in before]
    return [finding.what for finding in after if finding.blocks], [finding.what for finding in after if not finding.blocks]


@pytest.mark.parametrize(
    "text",
    [
        "It gave HTTP 503.",
        "See error 500.",
        "Look at db01.internal.",
        "Go to www.northwind.example.",
        "https://x.test/a",
        "It is 10.0.0.1.",
        "Ask 2001:db8::1.",
        "We saw ECONNREFUSED.",
        "It is back soon.",
        "This ends shortly.",
        "We have technical difficulties.",
        "Some users see this.",
        "We regret any inconvenience.",
        "Our supplier did it.",
        "It was human error.",
        "Please log in here.",
        "Please pay now.",
        "Confirm your card with us.",
        "Click the button.",
    ],
)
def test_words_that_mislead_or_mean_nothing_to_a_customer_block(text: str) -> None:
    assert _found(BODY, text)[0], text


@pytest.mark.parametrize(
    "text",
    [
        "Pronto estará listo.",
        "En breve.",
        "Lo antes posible.",
        "Tenemos problemas técnicos.",
        "Algunos clientes lo notan.",
        "Es culpa de otro.",
        "Nuestro proveedor falla.",
        "Pulse aquí.",
        "Inicie sesión aquí.",
        "Pague ahora.",
        "Error 503.",
        "Disculpe las molestias.",
        "Confirme su tarjeta.",
    ],
)
def test_the_same_in_spanish(text: str) -> None:
    assert _found(CUERPO, text)[0], text


def test_words_of_the_trade_are_shown_and_do_not_block() -> None:
    blocks, shown = _found(BODY, "The server and the database rest.")
    assert not blocks
    assert any("server" in what for what in shown)


def test_a_word_in_a_reviewed_statement_is_shown_and_does_not_block_the_night() -> None:
    said = {"en": "Please pay now at the desk.", "es": "Pague ahora en caja."}
    given = facts(Occasion.OPENED, replace(NO_SIGN_IN, do=said))
    found = check(compose(templates(), given, "en"), given)
    assert any("pay now" in finding.what for finding in found)
    assert not blocking(found)


def test_a_time_in_the_past_blocks_and_so_does_a_beginning_in_the_future() -> None:
    assert any("past" in finding.what for finding in blocking(check(BODY, facts(until=NOW))))
    assert any("future" in finding.what for finding in blocking(check(BODY, facts(began_at=NOW + timedelta(minutes=1)))))
    closed = facts(Occasion.CLOSED, recovered_at=NOW - timedelta(days=1))
    assert any("before it began" in finding.what for finding in blocking(check(compose(templates(), closed, "en"), closed)))


def test_a_short_form_of_two_segments_and_a_long_voice_are_shown() -> None:
    long = replace(BODY, short="word " * 40, voice="word " * 36)
    whats = [finding.what for finding in check(long, facts())]
    assert "takes 2 SMS segments; one is wanted" in whats
    assert "36 words to say; at most 35" in whats


def test_a_form_that_is_empty_or_too_long_blocks() -> None:
    assert any("empty" in finding.what for finding in blocking(check(replace(BODY, page=" "), facts())))
    assert any("at most 200" in finding.what for finding in blocking(check(replace(BODY, subject="x" * 201), facts())))


def test_statements_can_be_checked_in_peacetime() -> None:
    assert [what for what, blocks in check_form("It will be back soon.", "text", "en") if blocks]
    assert not list(check_form("You cannot pay on our website at the moment.", "text", "en"))


HARD = {
    "en": "Notwithstanding considerable organisational difficulties, representatives "
    "responsible for administration of individual "
    "policyholder documentation continuously investigate alternative possibilities for immediate communication opportunities.",
    "es": "Sin perjuicio de considerables dificultades organizativas, los "
    "representantes responsables de la administración de la "
    "documentación individualizada investigan continuamente posibilidades alternativas de comunicación inmediata.",
}


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_hard_text_is_graded_hard_and_ours_is_not(language: str) -> None:
    assert (grade(HARD[language], language) or 0) > 8
    assert (grade({"en": BODY, "es": CUERPO}[language].text, language) or 99) <= 8
    assert any("reading grade" in what for what in _found({"en": BODY, "es": CUERPO}[language], (HARD[language] + " ") * 6)[1])


def test_syllables_are_counted_about_right() -> None:
    assert [syllables_en(word) for word in ("payment", "we", "table", "expected", "make")] == [2, 1, 2, 3, 1]
    assert [syllables_es(word) for word in ("pago", "cuenta", "línea", "vía", "que", "transferencia")] == [2, 2, 3, 2, 1, 4]


def test_a_short_text_has_no_grade() -> None:
    assert grade("You cannot pay.", "en") is None


def test_spoken_words_are_counted() -> None:
    assert words_spoken("Sorry, it's 14:30 on Monday.") == 5
