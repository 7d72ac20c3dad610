"""Reload with a real `sentinel serve`: a good edit takes effect, a bad one changes nothing and shows, mending it clears it."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import httpx
import pytest

from sentinel.demo.slack import Slack
from sentinel.demo.stage import free_port
from sentinel.demo.wire import Reply, Request, Wire
from sentinel.model.command import Done, Refused, Resolve
from sentinel.model.incident import Phase
from sentinel.model.observation import Verdict
from sentinel.run import reload
from sentinel.run.contents import wording_of
from sentinel.run.customer import page
from sentinel.run.reload import changes, needed_channels, word
from sentinel.run.world import World
from sentinel.store import watching
from sentinel.store.trouble import StoreAway, StoreFull
from tests.run.world import CARD, LEDGER, PAY, PAYERS, House

MAIN = """\
name: northwind
brand: Northwind Insurance
url: http://127.0.0.1:{port}
listen: 127.0.0.1:{port}
time_zone: Europe/Madrid
languages: [en]
allow_private: [127.0.0.0/8]
defaults: {{confirm: [], detect: {{outage: {{persistence: 1s, samples: 2}}}}}}
channels:
  cs-slack: {{slack: {{token: "${{env:SLACK_TOKEN}}", channel: C0SERVICE, base_url: "{slack}"}}}}
"""
SERVICE = """\
service: payments
title: Online payments
owner: {{team: Billing, person: Maria Okafor}}
tell: {{staff: [cs-slack]}}
checks:
  card-form: {{http: "{url}/form", every: 1s}}
"""
MORE = """\
  take-a-payment: {{http: "{url}/health", every: 1s}}
