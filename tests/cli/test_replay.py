"""`sentinel replay`: what the detectors would have raised beside the incidents that there were; the store stays as it was."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from io import StringIO
from itertools import pairwise
from pathlib import Path
from shutil import copytree
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner, Result
from rich.console import Console
from sqlalchemy import create_engine

from sentinel.cli.main import main
from sentinel.cli.replaytext import show
from sentinel.cli.strip import draw
from sentinel.cli.stripsvg import svg
from sentinel.model.installation import Installation
from sentinel.model.observation import SampleKind, Verdict
from sentinel.model.signal import Signal
from sentinel.probe.wire import Batch, Row
from sentinel.run.files import open_installation
from sentinel.run.kinds import FoundKinds
from sentinel.run.replay.account import account
from sentinel.run.replay.records import COLUMNS, Disturbance, Replayed, Seen, Side, Track
from sentinel.run.replay.watcher import agreed
from sentinel.run.round import play
from sentinel.run.wiring import make_world
from sentinel.store import watching
from sentinel.store.database import Store

CHECK = "pay-your-premium.page"
START = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
STEP = timedelta(seconds=30)
SPAN = ("--from", "2026-11-20", "--to", "2026-11-20T12:00")
DOWN, SLOWER, BLIP = range(120, 160), range(300, 340), (20, 220, 400)
"""Samples that are down; that take 2.4 s; single ones that fail."""


def sentinel(*words: str) -> Result:
    return CliRunner().invoke(main, list(words), catch_exceptions=False)


def row(at: int, age: timedelta) -> Row:
    verdict, reason, took = Verdict.UP, "", 400.0
    if at in DOWN or at in BLIP:
        verdict, reason, took = Verdict.DOWN, "status 503, expected 2xx", 20.0
    elif at in SLOWER:
        took = 2400.0
    milliseconds = age // timedelta(milliseconds=1)
    return Row(
        sequence=at, age_ms=milliseconds, check=CHECK, sample=SampleKind.SCHEDULED, facts={"total_ms": took}, verdict=verdict,
        reason=reason,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    folder: Path
    store: Store
    house: Installation

    @property
    def config(self) -> str:
        return str(self.folder / "sentinel.yaml")

    def replay(self, *words: str) -> dict[str, Any]:
        made = sentinel("replay", "--config", self.config, *SPAN, "--json", *words)
        assert made.exit_code == 0, made.output + made.stderr
        told: dict[str, Any] = json.loads(made.stdout)
        return told

    def other(self, place: Path, before: str, after: str) -> str:
        """Another edit of the same installation, in `place`."""
        copytree(self.folder, place, ignore=lambda *_: ["sentinel.db", "sentinel.db.lock"])
        file = place / "checks/pay-your-premium.yaml"
        assert before in file.read_text()
        file.write_text(file.read_text().replace(before, after))
        return str(place)


def filled(folder: Path) -> Place:
    """A hub's morning: samples every 30 s, an outage of 20 minutes that became an incident, a slow spell, three blips."""
    made = sentinel("init", str(folder), "--yes", "--brand", "Northwind", "--title", "Pay your premium", "--zone", "UTC")
    assert made.exit_code == 0
    house = open_installation(folder / "sentinel.yaml", FoundKinds())
    store, world = Store.open(folder / "sentinel.db"), make_world(house, FoundKinds(), b"k" * 32)
    marks = (0, 123, 124, 170, 190, 500)
    for number, (first, last) in enumerate(pairwise(marks), start=1):
        now = START + last * STEP
        rows = tuple(row(at, now - START - at * STEP) for at in range(first, last))
        batch = Batch(source="head-office-1", number=number, rows=rows)
        store.writer.submit(partial(play, world=world, arrived=[(batch, now)], now=now, hears=False)).result()
    return Place(folder=folder, store=store, house=house)


