"""Returns: what providers report of deliveries, written into the ledger. Each report counts once, and rows only move forward.

Belongs here: which row is meant, what a report changes, when an address is written to no more. Does not belong here: whether a
report is genuine (exchange/, serve/), the moves themselves (proof.py), how addresses are kept (broken.py).

Reports come late, twice and in any order (F32). What follows from them does not depend on that: every report proves that the
message was taken, and a bounce or a complaint is not taken back by anything that comes after it. All transactions touch
reports, deliveries and addresses in this order, and each sorted. Where one takes several pieces, or meets a sender, two may
wait for each other still: the database ends one of them, and it is tried again (run/returns.py).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import Connection, select, tuple_, update

from sentinel.model.delivery import Lane, State, key_of
from sentinel.model.message import told_apart
from sentinel.model.returned import Fate, Returned
from sentinel.store import broken, proof, tables
from sentinel.store.erasure import is_stand_in
from sentinel.store.upsert import upsert

_d, _k = tables.delivery, tables.callback
PIECE: Final = 200
"""Reports in one statement."""
LAPSES: Final = timedelta(days=30)
"""A bounce that does not say that there is no such mailbox counts for so long; two of different days, and it is enough."""
_LONGEST_EVENT: Final = 255
_LONGEST_PROVIDER: Final = 64
_LONGEST_REF: Final = 255
_COLUMNS: Final = (
    _d.c.id, _d.c.state, _d.c.lane, _d.c.channel, _d.c.address, _d.c.armed_at, _d.c.bounced_at, _d.c.ref
)  # fmt: skip

_BAD: Final = (Fate.BOUNCED, Fate.COMPLAINED)
_KEY: Final = (_d.c.subject, _d.c.episode, _d.c.step, _d.c.person)
Id = tuple[str, str]
"""(provider, event): what makes a report once."""
Place = tuple[str, str]
"""(channel, address)."""
Bad = tuple[Returned, datetime | None]
"""(what is said of an address, when the message left that it speaks of)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """What some reports changed, and how many changed nothing.

    `taken`, `delivered`, `delayed`, `bounced`, `complained`: reports that counted. `proven`: deliveries that were in doubt and
    are known to have been taken now; `suppressed`: addresses that are written to no more. `repeated`: reports that had come
    before; `moot`: their delivery had come further, or never went out. `strays`: reports of which nobody knows what they speak
    of; nothing is kept of these, so that they may come again once it is known.
    """

    taken: int = 0
    delivered: int = 0
    delayed: int = 0
    bounced: int = 0
    complained: int = 0
    proven: int = 0
    suppressed: int = 0
    repeated: int = 0
    moot: int = 0
    strays: tuple[Returned, ...] = ()

    @property
    def unknown(self) -> int:
        return len(self.strays)

    def __add__(self, other: "Taken") -> "Taken":
        return Taken(**{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)})


def take(c: Connection, reports: Sequence[Returned], now: datetime) -> Taken:
    """Write down what `reports` say. Whatever came before changes nothing."""
    by_id: dict[Id, Returned] = {}
    for report in reports:
        by_id.setdefault(_id(report), report)
    done = Taken(repeated=len(reports) - len(by_id))
    ids = sorted(by_id)
    for at in range(0, len(ids), PIECE):
        done += _take(c, {each: by_id[each] for each in ids[at : at + PIECE]}, now)
    return done


def _id(report: Returned) -> Id:
    event = report.event
    if not event or len(event) > _LONGEST_EVENT or not event.isprintable():
        event = f"sha256:{sha256(event.encode('utf-8', 'surrogatepass')).hexdigest()}"
    return report.provider[:_LONGEST_PROVIDER], event


def _take(c: Connection, reports: Mapping[Id, Returned], now: datetime) -> Taken:
    meant = _meant(c, list(reports.values()))
    known = {one: meant[place] for place, one in enumerate(reports) if place in meant}
    fresh = _once(c, known, now)
    spoken: dict[int, list[Returned]] = {}
    for one in sorted(fresh):
        spoken.setdefault(known[one], []).append(reports[one])
    strays = tuple(report for one, report in reports.items() if one not in known)
    return _change(c, spoken, now) + Taken(repeated=len(known) - len(fresh), strays=strays)


# Which row is meant


def _meant(c: Connection, reports: Sequence[Returned]) -> dict[int, int]:
    """Place of a report → its delivery, where there is one."""
    by_number = _numbered(c, {each.delivery for each in reports if each.delivery is not None})
    by_key = _keyed(c, {each.key for each in reports if each.key and each.delivery is None})
    by_ref = _referred(c, {each.ref for each in reports if each.ref and each.channel and each.delivery is None})
    meant: dict[int, int] = {}
    for place, each in enumerate(reports):
        if each.delivery is None:
            found = by_key.get(each.key) or by_ref.get((each.channel, each.ref))
        else:
            found = by_number.get(each.delivery)
        if found is not None and each.channel in ("", found[1]) and (each.delivery is None or found[2].startswith(each.key)):
            meant[place] = found[0]
    return meant


Found = tuple[int, str, str]
"""(delivery, its channel, its key as others see it)."""


def _numbered(c: Connection, numbers: set[int]) -> Mapping[int, Found]:
    ours = [each for each in numbers if 0 < each < 2**62]
    rows = c.execute(select(_d.c.id, _d.c.channel, *_KEY).where(_d.c.id.in_(ours))).all() if ours else []
    return {row.id: (row.id, row.channel, _shown(row)) for row in rows}


def _shown(row: Any) -> str:
    return told_apart(key_of(row.subject, row.episode, row.step, row.person))


