"""A house whose store lies on either database, with its key where a hub has it, and with an incident that was told of."""

from sentinel.model.command import AddTold, Done, Erase, Subscribe
from sentinel.run import erasing, orders
from sentinel.store import installations
from sentinel.store.database import Store
from tests.run.world import CARD, MINUTE, House
from tests.store.conftest import Where

KEY = b"k" * 32
"""Of the worked example's world."""


def house_at(where: Where) -> House:
    made = House(where.path.parent, database=where.database)
    put_key(made.store)
    return made


def put_key(store: Store) -> None:
    if store.shared:
        store.writer.submit(lambda c: installations.key_of(c, KEY)).result()
    else:
        store.path.with_name(f"{store.path.name}.key").write_bytes(KEY)


def lived_in(where: Where) -> House:
    """Payments failed, customers were told, two more asked to be; it is not over."""
    house = house_at(where)
    house.breaks(CARD)
    house.tell()
    house.done(AddTold(incident=1, address="Zoe.Quill@example.org", name="Zoe Quill", how="phone"), "Dora")
    house.done(Subscribe(address="zoe.quill@example.org", name="Zoe Quill"), "Dora")
    house.run(2 * MINUTE)
    return house


def erase(house: House, command: Erase, who: str = "Olga") -> str:
    """What the hub does: the command, then what follows its commit."""
    asked = orders.Asked(command=command, who=who)
    carried = house.do(lambda c: orders.carry_out(c, house.world, house.store, asked, house.now))
    result = erasing.finish(house.store, carried.erased, carried.result)
    assert isinstance(result, Done), result
    return result.said
