"""The stand-in's part of the port for the status page: a state that tests set, and a store that they can break."""

from dataclasses import replace

from sentinel.model.incident import Phase
from sentinel.model.service import Impact
from sentinel.serve.status.port import Component, Disturbance, PublicState, Told
from tests.serve import world


def quiet() -> PublicState:
    """Two services that work."""
    house = world.installation()
    payments, ledger = house.services["payments"], house.services["ledger"]
    components = (Component(name="payments", title=payments.title), Component(name="ledger", title=ledger.title))
    return PublicState(at=world.NOW, components=components, disturbances=())


def broken(*texts: str) -> PublicState:
    """Paying does not work, and each of `texts` was approved in English and has gone out."""
    state = quiet()
    told = tuple(
        Told(notice=11 + n, at=world.NOW, phase=Phase.INVESTIGATING, texts={"en": text, "es": f"{text} (es)"}, stands=True)
        for n, text in enumerate(texts)
    )
    one = Disturbance(
        id="17a17a17a17a",
        reference="17-A",
        components={"payments": Impact.MAJOR_OUTAGE},
        phase=Phase.IDENTIFIED,
        began_at=world.BEGAN,
        confirmed_at=world.BEGAN,
        updated_at=world.NOW if texts else world.BEGAN,
        phases=((Phase.INVESTIGATING, world.BEGAN), (Phase.IDENTIFIED, world.NOW)),
        told=told,
    )
    payments = replace(state.components[0], impact=Impact.MAJOR_OUTAGE, changed_at=world.BEGAN)
    return replace(state, components=(payments, *state.components[1:]), disturbances=(one,))


class StatusStandIn:
    """`looks` counts how often somebody asked whether anything changed; `reads` how often for the whole."""

    state: PublicState = quiet()
    store_is_gone = False
    looks = 0
    reads = 0

    async def public_state(self) -> PublicState:
        self.reads += 1
        return self.state

    async def public_mark(self) -> str:
        self.looks += 1
        if self.store_is_gone:
            raise RuntimeError("planted: the store is gone")
        return repr(self.state)
