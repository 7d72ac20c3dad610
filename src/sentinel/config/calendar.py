"""The calendar of the installation, handed to those detectors that count business days and name none of their own.

Belongs here: handing it over. Does not belong here: counting (detect/calendar.py).
"""

from collections.abc import Mapping
from dataclasses import replace

from sentinel.config.shape import InstallationShape
from sentinel.model.check import Check


def with_calendar(checks: Mapping[str, Check], shape: InstallationShape) -> dict[str, Check]:
    """The checks, with what their detectors left out of `week`, `holidays` and `zone`."""
    theirs = {
        "week": shape.calendar.week,
        "holidays": [day.isoformat() for day in shape.calendar.holidays],
        "zone": shape.time_zone,
    }
    return {name: _filled(check, theirs) for name, check in checks.items()}


def _filled(check: Check, theirs: Mapping[str, object]) -> Check:
    if not any(name in options for options in check.detectors.values() for name in theirs):
        return check
    return replace(
        check,
        detectors={
            kind: {name: theirs.get(name) if given is None and name in theirs else given for name, given in options.items()}
            for kind, options in check.detectors.items()
        },
    )
