"""Statement: one thing that customers can feel, in customer service's words; Assurance: a sentence that calms."""

from dataclasses import dataclass
from datetime import date

from sentinel.model.service import Impact
from sentinel.model.words import Words


@dataclass(frozen=True, kw_only=True, slots=True)
class Assurance:
    """A reassurance that somebody owns and that ends. Not current means left out, and the lead is told.

    `until` is the last day it holds. `grace_days` fills the slot `{grace_day}`: that many days after the day of the notice.
    """

    words: Words
    owner: str
    evidence: str
    until: date
    grace_days: int | None = None

    def is_current(self, on: date) -> bool:
        return on <= self.until


@dataclass(frozen=True, kw_only=True, slots=True)
class Alternative:
    """What customers can do instead. `open` is "always" or hours such as "Mo-Fr 08:00-18:00" in the installation's zone."""

    words: Words
    open: str = "always"


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """One thing customers can feel.

    `id` is service.name (`payments.cannot_pay`); `headline` opens the subject line; `do` and `do_not` say what customers
    must or must not do; `afterwards` tells in the closing what became of half-done things and whether to try again; `desk` is
    for the desk alone. `corrects`: a message of our own was wrong, so what is drafted is a correction, which names no time of
    return.
    """

    id: str
    service: str
    impact: Impact
    say: Words
    headline: Words | None = None
    do: Words | None = None
    do_not: Words | None = None
    instead: Alternative | None = None
    afterwards: Words | None = None
    desk: Words | None = None
    assure: tuple[Assurance, ...] = ()
    corrects: bool = False
