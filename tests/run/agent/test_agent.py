"""An agent as a process, its hub as another, and a cable between them that is pulled: what each does, on a real clock."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from sentinel.demo.patience import until
from sentinel.demo.services import How
from sentinel.demo.stage import Stage
from tests.run.cable import Cable
from tests.run.hubs import COMING, read
from tests.steady import steady

pytestmark = pytest.mark.timeout(600)
CARD = "payments.card-form"


async def token_of(stage: Stage, place: str) -> str:
    held = json.loads((stage.folder / "sentinel.db.hub").read_text())
    headers = {"authorization": f"Bearer {held['token']}"}
    async with httpx.AsyncClient(base_url=held["url"], headers=headers, trust_env=False) as client:
        answer = await client.post("/api/v1/agents", json={"place": place})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])


@asynccontextmanager
async def agent(stage: Stage, url: str, place: str, token: str = "") -> AsyncIterator[asyncio.subprocess.Process]:
    environment = {**stage.environment, "SENTINEL_AGENT_TOKEN": token}
    command = ("-m", "sentinel", "agent", "--hub", url, "--place", place, "--state", str(stage.folder / place))
    with (stage.folder / f"{place}.log").open("ab") as log:
        child = await asyncio.create_subprocess_exec(sys.executable, *command, env=environment, stdout=log, stderr=log)
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.wait()


async def seen(stage: Stage, place: str) -> str | None:
    """What the card form looks like from there."""
    page = await read(stage.folder / "sentinel.db", f"checks/{CARD}")
    return next((str(one["verdict"]) for one in page["places"] if one["place"] == place), None)


async def until_seen(stage: Stage, place: str, verdict: str) -> None:
    async def look() -> bool | None:
        return (await seen(stage, place)) == verdict or None

    await until(look, COMING)


async def stored(stage: Stage, place: str) -> int:
    places = (await read(stage.folder / "sentinel.db", "places"))["places"]
    return next((int(one["stored"]) for one in places if one["name"] == place), 0)


def test_an_agent_enrols_probes_is_cut_off_comes_back_and_is_shut_out(tmp_path: Path) -> None:
    """F23 with real processes."""

    async def main() -> None:
        over = {"places": {"madrid": {"allow_private": ["127.0.0.0/8"]}}}
        async with Stage(tmp_path, overrides=steady(over)) as stage:
            cable = await Cable(int(stage.listen.rpartition(":")[2])).lay()
            try:
                await _life(stage, cable)
            finally:
                await cable.end()

    asyncio.run(main())


async def _life(stage: Stage, cable: Cable) -> None:
    state = stage.folder / "madrid" / "credential.json"
    async with agent(stage, cable.url, "madrid", await token_of(stage, "madrid")) as first:
        await until_seen(stage, "madrid", "up")
        assert state.stat().st_mode & 0o077 == 0
        cable.pull()
        stage.company.break_("payments", How.ERROR)
        before = await stored(stage, "madrid")
        await asyncio.sleep(0)
        os.kill(first.pid, signal.SIGTERM)
        assert await asyncio.wait_for(first.wait(), COMING) == 0, "it ends although nobody answers"
    cable.plug()
    async with agent(stage, cable.url, "madrid") as second:
        await until_seen(stage, "madrid", "down")
        assert await stored(stage, "madrid") > before
        (known,) = (await read(stage.folder / "sentinel.db", "agents"))["agents"]
        await shut_out(stage, known["id"])
        assert await asyncio.wait_for(second.wait(), COMING) == 1
    log = (stage.folder / "madrid.log").read_text()
    assert "was revoked" in log
    assert json.loads(state.read_text())["token"] not in log + stage.log.read_text()


async def shut_out(stage: Stage, number: int) -> None:
    held = json.loads((stage.folder / "sentinel.db.hub").read_text())
    headers = {"authorization": f"Bearer {held['token']}"}
    async with httpx.AsyncClient(base_url=held["url"], headers=headers, trust_env=False) as client:
        (await client.delete(f"/api/v1/agents/{number}")).raise_for_status()
