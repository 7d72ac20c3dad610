"""Other tools report over real HTTP into a real store: what becomes of it, and what never does."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from sentinel.exchange.hook.mapping import read
from sentinel.model.command import Acknowledge, Resolve
from sentinel.model.hook import ALERTS_MOST, STANDING_MOST, Became, Format, Hook, May, Rule
from sentinel.model.incident import Incident, Noted, Phase
from sentinel.model.observation import Verdict
from sentinel.model.secret import Secret
from sentinel.run import hooked, listening, unwatched
from sentinel.store import incidents, quarantine, watching
from tests.exchange.tools import alert, alertmanager, pagerduty
from tests.run.world import CARD, HOUR, MINUTE, SECOND, House
from tests.serve.real import served

TOKEN, ROUTING = "a token of the tools", "R" * 32
TOOLS = (
    Hook(
        name="prometheus",
        format=Format.ALERTMANAGER,
        token=Secret(TOKEN),
        rules=(Rule(when={"service": "payments"}, service="payments", statement="cannot_pay"),),
        expires=MINUTE,
    ),
    Hook(name="duty", format=Format.PAGERDUTY, token=Secret(ROUTING), service="payments"),
    Hook(name="grafana", format=Format.ALERTMANAGER, token=Secret(TOKEN), user="grafana", may=May.WARN),
    Hook(name="events", format=Format.GENERIC, token=Secret(TOKEN), service="payments"),
    Hook(name="beside", format=Format.ALERTMANAGER, token=Secret(TOKEN), may=May.SECOND),
)


class Tools:
    """A house with hooks, and the tools that report to it."""

    def __init__(self, house: House, url: str) -> None:
        self.house = house
        self._client = httpx.Client(base_url=url, trust_env=False, timeout=30)

    def say(self, body: bytes, hook: str = "prometheus", path: str = "", **headers: str) -> httpx.Response:
        auth: Any = ("grafana", TOKEN) if hook == "grafana" else None
        bearer = {} if hook in ("grafana", "duty") else {"authorization": f"Bearer {TOKEN}"}
        answer = self._client.post(f"/hooks/{hook}{path}", content=body, headers={**bearer, **headers}, auth=auth)
        self.house.round()
        return answer

    def fires(self, key: str = "a1b2c3d4e5f60718", hook: str = "prometheus", **labels: str) -> dict[str, Any]:
        """It fires since now; what became of it."""
        said: dict[str, Any] = self.say(alertmanager(alert(key, self.house.now, labels=labels)), hook).json()
        return said

    @property
    def open(self) -> list[Incident]:
        numbers = self.house.read(incidents.open_ids)
        return [self.house.incident(number) for number in numbers]

    @property
    def raised(self) -> int:
        return len([one for one in self.house.read(lambda c: watching.signals_since(c, self.house.now)) if one.stands])

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def tools(tmp_path: Path) -> Iterator[Tools]:
    house = House(tmp_path)
    hooks = {hook.name: hook for hook in TOOLS}
    house.world = replace(house.world, installation=replace(house.world.installation, hooks=hooks))
    with served(house) as url:
        made = Tools(house, url)
        yield made
        made.close()
    house.close()


def test_an_alert_opens_a_suspected_incident_for_staff_and_says_no_word_to_customers(tools: Tools) -> None:
    answer = tools.say(alertmanager(alert("k", tools.house.now - 2 * MINUTE), truncated=3))
    assert (answer.status_code, answer.json()["raised"], answer.json()["truncated"]) == (200, 1, 3)
    (incident,) = tools.open
    assert (incident.phase, incident.services, incident.began_at) == (
        Phase.SUSPECTED,
        ("payments",),
        tools.house.now - 2 * MINUTE,
    )
    assert incident.confirmed_at is None
    assert tools.house.postman.letters("opening") == []
    why = tools.house.read(lambda c: incidents.timeline(c, incident.id))[0].why
    assert "prometheus says: PaymentErrors: 5xx above 5 %" in why


def test_the_same_again_is_the_same_signal_and_its_end_clears_it(tools: Tools) -> None:
    began = tools.house.now
    bodies = [alertmanager(alert("k", began))] * 3
    assert [tools.say(body).json()["raised"] for body in bodies] == [1, 0, 0]
    assert (tools.raised, len(tools.open)) == (1, 1)
    tools.house.now += 5 * MINUTE
    over = alertmanager(alert("k", began, tools.house.now))
    assert [tools.say(over).json()["cleared"] for _ in range(2)] == [1, 0]
    assert tools.raised == 0
    tools.house.run(6 * MINUTE)
    assert tools.open == []  # nobody had confirmed it


def test_deliveries_out_of_order_change_nothing(tools: Tools) -> None:
    began = tools.house.now
    tools.house.now += 5 * MINUTE
    over, firing = alertmanager(alert("k", began, began + MINUTE)), alertmanager(alert("k", began))
    assert tools.say(over).json()["stray"] == 1  # its beginning was never heard of
    assert tools.say(firing).json()["stale"] == 1
    assert (tools.raised, tools.open) == (0, [])
    again = alertmanager(alert("k", began + 2 * MINUTE))
    assert tools.say(again).json()["raised"] == 1
    assert tools.say(over).json()["stale"] == 1
    assert tools.raised == 1


def test_what_a_tool_takes_up_again_long_after_its_end_is_no_late_copy(tools: Tools) -> None:
    """Alertmanager resolves what it has not heard of for a while, and fires again under the old beginning."""
    began = tools.house.now
    tools.fires("k")
    tools.house.now += 5 * MINUTE
    tools.say(alertmanager(alert("k", began, tools.house.now)))
    tools.house.now += 3 * MINUTE
    assert tools.say(alertmanager(alert("k", began))).json()["raised"] == 1
    assert tools.raised == 1


def test_of_two_prometheus_servers_the_earlier_beginning_may_come_later_and_the_end_still_counts(tools: Tools) -> None:
    now = tools.house.now
    tools.say(alertmanager(alert("k", now)))
    assert tools.say(alertmanager(alert("k", now - 30 * SECOND))).json()["refreshed"] == 1
    tools.house.now += MINUTE
    assert tools.say(alertmanager(alert("k", now - 30 * SECOND, tools.house.now))).json()["cleared"] == 1


def test_two_alerts_and_two_tools_are_one_witness(tools: Tools) -> None:
    tools.fires("one")
    tools.fires("two", job="web")
    tools.say(pagerduty("trigger"), "duty")
    (incident,) = tools.open
    assert (len(incident.standing), incident.phase, incident.confirmed_at) == (3, Phase.SUSPECTED, None)


def test_a_check_of_ours_and_an_alert_confirm_each_other(tools: Tools) -> None:
    tools.fires()
    tools.house.breaks(CARD)
    (incident,) = tools.open
    assert incident.phase is Phase.INVESTIGATING
    assert incident.confirmed_at is not None


def test_what_was_confirmed_does_not_end_on_a_tools_word(tools: Tools) -> None:
    began = tools.house.now
    tools.fires("k")
    (incident,) = tools.open
    tools.house.done(Acknowledge(incident=incident.id))
    tools.say(alertmanager(alert("k", began, began + MINUTE)))
    tools.house.run(20 * MINUTE, step=5 * MINUTE)
    assert [one.id for one in tools.open] == [incident.id]


def test_a_confirmed_incident_that_is_over_is_not_confirmed_anew_by_a_tool(tools: Tools) -> None:
    tools.house.breaks(CARD)
    began = tools.house.now
    tools.say(alertmanager(alert("k", began)))
    tools.house.heals(CARD)
    tools.say(alertmanager(alert("k", began, tools.house.now)))
    tools.house.run(10 * MINUTE)
    assert tools.open == []
    tools.fires("other")
    (incident,) = tools.open
    assert (incident.id, incident.phase) == (2, Phase.SUSPECTED)


def test_a_tool_that_may_warn_opens_nothing_and_confirms_nothing(tools: Tools) -> None:
    tools.fires(hook="grafana")
    assert (tools.raised, tools.open) == (1, [])
    tools.house.breaks(CARD)
    assert tools.open[0].phase is Phase.SUSPECTED


def test_a_tool_that_may_second_opens_nothing_and_joins_what_is_open(tools: Tools) -> None:
    assert tools.fires(hook="beside")["raised"] == 1
    assert tools.open == []
    tools.house.breaks(CARD)
    tools.house.round()
    (incident,) = tools.open
    assert incident.phase is Phase.INVESTIGATING


def test_a_tool_that_falls_silent_leaves_it_open_and_bears_nothing_out(tools: Tools) -> None:
    house = tools.house
    house.do(lambda c: listening.note(c, house.now))
    tools.fires()
    for _ in range(8):
        house.now += 15 * SECOND
        house.round()
    (signal,) = house.read(lambda c: watching.signals_since(c, house.now))
    assert (signal.stands, signal.verdict) == (True, Verdict.UNKNOWN)
    (incident,) = tools.open
    notes = [one.said.text for one in house.read(lambda c: incidents.timeline(c, incident.id)) if isinstance(one.said, Noted)]
    assert len(notes) == 1
    assert "prometheus has said nothing of it for 1 min" in notes[0]
    assert len(incident.standing) == 1
    tools.fires()
    (signal,) = house.read(lambda c: watching.signals_since(c, house.now))
    assert signal.verdict is Verdict.DOWN


def test_what_cannot_be_mapped_is_set_aside_once_and_taken_when_it_can_be(tools: Tools) -> None:
    body = alertmanager(alert("k", tools.house.now, labels={"service": "<script>"}))
    assert [tools.say(body).json()["aside"] for _ in range(2)] == [1, 1]
    (aside,), count = tools.house.read(lambda c: quarantine.newest(c, 5, 3))
    assert (count, aside.source) == (1, "hook/prometheus")
    assert "it names the service '<script>', which there is not" in aside.why
    assert tools.open == []
    tools.say(alertmanager(alert("k", tools.house.now)))
    assert tools.house.read(lambda c: quarantine.newest(c, 5, 3)) == ([], 0)


def test_one_alert_that_cannot_be_read_takes_no_other_with_it(tools: Tools) -> None:
    bad = {"status": "firing", "labels": None}
    answer = tools.say(alertmanager(alert("k", tools.house.now), bad)).json()
    assert (answer["raised"], answer["aside"]) == (1, 1)


def test_a_storm_is_cut_short_and_what_is_beyond_lies_aside(tools: Tools) -> None:
    house, (hook, *_) = tools.house, TOOLS
    storm = read(hook, alertmanager(*(alert(f"k{each}", house.now) for each in range(STANDING_MOST + 2))), {})
    became = house.do(lambda c: hooked.take(c, house.world, hook, storm, house.now))
    assert became == {Became.RAISED: STANDING_MOST, Became.ASIDE: 2}


def test_staff_hear_of_events_that_were_too_many_to_be_taken(tools: Tools) -> None:
    many = json.dumps([{"key": str(each), "state": "down"} for each in range(ALERTS_MOST + 1)])
    assert tools.say(many.encode(), "events").status_code == 413
    assert "was refused" in tools.house.read(lambda c: hooked.full(c, tools.house.world, tools.house.now))["events"]
    assert tools.open == []


def test_severities_that_are_passed_over_raise_nothing(tools: Tools) -> None:
    assert tools.fires(severity="info")["ignored"] == 1
    assert tools.raised == 0
    assert tools.fires("w", severity="warning")["raised"] == 1
    (signal,) = tools.house.read(lambda c: watching.signals_since(c, tools.house.now))
    assert signal.verdict is Verdict.DEGRADED


def test_pagerduty_events_trigger_acknowledge_and_resolve(tools: Tools) -> None:
    for path in ("", "/v2/enqueue"):
        answer = tools.say(pagerduty("trigger"), "duty", path)
        assert (answer.status_code, answer.json()) == (
            202,
            {"status": "success", "message": "Event processed", "dedup_key": "srv01/http"},
        )
    assert tools.raised == 1
    assert tools.say(pagerduty("acknowledge"), "duty").status_code == 202
    assert tools.raised == 1
    assert tools.say(pagerduty("resolve"), "duty").status_code == 202
    assert tools.raised == 0
    refused = tools.say(pagerduty("explode"), "duty")
    assert (refused.status_code, refused.json()["status"]) == (400, "invalid event")


def test_a_stranger_changes_nothing(tools: Tools) -> None:
    body = alertmanager(alert("k", tools.house.now))
    assert tools.say(body, authorization="Bearer wrong").status_code == 401
    assert tools.say(body, "nobody").status_code == 401
    assert tools.say(pagerduty("trigger", routing_key="wrong"), "duty").status_code == 401
    assert tools.say(body, "beside", authorization="Basic Z3JhZmFuYTphIHRva2VuIG9mIHRoZSB0b29scw==").status_code == 401
    assert tools.raised == 0


def test_a_hook_that_is_taken_out_ends_its_signals_and_a_person_its_incident(tools: Tools) -> None:
    tools.fires()
    house = tools.house
    house.world = replace(house.world, installation=replace(house.world.installation, hooks={}))
    (ended,) = house.do(lambda c: unwatched.forget(c, house.world, None, house.now))
    assert (ended.check, ended.good_since) == ("hook/prometheus", None)
    house.run(20 * MINUTE, step=5 * MINUTE)
    (incident,) = tools.open
    assert incident.standing == ()


def test_beside_other_hubs_only_what_is_long_silent_is_taken_out(tools: Tools) -> None:
    tools.fires()
    house = tools.house
    bare = replace(house.world, installation=replace(house.world.installation, hooks={}))
    assert house.do(lambda c: hooked.forget(c, bare, house.now + HOUR, beside=True)) == []
    assert len(house.do(lambda c: hooked.forget(c, bare, house.now + 25 * HOUR, beside=True))) == 1


def test_a_tool_dates_nothing_back_by_more_than_a_day_nor_ahead(tools: Tools) -> None:
    now = tools.house.now
    tools.say(alertmanager(alert("old", now - 400 * HOUR), alert("ahead", now + HOUR)))
    since = sorted(one.since for one in tools.house.read(lambda c: watching.signals_since(c, now)))
    assert since == [now - 24 * HOUR, now]


def test_a_person_may_end_what_a_tool_that_died_says_of_it_still(tools: Tools) -> None:
    tools.house.breaks(CARD)
    tools.fires()
    assert "outage" in tools.house.refused(Resolve(incident=1)).why
    tools.house.heals(CARD)
    tools.house.run(20 * MINUTE, step=5 * MINUTE)
    assert tools.open[0].confirmed_at is not None
    tools.house.done(Resolve(incident=1))
    tools.house.run(40 * MINUTE, step=10 * MINUTE)
    assert tools.open == []
