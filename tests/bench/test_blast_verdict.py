"""The oracles of a blast, each turned red by a forged record: what the world saw against what the ledger says."""

from bench.chaos.blast import verdict
from bench.chaos.blast.strike import Hits, Scene, Strike
from bench.chaos.ledgerd.keep import Taken
from bench.chaos.oracle import Finding, message_id_of
from bench.chaos.report import Part, lines
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


def test_a_part_that_struck_nobody_has_proved_nothing() -> None:
    quiet = Part(name="SQLite", scenes=[Scene(number=1, seed="1/1")], blasts=True)
    assert not quiet.held
    quiet.scenes[0].strikes.append(Strike(aim="dot", phase="sending", at=0.0, member="hub", code=-9))
    assert quiet.held
    quiet.wanted = True
    assert not quiet.held
    assert "queued" in quiet.missing
    assert any("NOT HIT" in line for line in lines([quiet]))
