"""What metrics say of the hubs and workers that share a store."""

from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

from sentinel.run.presence import GONE_AFTER
from sentinel.run.processes import silences
from sentinel.serve.metrics import exposition
from sentinel.serve.port import Figures, OwnFigures
from sentinel.store import processes
from sentinel.store.database import Store
from tests.store.test_processes import HUB, NOW, WORKER


def test_the_living_are_counted_by_kind_with_the_longest_silence_of_each(tmp_path: Path) -> None:
    quiet, gone = NOW - timedelta(seconds=12), NOW - GONE_AFTER - timedelta(seconds=1)
    others = [(replace(HUB, id="serve-2"), quiet), (WORKER, NOW), (replace(WORKER, id="worker-2"), gone)]
    with closing(Store.open(tmp_path / "sentinel.db")) as store:
        for process, at in [(HUB, NOW), *others]:
            store.writer.submit(partial(processes.beat, process=process, now=at)).result(10)
        found = store.read(lambda c: silences(c, NOW))
    assert {kind: sorted(each) for kind, each in found.items()} == {"serve": [0.0, 12.0], "worker": [0.0]}
    lines = exposed(found)
    assert 'sentinel_processes{kind="serve"} 2.0' in lines
    assert 'sentinel_processes{kind="worker"} 1.0' in lines
    assert 'sentinel_process_silence_seconds{kind="serve"} 12.0' in lines


def test_a_kind_that_has_nobody_counts_as_nought() -> None:
    assert 'sentinel_processes{kind="worker"} 0.0' in exposed({"serve": (1.0,)})


def exposed(found: object) -> list[str]:
    nothing: dict[str, object] = {name: {} for name in ("incidents", "deliveries", "oldest_undelivered", "checks")}
    flat = {"observations_stored": 0, "hold_on": False, "release_needed": False, "prober_restarts": 0, "last_round_age": None}
    figures = Figures(**nothing, **flat, config_ok=True, processes=found)  # type: ignore[arg-type]  # by name
    return exposition(figures, OwnFigures(), "0", "")[0].decode().splitlines()
