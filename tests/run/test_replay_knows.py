"""A replay's span: what stands over its beginning is seen, and what was before it teaches."""

from datetime import UTC, datetime, timedelta

from sentinel.detect.kind import outage
from sentinel.detect.watch import fit
from sentinel.model.check import Check
from sentinel.model.observation import Observation, SampleKind, Verdict
from sentinel.run.replay.watcher import Watcher

BEGIN = datetime(2026, 6, 8, tzinfo=UTC)
HALF = timedelta(seconds=30)


def test_what_was_down_before_the_span_and_still_is_has_a_signal() -> None:
    check = Check(id="a.b", service="a", kind="http", options={}, every=HALF, means={}, detectors={"outage": {}})
    watcher = Watcher(check, fit(check, {"outage": outage}), BEGIN)
    for place in range(-10, 10):
        at = BEGIN + place * HALF
        watcher.take(
            Observation(check="a.b", place="hub", at=at, sample=SampleKind.SCHEDULED, verdict=Verdict.DOWN, reason="", facts={})
        )
    assert len(watcher.signals) == 1
