"""The oracles of a blast, each turned red by a forged record: what the world saw against what the ledger says."""

from random import Random
from time import monotonic

import pytest
from bench.chaos.blast import verdict
from bench.chaos.blast.aims import next_aim
from bench.chaos.blast.strike import Hits, Scene, Strike
from bench.chaos.blast.watch import Budget
from bench.chaos.ledgerd.keep import Taken
from bench.chaos.oracle import Finding, message_id_of
from bench.chaos.parts import SIZES
from bench.chaos.report import Part, lines
from bench.chaos.steps import SMTP, Step
from bench.chaos.syncs import order
from bench.chaos.truth import NoticeRow, Row, Truth

DOMAIN = "northwind.example"
ANA = "ana@example.com"


def row(state: str, step: str = "opened", address: str = ANA) -> Row:
    return Row(id=1, lane="customers", step=step, state=state, subject="i:1", episode=1, person="p1", address=address)


def truth(*rows: Row, notices: tuple[NoticeRow, ...] = ()) -> Truth:
    return Truth(deliveries=rows, notices=notices, incidents={1: True}, on_hold=False)


def mail(of: Row, **changed: object) -> Taken:
    fields: dict[str, object] = {
        "by": "smtp",
        "to": of.address,
        "id": message_id_of(of, DOMAIN),
        "sender": "service@northwind.example",
    }
    return Taken(**fields | changed)  # type: ignore[arg-type]


def judged(found: Truth, *seen: Taken, at_end: bool = False) -> Finding:
    return verdict.judge({ANA}, found, verdict.world(seen), DOMAIN, at_end=at_end)


def test_a_mail_that_was_accepted_and_arrived_once_is_well() -> None:
    found = judged(truth(row("accepted")), mail(row("accepted")))
    assert (found.lost, found.doubled, found.phantom, found.silent) == ((), (), (), ())


def test_somebody_of_the_audience_without_a_row_is_lost() -> None:
    assert judged(truth()).lost == (ANA,)


def test_two_of_one_message_are_doubled_but_not_where_the_provider_knew_the_key() -> None:
    one = row("accepted")
    assert judged(truth(one), mail(one), mail(one)).doubled
    assert not judged(truth(one), mail(one), mail(one, by="keyed", again=True)).doubled


def test_accepted_and_never_seen_is_a_phantom_and_seen_and_not_known_is_silent() -> None:
    assert judged(truth(row("accepted"))).phantom
    assert judged(truth(row("queued")), mail(row("queued"))).silent
    assert not judged(truth(row("in_doubt")), mail(row("in_doubt"))).silent


def test_a_row_given_up_needs_a_refusal_for_good() -> None:
    """A "not now" that was taken for "never" (F28) is found here."""
    gone, busy = mail(row("rejected"), refused=550), mail(row("rejected"), refused=451)
    assert verdict.unfounded(truth(row("rejected")), verdict.world([busy]))
    assert not verdict.unfounded(truth(row("rejected")), verdict.world([busy, gone]))


def test_staff_are_told_apart_from_customers() -> None:
    desk = Taken(by="smtp", to="desk@northwind.example", sender="sentinel@northwind.example")
    seen = verdict.world([desk, Taken(by="slack", to="C0"), mail(row("accepted"))])
    assert (seen.staff, len(seen.inbox)) == (2, 1)


def notice(**changed: object) -> NoticeRow:
    fields: dict[str, object] = {
        "id": 7, "step": "opened", "towards": "customers", "state": "approved", "is_void": False, "expanded": True,
        "approvals": 1, "entries": 1, "people": 3, "rows": 3,
    }  # fmt: skip
    return NoticeRow(**fields | changed)  # type: ignore[arg-type]


def test_books_that_do_not_balance_on_disk_are_found() -> None:
    assert truth(notices=(notice(),)).unbalanced == ()
    assert truth(notices=(notice(rows=2),)).unbalanced == (7,)
    assert truth(notices=(notice(rows=2, expanded=False),)).unbalanced == ()
    assert truth(notices=(notice(rows=4, expanded=False),)).unbalanced == (7,)


def test_an_approval_in_part_is_half() -> None:
    assert truth(notices=(notice(entries=0),)).half_approvals == (7,)
    assert truth(notices=(notice(state="draft"),)).half_approvals == (7,)
    assert truth(notices=(notice(),)).half_approvals == ()


