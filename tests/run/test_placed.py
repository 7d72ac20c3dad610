"""Three places that disagree, go blind or are cut off: what the hub makes of it (F23, F24), on made-up time."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, select

from sentinel.model.command import Acknowledge, Done, RevokeAgent
from sentinel.model.incident import Phase
from sentinel.model.limits import StandingConsent
from sentinel.model.notice import Occasion
from sentinel.model.observation import Verdict
from sentinel.probe.wire import Batch
from sentinel.run import intake, listening, placed, sight, standin
from sentinel.run.agent import agent as far_agent
from sentinel.run.round import play
from sentinel.store import agents, history, observations, tables, watching
from tests.run.far import Away, face, row, with_places
from tests.run.test_guards import say
from tests.run.world import CARD, MINUTE, PAY, SECOND, House

DOWN, UP = Verdict.DOWN, Verdict.UP
PLACES = ("madrid", "bilbao", "vigo")


class Land:
    """The insurer's hub, which looks at nothing itself, and an agent in each of three cities."""

    def __init__(self, folder: Path) -> None:
        self.house = House(folder, watched=())
        world = with_places(self.house.world, *PLACES)
        only_far = {name: replace(one, places=PLACES) for name, one in world.installation.checks.items()}
        self.house.world = replace(world, installation=replace(world.installation, checks=only_far))
        made = face(self.house)
        self.at = {name: Away(self.house, made, name).enrol() for name in PLACES}

    def passes(
        self, length: timedelta, seen: Mapping[str, Verdict], blind: str = "", checks: tuple[str, ...] = (CARD,)
    ) -> None:
        """Every 5 seconds (20 in long times) each agent looks at the checks, of which it finds what `seen` says for its place,
        and at its canaries."""
        end = self.house.now + length
        step = (20 if length > 2 * MINUTE else 10 if length > MINUTE else 5) * SECOND
        while self.house.now < end:
            self.house.now += step
            for name, agent in self.at.items():
                canary = DOWN if name == blind else UP
                targets = dict.fromkeys(checks, seen.get(name, UP))
                agent.sees({**targets, **dict.fromkeys(self.house.world.canaries, canary)})
            self.house.round()

    def worker_round(self) -> None:
        """One of a process that no agent reports to."""
        self.house.do(lambda c: play(c, self.house.world, (), self.house.now, hears=False))

    def lost(self) -> frozenset[str]:
        return self.house.read(lambda c: placed.lost(c, self.house.world, self.house.now))

    def silences(self) -> set[timedelta | None]:
        """For how long agents have said nothing; None where nobody can say."""
        now = self.house.now

        def read(c: Connection) -> set[timedelta | None]:
            since = listening.since(c, now)
            return {placed.silence(one, since, now) for one in agents.at_work(c)}

        return self.house.read(read)

    @property
    def incidents(self) -> int:
        return self.house.read(lambda c: c.execute(select(func.count()).select_from(tables.incident)).scalar_one())

    def shown(self, check: str = CARD) -> dict[str, str]:
        return {one.place: one.shown for one in self.house.read(watching.all_latest) if one.check == check}

    def stored(self, place: str, verdict: Verdict) -> int:
        """How many samples of the card form from a place say so."""
        table = observations.day_table(f"{self.house.now:%Y%m%d}")

        def count(c: Connection) -> int:
            numbers = [number for number, named in history.numbers(c).items() if named == (CARD, place)]
            mine = (table.c.check_id.in_(numbers), table.c.verdict == observations.VERDICTS.index(verdict))
            return int(c.execute(select(func.count()).where(*mine)).scalar_one())

        return self.house.read(count)


ALL = dict.fromkeys(PLACES, DOWN)


@pytest.fixture
def land(tmp_path: Path) -> Iterator[Land]:
    made = Land(tmp_path)
    made.passes(20 * SECOND, {})
    yield made
    made.house.close()


