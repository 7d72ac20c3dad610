"""Contacts as a sensor: `python -m bench.detect.contacts DIR [--json]`.

DIR holds Downdetector's reports around events (downdetector_reports.csv, downdetector_events.csv) and calls of quiet desks
(bank_calls_*.csv, technion_*.csv), each of them plain or packed by gzip. What runs is the product's own code with the product's
defaults, one setting for all files.
"""

import argparse
import csv
import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

from sentinel.detect.contacts import FIRST_HOURS, judge
from sentinel.detect.usual import Usual, usual
from sentinel.model.contact import ContactPolicy, slot_of, start_of

NEAR: Final = timedelta(hours=3)
"""A spike that was raised longer before the alert is not this event's: it counts as a stray one."""
MONTH: Final = 30.0
POLICY: Final = ContactPolicy()


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """Counts by slot, with the days (by its zone's clock) on which anything was counted."""

    counts: Mapping[int, int]
    zone: str = "UTC"

    @property
    def days(self) -> frozenset[date]:
        zone = ZoneInfo(self.zone)
        return frozenset(start_of(slot).astimezone(zone).date() for slot in self.counts)


def alarms(series: Series) -> Iterator[tuple[int, str]]:
    """(slot at whose end it is raised, evidence), judged slot by slot as the product does."""
    counts, days, first, last = series.counts, series.days, min(series.counts), max(series.counts)
    since: datetime | None = None
    for slot in range(first + FIRST_HOURS, last + 1):
        until = min(slot - 4, slot if since is None else slot_of(since))

        @lru_cache(maxsize=16)
        def known(each: int, until: int = until) -> Usual:
            return usual(counts, each, series.zone, first=first, days=days, until=until)

        found = judge(lambda each: counts.get(each, 0), known, slot, POLICY, raised_since=since)
        if since is None and found.raised_since is not None:
            yield slot, found.evidence
        since = found.raised_since


def report(folder: Path | str) -> dict[str, Any]:
    """What was found of what is in the folder."""
    folder = Path(folder)
    made: dict[str, Any] = {"odds": POLICY.odds, "at_least": POLICY.at_least}
    if (events := _file(folder, "downdetector_events")) and (reports := _file(folder, "downdetector_reports")):
        made["downdetector"] = _downdetector(events, reports)
    made["quiet"] = {name: _quiet(path, parts) for path, name, parts in _quiet_files(folder)}
    return made


def _downdetector(events: Path, reports: Path) -> dict[str, Any]:
    windows: dict[str, dict[int, int]] = {}
    starts: dict[str, datetime] = {}
    for row in _rows(reports):
        at = _instant(row["time"])
        start = starts.setdefault(row["event_id"], at)
        number = slot_of(start) + round((at - start) / timedelta(minutes=15))
        windows.setdefault(row["event_id"], {})[number] = int(row["reports"])
    leads, late, stray, never, done, watched = [], [], 0, 0, [], timedelta(0)
    for event in _rows(events):
        if event["event_id"] not in windows:
            continue
        alert, start = _instant(event["alert_at"]), starts[event["event_id"]]
        raised = [start + (slot - slot_of(start)) * timedelta(minutes=15)
                  for slot, _ in alarms(Series(counts=windows[event["event_id"]]))]  # fmt: skip
        watched += max(timedelta(0), alert - NEAR - start - FIRST_HOURS * timedelta(minutes=15))
        stray += sum(at < alert - NEAR for at in raised)
        first = next((at for at in raised if at >= alert - NEAR), None)
        done.append(first)
        if first is None:
            never += 1
        elif first < alert:
            leads.append((alert - first).total_seconds() / 60)
        else:
            late.append((first - alert).total_seconds() / 60)
    return {
        "events": len(done),
        "found_before_alert": len(leads),
        "found_before_alert_if_stamps_are_starts": sum(lead > 15 for lead in leads),
        "median_lead_minutes": median(leads) if leads else None,
        "found_later": len(late),
        "median_delay_minutes": median(late) if late else None,
        "never": never,
        "stray": stray,
        "hours_watched_before": round(watched.total_seconds() / 3600, 1),
    }  # fmt: skip


def _quiet_files(folder: Path) -> Iterator[tuple[Path, str, str]]:
    for path in sorted(folder.iterdir()):
        name = path.name.partition(".")[0]
        if ".csv" in path.name and not name.startswith("downdetector") and "time_local" in next(_rows(path), {}):
            yield path, name, "calls"


def _quiet(path: Path, column: str) -> dict[str, Any]:
    """The desk's own clock is taken for UTC: no zone's changes are in such a file."""
    counts: dict[int, int] = {}
    for row in _rows(path):
        slot = slot_of(datetime.fromisoformat(row["time_local"]).replace(tzinfo=UTC))
        counts[slot] = counts.get(slot, 0) + int(row[column])
    series = Series(counts=counts)
    raised = [{"at": start_of(slot).isoformat(), "evidence": evidence} for slot, evidence in alarms(series)]
    days = (max(counts) - min(counts)) / 96
    return {"days": round(days, 1), "alarms": len(raised), "a_month": round(len(raised) / days * MONTH, 2), "raised": raised}


def _file(folder: Path, stem: str) -> Path | None:
    return next((path for end in (".csv", ".csv.gz") if (path := folder / f"{stem}{end}").exists()), None)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.detect.contacts", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    made = report(given.folder)
    if given.json:
        print(json.dumps(made, indent=2))
        return
    down = made.get("downdetector")
    if down:
        print(f"Downdetector: {down['found_before_alert']} of {down['events']} before its own alert, median lead"
              f" {down['median_lead_minutes']} min; {down['found_later']} later, {down['never']} never,"
              f" {down['stray']} stray in {down['hours_watched_before']} h before")  # fmt: skip
    for name, one in made["quiet"].items():
        print(f"{name}: {one['alarms']} false alarms in {one['days']} days, {one['a_month']} a month")
        for each in one["raised"]:
            print(f"  {each['at']}: {each['evidence']}")


if __name__ == "__main__":
    main()
