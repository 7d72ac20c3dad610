"""The kind `browser` in a real Chromium against a real server on loopback. Each sample starts a browser, so they are few."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sentinel.model.observation import Verdict
from sentinel.model.secret import Secret
from sentinel.probe.kind.browser import Options, facts_of
from sentinel.probe.looking import Came
from tests.browser.chromium import found
from tests.probe.kind.shop import PASSWORD, Shop, northwind, until
from tests.probe.looked import sample

pytestmark = pytest.mark.anyio

SIGN_IN = {
    "step": "hand in",
    "fill": {"#user": "jo", "#password": "{password}"},
    "select": {"#product": "Home"},
    "click": "text=Hand in",
    "expect": {"text": ["for home is with us", "jo"], "url": "/claimed", "selector": "#number", "lacks": "Error"},
    "keep": {"number": {"text_of": "#number"}, "who": {"between": ["is with us, ", "o"]}},
}
LOOK = {
    "step": "look",
    "open": "/new?for={number}",
    "expect": {"title": "Northwind claims"},
    "keep": {"u": {"value_of": "#user"}},
}


async def walked(shop: Shop, *steps: Any, seconds: float = 30.0, **options: Any) -> Came:
    secrets = {"password": Secret(PASSWORD)}
    made = {"site": shop.url(), "secrets": secrets, "steps": list(steps), "executable": found(), **options}
    return await sample("browser", made, timeout=seconds)


def browsers(of: int) -> list[str]:
    """Numbers of the processes of a browser or its driver that live and descend from the process `of`."""
    listed = subprocess.run(["ps", "-eo", "pid,ppid,args"], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()[1:]]
    family = {str(of)}
    for _ in range(10):  # generations
        family |= {pid for pid, parent, _ in rows if parent in family}
    return [pid for pid, _, said in rows if pid in family and ("chrom" in said or "playwright" in said) and lives(pid)]


def lives(pid: str) -> bool:
    """It runs, and does not wait to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def is_picture(path: str) -> bool:
    """A PNG that nobody else may read."""
    file = Path(path)
    private = (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    return private and file.read_bytes().startswith(b"\x89PNG")


async def test_a_customers_way_through_the_pages_is_walked() -> None:
    with northwind() as shop:
        came = await walked(shop, {"step": "open", "open": "/new", "expect": "Report a claim"}, SIGN_IN, LOOK)
        assert (came.verdict, came.reason) == (Verdict.UP, "")
        assert [asked for asked in shop.asked if "favicon" not in asked] == ["GET /new", "POST /claimed", "GET /new?for=C-4711"]
    facts = dict(came.facts)
    assert (facts["steps_done"], facts["step"]) == (3, "look")
    assert all(float(facts[name] or 0) > 0 for name in ("open_ms", "hand_in_ms", "look_ms", "browser_ms"))
    assert "evidence" not in facts
    assert browsers(os.getpid()) == []


async def test_what_is_not_to_be_seen_is_told_with_what_is_and_pictured(tmp_path: Path) -> None:
    with northwind() as shop:
        fill = {"step": "fill in", "fill": {"#user": "{password}"}, "expect": "Welcome", "within": "PT2S"}
        came = await walked(shop, {"step": "open", "open": "/new"}, fill, pictures=str(tmp_path / "pictures"))
    assert came.verdict is Verdict.DOWN
    assert came.reason == "step `fill in`: the page lacks “Welcome” after 2 s; it shows “Report a claim Car Home Hand in”"
    assert "Northwind claims" in str(came.facts["evidence"])
    assert is_picture(str(came.facts["screenshot"]))
    assert PASSWORD not in str(came)


async def test_a_page_that_answers_badly_is_down_with_what_it_shows() -> None:
    with northwind() as shop:
        came = await walked(shop, {"step": "open", "open": "/busy"})
    assert (came.verdict, came.reason) == (
        Verdict.DOWN,
        "step `open`: status 503, expected 2xx or 3xx; it shows “Service unavailable”",
    )


async def test_called_off_in_the_midst_it_leaves_no_process_behind() -> None:
    with northwind() as shop:
        shop.hangs_at = "/claimed"
        walking = asyncio.create_task(walked(shop, {"step": "open", "open": "/new"}, SIGN_IN, seconds=100))
        await until(lambda: "POST /claimed" in shop.asked)
        assert browsers(os.getpid())
        walking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await walking
    assert browsers(os.getpid()) == []


async def test_a_browser_that_does_not_come_up_in_time_is_our_own_trouble() -> None:
    with northwind() as shop:
        came = await walked(shop, {"step": "open", "open": "/new"}, seconds=0.2)
        assert not shop.asked
    assert (came.verdict, came.reason) == (Verdict.UNKNOWN, "timed out after 0.2 s while starting the browser")
    assert browsers(os.getpid()) == []


async def test_the_address_guard_holds_for_what_pages_lead_to() -> None:
    with northwind() as shop:
        away = {"step": "away", "open": "https://10.1.2.3:8443/"}
        came = await walked(shop, {"step": "open", "open": "/new"}, away)
    assert came.verdict is Verdict.UNKNOWN
    assert came.reason == "step `away`: it is at 10.1.2.3 (private), which probes may not reach: see allow_private"


async def test_where_there_is_no_browser_it_says_so() -> None:
    with northwind() as shop:
        came = await walked(shop, {"step": "open", "open": "/new"}, executable="/nowhere/chromium")
    assert came.verdict is Verdict.UNKNOWN
    assert came.reason.startswith("the browser does not start: ")


ROOT = Path(__file__).resolve().parents[3]
ALONE = """
import asyncio, json, sys
sys.path.insert(0, sys.argv[2])
from tests.probe.looked import sample
asyncio.run(sample("browser", json.loads(sys.argv[1]), timeout=60.0))
"""


async def test_a_prober_that_is_killed_takes_its_browser_along() -> None:
    with northwind() as shop:
        shop.hangs_at = "/hangs"
        steps = [{"step": "open", "open": shop.url("/new")}, {"step": "hang", "open": shop.url("/hangs")}]
        options = f'{{"executable": "{found()}", "steps": {str(steps).replace(chr(39), chr(34))}}}'
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", ALONE, options, str(ROOT))
        await until(lambda: "GET /hangs" in shop.asked or child.returncode is not None)
        mine = browsers(child.pid)
        assert mine
        child.send_signal(signal.SIGKILL)
        await child.wait()
        await until(lambda: not any(map(lives, mine)))


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ([{"step": "one", "click": "a"}], "the first step must `open` an address"),
        ([{"step": "one", "open": "/new"}], "say what `site` it stands on"),
        ([{"step": "one", "open": "file:///etc/passwd"}], "must begin with https:// or http://"),
        ([{"step": "one", "open": "http://a/"}, {"step": "two"}], "say what the step does"),
        ([{"step": "one", "open": "http://a/", "expect": {"text": "{x}"}}], "is no secret"),
        ([{"step": "browser", "open": "http://a/"}], "a step cannot be called `browser`"),
    ],
)
async def test_what_makes_no_sense_is_refused_at_load(options: Any, why: str) -> None:
    with pytest.raises(ValidationError, match=why.replace("{", r"\{").replace("}", r"\}")):
        Options.model_validate({"steps": options})
    assert facts_of({"steps": [{"step": "sign in"}]}) == {"sign_in_ms": "number"}
