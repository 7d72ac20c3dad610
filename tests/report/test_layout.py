"""How a report reads, and the names that programs may rely on."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from sentinel.model.estimate import Basis, PromiseState
from sentinel.model.incident import Phase
from sentinel.report.dossier import Dossier
from sentinel.report.layout import WIDTH, as_json, as_text
from sentinel.report.report import report
from tests.report.insurer import BOOKS, MADE, after, eta, history, incident, resolved, told

WHOLE = """\
Report of 2026-06-08 16:00:00 UTC
  incidents             1, of which 0 open, 0 dismissed
  times of return       1 kept
  told without a time   0 of 1 incidents
  all promises          1 kept
  first estimate held   1 of 1 (80 % are claimed)
  books balanced        1 of 1
  median time           to detect 15.0 s; to first staff word 18.0 s; to acknowledge 2 min 00 s; to
                        first customer word 16 min 30 s; to recover 3 h 07 min

Incident 17-A: payments (resolved)
----------------------------------
  began                 2026-06-08 10:05:00
  detected              2026-06-08 10:05:15  after 15.0 s
  confirmed             2026-06-08 10:05:30
  staff told            2026-06-08 10:05:18  after 18.0 s
  acknowledged          2026-06-08 10:07:00  after 2 min 00 s
  customers told        2026-06-08 10:21:30  after 16 min 30 s
  recovered             2026-06-08 13:12:00  after 3 h 07 min
  resolved              2026-06-08 13:17:00
  promised back by      2026-06-08 14:30:00  kept
  first estimate        history: 2 h 30 min to 3 h 50 min in all; it held
  books opened          200 people: 190 accepted, 10 suppressed; balanced
