"""PagerDuty, Teams, Alertmanager, Slack's webhook and apprise: what staff's tools are told, and how it ends there."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from sentinel.deliver.channel import apprise, pagerduty, slack, teams
from sentinel.deliver.outcome import Broken, Down, NotArmed
from sentinel.demo.blocks import wrong_with
from sentinel.demo.mishap import Refuse, Step, at
from sentinel.demo.provider import Provider
from sentinel.demo.wire import Reply, Request, Wire
from sentinel.model.delivery import Accepted, Failed
from sentinel.model.notice import Occasion
from sentinel.model.secret import Secret
from sentinel.model.service import Impact
from tests.deliver.channel.providers import connect, options, yes
from tests.deliver.letters import NOW, SECRET, letter, note

IMGHDR = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
"""A module that apprise itself imports."""
EVIL = "<!channel> [log in](https://evil.example) <at>all</at> {{7*7}} *x*"


@pytest.mark.parametrize("kind", ["pagerduty", "teams", "alertmanager", "slack"])
async def test_customers_are_not_reached_by_staffs_tools(sink: Provider, kind: str) -> None:
    outcome = await connect(kind, sink.url).send(letter(), yes)
    assert isinstance(outcome, Failed)
    assert outcome.permanent


# PagerDuty


@pytest.mark.parametrize(
    ("occasion", "acknowledged", "action"),
    [
        (Occasion.SUSPECTED, "", "trigger"),
        (Occasion.STAFF_OPENED, "Omar", "trigger"),
        (Occasion.CHANGED, "", "trigger"),
        (Occasion.CHANGED, "Omar", "acknowledge"),
        (Occasion.OPENED, "Omar", "acknowledge"),
        (Occasion.PROMISE_DUE, "Omar", "trigger"),
        (Occasion.RECOVERED, "Omar", "resolve"),
        (Occasion.DISMISSED, "", "resolve"),
    ],
)
def test_an_alert_is_triggered_acknowledged_and_resolved_with_the_incident(
    occasion: Occasion, acknowledged: str, action: str
) -> None:
    said = pagerduty.event(note(occasion=occasion, acknowledged_by=acknowledged), "sentinel")
    assert said["event_action"] == action
    assert said["dedup_key"] == "incident:17/1"


@pytest.mark.parametrize(
    ("impact", "severity"),
    [
        (Impact.MAJOR_OUTAGE, "critical"),
        (Impact.PARTIAL_OUTAGE, "error"),
        (Impact.DEGRADED_PERFORMANCE, "warning"),
        (None, "warning"),
    ],
)
def test_what_customers_feel_says_how_grave_it_is(impact: Impact | None, severity: str) -> None:
    assert pagerduty.event(note(impact=impact), "sentinel")["payload"]["severity"] == severity


async def test_the_whole_life_of_an_incident_is_one_alert_at_pagerduty(sink: Provider) -> None:
    connection = connect("pagerduty", sink.url)
    for occasion in (Occasion.SUSPECTED, Occasion.STAFF_OPENED, Occasion.CHANGED, Occasion.RECOVERED):
        outcome = await connection.send(note(occasion=occasion, headline="x" * 3000), yes)
        assert outcome == Accepted(ref="incident:17/1")
    assert {effect.to for effect in sink.effects} == {"incident:17/1"}
    assert [effect.said["event_action"] for effect in sink.effects] == ["trigger", "trigger", "trigger", "resolve"]
    assert all(len(effect.said["payload"]["summary"]) <= 1024 for effect in sink.effects)
    await connection.close()


async def test_an_unknown_routing_key_is_broken_and_not_shown(sink: Provider) -> None:
    """F31"""
    connection = connect("pagerduty", sink.url, routing_key=Secret("f" * 32))
    outcome = await connection.send(note(), yes)
    assert isinstance(outcome, Broken)
    assert "f" * 32 not in outcome.reason
    await connection.close()


# Teams


async def test_a_card_shows_the_brief_and_makes_nothing_of_what_people_wrote(sink: Provider) -> None:
    """T15: texts stand in text runs, which know no markup."""
    connection = connect("teams", sink.url)
    assert isinstance(await connection.send(note(headline=EVIL, say=EVIL), yes), Accepted)
    card = sink.effects[0].said["attachments"][0]["content"]
    assert {block["type"] for block in card["body"]} == {"RichTextBlock"}
    assert {run["type"] for block in card["body"] for run in block["inlines"]} == {"TextRun"}
    shown = "\n".join(run["text"] for block in card["body"] for run in block["inlines"])
    assert f"17-A: {EVIL}" in shown
    assert "Do not take card numbers by chat." in shown
    assert "msteams" not in card
    assert card["actions"] == [{"type": "Action.OpenUrl", "title": "Open in Sentinel", "url": note().brief.link}]
    await connection.close()


@pytest.mark.parametrize("size", [10, 3_000, 200_000])
def test_a_card_fits_whatever_the_brief_holds(size: int) -> None:
    made = teams.post(note(headline="é" * size, desk=("\U0001f468\u200d" * size,) * 5, words={"en": "y\n" * size}).brief)
    assert len(made) <= teams.LARGEST
    assert json.loads(made)["attachments"]


@pytest.mark.parametrize(
    "said", ["Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error 429"]
)
async def test_an_older_connector_hides_what_went_wrong_in_a_200(said: str) -> None:
    """F28"""

    async def answer(_request: Request) -> Reply:
        return Reply(body=said.encode())

    wire = Wire(answer)
    wire.open()
    connection = connect("teams", wire.url)
    assert isinstance(await connection.send(note(), yes), Down)
    await connection.close()
    await wire.close()


# Alertmanager


async def test_an_alert_keeps_its_labels_and_ends_with_the_incident(sink: Provider) -> None:
    connection = connect("alertmanager", sink.url)
    for occasion in (Occasion.STAFF_OPENED, Occasion.CHANGED, Occasion.RECOVERED):
        assert isinstance(await connection.send(note(occasion=occasion), yes), Accepted)
    alerts = [effect.said[0] for effect in sink.effects]
    assert all(
        each["labels"] == {"alertname": "SentinelIncident", "incident": "incident:17/1", "team": "billing"} for each in alerts
    )
    ends = [datetime.fromisoformat(each["endsAt"]) for each in alerts]
    assert ends == [NOW + timedelta(hours=24), NOW + timedelta(hours=24), NOW]
    assert alerts[0]["annotations"]["summary"].startswith("17-A:")
    await connection.close()


def test_labels_of_ours_cannot_be_taken() -> None:
    for labels in ({"incident": "x"}, {"no-hyphens": "x"}):
        with pytest.raises(ValidationError):
            options("alertmanager", "http://127.0.0.1:9093", labels=labels)


# Slack's webhook


async def test_slacks_webhook_gets_the_same_blocks(sink: Provider) -> None:
    connection = connect("slack", sink.url)
    assert await connection.send(note(headline=EVIL), yes) == Accepted()
    said = sink.effects[0].said
    assert not wrong_with(said["blocks"])
    assert "<!channel>" not in sink.effects[0].body.decode()
    await connection.close()


@pytest.mark.parametrize(
    ("status", "text", "kind"),
    [(404, "no_service", Broken), (410, "channel_is_archived", Broken), (400, "invalid_payload", Failed)],
)
async def test_slacks_own_words_say_what_is_wrong(status: int, text: str, kind: type) -> None:
    """F31"""

    async def answer(_request: Request) -> Reply:
        return Reply(status=status, body=text.encode(), kind="text/plain")

    wire = Wire(answer)
    wire.open()
    connection = connect("slack", wire.url)
    outcome = await connection.send(note(), yes)
    assert type(outcome) is kind
    assert isinstance(outcome, Failed)
    assert outcome.reason == f"Slack said {text}"
    await connection.close()
    await wire.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"token": Secret("x")},
        {"channel": "C0"},
        {"hook": Secret("https://a.example"), "token": Secret("x"), "channel": "C0"},
    ],
)
def test_slack_wants_a_token_with_a_channel_or_a_webhook(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="a `token` and a `channel`, or a `hook` alone"):
        slack.Options.model_validate(wrong)


# apprise


def to_apprise(url: str) -> apprise.AppriseConnection:
    return apprise.connect(apprise.Options(url=Secret(url)), secret=SECRET, now=lambda: NOW)


@IMGHDR
async def test_apprise_carries_the_brief_as_text() -> None:
    heard: list[Request] = []

    async def answer(request: Request) -> Reply:
        heard.append(request)
        return Reply(status=200)

    wire = Wire(answer)
    wire.open()
    assert await to_apprise(f"json://127.0.0.1:{wire.port}/x").send(note(), yes) == Accepted()
    said = json.loads(heard[0].body)
    assert said["title"] == "17-A: Online payments are not working"
    assert "Do not take card numbers by chat." in said["message"]
    wire.shut()
    assert await to_apprise(f"json://127.0.0.1:{wire.port}/x").send(note(), yes) == Down(reason="apprise could not send it")
    await wire.close()


@IMGHDR
async def test_apprise_asks_the_gate_and_reaches_no_customer() -> None:
    connection = to_apprise("json://127.0.0.1:1/x")

    async def no() -> bool:
        return False

    assert await connection.send(note(), no) == NotArmed()
    assert isinstance(await connection.send(letter(), yes), Failed)


@IMGHDR
def test_apprise_refuses_at_load_what_it_does_not_know_and_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ValidationError, match="knows no such service"):
        apprise.Options(url=Secret("nonsense://x"))
    monkeypatch.setattr("sentinel.deliver.channel.apprise.find_spec", lambda _name: None)
    with pytest.raises(ValidationError, match=r"pip install 'sentinel\[apprise\]'"):
        apprise.Options(url=Secret("json://127.0.0.1/x"))


async def test_the_gate_is_asked_once_each_time(sink: Provider) -> None:
    asked = asyncio.Queue[int]()

    async def arm() -> bool:
        asked.put_nowait(1)
        return True

    connection = connect("teams", sink.url)
    sink.hook = at(Step.ARRIVED, Refuse(code=503), times=1)
    await connection.send(note(), arm)
    await connection.send(note(), arm)
    assert asked.qsize() == 2
    await connection.close()
