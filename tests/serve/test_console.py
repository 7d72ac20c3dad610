"""The console's pages and forms, against the real application over ASGI."""

from dataclasses import replace
from datetime import timedelta

import pytest

from sentinel.model import command as ask
from sentinel.model.delivery import State
from sentinel.model.incident import Phase
from sentinel.serve.port import HoldView
from tests.serve import world
from tests.serve.browser import Browser, Clock, client, text_of
from tests.serve.hub import MemoryHub

PAGES = ("/", "/incidents/17", "/notices/11/deliveries", "/declare", "/hold", "/report", "/sign-in")


async def test_the_board_shows_what_is_open_and_what_waits_for_a_person(lead: Browser) -> None:
    page = await lead.get("/")
    words = text_of(page)
    assert page.status_code == 200
    assert "One disturbance is open" in words
    assert "A message to customers waits for approval" in words
    assert "does it hold?" in words
    assert "2 deliveries are in doubt" in words
    for shown in ("✕ down", "◔ slow", "! failing", "✓ up", "? unknown"):
        assert shown in words


async def test_times_are_shown_in_the_installations_zone_with_utc_beside_them(lead: Browser) -> None:
    page = await lead.get("/incidents/17")
    assert '<time datetime="2026-11-22T09:05:00+00:00" title="2026-11-22 09:05:00 UTC">10:05</time>' in page.text


async def test_the_incident_page_shows_the_draft_as_its_reader_gets_it(lead: Browser) -> None:
    words = text_of(await lead.get("/incidents/17"))
    assert "Dear Ana Ortiz," in words
    assert "Estimada Ana Ortiz:" in words
    assert "184 people get it" in words
    assert "12 no consent, 4 unsubscribed" in words
    assert "Reading grade 8.4" in words
    assert "still counts as on time” ended" in words
    assert "Approved with it: what goes out if the time lapses unanswered" in words
    assert "118 accepted" in words
    assert "books balance" in words


@pytest.mark.parametrize(
    ("path", "form", "command"),
    [
        ("/incidents/17/note", {"text": "Asked\r\nagain"}, ask.Note(incident=17, text="Asked\nagain")),
        (
            "/incidents/17/phase",
            {"phase": "identified", "cause-en": "Cable", "cause-es": "Cable roto", "why": "seen"},
            ask.SetPhase(incident=17, phase=Phase.IDENTIFIED, cause={"en": "Cable", "es": "Cable roto"}, why="seen"),
        ),
        (
            "/incidents/17/eta",
            {"until": "2026-11-22T14:30", "reason": "rolled back"},
            ask.SetEta(incident=17, until=world.NOW.replace(hour=13, minute=30), reason="rolled back"),
        ),
        ("/incidents/17/answer", {"promise": "4", "answer": "holds"}, ask.Answer(incident=17, promise=4, answer="holds")),
        ("/incidents/17/answer", {"promise": "4", "answer": "unknown"}, ask.Answer(incident=17, promise=4, answer="unknown")),
        ("/incidents/17/dismiss", {"reason": "a drill"}, ask.Dismiss(incident=17, reason="a drill")),
        ("/incidents/17/reopen", {"why": "still fails"}, ask.Reopen(incident=17, why="still fails")),
        ("/incidents/17/resolve", {"why": "tried it"}, ask.Resolve(incident=17, why="tried it")),
        (
            "/declare",
            {"statement": "payments.slow", "why": "3 callers"},
            ask.Declare(service="payments", statement="payments.slow", why="3 callers"),
        ),
        ("/notices/12/cancel", {"why": "wrong"}, ask.Cancel(notice=12, why="wrong")),
        (
            "/notices/12/approve",
            {"hash": "hash-1", "count": " 184 ", "desk_knows": "yes"},
            ask.Approve(notice=12, hash="hash-1", count=184, desk_knows=True),
        ),
        ("/deliveries/2/settle", {"notice": "11", "arrived": "yes"}, ask.Settle(delivery=2, arrived=True)),
        ("/deliveries/2/settle", {"notice": "11", "arrived": "no"}, ask.Settle(delivery=2, arrived=False)),
        ("/hold", {"hold": "on", "why": "wait"}, ask.Hold(on=True, why="wait")),
        ("/hold", {"hold": "off"}, ask.Hold(on=False)),
        ("/release", {"why": "looked"}, ask.Release(why="looked")),
    ],
)
async def test_a_form_becomes_its_command_in_the_name_of_who_is_signed_in(
    lead: Browser, hub: MemoryHub, path: str, form: dict[str, str], command: ask.Command
) -> None:
    answer = await lead.post(path, form)
    assert answer.status_code == 303, text_of(answer)
    assert hub.asked == [(command, "Lena Hart")]


async def test_acknowledging_is_offered_until_somebody_has_it(lead: Browser, hub: MemoryHub) -> None:
    hub.page = replace(hub.page, incident=replace(hub.page.incident, acknowledged_by=None))
    assert "I have it" in (await lead.get("/incidents/17")).text
    assert (await lead.post("/incidents/17/acknowledge", {})).status_code == 303
    assert hub.asked == [(ask.Acknowledge(incident=17), "Lena Hart")]


