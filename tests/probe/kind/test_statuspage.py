"""The kind `statuspage` against pages as vendors have them, over a real connection."""

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from sentinel.model.observation import Verdict
from sentinel.probe.kind.statuspage import Options
from tests.probe.looked import task
from tests.probe.probing import Said, probe
from tests.probe.servers import answering, page, serving

NOW = datetime.now(UTC)


def asked(body: bytes, up: dict[str, Any] | None = None, *, status: str = "200 OK", **more: Any) -> Said:
    with serving(answering(page(body, status=status))) as server:
        return probe(task("statuspage", {"url": server.url("/feed"), **more}, up=up or {}).check)


def part(name: str, status: str = "operational", **more: Any) -> dict[str, Any]:
    return {"id": name.lower()[:4], "name": name, "status": status, "group": False, **more}


def incident(name: str, *parts: str, status: str = "investigating", hours: float = 1.0) -> dict[str, Any]:
    at = (NOW - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    return {"name": name, "status": status, "updated_at": at, "components": [part(each) for each in parts]}


def summary(indicator: str, *incidents: dict[str, Any], parts: tuple[dict[str, Any], ...] = ()) -> bytes:
    status = {"indicator": indicator, "description": "Partial System Outage"}
    return json.dumps({"page": {}, "status": status, "components": parts, "incidents": incidents}).encode()


PARTS = (part("Card payments", "major_outage"), part("Payouts"), part("All of Europe", "partial_outage", group=True))


def test_a_vendor_in_trouble_is_down_with_what_it_says() -> None:
    incidents = (incident("Cards fail", "Card payments"), incident("An older one", "Payouts", hours=9))
    said = asked(summary("major", *incidents, incident("Old", status="resolved"), parts=PARTS))
    assert (said.verdict, said.reason) == (
        Verdict.DOWN, 'indicator is "major", expected that it is one of "none", "minor", "maintenance"',
    )  # fmt: skip
    facts = said.facts
    assert (facts["open_incidents"], facts["newest"], facts["affected"]) == (2, "Cards fail", 1)
    assert (facts["not_operational"], facts["says"], facts["format"]) == (
        "Card payments",
        "Partial System Outage",
        "statuspage",
    )


@pytest.mark.parametrize(
    ("indicator", "verdict"), [("none", "up"), ("minor", "up"), ("maintenance", "up"), ("critical", "down")]
)
def test_small_trouble_of_a_vendor_is_none_of_ours(indicator: str, verdict: str) -> None:
    assert asked(summary(indicator)).verdict.value == verdict
    assert asked(summary(indicator), {"fact": {"indicator": "none"}}).verdict.value == ("up" if indicator == "none" else "down")


@pytest.mark.parametrize(
    ("component", "indicator", "incidents"),
    [("payouts", "none", 0), ("Card payments", "critical", 1), ("card", "critical", 1)],
)
def test_of_one_component_the_rest_does_not_matter(component: str, indicator: str, incidents: int) -> None:
    said = asked(summary("major", incident("Cards fail", "Card payments"), parts=PARTS), component=component)
    assert (said.facts["indicator"], said.facts["open_incidents"]) == (indicator, incidents)
    assert said.facts["page_indicator"] == "major"
    assert said.verdict is (Verdict.UP if indicator == "none" else Verdict.DOWN)


def test_a_widget_of_incident_io_is_read() -> None:
    ongoing = {
        "name": "Cards fail", "last_update_at": "2026-05-04T11:00:00Z", "last_update_message": "We look into it",
        "current_worst_impact": "full_outage",
        "affected_components": [{"name": "Card payments", "current_status": "full_outage"}],
    }  # fmt: skip
    body = json.dumps({"page_title": "Vendor", "ongoing_incidents": [ongoing], "in_progress_maintenances": []}).encode()
    said = asked(body)
    assert (said.verdict, said.facts["indicator"], said.facts["newest"]) == (Verdict.DOWN, "critical", "Cards fail")
    assert (said.facts["says"], said.facts["newest_at"]) == ("We look into it", "2026-05-04T11:00:00Z")
    assert asked(body, component="Payouts").verdict is Verdict.UP


def works(name: str, *parts: str, until: str | None, status: str = "in_progress") -> dict[str, Any]:
    return {"name": name, "status": status, "scheduled_until": until, "components": [part(each) for each in parts]}


SIX, EIGHT = "2026-05-04T18:00:00.000+02:00", "2026-05-04T20:00:00.000+02:00"


@pytest.mark.parametrize(
    ("planned", "component", "ends_at"),
    [
        ((works("Disks", "Payouts", until=SIX),), "", "2026-05-04T16:00:00Z"),
        ((works("Disks", "Payouts", until=SIX), works("Net", "Cards", until=EIGHT)), "", "2026-05-04T18:00:00Z"),
        ((works("Disks", "Payouts", until=SIX), works("Net", "Cards", until=EIGHT)), "Payouts", "2026-05-04T16:00:00Z"),
        ((works("Disks", "Payouts", until=SIX, status="verifying"),), "", "2026-05-04T16:00:00Z"),
        ((works("Disks", "Payouts", until=SIX, status="scheduled"),), "", None),
        ((works("Disks", "Payouts", until=SIX, status="completed"),), "", None),
        ((works("Disks", "Payouts", until=None), works("Net", "Cards", until=EIGHT)), "", None),
        ((works("Disks", "Payouts", until="tonight"),), "", None),
        ((), "", None),
    ],
)
def test_work_under_way_says_when_the_last_of_it_is_to_end(planned: Any, component: str, ends_at: str | None) -> None:
    found = json.loads(summary("maintenance", parts=(part("Payouts", "under_maintenance"), part("Cards"))))
    said = asked(json.dumps(found | {"scheduled_maintenances": planned}).encode(), component=component)
    assert (said.facts["indicator"], said.facts.get("ends_at")) == ("maintenance", ends_at)


def test_the_end_of_work_says_nothing_of_the_end_of_worse() -> None:
    found = json.loads(summary("minor", incident("Payouts are late", "Payouts")))
    said = asked(json.dumps(found | {"scheduled_maintenances": [works("Disks", "Payouts", until=SIX)]}).encode())
    assert (said.facts["indicator"], "ends_at" in said.facts) == ("minor", False)


@pytest.mark.parametrize(("component", "indicator", "ends_at"), [
    ("", "maintenance", "2026-05-04T18:00:00Z"), ("Payouts", "maintenance", "2026-05-04T18:00:00Z"), ("Cards", "none", None),
])  # fmt: skip
def test_so_does_a_widget_of_incident_io(component: str, indicator: str, ends_at: str | None) -> None:
    under_way = {"name": "Disks", "scheduled_end_at": EIGHT, "affected_components": [{"name": "Payouts"}]}
    body = json.dumps({"page_title": "Vendor", "ongoing_incidents": [], "in_progress_maintenances": [under_way]}).encode()
    said = asked(body, component=component)
    assert (said.facts["indicator"], said.facts.get("ends_at")) == (indicator, ends_at)


def rss(*items: tuple[str, str, float]) -> bytes:
    """Of (title, text, hours ago)."""
    told = "".join(
        f"<item><title>{title}</title><description><![CDATA[{text}]]></description>"
        f"<pubDate>{format_datetime(NOW - timedelta(hours=hours))}</pubDate></item>"
        for title, text, hours in items
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Vendor</title>{told}</channel></rss>'.encode()


def atom(title: str, text: str, hours: float) -> bytes:
    at = (NOW - timedelta(hours=hours)).isoformat()
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>Vendor</title><entry><title>{title}</title>'
        f'<updated>{at}</updated><content type="html">{text}</content></entry></feed>'
    ).encode()


@pytest.mark.parametrize(
    ("body", "indicator", "ongoing"),
    [
        (rss(), "none", 0),
        (rss(("Cards fail", "<p><strong>Investigating</strong> - We look into it.</p>", 1)), "minor", 1),
        (
            rss(("Card outage", "<p><strong>Monitoring</strong> - ...</p><p><strong>Investigating</strong></p>", 1)),
            "major",
            1,
        ),
        (rss(("Card outage", "<p><strong>Resolved</strong> - Over.</p><p><strong>Investigating</strong></p>", 1)), "none", 0),
        (rss(("Service is operating normally: [RESOLVED] Errors", "", 1)), "none", 0),
        (rss(("Card outage", "Investigating", 50)), "none", 0),
        (rss(("Scheduled maintenance of cards", "We will be down", 1)), "none", 0),
        (atom("Card outage", "&lt;b&gt;Investigating&lt;/b&gt; errors", 2), "major", 1),
        (atom("RESOLVED: Card outage", "over", 2), "none", 0),
    ],
)
def test_a_feed_is_read_whichever_it_is(body: bytes, indicator: str, ongoing: int) -> None:
    said = asked(body)
    assert (said.facts["format"], said.facts["indicator"], said.facts["open_incidents"]) == ("feed", indicator, ongoing)
    assert said.verdict is (Verdict.DOWN if indicator == "major" else Verdict.UP)


def test_of_a_feed_only_what_names_the_component_counts() -> None:
    body = rss(("Outage of cards", "now", 1), ("Payouts are slow", "now", 2))
    said = asked(body, component="payouts")
    assert (said.facts["indicator"], said.facts["newest"], said.facts["open_incidents"]) == ("minor", "Payouts are slow", 1)


BOMB = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>
<rss><channel><item><title>&b;</title></item></channel></rss>"""
OUTSIDE = (
    b'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss><item><title>&a;</title></item></rss>'
)
DOCTYPE = "the vendor's page sent no feed that can be read: it declares a document type, which no feed needs"
NOT_XML = "the vendor's page sent no feed that can be read: it is not proper XML"
WEB_PAGE = "the vendor's page sent a web page: write the address of its feed, or of its /api/v2/summary.json"


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (BOMB, "200 OK", DOCTYPE),
        (OUTSIDE, "200 OK", DOCTYPE),
        (b"<rss>" + b"<a>" * 90000, "200 OK", "the vendor's page sent no feed that can be read: it is nested too deeply"),
        (b"<rss><channel>", "200 OK", NOT_XML),
        (b'<?xml version="1.0" encoding="x-none"?><rss/>', "200 OK", NOT_XML),
        (
            b"<?xml version='1.0'?><html/>",
            "200 OK",
            "the vendor's page sent no feed that can be read: it is neither RSS nor Atom",
        ),
        (b"<!DOCTYPE html><html>", "200 OK", WEB_PAGE),
        (b"", "404 Not Found", "the vendor's page answered with status 404"),
        (b"All is well", "200 OK", "the vendor's page sent something that is neither JSON nor a feed"),
        (b'{"status": "up"}', "200 OK", "the vendor's page sent JSON that is not Statuspage's or incident.io's"),
        (b'{"a":' * 100000, "200 OK", "the vendor's page sent something that is not JSON"),
    ],
    ids=range(11),
)
def test_a_page_in_trouble_says_nothing_of_the_vendor(body: bytes, status: str, reason: str) -> None:
    said = asked(body, status=status)
    assert (said.verdict, said.reason) == (Verdict.UNKNOWN, reason)


def test_a_component_that_the_page_does_not_have_is_our_mistake() -> None:
    said = asked(summary("none", parts=PARTS), component="Loans")
    reason = "the vendor's page has no component Loans; it has Card payments, Payouts"
    assert (said.verdict, said.reason) == (Verdict.UNKNOWN, reason)


def test_of_a_page_its_summary_is_asked_for() -> None:
    assert Options.model_validate("https://status.vendor.example").url == "https://status.vendor.example/api/v2/summary.json"
    assert Options.model_validate("https://status.vendor.example/a.rss").url == "https://status.vendor.example/a.rss"
