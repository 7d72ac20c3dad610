"""World: the installation with everything made ready of it once, at load: detectors, templates, history."""

from collections.abc import Mapping
from dataclasses import dataclass

from sentinel.detect.watch import Fitted
from sentinel.model.estimate import PastIncident
from sentinel.model.installation import Installation
from sentinel.model.words import Words
from sentinel.notify.lexicon import Lexicon
from sentinel.notify.template import Templates


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """What rounds and faces know beside the store. `detectors`: check id → its detectors. `unsubscribe_key`: signs tokens."""

    installation: Installation
    detectors: Mapping[str, tuple[Fitted, ...]]
    templates: Templates
    lexicon: Lexicon
    history: tuple[PastIncident, ...]
    unsubscribe_key: bytes

    @property
    def watched(self) -> Mapping[str, tuple[str, ...]]:
        """Check id → the kinds of detectors that look at it."""
        return {check: tuple(one.kind for one in fitted) for check, fitted in self.detectors.items()}

    def titles(self, services: tuple[str, ...]) -> Mapping[str, Words]:
        """Service → the customers' name for it, in the order given."""
        return {name: self.installation.services[name].title for name in services if name in self.installation.services}