"""


def text(*dossiers: Dossier) -> str:
    return as_text(report(dossiers, MADE))


def test_a_whole_incident_reads_like_this() -> None:
    assert text(told(resolved())) == WHOLE


def test_one_that_has_only_begun_says_what_is_not_so_yet() -> None:
    found = text(Dossier(incident=incident(confirmed_at=None)))
    for said in (
        "confirmed             not confirmed",
        "staff told            nobody told",
        "acknowledged          not acknowledged",
        "customers told        nobody told",
        "recovered             not recovered yet",
        "resolved              not resolved yet",
        "promised back by      no time was given",
        "first estimate        none was made",
        "books balanced        nothing to count yet",
    ):
        assert said in found


def test_a_recovery_that_may_still_break_is_marked() -> None:
    found = text(told(incident(recovered_at=after(187), hold_until=after(192))))
    assert "2026-06-08 13:12:00  after 3 h 07 min  (not confirmed yet)" in found


def test_a_false_alarm_never_recovered() -> None:
    found = text(told(incident(phase=Phase.DISMISSED, dismissed_at=after(20))))
    assert found.count("dismissed: there was no disturbance") == 2


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (PromiseState.OPEN, "open"),
        (PromiseState.KEPT, "kept"),
        (PromiseState.MOVED, "moved: a new time was given before it lapsed"),
        (PromiseState.HELD, "held: we said before it lapsed that we would miss it"),
        (PromiseState.BROKEN, "broken: it lapsed in silence"),
        (PromiseState.WITHDRAWN, "withdrawn before anybody was given it"),
    ],
)
def test_each_promise_says_what_became_of_it(state: PromiseState, said: str) -> None:
    assert f"2026-06-08 14:30:00  {said}\n" in text(told(incident(), promises=(eta(state=state),)))


def test_every_state_of_a_promise_has_words() -> None:
    for state in PromiseState:
        assert text(told(incident(), promises=(eta(state=state),)))


def test_an_estimate_that_failed_or_said_nothing_is_shown_too() -> None:
    assert "it did not hold" in text(told(resolved(), estimates=(history(p50=20, p80=30),)))
    silent = history(p50=None, p80=None, basis=Basis.ASSESSING)
    assert "assessing: nothing could be said" in text(told(resolved(), estimates=(silent,)))


def test_books_that_do_not_balance_shout() -> None:
    found = text(told(resolved(), books=(replace(BOOKS, counts={"accepted": 198, "in_doubt": 1}),)))
    assert "200 people: 198 accepted, 1 in doubt; NOT BALANCED: 199 accounted for" in found
    assert "books balanced        0 of 1" in found


def test_without_incidents_it_says_so() -> None:
    assert text() == "Report of 2026-06-08 16:00:00 UTC\nNo incidents.\n"


def test_no_line_is_wider_than_a_hundred_columns() -> None:
    counts = dict.fromkeys(("expanding", "queued", "claimed", "armed", "retry", "accepted", "rejected", "in_doubt"), 1000000)
    books = replace(BOOKS, step="delayed#1234567890123", counts=counts)
    many = tuple(f"service-number-{number}" for number in range(30))
    found = text(told(resolved(services=many), books=(books,)), told(resolved()))
    assert max(map(len, found.splitlines())) <= WIDTH


def test_instants_are_shown_in_utc_whatever_zone_they_came_in() -> None:
    kolkata = timezone(timedelta(hours=5, minutes=30))
    assert as_json(report([], MADE.astimezone(kolkata)))["made_at"] == "2026-06-08T16:00:00.000Z"
    assert as_text(report([], MADE.astimezone(kolkata))).startswith("Report of 2026-06-08 16:00:00 UTC")


def shape(data: Any) -> Any:
    """The names alone."""
    if isinstance(data, dict):
        return {name: shape(value) for name, value in data.items()}
    return [shape(data[0])] if isinstance(data, list) and data else None


DURATIONS = dict.fromkeys(
    ("to_detect_seconds", "to_tell_staff_seconds", "to_tell_customers_seconds", "to_acknowledge_seconds", "to_recover_seconds")
)
STATES = dict.fromkeys(state.value for state in PromiseState)
INSTANTS = (
    "began_at",
    "detected_at",
    "confirmed_at",
    "staff_told_at",
    "customers_told_at",
    "recovered_at",
    "resolved_at",
    "acknowledged_at",
)
PROMISE = ("id", "episode", "kind", "at", "published_at", "notice", "estimate", "state", "settled_at")
TOTALS = ("incidents", "open", "dismissed", "times_given", "times_withheld", "estimates_held", "estimates_graded")


def test_the_names_in_json_stay_as_they_are() -> None:
    """Programs read these: add, never rename."""
    assert shape(as_json(report([told(resolved())], MADE))) == {
        "made_at": None,
        "balanced": None,
        "totals": {
            **dict.fromkeys(TOTALS),
            "promises": STATES,
            "etas": STATES,
            "books": None,
            "books_balanced": None,
            "median": DURATIONS,
        },
        "incidents": [
            {
                **dict.fromkeys(("id", "reference", "services", "phase", "episodes", "estimates", "balanced")),
                "services": [None],
                "instants": dict.fromkeys(INSTANTS),
                "durations": DURATIONS,
                "promises": [dict.fromkeys(PROMISE)],
                "first_estimate": dict.fromkeys(("basis", "made_at", "p50_seconds", "p80_seconds", "held")),
                "books": [
                    {
                        **dict.fromkeys(("notice", "step", "snapshot", "balanced")),
                        "counts": {"accepted": None, "suppressed": None, "queued": None},
                    }
                ],
            }
        ],
    }


def test_json_is_plain_and_its_instants_are_rfc_3339() -> None:
    data = json.loads(json.dumps(as_json(report([told(resolved()), Dossier(incident=incident())], MADE))))
    whole, begun = data["incidents"]
    assert whole["instants"]["detected_at"] == "2026-06-08T10:05:15.000Z"
    assert datetime.fromisoformat(whole["promises"][0]["at"]) == eta().at
    assert whole["durations"]["to_detect_seconds"] == 15
    assert begun["instants"]["recovered_at"] is None
    assert begun["durations"]["to_recover_seconds"] is None
    assert begun["first_estimate"] is None
