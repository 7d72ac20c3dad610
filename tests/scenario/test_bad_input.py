"""Bad input against a running hub: a clear error or verdict where its user looks, and nothing is lost."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sentinel.demo.lead import Lead, Turned
from sentinel.demo.mishap import DROP, Refuse, Step, at
from sentinel.demo.patience import until
from sentinel.demo.people import told
from sentinel.demo.post import Post, addresses, one_each
from sentinel.demo.services import How
from sentinel.demo.stage import Stage
from tests.steady import steady

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with Stage(tmp_path, overrides=steady()) as running:
        yield running


@pytest.fixture
async def lead(stage: Stage) -> AsyncIterator[Lead]:
    someone = await signed_in(stage)
    yield someone
    await someone.close()


async def signed_in(stage: Stage) -> Lead:
    someone = Lead(stage.url, stage.folder / "sentinel.db", stage.world.lead, stage.world.password)
    await someone.sign_in()
    return someone


async def shown(lead: Lead, check: str, state: str) -> Any:
    """The check on the board once it is shown in that state."""

    async def look() -> Any:
        board = await lead.read("board")
        found = [c for service in board["services"] for c in service["checks"] if c["id"] == check]
        return found[0] if found[0]["shown"] == state else None

    return await until(look, 60)


async def open_incident(stage: Stage, lead: Lead) -> tuple[int, Any]:
    """Payments broken, and the draft that waits."""
    stage.company.break_("payments", How.REFUSE)
    page = await lead.incident_when(lambda page: "payments" in page["incident"]["services"])
    number = page["incident"]["id"]
    return number, await lead.draft_when(number, "opened")


async def test_an_unreachable_or_wrong_target_is_down_with_its_reason_on_the_board(tmp_path: Path) -> None:
    async with Stage(tmp_path) as stage:  # with its short times: one of them answers too late
        lead = await signed_in(stage)
        for service, how, check, reason in (
            ("payments", How.HANG, "card-form", "timed out"),
            ("documents", How.REFUSE, "document-list", "refused"),
            ("accounts", How.ERROR, "sign-in-page", "503"),
            ("quoting", How.WRONG, "quote-form", "lacks “Get your quote”"),
        ):
            stage.company.break_(service, how)
            assert reason in (await shown(lead, f"{service}.{check}", "down"))["reason"]
        await lead.close()


async def test_a_second_hub_on_the_same_store_is_refused_and_the_first_goes_on(stage: Stage, lead: Lead) -> None:
    environment = {"PATH": os.environ["PATH"], **stage.world.environment}
    second = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "sentinel", "serve", "--config", str(stage.world.config)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert second.returncode == 3
    assert f"in use by another hub (process {stage.hub_pid})" in second.stderr
    assert "Traceback" not in second.stderr
    assert (await lead.read("board"))["services"]


async def test_rows_of_the_directory_that_cannot_be_read_are_shown_and_the_others_are_told(stage: Stage, lead: Lead) -> None:
    number, view = await open_incident(stage, lead)
    problems = " ".join(view["audience"]["problems"])
    assert "customers.csv:62: column email" in problems
    assert view["audience"]["notes"] == ["1 reads none of our languages, and gets English"]
    assert "could not be read" in await lead.page(f"/incidents/{number}")
    assert view["audience"]["sending"] == len(told("payers"))


async def test_an_approval_of_changed_text_is_refused_on_the_page(stage: Stage, lead: Lead) -> None:
    number, view = await open_incident(stage, lead)
    notice, draft = view["notice"]["id"], view["draft"]
    english = next(body for body in draft["bodies"] if body["language"] == "en")
    fields = {
        "version": str(draft["version"]),
        "language": "en",
        **{form: english[form] for form in ("subject", "short", "page", "voice")},
    }
    there = f"/incidents/{number}"
    await lead.fill_in(f"/notices/{notice}/edit", there, **fields, text=english["text"].replace("Dear {name}", "Hello {name}"))
    stale = {"hash": draft["hash"], "count": str(view["audience"]["sending"])}
    with pytest.raises(Turned, match="changed since you read it"):
        await lead.fill_in(f"/notices/{notice}/approve", there, **stale)
    fresh = (await lead.read(f"notices/{notice}"))["draft"]
    typed = {**fields, "version": str(fresh["version"]), "text": english["text"] + "\n\nBack at 14:30."}
    with pytest.raises(Turned, match="time written by hand"):
        await lead.fill_in(f"/notices/{notice}/edit", there, **typed)
    assert not Post(stage).all


async def test_a_mail_server_that_stumbles_delays_mail_and_doubles_none(stage: Stage, lead: Lead) -> None:
    """451 after RCPT for a while, and connections cut before the body: all get one, none two."""
    number, view = await open_incident(stage, lead)
    refuse = at(Step.RCPT, Refuse(code=451, text="try later"), times=6, skip=3)
    drop = at(Step.DATA, DROP, times=3, skip=10)

    async def hook(moment: Any) -> Any:
        is_customer = "desk@" not in moment.about.get("recipient", "")
        return (await refuse(moment) or await drop(moment)) if is_customer else None

    stage.mailroom.hook = hook
    await lead.approve(number, view["notice"]["id"])
    post = Post(stage)
    settled = await until(lambda: _rested(lead, view["notice"]["id"]), 60)
    arrived = addresses(post.all)
    assert not arrived - one_each(told("payers"))
    counts = settled["counts"]
    assert counts["accepted"] == arrived.total()
    assert counts["accepted"] + counts["in_doubt"] == len(told("payers"))
    assert counts["in_doubt"] <= 3


async def _rested(lead: Lead, notice: int) -> Any:
    books = next((b for b in await lead.read("books") if b["books"]["notice"] == notice), None)
    at_work = ("expanding", "queued", "claimed", "armed", "retry")
    rests = books is not None and not any(books["books"]["counts"].get(state) for state in at_work)
    return books["books"] if rests and books is not None and books["balanced"] else None


async def test_the_kill_switch_stops_customers_mail_and_survives_a_restart(stage: Stage, lead: Lead) -> None:
    number, view = await open_incident(stage, lead)
    await lead.fill_in("/hold", "/hold", hold="on", why="wrong words")
    await lead.approve(number, view["notice"]["id"])
    await stage.kill_hub()
    await stage.start_hub()
    await lead.sign_in()
    assert (await lead.read("board"))["hold"]["on"] is True
    await lead.incident_when(lambda page: any(b["brief"]["words"] and b["state"] == "accepted" for b in page["briefs"]))
    assert not Post(stage).all
    await lead.fill_in("/hold", "/hold", hold="off")
    post = Post(stage)
    assert addresses(await post.until_count(len(told("payers")))) == one_each(told("payers"))
