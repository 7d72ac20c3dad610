"""The insurer of these tests: four services, what customers can feel on them, and the templates of the package's example."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from jinja2.sandbox import SandboxedEnvironment

from sentinel.model.estimate import PromiseKind
from sentinel.model.installation import TemplateFile
from sentinel.model.notice import Finding, Occasion
from sentinel.model.service import Impact
from sentinel.model.statement import Alternative, Assurance, Statement
from sentinel.model.words import Words
from sentinel.notify.draft import JinjaEngine
from sentinel.notify.facts import CUSTOMER_OCCASIONS, FULL, Facts
from sentinel.notify.lexicon import Lexicon
from sentinel.notify.template import Templates, compile_templates

FOLDER = Path(__file__).parents[2] / "templates" / "customers"
LANGUAGES = ("en", "es")
ZONE = "Europe/Madrid"
NOW = datetime(2026, 11, 23, 9, 20, tzinfo=UTC)
"""10:20 on Monday 23 November in Madrid."""


def words(en: str, es: str) -> Words:
    return {"en": en, "es": es}


COVER = Assurance(
    words=words("Your cover is not affected.", "Su seguro no se ve afectado."),
    owner="Underwriting",
    evidence="POL-1",
    until=date(2027, 6, 30),
)
GRACE = Assurance(
    words=words(
        "A payment due today still counts as on time until {grace_day}.",
        "Un pago que vence hoy sigue contando como puntual hasta el {grace_day}.",
    ),
    owner="Billing policy",
    evidence="POL-214",
    until=date(2027, 1, 31),
    grace_days=5,
)
FEE = Assurance(
    words=words("We charge no late fee this winter.", "Este invierno no cobramos ningún recargo."),
    owner="Billing policy",
    evidence="POL-188",
    until=date(2025, 12, 31),
)
ARCHIVE = Assurance(
    words=words(
        "Every letter that you were promised still holds until {grace_day}.",
        "Cada carta prometida sigue vigente hasta el {grace_day}.",
    ),
    owner="Document services",
    evidence="DOC-31",
    until=date(2027, 3, 31),
    grace_days=9,
)

CANNOT_PAY = Statement(
    id="payments.cannot_pay",
    service="payments",
    impact=Impact.MAJOR_OUTAGE,
    headline=words("Online payments are not working", "Los pagos en línea no funcionan"),
    say=words("You cannot pay on our website at the moment.", "En este momento no puede pagar en nuestra web."),
    do=words("You need do nothing now.", "Ahora no tiene que hacer nada."),
    do_not=words(
        "If you pressed Pay and saw no confirmation, please do not pay again yet.",
        "Si pulsó Pagar y no vio la confirmación, no vuelva a pagar todavía, por favor.",
    ),
    instead=Alternative(
        words=words(
            "Use bank transfer; the details are on your renewal letter.",
            "Haga una transferencia; los datos están en su carta de renovación.",
        )
    ),
    afterwards=words(
        "If you saw no confirmation, please check your account before you pay again.",
        "Si no vio la confirmación, mire su cuenta antes de volver a pagar.",
    ),
    desk=words("Do not take card numbers by chat.", "No tome números de tarjeta por chat."),
    assure=(COVER, GRACE, FEE),
)
SLOW = Statement(
    id="payments.slow",
    service="payments",
    impact=Impact.DEGRADED_PERFORMANCE,
    headline=words("Online payments are slow", "Los pagos en línea van lentos"),
    say=words("Paying on our website takes longer than usual.", "Pagar en nuestra web tarda más de lo normal."),
    do_not=words("Please press Pay only once.", "Pulse Pagar una sola vez, por favor."),
    afterwards=words("A payment that you saw confirmed is done.", "Un pago que vio confirmado está hecho."),
    assure=(COVER,),
)
NO_DOCUMENTS = Statement(
    id="documents.cannot_get",
    service="documents",
    impact=Impact.MAJOR_OUTAGE,
    headline=words("Your documents are not available", "Sus documentos no están disponibles"),
    say=words("You cannot open your documents on our website.", "No puede abrir sus documentos en nuestra web."),
    do_not=words("Please do not ask for the same letter twice.", "No pida dos veces la misma carta, por favor."),
    instead=Alternative(
        words=words("The card in your wallet proves your cover.", "La tarjeta de su cartera acredita su seguro."),
        open="Mo-Fr 08:00-18:00",
    ),
    afterwards=words(
        "If a download stopped halfway, please start it again.",
        "Si una descarga quedó a medias, vuelva a iniciarla, por favor.",
    ),
    assure=(ARCHIVE,),
)
NO_QUOTE = Statement(
    id="quoting.cannot_quote",
    service="quoting",
    impact=Impact.PARTIAL_OUTAGE,
    say=words("You cannot get a quote on our website.", "No puede pedir un presupuesto en nuestra web."),
    do_not=words("Please do not fill in the form again yet.", "No rellene el formulario otra vez todavía, por favor."),
    afterwards=words("If you were halfway, please start again.", "Si estaba a medias, empiece de nuevo, por favor."),
)
NO_SIGN_IN = Statement(
    id="accounts.cannot_sign_in",
    service="accounts",
    impact=Impact.MAJOR_OUTAGE,
    headline=words("Signing in is not working", "No se puede entrar en su cuenta"),
    say=words("You cannot sign in to your account.", "No puede entrar en su cuenta."),
    do=words("Your password is as good as before.", "Su contraseña sigue siendo buena."),
    do_not=words("Please do not ask for a new password.", "No pida una contraseña nueva, por favor."),
    afterwards=words("Your password is the same as before.", "Su contraseña es la misma de antes."),
)
STATEMENTS = (CANNOT_PAY, SLOW, NO_DOCUMENTS, NO_QUOTE, NO_SIGN_IN)
TITLES: Mapping[str, Words] = {
    "payments": words("Online payments", "Pagos en línea"),
    "documents": words("Online documents", "Documentos en línea"),
    "quoting": words("Online quotes", "Presupuestos en línea"),
    "accounts": words("My Northwind", "Mi Northwind"),
}
LEXICON = Lexicon(statements=STATEMENTS, titles=TITLES)
CAUSE = words("A part in our payment room broke.", "Se rompió una pieza en nuestra sala de pagos.")
DESK = words("the number on your policy", "el número de su póliza")


def facts(occasion: Occasion = Occasion.OPENED, *statements: Statement, **changes: Any) -> Facts:
    """Facts of an occasion: by default cannot pay, since 10:05, back by 14:30, as far as the occasion knows a time."""
    felt = statements or (CANNOT_PAY,)
    in_full = occasion in FULL
    timed = in_full and occasion is not Occasion.CORRECTION
    made = Facts(
        occasion=occasion,
        reference="17-A",
        brand="Northwind Insurance",
        titles={statement.service: TITLES[statement.service] for statement in felt},
        began_at=NOW - timedelta(minutes=12),
        now=NOW,
        zone=ZONE,
        statements=felt if in_full or occasion is Occasion.CLOSED else (),
        until=NOW + timedelta(hours=4, minutes=10) if timed else None,
        old_until=NOW + timedelta(minutes=40) if occasion in (Occasion.DELAYED, Occasion.HOLDING) else None,
        next_word_at=NOW + timedelta(hours=4, minutes=10) if timed else NOW + timedelta(hours=1),
        recovered_at=NOW if occasion is Occasion.CLOSED else None,
        promise=PromiseKind.ETA if timed else PromiseKind.NEXT_WORD if in_full else None,
        desk=DESK,
    )
    return replace(made, **changes)


def untimed(given: Facts) -> Facts:
    """The same, where we cannot say yet until when."""
    return replace(given, until=None, next_word_at=NOW + timedelta(hours=1), promise=PromiseKind.NEXT_WORD)


def template_files() -> tuple[TemplateFile, ...]:
    """The files of templates/customers, read."""
    return tuple(
        TemplateFile(
            path=f"templates/customers/{occasion.value}.{language}",
            occasion=occasion.value,
            language=language,
            text=(FOLDER / f"{occasion.value}.{language}").read_text(encoding="utf-8"),
        )
        for occasion in CUSTOMER_OCCASIONS
        for language in LANGUAGES
    )


def engine() -> JinjaEngine:
    return JinjaEngine(SandboxedEnvironment())


@cache
def templates() -> Templates:
    return compile_templates(template_files(), engine(), LANGUAGES)


def blocking(findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if finding.blocks]
