"""What reports to us by itself said last, and when. Nothing here decides what that means."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from sentinel.model.hook import CHECK
from sentinel.model.observation import Fact, Verdict
from sentinel.store import codec, tables
from sentinel.store.upsert import upsert

_p, _h = tables.pushed, tables.heartbeat


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """The last word of a check. `started_at`: of a run that has not ended, and `run` its name. `body`: what was told since
    the last run ended."""

    check: str
    at: datetime
    verdict: Verdict = Verdict.UP
    reason: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    started_at: datetime | None = None
    run: str = ""
    body: str = ""


def said_by(c: Connection, check: str) -> Said | None:
    row = c.execute(select(_p).where(_p.c.check == check)).one_or_none()
    return None if row is None else said(row._mapping)


def all_said(c: Connection) -> dict[str, Said]:
    """Of checks. What hooks said lies here too (hooked.py)."""
    ours = select(_p).where(_p.c.check.not_like(f"{CHECK}%")).order_by(_p.c.check)
    return {row.check: said(row._mapping) for row in c.execute(ours)}


def keep(c: Connection, said: Said) -> None:
    row = {
        "check": said.check,
        "at": said.at,
        "verdict": said.verdict.value,
        "reason": said.reason,
        "facts": codec.facts_to_text(said.facts),
        "started_at": said.started_at,
        "run": said.run,
        "body": said.body,
    }
    c.execute(upsert(c, _p).values(**row).on_conflict_do_update(index_elements=["check"], set_=row))


def heard(c: Connection, check: str, at: datetime) -> None:
    """A ping, or a value, has come that says that all went as it should."""
    row = {"check": check, "pinged_at": at}
    c.execute(upsert(c, _h).values(**row).on_conflict_do_update(index_elements=["check"], set_=row))


def all_heard(c: Connection) -> dict[str, datetime]:
    """Check → when it was last heard."""
    return {row.check: row.pinged_at for row in c.execute(select(_h.c.check, _h.c.pinged_at).order_by(_h.c.check))}


def said(row: Mapping[Any, Any]) -> Said:
    facts = codec.from_text(dict[str, Fact], str(row["facts"]))
    return Said(**{**row, "verdict": Verdict(row["verdict"]), "facts": facts})
