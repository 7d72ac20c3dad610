"""World: the installation with everything made ready of it once, at load: detectors, templates, history."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from sentinel.detect.watch import Fitted
from sentinel.estimate.history import History
from sentinel.estimate.rehearse import Experience, learned
from sentinel.model.callback import Callbacks
from sentinel.model.check import Check
from sentinel.model.installation import Installation
from sentinel.model.words import Words
from sentinel.notify.lexicon import Lexicon
from sentinel.notify.template import Templates
from sentinel.store.watching import CANARY

_NOTHING: Final = Experience()
PLACE: Final = "place"
"""Under what name the memory of a canary lies beside those of detectors."""


class Lived:
    """Our own past, read from the store outside of rounds (learning.py) and replaced whole: rounds find it ready."""

    def __init__(self, own: Experience = _NOTHING) -> None:
        self._own = own
        self._made: tuple[tuple[Experience, Experience, History], ...] = ()
        """Of the world in force, and of one that is being loaded: neither makes the other's anew."""

    def take(self, own: Experience, imported: Experience) -> None:
        """From now on this, made ready before anybody asks for it."""
        history = learned(imported, own)
        self._own, self._made = own, ((imported, own, history),)

    def joined(self, imported: Experience) -> History:
        """With what was imported."""
        own = self._own
        for of_import, of_own, known in self._made:
            if of_import is imported and of_own is own:
                return known
        history = learned(imported, own)
        self._made = ((imported, own, history), *self._made[:1])
        return history


def canary_id(address: str) -> str:
    """The id of the check that looks at a canary."""
    return f"{CANARY}{urlsplit(address).netloc}"[:150]


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What rounds and faces know beside the store. `detectors`: check id → its detectors. `unsubscribe_key`: signs tokens."""

    installation: Installation
    detectors: Mapping[str, tuple[Fitted, ...]]
    templates: Templates
    lexicon: Lexicon
    imported: Experience
    """The imported past, and what its estimates would have taught."""
    unsubscribe_key: bytes
    own: Lived = field(default_factory=Lived)
    """What this installation lived through itself: one cell, which every world of a process shares."""
    callbacks: Mapping[str, Callbacks] = field(default_factory=dict)
    """Channel → how the reports of its provider over HTTP are proven; only those that have such."""
    pings: Mapping[str, str] = field(default_factory=dict)
    """Hash of a heartbeat's token → its check."""
    digest: str = ""
    """Of the files that this was made of."""
    canaries: Mapping[str, Check] = field(default_factory=dict)
    """Canary → the check that looks at it, of all places: by its canaries we know whether a place can see."""

    @property
    def history(self) -> History:
        """All that is learned from, as far as it is known now."""
        return self.own.joined(self.imported)

    @property
    def watched(self) -> Mapping[str, tuple[str, ...]]:
        """Check id → the kinds of detectors that look at it; canaries too."""
        watched = {check: tuple(one.kind for one in fitted) for check, fitted in self.detectors.items()}
        return {**watched, **dict.fromkeys(self.canaries, (PLACE,))}

    @property
    def probed(self) -> tuple[Check, ...]:
        """What is looked at from the hub's own place: the canaries first, then every check that reports to us not by itself."""
        own = self.installation.place
        return (*self.canaries_at(own).values(), *self.probed_at(own))

    @property
    def places(self) -> tuple[str, ...]:
        """The hub's own, then those of agents."""
        return (self.installation.place, *self.installation.places)

    def canaries_at(self, place: str) -> Mapping[str, Check]:
        """Those by which this place knows whether it can see."""
        far = self.installation.places.get(place)
        theirs = self.installation.canaries if far is None or far.canaries is None else far.canaries
        return {name: self.canaries[name] for name in map(canary_id, theirs)}

    def probed_at(self, place: str) -> tuple[Check, ...]:
        """The checks, without canaries, that this place looks at."""
        return tuple(one for one in self.installation.checks.values() if not one.is_pushed and place in self.places_of(one))

    def places_of(self, check: Check) -> tuple[str, ...]:
        """From where it is looked at. What reports to us by itself does so to the hub."""
        if check.is_pushed:
            return (self.installation.place,)
        return check.places or self.places

    def titles(self, services: tuple[str, ...]) -> Mapping[str, Words]:
        """Service → the customers' name for it, in the order given."""
        return {name: self.installation.services[name].title for name in services if name in self.installation.services}
