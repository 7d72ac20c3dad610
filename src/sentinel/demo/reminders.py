"""Reminders: Northwind's own run of payment reminders, its files in the installation, and the mail that it sends wrongly.

Belongs here: whom it writes to, what it wrote, and what customer service says of it. Does not belong here: the story.

No check looks at it: its mail goes out as fast as ever, and what is wrong is what it says.
"""

import smtplib
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Final

from sentinel.demo.people import Customer, told, write_people

SERVICE: Final = "reminders"
WRONG: Final = "reminders.wrong_past_due"
SENDER: Final = "billing@northwind.example"
AUDIENCE: Final = "reminded"
FEW: Final[Mapping[str, str]] = {"csv": "reminded.csv"}
"""Laid over an audience: those of it who are on the run's list, for stories in which it does not matter how many are told."""

_CHECKS: Final = """\
# The letters that ask for a payment. Nothing looks at them: customers who call are how we learn of a wrong one.
service: reminders
title: {en: Payment reminders, es: Avisos de pago}
owner: {team: Billing platform, person: Maria Okafor <maria@northwind.example>, reviewed: 2026-06-01}
tell:
  staff: [cs-slack, cs-mail]
  customers: {audience: reminded, by: [email]}   # whom the run wrote to, as it says itself
"""
_STATEMENTS: Final = """\
wrong_past_due:
  corrects: true
  impact: degraded_performance
  headline: {en: Please ignore our reminder about a late payment, es: No haga caso de nuestro aviso de pago atrasado}
  say:
    en: Our e-mail about a late payment was sent to you by mistake. Your payments are up to date.
    es: Le enviamos por equivocación un correo sobre un pago atrasado. Sus pagos están al día.
  do: {en: You need do nothing., es: No tiene que hacer nada.}
  do_not: {en: Please do not pay again., es: "Por favor, no vuelva a pagar."}
  instead:
    en: Your account lists each payment that reached us.
    es: En su cuenta aparece cada pago que hemos recibido.
    open: always
  afterwards:
    en: The reminder is withdrawn, and nothing of it stays on your account.
    es: El aviso queda anulado y no deja rastro en su cuenta.
  desk:
    en: Do not take a payment for it. If a caller has paid twice, pass the case to Billing.
    es: No cobre nada por él. Si alguien ha pagado dos veces, pase el caso a Facturación.
  assure:
    - en: Your cover is not affected.
      es: Esto no afecta a su seguro.
      owner: Policy administration
      evidence: POL-101
      until: 2027-06-30
"""


def reminded() -> tuple[Customer, ...]:
    """Whom the run writes to: every third customer who pays by card."""
    return tuple(each for each in told("payers") if int(each.person.removeprefix("NW-")) % 3 == 0)


def write_files(folder: Path) -> None:
    """The service, its statement, and the list of the last run."""
    (folder / "checks" / f"{SERVICE}.yaml").write_text(_CHECKS, encoding="utf-8")
    (folder / "templates" / "statements" / f"{SERVICE}.yaml").write_text(_STATEMENTS, encoding="utf-8")
    write_people(folder / "reminded.csv", reminded())


def send_wrongly(port: int, people: Sequence[Customer]) -> None:
    """The run goes astray: everybody on its list reads that a payment is late. Straight to the mail server, not by Sentinel."""
    with smtplib.SMTP("127.0.0.1", port, timeout=20) as line:
        for each in people:
            mail = EmailMessage()
            mail["From"], mail["To"], mail["Subject"] = SENDER, each.email, "Your payment is past due"
            mail.set_content(
                f"Dear {each.name},\n\nyour payment is past due. Please pay within 7 days.\n\nNorthwind Insurance\n"
            )
            line.send_message(mail, SENDER, [each.email])
