"""When a notice is due, and when it has become void: one sentence a test, asked of plain facts."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sentinel.model.estimate import Promise, PromiseKind, PromiseState
from sentinel.model.incident import Entry, EtaSet, Felt, Incident, Opened, Phase, Recovering
from sentinel.model.notice import Notice, NoticePolicy, NoticeState, Occasion, Quoted, Towards
from sentinel.model.service import Impact, Owner, Service
from sentinel.notify.due import TOLD, Due, Record, audience_rule, current_promise, due, holding_due_at
from sentinel.notify.void import same_world, void

T0 = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
POLICY = NoticePolicy()
PAYMENTS = Service(
    name="payments",
    title={"en": "Online payments"},
    owner=Owner(team="Billing", person="Maria"),
    audience="payers",
    by=("email",),
)
SAYS = Quoted(services=("payments",), statements=("payments.cannot_pay",), impact=Impact.MAJOR_OUTAGE)
WORSE = replace(SAYS, statements=("payments.cannot_pay", "payments.lost"))
OPENED = Opened(
    root="payments", service="payments", statement="payments.cannot_pay", began_at=T0, phase=Phase.INVESTIGATING, signal="s1"
)


def incident(**changed: Any) -> Incident:
    made = Incident(
        id=17,
        root="payments",
        services=("payments",),
        phase=Phase.INVESTIGATING,
        episode=1,
        first_began_at=T0,
        began_at=T0,
        detected_at=T0,
        confirmed_at=T0,
        last_seq=1,
        opened_by=1,
        felt=(Felt(statement="payments.cannot_pay", service="payments", since=T0, cause=1),),
    )
    return replace(made, **changed)


def notice(number: int, step: str, occasion: Occasion, state: NoticeState = NoticeState.APPROVED, **changed: Any) -> Notice:
    to_staff = step.startswith("staff.")
    made = Notice(
        id=number,
        subject="incident:17",
        incident=17,
        episode=1,
        step=step,
        cause=1,
        occasion=occasion,
        towards=Towards.STAFF if to_staff else Towards.CUSTOMERS,
        state=state,
        made_at=T0,
        rule="staff" if to_staff else "audience:payers",
        approval=None if state is NoticeState.DRAFT else number,
    )
    return replace(made, **changed)


def promise(at: datetime, **changed: Any) -> Promise:
    made = Promise(id=4, incident=17, episode=1, kind=PromiseKind.ETA, at=at, published_at=T0, notice=2)
    return replace(made, **changed)


HEARD = notice(1, "staff.staff_opened#1", Occasion.STAFF_OPENED)
OPENING = notice(2, "opened", Occasion.OPENED, promise=4)
WORDS = notice(3, "staff.words#2", Occasion.WORDS, words_of=2)


def told(**changed: Any) -> Record:
    """The opening went to all, promising 11:00."""
    made = Record(
        notices=(HEARD, OPENING, WORDS),
        quoted={2: replace(SAYS, promise_at=T0 + 60 * MINUTE)},
        promises=(promise(T0 + 60 * MINUTE),),
        told=100,
        heard=frozenset({2}),
    )
    return replace(made, **changed)


def asked(
    record: Record, of: Incident | None = None, *, at: datetime = T0, says: Quoted | None = SAYS, timeline: Any = None
) -> list[Due]:
    entries = timeline or (Entry(incident=17, seq=1, at=T0, who="sentinel", said=OPENED),)
    return list(due(of or incident(), entries, record, services=(PAYMENTS,), quoted_now=says, policy=POLICY, now=at))


def steps(found: list[Due]) -> list[str]:
    return [each.step for each in found]


def test_a_new_incident_is_told_to_staff_and_drafted_for_customers() -> None:
    found = asked(Record())
    assert steps(found) == ["staff.staff_opened#1", "opened"]
    assert [each.by_rule for each in found] == [True, False]
    assert found[1].rule == "audience:payers"


def test_one_that_is_only_suspected_says_so() -> None:
    assert steps(asked(Record(), incident(phase=Phase.SUSPECTED)))[0] == "staff.suspected#1"


def test_what_is_there_is_not_due_again() -> None:
    there = Record(notices=(HEARD, notice(2, "opened", Occasion.OPENED, NoticeState.DRAFT)), quoted={2: SAYS})
    assert asked(there) == []


def test_where_customers_feel_nothing_only_staff_hear() -> None:
    assert steps(asked(Record(), says=None)) == ["staff.staff_opened#1"]


def test_a_disturbance_is_worth_telling_only_after_it_has_lasted() -> None:
    patient = replace(PAYMENTS, worth_telling=15 * MINUTE)
    for minutes, drafted in ((14, False), (15, True)):
        entries = (Entry(incident=17, seq=1, at=T0, who="sentinel", said=OPENED),)
        found = due(
            incident(), entries, Record(), services=(patient,), quoted_now=SAYS, policy=POLICY, now=T0 + minutes * MINUTE
        )
        assert ("opened" in [each.step for each in found]) is drafted


def test_news_for_staff_is_gathered_for_a_while() -> None:
    eta = EtaSet(until=T0 + 90 * MINUTE, reason="part ordered")
    timeline = (
        Entry(incident=17, seq=1, at=T0, who="sentinel", said=OPENED),
        Entry(incident=17, seq=2, at=T0, who="Maria", said=eta),
    )
    record = Record(notices=(HEARD, notice(2, "opened", Occasion.OPENED, NoticeState.DRAFT)), quoted={2: SAYS})
    assert steps(asked(record, incident(last_seq=2), timeline=timeline)) == []
    assert steps(asked(record, incident(last_seq=2), timeline=timeline, at=T0 + MINUTE)) == ["staff.changed#2"]


def test_the_desk_gets_the_words_of_what_is_approved() -> None:
    record = told(notices=(HEARD, OPENING))
    found = asked(record)
    assert steps(found) == ["staff.words#2"]
    assert found[0].words_of == 2


def test_a_person_is_asked_before_a_promise_lapses_and_once() -> None:
    assert steps(asked(told(), at=T0 + 49 * MINUTE)) == []
    assert steps(asked(told(), at=T0 + 50 * MINUTE)) == ["staff.promise_due#4"]


def test_without_an_answer_the_holding_words_go_by_rule_before_the_promise_lapses() -> None:
    found = asked(told(), at=T0 + 54 * MINUTE)
    holding = next(each for each in found if each.occasion is Occasion.HOLDING)
    assert (holding.step, holding.by_rule, holding.rule) == ("holding#4", True, TOLD)


def test_it_holds_waits_for_the_promise_and_nobody_knows_does_not_wait() -> None:
    open_promise = promise(T0 + 60 * MINUTE)
    answers = {"holds": open_promise.at, "unknown": T0, None: open_promise.at - POLICY.hold_before}
    for answer, at in answers.items():
        answered = {} if answer is None else {4: answer}
        assert holding_due_at(open_promise, incident(answered=answered), POLICY) == at


def test_no_holding_words_while_the_service_answers_again() -> None:
    assert asked(told(), incident(recovered_at=T0 + 50 * MINUTE), at=T0 + 58 * MINUTE) == []


def test_no_holding_words_to_nobody() -> None:
    assert "holding#4" not in steps(asked(told(told=0), at=T0 + 59 * MINUTE))


def test_a_later_time_by_a_person_is_a_delay_and_a_sooner_one_is_not() -> None:
    for minutes, delayed in ((90, True), (45, False)):
        eta = EtaSet(until=T0 + minutes * MINUTE, reason="part ordered")
        moved = incident(eta=eta, eta_at=T0 + MINUTE, eta_seq=2, eta_by="Maria", last_seq=2)
        assert ("delayed#4" in steps(asked(told(), moved, at=T0 + MINUTE))) is delayed


def test_holding_words_stay_back_where_an_approved_delay_is_on_its_way() -> None:
    eta = EtaSet(until=T0 + 90 * MINUTE, reason="part ordered")
    moved = incident(eta=eta, eta_at=T0 + MINUTE, eta_seq=2, eta_by="Maria", last_seq=2)
    on_its_way = notice(5, "delayed#4", Occasion.DELAYED, cause=2)
    record = told(notices=(HEARD, OPENING, WORDS, on_its_way), quoted={2: SAYS, 5: SAYS})
    assert "holding#4" not in steps(asked(record, moved, at=T0 + 58 * MINUTE))
    waiting = replace(on_its_way, state=NoticeState.DRAFT)
    record = told(notices=(HEARD, OPENING, WORDS, waiting), quoted={2: SAYS, 5: SAYS})
    assert "holding#4" in steps(asked(record, moved, at=T0 + 58 * MINUTE))


def test_the_end_is_told_by_rule_to_those_who_were_told() -> None:
    over = incident(phase=Phase.RESOLVED, over_by=7, resolved_at=T0, recovered_at=T0, last_seq=7)
    found = asked(told(), over)
    assert steps(found) == ["staff.recovered#7", "closed"]
    assert (found[1].rule, found[1].by_rule) == (TOLD, True)
    assert steps(asked(told(told=0), over)) == ["staff.recovered#7"]


def test_a_false_alarm_owes_a_retraction_that_a_person_approves() -> None:
    over = incident(phase=Phase.DISMISSED, over_by=7, dismissed_at=T0, last_seq=7)
    found = asked(told(), over)
    assert steps(found) == ["staff.dismissed#7", "retraction"]
    assert not found[1].by_rule
    assert steps(asked(told(told=0), over)) == ["staff.dismissed#7"]


def test_a_worse_turn_is_drafted_for_those_who_were_told() -> None:
    worse = incident(
        felt=(*incident().felt, Felt(statement="payments.lost", service="payments", since=T0, cause=5)), last_seq=5
    )
    found = asked(told(), worse, says=WORSE)
    widened = next(each for each in found if each.occasion is Occasion.WIDENED)
    assert (widened.step, widened.cause, widened.rule, widened.by_rule) == ("widened#5", 5, TOLD, False)
    drafted = notice(6, "widened#5", Occasion.WIDENED, NoticeState.DRAFT, cause=5)
    record = told(notices=(HEARD, OPENING, WORDS, drafted), quoted={2: SAYS, 6: WORSE})
    assert "widened#5" not in steps(asked(record, worse, says=WORSE))


def test_a_milder_turn_is_for_page_and_desk() -> None:
    record = told(quoted={2: WORSE})
    assert asked(record, says=SAYS) == []


def test_a_draft_thrown_away_is_not_made_again_until_something_changes() -> None:
    thrown = notice(2, "opened", Occasion.OPENED, NoticeState.CANCELLED, approval=None)
    record = Record(notices=(HEARD, thrown), quoted={2: SAYS})
    assert asked(record, incident(last_seq=3)) == []
    changed = incident(felt=(replace(incident().felt[0], cause=4),), last_seq=4)
    assert steps(asked(record, changed)) == ["opened"]


def test_an_approval_taken_back_leaves_a_new_draft_with_a_cause_of_its_own() -> None:
    taken_back = notice(2, "opened", Occasion.OPENED, NoticeState.CANCELLED)
    found = asked(Record(notices=(HEARD, taken_back), quoted={2: SAYS}), incident(last_seq=3))
    assert [(each.step, each.cause) for each in found] == [("opened", 3)]


def beginning_of_the_second_episode(record: Record, service: Service = PAYMENTS) -> list[tuple[str, Occasion]]:
    again = incident(episode=2, opened_by=9, last_seq=9, felt=(replace(incident().felt[0], cause=9),))
    late = T0 + 30 * MINUTE
    found = due(again, (), replace(record, told=0), services=(service,), quoted_now=SAYS, policy=POLICY, now=late)
    return [(each.step, each.occasion) for each in found if each.towards is Towards.CUSTOMERS]


def test_a_second_episode_is_told_as_again() -> None:
    assert beginning_of_the_second_episode(told()) == [("opened", Occasion.AGAIN)]


def test_where_the_first_one_reached_nobody_nothing_has_come_again() -> None:
    assert beginning_of_the_second_episode(told(heard=frozenset())) == [("opened", Occasion.OPENED)]


def test_what_was_taken_back_as_never_been_has_not_come_again() -> None:
    retraction = notice(4, "retraction", Occasion.RETRACTION, NoticeState.APPROVED)
    record = told(notices=(*told().notices, retraction))
    assert beginning_of_the_second_episode(replace(record, heard=frozenset({2, 4}))) == [("opened", Occasion.OPENED)]
    assert beginning_of_the_second_episode(record) == [("opened", Occasion.AGAIN)], "nobody read that there was nothing"


def test_to_an_audience_that_only_the_second_episode_reaches_nothing_has_come_again() -> None:
    """The first one was told to payers; now documents fail, whose customers never heard of it."""
    documents = replace(PAYMENTS, name="documents", audience="readers")
    assert beginning_of_the_second_episode(told(), documents) == [("opened", Occasion.OPENED)]


# Void


def drafted(quoted: Quoted = SAYS, **changed: Any) -> Record:
    waiting = notice(2, "opened", Occasion.OPENED, NoticeState.DRAFT, **changed)
    return Record(notices=(HEARD, waiting), quoted={2: quoted})


def why(record: Record, of: Incident | None = None, says: Quoted | None = SAYS) -> list[str]:
    return [each.why for each in void(of or incident(), record, says)]


def test_a_draft_whose_facts_are_so_stands() -> None:
    assert why(drafted()) == []


def test_a_draft_is_void_when_what_customers_feel_changes() -> None:
    assert why(drafted(), says=WORSE) == ["what customers feel has changed"]


def test_a_ticking_estimate_voids_nothing() -> None:
    assert why(drafted(replace(SAYS, promise_at=T0)), says=replace(SAYS, promise_at=T0 + MINUTE)) == []


def test_a_draft_is_void_when_an_assurance_that_it_gives_has_ended() -> None:
    given = replace(SAYS, assurances=("payments.cannot_pay#POL-214",))
    assert why(drafted(given), says=SAYS) == ["an assurance that it gives is no longer current"]
    assert why(drafted(given), says=given) == []


def test_a_draft_is_void_when_the_service_answers_again_or_it_is_over() -> None:
    assert why(drafted(), incident(recovered_at=T0)) == ["the service answers again"]
    assert why(drafted(), incident(phase=Phase.RESOLVED)) == ["it is over"]


def test_what_has_gone_out_to_all_is_not_called_void() -> None:
    assert why(told(), incident(recovered_at=T0)) == []


def test_what_of_an_approved_notice_has_not_gone_out_is_stopped() -> None:
    assert why(told(unsent={2: 3}), incident(recovered_at=T0)) == ["the service answers again"]


def test_an_opening_on_its_way_is_stopped_when_its_time_was_replaced() -> None:
    moved = promise(T0 + 60 * MINUTE, state=PromiseState.MOVED)
    assert why(told(unsent={2: 3}, promises=(moved,))) == ["the time that it names has been replaced"]


def test_closing_words_are_stopped_when_it_is_not_over_after_all() -> None:
    closing = notice(9, "closed", Occasion.CLOSED)
    record = told(notices=(HEARD, OPENING, closing), quoted={2: SAYS, 9: Quoted()}, unsent={9: 100})
    assert why(record) == ["it is not over"]
    assert why(record, incident(phase=Phase.RESOLVED)) == []


def test_closing_words_of_an_episode_go_on_when_another_begins_and_a_retraction_does_not() -> None:
    closing = notice(9, "closed", Occasion.CLOSED)
    taken_back = notice(10, "retraction", Occasion.RETRACTION)
    record = told(notices=(closing, taken_back), quoted={9: Quoted(), 10: Quoted()}, unsent={9: 40, 10: 40})
    assert [each.notice for each in void(incident(episode=2), record, SAYS)] == [10]


def test_a_delay_is_void_once_there_is_a_newer_time() -> None:
    delay = notice(5, "delayed#4", Occasion.DELAYED, NoticeState.DRAFT, cause=2)
    record = told(notices=(HEARD, OPENING, delay), quoted={2: SAYS, 5: SAYS})
    assert why(record, incident(eta_seq=2)) == []
    assert why(record, incident(eta_seq=3)) == ["a newer time has been given"]


# Small things


def test_the_audience_is_the_union_of_those_of_the_services() -> None:
    documents = replace(PAYMENTS, name="documents", audience="customers")
    nobody = replace(PAYMENTS, name="ledger", audience=None)
    assert audience_rule((PAYMENTS, documents, nobody)) == "audience:customers+payers"
    assert audience_rule((nobody,)) is None


def test_customers_hold_us_to_the_last_promise_that_was_not_taken_back() -> None:
    first, second = promise(T0), promise(T0 + MINUTE, id=5)
    assert current_promise(told(promises=(first, second)), incident()) == second
    taken_back = replace(second, state=PromiseState.WITHDRAWN)
    assert current_promise(told(promises=(first, taken_back)), incident()) == first
    assert current_promise(told(promises=(first, replace(second, state=PromiseState.MOVED))), incident()) is None


def test_a_cause_that_words_name_must_still_be_known() -> None:
    assert same_world(SAYS, replace(SAYS, cause=True))
    assert not same_world(replace(SAYS, cause=True), SAYS)


def test_recovering_is_news() -> None:
    back = Recovering(recovered_at=T0, hold_until=T0 + 5 * MINUTE)
    timeline = (
        Entry(incident=17, seq=1, at=T0, who="sentinel", said=OPENED),
        Entry(incident=17, seq=2, at=T0, who="sentinel", said=back),
    )
    found = asked(told(), incident(recovered_at=T0, last_seq=2), timeline=timeline, at=T0 + 2 * MINUTE)
    assert steps(found) == ["staff.changed#2"]
