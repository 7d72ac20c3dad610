"""Who may enrol and report, what each agent gets, and that what is answered with 200 is on disk once."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from sentinel.model.agent import ENROL_WITHIN, Agent
from sentinel.model.command import MakeAgent, RevokeAgent
from sentinel.model.observation import Verdict
from sentinel.model.secret import Secret
from sentinel.probe.greeting import write_hello
from sentinel.probe.wire import VERSION, Batch, write_batch
from sentinel.run import agents, places
from sentinel.run.agent.spool import BATCHES_SENT, Spool
from sentinel.run.agents import AgentViews
from sentinel.serve.accounts.credentials import sha256
from sentinel.serve.agents.port import AgentLine, AgentState, Reply
from sentinel.serve.services.port import PlaceState
from sentinel.store import agents as rows
from sentinel.store import tables
from tests.run.far import KINDS, Away, HouseClock, face, row, with_places
from tests.run.world import CARD, SECOND, House

UP = Verdict.UP


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, watched=())
    made.world = with_places(made.world, "madrid", "bilbao")
    yield made
    made.close()


def why(reply: Agent | Reply) -> tuple[int, str]:
    assert isinstance(reply, Reply), reply
    return reply.status, reply.why


def test_an_agent_enrols_once_with_its_token_and_the_same_request_again_does_no_harm(house: House) -> None:
    one = Away(house, face(house), "madrid").enrol()
    assert isinstance(again := one.ask_in(), Agent)
    assert again.id == one.agent.id if one.agent else False
    status, said = why(one.ask_in(token_hash=sha256("another's")))
    assert (status, "used already" in said) == (401, True)


def test_a_token_is_for_one_place_and_does_not_last_for_ever(house: House) -> None:
    one = Away(house, face(house), "madrid").enrol()
    assert why(one.ask_in(place="bilbao"))[0] == 409
    late = Away(house, face(house), "madrid").enrol()
    house.do(lambda c: c.execute(tables.agent.update().where(tables.agent.c.id == 2).values(enrolled_at=None)))
    house.now += ENROL_WITHIN
    assert "expired" in why(late.ask_in(token_hash=sha256("another's")))[1]
    assert why(late.ask_in(enrol_hash=sha256("guessed")))[0] == 401


def test_its_line_tells_what_it_holds_has_told_and_told_late_and_how_it_stands(house: House) -> None:
    views = AgentViews(house.world, house.store, HouseClock(house))
    first, second = Away(house, views, "madrid").enrol(), Away(house, views, "madrid").enrol()
    house.done(MakeAgent(place="bilbao", enrol_hash=Secret(sha256("unused"))), "Amir")
    for one in (first, second):
        one.sees({CARD: UP, **dict.fromkeys(house.world.canaries, UP)})
    house.round()
    first.sees({CARD: UP}, ages=(300.0, 200.0, 0.0))

    def lines() -> list[AgentLine]:
        return list(house.read(lambda c: views.agent_lines(c, house.now)))

    bilbao, *madrid = lines()
    assert (bilbao.state, bilbao.seen_at, bilbao.checks) == (AgentState.WAITING, None, 0)
    assert [(one.name, one.state, one.stored, one.late) for one in madrid] == [
        ("madrid-1", AgentState.AT_WORK, 4, 2),
        ("madrid-2", AgentState.AT_WORK, 1, 0),
    ]
    assert [one.checks for one in madrid] == [
        len([o for o in each.orders if o.service != "canary"]) for each in given(first, second)
    ]
    for _ in range(3):
        house.now += 15 * SECOND
        first.report()
        house.round()
    assert [(one.state, one.checks > 0) for one in lines()[1:]] == [(AgentState.AT_WORK, True), (AgentState.LOST, False)]
    house.done(RevokeAgent(agent=2), "Amir")
    assert lines()[2].state is AgentState.SHUT_OUT
    house.now += 8 * 24 * 60 * 60 * SECOND
    assert [(one.place, one.state) for one in lines()] == [
        ("bilbao", AgentState.EXPIRED),
        ("madrid", AgentState.AWAITED),
    ], "while no hub listened nobody was silent, and nobody can say that it is at work"
    house.round()
    first.report()
    assert lines()[1].state is AgentState.AT_WORK


def test_however_many_were_shut_out_or_never_came_those_at_work_are_there(house: House) -> None:
    views = AgentViews(house.world, house.store, HouseClock(house))
    Away(house, views, "madrid").enrol()

    def fill(c: Connection) -> None:
        for number in range(rows.SHOWN):
            made_at, expires_at = house.now - timedelta(days=9), house.now + timedelta(days=-8 if number % 2 else 1)
            made = rows.add(c, place="madrid", enrol_hash=f"{number:064x}", by="x", now=made_at, expires_at=expires_at)
            if number % 4 == 0:
                rows.revoke(c, made, house.now - timedelta(days=8))

    house.do(fill)
    house.round()
    lines = house.read(lambda c: views.agent_lines(c, house.now))
    assert lines[0].id == 1
    assert len(lines) == 1 + rows.SHOWN // 4, "those that ended a week ago are shown no more"
    page = house.read(lambda c: places.places(c, house.world, house.now, lines))
    assert PlaceState.NOBODY not in [line.state for line in page.places if line.name == "madrid"]
    assert 1 in [one.id for one in house.read(rows.every)]


def given(*agents: Away) -> tuple[Away, ...]:
    """They have asked once more, now that they know of each other."""
    for one in agents:
        one.report()
    return agents


def test_a_place_says_that_it_is_lost_or_blind_or_that_nobody_is_there(house: House) -> None:
    views = AgentViews(house.world, house.store, HouseClock(house))
    one = Away(house, views, "madrid").enrol()

    def states() -> dict[str, PlaceState]:
        page = house.read(lambda c: places.places(c, house.world, house.now, views.agent_lines(c, house.now)))
        assert [line.name for line in page.places if line.is_own] == [house.world.installation.place]
        return {line.name: line.state for line in page.places if not line.is_own}

    def passes(canary: Verdict) -> None:
        for _ in range(6):
            house.now += 5 * SECOND
            one.sees({CARD: UP, **dict.fromkeys(house.world.canaries, canary)})
            house.round()

    passes(UP)
    assert states() == {"madrid": PlaceState.SEES, "bilbao": PlaceState.NOBODY}
    passes(Verdict.DOWN)
    assert states()["madrid"] is PlaceState.BLIND
    for _ in range(4):
        house.now += 10 * SECOND
        house.round()
    assert states()["madrid"] is PlaceState.LOST
    house.done(RevokeAgent(agent=1), "Amir")
    assert states()["madrid"] is PlaceState.NOBODY


def test_neither_token_nor_credential_lies_in_the_store(house: House) -> None:
    one = Away(house, face(house), "madrid").enrol()
    one.report()
    held = b"".join(path.read_bytes() for path in house.folder.iterdir() if path.name.startswith("sentinel.db"))
    assert sha256(one.credential).encode() in held
    assert one.credential.encode() not in held
    assert one.token.encode() not in held


def test_it_gets_the_checks_of_its_place_that_it_can_look_at_and_the_canaries(house: House) -> None:
    checks = house.world.installation.checks
    elsewhere = replace(checks[CARD], places=("bilbao",))
    house.world = replace(house.world, installation=replace(house.world.installation, checks={**checks, CARD: elsewhere}))
    one = Away(house, face(house), "madrid").enrol()
    one.report()
    given = {check.id for check in one.orders}
    assert given == {*house.world.canaries, *(name for name in checks if name != CARD)}
    assert not hasattr(one.orders[0], "means") or not one.orders[0].means, "what it means to customers is not sent"
    one.hello = replace(one.hello, kinds=("tcp",))
    one.report()
    assert {check.kind for check in one.orders} <= {"tcp"}


def test_checks_are_sent_again_only_where_they_are_others(house: House) -> None:
    one = Away(house, face(house), "madrid").enrol()
    digest = one.report().headers["sentinel-orders"]
    one.hello = replace(one.hello, orders=digest)
    assert one.report().lines == b""
    one.hello = replace(one.hello, orders="others")
    assert b'"say":"checks"' in one.report().lines


def test_agents_of_a_place_share_its_checks_and_the_living_take_over_from_the_dead(house: House) -> None:
    made = face(house)
    first, second = (Away(house, made, "madrid").enrol() for _ in range(2))
    first.report()
    second.report()
    first.report()
    mine, theirs = ({check.id for check in each.orders if check.service != "canary"} for each in (first, second))
    assert mine.isdisjoint(theirs)
    assert mine | theirs == set(house.world.installation.checks)
    house.now += 20 * SECOND
    first.report()
    assert {check.id for check in first.orders if check.service != "canary"} == mine | theirs


def test_what_an_agent_sends_twice_is_stored_once_and_acknowledged_again(house: House) -> None:
    one = Away(house, face(house), "madrid").enrol()
    one.sees({CARD: UP})
    assert b'"say":"ack"' in one.reply.lines
    body = write_hello(one.hello) + write_batch(Batch(source=one.hello.source, number=1, rows=(row(1, 0, CARD, UP),)))
    assert one.says(body).status == 200
    assert house.read(lambda c: c.execute(select(func.sum(tables.cursor.c.stored))).scalar_one()) == 1


@pytest.mark.parametrize(
    "source",
    ["madrid/99-ab", "bilbao/1-ab", "head/1-ab", "madrid/1-", "madrid/1-a/", "madrid/1-AB", "madrid/1-ab0123456789f", ""],
)
def test_an_agent_speaks_for_no_source_but_its_own(house: House, source: str) -> None:
    one = Away(house, face(house), "madrid").enrol()
    one.hello = replace(one.hello, source=source)
    one.sees({CARD: UP})
    assert one.reply.status == 400
    assert house.read(lambda c: c.execute(select(func.count()).select_from(tables.cursor)).scalar_one()) == 0


def test_a_revoked_agent_gets_nothing_and_nothing_of_it_counts(house: House) -> None:
    one = Away(house, face(house), "madrid").enrol()
    assert one.agent is not None
    house.done(RevokeAgent(agent=one.agent.id), "Amir")
    one.sees({CARD: UP})
    assert (one.reply.status, one.reply.lines) == (401, b"")
    assert house.read(lambda c: c.execute(select(func.count()).select_from(tables.cursor)).scalar_one()) == 0


def test_a_version_that_is_too_far_apart_is_refused_and_one_that_is_next_is_not(house: House) -> None:
    one = Away(house, face(house), "madrid").enrol()
    one.hello = replace(one.hello, oldest=VERSION, newest=VERSION + 1)
    assert one.report().headers["sentinel-protocol"] == str(VERSION)
    one.hello = replace(one.hello, oldest=VERSION + 1, newest=VERSION + 2)
    assert one.report().status == 426
    assert "Upgrade the hub first" in one.reply.why


def test_a_place_that_the_files_name_no_longer_is_told_so_and_keeps_what_it_found(house: House) -> None:
    one = Away(house, face(house), "madrid").enrol()
    without = replace(house.world, installation=replace(house.world.installation, places={}))
    one.face.enforce(without)
    one.sees({CARD: UP})
    assert (one.reply.status, "madrid" in one.reply.why) == (409, True)


@pytest.mark.parametrize("body", [b"", b"{}\n", b"\xff", b'{"say":"hello"}', b"[[[["])
def test_what_is_no_report_is_refused(house: House, body: bytes) -> None:
    one = Away(house, face(house), "madrid").enrol()
    assert one.says(body).status == 400


def test_a_line_after_the_greeting_that_is_nonsense_changes_nothing(house: House) -> None:
    one = Away(house, face(house), "madrid").enrol()
    good = write_batch(Batch(source=one.hello.source, number=1, rows=(row(1, 0, CARD, UP),)))
    reply = one.says(write_hello(one.hello) + good + b"{nonsense\n")
    assert reply.status == 400
    assert house.read(lambda c: c.execute(select(func.count()).select_from(tables.cursor)).scalar_one()) == 0


def test_what_it_is_known_by_is_as_it_said_last(house: House) -> None:
    one = Away(house, face(house), "madrid").enrol()
    one.hello = replace(one.hello, version="0.2.0", host="machine-8")
    house.now += 3 * SECOND
    one.report()
    (found,) = asyncio.run(one.face.agents())
    assert (found.version, found.host, found.kinds, found.seen_at) == ("0.2.0", "machine-8", KINDS, HouseClock(house).now())


def test_a_source_as_an_agent_makes_it_is_taken(house: House, tmp_path: Path) -> None:
    one = Away(house, face(house), "madrid").enrol()
    assert one.agent is not None
    spool = Spool(tmp_path, f"madrid/{one.agent.id}")
    one.hello = replace(one.hello, source=spool.source)
    spool.close()
    one.sees({CARD: UP})
    assert one.reply.status == 200


def test_a_large_report_is_taken_in_pieces_and_one_beyond_the_bound_is_refused(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Away(house, face(house), "madrid").enrol()
    pieces: list[int] = []
    writes = one.face._write_in_turn

    async def in_turn(work: Any) -> Any:
        done = await writes(work)
        pieces.append(done[0])
        return done

    monkeypatch.setattr(one.face, "_write_in_turn", in_turn)
    one.is_cut_off = True
    for _ in range(agents.BATCHES_AT_ONCE + 1):
        one.sees({CARD: UP})
    assert b'"batch":21' in one.report().lines
    assert pieces == [agents.BATCHES_AT_ONCE, agents.BATCHES_AT_ONCE + 1]
    for _ in range(agents.BATCHES_MOST + 1):
        one.sees({CARD: UP})
    assert one.report().status == 400
    assert BATCHES_SENT <= agents.BATCHES_MOST, "an agent sends no more than a hub takes"
