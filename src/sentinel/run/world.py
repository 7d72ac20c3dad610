"""World: the installation with everything made ready of it once, at load: detectors, templates, history."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from sentinel.detect.watch import Fitted
from sentinel.model.callback import Callbacks
from sentinel.model.check import Check
from sentinel.model.estimate import PastIncident
from sentinel.model.installation import Installation
from sentinel.model.words import Words
from sentinel.notify.lexicon import Lexicon
from sentinel.notify.template import Templates

PLACE: Final = "place"
"""Under what name the memory of a canary lies beside those of detectors."""


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What rounds and faces know beside the store. `detectors`: check id → its detectors. `unsubscribe_key`: signs tokens."""

    installation: Installation
    detectors: Mapping[str, tuple[Fitted, ...]]
    templates: Templates
    lexicon: Lexicon
    history: tuple[PastIncident, ...]
    unsubscribe_key: bytes
    callbacks: Mapping[str, Callbacks] = field(default_factory=dict)
    """Channel → how the reports of its provider over HTTP are proven; only those that have such."""
    digest: str = ""
    """Of the files that this was made of."""
    canaries: Mapping[str, Check] = field(default_factory=dict)
    """Canary → the check that looks at it: by these we know whether our own place can see."""

    @property
    def watched(self) -> Mapping[str, tuple[str, ...]]:
        """Check id → the kinds of detectors that look at it; canaries too."""
        watched = {check: tuple(one.kind for one in fitted) for check, fitted in self.detectors.items()}
        return {**watched, **dict.fromkeys(self.canaries, (PLACE,))}

    @property
    def probed(self) -> tuple[Check, ...]:
        """What the prober looks at: the canaries first, then every check that does not report to us by itself."""
        checks = self.installation.checks.values()
        return (*self.canaries.values(), *(check for check in checks if not check.is_pushed))

    def titles(self, services: tuple[str, ...]) -> Mapping[str, Words]:
        """Service → the customers' name for it, in the order given."""
        return {name: self.installation.services[name].title for name in services if name in self.installation.services}
