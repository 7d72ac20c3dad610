"""F39 whole, with a real hub: a backup is made, the message goes out, the backup is put back: nothing is sent by itself."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sentinel.demo.lead import Lead
from sentinel.demo.patience import until
from sentinel.demo.post import Post, addresses
from sentinel.demo.services import How
from sentinel.demo.stage import Stage
from tests.steady import steady

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]


LONGER = {
    "policies": {
        "estimate": {"round_to": "5m", "least_ahead": "10m"},
        "notice": {"ask_before": "30s", "hold_before": "20s", "send_margin": "10s", "next_word": "20m"},
    }
}
"""The demo's short times, with promises that outlive a restore."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with Stage(tmp_path, overrides=steady(LONGER)) as running:
        yield running


async def sentinel(stage: Stage, *words: str, code: int = 0) -> str:
    """The command as an operator types it, beside the hub."""
    config = ("--config", str(stage.world.config))
    asked = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sentinel", *words, *config, env=stage.environment, stdout=-1, stderr=-1
    )
    out, err = await asked.communicate()
    assert asked.returncode == code, (words, out.decode(), err.decode())
    return out.decode() + err.decode()


async def signed_in(stage: Stage) -> Lead:
    someone = Lead(stage.url, stage.folder / "sentinel.db", stage.world.lead, stage.world.password)
    await someone.sign_in()
    return someone


async def waiting(lead: Lead, notice: int) -> int:
    found = [each["books"]["counts"] for each in await lead.read("books") if each["books"]["notice"] == notice]
    return sum(found[0][state] for state in ("queued", "retry")) if found else 0


async def test_a_restored_hub_sends_nothing_by_itself_and_holds_nobody_who_was_erased(stage: Stage) -> None:
    lead, post = await signed_in(stage), Post(stage)
    stage.company.break_("payments", How.REFUSE)
    page = await lead.incident_when(lambda page: "payments" in page["incident"]["services"])
    draft = await lead.draft_when(page["incident"]["id"], "opened")
    stage.mailroom.shut()
    notice = draft["notice"]["id"]
    people = await lead.approve(page["incident"]["id"], notice, desk_knows=True)

    async def some_wait() -> bool | None:
        return await waiting(lead, notice) > 0 or None  # the first batch; the rest follows once that went well

    await until(some_wait, 20)
    made = json.loads(await sentinel(stage, "backup", str(stage.folder / "before.backup"), "--json"))
    assert made["rows"] > people
    gone = (await lead.read(f"notices/{notice}/deliveries"))["deliveries"][0]
    await sentinel(stage, "erase", gone["person"], "--yes")
    refused = await sentinel(stage, "restore", str(stage.folder / "before.backup"), "--force", code=1)
    assert "in use by another hub" in refused
    stage.mailroom.open()
    # It tried in vain for as long as the commands took, and waits between tries.
    first = await post.until_count(people - 1, 120)
    assert len(first) == people - 1
    assert gone["address"] not in addresses(first)
    await lead.close()

    await stage.stop_hub()
    said = await sentinel(stage, "restore", str(stage.folder / "before.backup"), "--force")
    assert "erased again" in said
    starting = asyncio.create_task(stage.start_hub())  # it is not ready before it is released

    async def answers() -> Lead | None:
        with suppress(OSError, httpx.HTTPError):
            return await signed_in(stage)
        return None

    lead = await until(answers, 60)
    board = await lead.read("board")
    assert board["hold"]["release_needed"]
    assert "The backup was made" in await lead.page("/hold")
    assert await waiting(lead, notice) > 0
    began = datetime.fromisoformat(board["at"])

    async def later() -> bool | None:
        return datetime.fromisoformat((await lead.read("board"))["at"]) - began > timedelta(seconds=4) or None

    await until(later, 20)
    assert len(post.all) == people - 1, "nothing was sent by itself"

    await sentinel(stage, "release", "--why", "we looked")
    await post.until_count(people - 1, 120)
    counted = addresses(post.all)
    assert set(counted.values()) == {2}, "what was queued went out, once"
    assert gone["address"] not in counted
    found: dict[str, Any] = json.loads(await sentinel(stage, "verify", "--json"))
    assert found["findings"] == []
    await lead.close()
    await asyncio.gather(starting, return_exceptions=True)
