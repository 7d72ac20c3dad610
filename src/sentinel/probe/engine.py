"""Engine: drives libcurl's multi handle by the schedule and turns finished transfers into verdicts.

Belongs here: which exchange runs when, and what its ending means. Does not belong here: pipes (curl.py, outbox.py), what is
asked of libcurl (exchange.py), when what is due (schedule.py).
"""

import select
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic
from types import ModuleType
from typing import Any, TypeAlias

import pycurl

from sentinel.model.check import Check
from sentinel.model.guard import Gate, gate, networks
from sentinel.model.observation import Fact, SampleKind, Verdict
from sentinel.probe import uplink
from sentinel.probe.condition import safely
from sentinel.probe.exchange import EXCERPT_LIMIT, Exchange
from sentinel.probe.schedule import Due, Schedule
from sentinel.probe.task import Read, Task, plan, ready
from sentinel.probe.trouble import Failed, Found, Trouble, Whose, by_resolver, silent

LIVES_IN = "curl"
TICK = 0.01
"""Seconds: probes begin in small groups, which costs a third less than waking for each one."""
STALL = 0.25
"""Seconds that this process may stand still before what it timed meanwhile is no longer held against a target."""
LOOKUPS = 32
"""Askings of the resolver at a time; when more names fail at once than that, the resolver is in doubt anyway."""
HANDLES_KEPT = 600
"""Handles kept ready between samples, some 6 KB each; a check beyond these makes a new one each time."""

Report: TypeAlias = Callable[[float, str, SampleKind, Mapping[str, Fact], Verdict, str], None]
"""(started, check, sample kind, facts, verdict, reason)"""


@dataclass(slots=True, eq=False)
class _Run:
    """A sample under way. `stood_still`: what the engine's count of its own stalls was at the start."""

    due: Due
    task: Task
    exchange: Exchange
    stood_still: float


@dataclass(slots=True, eq=False)
class _Asking:
    """A sample whose verdict waits for the resolver."""

    run: _Run
    found: Found
    lookup: uplink.Lookup


