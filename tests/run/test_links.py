"""T8: a link in a message never does anything: each is followed by GET and HEAD, signed in and not, as scanners do."""

import re
from pathlib import Path

import httpx
from sqlalchemy import select

from sentinel.deliver.layout import parts
from sentinel.model.delivery import Lane
from sentinel.model.secret import Secret
from sentinel.run.hub import Hub
from sentinel.run.kinds import FoundKinds
from sentinel.run.presence import Presence, oneself
from sentinel.run.probers import Probers
from sentinel.run.reload import Files
from sentinel.run.wiring import make_engine
from sentinel.serve.app import make_app
from sentinel.store import tables
from tests.run.world import CARD, House
from tests.serve.real import HouseClock

SEEN_ONLY = {"session", "process"}
"""Tables that say who was there, and nothing of what is to be sent."""


def dump(house: House) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table that says what is and what is to be."""
    every = {name: table for name, table in tables.metadata.tables.items() if name not in SEEN_ONLY}
    return house.read(lambda c: {name: sorted(map(tuple, c.execute(select(t))), key=repr) for name, t in every.items()})


def hub_of(house: House) -> Hub:
    world, clock = house.world, HouseClock(house)
    files = Files(
        config=house.folder / "sentinel.yaml",
        kinds=FoundKinds(),
        make=lambda read: world,
        connect=lambda read: {},
        traces=frozenset(),
    )
    prober = Probers("hub", world.installation.guard, (), lambda batch: None, FoundKinds().lives_in)
    me = oneself("serve", place="hub", lanes={}, name="x", now=house.now)
    presence = Presence(house.store, clock, me)
    return Hub(world, house.store, clock, make_engine(house.store), prober, {}, files, presence)


def links(house: House) -> set[str]:
    """The paths of all links that staff and customers were sent."""
    texts = [letter.wording.text + letter.wording.html for letter in house.postman.sent if letter.wording is not None]
    for sent in house.postman.sent:
        if sent.brief is not None:
            texts += [sent.brief.link, *(line for part in parts(sent.brief) for line in part.lines)]
    found = {each for text in texts for each in re.findall(r"https?://[^/\s\"'<>]+(/[^\s\"'<>]*)", text)}
    number = house.draft().notice
    return found | {f"/notices/{number}/approve", f"/notices/{number}/cancel", "/hold", "/release", "/unsubscribe/x.y"}


async def test_following_every_link_of_every_message_changes_nothing(tmp_path: Path) -> None:
    """T8"""
    house = House(tmp_path)
    try:
        house.breaks(CARD)
        house.tell()
        house.set_eta(house.now + 3 * (house.now - house.now.replace(hour=9, minute=0)))
        house.round()
        house.settle_down()
        before, paths = dump(house), links(house)
        assert any(path.startswith("/incidents/") for path in paths)
        assert before["notice"]
        app = make_app(hub_of(house), Secret("operator-token-of-the-tests"), HouseClock(house).now, scrypt_cost=16)
        transport = httpx.ASGITransport(app)
        login = house.world.installation.logins[0]
        async with httpx.AsyncClient(transport=transport, base_url=house.world.installation.url) as client:
            for signed_in in (False, True):
                if signed_in:
                    form = {"email": login.email, "password": login.password.reveal(), "next": "/"}
                    entered = await client.post("/sign-in", data=form, headers={"sec-fetch-site": "same-origin"})
                    assert entered.status_code == 303
                    before = dump(house)
                for path in sorted(paths):
                    for method in ("GET", "HEAD"):
                        answer = await client.request(method, path)
                        assert answer.status_code < 500, path
                        if not signed_in and path.startswith("/incidents/"):
                            assert answer.status_code in (303, 401, 405), "a session is asked for"
                assert dump(house) == before
        assert any(each.row.lane is Lane.CUSTOMERS for each in house.postman.sent)
    finally:
        house.close()
