"""The public pages over the real application: prepared bytes, languages, caching, and a store that cannot be read."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree

import httpx
import pytest

from sentinel.model.incident import Phase
from sentinel.serve.status.port import Retracted
from sentinel.serve.status.prepared import STALE_AFTER
from sentinel.serve.status.routes import DOCUMENTS
from tests.serve import world
from tests.serve.browser import Browser, Clock, client, text_of
from tests.serve.hub import MemoryHub
from tests.serve.standin_status import broken, quiet

ATOM = "{http://www.w3.org/2005/Atom}"
PATHS = ("/status", "/status/history", "/status/es", "/status/es/history", "/history.atom", "/history.rss")


@pytest.fixture
async def anybody(hub: MemoryHub, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    hub.state = broken("You cannot pay.\n\nPlease <wait> & see.")
    async with client(hub, clock) as connection:
        yield connection


async def until(condition: Callable[[], bool]) -> None:
    """Wait for the page to have looked again."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the look is the application's own: nobody tells us of it
            await asyncio.sleep(0.02)


async def until_shown(connection: httpx.AsyncClient, path: str, text: str) -> httpx.Response:
    """Ask again until the page says so."""
    async with asyncio.timeout(10):
        while text not in (answer := await connection.get(path)).text:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)
    return answer


@pytest.mark.anyio
@pytest.mark.parametrize("path", [*PATHS, *(f"/api/v2/{name}" for name in DOCUMENTS)])
async def test_anybody_may_read_it_and_keep_it_for_half_a_minute(anybody: httpx.AsyncClient, path: str) -> None:
    answer = await anybody.get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=30"
    assert answer.headers["etag"]
    assert answer.headers["age"] == "0"
    assert "set-cookie" not in answer.headers
    found = "all" if path in PATHS else "noindex, nofollow"
    assert answer.headers["x-robots-tag"] == found, "people find the page by a search; its JSON is for programs"


@pytest.mark.anyio
@pytest.mark.parametrize("path", ["/status", "/api/v2/summary.json", "/history.atom"])
async def test_who_has_it_already_is_told_so(anybody: httpx.AsyncClient, path: str) -> None:
    for coding in ("gzip", "identity"):
        etag = (await anybody.get(path, headers={"accept-encoding": coding})).headers["etag"]
        for asked in (etag, f"W/{etag}", f'"other", {etag}', "*"):
            again = await anybody.get(path, headers={"accept-encoding": coding, "if-none-match": asked})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert (await anybody.get(path, headers={"if-none-match": '"other"'})).status_code == 200


@pytest.mark.anyio
async def test_it_comes_packed_where_that_is_asked_for(anybody: httpx.AsyncClient) -> None:
    async with anybody.stream("GET", "/status", headers={"accept-encoding": "br, gzip"}) as answer:
        packed = b"".join([part async for part in answer.aiter_raw()])
        assert answer.headers["content-encoding"] == "gzip"
        assert "Accept-Encoding" in answer.headers["vary"]
    plain = await anybody.get("/status", headers={"accept-encoding": "gzip;q=0"})
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(packed) == plain.content


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "liked", "language"),
    [
        ("/status", "", "en"),
        ("/status", "es-MX,es;q=0.9,en;q=0.8", "es"),
        ("/status", "fr, es;q=0.5, en;q=0.4", "es"),
        ("/status", "fr", "en"),
        ("/status", "es;q=0", "en"),
        ("/status", ";;;q=x,,", "en"),
        ("/status?lang=es", "en", "es"),
        ("/status?lang=xx", "es", "es"),
        ("/status/es", "en", "es"),
        ("/status/es/history", "en", "es"),
        ("/history.atom?lang=es", "", "es"),
    ],
)
async def test_it_speaks_the_readers_language(anybody: httpx.AsyncClient, path: str, liked: str, language: str) -> None:
    answer = await anybody.get(path, headers={"accept-language": liked})
    assert answer.headers["content-language"] == language
    assert ("(es)" in answer.text) == (language == "es")


@pytest.mark.anyio
async def test_a_language_that_we_do_not_speak_has_no_page(anybody: httpx.AsyncClient) -> None:
    for path in ("/status/fr", "/status/fr/history", "/status/nothing"):
        assert (await anybody.get(path)).status_code == 404


@pytest.mark.anyio
async def test_words_are_escaped_and_keep_their_paragraphs(anybody: httpx.AsyncClient) -> None:
    page = (await anybody.get("/status")).text
    assert "You cannot pay.\n\nPlease &lt;wait&gt; &amp; see." in page
    assert "<wait>" not in page
    assert "style=" not in page
    assert "<script" not in page


@pytest.mark.anyio
async def test_times_are_in_the_installations_zone_with_their_offset(anybody: httpx.AsyncClient) -> None:
    assert "Sunday 22 November, 10:30 (UTC+1)" in (await anybody.get("/status")).text
    assert "As of 10:30 (UTC+1)." in (await anybody.get("/status")).text


@pytest.mark.anyio
async def test_a_thousand_requests_look_once_and_draw_once(hub: MemoryHub, anybody: httpx.AsyncClient) -> None:
    await asyncio.gather(*(anybody.get("/api/v2/summary.json") for _ in range(200)))
    assert hub.reads == 1
    assert hub.looks <= 3


