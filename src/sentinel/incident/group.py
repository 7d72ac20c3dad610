"""Which disturbances are one: services, what they depend on, and which incident a new failure belongs to.

Belongs here: the rules of grouping, reopening and the root. Does not belong here: saying so in a timeline (decide.py, obey.py).

A failure of a service belongs to the open incident, in this order of preference,

1. that its service is part of, or the root of;
2. that one of its dependencies (of theirs too, and so on) is part of, or the root of;
3. that one of its dependents is part of;
4. that has a service with a common dependency, if the two failed within `group_within` of each other.

Among several of one rank it is the oldest. What ended as `resolved` within `reopen_within` of the failure and has its service,
or has it as the root, is reopened; what a person dismissed or reviewed never is.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sentinel.model.incident import Incident, IncidentPolicy, Phase
from sentinel.model.service import Service


class Dependencies:
    """What depends on what, each question worked out once."""

    def __init__(self, services: Mapping[str, Service]) -> None:
        self._services = services
        self._below: dict[str, Mapping[str, int]] = {}

    def below(self, service: str) -> Mapping[str, int]:
        """Everything that `service` depends on, however far, and itself → how many steps away. Circles do no harm."""
        known = self._below.get(service)
        if known is not None:
            return known
        steps = {service: 0}
        edge = [service]
        while edge:
            nearer, edge = edge, []
            for name in nearer:
                for dependency in self._services[name].depends_on if name in self._services else ():
                    if dependency not in steps:
                        steps[dependency] = steps[name] + 1
                        edge.append(dependency)
        self._below[service] = steps
        return steps

    def share(self, one: str, other: str) -> bool:
        """Whether the two services have a dependency in common, or one is the other's."""
        return not self.below(one).keys().isdisjoint(self.below(other))


def home(
    service: str, since: datetime, incidents: Iterable[Incident], dependencies: Dependencies, policy: IncidentPolicy
) -> tuple[Incident, str] | None:
    """The open incident that a failure of `service` since `since` belongs to, and why in words; None if it is a new one."""
    found: list[tuple[int, datetime, int, Incident, str]] = []
    for incident in incidents:
        if incident.phase.is_over:
            continue
        kinship = _kinship(service, since, incident, dependencies, policy)
        if kinship is not None:
            rank, why = kinship
            found.append((rank, incident.began_at, incident.id, incident, why))
    if not found:
        return None
    _, _, _, incident, why = min(found, key=lambda one: one[:3])
    return incident, why


def to_reopen(service: str, since: datetime, incidents: Iterable[Incident], policy: IncidentPolicy) -> Incident | None:
    """The resolved incident that a failure of `service` since `since` continues: the last one to end; None if there is none."""
    ended = [
        (incident.resolved_at, incident.id, incident)
        for incident in incidents
        if incident.phase is Phase.RESOLVED
        and incident.resolved_at is not None
        and since <= incident.resolved_at + policy.reopen_within
        and (service in incident.services or service == incident.root)
    ]
    return max(ended, key=lambda one: one[:2])[2] if ended else None


def root_of(failing: Sequence[str], root: str, dependencies: Dependencies) -> str:
    """The service at the root of all that is `failing`: what they all depend on, one that fails itself before one that does
    not, then the nearest. Where there is no such service, `root` stays what it was."""
    below = [dependencies.below(service) for service in failing]
    shared = set(below[0]).intersection(*below[1:]) if below else set()
    if not shared:
        return root
    return min(shared, key=lambda name: (name not in failing, sum(steps[name] for steps in below), name))


def _kinship(
    service: str, since: datetime, incident: Incident, dependencies: Dependencies, policy: IncidentPolicy
) -> tuple[int, str] | None:
    """(rank, why) of the strongest tie between a failure and an open incident; None if they are strangers."""
    touched = {incident.root, *incident.services}
    if service in touched:
        return 1, f"{service} is part of it"
    under = sorted(touched & dependencies.below(service).keys())
    if under:
        return 2, f"{service} depends on {under[0]}"
    over = sorted(name for name in incident.services if service in dependencies.below(name))
    if over:
        return 3, f"{over[0]} depends on {service}"
    for other, began_at in _failures(incident):
        if abs(began_at - since) <= policy.group_within and dependencies.share(service, other):
            return 4, f"{service} and {other} failed together and share a dependency"
    return None


def _failures(incident: Incident) -> list[tuple[str, datetime]]:
    """(service, since) of everything that failed in this episode, by checks' word or people's."""
    signals = [(one.service, one.since) for one in (*incident.standing, *incident.cleared)]
    return signals + [(one.service, one.since) for one in incident.declared]