def test_what_two_of_three_places_see_is_an_incident_with_a_draft(land: Land) -> None:
    land.passes(MINUTE, {"madrid": DOWN, "vigo": DOWN})
    assert land.house.incident().phase is Phase.INVESTIGATING
    assert [one.statement for one in land.house.incident().felt] == ["payments.cannot_pay"]
    assert len(land.house.drafts()) == 1


def test_what_one_of_three_places_sees_is_told_to_staff_and_concerns_no_customer(land: Land) -> None:
    """F23: a lying place. Two checks of it are no second signal either."""
    land.passes(3 * MINUTE, {"bilbao": DOWN}, checks=(CARD, PAY))
    assert land.house.incident().phase is Phase.SUSPECTED
    assert land.house.incident().felt == ()
    assert land.house.drafts() == []
    assert land.house.notices("staff.suspected"), "staff hear of it"


def test_a_minority_becomes_an_incident_when_another_place_agrees(land: Land) -> None:
    land.passes(2 * MINUTE, {"bilbao": DOWN})
    land.passes(MINUTE, {"bilbao": DOWN, "vigo": DOWN})
    assert land.incidents == 1
    assert land.house.incident().phase is Phase.INVESTIGATING
    assert len(land.house.drafts()) == 1


def test_a_place_that_is_blind_opens_nothing_and_blinds_no_other(land: Land) -> None:
    """F24 of one place."""
    land.passes(2 * MINUTE, {"madrid": DOWN}, blind="madrid")
    assert land.incidents == 0
    assert land.house.read(lambda c: sight.blind(c, land.house.world)) == {"madrid"}
    assert land.shown() == {"madrid": "unknown", "bilbao": "up", "vigo": "up"}
    land.passes(MINUTE, ALL, blind="madrid")
    assert land.house.incident().phase is Phase.INVESTIGATING, "the two that see agree"


def test_of_two_places_that_see_both_must_agree_while_the_third_is_blind(land: Land) -> None:
    land.passes(MINUTE, {"bilbao": DOWN}, blind="madrid")
    assert land.house.incident().phase is Phase.SUSPECTED
    assert land.house.drafts() == []


def test_what_a_place_found_while_it_was_cut_off_is_history_and_no_late_alarm(land: Land) -> None:
    """F23."""
    land.at["madrid"].is_cut_off = True
    land.passes(3 * MINUTE, {"madrid": DOWN})
    assert land.shown()["madrid"] == "unknown", "nobody can say any more what is seen from there"
    land.house.now += 50 * SECOND
    land.at["madrid"].is_cut_off = False
    land.at["madrid"].report()
    land.house.round()
    assert land.incidents == 0, "the last that it says is bad, and old"
    land.passes(20 * SECOND, {})
    assert land.incidents == 0
    assert land.shown()["madrid"] == "up"
    assert land.stored("madrid", DOWN) == 9, "and each of its samples is on disk, once"


def test_a_place_that_comes_back_begins_its_runs_anew(land: Land) -> None:
    """Its bad samples from before and from after are not one run of three minutes."""
    land.passes(10 * SECOND, {"madrid": DOWN})
    land.at["madrid"].is_cut_off = True
    land.passes(3 * MINUTE, {})
    land.at["madrid"] = replace_agent(land.at["madrid"])
    land.passes(5 * SECOND, {"madrid": DOWN})
    assert land.incidents == 0


def replace_agent(one: Away) -> Away:
    """The same place with another agent, which knows nothing of what the first one found."""
    return Away(one.house, one.face, one.place).enrol()


def test_a_recovery_is_decided_by_the_places_that_see_and_not_held_by_one_that_is_lost(land: Land) -> None:
    land.passes(MINUTE, ALL)
    land.at["madrid"].is_cut_off = True
    land.passes(40 * SECOND, {"madrid": DOWN})
    land.passes(7 * MINUTE, {"madrid": DOWN})
    assert land.house.incident().phase is Phase.RESOLVED
    assert land.incidents == 1


def test_a_lost_place_ends_nothing_that_others_still_see(land: Land) -> None:
    land.passes(MINUTE, ALL)
    land.at["madrid"].is_cut_off = True
    land.passes(7 * MINUTE, {"bilbao": DOWN, "vigo": UP, "madrid": UP})
    assert land.house.incident().phase is Phase.INVESTIGATING


