"""What other tools say, into the store and out of it: alerts as signals, silence, and hooks that are taken out of the files.

Belongs here: the transactions. Does not belong here: what a request says (exchange/hook/), what an alert changes
(detect/hook.py), who may report (hooks.py).

A signal of a hook has no check: in the place of its check stands `hook/<name>`, in that of its place what tells the alert from
the hook's others.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from sqlalchemy import Connection

from sentinel.detect.hook import Step, is_silent, step
from sentinel.detect.watch import signal_id
from sentinel.exchange.hook.mapping import about, evidence
from sentinel.exchange.hook.reading import Read
from sentinel.model.hook import CHECK, EACH_MOST, LATELY_MOST, STANDING_MOST, About, Alert, Became, Gravity, Hook, Known, State
from sentinel.model.incident import MACHINE, Noted
from sentinel.model.observation import Verdict
from sentinel.model.signal import Signal
from sentinel.run import listening, poison, timeline
from sentinel.run.world import World
from sentinel.store import hooked, incidents, quarantine, watching

ASIDE_MOST: Final = 200
"""Alerts of one hook that lie aside at the same time; further ones are counted and logged alone."""
REMEMBERED: Final = timedelta(hours=1)
"""How long what is over is remembered, so that its late copies (detect/hook.py) change nothing."""
OVER_MOST: Final = 1000
"""Of one hook so many at most, the last: whatever it says is over without having stood here would be remembered else."""
WHOLE: Final = 0
"""Names a whole request among what of a hook lies aside, or what was left out of one; alerts have long numbers."""
_TOO_LARGE: Final = "a whole request was too large and was refused: set max_alerts, or group by more labels"
_LEFT_OUT: Final = "alerts were left out of a notification that had too many, unread: group by more labels"
BESIDE: Final = timedelta(days=1)
"""For how long a tool must have said nothing of an alert before a hub ends it whose files do not name the hook, while other
hubs may have files that do."""

log = logging.getLogger(__name__)


# What comes


def take(c: Connection, world: World, hook: Hook, read: Read, now: datetime) -> Counter[Became]:
    """Take in a request. On disk with all that it changes when this commits; the next round sees to the incidents."""
    became: Counter[Became] = Counter()
    taking = _Taking(c, world, hook, read, now)
    for alert in read.alerts:
        became[taking.take(alert)] += 1
    for each in read.spoilt:
        taking.set_aside(_number(each.text), each.why, each.text)
        became[Became.ASIDE] += 1
    if read.truncated:  # the tool has our word that it is on disk
        quarantine.put(c, hook.check, WHOLE, _LEFT_OUT, now, tries=poison.MOST)
    if became[Became.ASIDE]:
        log.warning("%d alerts of hook %s were set aside (see `sentinel failures`)", became[Became.ASIDE], hook.name)
    hooked.forget_over(c, hook.check, now - REMEMBERED, OVER_MOST)
    return became


def would(world: World, hook: Hook, alert: Alert, now: datetime) -> tuple[Became, About]:
    """What would become of an alert of which nothing is known yet (`sentinel hook test`)."""
    found = _about(world, hook, alert)
    what = step(None, alert, now).became
    return (_left_out(found) or what) if what is Became.RAISED else what, found


class _Taking:
    """One request on its way in. What stands is read once: in a storm there are hundreds of alerts."""

    def __init__(self, c: Connection, world: World, hook: Hook, read: Read, now: datetime) -> None:
        self._c, self._world, self._hook, self._now = c, world, hook, now
        self._known = hooked.known(c, hook.check, {each.mark for each in read.alerts})
        self._stands = {one.place: one for one in hooked.signals(c, hook.check)}
        self._ended = _lately(c, world, now).get(hook.check, (0, 0))[1]
        self._room = ASIDE_MOST - quarantine.count(c, hook.check)

    def take(self, alert: Alert) -> Became:
        before, stands = self._known.get(alert.mark), self._stands.get(alert.mark)
        known = None if before is not None and before.stands and stands is None else before
        found = step(known, alert, self._now)  # of a signal that ended in another way, what the tool says now is news
        became, after = found.became, found.known
        if became is Became.RAISED:
            became, after = self._raise(alert, found)
        elif stands is not None and became is Became.CLEARED:
            self._keep(replace(stands, cleared_at=self._now, good_since=found.good_since))
        elif stands is not None and became is Became.REFRESHED and after is not None:
            after = self._refresh(alert, stands, after)
        if after is not None and after != before:
            hooked.keep(self._c, self._hook.check, alert.mark, after)
            self._known[alert.mark] = after
        return became

    def _raise(self, alert: Alert, found: Step) -> tuple[Became, Known | None]:
        hook, of = self._hook, _about(self._world, self._hook, alert)
        if _left_out(of) is Became.IGNORED:
            return Became.IGNORED, None
        too_many = _too_many(len(self._stands), self._ended) or self._flaps(alert)
        if of.unmapped or too_many or found.known is None or found.known.since is None:
            labels = ", ".join(f"{name}={value}" for name, value in alert.labels.items())
            said = f"{alert.text or alert.key}: {of.unmapped or too_many}. Its labels: {labels}"
            self.set_aside(_number(alert.mark), said, said)
            return Became.ASIDE, None
        quarantine.clear(self._c, hook.check, _number(alert.mark))
        # An instant that has had its signal, which was ended, is no new one: then it stands since now.
        name = signal_id(hook.may.detector, hook.check, alert.mark, found.known.since)
        since = found.known.since if watching.signal_of(self._c, name) is None else self._now
        after = replace(found.known, since=since, words=evidence(hook, alert), verdict=of.gravity.verdict)
        self._keep(_signal(hook, alert, of, after, self._now))
        return Became.RAISED, after

    def _flaps(self, alert: Alert) -> str:
        since = self._now - self._world.installation.incident.reopen_within
        many = hooked.ended_of(self._c, self._hook.check, alert.mark, since) >= EACH_MOST
        return f"it came and went {EACH_MOST} times just now" if many else ""

    def _refresh(self, alert: Alert, stands: Signal, known: Known) -> Known:
        """Heard again: what it says now, and how grave that is, if it says so. What it is about stays as it was."""
        words, verdict = stands.evidence, stands.verdict
        if alert.state is State.FIRING:
            of = _about(self._world, self._hook, alert)
            words = evidence(self._hook, alert)
            verdict = verdict if of.gravity is Gravity.IGNORE else of.gravity.verdict
        if verdict is Verdict.UNKNOWN:
            words, verdict = known.words or words, Verdict.DOWN
        if (words, verdict) != (stands.evidence, stands.verdict):
            self._keep(replace(stands, evidence=words, verdict=verdict))
        return replace(known, words=words, verdict=verdict)

    def _keep(self, signal: Signal) -> None:
        watching.keep_signals(self._c, [signal])
        if signal.stands:
            self._stands[signal.place] = signal
        else:
            self._stands.pop(signal.place, None)
            self._ended += 1

    def set_aside(self, number: int, why: str, body: str) -> None:
        """For staff to look at: the tool has our word that we have it. So many at most; further ones are counted alone."""
        if self._room > 0:
            self._room -= 1
            quarantine.put(self._c, self._hook.check, number, why, self._now, body=body, tries=poison.MOST)


def refuse(c: Connection, hook: Hook, now: datetime) -> None:
    """A whole request of it was too large to be taken: for staff to know, since the tool will not send it again."""
    quarantine.put(c, hook.check, WHOLE, _TOO_LARGE, now, tries=poison.MOST)


def full(c: Connection, world: World, now: datetime) -> dict[str, str]:
    """Hook → why not all of its alerts are taken for now."""
    checks = [hook.check for hook in world.installation.hooks.values()]
    found = dict(quarantine.why_lately(c, checks, WHOLE, now - world.installation.incident.reopen_within)) if checks else {}
    found |= {
        hook: f"{why}; further ones are set aside"
        for hook, counted in _lately(c, world, now).items()
        if (why := _too_many(*counted))
    }
    return {hook.removeprefix(CHECK): why for hook, why in found.items()}


def _lately(c: Connection, world: World, now: datetime) -> Mapping[str, tuple[int, int]]:
    return hooked.lately(c, now - world.installation.incident.reopen_within)


def _too_many(stand: int, ended: int) -> str:
    if stand >= STANDING_MOST:
        return f"{STANDING_MOST} alerts of this hook stand already"
    return f"{LATELY_MOST} alerts of this hook stand or have just ended" if stand + ended >= LATELY_MOST else ""


def _signal(hook: Hook, alert: Alert, of: About, known: Known, now: datetime) -> Signal:
    since = known.since or now
    return Signal(
        id=signal_id(hook.may.detector, hook.check, alert.mark, since),
        detector=hook.may.detector,
        service=of.service,
        check=hook.check,
        place=alert.mark,
        verdict=known.verdict,
        statement=of.statement,
        since=since,
        raised_at=now,
        evidence=known.words,
    )


def _about(world: World, hook: Hook, alert: Alert) -> About:
    return about(hook, alert, world.installation.services, world.installation.statements)


def _left_out(of: About) -> Became | None:
    """Why nothing is raised of it."""
    if of.gravity is Gravity.IGNORE:
        return Became.IGNORED
    return Became.ASIDE if of.unmapped else None


def _number(text: str) -> int:
    """The same alert lies aside once, however often it comes."""
    return int(sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:13], 16)


# What does not come


def see_to(c: Connection, world: World, now: datetime) -> None:
    """Tools that should have repeated an alert and have not: whether it still stands, nobody knows. It ends nothing, and bears
    nothing out until they speak again."""
    expiring = [hook for hook in world.installation.hooks.values() if hook.expires is not None]
    up_since = listening.since(c, now) if expiring else None
    if up_since is None:
        return
    for hook in expiring:
        expires = hook.expires or timedelta(0)
        lost: dict[str, str] = {}
        for mark, known in hooked.silent(c, hook.check, now - expires):
            if is_silent(known, expires, up_since, now):
                lost |= _lose(c, hook, mark, known, now)
        _note(c, hook, lost, now)


def _lose(c: Connection, hook: Hook, mark: str, known: Known, now: datetime) -> dict[str, str]:
    """Its signals → what is to be said of them."""
    minutes = (now - known.heard_at) / timedelta(minutes=1)
    words = f"{hook.name} has said nothing of it for {minutes:.0f} min, so that nobody knows whether it is so: {known.words}"
    hooked.keep(c, hook.check, mark, replace(known, verdict=Verdict.UNKNOWN))
    lost = hooked.signals(c, hook.check, mark)
    watching.keep_signals(c, [replace(one, verdict=Verdict.UNKNOWN, evidence=words[:400]) for one in lost])
    return {one.id: words for one in lost}


def _note(c: Connection, hook: Hook, lost: Mapping[str, str], now: datetime) -> None:
    """One note in each timeline, of however many alerts: a tool that dies is silent about all of them at once."""
    for incident in timeline.readable_ones(c, incidents.open_ids(c)) if lost else ():
        said = [lost[one.signal] for one in incident.standing if one.signal in lost]
        if said:
            words = said[0] if len(said) == 1 else f"{said[0]}; and of {len(said) - 1} others"
            timeline.write(c, incident.id, (Noted(text=words),), who=MACHINE, why=f"{hook.check} is silent", now=now)


# What is taken out


def forget(c: Connection, world: World, now: datetime, *, beside: bool) -> Sequence[Signal]:
    """End the signals of hooks that the files do not name any more: nobody could ever clear them, and nobody saw that anything
    is well. `beside`: other hubs share the store, whose files may name them."""
    ended: list[Signal] = []
    names = {hook.check for hook in world.installation.hooks.values()}
    for one in hooked.signals(c):
        if one.check in names:
            continue
        known = hooked.known(c, one.check, [one.place]).get(one.place)
        if beside and known is not None and now - known.heard_at < BESIDE:
            continue
        ended.append(replace(one, cleared_at=now))
        hooked.forget(c, one.check, one.place)
    watching.keep_signals(c, ended)
    return ended