@pytest.mark.anyio
async def test_a_change_is_seen_within_seconds_and_only_then_drawn(hub: MemoryHub, anybody: httpx.AsyncClient) -> None:
    before = await anybody.get("/api/v2/status.json")
    looks = hub.looks
    await until(lambda: hub.looks > looks + 1)
    assert hub.reads == 1, "nothing has changed"
    hub.state = quiet()
    after = await until_shown(anybody, "/api/v2/status.json", "Operational")
    assert hub.reads == 2
    assert before.json()["status"]["indicator"] == "critical"
    assert after.json()["status"] == {"indicator": "none", "description": "All Systems Operational"}


@pytest.mark.anyio
async def test_when_the_store_is_gone_the_last_bytes_are_served_with_their_age(
    hub: MemoryHub, anybody: httpx.AsyncClient, clock: Clock
) -> None:
    before = await anybody.get("/status")
    hub.store_is_gone = True
    clock.now += STALE_AFTER / 2
    looks = hub.looks
    await until(lambda: hub.looks > looks + 1)
    still = await anybody.get("/status")
    assert (still.content, still.headers["age"]) == (before.content, "45")
    clock.now += STALE_AFTER
    looks = hub.looks
    await until(lambda: hub.looks > looks + 1)
    old = await anybody.get("/status")
    assert old.status_code == 200
    assert old.headers["age"] == "135"
    assert "We cannot bring this page up to date at the moment. It shows what we knew at 10:30 (UTC+1)." in text_of(old)
    hub.store_is_gone = False
    looks = hub.looks
    await until(lambda: hub.looks > looks + 1)
    assert "cannot bring" not in (await anybody.get("/status")).text


@pytest.mark.anyio
async def test_while_nothing_could_ever_be_read_it_says_when_to_come_back(hub: MemoryHub, clock: Clock) -> None:
    hub.store_is_gone = True
    async with client(hub, clock) as connection:
        for path in ("/status", "/api/v2/summary.json"):
            answer = await connection.get(path)
            assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
            assert "hunter2" not in answer.text


@pytest.mark.anyio
async def test_the_feeds_can_be_read_by_a_reader_of_feeds(anybody: httpx.AsyncClient) -> None:
    feed = ElementTree.fromstring((await anybody.get("/history.atom")).content)
    for needed in ("id", "title", "updated"):
        assert feed.findtext(ATOM + needed)
    (entry,) = feed.findall(ATOM + "entry")
    assert "Please <wait> & see." in str(entry.findtext(ATOM + "content"))
    assert entry.findtext(ATOM + "updated") == "2026-11-22T09:30:00Z"
    rss = ElementTree.fromstring((await anybody.get("/history.rss")).content)
    (guid,) = rss.findall("channel/item/guid")
    assert guid.attrib == {"isPermaLink": "false"}
    assert guid.text == entry.findtext(ATOM + "id")


@pytest.mark.anyio
async def test_a_control_character_in_approved_words_breaks_no_feed(hub: MemoryHub, clock: Clock) -> None:
    hub.state = broken("Bell\x07, null\x00, end\x0b.")
    async with client(hub, clock) as connection:
        assert ElementTree.fromstring((await connection.get("/history.atom")).content) is not None


@pytest.mark.anyio
async def test_an_entry_keeps_its_id_and_its_correction_takes_its_place(hub: MemoryHub, clock: Clock) -> None:
    hub.state = broken("One.", "Two.")
    async with client(hub, clock) as connection:
        first = ElementTree.fromstring((await connection.get("/history.atom")).content)
        one = hub.state.disturbances[0]
        taken_back = Retracted(
            id=one.id, reference="17-A", components=("payments",), at=world.NOW, texts={"en": "It was our mistake."}
        )
        hub.state = replace(quiet(), retracted=(taken_back,))
        last = ElementTree.fromstring((await until_shown(connection, "/history.atom", "our mistake")).content)
        page = text_of(await connection.get("/status"))
    assert first.findtext(f"{ATOM}entry/{ATOM}id") == last.findtext(f"{ATOM}entry/{ATOM}id")
    assert last.findtext(f"{ATOM}entry/{ATOM}content") == "It was our mistake."
    assert "Correction: Online payments" in page
    assert "It was our mistake." in page


@pytest.mark.anyio
async def test_words_that_are_void_are_history_and_not_the_last_word(hub: MemoryHub, clock: Clock) -> None:
    state = broken("You cannot pay at all.")
    one = state.disturbances[0]
    void = replace(one.told[0], stands=False)
    hub.state = replace(state, disturbances=(replace(one, told=(void,), next_word_at=world.NOW + timedelta(hours=1)),))
    async with client(hub, clock) as connection:
        page = (await connection.get("/status")).text
    current = page.partition('class="words current">')[2].partition("</div>")[0]
    assert current == "We have seen that something is wrong, and we are looking into it."
    assert "Our next word stands here by 11:30 (UTC+1) at the latest." in page
    assert page.count("You cannot pay at all.") == 1


@pytest.mark.anyio
async def test_what_is_over_is_not_said_to_be_broken_still(hub: MemoryHub, clock: Clock) -> None:
    state = broken("You cannot pay at all.")
    over = replace(state.disturbances[0], phase=Phase.RESOLVED, resolved_at=world.NOW)
    hub.state = replace(state, components=quiet().components, disturbances=(over,))
    async with client(hub, clock) as connection:
        pages = [text_of(await connection.get(path)) for path in ("/status/history", "/status/es/history")]
    assert "Trouble with Online payments Was not working Reference" in pages[0]
    assert "No funcionaba Referencia" in pages[1]
    assert "✕" not in "".join(pages)


@pytest.mark.anyio
async def test_no_page_of_it_asks_who_reads(stranger: Browser) -> None:
    for path in PATHS:
        assert (await stranger.get(path)).status_code == 200
