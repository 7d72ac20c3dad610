"""`python -m bench.detect.cost`: what detectors cost: each by itself, and all of them together in a hub's store.

Each: a check of every 10 s over two days, mostly well, with an outage now and then; each sample goes through `step`, and what
changed is turned into the text that the store keeps. All: 10,000 checks with every detector on, as they are after a fortnight,
taken in by 250 samples a transaction as a hub does. Belongs here: measuring. Does not belong here: what they find.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from time import process_time, thread_time
from typing import Any, Final

import click
from sqlalchemy import Connection, func, insert, select

from sentinel.detect.place import Sight
from sentinel.detect.watch import Detector
from sentinel.model.check import Check
from sentinel.model.installation import Installation
from sentinel.model.observation import Observation, SampleKind, Verdict
from sentinel.model.signal import Hysteresis
from sentinel.run import intake
from sentinel.run.kinds import FoundKinds
from sentinel.run.wiring import make_world
from sentinel.run.world import World
from sentinel.store import codec, learned, tables
from sentinel.store.database import Store

BEGIN: Final = datetime(2026, 6, 8, tzinfo=UTC)
EVERY: Final = timedelta(seconds=10)
SAMPLES: Final = 17_280
FORTNIGHT: Final = 14 * 288
"""Rows of five minutes."""
CHECK, PLACE, BATCH = "payments.card-form", "hub", 250
OPTIONS: Final[dict[str, dict[str, Any]]] = {"forecast": {"fact": "queue", "above": 500}, "turnaround": {"promise": 5}}


@dataclass(frozen=True, kw_only=True, slots=True)
class Cost:
    """`step_us`: of the detector itself. `kept_us`: with what is written of it. `written`: percent of samples that change what
    is remembered. `bytes`: of that, at the end."""

    step_us: float
    kept_us: float
    written: float
    bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Whole:
    """CPU microseconds a sample in the writer's thread: `none`, without any detector; `all`, with every one, `busiest` of them
    in the dearest ten seconds. `share`: of one core, what the detectors take of so many checks at 10 s. `bytes`: in the store,
    of a check."""

    checks: int
    samples: int
    none_us: float
    all_us: float
    busiest_us: float
    share: float
    bytes: int


def observation(at: datetime, place: int, check: str = CHECK) -> Observation:
    """Down for five minutes every ten hours, slow in between now and then; a queue that grows."""
    since = place % 3600
    verdict = Verdict.DOWN if since < 30 else Verdict.DEGRADED if place % 977 == 0 else Verdict.UP
    return Observation(
        check=check,
        place=PLACE,
        at=at,
        sample=SampleKind.SCHEDULED,
        verdict=verdict,
        facts={
            "total_ms": 200.0 + place % 37,
            "queue": place / 50 + place % 11,
            "age_s": 10.0 * place,
            "indicator": "none",
        },
    )


def samples() -> Iterator[Observation]:
    """Two days."""
    return (observation(BEGIN + place * EVERY, place) for place in range(SAMPLES))


def cost(kind: str, seen: Sequence[Observation]) -> Cost:
    """Of one detector over the samples."""
    detector: Detector = FoundKinds().module("detect", kind)
    options = detector.Options.model_validate(OPTIONS.get(kind, {}))
    held, began = Hysteresis(), process_time()
    for one in seen:
        held = detector.step(held, one, options)
    alone = process_time() - began
    held, changed, began = Hysteresis(), 0, process_time()
    for one in seen:
        before, held = held, detector.step(held, one, options)
        if held is not before:
            changed += 1
            codec.to_text(Hysteresis, held)
    whole = process_time() - began
    return Cost(
        step_us=round(alone / len(seen) * 1e6, 2),
        kept_us=round(whole / len(seen) * 1e6, 2),
        written=round(100 * changed / len(seen), 1),
        bytes=len(codec.to_text(Hysteresis, held)),
    )


def whole(checks: int, rounds: int) -> Whole:
    """Of all detectors, on so many checks, for so many rounds of ten seconds."""
    kinds = {kind: OPTIONS.get(kind, {}) for kind in FoundKinds().names("detect")}
    none, _ = _rounds(_world(checks, {}), rounds)
    spent, size = _rounds(_world(checks, kinds), rounds)
    all_us, none_us = (1e6 * sum(one) / (rounds * checks) for one in (spent, none))
    return Whole(
        checks=checks,
        samples=rounds * checks,
        none_us=round(none_us, 1),
        all_us=round(all_us, 1),
        busiest_us=round(1e6 * max(spent) / checks, 1),
        share=round((all_us - none_us) / 1e6 * checks / EVERY.total_seconds(), 3),
        bytes=size // checks,
    )


def _world(many: int, detectors: dict[str, dict[str, Any]]) -> World:
    made = (
        Check(id=f"payments.check-{number:05}", service="payments", kind="http", options={}, every=EVERY, detectors=detectors)
        for number in range(many)
    )
    house = Installation(
        name="northwind", brand="Northwind", url="https://status.northwind.example", zone="UTC", languages=("en",), place=PLACE,
        store=PurePath("northwind.db"), listen="127.0.0.1:8080", services={}, statements={},
        checks={check.id: check for check in made}, channels={}, audiences={}, templates=(), logins=(),
    )  # fmt: skip
    return make_world(house, FoundKinds(), bytes(32))


def _rounds(world: World, rounds: int) -> tuple[list[float], int]:
    """CPU seconds of each round after the first (in which all is read, and what the fortnight has led to is claimed), and the
    bytes that are remembered at the end."""
    names = list(world.detectors)
    begin = BEGIN + FORTNIGHT * timedelta(minutes=5)
    spent: list[float] = []
    with TemporaryDirectory() as folder:
        store = Store.open(Path(folder) / "northwind.db")
        known = _after_a_fortnight(world)
        store.writer.submit(lambda c: _remember(c, names, known)).result()
        for turn in range(rounds + 1):
            at = begin + turn * EVERY
            seen = [observation(at, FORTNIGHT + 7 * place + turn, name) for place, name in enumerate(names)]
            pieces = [seen[first : first + BATCH] for first in range(0, len(seen), BATCH)]
            spent.append(sum(store.writer.submit(_taken(world, piece, at)).result() for piece in pieces))
        size = store.read(lambda c: c.execute(select(func.sum(func.length(tables.hysteresis.c.state)))).scalar_one() or 0)
        store.close()
    return spent[1:], size


def _taken(world: World, seen: Sequence[Observation], at: datetime) -> Any:
    """The work of one transaction; it gives its CPU seconds."""

    def work(c: Connection) -> float:
        began = thread_time()
        intake.detect(c, world, seen, at, Sight())
        return thread_time() - began

    return work


def _after_a_fortnight(world: World) -> dict[str, Hysteresis]:
    """What the detectors of one check remember then."""
    held: dict[str, Hysteresis] = {}
    for one in next(iter(world.detectors.values()), ()):
        state = Hysteresis()
        for row in range(FORTNIGHT):
            state = one.detector.step(state, observation(BEGIN + row * timedelta(minutes=5), row), one.options)
        held[one.kind] = replace(state, raised_since=None)
    return held


def _remember(c: Connection, names: Sequence[str], known: dict[str, Hysteresis]) -> None:
    rows = [row for name in names for kind, state in known.items() for row in learned.rows(name, PLACE, kind, state)]
    if rows:
        c.execute(insert(tables.hysteresis), rows)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--quick", is_flag=True, help="Fewer samples, and 1,000 checks.")
def main(as_json: bool, quick: bool) -> None:
    """Measure every detector that there is, one after the other, then all of them together."""
    seen = list(samples())[:: 6 if quick else 1]
    found = {kind: cost(kind, seen) for kind in FoundKinds().names("detect")}
    together = whole(1_000 if quick else 10_000, 30)
    if as_json:
        click.echo(json.dumps({"detectors": {kind: asdict(one) for kind, one in found.items()}, "whole": asdict(together)}))
        return
    click.echo(f"{'detector':<12} {'step us':>8} {'kept us':>8} {'changed %':>9} {'bytes':>6}")
    for kind, one in found.items():
        click.echo(f"{kind:<12} {one.step_us:>8.2f} {one.kept_us:>8.2f} {one.written:>9.1f} {one.bytes:>6}")
    click.echo(
        f"{together.checks} checks with all of them in a store, {together.samples} samples: {together.all_us} us a sample "
        f"({together.busiest_us} in the dearest ten seconds), {together.none_us} without any: {together.share:.0%} of a core "
        f"at 10 s; {together.bytes} bytes of a check"
    )


if __name__ == "__main__":
    main()