async def test_what_the_hub_said_is_shown_once_on_the_next_page(lead: Browser) -> None:
    answer = await lead.post("/notices/12/approve", {"hash": "hash-1", "count": "184"})
    page = await lead.get(answer.headers["location"])
    assert "Approved for 184." in text_of(page)
    assert "Approved for 184." not in text_of(await lead.get("/incidents/17"))


async def test_no_link_can_put_words_into_the_consoles_mouth(lead: Browser) -> None:
    lead.client.cookies.set("sentinel-said", "0" * 64 + ".You%20are%20fired")
    assert "fired" not in (await lead.get("/?said=fired")).text


@pytest.mark.parametrize(
    ("path", "form", "why", "kept"),
    [
        ("/notices/12/approve", {"hash": "hash-1", "count": "18"}, "You typed 18, but this goes to 184 people.", 'value="18"'),
        ("/notices/12/approve", {"hash": "old", "count": "184"}, "The draft has changed since you read it.", 'value="184"'),
        ("/notices/12/approve", {"hash": "hash-1", "count": "all"}, "Type the number of people", 'value="all"'),
        (
            "/notices/12/edit",
            {"version": "1", "language": "en", "subject": "By 14:30 &c <i>"},
            "A clock time was typed by hand",
            "\nBy 14:30 &amp;c &lt;i&gt;</textarea>",
        ),
        (
            "/notices/12/edit",
            {"version": "7", "language": "es", "text": "Hola"},
            "Somebody changed this draft meanwhile.",
            "\nHola</textarea>",
        ),
        ("/incidents/17/eta", {"until": "soon", "reason": "they said so"}, "Not a time", 'value="they said so"'),
        (
            "/incidents/17/eta",
            {"until": "2026-11-22T09:00", "reason": "x y"},
            "That time has passed",
            'value="2026-11-22T09:00"',
        ),
        ("/incidents/17/eta", {"until": "2027-03-28T02:30", "reason": "x y"}, "does not exist on that day", 'value="x y"'),
        ("/incidents/17/eta", {"until": "2026-11-22T14:30", "reason": " "}, "Say why", 'value="2026-11-22T14:30"'),
        (
            "/incidents/17/phase",
            {"phase": "monitoring", "cause-en": "Cable"},
            "The cause is missing in: es",
            'value="Cable"',
        ),
        ("/incidents/17/acknowledge", {}, "Lena Hart acknowledged incident 17-A already.", ""),
        ("/incidents/17/note", {"text": " "}, "Write the note first.", ""),
        ("/incidents/17/answer", {"promise": "4", "answer": "maybe"}, "Choose one of the answers.", ""),
        ("/incidents/17/dismiss", {"reason": ""}, "Say why there was no disturbance.", ""),
        ("/declare", {"statement": "nope", "why": "3 callers"}, "Choose what customers feel.", "3 callers</textarea>"),
        ("/deliveries/1/settle", {"notice": "11", "arrived": "yes", "why": "rang"}, "Delivery 1 is not in doubt.", ""),
        ("/deliveries/2/settle", {"notice": "11", "why": "rang her"}, "Say whether it arrived.", 'value="rang her"'),
        ("/hold", {"hold": "perhaps", "why": "because so"}, "Choose on or off.", 'value="because so"'),
    ],
)
async def test_a_refusal_is_shown_where_the_user_is_and_nothing_typed_is_lost(
    lead: Browser, hub: MemoryHub, path: str, form: dict[str, str], why: str, kept: str
) -> None:
    answer = await lead.post(path, form)
    assert answer.status_code in (409, 422)
    assert "Not done." in text_of(answer)
    assert why in text_of(answer)
    assert kept in answer.text
    assert hub.asked == []


async def test_a_refused_fold_is_open_and_the_page_leads_to_it(lead: Browser) -> None:
    answer = await lead.post("/notices/12/edit", {"version": "7", "language": "en", "subject": "Mine"})
    assert '<a href="#edit-12-en">' in answer.text
    assert '<details id="edit-12-en" open>' in answer.text
    assert '<input type="hidden" name="version" value="1">' in answer.text, "saving again is possible, knowingly"


async def test_an_edit_is_shown_back_as_it_was_written(lead: Browser, hub: MemoryHub) -> None:
    text = "Dear {name},\n\n  two spaces & <b>no markup</b>\nand an emoji 🙂"
    answer = await lead.post("/notices/12/edit", {"version": "1", "language": "en", "text": text.replace("\n", "\r\n")})
    assert answer.status_code == 303
    command = hub.asked[0][0]
    assert isinstance(command, ask.EditDraft)
    assert command.forms == {"text": text}
    assert "two spaces &amp; &lt;b&gt;no markup&lt;/b&gt;\nand an emoji 🙂</textarea>" in (await lead.get("/incidents/17")).text


