"""The oracles of the chaos harness find each kind of wrong, and nothing in a day that went well."""

from dataclasses import replace

import pytest
from bench.chaos.oracle import Counts, Finding, Mail, arrived, compare, occasion_of
from bench.chaos.truth import Row, Truth

from sentinel.deliver.mime import message_id

DOMAIN = "northwind.example"
ANA, BEN = "ana@example.com", "ben@example.com"


def row(number: int, address: str, step: str = "opened", state: str = "accepted") -> Row:
    return Row(
        id=number,
        lane="customers",
        step=step,
        state=state,
        subject="incident:1",
        episode=1,
        person=address.partition("@")[0],
        address=address,
    )


def mail_of(row: Row) -> Mail:
    occasion = "closed" if row.step == "closed" else "opened"
    return Mail(address=row.address, message_id=message_id(row.key, DOMAIN).decode(), occasion=occasion)


def truth_of(*rows: Row) -> Truth:
    return Truth(deliveries=rows, notices=(), incidents={1: True}, on_hold=False)


OPENED = (row(1, ANA), row(2, BEN))
CLOSED = (row(3, ANA, "closed"), row(4, BEN, "closed"))


def judged(rows: tuple[Row, ...], inbox: list[Mail], *, at_end: bool = True) -> Finding:
    return compare({ANA, BEN}, truth_of(*rows), inbox, DOMAIN, at_end=at_end)


def wrong(finding: Finding) -> set[str]:
    names = ("lost", "doubled", "phantom", "silent", "not_closed", "closed_to_strangers")
    return {name for name in names if getattr(finding, name)}


def test_a_day_that_went_well_has_nothing_wrong() -> None:
    rows = OPENED + CLOSED
    assert wrong(judged(rows, [mail_of(each) for each in rows])) == set()


def test_somebody_of_the_audience_without_a_row_is_lost() -> None:
    found = judged(OPENED[:1], [mail_of(OPENED[0])], at_end=False)
    assert found.lost == (BEN,)


@pytest.mark.parametrize("state", ["rejected", "cancelled", "in_doubt", "dead", "suppressed"])
def test_somebody_reported_as_not_told_is_not_lost(state: str) -> None:
    rows = (OPENED[0], replace(OPENED[1], state=state))
    found = judged(rows, [mail_of(OPENED[0])], at_end=False)
    assert wrong(found) == set()
    assert found.reported == {state: 1}


def test_the_same_mail_twice_is_doubled() -> None:
    found = judged(OPENED, [mail_of(OPENED[0]), mail_of(OPENED[0]), mail_of(OPENED[1])], at_end=False)
    assert found.doubled == (ANA,)


def test_two_mails_of_one_occasion_are_doubled_under_any_identity() -> None:
    """A random key for each attempt would defeat a count by Message-ID alone."""
    other = replace(mail_of(OPENED[0]), message_id="<another@northwind.example>")
    found = judged(OPENED, [mail_of(OPENED[0]), other, mail_of(OPENED[1])], at_end=False)
    assert found.doubled == (ANA,)


def test_accepted_without_a_mail_is_a_phantom() -> None:
    found = judged(OPENED, [mail_of(OPENED[0])], at_end=False)
    assert found.phantom == (f"{BEN} opened",)


@pytest.mark.parametrize("state", ["queued", "retry", "rejected", "cancelled", "dead"])
def test_a_mail_that_the_ledger_does_not_own_up_to_is_silent(state: str) -> None:
    rows = (OPENED[0], replace(OPENED[1], state=state))
    found = judged(rows, [mail_of(each) for each in OPENED], at_end=False)
    assert wrong(found) == {"silent"}


def test_a_mail_without_any_row_is_silent() -> None:
    assert wrong(judged(OPENED[:1], [mail_of(each) for each in OPENED], at_end=False)) == {"lost", "silent"}


def test_a_mail_in_doubt_is_no_silence() -> None:
    rows = (OPENED[0], replace(OPENED[1], state="in_doubt"))
    assert wrong(judged(rows, [mail_of(each) for each in OPENED], at_end=False)) == set()


def test_told_of_the_start_and_not_of_the_end_is_found() -> None:
    rows = OPENED + CLOSED[:1]
    found = judged(rows, [mail_of(each) for each in rows])
    assert (found.not_closed, found.closed_to_strangers) == ((BEN,), ())


def test_told_of_the_end_and_not_of_the_start_is_found() -> None:
    rows = (OPENED[0], replace(OPENED[1], state="cancelled"), *CLOSED)
    found = judged(rows, [mail_of(each) for each in (OPENED[0], *CLOSED)])
    assert (found.not_closed, found.closed_to_strangers) == ((), (BEN,))


def test_who_looks_into_the_inbox_finds_the_mail_of_that_very_row() -> None:
    assert arrived(OPENED[0], [mail_of(OPENED[0])], DOMAIN)
    assert not arrived(CLOSED[0], [mail_of(OPENED[0])], DOMAIN)
    assert not arrived(OPENED[1], [mail_of(OPENED[0])], DOMAIN)


@pytest.mark.parametrize(
    ("subject", "occasion"),
    [
        ("Online payments are not working: we expect it back by 05:09", "opened"),
        ("Pagos en línea: de vuelta a la normalidad desde las 06:10", "closed"),
        ("Online payments: back to normal since 06:10", "closed"),
        ("Online payments: still not back to normal, next word by 06:10", "holding"),
        ("Pagos en línea: no llegamos a las 06:09; ahora lo prevemos a más tardar a las 06:10", "delayed"),
        ("Now worse: you cannot pay. We expect it back by 06:10", "widened"),
    ],
)
def test_the_occasion_is_what_a_reader_takes_it_for(subject: str, occasion: str) -> None:
    assert occasion_of(subject) == occasion


def test_counts_hold_only_if_nothing_is_wrong() -> None:
    together = Counts()
    assert together.held
    together.add(Counts(phantom=2))
    together.add(Counts(phantom=1, lost=1))
    assert (together.phantom, together.lost, together.held) == (3, 1, False)
