"""Once: one sample of one check, now, in this process, with everything that it saw.

For whoever looks by hand and for scrapers (asked.py); it counts in no schedule, is confirmed by nothing and reported to nobody.
Belongs here: that one sample of whichever child's kind, and what each assertion made of it. Does not belong here: where checks
come from, how it is shown.
"""

import asyncio
import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from importlib import import_module
from select import select
from typing import Any, Final

import pycurl

from sentinel.model.check import Check
from sentinel.model.guard import Gate, gate, networks
from sentinel.model.observation import Fact, Verdict
from sentinel.probe import uplink
from sentinel.probe.certificate import Chain, instant
from sentinel.probe.condition import Rules, Seen, safely
from sentinel.probe.exchange import Exchange
from sentinel.probe.looking import look
from sentinel.probe.reach import Reach, Servers
from sentinel.probe.task import Task, ready
from sentinel.probe.trouble import Failed, Found, Trouble, Whose, by_resolver, silent

BLOCKS: Final = ("up", "healthy", "calm")


@dataclass(frozen=True, kw_only=True, slots=True)
class Asserted:
    """One assertion. `saw`: what it saw instead, "" where it holds; None: there was nothing to judge."""

    block: str
    words: str
    saw: str | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Sampled:
    """What one sample came to. `first_expiry`: when the first certificate of the chain runs out, where one was shown."""

    facts: Mapping[str, Fact]
    verdict: Verdict
    reason: str
    asserted: tuple[Asserted, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    first_expiry: datetime | None = None


def lives_in(kind: str) -> str:
    """The child that a kind lives in, "" for what is no kind."""
    try:
        return str(import_module(f"sentinel.probe.kind.{kind}").LIVES_IN) if kind.isidentifier() else ""
    except ImportError:
        return ""


async def sample(
    check: Check, allow: tuple[str, ...], now: datetime, *, resolvers: Servers = uplink.own_nameservers
) -> Sampled:
    """Look once. It raises for nothing that a target does. `allow`: private networks that probes may reach."""
    task = ready(check, lives_in(check.kind))
    if task.kind is None:
        return Sampled(facts={}, verdict=Verdict.UNKNOWN, reason=task.fault)
    task.rules = replace(task.rules, reads_headers=True)
    if task.kind.LIVES_IN == "curl":
        return await asyncio.to_thread(_by_curl, task, gate(networks(allow)), now, resolvers)
    reach = Reach(gate=gate(networks(allow)), rules=task.rules, seconds=task.timeout, resolvers=resolvers)
    came = await look(task, reach)
    plain = _without(tuple(reach.secrets))
    return Sampled(
        facts=came.facts,
        verdict=came.verdict,
        reason=came.reason,
        asserted=_asserted(task.rules, came.seen, plain),
        headers=came.seen.headers if came.seen else (),
        first_expiry=_told_expiry(came.facts),
    )


def _without(secrets: tuple[str, ...]) -> Callable[[str], str]:
    def plain(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, "•••") if len(secret) >= 4 else text
        return text

    return plain


def _asserted(rules: Rules, seen: Seen | None, plain: Callable[[str], str]) -> tuple[Asserted, ...]:
    """Every assertion of every block, also of those that the verdict did not need."""
    return tuple(
        Asserted(block=block, words=words, saw=None if seen is None else plain(test(seen)))
        for block in BLOCKS
        for words, test in zip(rules.words.get(block, ()), getattr(rules, block), strict=True)
    )


def _by_curl(task: Task, guard: Gate, now: datetime, resolvers: Servers) -> Sampled:
    """As engine.py does it, for one: every hop of the exchange, the resolver where a name was not found, then the judging."""
    assert task.kind is not None
    exchange: Exchange = task.kind.exchange(task.options, guard, task.rules)
    try:
        found = _exchanged(exchange, task, now)
        wrong, seen = found.trouble, found.seen
        if wrong is not None and wrong.whose is Whose.RESOLVER:
            wrong = by_resolver(_answer(wrong, resolvers), wrong)
        if wrong is not None and task.witness:
            wrong = silent(wrong, task.witness)
        elif wrong is None and task.read is not None:
            seen, wrong = _read(task, seen, now, exchange)
        facts = dict(seen.facts)
        if wrong is None:
            judged = safely(seen, task.rules)
            verdict, reason = judged.verdict, exchange.plain(judged.reason)
        else:
            verdict, reason = (Verdict.DOWN if wrong.whose is Whose.THEIRS else Verdict.UNKNOWN), wrong.reason
        if verdict in (Verdict.DOWN, Verdict.DEGRADED) and (evidence := exchange.evidence()):
            facts["evidence"] = evidence
        return Sampled(
            facts=facts,
            verdict=verdict,
            reason=reason,
            asserted=_asserted(task.rules, seen if wrong is None else None, exchange.plain),
            headers=seen.headers,
            first_expiry=_first_expiry(exchange.easy.getinfo(pycurl.INFO_CERTINFO)),
        )
    finally:
        exchange.close()


def _read(task: Task, seen: Seen, now: datetime, exchange: Exchange) -> tuple[Seen, Trouble | None]:
    """What the kind makes of an answer; its texts are quoted from there, and servers repeat what they are told."""
    assert task.read is not None
    try:
        read = task.read(task.options, seen, now)
    except Failed as failed:
        return seen, replace(failed.trouble, reason=exchange.plain(failed.trouble.reason))
    facts = {name: exchange.plain(fact) if isinstance(fact, str) else fact for name, fact in read.facts.items()}
    return replace(read, facts=facts), None


def _exchanged(exchange: Exchange, task: Task, now: datetime) -> Found:
    exchange.begin(task.timeout)
    while True:
        code, message = 0, ""
        try:
            exchange.easy.perform()
        except pycurl.error as error:
            code, message = error.args
        found = exchange.finish(code, message, now)
        if found is not None:
            return found


def _answer(wrong: Trouble, resolvers: Servers) -> uplink.Answer:
    lookup = uplink.Lookup(wrong.host, resolvers(), time.monotonic(), wrong.ip)
    try:
        while (answer := lookup.answer(time.monotonic())) is None:
            readable: list[socket.socket]
            readable, _, _ = select(lookup.sockets, (), (), max(0.001, lookup.until - time.monotonic()))
            for one in readable:
                lookup.read(one)
        return answer
    finally:
        lookup.close()


def _first_expiry(chain: Chain) -> datetime | None:
    expiries = [at for one in chain for name, value in one if name == "Expire date" and (at := instant(value))]
    return min(expiries, default=None)


def _told_expiry(facts: Mapping[str, Fact]) -> datetime | None:
    """The same of a kind that tells it: `tls` of the whole chain, others of the server's own certificate."""
    told = facts.get("chain_expires_at") or facts.get("certificate_expires_at")
    return datetime.fromisoformat(told) if isinstance(told, str) else None


def as_data(sampled: Sampled) -> dict[str, Any]:
    """For programs."""
    return {
        "verdict": sampled.verdict.value,
        "reason": sampled.reason,
        "facts": dict(sampled.facts),
        "assertions": [
            {"block": one.block, "words": one.words, "holds": None if one.saw is None else not one.saw, "saw": one.saw or ""}
            for one in sampled.asserted
        ],
    }