async def test_words_that_must_be_mended_cannot_be_approved_from_the_page(clock: Clock) -> None:
    async with client(MemoryHub(blocks=True), clock) as connection:
        browser = Browser(connection)
        await browser.sign_in()
        page = await browser.get("/incidents/17")
        assert "This cannot be approved yet" in text_of(page)
        assert "Approve and send" not in text_of(page)


async def test_an_audience_that_is_still_counted_cannot_be_approved_from_the_page(lead: Browser, hub: MemoryHub) -> None:
    audience = hub.notices[12].audience
    assert audience
    hub.notices[12] = replace(hub.notices[12], audience=replace(audience, complete=False))
    assert "still being counted" in text_of(await lead.get("/incidents/17"))


async def test_the_approval_can_be_taken_back_only_inside_its_window(lead: Browser, clock: Clock) -> None:
    assert "Take the approval back" in text_of(await lead.get("/incidents/17"))
    clock.now += timedelta(seconds=41)
    assert "Take the approval back" not in text_of(await lead.get("/incidents/17"))


async def test_an_incident_that_is_over_offers_to_reopen_it_and_no_new_time(lead: Browser, hub: MemoryHub) -> None:
    over = replace(hub.page.incident, phase=Phase.RESOLVED)
    hub.page = replace(hub.page, incident=over, asked=())
    words = text_of(await lead.get("/incidents/17"))
    assert "It is not over" in words
    assert "Give a time" not in words


async def test_deliveries_come_in_bounded_pages_and_by_state(lead: Browser, hub: MemoryHub) -> None:
    hub.ledger = {number: world.delivery(number, State.ACCEPTED) for number in range(1, 151)}
    first = await lead.get("/notices/11/deliveries")
    assert first.text.count('<tr id="delivery-') == 100
    assert "after=100" in first.text
    assert (await lead.get("/notices/11/deliveries?after=100")).text.count('<tr id="delivery-') == 50
    assert "None in doubt." in text_of(await lead.get("/notices/11/deliveries?state=in_doubt"))
    assert (await lead.get("/notices/11/deliveries?state=nope&after=x")).status_code == 200


async def test_every_page_says_when_messages_are_held_or_wait_for_a_release(lead: Browser, hub: MemoryHub) -> None:
    hub.held = HoldView(on=True, why="wrong list", by="Lena Hart", since=world.NOW, release_needed=True)
    for path in ("/", "/incidents/17", "/report"):
        words = text_of(await lead.get(path))
        assert "On hold." in words
        assert "wrong list" in words
        assert "Restored from a backup." in words


NASTY = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</textarea><script>1</script>",
    "{{7*191}}{% raw %}",
    "javascript:alert(1)",
    "]]>&lt;b&gt;\u202egnp\u2028",
    "<!channel> \x00\x1b[2J",
)


@pytest.mark.parametrize("nasty", NASTY)
async def test_no_text_of_anybodys_becomes_markup_anywhere(clock: Clock, nasty: str) -> None:
    mark = f"Q7{nasty}Q8"
    hub = MemoryHub(mark)
    hub.held = HoldView(on=True, why=mark, by=mark, release_needed=True)
    async with client(hub, clock, world.installation(mark)) as connection:
        browser = Browser(connection)
        await browser.sign_in()
        refused = await browser.post("/notices/12/edit", {"version": "7", "language": "en", "subject": mark, "text": mark})
        typed = await browser.post("/incidents/17/eta", {"until": mark, "reason": mark})
        pages = [refused, typed, *[await browser.get(path) for path in PAGES]]
        await browser.post("/sign-out", {})
        pages += [await browser.post("/incidents/17/note", {"text": mark}, token=False), await browser.get("/u/" + "x" * 9)]
        pages += [await browser.sign_in(email=mark)]
    for page in pages:
        assert "1337" not in page.text
        if any(character in nasty for character in "<>\"'&"):
            assert mark not in page.text
        assert page.text.count("<script") == 0
        assert "onerror=alert" not in page.text.replace("&#34;&gt;&lt;img src=x onerror=alert(1)&gt;", "")
        assert 'href="javascript' not in page.text


async def test_what_is_not_there_is_404_whatever_the_number(lead: Browser) -> None:
    for path in ("/incidents/18", "/incidents/99999999999999999999999", "/notices/9/deliveries", "/nope", "/static/../app.py"):
        answer = await lead.get(path)
        assert answer.status_code == 404, path
        assert "There is no such page" in text_of(answer)
    for path in ("/incidents/17/explode", "/notices/12/explode", "/notices/9/approve"):
        assert (await lead.post(path, {})).status_code == 404
    assert (await lead.post("/deliveries/1/settle", {"notice": "x"})).status_code == 404


async def test_a_crash_says_little_and_its_answer_is_guarded_too(lead: Browser, hub: MemoryHub) -> None:
    hub.broken = True
    answer = await lead.post("/incidents/17/note", {"text": "x"})
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


async def test_rows_of_the_directory_that_could_not_be_read_are_shown_beside_the_count(lead: Browser) -> None:
    page = await lead.get("/incidents/17")
    assert "1 row of the directory could not be read" in page.text
    assert "customers.csv:62: column email" in page.text
