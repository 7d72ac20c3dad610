"""A bounce all the way round: `sentinel serve` sends, a mail server hands it back by LMTP, and the books and doctor show it."""

import asyncio
import json
import smtplib
import sys
from pathlib import Path

import pytest

from sentinel.demo.patience import until, until_true
from sentinel.demo.services import How
from sentinel.demo.stage import Stage, free_port
from tests.exchange import bounces
from tests.run.hubs import COMING, lead_of, read
from tests.run.imap import ImapServer
from tests.steady import steady

pytestmark = pytest.mark.timeout(600)


def hand_back(port: int, path: str) -> int:
    with smtplib.LMTP("127.0.0.1", port, timeout=30) as client:
        client.ehlo_or_helo_if_needed()
        client.docmd("MAIL FROM:<>")
        client.docmd(f"RCPT TO:<{path}>")
        return client.data(bounces.postfix(path))[0]


def test_what_comes_back_stands_on_the_notices_books(tmp_path: Path) -> None:
    """F32: the provider accepts, then reports bounces; by LMTP and by a mailbox, with the words of `returns:`."""

    async def main() -> None:
        port = free_port()
        async with ImapServer().open() as imap:
            overrides = {
                "channels": {"email": {"email": {"bounces": "bounces@northwind.example"}}},
                "policies": {"guards": {"first_batch": 1000}},
                "returns": {
                    "lmtp": f"127.0.0.1:{port}",
                    "imap": {
                        "server": f"imap://127.0.0.1:{imap.port}", "user": "bounces", "every": "1s",
                        "password": f"${{file:{password_in(tmp_path)}}}",
                    },
                },
            }  # fmt: skip
            async with Stage(tmp_path / "stage", overrides=steady(overrides)) as stage:
                await told_and_returned(stage, imap, port)

    asyncio.run(main())


def password_in(folder: Path) -> Path:
    path = folder / "password"
    path.write_text("a secret")
    path.chmod(0o600)
    return path


async def told_and_returned(stage: Stage, imap: ImapServer, port: int) -> None:
    stage.company.break_("payments", How.ERROR)
    async with lead_of(stage) as lead:
        page = await lead.incident_when(lambda page: "payments" in page["incident"]["services"], 60)
        draft = await lead.draft_when(page["incident"]["id"], "opened", 60)
        count = await lead.approve(page["incident"]["id"], draft["notice"]["id"])
    await stage.mailroom.until(lambda room: len(customers(stage)) == count, COMING)
    first, second = customers(stage)[:2]
    assert await asyncio.to_thread(hand_back, port, first) == 250
    assert await asyncio.to_thread(hand_back, port, first) == 250, "duplicated: it counts once"
    imap.put(bounces.exchange(second))
    books = f"notices/{draft['notice']['id']}/deliveries?limit=200"

    async def both() -> list[dict[str, str]] | None:
        rows = (await read(stage.folder / "sentinel.db", books))["deliveries"]
        found = [one for one in rows if one["bounced_at"]]
        return found if len(found) == 2 else None

    came_back = await until(both, COMING)
    assert {one["state"] for one in came_back} == {"accepted"}
    assert {one["bounce_why"].split()[1] for one in came_back} == {"5.1.1", "5.1.10"}
    await until_true(lambda: imap.unseen == 0, COMING)  # it is marked after it is on disk
    doctor = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "sentinel", "doctor", "--json", "--config", str(stage.world.config), env=stage.environment,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said = json.loads((await doctor.communicate())[0])
    assert {one["what"]: one["state"] for one in said}["bounces by IMAP"] == "ok", said


def customers(stage: Stage) -> list[str]:
    """The return paths of what customers got."""
    return [mail.sender for mail in stage.mailroom.received if mail.sender.startswith("bounces+")]
