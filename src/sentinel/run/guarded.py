"""What the guards do with one notice just now, for its page: who has signed, why the rest waits, how many that are."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from sentinel.model.limits import OWED
from sentinel.model.notice import Draft, Notice, NoticeState
from sentinel.notify import approval
from sentinel.run import batches, consent, signing
from sentinel.run.world import World
from sentinel.serve.port import Signed
from sentinel.store import caps


@dataclass(frozen=True, kw_only=True, slots=True)
class Guarded:
    wanted: int = 1
    signed: tuple[Signed, ...] = ()
    rest: int = 0
    waits_for: str = ""


def guards_of(c: Connection, world: World, notice: Notice, draft: Draft | None, now: datetime) -> Guarded:
    if notice.void_at is not None:
        return Guarded()
    if notice.state is NoticeState.DRAFT and draft is not None:
        people = consent.admitted(c, notice) or 0
        signed = signing.standing(c, world, notice, draft, now)
        return Guarded(
            wanted=approval.signatures_wanted(notice, people, world.installation.guards),
            signed=tuple(Signed(who=each.who, account=each.account, at=each.at) for each in signed),
        )
    if notice.state is NoticeState.APPROVED and notice.paused_at is not None:
        return Guarded(rest=batches.rest_of(c, notice))
    if notice.state is NoticeState.APPROVED:
        return Guarded(waits_for=_waits_for(c, world, notice, now))
    return Guarded()


def _waits_for(c: Connection, world: World, notice: Notice, now: datetime) -> str:
    """Why people of it have no row yet: the first batch is out, or a cap is reached."""
    if not batches.is_unfinished(c, notice):
        return ""
    guards = world.installation.guards
    batch = batches.of_notice(c, notice, guards.first_batch, now)
    if notice.tried_at is None and batch.size >= guards.first_batch:
        went_at = batches.went_at(c, world, notice)
        comes = went_at is not None and now < went_at + guards.bounced_within
        back = "; what comes back of it is waited for" if comes and not batch.under_way else ""
        return f"the first {batch.size} get it before all others, and {batch.accepted} of them have it{back}"
    left = caps.left(c, guards, now)
    if notice.occasion not in OWED and left.messages <= 0:
        zone = ZoneInfo(world.installation.zone)
        again = "" if left.again_at is None else f"; it goes on by itself at {left.again_at.astimezone(zone):%H:%M}"
        return f"no more than {guards.all_per_hour:,} messages go out in an hour and {guards.all_per_day:,} in a day{again}"
    return ""
