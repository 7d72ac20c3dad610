"""`budget`: the check fails so often that its objective will not be kept: burn rates over a long and a short window.

The pairs of windows and their rates are those of the SRE Workbook, chapter 5, and of sloth: for an objective over 30 days,
14.4 (1 h and 5 m), 6 (6 h and 30 m), 3 (1 d and 2 h), 1 (3 d and 6 h); over another time, the windows are in proportion. A
rate of 1 spends the budget exactly by the end. Belongs here: which pairs stand. Does not belong here: counting (ring.py).
"""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Final, Literal, NamedTuple

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from sentinel.detect import ring
from sentinel.detect.grade import Grade, graded
from sentinel.detect.ring import Came, Counts
from sentinel.model.observation import Observation, SampleKind, Verdict
from sentinel.model.signal import Hysteresis

VERDICT: Final = Verdict.DEGRADED


class Pair(NamedTuple):
    """`burn`: how many times faster than allowed. `part`: the long window as a part of the objective's (one in `part`)."""

    burn: float
    part: int
    grade: Grade


PAIRS: Final = (
    Pair(14.4, 720, Grade.MAJOR),
    Pair(6, 120, Grade.MAJOR),
    Pair(3, 30, Grade.MINOR),
    Pair(1, 10, Grade.MINOR),
)

UNCLAIMED: Final = f"{Grade.NONE:d}"


def _percent(value: Any) -> Any:
    """`99.9%` and `99.9` are the same."""
    return value.strip().removesuffix("%").strip() if isinstance(value, str) else value


class Options(BaseModel):
    """The objective."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    objective: Annotated[float, BeforeValidator(_percent)] = Field(
        default=99.9, ge=90, lt=100, description="Percent of samples that are to be good, such as `99.9`."
    )
    window: timedelta = Field(
        default=timedelta(days=30), ge=timedelta(days=1), le=timedelta(days=366), description="Over how long it is to be kept."
    )
    spent_by: Literal["down", "degraded"] = Field(
        default="down", description="What spends the budget: `down` alone, or what is `degraded` too."
    )
    least: int = Field(
        default=12, ge=1, le=10_000, description="Samples that the long window must hold: of fewer a share means nothing."
    )
    failures: int = Field(
        default=3,
        ge=1,
        le=10_000,
        description="Bad samples that it must hold for a claim: one is no rate, however rare checks are.",
    )
    slow_burns: bool = Field(
        default=True, description="Whether the two slower rates, 3 and 1, warn too: of those staff hear by themselves."
    )

    @property
    def allowed(self) -> float:
        """The share of bad samples that keeps the objective."""
        return 1 - self.objective / 100


def step(held: Hysteresis, seen: Observation, options: Options) -> Hysteresis:
    """Count one scheduled sample. `unknown` counts neither way.

    `kept`: the grade and the pairs that stand (a digit each); how many good samples have come since the rest was written, and
    in which of the shortest slots; the counts of the present slots. `learned`: those of the slots that are past.
    """
    if seen.verdict is Verdict.UNKNOWN or seen.sample is not SampleKind.SCHEDULED:
        return held
    is_bad = seen.verdict is Verdict.DOWN or (seen.verdict is Verdict.DEGRADED and options.spent_by == "degraded")
    head, _, rest = held.kept.partition("|")
    waiting, _, open_slots = rest.partition("|")
    at = seen.at.timestamp()
    is_due = head[:1] == UNCLAIMED and head != UNCLAIMED  # a grade has changed: the claim of the new one rises now
    if not is_bad and not is_due and held.good_since is not None:
        more = _one_more(waiting, int(at * ring.SLOTS * PAIRS[0].part / options.window.total_seconds()))
        if more:
            return replace(held, kept=f"{head}|{more}|{open_slots}")
    return _weighed(held, seen, at, options, is_bad=is_bad)


def _one_more(waiting: str, slot: int) -> str:
    """One more good sample in the same slot as those before: what it may end can wait for the end of the slot, so nothing is
    worked out. "": another slot has begun."""
    count, _, of = waiting.partition("@")
    return f"{int(count) + 1}@{of}" if of == str(slot) else ""


def _weighed(held: Hysteresis, seen: Observation, at: float, options: Options, *, is_bad: bool) -> Hysteresis:
    """All that a sample can change."""
    pairs, lengths = _pairs(options)
    head, _, rest = held.kept.partition("|")
    waiting, _, open_slots = rest.partition("|")
    claimed, stood = (Grade(int(head[:1])), head[1:]) if head else (Grade.NONE, "")
    goods, _, slot = waiting.partition("@")
    waited = [Came((int(slot) + 0.5) * lengths[0] / ring.SLOTS, good=int(goods))] if goods not in ("", "0") else []
    counted = ring.count(open_slots, held.learned, lengths, *waited, Came(at, good=int(not is_bad), bad=int(is_bad)))
    standing = "".join(
        str(place) for place, pair in enumerate(pairs) if _stands(counted, place, pair, options, str(place) in stood)
    )
    found = max((pairs[int(place)].grade for place in standing), default=Grade.NONE)
    after, claims = graded(_run(held, seen, counted, is_bad=is_bad), claimed, found, seen.at)
    kept = f"{claims:d}{standing}|0@{int(at * ring.SLOTS / lengths[0])}|{counted.open_slots}"
    return replace(after, kept=kept, learned=counted.past)


def _pairs(options: Options) -> tuple[tuple[Pair, ...], tuple[float, ...]]:
    """Those that are asked for, and their long windows in seconds."""
    pairs = PAIRS if options.slow_burns else PAIRS[:2]
    return pairs, tuple(options.window.total_seconds() / one.part for one in pairs)


def _stands(counted: Counts, place: int, pair: Pair, options: Options, stood: bool) -> bool:
    """Both windows must exceed for it to rise, the long one alone keeps it up. Without enough samples nothing changes."""
    good, bad = counted.long[place]
    if good + bad < options.least:
        return stood
    limit = pair.burn * options.allowed
    if bad <= limit * (good + bad):
        return False
    if stood:
        return True
    if bad < options.failures:
        return False
    good, bad = counted.short(place)
    return bad > limit * (good + bad)


def _run(held: Hysteresis, seen: Observation, counted: Counts, *, is_bad: bool) -> Hysteresis:
    """The trouble begins with the first bad sample after a shortest window without one."""
    if is_bad:
        return replace(held, bad_since=held.bad_since or seen.at, good_since=None)
    held = held if held.good_since else replace(held, good_since=seen.at)
    if held.bad_since is not None and held.raised_since is None and counted.short(0)[1] == 0:
        return replace(held, bad_since=None)
    return held


def says(held: Hysteresis, seen: Observation, options: Options) -> str:
    """Of the fastest pair that stands: how fast the budget is being spent, and by when it would be gone."""
    head, _, open_slots = held.kept.split("|")
    lengths = _pairs(options)[1]
    place = int(head[1])
    good, bad = ring.read(open_slots, held.learned, lengths).long[place]
    burn = bad / (good + bad) / options.allowed
    gone = options.window / burn
    return (
        f"the error budget of {options.objective:g} % is spent {burn:.1f} times as fast as it lasts: {bad} of {good + bad} "
        f"samples bad in {_length(lengths[place])}; at this rate all of it is gone within {_length(gone.total_seconds())}"
    )


def _length(seconds: float) -> str:
    if seconds < 90 * 60:
        return f"{max(1, round(seconds / 60))} min"
    return f"{round(seconds / 3600)} h" if seconds < 48 * 3600 else f"{round(seconds / 86400)} days"