def _keyed(c: Connection, keys: set[str]) -> Mapping[str, Found]:
    parts = {key: its for key in keys if (its := proof.parts(key)) is not None}
    if not parts:
        return {}
    rows = c.execute(select(_d.c.id, _d.c.channel, *_KEY).where(tuple_(*_KEY).in_(sorted(parts.values()))))
    found: dict[Any, Found] = {(r.subject, r.episode, r.step, r.person): (r.id, r.channel, "") for r in rows}
    return {key: found[its] for key, its in parts.items() if its in found}


def _referred(c: Connection, refs: set[str]) -> Mapping[tuple[str, str], Found]:
    """By (channel, id); the last one, where a provider gave the same id twice."""
    some = [each for each in refs if len(each) <= _LONGEST_REF]
    if not some:
        return {}
    named = select(_d.c.id, _d.c.channel, _d.c.ref).where(_d.c.ref.in_(some), _d.c.ref != "").order_by(_d.c.id)
    return {(row.channel, row.ref): (row.id, row.channel, "") for row in c.execute(named)}


# What it changes


def _once(c: Connection, known: Mapping[Id, int], now: datetime) -> frozenset[Id]:
    """Those that had not come before; they are written down."""
    if not known:
        return frozenset()
    rows = [{"provider": provider, "event": event, "at": now, "delivery": known[provider, event]} for provider, event in known]
    new = upsert(c, _k).values(rows).on_conflict_do_nothing().returning(_k.c.provider, _k.c.event)
    return frozenset((row.provider, row.event) for row in c.execute(new))


def _locked(c: Connection, deliveries: Iterable[int]) -> dict[int, Any]:
    """The rows, held until we are done (where many share the store)."""
    mine = select(*_COLUMNS).where(_d.c.id.in_(sorted(deliveries))).order_by(_d.c.id).with_for_update()
    return {row.id: row for row in c.execute(mine)}


def _change(c: Connection, spoken: Mapping[int, Sequence[Returned]], now: datetime) -> Taken:
    rows = _locked(c, spoken)
    proven = proof.prove_all(c, sorted(rows), now)
    bounces: dict[int, str] = {}
    places: dict[Place, Bad] = {}
    counts: Counter[str] = Counter()
    for row in rows.values():
        if row.state != State.ACCEPTED.value and row.id not in proven:
            counts["moot"] += len(spoken[row.id])
            continue
        is_first = row.bounced_at is None
        counts += _counts(spoken[row.id], is_first)
        bad = max((each for each in spoken[row.id] if each.fate in _BAD), key=_weight, default=None)
        if bad is not None and is_first:
            bounces[row.id] = _words(bad)
        if bad is not None and (is_first or _is_final(bad)) and _is_of_customer(row):
            _see_worst(places, (row.channel, row.address), (bad, row.armed_at))
    proof.bounce_all(c, bounces, now)
    _keep_refs(c, {row.id: each.ref for row in rows.values() if not row.ref for each in spoken[row.id] if each.ref})
    suppressed = sum(_see_to(c, place, *places[place], now) for place in sorted(places))
    return Taken(
        taken=counts[Fate.TAKEN],
        delivered=counts[Fate.DELIVERED],
        delayed=counts[Fate.DELAYED],
        bounced=counts[Fate.BOUNCED],
        complained=counts[Fate.COMPLAINED],
        moot=counts["moot"],
        proven=len(proven),
        suppressed=suppressed,
    )


def _is_of_customer(row: Any) -> bool:
    """Staff are written to whatever comes back (P1); and nobody is who was erased."""
    return bool(row.lane == Lane.CUSTOMERS.value and not is_stand_in(row.address))


def _see_worst(places: dict[Place, Bad], place: Place, bad: Bad) -> None:
    if place not in places or _weight(places[place][0]) < _weight(bad[0]):
        places[place] = bad


def _counts(reports: Sequence[Returned], is_first: bool) -> Counter[str]:
    """Reports of a delivery that went out, by fate. It comes back once."""
    counts = Counter[str](each.fate for each in reports)
    once = min(counts[Fate.BOUNCED], int(is_first))
    counts["moot"] += counts[Fate.BOUNCED] - once
    counts[Fate.BOUNCED] = once
    return counts


def _weight(report: Returned) -> tuple[bool, bool, str]:
    """Of several reports about one delivery, or one address, the heaviest speaks, whatever their order."""
    return report.fate is Fate.COMPLAINED, report.hard, _words(report)


def _is_final(report: Returned) -> bool:
    return report.hard or report.fate is Fate.COMPLAINED


def _words(report: Returned) -> str:
    """What is shown of it, and kept with the delivery."""
    if report.fate is Fate.COMPLAINED:
        return f"its reader called it spam{f': {report.why}' if report.why else ''}"
    status = "" if report.status in report.why else report.status
    return " ".join(each for each in (status, report.why) if each) or "it came back, and nobody said why"


def _see_to(c: Connection, place: Place, report: Returned, sent_at: datetime | None, now: datetime) -> bool:
    """Whether its address is written to no more because of this."""
    channel, address = place
    why = proof.plain(_words(report))
    if _is_final(report):
        return broken.suppress(c, channel, address, why, now, sent_at=sent_at)
    before = broken.is_broken(c, channel, [address])
    broken.strike(c, channel, address, why, now, sent_at=sent_at, forgotten=LAPSES)
    return not before and bool(broken.is_broken(c, channel, [address]))


def _keep_refs(c: Connection, refs: Mapping[int, str]) -> None:
    """A report that was faster than the reply tells us the provider's id, which the reply can no longer."""
    for delivery, ref in sorted(refs.items()):
        mine = (_d.c.id == delivery, _d.c.ref == "")
        c.execute(update(_d).where(*mine).values(ref=proof.plain(ref)[:_LONGEST_REF]))