def test_nothing_ends_while_all_places_are_cut_off(land: Land) -> None:
    land.passes(MINUTE, ALL)
    land.passes(30 * SECOND, {})
    for one in land.at.values():
        one.is_cut_off = True
    land.passes(10 * MINUTE, {})
    assert land.house.incident().phase is not Phase.RESOLVED


def test_a_place_with_canaries_of_its_own_is_judged_by_those(tmp_path: Path) -> None:
    house = House(tmp_path, watched=())
    world = with_places(house.world, "madrid")
    far = replace(world.installation.places["madrid"], canaries=())
    house.world = replace(world, installation=replace(world.installation, places={"madrid": far}))
    agent = Away(house, face(house), "madrid").enrol()
    agent.report()
    assert not [one for one in agent.orders if one.service == "canary"]
    assert house.world.canaries_at(house.world.installation.place)
    house.close()


def test_one_place_that_is_left_ends_nothing_that_lost_ones_saw(land: Land) -> None:
    land.passes(MINUTE, ALL)
    for name in ("madrid", "bilbao"):
        land.at[name].is_cut_off = True
    land.passes(8 * MINUTE, {"madrid": DOWN, "bilbao": DOWN, "vigo": UP})
    assert land.house.incident().phase is Phase.INVESTIGATING


def test_one_of_several_places_that_alone_can_see_is_a_minority(land: Land) -> None:
    for name in ("madrid", "bilbao"):
        land.at[name].is_cut_off = True
    land.passes(MINUTE, {})
    land.passes(3 * MINUTE, {"vigo": DOWN})
    assert land.house.incident().phase is Phase.SUSPECTED
    assert land.house.drafts() == []


def test_of_two_places_the_hub_alone_may_say_that_a_check_is_well_and_an_agent_alone_may_not(land: Land) -> None:
    checks = land.house.world.installation.checks
    own = land.house.world.installation.place
    for asked, sees, enough in (((own, "vigo"), own, True), ((own, "vigo"), "vigo", False), (PLACES, "vigo", False)):
        far = replace(land.house.world.installation, checks={CARD: replace(checks[CARD], places=asked)})
        assert placed._are_enough(replace(land.house.world, installation=far), CARD, {sees}) is enough


def test_no_place_is_lost_for_the_time_in_which_no_hub_was_there_to_hear(land: Land) -> None:
    """A worker plays its rounds all the while: that it lives does not mean that anybody heard an agent."""
    for _ in range(40):
        land.house.now += 15 * SECOND
        land.worker_round()
    assert land.lost() == frozenset()
    assert land.silences() == {None}
    assert set(land.shown().values()) == {"up"}, "what they said last stands"
    land.house.do(listening.begin)
    land.house.round()
    land.house.now += 20 * SECOND
    land.house.round()
    assert land.lost() == frozenset(), "they have had twenty seconds"
    land.house.now += 15 * SECOND
    land.house.round()
    assert land.lost() == set(PLACES)
    assert land.silences() == {35 * SECOND}


def test_a_worker_counts_a_place_as_lost_that_no_hub_hears_while_there_is_one(land: Land) -> None:
    land.at["madrid"].is_cut_off = True
    land.passes(40 * SECOND, {})
    land.house.now += 5 * SECOND
    land.worker_round()
    assert land.lost() == {"madrid"}


def test_no_place_is_lost_for_the_time_in_which_hubs_could_not_reach_their_database(land: Land) -> None:
    """They lived, and had to send every agent away; agents ask again within seconds, not at once."""
    land.house.now += 10 * MINUTE
    land.house.round()
    assert land.lost() == frozenset()
    land.passes(20 * SECOND, {})
    assert land.lost() == frozenset()
    assert set(land.shown().values()) == {"up"}


