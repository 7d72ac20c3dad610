"""Whether a place can see at all: what its canaries say, and what is believed of what it says meanwhile.

Canaries are targets that belong to nobody we watch and do not fail together (DESIGN.md section 7). When most of them fail, the
place is *blind*: its own way out, its resolver or its machine is in trouble, and what its probes find counts as `unknown`.
Belongs here: the judgement, and what detectors may make of a place in doubt. Does not belong here: what one check's samples
mean (kind/), which canaries there are (config/).

Two rules keep our own trouble from becoming theirs, also in the seconds before it is known:

* A run of bad samples that has not persisted yet is forgotten when the place turns out to be blind.
* A claim is made only if enough canaries were seen well *at or after* the run's first bad sample. While that is open, the claim
  waits: the canaries are asked so often that they answer well within the persistence that detectors want.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sentinel.detect import run
from sentinel.detect.watch import Watched
from sentinel.model.observation import Observation, Verdict
from sentinel.model.signal import Hysteresis

GOOD = (Verdict.UP, Verdict.DEGRADED)
"""It answers. What is `unknown` of a canary counts as failing: that we could not even ask is what we want to know."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Patience:
    persistence: timedelta = timedelta(0)
    samples: int = 1
    clears_after: int = 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Canary:
    """One canary: what is remembered of its samples, and its last one. `seen_at` None: not looked at yet."""

    name: str
    held: Hysteresis = field(default_factory=Hysteresis)
    seen_at: datetime | None = None
    reason: str = ""

    @property
    def fails(self) -> bool:
        """From its first bad sample until two good ones have followed."""
        return self.held.raised_since is not None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sight:
    """What a place's canaries say of it. `proven_at`: enough of them were well then to say that it can see; None: never."""

    canaries: int = 0
    failing: tuple[Canary, ...] = ()
    blind_since: datetime | None = None
    proven_at: datetime | None = None

    @property
    def is_blind(self) -> bool:
        return self.blind_since is not None

    def bears_out(self, since: datetime) -> bool:
        """Whether a run of bad samples that began then may be held against the target. Without canaries, always."""
        return self.canaries == 0 or (not self.is_blind and self.proven_at is not None and self.proven_at >= since)


def step(held: Hysteresis, seen: Observation) -> Hysteresis:
    """Take one sample of a canary in."""
    take = run.good if seen.verdict in GOOD else run.bad
    return take(held, seen.at, _Patience())


def majority(canaries: int) -> int:
    """How many of them must fail for the place to be blind: 2 of 3, 3 of 5, both of 2."""
    return canaries // 2 + 1


def sight(canaries: Sequence[Canary]) -> Sight:
    """What they say together. It is blind from the first failure on of those that fail now."""
    failing = tuple(sorted((one for one in canaries if one.fails), key=_failing_since))
    well = sorted((one.seen_at for one in canaries if not one.fails and one.seen_at is not None), reverse=True)
    enough = len(canaries) - majority(len(canaries)) + 1
    is_blind = bool(canaries) and len(failing) >= majority(len(canaries))
    return Sight(
        canaries=len(canaries),
        failing=failing,
        blind_since=failing[0].held.raised_since if is_blind else None,
        proven_at=well[enough - 1] if canaries and len(well) >= enough else None,
    )


def _failing_since(one: Canary) -> tuple[datetime, str]:
    assert one.held.raised_since is not None
    return one.held.raised_since, one.name


def judged(seen: Observation, by: Sight) -> Observation:
    """What an observation counts as: `unknown` while the place is blind. What the probe found stays among its facts."""
    if not by.is_blind:
        return seen
    found = f"{seen.verdict}, {seen.reason}" if seen.reason else seen.verdict.value
    why = f"our own place {seen.place} cannot see: {len(by.failing)} of its {by.canaries} canaries fail (it found: {found})"
    return replace(seen, verdict=Verdict.UNKNOWN, reason=why, facts={**seen.facts, "found": seen.verdict.value})


def forgotten(held: Hysteresis) -> Hysteresis:
    """The memory without a run of bad samples that has raised nothing yet, and without samples that are no whole row yet; one
    that stands is kept, with all that it counts."""
    if held.raised_since is not None or (held.bad_since is None and held.gathered is None):
        return held
    return replace(held, bad_since=None, bad_samples=0, gathered=None)


def believed(held: dict[str, Hysteresis], watched: Watched, by: Sight) -> Watched:
    """What is kept of what the detectors made of a sample. `held`: what they remembered before it, and so do those dropped."""
    if by.is_blind:
        return Watched(held={kind: after for kind, one in held.items() if (after := forgotten(one)) is not one}, signals=())
    early = {one.detector for one in watched.signals if one.stands and not by.bears_out(one.since)}
    if not early:
        return watched
    return Watched(
        held={kind: one for kind, one in watched.held.items() if kind not in early},
        signals=tuple(one for one in watched.signals if one.detector not in early),
    )
