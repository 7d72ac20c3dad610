"""ledgerd as a process: it keeps before it answers, refuses, limits, drops, and kills whom it was told to, at the very step."""

import asyncio
import json
import smtplib
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from bench.chaos.ledgerd.keep import Taken, read
from bench.chaos.ledgerd.peer import owner_of
from bench.chaos.ledgerd.snare import Moment, Mood, Snare
from bench.chaos.steps import SMTP, Step
from bench.chaos.underling import ROOT, Underling

pytestmark = pytest.mark.anyio
SEND = """
import smtplib, sys
with smtplib.SMTP("127.0.0.1", int(sys.argv[1])) as relay:
    text = "Message-ID: <k@x>\\r\\nSubject: Hello\\r\\n\\r\\nText.\\r\\n"
    relay.sendmail("service@northwind.example", ["ana@example.com"], text)
"""


@pytest.fixture
async def ledgerd(tmp_path: Path) -> AsyncIterator[Underling]:
    async with Underling("bench.chaos.ledgerd", str(tmp_path / "seen.jsonl"), log=tmp_path / "log") as started:
        yield started


def seen(tmp_path: Path) -> list[Taken]:
    return read(tmp_path / "seen.jsonl")[0]


async def sync(ledgerd: Underling) -> None:
    """Everything ordered before this is in force."""
    assert (await ledgerd.ask(ask=1))["answer"] == 1


def sending(port: int) -> "subprocess.Popen[bytes]":
    """A sender that ledgerd may kill."""
    return subprocess.Popen([sys.executable, "-c", SEND, str(port)], stderr=subprocess.DEVNULL)


async def test_what_it_answers_it_has_kept(ledgerd: Underling, tmp_path: Path) -> None:
    sender = await asyncio.to_thread(sending, ledgerd.first["smtp"])
    assert await asyncio.to_thread(sender.wait, 30) == 0
    (mail,) = seen(tmp_path)
    assert (mail.by, mail.to, mail.id, mail.subject, mail.refused) == ("smtp", "ana@example.com", "<k@x>", "Hello", 0)


@pytest.mark.parametrize("step", [step for step in SMTP if step is not Step.REPLIED])
async def test_it_kills_the_sender_at_each_step(ledgerd: Underling, tmp_path: Path, step: Step) -> None:
    """F3 to F5: before the dot nothing was taken if the provider lost it; from `kept` on it was."""
    ledgerd.order(snare={"id": 1, "step": step, "then": "drop"})
    await sync(ledgerd)
    sender = await asyncio.to_thread(sending, ledgerd.first["smtp"])
    # The number of the one who may be killed is known once it runs; nobody is killed before.
    ledgerd.order(senders=[sender.pid])
    sprung = await ledgerd.heard()
    assert (sprung["sprung"], sprung["step"]) == (1, step)
    code = await asyncio.to_thread(sender.wait, 30)
    assert code == -9 if sprung["pid"] else code != 0
    assert len(seen(tmp_path)) == (1 if step is Step.KEPT else 0)


async def test_a_dead_mailbox_is_refused_every_time_and_written_down(ledgerd: Underling, tmp_path: Path) -> None:
    ledgerd.order(mood={"dead": 1.0})
    await sync(ledgerd)

    def refused() -> int:
        with smtplib.SMTP("127.0.0.1", ledgerd.first["smtp"]) as relay:
            relay.ehlo("x")
            relay.mail("service@northwind.example")
            return relay.rcpt("ana@example.com")[0]

    assert [await asyncio.to_thread(refused) for _ in range(2)] == [550, 550]
    assert [each.refused for each in seen(tmp_path)] == [550, 550]


def post(port: int, path: str, key: str) -> tuple[int, dict[str, str], Any]:
    asked = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        data=json.dumps({"to": "ana@example.com", "subject": "Hello"}).encode(),
        headers={"Content-Type": "application/json", "Idempotency-Key": key},
    )
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status, dict(answer.headers), json.loads(answer.read())
    except HTTPError as refused:
        with refused:
            return refused.code, dict(refused.headers), None


async def test_a_key_is_honoured_by_one_provider_and_ignored_by_the_other(ledgerd: Underling, tmp_path: Path) -> None:
    for path in ("/keyed", "/keyed", "/plain", "/plain"):
        assert (await asyncio.to_thread(post, ledgerd.first["http"], path, "k"))[0] == 200
    assert [(each.by, each.again) for each in seen(tmp_path)] == [
        ("keyed", False), ("keyed", True), ("plain", False), ("plain", False),
    ]  # fmt: skip


async def test_it_limits_with_the_retry_after_that_it_was_told(ledgerd: Underling) -> None:
    """F28: seconds, a date, an absurd one, none."""
    told = ["3", "Sun, 06 Nov 2050 08:49:37 GMT", "315360000", ""]
    ledgerd.order(mood={"limits": told})
    await sync(ledgerd)
    answers = [await asyncio.to_thread(post, ledgerd.first["http"], "/keyed", "k") for _ in range(5)]
    assert [status for status, _, _ in answers] == [429, 429, 429, 429, 200]
    assert [headers.get("Retry-After", "") for _, headers, _ in answers[:4]] == told


def test_a_snare_lets_others_pass() -> None:
    moment = Moment(step=Step.RCPT, by="smtp", port=1, lane="staff")
    assert not Snare(id=1, step=Step.RCPT, lane="customers").fits(moment)
    assert Snare(id=1, step=Step.RCPT).fits(moment)
    assert not Snare(id=1, step=Step.DATA).fits(moment)


def test_chance_is_the_same_for_the_same_seed() -> None:
    assert Mood(seed=3).chance("dead", "ana") == Mood(seed=3).chance("dead", "ana")
    assert Mood(seed=3).chance("dead", "ana") != Mood(seed=4).chance("dead", "ana")


def test_nobody_owns_a_connection_among_nobody() -> None:
    assert owner_of(1, []) == 0
    assert owner_of(1, [42]) == 42
    assert owner_of(1, [42, 43]) == 0


def test_the_harness_is_started_from_its_checkout() -> None:
    assert (ROOT / "bench" / "chaos").is_dir()
