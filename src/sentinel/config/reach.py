"""Reach: for each statement, whether and how it can get to customers, and if it cannot, why not.

Nothing here is a mistake: a service that tells nobody is a valid one. These are the silences that somebody should know of
before the night on which they matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sentinel.config.folder import OCCASIONS
from sentinel.model.check import Check
from sentinel.model.installation import Installation
from sentinel.model.notice import Occasion
from sentinel.model.observation import Verdict
from sentinel.model.service import Service
from sentinel.model.signal import CLAIMS
from sentinel.model.statement import Statement

REVIEW_MONTHS = 18
_BESIDE_THE_OPENING = (Occasion.HOLDING, Occasion.CLOSED)
"""Approved together with it, so an opening without the two cannot be approved."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """How one statement gets to customers.

    `verdicts`: ids of the checks that mean it, each with the verdicts by which it does; without any it is told only when a
    person declares it. `missing`: paths of the templates that are not there. `why_not`: empty when it can be told.
    """

    statement: str
    verdicts: Mapping[str, tuple[Verdict, ...]]
    audience: str | None
    channels: tuple[str, ...]
    languages: tuple[str, ...]
    missing: tuple[str, ...]
    why_not: tuple[str, ...]

    @property
    def reaches(self) -> bool:
        return not self.why_not

    @property
    def checks(self) -> tuple[str, ...]:
        return tuple(self.verdicts)

    @property
    def only_by_declaring(self) -> bool:
        return not self.verdicts


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What a valid installation can and cannot tell. `overdue`: service and the day it was last reviewed; `lapsed`: statement
    id, evidence and last day of each assurance that is no longer current."""

    reaches: tuple[Reach, ...]
    overdue: tuple[tuple[str, date], ...]
    lapsed: tuple[tuple[str, str, date], ...]
    silent: tuple[str, ...]
    """Checks that mean no statement: staff alone hear of them."""


def reach(installation: Installation, today: date) -> Findings:
    """What `installation` can tell customers as things stand on `today` (in its own zone)."""
    missing = _missing(installation)
    services = installation.services
    statements = [installation.statements[name] for name in sorted(installation.statements)]
    return Findings(
        reaches=tuple(_one(statement, services[statement.service], installation, missing) for statement in statements),
        overdue=tuple(
            (name, reviewed)
            for name, service in sorted(services.items())
            if (reviewed := service.owner.reviewed) and is_overdue(reviewed, today)
        ),
        lapsed=tuple(
            (statement.id, assurance.evidence, assurance.until)
            for statement in statements
            for assurance in statement.assure
            if not assurance.is_current(today)
        ),
        silent=tuple(name for name, check in sorted(installation.checks.items()) if not check.means),
    )


def is_overdue(reviewed: date, today: date) -> bool:
    """Whether more than 18 months have gone by since."""
    months = (today.year - reviewed.year) * 12 + today.month - reviewed.month
    return months > REVIEW_MONTHS or (months == REVIEW_MONTHS and today.day > reviewed.day)


def _missing(installation: Installation) -> dict[Occasion, tuple[str, ...]]:
    """Occasion → paths of the templates that are not there, one a language."""
    there = {(template.occasion, template.language) for template in installation.templates}
    return {
        occasion: tuple(
            f"templates/customers/{occasion}.{language}"
            for language in installation.languages
            if (occasion, language) not in there
        )
        for occasion in OCCASIONS
    }


def _one(statement: Statement, service: Service, installation: Installation, missing: dict[Occasion, tuple[str, ...]]) -> Reach:
    why_not = []
    if service.audience is None:
        why_not.append(f"{service.name} does not tell customers (`tell: customers:` in its file)")
    else:
        blocking = [path for occasion in (_begins(statement), *_BESIDE_THE_OPENING) for path in missing[occasion]]
        why_not += [f"{path} is missing" for path in blocking]
    return Reach(
        statement=statement.id,
        verdicts={name: said for name, check in sorted(installation.checks.items()) if (said := _says(check, statement.id))},
        audience=service.audience,
        channels=service.by,
        languages=tuple(language for language in installation.languages if language in statement.say),
        missing=tuple(path for occasion in _used(statement) for path in missing[occasion]) if service.audience else (),
        why_not=tuple(why_not),
    )


def _says(check: Check, statement: str) -> tuple[Verdict, ...]:
    """The verdicts by which a check means the statement, of those that its detectors may claim, and not only warn of."""
    said = {CLAIMS[name] for name in check.detectors if name in CLAIMS and name not in check.warns}
    return tuple(verdict for verdict, meant in check.means.items() if meant == statement and verdict in said)


def _begins(statement: Statement) -> Occasion:
    return Occasion.CORRECTION if statement.corrects else Occasion.OPENED


def _used(statement: Statement) -> tuple[Occasion, ...]:
    """The occasions that a message about this statement can have."""
    return tuple(each for each in OCCASIONS if statement.corrects or each is not Occasion.CORRECTION)