def test_a_note_that_is_a_moment_older_than_the_last_is_no_gap_and_takes_nothing_back(land: Land) -> None:
    """Two hubs note in turn, one of them with an instant that it read before it waited for the other."""
    for one in land.at.values():
        one.is_cut_off = True
    for _ in range(40):
        land.house.now += SECOND
        land.house.round()
        land.house.do(lambda c: play(c, land.house.world, (), land.house.now - SECOND / 10))
    assert land.lost() == set(PLACES)
    assert land.silences() == {40 * SECOND}


def test_an_agent_that_was_sent_away_comes_back_before_its_place_is_lost(land: Land) -> None:
    """A hub that stood still for less than a gap notes none; so agents must be patient for less than what is left."""
    longest = timedelta(seconds=far_agent.LONGEST + far_agent.QUIET)
    assert listening.LONGEST_GAP + longest < placed.LOST
    land.house.now += listening.LONGEST_GAP - SECOND
    land.house.round()
    land.house.now += longest
    land.house.round()
    assert land.lost() == frozenset()


def test_after_a_gap_nobody_can_say_of_an_agent_whether_it_is_back_until_it_is_heard(land: Land) -> None:
    for name in ("madrid", "vigo"):
        land.at[name].is_cut_off = True
    land.passes(MINUTE, {})
    land.house.now += 5 * MINUTE
    land.house.round()
    assert land.silences() == {None}
    land.at["vigo"].is_cut_off = False
    land.passes(10 * SECOND, {})
    assert land.silences() == {None, timedelta(0)}
    land.passes(30 * SECOND, {})
    assert land.silences() == {40 * SECOND, timedelta(0)}


def by_rules(land: Land) -> list[str]:
    """The rules by which a hub's stand-in approves in one turn; a command in their name is carried out, or not, alike."""
    house = land.house
    rule = StandingConsent(name="night", occasions=(Occasion.OPENED,), at_most=500, per_day=9)
    house.world = replace(house.world, installation=replace(house.world.installation, standing=(rule,)))
    found = house.read(lambda c: standin.waiting(c, house.store, house.world, house.now))
    said = say(house, house.approval(), "rule:night")
    assert isinstance(said, Done) is bool(found), said
    return [each.name for _, each in found]


def test_a_rule_approves_what_a_quorum_says_and_takes_nothing_in_hand(land: Land) -> None:
    land.passes(MINUTE, {"madrid": DOWN, "vigo": DOWN})
    assert by_rules(land) == ["night"]
    assert land.house.incident().acknowledged_by is None


@pytest.mark.parametrize("how", ["well again", "cut off"])
def test_a_rule_approves_nothing_that_a_quorum_says_no_more(land: Land, how: str) -> None:
    """Two of three confirmed it; one of them has changed its mind since, or is heard of no more."""
    land.passes(MINUTE, {"madrid": DOWN, "vigo": DOWN})
    land.at["madrid"].is_cut_off = how == "cut off"
    land.passes(40 * SECOND, {"vigo": DOWN})
    assert land.house.incident().phase is Phase.INVESTIGATING
    assert by_rules(land) == []
    land.house.done(Acknowledge(incident=1), "Lena")
    assert by_rules(land) == ["night"], "a person stands behind it"


def test_a_place_whose_only_agent_was_revoked_becomes_lost(land: Land) -> None:
    agent = land.at["madrid"].agent
    assert agent is not None
    land.house.done(RevokeAgent(agent=agent.id), "Amir")
    land.passes(MINUTE, {})
    assert land.shown()["madrid"] == "unknown"


def test_a_late_sample_that_cannot_be_stored_costs_no_other_of_its_batch(land: Land) -> None:
    world, now = land.house.world, land.house.now
    good, bad, odd = (row(number, 600 + number, CARD, DOWN) for number in (1, 2, 3))
    rows = (good, bad._replace(reason="bad \udcff"), odd._replace(facts={"total_ms": 1e300}), row(4, 0, CARD, UP))
    batch = Batch(source="madrid/9-ab", number=1, rows=rows)
    said = land.house.do(lambda c: intake.take(c, world, batch, now, "madrid"))
    assert "1 results could not be stored" in said
    assert land.stored("madrid", DOWN) == 2
    assert land.house.read(lambda c: watching.observations_stored(c)) >= 3
