"""An insurer's hub without its loops: the worked example over a real store, on made-up time, with a postman for its senders.

Time is `house.now` and moves only when a test says so. Nothing here opens a socket.
"""

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, select

from sentinel.config import load
from sentinel.deliver.ledger import Attempt, after_outcome
from sentinel.demo.past import LIFE
from sentinel.demo.people import Customer
from sentinel.demo.world import write_world
from sentinel.model.command import Answer, Approve, Command, Done, Refused, Result, SetEta
from sentinel.model.delivery import Accepted, Books, Delivery, Failed, Lane, State, Unknown
from sentinel.model.estimate import Promise
from sentinel.model.incident import Entry, Incident
from sentinel.model.message import Wording
from sentinel.model.notice import Brief, Draft, Notice, NoticeState, Towards
from sentinel.model.observation import SampleKind, Verdict
from sentinel.probe.wire import Batch, Row
from sentinel.run import audience, files, orders, timeline
from sentinel.run.consent import admitted
from sentinel.run.contents import wording_of
from sentinel.run.kinds import FoundKinds
from sentinel.run.round import Outcome, play
from sentinel.run.wiring import make_world
from sentinel.run.world import Lived, World
from sentinel.store import books, incidents, ledger, notices, tables
from sentinel.store.database import Store
from sentinel.store.ledger import Mark

T = TypeVar("T")
NOW: Final = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
LEASE: Final = timedelta(seconds=60)

LIFE_TIMES: Final[Mapping[str, Any]] = {
    "policies": {
        "incident": {"group_within": "3m", "reopen_within": "30m", "hold": "5m", "hold_intervals": 3},
        "estimate": {"round_to": "15m", "at_most": "4h", "least_ahead": "20m"},
        "notice": {
            "cancel_window": "60s",
            "desk_first": "5m",
            "ask_before": "10m",
            "hold_before": "6m",
            "send_margin": "5m",
            "next_word": "60m",
        },
    },
    "defaults": {
        "every": "60s",
        "timeout": "10s",
        "confirm": ["1s", "2s", "5s"],
        "detect": {
            "outage": {"persistence": "15s", "samples": 3, "clears_after": 2},
            "slow": {"persistence": "15s", "samples": 3, "clears_after": 2},
        },
    },
}
"""The defaults of life, against the demo's seconds."""


def _customer(person: str, language: str, segments: str, email: str = "", consent: str = "yes") -> Customer:
    where = email or f"{person}@example.com"
    return Customer(
        person=person,
        name=person.title(),
        email=where,
        language=language,
        zone="Europe/Madrid",
        segments=segments,
        consent=consent,
    )


CUSTOMERS: Final = (
    _customer("ada", "en", "customers;payers"),
    _customer("ben", "es", "customers;payers"),
    _customer("clo", "en", "customers;payers", email="ada@example.com"),
    _customer("dan", "en", "customers;payers", consent="no"),
    _customer("eve", "en", "customers"),
    _customer("fay", "es", "customers;payers"),
)
PAYERS: Final = {"ada", "ben", "fay"}
"""Who is told of trouble with paying: clo has ada's address, dan gave no consent, eve pays in another way."""
EVERYBODY: Final = {"ada", "ben", "eve", "fay"}

CARD, PAY, DOCUMENTS, QUOTES, LEDGER = (
    "payments.card-form",
    "payments.take-a-payment",
    "documents.document-list",
    "quoting.quote-form",
    "ledger.answers",
)


@cache
def insurer(now: datetime) -> World:
    """The worked example with the times of life and a history that ends at `now`. Its store and people are each test's own."""
    services = ("quoting", "payments", "documents", "accounts", "ledger")
    with TemporaryDirectory() as place:
        folder = Path(place)
        made = write_world(
            folder,
            smtp_port=2525,
            slack_url="http://127.0.0.1:9/api/",
            listen="127.0.0.1:8099",
            urls=dict.fromkeys(services, "http://127.0.0.1:9"),
            password="a password of the tests",
            scale=LIFE,
            now=now,
            overrides=LIFE_TIMES,
        )
        kinds = FoundKinds()
        known = {f"env:{name}": value for name, value in made.environment.items()}
        installation = load(files.read(folder), kinds, known.get)
        past = replace(installation, history=folder / "history.csv")
        return make_world(past, kinds, b"k" * 32, clock=_Stopped(now))


