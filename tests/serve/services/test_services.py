"""The pages of services, checks and places, as somebody who may read them sees them."""

from datetime import timedelta

import pytest

from sentinel.serve.services.picture import HEIGHT, picture
from sentinel.serve.services.port import Latency, Span
from tests.serve import world
from tests.serve.browser import Browser, text_of
from tests.serve.hub import MemoryHub
from tests.serve.standin_services import CHECK

PATHS = ("/services", "/services/payments", f"/checks/{CHECK}", "/places")


@pytest.mark.anyio
@pytest.mark.parametrize("path", PATHS)
async def test_who_is_not_signed_in_is_led_to_the_door(stranger: Browser, path: str) -> None:
    answer = await stranger.get(path)
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/sign-in")


@pytest.mark.anyio
@pytest.mark.parametrize("path", PATHS)
async def test_whatever_a_target_answers_is_shown_and_never_run(lead: Browser, hub: MemoryHub, path: str) -> None:
    hub.mark = "<img src=x onerror=alert(1)>"
    page = (await lead.get(path)).text
    assert "<img src=x" not in page
    assert "style=" not in page
    assert "&lt;img" in page


@pytest.mark.anyio
async def test_services_tell_owner_uptime_and_what_was_left_out(lead: Browser) -> None:
    page = text_of(await lead.get("/services"))
    assert "Billing platform, Maria Okafor" in page
    assert "last reviewed 2025-01-01: overdue" in page
    assert "98.26 % 50 down of 2,880, 30 slow, 7 could not see (left out)" in page
    assert "no samples" in page


@pytest.mark.anyio
async def test_a_service_tells_how_each_statement_reaches_customers(lead: Browser) -> None:
    page = text_of(await lead.get("/services/payments"))
    assert "Reaches payers by e-mail, in English, Español." in page
    assert "Customers cannot be told of it. payments does not tell customers." in page
    assert "ended 2026-11-01: left out of messages" in page


@pytest.mark.anyio
async def test_a_check_shows_facts_phases_reason_and_excerpt(lead: Browser) -> None:
    answer = await lead.get(f"/checks/{CHECK}")
    page = text_of(answer)
    for part in ("status 503, expected 200", "203.0.113.9", "first byte 50.0 ms", "<h1>no</h1>", "authorization: •••"):
        assert part in page
    assert answer.text.count("<polyline") == 6, "three lines, each broken once by a gap"


@pytest.mark.anyio
async def test_a_check_tells_of_each_window_how_much_was_up_and_how_long_it_took(lead: Browser) -> None:
    page = text_of(await lead.get(f"/checks/{CHECK}"))
    assert "1 h no samples" in page
    assert "24 h 99.942 % 84 ms 201 ms 1240 ms 5 down of 8,633, 30 slow, 7 could not see (left out)" in page
    assert "7 d 100.00 %" in page


def test_days_are_those_of_utc_wherever_the_reader_is() -> None:
    since = world.NOW.replace(hour=0, minute=0)
    days = Latency(hours=2160, since=since, until=since + timedelta(days=90), width=timedelta(days=1), spans=())
    assert picture(days, "America/New_York").times[0] == f"{since.day} {since:%b}"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("asked", "shown"), [("1", "1 h"), ("168", "7 d"), ("2160", "90 d"), ("7", "24 h"), ("x", "24 h"), ("", "24 h")]
)
async def test_only_the_offered_spans_are_drawn(lead: Browser, asked: str, shown: str) -> None:
    page = (await lead.get(f"/checks/{CHECK}?hours={asked}")).text
    assert f'aria-current="true">{shown}</a>' in page


@pytest.mark.anyio
async def test_what_is_not_there_is_a_page_that_says_so(lead: Browser) -> None:
    for path in ("/services/nothing", "/checks/nothing.at-all"):
        assert (await lead.get(path)).status_code == 404


@pytest.mark.anyio
async def test_a_place_never_heard_of_is_shown(lead: Browser) -> None:
    assert "branch ? never heard" in text_of(await lead.get("/places"))


@pytest.mark.anyio
async def test_each_agent_of_a_place_is_there_with_what_it_holds_and_how_it_stands_in_plain_words(lead: Browser) -> None:
    page = text_of(await lead.get("/places"))
    for part in (
        "madrid-1 ✓ at work Holds 3 of 5 checks; last report",
        "version 0.1.0; 98,765 samples, of which 12 came late and are history alone.",
        "madrid-2 ! silent for 4 min",
        "madrid-3 … has yet to enrol Its token works for one agent, until",
        "madrid-4 × did not come in time",
        "madrid-5 × shut out Nothing that it sends counts any more.",
        "vigo ! lost",
        "None of its agents is heard of: what it said last counts no more, and other places decide.",
        "bilbao ! cannot see",
        "sevilla ? nobody there",
        "No agent looks from here yet. sentinel place add sevilla makes the token by which one enrols.",
        "The hub itself looks from here.",
    ):
        assert part in page, part
    assert "machine-7" not in page, "names of machines are for those who work on them"


@pytest.mark.anyio
async def test_who_works_on_machines_sees_who_is_running_and_viewers_do_not(lead: Browser, stranger: Browser) -> None:
    page = text_of(await lead.get("/places"))
    assert "hub-1, hub ✓ running" in page
    assert "sender-1, worker ! silent for" in page
    await stranger.sign_in(world.VIEWER.email, world.VIEWER.password.reveal())
    assert "Who is running" not in text_of(await stranger.get("/places"))


def latency(*spans: Span) -> Latency:
    return Latency(
        hours=1, since=world.NOW - timedelta(hours=1), until=world.NOW, width=timedelta(minutes=1), spans=tuple(spans)
    )


def at(minute: int, median: float | None, **more: int) -> Span:
    return Span(at=world.NOW - timedelta(minutes=60 - minute), samples=1, median=median, p95=median, p99=median, **more)


def test_a_gap_parts_the_line() -> None:
    drawn = picture(latency(at(0, 10), at(1, 10), at(5, 10), at(6, None), at(7, 10)), "UTC")
    assert len(drawn.median) == 3


def test_the_largest_value_fits_and_zero_lies_at_the_bottom() -> None:
    drawn = picture(latency(at(0, 0.0), at(1, 499.0), at(2, 500.0)), "UTC")
    heights = [float(point.partition(",")[2]) for point in drawn.median[0].split()]
    assert (max(heights), min(heights)) == (HEIGHT, 0.0)
    assert drawn.heights == ("500 ms", "250 ms", "0 ms")


def test_a_picture_without_samples_is_one() -> None:
    drawn = picture(latency(), "Europe/Madrid")
    assert (drawn.median, drawn.marks, drawn.says) == ((), (), "No samples in the last 1 hour.")


def test_the_worst_of_a_bucket_gives_its_mark() -> None:
    drawn = picture(latency(at(0, 1, bad=1, degraded=5), at(1, 1, degraded=1, unknown=3), at(2, 1, unknown=1), at(3, 1)), "UTC")
    assert [mark.kind for mark in drawn.marks] == ["bad", "slow", "unknown"]
