"""The oracles of two machines, each turned red by a forged record: what the world took against what the ledger says."""

import pytest
from bench.chaos.ledgerd.keep import Taken
from bench.chaos.truth import Row, Truth
from bench.machines import verdict
from bench.machines.verdict import Counts

ANA = "ana@example.com"


def truth(*states: str, incidents: int = 1) -> Truth:
    rows = tuple(
        Row(id=n, lane="customers", step="opened", state=state, subject="i:1", episode=1, person=f"p{n}", address=ANA)
        for n, state in enumerate(states)
    )
    return Truth(deliveries=rows, notices=(), incidents=dict.fromkeys(range(incidents), True), on_hold=False)


def mail(**changed: object) -> Taken:
    fields: dict[str, object] = {"by": "smtp", "to": ANA, "subject": "You cannot pay", "sender": "service@northwind.example"}
    return Taken(**fields | changed)  # type: ignore[arg-type]  # tests name fields


@pytest.mark.parametrize(
    ("found", "taken", "wrong"),
    [
        (truth("accepted"), [mail()], {}),
        (truth("in_doubt"), [mail()], {}),
        (truth("in_doubt"), [], {}),
        (truth("accepted"), [mail(), mail()], {"twice": 1}),
        (truth("accepted"), [mail(by="keyed"), mail(by="keyed", again=True)], {}),
        (truth("accepted"), [mail(), mail(refused=451)], {}),
        (truth("accepted"), [], {"phantom": 1}),
        (truth("accepted"), [mail(refused=451)], {"phantom": 1}),
        (truth("queued"), [mail()], {"silent": 1}),
        (truth(), [], {"lost": 1}),
        (truth("accepted", incidents=2), [mail()], {"false_alarm": 1}),
    ],
)
def test_each_wrong_is_counted_and_nothing_else(found: Truth, taken: list[Taken], wrong: dict[str, int]) -> None:
    counts = verdict.judge([ANA], found, taken)
    assert {name: count for name, count in counts.items() if count} == wrong
    assert Counts(**counts).held is not bool(wrong)


def test_what_is_armed_is_known_while_its_connection_waits_and_silent_once_all_is_at_rest() -> None:
    assert verdict.judge([ANA], truth("armed"), [mail()], at_rest=False)["silent"] == 0
    assert verdict.judge([ANA], truth("queued"), [mail()], at_rest=False)["silent"] == 1
    assert verdict.judge([ANA], truth("armed"), [mail()])["silent"] == 1


def test_what_one_machine_brought_after_a_moment_is_told_from_what_is_for_staff() -> None:
    taken = [mail(at=1.0), mail(at=3.0), mail(at=4.0, by="slack"), mail(at=5.0, sender="sentinel@northwind.example")]
    assert verdict.after(taken, 2.0) == 1


def test_a_run_that_held_says_so_and_one_that_did_not_says_what() -> None:
    assert verdict.as_line(Counts().as_json()) == "nothing wrong"
    assert verdict.as_line(Counts(twice=2, lost=1).as_json()) == "2 twice, 1 lost"