class Engine:
    """All checks of this process. The caller polls `epoll` and calls `ready` for each event it does not know, then `turn`."""

    def __init__(
        self,
        epoll: select.epoll,
        report: Report,
        *,
        room: int,
        resolvers: Callable[[], Sequence[tuple[str, int]]] = uplink.own_nameservers,
    ) -> None:
        self.schedule = Schedule()
        self._epoll = epoll
        self._report = report
        self._room = room
        self._resolvers = resolvers
        self._allow: tuple[str, ...] = ()
        self._gate: Gate = gate(())
        self._now = 0.0
        self._date = datetime.now(UTC)
        self._tasks: dict[str, Task] = {}
        self._runs: dict[pycurl.Curl, _Run] = {}
        self._askings: dict[int, _Asking] = {}
        self._open_askings: list[_Asking] = []
        self._watched: set[int] = set()
        self._timer: float | None = None
        self._took_at = float("-inf")
        self._handles = 0
        self._stood_still = 0.0
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._multi.setopt(pycurl.M_PIPELINING, pycurl.PIPE_NOTHING)
        self._multi.setopt(pycurl.M_MAXCONNECTS, room)

    def load(self, checks: Sequence[Check], allow: tuple[str, ...], now: float) -> None:
        """Put a full set of checks in force. Samples under way of checks that are gone or altered are given up unsaid."""
        same_guard = allow == self._allow
        if not same_guard:
            self._allow, self._gate = allow, gate(networks(allow))
        tasks: dict[str, Task] = {}
        for check in checks:
            old = self._tasks.get(check.id)
            tasks[check.id] = old if old is not None and same_guard and old.check == check else ready(check, LIVES_IN)
        for check_id, task in self._tasks.items():
            if tasks.get(check_id) is not task:
                self._handles -= len(task.spare)
                for exchange in task.spare:
                    exchange.close()
                task.spare.clear()
        self._tasks = tasks
        self.schedule.load((plan(task) for task in tasks.values()), now)

    def wait(self, now: float) -> float:
        """Seconds until `turn` has something to do, at most one."""
        at = now + 1.0
        if self._timer is not None:
            at = min(at, self._timer)
        if len(self._runs) < self._room and (due := self.schedule.next_at()) is not None:
            at = min(at, max(due, self._took_at + TICK))
        for asking in self._open_askings:
            at = min(at, asking.lookup.until)
        return max(0.0, at - now)

    def ready(self, fd: int, events: int) -> None:
        """`fd` can be read or written."""
        asking = self._askings.get(fd)
        if asking is not None:
            for sock in asking.lookup.sockets:
                if sock.fileno() == fd:
                    asking.lookup.read(sock)
            return
        flags = pycurl.CSELECT_OUT if events & select.EPOLLOUT else 0
        if events & ~select.EPOLLOUT:
            flags |= pycurl.CSELECT_IN
        self._multi.socket_action(fd, flags)

    def turn(self, now: float, late: float) -> None:
        """Do what is due. `late`: seconds that this process was held up since the last turn, by others or by its own work."""
        self._now, self._date = now, datetime.now(UTC)
        if late > STALL:
            self._stood_still += late
        if self._timer is not None and self._timer <= now:
            self._timer = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        self._reap()
        self._hear(now)
        if now - self._took_at >= TICK:
            self._took_at = now
            for due in self.schedule.take(now, self._room - len(self._runs)):
                self._start(due)

    def _start(self, due: Due) -> None:
        task = self._tasks[due.check]
        if task.kind is None:
            self._conclude(due, task, {}, Verdict.UNKNOWN, task.fault)
            return
        try:
            exchange = self._made(task, task.kind)
            exchange.begin(task.timeout)
        except Exception as error:  # noqa: BLE001 - libcurl may refuse what a file holds: that costs this check alone
            why = f"the probe itself failed before it began ({type(error).__name__})"
            self._conclude(due, task, {}, Verdict.UNKNOWN, why)
            return
        self._runs[exchange.easy] = _Run(due, task, exchange, self._stood_still)
        self._multi.add_handle(exchange.easy)

    def _made(self, task: Task, kind: ModuleType) -> Exchange:
        if task.spare:
            self._handles -= 1
            kept: Exchange = task.spare.pop()
            return kept
        made: Exchange = kind.exchange(task.options, self._gate, task.rules)
        return made

    def _reap(self) -> None:
        more = 1
        while more:
            more, good, bad = self._multi.info_read()
            for easy in good:
                self._finish(easy, 0, "")
            for easy, code, message in bad:
                self._finish(easy, code, message)

    def _finish(self, easy: pycurl.Curl, code: int, message: str) -> None:
        self._multi.remove_handle(easy)
        run = self._runs[easy]
        found = run.exchange.finish(code, message, self._date)
        if found is None:
            self._multi.add_handle(easy)
            return
        del self._runs[easy]
        if found.trouble is not None and found.trouble.whose is Whose.RESOLVER:
            self._ask_resolver(run, found, found.trouble)
        else:
            self._settle(run, found)

    def _settle(self, run: _Run, found: Found) -> None:
        """Judge what was found, and keep the handle for the next sample."""
        if found.trouble is not None and run.task.witness:
            found = Found(seen=found.seen, trouble=silent(found.trouble, run.task.witness))
        elif run.task.read is not None:
            found = self._read(run, run.task.read, found)
        wrong = found.trouble
        if wrong is None:
            judged = safely(found.seen, run.task.rules)
            verdict, reason = judged.verdict, judged.reason and run.exchange.plain(judged.reason)
        else:
            verdict, reason = (Verdict.DOWN if wrong.whose is Whose.THEIRS else Verdict.UNKNOWN), wrong.reason
        facts = found.seen.facts
        held_up = self._stood_still - run.stood_still
        too_late = wrong is not None and wrong.late and held_up > run.task.timeout / 10
        if too_late or (held_up and verdict is Verdict.DEGRADED):
            verdict, reason = Verdict.UNKNOWN, f"our own prober stood still for {held_up:.1f} s"
        if verdict in (Verdict.DOWN, Verdict.DEGRADED) and (evidence := run.exchange.evidence()):
            facts = {**facts, "evidence": evidence}
        self._keep(run)
        self._conclude(run.due, run.task, facts, verdict, reason)

    def _read(self, run: _Run, read: Read, found: Found) -> Found:
        """What the kind makes of an answer. Its texts are quoted from there, and servers repeat what they are told."""
        if found.trouble is not None:
            return found
        plain = run.exchange.plain
        try:
            seen = read(run.task.options, found.seen, self._date)
        except Failed as failed:
            return Found(seen=found.seen, trouble=replace(failed.trouble, reason=plain(failed.trouble.reason)))
        except Exception as error:  # noqa: BLE001 - the boundary of a kind: a mistake of ours says nothing of a target
            reason = f"the probe itself failed ({type(error).__name__})"
            return Found(seen=found.seen, trouble=Trouble(whose=Whose.OURS, reason=reason))
        facts = {name: plain(fact)[:EXCERPT_LIMIT] if isinstance(fact, str) else fact for name, fact in seen.facts.items()}
        return Found(seen=replace(seen, facts=facts))

    def _keep(self, run: _Run) -> None:
        if self._tasks.get(run.due.check) is run.task and self._handles < HANDLES_KEPT:
            run.exchange.rest()
            run.task.spare.append(run.exchange)
            self._handles += 1
        else:
            run.exchange.close()

    def _conclude(self, due: Due, task: Task, facts: Mapping[str, Fact], verdict: Verdict, reason: str) -> None:
        stands = self._tasks.get(due.check) is task
        if stands:
            self._report(due.started, due.check, due.sample, facts, verdict, reason)
        self.schedule.done(due, verdict if stands else None, self._now)

    def _ask_resolver(self, run: _Run, found: Found, wrong: Trouble) -> None:
        if len(self._open_askings) >= LOOKUPS:
            doubt = Trouble(whose=Whose.OURS, reason="many names fail at once: our own resolver is in doubt")
            self._settle(run, Found(seen=found.seen, trouble=doubt))
            return
        asking = _Asking(run, found, uplink.Lookup(wrong.host, self._resolvers(), monotonic(), wrong.ip))
        self._open_askings.append(asking)
        for sock in asking.lookup.sockets:
            self._askings[sock.fileno()] = asking
            self._epoll.register(sock.fileno(), select.EPOLLIN)

    def _hear(self, now: float) -> None:
        """Settle the samples whose resolver has answered, or has had its time."""
        for asking in self._open_askings[:]:
            answer = asking.lookup.answer(now)
            wrong = asking.found.trouble
            if answer is None or wrong is None:
                continue
            self._open_askings.remove(asking)
            for sock in asking.lookup.sockets:
                self._epoll.unregister(sock.fileno())
                del self._askings[sock.fileno()]
            asking.lookup.close()
            self._settle(asking.run, Found(seen=asking.found.seen, trouble=by_resolver(answer, wrong)))

    def _watch(self, what: int, fd: int, _multi: Any, _nothing: Any) -> None:
        """libcurl says which of its sockets to poll for what."""
        if what == pycurl.POLL_REMOVE:
            if fd in self._watched:
                self._watched.discard(fd)
                self._epoll.unregister(fd)
            return
        mask = (select.EPOLLIN if what & pycurl.POLL_IN else 0) | (select.EPOLLOUT if what & pycurl.POLL_OUT else 0)
        if fd in self._watched:
            self._epoll.modify(fd, mask)
        else:
            self._watched.add(fd)
            self._epoll.register(fd, mask)

    def _set_timer(self, milliseconds: int) -> None:
        self._timer = None if milliseconds < 0 else monotonic() + milliseconds / 1000
