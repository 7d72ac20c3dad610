"""A reader written for Atlassian Statuspage reads ours, whatever is going on, over the real hub and its store."""

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sentinel.model.command import Acknowledge, Dismiss, Reopen, SetPhase
from sentinel.model.incident import Phase
from sentinel.model.secret import Secret
from sentinel.serve.app import make_app
from tests.run.world import CARD, DOCUMENTS, MINUTE, PAY, House
from tests.serve.real import hub_of
from tests.serve.status import reader


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def everything(house: House, *paths: str) -> dict[str, httpx.Response]:
    """What anybody gets from a fresh application over the house: the documents, or other paths."""

    async def fetch() -> dict[str, httpx.Response]:
        app = make_app(hub_of(house), Secret("operator-token-of-the-tests"), lambda: house.now, scrypt_cost=16)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://status.example") as client:
            wanted = paths or tuple(f"/api/v2/{name}" for name in reader.DOCUMENTS)
            return {path.removeprefix("/api/v2/"): await client.get(path) for path in wanted}

    return asyncio.run(fetch())


def documents(house: House) -> dict[str, Any]:
    """Every document, as our reader reads it."""
    return {name: reader.read(name, answer.json()) for name, answer in everything(house).items()}


def quiet(house: House) -> None:
    house.run(2 * MINUTE)


def suspected(house: House) -> None:
    house.breaks(CARD)


def without_words(house: House) -> None:
    house.breaks(CARD, PAY)
    house.run(2 * MINUTE)


def with_words(house: House) -> None:
    without_words(house)
    house.tell()


def identified(house: House) -> None:
    with_words(house)
    house.done(SetPhase(incident=1, phase=Phase.IDENTIFIED, cause={"en": "A partner is down.", "es": "Falla un socio."}))


def resolved(house: House) -> None:
    with_words(house)
    house.heals(CARD, PAY)
    house.run(20 * MINUTE)


def dismissed(house: House) -> None:
    with_words(house)
    house.heals(CARD, PAY)
    house.done(Dismiss(incident=1, reason="It was a test."))


def retracted(house: House) -> None:
    dismissed(house)
    house.run(2 * MINUTE)
    house.tell()


def again(house: House) -> None:
    resolved(house)
    house.breaks(CARD, PAY)


def two_at_once(house: House) -> None:
    with_words(house)
    house.run(10 * MINUTE)
    house.breaks(DOCUMENTS)
    house.done(Acknowledge(incident=2))


@pytest.mark.parametrize(
    "state",
    [quiet, suspected, without_words, with_words, identified, resolved, dismissed, retracted, again, two_at_once],
    ids=lambda state: state.__name__,
)
def test_a_reader_written_for_statuspage_reads_ours(house: House, state: Callable[[House], None]) -> None:
    state(house)
    for name, answer in everything(house).items():
        assert answer.headers["content-type"].startswith("application/json"), name
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
        reader.read(name, answer.json())


@pytest.mark.parametrize(
    ("state", "indicator", "unresolved", "listed"),
    [
        (quiet, "none", 0, 0),
        (suspected, "none", 0, 0),
        (without_words, "critical", 1, 1),
        (with_words, "critical", 1, 1),
        (resolved, "none", 0, 1),
        (dismissed, "none", 0, 0),
        (retracted, "none", 0, 0),
        (again, "critical", 1, 2),
        (two_at_once, "critical", 2, 2),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_the_colour_is_that_of_what_is_confirmed(
    house: House, state: Callable[[House], None], indicator: str, unresolved: int, listed: int
) -> None:
    state(house)
    found = documents(house)
    assert found["status.json"].status.indicator == indicator
    assert len(found["incidents/unresolved.json"].incidents) == len(found["summary.json"].incidents) == unresolved
    assert len(found["incidents.json"].incidents) == listed
    bad = [each for each in found["components.json"].components if each.status != "operational"]
    assert bool(bad) == (indicator != "none")


def test_what_customers_never_see_is_no_component(house: House) -> None:
    names = [each.name for each in documents(house)["components.json"].components]
    assert names == ["Online accounts", "Online documents", "Online payments", "Online quotes"]


def test_an_incident_without_words_has_a_neutral_line_and_nothing_else(house: House) -> None:
    without_words(house)
    (incident,) = documents(house)["incidents.json"].incidents
    assert [update.body for update in incident.incident_updates] == [
        "We have seen that something is wrong, and we are looking into it."
    ]
    assert incident.name == "Trouble with Online payments"


def test_the_promise_is_told_in_an_object_of_ours(house: House) -> None:
    without_words(house)
    before = everything(house)["incidents.json"].json()["incidents"][0]["sentinel"]
    house.tell()
    (promise,) = house.promises()
    after = everything(house)["incidents.json"].json()["incidents"][0]["sentinel"]
    assert before == {"eta": None, "next_update_by": None}
    assert after["eta"] == after["next_update_by"] == promise.at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_an_identity_never_changes(house: House) -> None:
    without_words(house)
    first = documents(house)["incidents.json"].incidents[0]
    house.tell()
    house.heals(CARD, PAY)
    house.run(timedelta(hours=2))
    last = documents(house)["incidents.json"].incidents[-1]
    assert (last.id, last.created_at) == (first.id, first.created_at)
    assert first.incident_updates[0].id in {update.id for update in last.incident_updates}


def test_a_second_episode_is_an_incident_of_its_own(house: House) -> None:
    again(house)
    second, first = documents(house)["incidents.json"].incidents
    assert (second.status, first.status) == ("investigating", "resolved")
    assert second.id != first.id


def test_what_a_person_reopens_is_shown_again(house: House) -> None:
    resolved(house)
    house.done(Reopen(incident=1, why="Our callers say so."))
    assert documents(house)["status.json"].status.indicator == "critical"