"""


@dataclass
class Running:
    """A hub in a child process with what it talks to.

    `asked`: the paths that its probes have asked for, in order. `ill`: those that answer 500.
    """

    folder: Path
    child: asyncio.subprocess.Process
    slack: Slack
    asked: list[str]
    ill: list[str]
    url: str
    listen: int

    @property
    def checks(self) -> Path:
        return self.folder / "checks/payments.yaml"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    async def board(self) -> Any:
        held = json.loads((self.folder / "sentinel.db.hub").read_text())
        async with httpx.AsyncClient(base_url=held["url"], headers={"authorization": f"Bearer {held['token']}"}) as client:
            return (await client.get("/api/v1/board")).raise_for_status().json()

    async def audit(self) -> list[dict[str, Any]]:
        """The audited commands, the newest first."""
        held = json.loads((self.folder / "sentinel.db.hub").read_text())
        async with httpx.AsyncClient(base_url=held["url"], headers={"authorization": f"Bearer {held['token']}"}) as client:
            found = (await client.get("/api/v1/audit", params={"limit": 50})).raise_for_status().json()
        return [json.loads(line["command"]) for line in found["entries"]]

    async def figure(self, name: str) -> float:
        """A metric without labels."""
        async with httpx.AsyncClient() as client:
            text = (await client.get(f"http://127.0.0.1:{self.listen}/metrics")).text
        return float(next(line.split()[1] for line in text.splitlines() if line.startswith(f"{name} ")))

    async def until(self, holds: Callable[[], Any], seconds: float = 20.0) -> None:
        async with asyncio.timeout(seconds):
            while True:
                found = holds()
                if await found if asyncio.iscoroutine(found) else found:
                    return
                assert self.child.returncode is None, self.log
                await asyncio.sleep(0.05)

    async def shows(self, *checks: str) -> bool:
        return [one["id"] for one in (await self.board())["services"][0]["checks"]] == list(checks)

    async def problems(self) -> list[str]:
        found: list[str] = (await self.board())["problems"]
        return found


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[Running]:
    asked: list[str] = []
    ill: list[str] = []

    async def answer(request: Request) -> Reply:
        asked.append(request.path)
        return Reply(status=500 if request.path in ill else 200, body=b"ready")

    web, slack, port = Wire(answer), Slack(token="xoxb-right"), free_port()
    web.open()
    await slack.start()
    (folder / "checks").mkdir()
    (folder / "sentinel.yaml").write_text(MAIN.format(port=port, slack=slack.url))
    (folder / "checks/payments.yaml").write_text(SERVICE.format(url=web.url))
    environment = {**os.environ, "SLACK_TOKEN": "xoxb-right"}
    with (folder / "log").open("wb") as log:
        command = (sys.executable, "-m", "sentinel", "serve", "--config", str(folder / "sentinel.yaml"))
        child = await asyncio.create_subprocess_exec(*command, env=environment, stderr=log, stdout=log)
    hub = Running(folder=folder, child=child, slack=slack, asked=asked, ill=ill, url=web.url, listen=port)
    try:
        await hub.until((folder / "sentinel.db.hub").exists)
        await hub.until(lambda: "/form" in asked)
        yield hub
    finally:
        if child.returncode is None:
            child.send_signal(signal.SIGTERM)
        await child.wait()
        await slack.stop()
        await web.close()


async def test_a_check_that_is_added_is_probed_and_shown_and_one_that_is_taken_out_is_not(tmp_path: Path) -> None:
    async with running(tmp_path) as hub:
        hub.checks.write_text((SERVICE + MORE).format(url=hub.url))
        await hub.until(lambda: "/health" in hub.asked)
        await hub.until(lambda: hub.shows("payments.card-form", "payments.take-a-payment"))
        await hub.until(lambda: "the configuration was reloaded: checks +payments.take-a-payment" in hub.log)
        hub.checks.write_text(SERVICE.format(url=hub.url))
        await hub.until(lambda: hub.shows("payments.card-form"))
        await hub.until(lambda: "checks -payments.take-a-payment" in hub.log)
        audited = [line for line in await hub.audit() if line["do"] == "configured"]
        added, at_start = "checks +payments.take-a-payment", "found at the start"
        assert [line["about"] for line in audited] == ["checks -payments.take-a-payment", added, at_start]
        assert audited[0]["after"] == audited[2]["after"], "the files are what they were"
        assert audited[0]["before"] == audited[1]["after"] != audited[2]["after"]
        before = len(hub.asked)
        await hub.until(lambda: len(hub.asked) >= before + 3)
        assert "/health" not in hub.asked[before + 1 :]


async def test_a_bad_edit_changes_nothing_shows_tells_staff_once_and_is_cleared_by_mending_it(tmp_path: Path) -> None:
    async with running(tmp_path) as hub:
        hub.checks.write_text((SERVICE + MORE).format(url=hub.url).replace("every: 1s", "evrey: 1s"))
        (tmp_path / "sentinel.yaml").write_text("name: [", encoding="utf-8")
        await hub.until(hub.problems)
        found = await hub.problems()
        assert any(one.startswith("checks/payments.yaml:6:") and "did you mean `every`?" in one for one in found)
        assert any(one.startswith("sentinel.yaml:") for one in found)
        assert await hub.shows("payments.card-form")
        assert await hub.figure("sentinel_config_ok") == 0
        await hub.until(lambda: len(hub.slack.posts) == 1)
        shown = hub.slack.posts[0].shown
        assert "Sentinel's files were edited and have" in shown
        assert "checks/payments.yaml:6:" in shown
        # The same mistakes once more: asked for by a signal, so that there is something to wait for.
        hub.child.send_signal(signal.SIGHUP)
        await hub.until(lambda: hub.log.count("the files on disk are not valid") == 2)
        hub.checks.write_text(SERVICE.format(url=hub.url))
        (tmp_path / "sentinel.yaml").write_text(MAIN.format(port=hub.listen, slack=hub.slack.url))
        await hub.until(lambda: _none(hub))
        assert await hub.figure("sentinel_config_ok") == 1
        assert len(hub.slack.posts) == 1
        before = len(hub.asked)
        await hub.until(lambda: len(hub.asked) > before)
        assert "/health" not in hub.asked


async def _none(hub: Running) -> bool:
    return not await hub.problems()


async def test_channels_and_places_change_as_they_should(tmp_path: Path) -> None:
    """What needs a restart is kept and said; a channel's new options serve the next word to staff."""
    async with running(tmp_path) as hub:
        main, other = tmp_path / "sentinel.yaml", Slack(token="xoxb-right", channels={"C0OTHER": "other"})
        await other.start()
        text = MAIN.format(port=hub.listen, slack=other.url).replace("C0SERVICE", "C0OTHER")
        main.write_text(text.replace("name: northwind\n", "name: northwind\nplace: elsewhere\n"))
        await hub.until(lambda: "place has changed in the file: that needs a restart" in hub.log)
        await hub.until(lambda: "channels ~cs-slack" in hub.log)
        # The same place goes on being shown: batches of another one would be refused.
        since = (await hub.board())["services"][0]["checks"][0]["since"]
        hub.ill.append("/form")
        await other.until(lambda slack: any("Online payments" in post.shown for post in slack.posts), 20)
        assert not hub.slack.posts
        assert (await hub.board())["services"][0]["checks"][0]["since"] >= since
        await other.stop()


async def test_a_channel_by_which_somebody_is_still_owed_a_word_is_kept_and_that_is_said(tmp_path: Path) -> None:
    async with running(tmp_path) as hub:
        await hub.slack.stop()
        hub.ill.append("/form")
        await hub.until(lambda: _suspects(hub))
        for path in (tmp_path / "sentinel.yaml", hub.checks):
            path.write_text(path.read_text().replace("cs-slack", "cs-other"))
        await hub.until(hub.problems)
        assert "channel cs-slack is gone, and somebody is still owed a message by it" in (await hub.problems())[0]
        assert await hub.figure("sentinel_config_ok") == 0