@dataclass(frozen=True, slots=True)
class _Stopped:
    at: datetime

    def now(self) -> datetime:
        return self.at


def at_home(world: World, folder: Path) -> World:
    """`world` with its people read from `folder`."""
    path = folder / "customers.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(file, [field.name for field in fields(Customer)], lineterminator="\n")
        rows.writeheader()
        rows.writerows(asdict(each) for each in CUSTOMERS)
    there = {name: replace(one, csv=path) for name, one in world.installation.audiences.items()}
    home = replace(world.installation, audiences=there, store=folder / "sentinel.db")
    return replace(world, installation=home, own=Lived())  # what one house lives through no other learns from


Fate = Accepted | Failed | Unknown
ACCEPTED: Final = Accepted(ref="250 ok")
REFUSED: Final = Failed(reason="550 no such mailbox", permanent=True)
BUSY: Final = Failed(reason="451 try later")
UNKNOWN: Final = Unknown(reason="the connection broke after the final dot")


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """One message that a provider may have taken: the row as it was armed, what it said, and what became of it."""

    row: Delivery
    at: datetime
    fate: Fate
    wording: Wording | None
    brief: Brief | None


class Postman:
    """What senders do with the ledger, by hand: claim a wave, arm row by row, send (by the test's word), mark."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.sent: list[Sent] = []

    def claim(self, lane: Lane, now: datetime, limit: int = 1000) -> list[Delivery]:
        channels = ("cs-slack", "cs-mail") if lane is Lane.STAFF else ("email",)
        return self._do(lambda c: ledger.claim(c, lane, channels, limit, now, LEASE, self._store.epoch))

    def arm(self, row: Delivery, now: datetime) -> bool:
        return row.id in self._do(lambda c: ledger.arm(c, row.lane, [(row.id, row.fence)], now, self._store.epoch))

    def end(self, row: Delivery, fate: Fate, now: datetime) -> None:
        """Send what is armed, with that fate, and mark it."""
        self.sent.append(self._store.read(lambda c: _sent(c, row, fate, now)))
        tried = Attempt(lane=row.lane, state=State.ARMED, attempts=row.attempts)
        after = after_outcome(tried, fate, now, 0.5)
        mark = Mark(
            id=row.id,
            fence=row.fence,
            was=State.ARMED,
            state=after.state,
            attempts=after.attempts,
            due_at=after.due_at,
            detail=after.detail,
            ref=after.ref,
        )
        self._do(lambda c: ledger.mark(c, [mark], now))

    def wave(self, lane: Lane, now: datetime, fate: Callable[[Delivery], Fate] = lambda _: ACCEPTED, limit: int = 1000) -> int:
        """Claim and send up to `limit` rows; how many were armed. What may not be armed is given back."""
        armed = 0
        for row in self.claim(lane, now, limit):
            if self.arm(row, now):
                armed += 1
                self.end(row, fate(row), now)
            else:
                self._do(partial(ledger.release, rows=[(row.id, row.fence)]))
        return armed

    def letters(self, step: str, person: str | None = None) -> list[Sent]:
        """What may have reached customers of one step, in the order in which it went."""
        return [
            each
            for each in self.sent
            if each.row.lane is Lane.CUSTOMERS
            and each.row.step == step
            and person in (None, each.row.person)
            and not isinstance(each.fate, Failed)
        ]

    def heard(self, step: str) -> set[str]:
        """The people whose message of one step was accepted."""
        return {each.row.person for each in self.letters(step) if isinstance(each.fate, Accepted)}

    def _do(self, work: Callable[[Connection], T]) -> T:
        return self._store.writer.submit(work).result()


def _sent(c: Connection, row: Delivery, fate: Fate, now: datetime) -> Sent:
    is_letter = row.lane is Lane.CUSTOMERS
    wording = wording_of(c, row.notice, row.language, row.zone) if is_letter else None
    brief = None if is_letter else notices.brief_of(c, row.notice)
    return Sent(row=row, at=now, fate=fate, wording=wording, brief=brief)


class House:
    """The hub's decisions, its people and its store, with short words for what tests do with them."""

    def __init__(self, folder: Path, now: datetime = NOW, watched: Iterable[str] = (CARD, PAY), database: str = "") -> None:
        self.folder = folder
        self.now = now
        self.world = at_home(insurer(now), folder)
        self.store = Store.open(folder / "sentinel.db", database)
        self.postman = Postman(self.store)
        self.watched = tuple(watched)
        self.ill: dict[str, Verdict] = {}
        """Check → what its probes find; all others are up."""
        self.posts = True
        """Whether the postman goes his rounds while time passes."""
        self.reads = True
        """Whether audiences are read as soon as somebody asks for one."""
        self._batch = 0
        self._sequence = 0
        self._source = "head-office-1"

    def close(self) -> None:
        self.store.close()

    def do(self, work: Callable[[Connection], T]) -> T:
        return self.store.writer.submit(work).result()

    def read(self, query: Callable[[Connection], T]) -> T:
        return self.store.read(query)

    # Rounds

    def batch(self, samples: Mapping[str, Verdict], ages: Iterable[float] = (0.0,)) -> Batch:
        """The prober's next batch: a sample of each check at each age (seconds before now)."""
        self._batch += 1
        rows = []
        for age in ages:
            for check, verdict in samples.items():
                self._sequence += 1
                rows.append(_row(self._sequence, age, check, verdict))
        return Batch(source=self._source, number=self._batch, rows=tuple(rows))

    def round(self, *arrived: Batch) -> Outcome:
        outcome = self.do(lambda c: play(c, self.world, [(batch, self.now) for batch in arrived], self.now))
        self._see_to(outcome)
        return outcome

    def observe(self, samples: Mapping[str, Verdict], ages: Iterable[float] = (0.0,)) -> Outcome:
        return self.round(self.batch(samples, ages))

    def breaks(self, *checks: str, verdict: Verdict = Verdict.DOWN) -> None:
        """The checks fail for 20 seconds, and the detector believes it; they go on failing while time passes."""
        self.ill |= dict.fromkeys(checks, verdict)
        self.now += 20 * SECOND
        self.observe(dict.fromkeys(checks, verdict), ages=(20, 10, 0))

    def heals(self, *checks: str) -> None:
        """The checks answer again, and the detector believes it."""
        for check in checks:
            self.ill.pop(check, None)
        self.now += 20 * SECOND
        self.observe(dict.fromkeys(checks, Verdict.UP), ages=(10, 0))

    def run(self, until: datetime | timedelta, step: timedelta = 2 * MINUTE) -> None:
        """Let time pass up to an instant, or for that long: probes, rounds, and the postman's when he posts."""
        end = until if isinstance(until, datetime) else self.now + until
        while self.now < end:
            self.now = min(end, self.now + step)
            self.observe({check: self.ill.get(check, Verdict.UP) for check in self.watched})
            if self.posts:
                self.post()

    def post(self, fate: Callable[[Delivery], Fate] = lambda _: ACCEPTED) -> int:
        """Staff first, then customers, by `fate`; then a round that sees what came of it. How many went to customers."""
        staff = self.postman.wave(Lane.STAFF, self.now) if self._waits(Lane.STAFF) else 0
        sent = self.postman.wave(Lane.CUSTOMERS, self.now, fate) if self._waits(Lane.CUSTOMERS) else 0
        if staff or sent:
            self.round()
        return sent

    def _waits(self, lane: Lane) -> bool:
        """Whether the lane has anything that is due: most of made-up time passes with nothing to send."""
        waiting = (tables.delivery.c.lane == lane.value, tables.delivery.c.state.in_([State.QUEUED.value, State.RETRY.value]))
        due = select(tables.delivery.c.id).where(*waiting, tables.delivery.c.due_at <= self.now).limit(1)
        return self.read(lambda c: c.execute(due).one_or_none()) is not None

    def settle_down(self) -> None:
        """Rounds and posts at this instant until nothing more comes of it."""
        for _ in range(10):
            before = len(self.postman.sent)
            self.post()
            if len(self.postman.sent) == before:
                return
        raise AssertionError("it does not come to rest")

    def _see_to(self, outcome: Outcome) -> None:
        if outcome.wants_audience and self.reads:
            audience.read_all(self.world.installation, self.store, self.now)

    # People

    def say(self, command: Command, who: str = "Lena") -> Result:
        carried = self.do(
            lambda c: orders.carry_out(c, self.world, self.store, orders.Asked(command=command, who=who), self.now)
        )
        if carried.epoch is not None:
            self.store.seal_epoch(carried.epoch)
        self._see_to(carried.outcome)
        return carried.result

    def done(self, command: Command, who: str = "Lena") -> Done:
        result = self.say(command, who)
        assert isinstance(result, Done), result
        return result

    def refused(self, command: Command, who: str = "Lena") -> Refused:
        result = self.say(command, who)
        assert isinstance(result, Refused), result
        return result

    def approval(self, draft: Draft | None = None, *, desk_knows: bool = False) -> Approve:
        """The command that approves `draft` as it is (the newest one that waits)."""
        shown = draft or self.draft()
        return Approve(notice=shown.notice, hash=shown.hash, count=self.count(shown.notice), desk_knows=desk_knows)

    def approve(self, *, desk_knows: bool = False) -> Notice:
        """Approve the newest draft that waits, as it is."""
        command = self.approval(desk_knows=desk_knows)
        self.done(command)
        return self.notice(command.notice)

    def tell(self) -> Notice:
        """Approve what waits and let it go out to everybody at once, on the lead's word that the desk knows."""
        notice = self.approve(desk_knows=True)
        self.now += 61 * SECOND
        self.post()
        return self.notice(notice.id)

    def set_eta(self, until: datetime, incident: int = 1) -> None:
        self.done(SetEta(incident=incident, until=until, reason="the vendor said so"), "Omar")

    def answer(self, promise: int, answer: Any, incident: int = 1) -> None:
        self.done(Answer(incident=incident, promise=promise, answer=answer), "Omar")

    # What is there

    def incident(self, number: int = 1) -> Incident:
        return self.read(lambda c: timeline.fold_of(c, number))

    def entries(self, number: int = 1) -> list[Entry]:
        return self.read(lambda c: incidents.timeline(c, number))

    def promises(self, number: int = 1) -> list[Promise]:
        return self.read(lambda c: incidents.promises(c, number))

    def notices(self, step: str | None = None, incident: int = 1, towards: Towards | None = None) -> list[Notice]:
        """Notices of an incident, oldest first; of one step (its number left out: `holding`, `staff.words`)."""
        return [
            each
            for each in self.read(lambda c: notices.of_incident(c, incident))
            if step in (None, each.step, each.step.split("#")[0]) and towards in (None, each.towards)
        ]

    def notice(self, number: int) -> Notice:
        found = self.read(lambda c: notices.one(c, number))
        assert found is not None
        return found

    def drafts(self) -> list[Draft]:
        """The drafts that wait for somebody's word, oldest first."""
        waiting = select(tables.notice.c.id).where(
            tables.notice.c.state == NoticeState.DRAFT.value, tables.notice.c.towards == Towards.CUSTOMERS.value
        )
        return self.read(
            lambda c: [
                found[0]
                for one in c.execute(waiting.order_by(tables.notice.c.id)).scalars()
                if (found := notices.draft_of(c, one)) is not None
            ]
        )

    def draft(self) -> Draft:
        waiting = self.drafts()
        assert waiting, "nothing waits for approval"
        return waiting[-1]

    def count(self, notice: int) -> int:
        """How many people a waiting notice would go to; -1 while its audience is still being read."""
        found = self.notice(notice)
        counted = self.read(lambda c: admitted(c, found))
        return -1 if counted is None else counted

    def rows(self, step: str | None = None, lane: Lane = Lane.CUSTOMERS) -> list[Delivery]:
        every = self.read(lambda c: [ledger.as_delivery(row) for row in c.execute(select(tables.delivery))])
        return [row for row in every if row.lane is lane and step in (None, row.step, row.step.split("#")[0])]

    def states(self, step: str, episode: int = 1) -> dict[str, str]:
        """Person → the state of their row of a step, those left out from the start not counted."""
        rows = [row for row in self.rows(step) if row.episode == episode and row.state is not State.SUPPRESSED]
        return {row.person: row.state.value for row in rows}

    def books(self) -> list[Books]:
        every = select(tables.notice.c.id)
        return self.read(lambda c: books.books(c, list(c.execute(every).scalars())))


ROW_FACTS: Final[Mapping[str, float]] = MappingProxyType({"total_ms": 12.0})


def _row(sequence: int, age: float, check: str, verdict: Verdict) -> Row:
    reason = "" if verdict is Verdict.UP else "connection refused"
    return Row(
        sequence=sequence,
        age_ms=round(age * 1000),
        check=check,
        sample=SampleKind.SCHEDULED,
        facts=ROW_FACTS,
        verdict=verdict,
        reason=reason,
    )
