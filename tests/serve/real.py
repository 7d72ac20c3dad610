"""A real hub behind the API: the insurer's store with an incident that is open, one that is over, and all that was sent.

Its loops do not run: time is the house's, and nothing leaves the machine.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import uvicorn

from sentinel.model.account import Right
from sentinel.model.command import CountCaller, MakeToken, SaveAccount, Subscribe
from sentinel.model.secret import Secret
from sentinel.run.hub import Hub
from sentinel.run.kinds import FoundKinds
from sentinel.run.presence import Presence, oneself
from sentinel.run.probers import Probers
from sentinel.run.reload import Files
from sentinel.run.wiring import make_engine
from sentinel.serve.accounts.credentials import new_key
from sentinel.serve.app import make_app
from tests.run.world import CARD, DOCUMENTS, MINUTE, House

OPERATOR = "operator-token-of-the-tests"


class HouseClock:
    """The house's time, later by `step` at each look: what somebody tried before is soon long ago."""

    def __init__(self, house: House, step: timedelta = timedelta(0)) -> None:
        self._house = house
        self._step = step
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        self._ahead += self._step
        return self._house.now + self._ahead


def hub_of(house: House) -> Hub:
    """The hub that would run over the house's store."""
    world = house.world
    prober = Probers(world.installation.place, world.installation.guard, (), lambda batch: None, FoundKinds().lives_in)
    files = Files(
        config=house.folder / "sentinel.yaml",
        kinds=FoundKinds(),
        make=lambda read: world,
        connect=lambda read: {},
        traces=frozenset(),
    )
    clock = HouseClock(house)
    me = oneself("serve", place=world.installation.place, lanes=(), name="house", now=clock.now())
    presence = Presence(house.store, clock, me)
    return Hub(world, house.store, clock, make_engine(house.store), prober, {}, files, presence)


def lived_in(folder: Path) -> House:
    """Incident 1 is over, everybody told of both ends; incident 2 is open with a draft that waits."""
    house = House(folder, watched=(CARD, DOCUMENTS))
    house.breaks(CARD)
    house.tell()
    house.run(5 * MINUTE)
    house.heals(CARD)
    house.run(40 * MINUTE)
    house.breaks(DOCUMENTS)
    house.run(4 * MINUTE)
    house.done(CountCaller(service="documents"))
    house.done(Subscribe(address="sub@example.com", name="Sub", services=()))
    house.done(SaveAccount(email="adam@example.com", name="Adam", roles=("admin",)))
    house.done(SaveAccount(email="vera@example.com", name="Vera", roles=("viewer",)))
    house.done(MakeToken(name="board", token_hash=new_key().token_hash, rights=("read",)))
    return house


def token_with(house: House, *rights: Right, name: str = "program", expires_at: datetime | None = None) -> str:
    """A new token of these scopes."""
    key = new_key()
    house.done(
        MakeToken(name=name, token_hash=key.token_hash, rights=tuple(each.value for each in rights), expires_at=expires_at)
    )
    return key.token.reveal()


@contextmanager
def served(house: House, step: timedelta = timedelta(0)) -> Iterator[str]:
    """The whole application on loopback; gives its address. `step`: how far its own clock goes at each look."""
    app = make_app(hub_of(house), Secret(OPERATOR), HouseClock(house, step).now, scrypt_cost=16)
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


def bearing(token: str, url: str) -> httpx.Client:
    return httpx.Client(base_url=f"{url}/api/v1", headers={"authorization": f"Bearer {token}"}, trust_env=False, timeout=30.0)