@pytest.fixture(scope="module")
def morning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Its store is open all the while, as a running hub has it."""
    place = filled(tmp_path_factory.mktemp("installation"))
    yield place
    place.store.close()


def test_the_same_files_raise_what_the_hub_raised(morning: Place) -> None:
    then = morning.store.read(lambda c: watching.signals_since(c, START))
    (check,) = morning.replay()["checks"]
    assert check["samples"] == 500
    assert [(one["id"], one["since"]) for one in check["signals"]["A"]] == [(one.id, one.since.isoformat()) for one in then]
    assert len(then) == 1


def test_a_signal_stands_beside_the_incident_that_it_led_to(morning: Place) -> None:
    (side,) = morning.replay()["sides"]
    (incident,) = side["incidents"]
    assert incident["signal"].startswith(f"outage:{CHECK}@")
    assert incident["after_s"] == 60.0
    assert side["in_vain"] == []
    assert [one["asked"] for one in side["promised"]] == [1, 0, 0]


def test_a_hastier_edit_is_compared_signal_by_signal(morning: Place, tmp_path: Path) -> None:
    hasty = "    every: 30s\n    detect: {outage: {samples: 1, persistence: 0s}}\n"
    told = morning.replay("--against", morning.other(tmp_path / "b", "    every: 30s\n", hasty))
    a, b = told["sides"]
    assert (len(a["in_vain"]), len(b["in_vain"])) == (0, len(BLIP))
    assert b["incidents"][0]["after_s"] == 0.0
    assert [pair["later_s"] for pair in told["pairs"] if pair["a"]] == [-60.0]
    assert [pair["a"] for pair in told["pairs"] if pair["later_s"] is None] == [None] * len(BLIP)


def test_a_lower_limit_is_held_against_the_times_that_were_kept(morning: Place, tmp_path: Path) -> None:
    told = morning.replay("--against", morning.other(tmp_path / "b", "below_ms: 3000", "below_ms: 2000"))
    (check,) = told["checks"]
    assert [one["detector"] for one in check["signals"]["A"]] == ["outage"]
    slow = [one for one in check["signals"]["B"] if one["detector"] == "slow"]
    assert [one["since"] for one in slow] == [(START + SLOWER[0] * STEP).isoformat()]
    assert "took 2400 ms, expected below 2000 ms" in slow[0]["evidence"]


def test_a_check_that_one_side_alone_has_is_no_mistake(morning: Place, tmp_path: Path) -> None:
    told = morning.replay("--against", morning.other(tmp_path / "b", "  page:\n", "  form:\n"))
    (check,) = told["checks"]
    assert check["signals"]["B"] == []
    assert len(check["signals"]["A"]) == 1


def test_the_store_stays_as_it_was(morning: Place) -> None:
    def whole() -> list[str]:
        engine = create_engine(f"sqlite:///{morning.folder / 'sentinel.db'}")
        with engine.connect() as c:
            dump = list(c.connection.driver_connection.iterdump())  # type: ignore[union-attr]  # sqlite3's
        engine.dispose()
        return dump

    before = whole()
    morning.replay()
    assert whole() == before


def test_a_span_shows_what_was_raised_within_it(morning: Place) -> None:
    made = sentinel("replay", "--config", morning.config, "--from", "2026-11-20T07:30", "--to", "2026-11-20T12:00", "--json")
    (check,) = json.loads(made.stdout)["checks"]
    assert check["signals"]["A"] == []
    assert check["samples"] == 500 - 180


def test_what_a_person_dismissed_was_in_vain() -> None:
    signal = Signal(
        id="1", detector="outage", service="x", check="x.y", place="hub", verdict=Verdict.DOWN, statement=None, since=START,
        raised_at=START + STEP, cleared_at=START + 9 * STEP,
    )  # fmt: skip
    track = Track(name="x.y", service="x", samples=9, columns=(), signals=((signal,),))
    there = Disturbance(name="1-A", about=frozenset({"x"}), began_at=START, ended_at=START + 9 * STEP)
    assert account("A", 0, [track], [there]).in_vain == ()
    assert account("A", 0, [track], [replace(there, dismissed=True)]) == Side(name="A", seen=(), signals=1, in_vain=(signal,))


def test_an_early_warning_that_no_incident_followed_is_counted_and_not_called_in_vain() -> None:
    signal = Signal(
        id="1", detector="unusual", service="x", check="x.y", place="hub", verdict=Verdict.DEGRADED, statement=None,
        since=START, raised_at=START,
    )  # fmt: skip
    track = Track(name="x.y", service="x", samples=9, columns=(), signals=((signal,),))
    assert account("A", 0, [track], []) == Side(name="A", seen=(), signals=1, in_vain=(), warned=1)


def test_of_several_places_more_than_half_must_agree() -> None:
    def claim(place: str, first: int, last: int) -> Signal:
        return Signal(
            id=f"{place}{first}", detector="outage", service="x", check="x.y", place=place, verdict=Verdict.DOWN,
            statement=None,
            since=START + first * STEP, raised_at=START + first * STEP, cleared_at=START + last * STEP,
        )  # fmt: skip

    two = agreed([(claim("a", 0, 10),), (claim("b", 4, 20),), (claim("c", 30, 40),)])
    assert [(one.since, one.raised_at, one.cleared_at) for one in two] == [(START, START + 4 * STEP, START + 10 * STEP)]
    assert agreed([(claim("a", 0, 10),), (), ()]) == ()
    assert agreed([(claim("a", 0, 10),)]) == (claim("a", 0, 10),)


def test_without_a_store_it_says_so(tmp_path: Path) -> None:
    sentinel("init", str(tmp_path), "--yes")
    made = sentinel("replay", "--config", str(tmp_path / "sentinel.yaml"))
    assert made.exit_code == 1
    assert "there is no store" in made.stderr


def test_a_wrong_word_is_named(morning: Place) -> None:
    typo = sentinel("replay", "--config", morning.config, "--check", "pay-your-premium.pgae")
    when = sentinel("replay", "--config", morning.config, "--from", "yesterday")
    turned = sentinel("replay", "--config", morning.config, "--from", "1d", "--to", "2d")
    assert (typo.exit_code, when.exit_code, turned.exit_code) == (2, 2, 2)
    assert "did you mean" in typo.stderr
    assert "2026-11-20" in when.stderr
    assert "does not lie before" in turned.stderr


# Series


def series(path: Path, rows: list[str]) -> str:
    content = "\n".join(["series,time,value,label", *rows]).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return str(path)


def test_a_series_is_judged_by_its_check_and_its_labels_are_the_incidents(morning: Place, tmp_path: Path) -> None:
    rows = [
        f"{CHECK},{(START + at * STEP).isoformat()},{5000 if 40 <= at < 60 else 300},{int(40 <= at < 60)}" for at in range(100)
    ]
    told = morning.replay("--series", series(tmp_path / "long.csv.gz", rows))
    (side,) = told["sides"]
    assert [(one["after_s"], one["signal"].partition(":")[0]) for one in side["incidents"]] == [(60.0, "slow")]
    assert side["in_vain"] == []


def test_labels_may_be_verdicts_and_one_check_may_judge_all(morning: Place, tmp_path: Path) -> None:
    start = START.timestamp()
    rows = [
        f"{name},{start + at * 30},,{'down' if at > 5 and name == 'two' else 'up'}"
        for at in range(20)
        for name in ("one", "two")
    ]
    told = morning.replay("--series", series(tmp_path / "long.csv", rows), "--check", CHECK)
    assert {one["check"]: len(one["signals"]["A"]) for one in told["checks"]} == {"one": 0, "two": 1}


def test_a_value_is_held_against_what_its_check_asserts_of_it(morning: Place, tmp_path: Path) -> None:
    value = '    value: {token: "${file:token}"}\n    up: {fact: {value: {below: 100}}}\n    detect: {outage: }\n'
    queue = f"  queue:\n{value}  page:\n"
    other = morning.other(tmp_path / "b", "  page:\n", queue)
    (tmp_path / "b/token").write_text("a-token-of-more-than-twenty-letters")
    rows = [f"pay-your-premium.queue,{(START + at * STEP).isoformat()},{140 if at >= 10 else 40}," for at in range(20)]
    words = ("--config", f"{other}/sentinel.yaml", "--series", series(tmp_path / "long.csv", rows), "--fact", "value", "--json")
    made = sentinel("replay", *words)
    (check,) = json.loads(made.stdout)["checks"]
    raised = {one["detector"]: one for one in check["signals"]["A"]}
    assert raised["outage"]["since"] == (START + 10 * STEP).isoformat()
    assert "value is 140" in raised["outage"]["evidence"]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        (["other,2026-11-20T10:00:00Z,1,"], "there is no check `other`"),
        ([f"{CHECK},yesterday,1,"], "long.csv:2: its time or its value cannot be read"),
        ([f"{CHECK},0"], "long.csv:2: the row has 2 cells"),
        ([], "holds no sample"),
    ],
    ids=["no check", "no time", "no cell", "no row"],
)
def test_a_file_that_cannot_be_read_is_refused_at_its_line(morning: Place, tmp_path: Path, rows: list[str], says: str) -> None:
    made = sentinel("replay", "--config", morning.config, "--series", series(tmp_path / "long.csv", rows))
    assert made.exit_code == 1
    assert says in made.stderr


# Pictures


def told(name: str = CHECK) -> Replayed:
    columns = (Verdict.UP,) * (COLUMNS - 10) + (Verdict.DOWN,) * 5 + (None,) * 5
    track = Track(name=name, service="x", samples=7, columns=columns, signals=((),))
    incident = Disturbance(name="<1-A>", about=frozenset({"x"}), began_at=START, ended_at=START + 20 * STEP)
    side = Side(name="A", seen=(), signals=0, in_vain=())
    return Replayed(since=START, until=START + 100 * STEP, tracks=(track,), disturbances=(incident,), sides=(side,))


def test_the_picture_is_one_svg_with_words_on_its_bars_and_nothing_unescaped() -> None:
    root = ElementTree.fromstring(svg(told('<script>"&'), ZoneInfo("Europe/Madrid")))
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    titles = [one.text or "" for one in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles[:2] == ["up", "down"]
    assert titles[2].startswith("<1-A> 2026-11-20 07:00:00 to ")
    assert '<script>"&' in [one.text for one in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("width", [40, 80, 200])
def test_the_strip_fits_its_terminal_and_says_the_same_without_colour(width: int) -> None:
    out = StringIO()
    draw(told(), Console(file=out, width=width, color_system=None), ZoneInfo("UTC"))
    lines = out.getvalue().splitlines()
    assert all(len(line) <= width for line in lines)
    assert lines[1].lstrip().startswith("seen")
    assert any(mark in lines[1] for mark in "█#")
    assert "incidents" in lines[2]
    assert "\x1b" not in out.getvalue()


@pytest.mark.parametrize(
    ("after", "words"), [(30, "within 30 s of the beginning"), (-120, "2 min or more before the beginning")]
)
def test_what_was_seen_before_it_began_is_said_so(after: int, words: str) -> None:
    first = Signal(
        id="1", detector="slow", service="x", check="x.y", place="hub", verdict=Verdict.DEGRADED, statement=None,
        since=START, raised_at=START + timedelta(seconds=after),
    )  # fmt: skip
    of = told()
    side = Side(name="A", seen=(Seen(of=of.disturbances[0], first=first),), signals=1, in_vain=())
    out = StringIO()
    show(replace(of, sides=(side,)), Console(file=out, width=200), ZoneInfo("UTC"))
    assert f"half of them {words}" in out.getvalue()


def test_a_picture_is_written_beside_what_is_said(morning: Place, tmp_path: Path) -> None:
    made = sentinel("replay", "--config", morning.config, *SPAN, "--svg", str(tmp_path / "week.svg"))
    assert made.exit_code == 0
    assert "1 signal. Of 1 incident 1 would have been seen, half of them within 60 s" in " ".join(made.stdout.split())
    assert ElementTree.parse(tmp_path / "week.svg").getroot() is not None
