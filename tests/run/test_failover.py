"""Staff hear of it on some channel (P1): what one does not take goes by another, once, and says so."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from sentinel.deliver import layout
from sentinel.model.delivery import Delivery, Failed, Lane, State
from sentinel.model.observation import Verdict
from sentinel.run import failover, failureview
from sentinel.store import broken, notices, rates, tables

from .world import ACCEPTED, CARD, MINUTE, PAY, SECOND, House

SLACK, MAIL = "cs-slack", "cs-mail"
DOWN = Failed(reason="Slack answered 503")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Payments tells cs-slack alone; the desk of another service reads cs-mail too."""
    made = House(tmp_path)
    services = {
        name: replace(service, staff=(SLACK,) if name != "quoting" else (MAIL,))
        for name, service in made.world.installation.services.items()
    }
    made.world = replace(made.world, installation=replace(made.world.installation, services=services))
    yield made
    made.close()


def begins(house: House) -> Delivery:
    """Payments breaks; the row that is to tell the desk."""
    house.breaks(CARD, PAY)
    return next(row for row in staff(house) if row.channel == SLACK)


def staff(house: House) -> list[Delivery]:
    return sorted(house.rows(lane=Lane.STAFF), key=lambda row: row.id)


def tries(house: House, slack: object = DOWN, mail: object = ACCEPTED) -> None:
    """The staff's senders have a go."""
    house.postman.wave(Lane.STAFF, house.now, lambda row: slack if row.channel == SLACK else mail)  # type: ignore[arg-type, return-value]  # fates
    house.round()


def passes(house: House, seconds: int) -> None:
    house.now += seconds * SECOND
    house.round()


def test_what_nobody_took_within_a_minute_goes_by_the_next_channel_and_says_so(house: House) -> None:
    """F29, F30"""
    first = begins(house)
    tries(house)
    passes(house, 30)
    assert {row.channel for row in staff(house)} == {SLACK}, "it is given a little time"
    passes(house, 15)
    (stand_in,) = (row for row in staff(house) if row.channel == MAIL and row.notice == first.notice)
    assert (stand_in.instead_of, stand_in.state) == (first.id, State.QUEUED)
    assert house.now - first.made_at < MINUTE, "so that somebody has it within a minute"  # type: ignore[operator]  # it has one
    said = house.read(lambda c: failover.carried(c, stand_in, house.now))
    assert said.startswith(f"{SLACK} did not take this, first tried Sun 22 November, ")
    assert "Slack answered 503" in said
    brief = house.read(lambda c: notices.brief_of(c, stand_in.notice))
    assert brief is not None
    assert layout.parts(replace(brief, carried=said))[0].lines == (said,)


def test_asking_again_makes_no_second_stand_in(house: House) -> None:
    begins(house)
    tries(house)
    for _ in range(5):
        passes(house, 45)
    made = [row for row in staff(house) if row.instead_of is not None]
    assert len(made) == len({(row.notice, row.channel) for row in made})


def test_a_channel_that_can_have_no_row_of_it_is_passed_over_and_not_tried_for_ever(house: House) -> None:
    """P1: an earlier draft of the same step went by the next channel. There is one after it; else it is trouble, and told."""
    channels = house.world.installation.channels
    named = {**channels, SLACK: replace(channels[SLACK], falls_over_to=(MAIL, "email"))}
    house.world = replace(house.world, installation=replace(house.world.installation, channels=named))
    first = begins(house)
    earlier = {"notice": 999, "channel": MAIL, "person": f"channel:{MAIL}", "address": f"channel:{MAIL}", "state": "accepted"}
    mine = select(tables.delivery).where(tables.delivery.c.id == first.id)
    row = house.read(lambda c: dict(c.execute(mine).one()._mapping)) | earlier
    del row["id"]
    house.do(lambda c: c.execute(insert(tables.delivery).values(**row)))
    passes(house, 45)
    assert [row.channel for row in staff(house) if row.instead_of == first.id] == ["email"]
    for _ in range(3):
        passes(house, 45)
    assert len(staff(house)) == 3
    (unheard,) = house.read(lambda c: failover.unheard(c, house.now))
    assert unheard.notice == first.notice


