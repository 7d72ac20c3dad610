"""The table of phases, and its page in the docs."""

from itertools import product
from pathlib import Path

import pytest

from sentinel.incident.phases import MACHINE_EVENTS, PHASES, SET_BY_HAND, Event, diagram, move, page
from sentinel.model.incident import Phase

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "phases.md"


def test_the_page_in_the_docs_is_what_the_table_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_phase_can_be_reached_and_every_event_happens() -> None:
    reached: set[Phase | None] = {None}
    for _ in Phase:
        reached |= {after for (phase, _), after in PHASES.items() if phase in reached}
    assert reached == {None, *Phase}
    assert {event for _, event in PHASES} == set(Event)


def test_a_pair_that_is_not_in_the_table_leads_nowhere() -> None:
    pairs = set(product((None, *Phase), Event)) - set(PHASES)
    assert all(move(phase, event) is None for phase, event in pairs)


@pytest.mark.parametrize("event", [Event.SECOND_SIGNAL, Event.DECLARED, Event.ACKNOWLEDGED])
def test_more_evidence_never_takes_back_what_a_person_set(event: Event) -> None:
    for phase in (Phase.INVESTIGATING, Phase.IDENTIFIED, Phase.MONITORING):
        assert move(phase, event) is phase


def test_the_machine_never_moves_what_a_person_dismissed_or_reviewed() -> None:
    by_machine = {event for event in MACHINE_EVENTS if event is not Event.REOPENED}
    assert not [pair for pair in PHASES if pair[0] in (Phase.DISMISSED, Phase.REVIEWED) and pair[1] in by_machine]


def test_suspected_and_the_ends_cannot_be_set_by_hand() -> None:
    assert set(SET_BY_HAND) == set(Phase) - {Phase.SUSPECTED, Phase.RESOLVED, Phase.DISMISSED}


def test_the_diagram_draws_every_move_that_changes_the_phase_and_no_other() -> None:
    drawn = diagram()
    for (phase, event), after in PHASES.items():
        arrow = f"{phase or '[*]'} --> {after}:"
        line = next((line for line in drawn.splitlines() if arrow in line), "")
        assert (event.value in line.partition(":")[2].replace(" ", "").split(",")) is (phase is not after)
