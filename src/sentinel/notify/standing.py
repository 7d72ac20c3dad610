"""Standing consent: whether a written rule of `policies.approve` may approve one draft in the place of a person.

Belongs here: the decision and its reason. Does not belong here: asking at every round (run/standin.py), the approval itself
(run/consent.py asks this again in its own transaction).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sentinel.model.incident import Incident, Phase
from sentinel.model.limits import StandingConsent
from sentinel.model.notice import Draft, Notice

DAY = timedelta(days=1)
_ACCOUNT = "rule:"


def named(rule: StandingConsent) -> str:
    """How its approvals name it."""
    return f"by the rule {rule.name} of policies.approve"


def rule_of(rules: Sequence[StandingConsent], account: str) -> str:
    """What an approval by `account` says of the rule that stood in for a person; empty for a person."""
    return next((named(rule) for rule in rules if account == f"{_ACCOUNT}{rule.name}"), "")


def why_not(
    rule: StandingConsent,
    notice: Notice,
    draft: Draft,
    *,
    people: int,
    incident: Incident,
    is_borne_out: bool,
    given_today: int,
    local: datetime,
) -> str:
    """Why the rule may not approve this, or an empty text. `local`: now, by the installation's clock. `is_borne_out`: a person,
    enough places or a second check stand behind the incident now."""
    if notice.occasion not in rule.occasions:
        return f"{notice.occasion.value} is none of its messages"
    if people > rule.at_most:
        return f"{people} people are more than its {rule.at_most}"
    if people == 0:
        return "there is nobody to tell"
    if draft.edited or draft.fell_back:
        return "a person has edited the words: a person approves them"
    if any(finding.blocks for finding in draft.findings):
        return "something in the words must be mended first"
    if draft.quoted.impact is None or draft.quoted.impact.rank > rule.impact.rank:
        return "it is worse than the rule may speak of"
    if incident.phase is Phase.SUSPECTED or incident.confirmed_at is None:
        return "it is not confirmed: one place and one check have said so, and no person"
    if not is_borne_out:
        return "it is not confirmed any more: neither enough places nor a second check say so now, and no person has"
    if rule.audiences and not _audiences(notice.rule) <= set(rule.audiences):
        return "its audience is none of the rule's"
    if rule.hours is not None and not rule.hours.holds(local):
        return f"it is not between {rule.hours}"
    if given_today >= rule.per_day:
        return f"it has approved {given_today} in the last 24 hours already"
    return ""


def _audiences(rule: str) -> set[str]:
    return set(rule.partition("#")[0].removeprefix("audience:").split("+"))
