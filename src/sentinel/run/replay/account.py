"""Account: signals beside the incidents that there were: how early, how often in vain; and beside another side's. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sentinel.model.signal import Signal
from sentinel.run.replay.records import Disturbance, Pair, Seen, Side, Track
from sentinel.run.replay.watcher import same

LEAD: Final = timedelta(minutes=30)
"""A signal that was over so long before an incident began did not foretell it."""
TAIL: Final = timedelta(minutes=5)
"""One that began so soon after an end still belongs to it."""


def account(name: str, side: int, tracks: Sequence[Track], disturbances: Sequence[Disturbance]) -> Side:
    """How one side saw all disturbances, and what of it was in vain."""
    mine = [(track, signal) for track in tracks for signal in track.signals[side]]
    explained: set[str] = set()
    seen: list[Seen] = []
    for one in disturbances:
        if one.dismissed:  # a person said that there was nothing: what is about it was in vain
            continue
        about = [signal for track, signal in mine if _is_about(track, signal, one)]
        explained.update(signal.id for signal in about)
        seen.append(Seen(of=one, first=min(about, key=lambda signal: signal.raised_at, default=None)))
    left = [signal for _, signal in mine if signal.id not in explained]
    in_vain = tuple(signal for signal in left if not signal.only_warns)
    return Side(name=name, seen=tuple(seen), signals=len(mine), in_vain=in_vain, warned=len(left) - len(in_vain))


def _is_about(track: Track, signal: Signal, one: Disturbance) -> bool:
    if not one.about & {track.name, track.service}:
        return False
    begins_in_time = one.ended_at is None or signal.since <= one.ended_at + TAIL
    return begins_in_time and (signal.cleared_at is None or signal.cleared_at >= one.began_at - LEAD)


def paired(tracks: Iterable[Track]) -> tuple[Pair, ...]:
    """The signals of two sides, those about the same together, in the order of time."""
    pairs: list[Pair] = []
    for track in tracks:
        left = list(track.signals[1])
        for one in track.signals[0]:
            other = next((each for each in left if same(one, each)), None)
            if other is not None:
                left.remove(other)
            pairs.append(Pair(a=one, b=other))
        pairs += [Pair(a=None, b=one) for one in left]
    return tuple(sorted(pairs, key=_raised_at))


def _raised_at(pair: Pair) -> datetime:
    return min(one.raised_at for one in (pair.a, pair.b) if one is not None)
