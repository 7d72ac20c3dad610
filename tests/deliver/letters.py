"""What the tests of this room send: one wording of the insurer's, one letter, one brief."""

from dataclasses import replace
from datetime import UTC, datetime

from sentinel.model.message import Letter, StaffNote, Wording
from sentinel.model.notice import Brief, Occasion

NOW = datetime(2026, 6, 8, 8, 5, tzinfo=UTC)
SECRET = b"0123456789abcdef0123456789abcdef"

WORDING = Wording(
    notice=17,
    language="es",
    zone="Europe/Madrid",
    subject="Los pagos en línea no funcionan: esperamos que vuelvan a las 14:30",
    short="",
    text="Apreciada {name}:\n\nlo sentimos: no puede pagar en nuestra web.\n.un punto\nReferencia 17-A.\n",
    html="<html><body><p>Apreciada {name}:</p><p>lo sentimos: no puede pagar en nuestra web.</p></body></html>",
    thread="incident:17/1",
    first=True,
)


def letter(name: str = "Sra. Núñez", address: str = "nunez@example.com", person: str = "policy-7", **changes: object) -> Letter:
    wording = replace(WORDING, **changes)  # type: ignore[arg-type]  # tests name fields
    return Letter(key=f"incident:17/1/opened/{person}", person=person, name=name, address=address, wording=wording)


def note(**changes: object) -> StaffNote:
    brief = Brief(
        reference="17-A",
        occasion=Occasion.STAFF_OPENED,
        headline="Online payments are not working",
        services=("Online payments",),
        felt=("Customers cannot pay on our website.",),
        since=NOW,
        until=NOW.replace(hour=12, minute=30),
        next_word=NOW.replace(hour=9),
        who="about 12,400 customers with a payment due",
        say="Sorry, online payment has been down since about ten.",
        do_not=("Do not ask them to try again.",),
        instead=("Bank transfer, as on the renewal letter.",),
        desk=("Do not take card numbers by chat.", "Supervisor: extension 4."),
        words={"en": "You cannot pay on our website.", "es": "No puede pagar en nuestra web."},
        link="https://sentinel.northwind.example/incidents/17",
        zone="Europe/Madrid",
    )
    return StaffNote(key="incident:17/1/staff_opened/channel:cs", brief=replace(brief, **changes))  # type: ignore[arg-type]  # as above