def test_what_was_never_hit_is_named() -> None:
    hit = Hits()
    hit.add(Strike(aim="dot", phase="sending", at=0.0, member="hub", step="dot", states=verdict.states(truth(row("armed")))))
    assert "armed" not in hit.empty()
    assert {"queued", "in_doubt", "mail", "closing"} <= set(hit.empty())


def test_a_scene_whose_hub_did_not_die_by_the_kill_has_not_held() -> None:
    scene = Scene(number=1, seed="1/1")
    scene.strikes.append(Strike(aim="dot", phase="sending", at=0.0, member="hub", code=-9))
    assert scene.held
    scene.strikes[0].code = 1
    assert not scene.held
    scene.strikes[0].code = -9
    scene.wrong("lost", 1, "ana")
    assert not scene.held


def test_a_message_before_which_nothing_was_synced_is_unsynced() -> None:
    """The record of strace, as it stands after a power loss is thought of (F11)."""
    data, other = '7 sendto(26<socket:[1]>, "DATA\\r\\n", 6, 0, NULL, 0) = 6', '7 sendto(27<socket:[2]>, "DATA\\r\\n", 6) = 6'
    sync = "9 fdatasync(7</tmp/sentinel.db-wal>) = 0"
    halves = ["9 fdatasync(7</tmp/sentinel.db-wal> <unfinished ...>", "9 <... fdatasync resumed>)          = 0"]
    assert order.judge([sync, data, other, sync, data, *halves, other]) == order.Order(sent=4, unsynced=0)
    assert order.judge([data, data]).unsynced == 2
    assert order.judge([sync, data, data]).unsynced == 1
    assert not order.Order(sent=0).held


def test_a_part_that_struck_too_few_has_proved_nothing() -> None:
    quiet = Part(name="SQLite", scenes=[Scene(number=1, seed="1/1")], least=2)
    strike = Strike(aim="dot", phase="sending", at=0.0, member="hub", code=-9)
    quiet.scenes[0].strikes.append(strike)
    assert not quiet.held
    assert any("TOO FEW: 1 kills and stops, of 2 at least" in line for line in lines([quiet]))
    quiet.scenes[0].strikes.append(strike)
    assert quiet.held


def test_where_kills_are_needed_stops_do_not_stand_for_them() -> None:
    part = Part(name="PostgreSQL", scenes=[Scene(number=1, seed="1/1")], least=1, kills_least=1)
    part.scenes[0].strikes.append(Strike(aim="dot", phase="sending", at=0.0, member="hub", is_stop=True))
    assert not part.held
    assert any("TOO FEW: 0 kills, of 1 at least" in line for line in lines([part]))
    part.scenes[0].strikes.append(Strike(aim="dot", phase="sending", at=0.0, member="hub", code=-9))
    assert part.held


def test_what_was_never_hit_is_named_and_the_part_has_not_held() -> None:
    part = Part(name="SQLite", scenes=[Scene(number=1, seed="1/1")], wanted=True)
    assert not part.held
    assert "queued" in part.missing
    assert any("NOT HIT" in line for line in lines([part]))


@pytest.mark.parametrize("name", ["quick", "short", "full"])
def test_each_part_that_strikes_needs_some_strikes_and_ends_in_time(name: str) -> None:
    for part, much in SIZES[name].parts.items():
        assert part == "syncs" or not much.strikes or 0 < much.least <= much.strikes
        assert name == "full" or much.seconds <= 60.0 or not much.strikes


def test_no_strike_begins_after_the_time_but_those_without_which_nothing_is_proved() -> None:
    over = monotonic() - 1.0
    budget = Budget(left=5, until=over, owed=2, latest=over + 3600.0)
    assert [budget.take() for _ in range(3)] == [True, True, False]
    assert not Budget(left=5, until=over, owed=2, latest=over).is_left
    assert Budget(left=1, until=over + 3600.0).take()


def test_the_least_hit_step_is_next_and_nobody_is_stopped_where_that_is_not_asked() -> None:
    hit, draw = Hits(), Random(7)
    hit.steps.update(step.value for step in SMTP if step is not Step.DOT)
    aims = [next_aim(hit, draw, start_seconds=1.0) for _ in range(200)]
    assert {aim.step for aim in aims} == {None, Step.DOT}
    assert not any(aim.is_stop for aim in aims)
    assert any(next_aim(hit, draw, start_seconds=1.0, stops=True).is_stop for _ in range(50))