async def _suspects(hub: Running) -> bool:
    return bool((await hub.board())["open"])


async def test_an_outage_that_was_only_warned_of_opens_an_incident_once_the_files_let_it(tmp_path: Path) -> None:
    async with running(tmp_path) as hub:
        hub.checks.write_text(SERVICE.format(url=hub.url).replace("every: 1s", "every: 1s, detect: {outage: {may: warn}}"))
        await hub.until(lambda: "checks ~payments.card-form" in hub.log)
        hub.ill.append("/form")
        await hub.until(lambda: _is_down(hub))
        assert not await _suspects(hub)
        hub.checks.write_text(SERVICE.format(url=hub.url))
        await hub.until(lambda: _suspects(hub))
        await hub.until(lambda: any("Online payments" in post.shown for post in hub.slack.posts))


async def _is_down(hub: Running) -> bool:
    return bool((await hub.board())["services"][0]["checks"][0]["shown"] == "down")


def lacking(house: House, channel: str) -> tuple[str, ...]:
    """What is wrong with taking this channel out now."""
    old = house.world.installation
    new = replace(old, channels={name: one for name, one in old.channels.items() if name != channel})
    return house.read(lambda c: needed_channels(c, old, new))


async def test_an_edit_that_the_store_does_not_let_in_force_is_tried_again_and_called_no_mistake(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("LOOK_EVERY", "STILL", "SOON"):
        monkeypatch.setattr(reload, name, 0.001)
    shown: list[tuple[str, ...]] = []
    trouble: list[Exception] = [StoreFull("the store's disk is full"), StoreAway("it cannot be reached")]
    in_force = asyncio.Event()

    class Hub:
        world = house.world

        async def put_in_force(self, world: World) -> None:
            shown.append(reloads.problems)
            if trouble:
                raise trouble.pop(0)
            in_force.set()

    class Edited:
        """Files of which one was edited, once."""

        traces: Mapping[Path, object] = {}

        def look(self, in_force: World) -> Mapping[Path, object]:
            return {Path("sentinel.yaml"): 1}

        def load(self, in_force: World) -> tuple[World, tuple[str, ...]]:
            return house.world, ()

    reloads = reload.Reloads(cast(reload.Files, Edited()), Hub())
    running = asyncio.create_task(reloads.run())
    try:
        await asyncio.wait_for(in_force.wait(), 20)
    finally:
        running.cancel()
    waits = "the files are not in force yet, and are tried again by themselves: "
    assert shown == [(), (f"{waits}the store's disk is full",), (f"{waits}it cannot be reached",)]
    assert reloads.problems == ()
    assert "not valid" not in caplog.text, "the files are as they should be"


def test_a_channel_is_needed_until_everybody_whom_it_told_has_heard_the_end(house: House) -> None:
    assert lacking(house, "email") == ()
    house.breaks(CARD, PAY)
    assert lacking(house, "email") == ()
    house.tell()
    assert "channel email is gone" in lacking(house, "email")[0]
    house.heals(CARD, PAY)
    house.posts = False
    house.run(timedelta(minutes=6))
    assert house.incident().phase is Phase.RESOLVED
    assert lacking(house, "email"), "the end waits to be sent"
    house.posts = True
    house.run(timedelta(minutes=20))
    assert house.postman.heard("closed") == PAYERS
    assert lacking(house, "email") == ()


# What becomes of what a check that is gone had found


def without(house: House, *checks: str) -> None:
    """The configuration without these checks is in force, as the hub puts it there."""
    kept = {name: one for name, one in house.world.installation.checks.items() if name not in checks}
    detectors = {name: one for name, one in house.world.detectors.items() if name in kept}
    world = replace(house.world, installation=replace(house.world.installation, checks=kept), detectors=detectors)
    house.do(lambda c: watching.forget(c, world.watched, house.now))
    house.world = world
    house.watched = tuple(name for name in house.watched if name in kept)


def test_an_incident_whose_only_checks_are_taken_out_waits_for_a_persons_word(house: House) -> None:
    """Nobody saw that it is well, so no customer hears that it is; a person may end it at once."""
    house.breaks(CARD, PAY)
    house.tell()
    house.ill.clear()
    without(house, CARD, PAY)
    house.run(timedelta(hours=2))
    assert house.incident().phase is not Phase.RESOLVED
    assert not house.incident().standing
    assert not house.notices("closed")
    house.done(Resolve(incident=1))
    house.run(timedelta(minutes=2))
    assert house.incident().phase is Phase.RESOLVED
    assert house.notices("closed")


def test_another_check_of_the_same_statement_may_end_it(house: House) -> None:
    house.breaks(CARD, PAY)
    without(house, PAY)
    house.heals(CARD)
    house.run(timedelta(hours=1))
    assert house.incident().phase is Phase.RESOLVED


def test_another_check_of_another_statement_may_not(house: House) -> None:
    """That paying is no longer slow says nothing of whether one can pay."""
    house.breaks(PAY)
    house.breaks(CARD, verdict=Verdict.DEGRADED)
    house.run(timedelta(minutes=5))
    assert {one.statement for one in house.incident().standing} == {"payments.cannot_pay", "payments.slow"}
    without(house, PAY)
    house.heals(CARD)
    house.run(timedelta(hours=1))
    assert house.incident().phase is not Phase.RESOLVED
    house.done(Resolve(incident=1))


def test_a_check_for_staff_alone_that_is_taken_out_leaves_its_incident_to_a_person(house: House) -> None:
    house.breaks(LEDGER)
    without(house, LEDGER)
    house.run(timedelta(hours=1))
    assert house.incident().phase is not Phase.RESOLVED
    house.done(Resolve(incident=1))


def test_a_signal_that_stands_keeps_standing_when_another_check_is_taken_out(house: House) -> None:
    house.breaks(CARD)
    without(house, PAY)
    house.round()
    assert [one.signal.split("@")[0] for one in house.incident().standing] == [f"outage:{CARD}"]
    assert isinstance(house.say(Resolve(incident=1)), Refused)


def test_forgetting_twice_does_no_more(house: House) -> None:
    house.breaks(CARD)
    without(house, CARD)
    assert house.do(lambda c: watching.forget(c, house.world.watched, house.now)) == []
    assert isinstance(house.say(Resolve(incident=1)), Refused | Done)


def with_words(house: House, say: str) -> None:
    """The configuration with another sentence for `cannot_pay` is in force."""
    known = dict(house.world.installation.statements)
    known["payments.cannot_pay"] = replace(known["payments.cannot_pay"], say={"en": say, "es": say})
    house.world = replace(house.world, installation=replace(house.world.installation, statements=known))


def test_a_draft_that_waits_keeps_its_words_and_can_be_approved(house: House) -> None:
    house.breaks(CARD, PAY)
    before = house.draft()
    with_words(house, "Paying does not work now.")
    house.round()
    assert house.draft() == before
    assert house.approve(desk_knows=True).approval is not None


def without_service(house: House, name: str) -> None:
    """The configuration without a service, its checks and its statements is in force."""
    old = house.world.installation
    services = {
        each: replace(one, depends_on=tuple(other for other in one.depends_on if other != name))
        for each, one in old.services.items()
        if each != name
    }
    statements = {each: one for each, one in old.statements.items() if one.service != name}
    without(house, *(each for each, one in old.checks.items() if one.service == name))
    installation = replace(house.world.installation, services=services, statements=statements)
    house.world = replace(house.world, installation=installation)


def test_a_service_that_is_taken_out_while_it_is_down_leaves_its_people_owed_the_end_and_every_page_readable(
    house: House,
) -> None:
    house.breaks(CARD, PAY)
    house.tell()
    without_service(house, "payments")
    house.run(timedelta(minutes=5))
    for asked in ("ada", "ada@example.com", "1-A"):
        assert house.read(partial(page, world=house.world, asked=asked, now=house.now)).found
    house.done(Resolve(incident=1))
    house.run(timedelta(minutes=20))
    assert house.postman.heard("closed") == PAYERS


def test_who_reads_a_language_that_came_after_the_approval_gets_the_first_of_those_that_were_approved(house: House) -> None:
    house.breaks(CARD, PAY)
    house.tell()
    told = house.notices("opened")[0].id
    first, *_ = house.world.installation.languages
    words = house.read(lambda c: wording_of(c, told, "fr", "UTC"))
    assert words is not None
    assert words == house.read(lambda c: wording_of(c, told, first, "UTC"))


# What is said of a reload


def test_changes_are_named_and_never_shown(house: House) -> None:
    old = house.world.installation
    new = replace(old, zone="UTC", checks={name: one for name, one in old.checks.items() if name != CARD}, channels={})
    said = changes(old, new)
    assert said == "zone; checks -payments.card-form; channels -cs-mail -cs-slack -email"
    assert changes(old, old) == "nothing in it is different"


def test_staff_get_the_first_mistakes_and_their_number(house: House) -> None:
    told = word(house.world.installation, tuple(f"checks/x.yaml:{line}:1: wrong, mend it" for line in range(1, 31)))
    assert "have 30 mistakes" in told.headline
    assert told.desk[-1] == "... and 20 more"
    assert len(told.desk) == 11