@pytest.mark.parametrize("state", [State.REJECTED, State.DEAD, State.HELD])
def test_what_is_refused_given_up_or_held_falls_over_at_once(house: House, state: State) -> None:
    """F31, F36"""
    first = begins(house)
    house.do(lambda c: c.execute(update(tables.delivery).where(tables.delivery.c.id == first.id).values(state=state.value)))
    passes(house, 1)
    assert [row.channel for row in staff(house) if row.instead_of == first.id] == [MAIL]


def test_what_waits_for_a_broken_channel_falls_over_at_once(house: House) -> None:
    """F31"""
    first = begins(house)
    house.do(lambda c: broken.breaks(c, SLACK, "token_revoked", house.now))
    passes(house, 1)
    assert [row.channel for row in staff(house) if row.instead_of == first.id] == [MAIL]
    tries(house)
    states = {row.channel: row.state for row in staff(house) if row.notice == first.notice}
    assert states == {SLACK: State.QUEUED, MAIL: State.ACCEPTED}, "nothing was tried by the broken one"


def test_the_files_say_where_it_falls_over_to(house: House) -> None:
    channels = house.world.installation.channels
    named = {**channels, SLACK: replace(channels[SLACK], falls_over_to=("email",))}
    installation = replace(house.world.installation, channels=named)
    assert failover.order(installation, SLACK) == ("email", MAIL)
    assert failover.order(house.world.installation, SLACK) == (MAIL,)
    assert failover.order(house.world.installation, MAIL) == (SLACK,)


def test_a_channel_that_rests_or_is_broken_is_the_last_choice(house: House) -> None:
    channels = house.world.installation.channels
    named = {**channels, SLACK: replace(channels[SLACK], falls_over_to=(MAIL, "email"))}
    house.world = replace(house.world, installation=replace(house.world.installation, channels=named))
    house.do(lambda c: rates.rest(c, {MAIL: 10 * MINUTE}, house.now))
    first = begins(house)
    passes(house, 45)
    assert [row.channel for row in staff(house) if row.instead_of == first.id] == ["email"]


def test_a_late_brief_says_that_it_is_late(house: House) -> None:
    """F30"""
    first = begins(house)
    house.now += 3 * MINUTE
    assert failover.is_odd(first, house.now)
    said = house.read(lambda c: failover.carried(c, first, house.now))
    assert said.startswith("Sent late: first tried Sun 22 November, ")
    assert not failover.is_odd(replace(first, made_at=house.now), house.now)


def test_a_late_brief_is_dropped_once_a_newer_one_went_out(house: House) -> None:
    """F30: read after it, the old one would mislead."""
    first = begins(house)
    tries(house)
    house.heals(CARD, PAY)
    for _ in range(40):
        passes(house, 30)
        house.observe(dict.fromkeys((CARD, PAY), Verdict.UP))
        tries(house)
    newer = [row for row in staff(house) if row.state is State.ACCEPTED and row.notice > first.notice]
    assert newer, "another brief of the incident went out"
    (kept,) = (row for row in staff(house) if row.id == first.id)
    assert (kept.state, kept.detail) == (State.CANCELLED, failover.SUPERSEDED)
    assert not [row for row in staff(house) if row.notice == first.notice and row.state in (State.QUEUED, State.RETRY)]


def test_what_no_channel_takes_is_shown_to_somebody(house: House) -> None:
    """P1: another channel says that it could not; without one, the page of deliveries does."""
    first = begins(house)
    for _ in range(4):
        tries(house, DOWN, DOWN)
        passes(house, 45)
    (unheard,) = (one for one in house.read(lambda c: failover.unheard(c, house.now)) if one.notice == first.notice)
    assert (unheard.incident, unheard.channels) == (1, (MAIL, SLACK))
    page = house.read(lambda c: failureview.page(c, None, 50, house.now))
    assert [one.reference for one in page.unheard if one.notice == first.notice] == ["1-A"]


def test_customers_and_rehearsals_never_fall_over(house: House) -> None:
    begins(house)
    house.do(lambda c: c.execute(update(tables.delivery).values(lane=Lane.CUSTOMERS.value)))
    passes(house, 120)
    assert (
        house.read(lambda c: c.execute(select(tables.delivery.c.instead_of).where(tables.delivery.c.instead_of > 0)).all())
        == []
    )
