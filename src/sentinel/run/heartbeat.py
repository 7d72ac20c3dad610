"""Heartbeats and values: what reports to us by itself, and what it means when it does not.

Belongs here: pings, values and looks as observations, in and out of the store. Does not belong here: since when a hub listens
(listening.py), when one is overdue (detect/kind/silence.py), what is told (model/pushed.py), the addresses (serve/public.py).

A look is an observation like any other, made by the hub at each interval of the check: so a heartbeat has its uptime, its place
on the board and its signals as other checks have. Until it says something else, what it said last stands.
"""

import hmac
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection

from sentinel.detect.kind import silence
from sentinel.detect.place import judged
from sentinel.model.check import Check
from sentinel.model.installation import Installation
from sentinel.model.observation import Fact, Observation, SampleKind, Verdict
from sentinel.model.pushed import Ping, Taken, Value, Word
from sentinel.probe.assertion import Conditions
from sentinel.probe.condition import Judgement, Seen, judge, rules
from sentinel.probe.kind import heartbeat, value
from sentinel.run import intake, sight
from sentinel.run.world import World
from sentinel.store import observations, pushed, watching
from sentinel.store.pushed import Said

EVIDENCE: Final = 4000
"""Characters of what a job told that explain a bad word: its end, where errors stand."""
Options: TypeAlias = heartbeat.Options | value.Options


def checks(installation: Installation) -> dict[str, Check]:
    return {name: check for name, check in installation.checks.items() if check.is_pushed}


def options_of(check: Check) -> Options:
    return heartbeat.of(check.options) if check.kind == "heartbeat" else value.of(check.options)


def by_hash(installation: Installation) -> Mapping[str, str]:
    """SHA-256 of a token → its heartbeat. Tokens are compared by their hashes, so that no answer's time tells of them."""
    mine = checks(installation).items()
    return {hash_of(heartbeat.of(check.options).token.reveal()): name for name, check in mine if check.kind == "heartbeat"}


def hash_of(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


# What comes


def ping(c: Connection, world: World, check: str, now: datetime, told: Ping | None = None) -> None:
    """A ping has come. On disk with all that follows for its signals when this commits; the next round sees to the rest."""
    told = told or Ping()
    said = pushed.said_by(c, check) or Said(check=check, at=now)
    own = told.body.replace(str(world.installation.checks[check].options["token"]), "•••")
    if told.word is Word.LOG:
        pushed.keep(c, replace(said, body=own or said.body))
        return
    if told.word is Word.START:
        pushed.keep(c, replace(said, started_at=now, run=told.run, body=own))
        return
    ended = said.started_at is not None and told.run in ("", said.run)
    facts = _of_run(told, said.started_at if ended else None, now)
    came = _judged(world.installation.checks[check], Seen(facts=facts, body=own.encode()))
    if told.word is Word.FAIL:
        code = "" if told.exit_code is None else f" with exit code {told.exit_code}"
        came = Judgement(verdict=Verdict.DOWN, reason=f"the job says that it failed{code}")
    if came.verdict in (Verdict.DOWN, Verdict.DEGRADED) and (body := own or said.body):
        facts["evidence"] = _end_of(body)
    after = Said(check=check, at=now, verdict=came.verdict, reason=came.reason, facts=facts)
    pushed.keep(c, after if ended or said.started_at is None else replace(after, started_at=said.started_at, run=said.run))
    pushed.heard(c, check, now)
    _observe(c, world, after, SampleKind.CONFIRM, now)


def push(c: Connection, world: World, check: str, came: Value, now: datetime) -> Taken:
    """A value has come."""
    one = world.installation.checks[check]
    if wrong := value.faults(value.of(one.options), came):
        return Taken(faults=wrong)
    facts: dict[str, Fact] = {**came.facts, "value": came.value}
    judgement = _judged(one, Seen(facts=facts))
    said = Said(check=check, at=now, verdict=judgement.verdict, reason=judgement.reason, facts=facts)
    pushed.keep(c, said)
    pushed.heard(c, check, now)
    _observe(c, world, said, SampleKind.CONFIRM, now)
    return Taken()


def is_value(world: World, check: str, token: str) -> bool:
    """Whether there is such a check of kind `value`, and `token` is its own. It takes as long for one as for none."""
    one = world.installation.checks.get(check)
    is_one = one is not None and one.kind == "value"
    own = hash_of(str(one.options["token"])) if one is not None and is_one else hash_of("")
    return hmac.compare_digest(own, hash_of(token)) and is_one


def _of_run(told: Ping, started_at: datetime | None, now: datetime) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    if told.exit_code is not None:
        facts["exit_code"] = told.exit_code
    if started_at is not None and started_at <= now:
        facts["run_ms"] = round((now - started_at) / timedelta(milliseconds=1), 1)
    return facts


def _end_of(body: str) -> str:
    return body if len(body) <= EVIDENCE else "…" + body[1 - EVIDENCE :]


def _judged(check: Check, seen: Seen) -> Judgement:
    def block(written: Mapping[str, Any]) -> Conditions:
        return Conditions.model_validate(dict(written))

    return judge(seen, rules(block(check.up), block(check.healthy), block(check.calm)))


# Looks


def look(c: Connection, world: World, up_since: datetime, now: datetime) -> None:
    """Called in each thorough round of a hub: look at each check whose interval is over. `up_since`: when a hub listens."""
    mine = checks(world.installation)
    if not mine:
        return
    heard, words = pushed.all_heard(c), pushed.all_said(c)
    for name, check in mine.items():
        last = watching.latest_of(c, name, world.installation.place)
        if last is not None and timedelta(0) <= now - last.at < check.every:
            continue
        said = words.get(name) or Said(check=name, at=now)
        late = _late(options_of(check), said, silence.heard_at(heard.get(name), up_since, now), now)
        if late:
            kept = {"evidence": _end_of(said.body)} if said.body else {}
            said = replace(said, verdict=Verdict.DOWN, reason=late, facts={**said.facts, **kept})
        _observe(c, world, said, SampleKind.SCHEDULED, now)


def _late(options: Options, said: Said, heard: datetime, now: datetime) -> str:
    """Why it is overdue, "" if it is not."""
    overdue = silence.overdue_at(heard, options.expected, options.grace)
    began = said.started_at if said.started_at is not None and said.started_at <= now else None
    ends_by = silence.run_ends_by(began, heard, options.run_limit, overdue)
    if ends_by is not None and began is not None:
        late = f"its run began {_words(now - began)} ago and has not ended, {_words(now - ends_by)} too long"
        return late if now > ends_by else ""
    what = "value" if isinstance(options, value.Options) else "ping"
    return "" if overdue is None or now <= overdue else f"no {what} for {_words(now - heard)}, {_words(now - overdue)} too long"


def _observe(c: Connection, world: World, said: Said, sample: SampleKind, now: datetime) -> None:
    """What we found ourselves, taken in like a prober's word: pings do not reach a place that is cut off either."""
    by = sight.of(c, world)
    found = Observation(
        check=said.check,
        place=world.installation.place,
        at=now,
        sample=sample,
        verdict=said.verdict,
        reason=said.reason,
        facts=said.facts,
        source="hub",
    )
    seen = judged(found, by)
    observations.store(c, [seen])
    intake.detect(c, world, [seen], now, by)


def _words(length: timedelta) -> str:
    seconds = length.total_seconds()
    for size, name in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"
