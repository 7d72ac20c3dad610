"""What is asked of the ledger for each of a million who were told finds their rows by its key. The plans are SQLite's own."""

from sqlalchemy import Connection

from sentinel.model.command import AddTold, Declare
from sentinel.model.delivery import Lane
from sentinel.store import expansion

from .world import CARD, HOUR, MINUTE, PAYERS, SECOND, House


def half_way(house: House) -> None:
    """One has read a new time and the others have not when it is stopped, for a newer one that nobody approves."""
    house.breaks(CARD)
    house.tell()
    (given,) = house.promises()
    house.set_eta(given.at + 75 * MINUTE)
    house.approve(desk_knows=True)
    house.now += 61 * SECOND
    house.round()
    house.postman.wave(Lane.CUSTOMERS, house.now, limit=1)
    house.set_eta(given.at + 3 * HOUR)
    house.run(given.at - 6 * MINUTE, step=MINUTE)


def wider(house: House) -> None:
    house.breaks(CARD)
    house.tell()
    house.done(Declare(service="payments", statement="payments.no_confirmation"))


def looks(house: House, notice: int) -> list[str]:
    """How SQLite looks into the ledger for those to whom a notice to the told goes."""

    def asked(c: Connection) -> list[str]:
        said: list[str] = []
        raw = c.connection.driver_connection
        assert raw is not None
        raw.set_trace_callback(said.append)
        expansion.untold(c, notice)
        raw.set_trace_callback(None)
        plan = [str(row[3]) for row in raw.execute(f"EXPLAIN QUERY PLAN {said[-1]}")]
        return [line for line in plan if "delivery" in line]

    return house.read(asked)


def test_who_is_owed_holding_words_is_found_person_by_person(house: House) -> None:
    half_way(house)
    (holding,) = house.notices("holding#1")
    found = looks(house, holding.id)
    assert any("given" in line for line in found)
    assert all("subject=? AND episode=? AND step=? AND person" in line for line in found)


def test_who_is_owed_wider_words_is_found_person_by_person(house: House) -> None:
    wider(house)
    found = looks(house, house.notices("widened")[0].id)
    assert any("told_since" in line for line in found)
    assert all("subject=? AND episode=? AND step=? AND person" in line for line in found)


def test_whom_the_desk_alone_told_gets_holding_words_beside_those_who_have_an_old_time(house: House) -> None:
    """No message gave them any time."""
    house.breaks(CARD)
    house.done(AddTold(incident=1, address="gus@example.org", person="gus"))
    half_way(house)
    (first,) = house.postman.heard("delayed#1") - {"gus"}
    house.run(6 * MINUTE, step=MINUTE)
    assert house.postman.heard("holding#1") >= PAYERS - {first}
    assert "gus" in {person.removeprefix("desk:") for person in house.postman.heard("holding#1")}
