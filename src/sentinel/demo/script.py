"""Script: a story that is played and checked: its steps with their times, its claims with whether they held."""

from collections.abc import Callable
from dataclasses import dataclass, field
from time import monotonic
from typing import Any


class Broken(Exception):
    """The story cannot go on: something that everything else rests on did not happen."""


@dataclass(slots=True)
class Claim:
    """One thing that must be so, in a sentence, and whether it was. `seen` says what was found instead."""

    says: str
    held: bool
    seen: str = ""


@dataclass(slots=True)
class Script:
    """Prints each step as it happens through `say`, and collects what was claimed."""

    name: str
    say: Callable[[str], None]
    steps: list[dict[str, Any]] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)
    began: float = field(default_factory=monotonic)

    def step(self, what: str) -> None:
        """Something happened."""
        at = monotonic() - self.began
        self.steps.append({"at_seconds": round(at, 2), "what": what})
        self.say(f"{at:6.1f} s  {what}")

    def claim(self, says: str, held: object, seen: object = "") -> bool:
        """Something must be so. A claim that does not hold fails the story, which goes on as far as it can."""
        claim = Claim(says=says, held=bool(held), seen="" if held else str(seen))
        self.claims.append(claim)
        if not claim.held:
            self.say(f"          NOT SO: {says}" + (f" ({claim.seen})" if claim.seen else ""))
        return claim.held

    @property
    def held(self) -> bool:
        """Whether all that was claimed was so, and anything was claimed at all."""
        return bool(self.claims) and all(claim.held for claim in self.claims)

    def as_json(self) -> dict[str, Any]:
        """The whole as plain data."""
        return {
            "story": self.name,
            "held": self.held,
            "seconds": round(monotonic() - self.began, 1),
            "steps": self.steps,
            "claims": [{"says": claim.says, "held": claim.held, "seen": claim.seen} for claim in self.claims],
        }
