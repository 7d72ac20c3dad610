"""The running hub's answer for which hubs and workers share its store."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from sentinel.run.presence import GONE_AFTER
from sentinel.run.reads import Reads
from sentinel.serve.services.port import ProcessesPage, ProcessLine
from sentinel.store import processes


def silences(c: Connection, now: datetime) -> Mapping[str, tuple[float, ...]]:
    """Kind → for how many seconds each living process of it has said nothing, by the one clock that they say it by."""
    clock, found = processes.clock(c, now), defaultdict[str, tuple[float, ...]](tuple)
    for each in processes.living(c, now, GONE_AFTER):
        found[each.kind] += (max(0.0, (clock - each.seen_at).total_seconds()),)
    return found


class ProcessViews(Reads):
    """Implements serve.services.port.ProcessesPort."""

    async def processes(self) -> ProcessesPage:
        now = self.clock.now()

        def page(c: Connection) -> ProcessesPage:
            clock = processes.clock(c, now)
            there = processes.living(c, now, GONE_AFTER)
            newest = max((each.schema for each in there), default=0)
            return ProcessesPage(
                at=now,
                shared=self.store.shared,
                processes=tuple(
                    ProcessLine(
                        id=each.id,
                        kind=each.kind,
                        host=each.host,
                        pid=each.pid,
                        version=each.version,
                        schema=each.schema,
                        place=each.place,
                        lanes=each.lanes,
                        # By one clock: that of whoever reads may be another machine's.
                        up_for=max(timedelta(0), clock - each.started_at),
                        silent_for=max(timedelta(0), clock - each.seen_at),
                        is_behind=each.schema < newest,
                    )
                    for each in there
                ),
            )

        return await self._read(page)
