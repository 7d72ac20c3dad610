"""The console's pages and forms, against the real application over ASGI."""

import csv
import re
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentinel.model import command as ask
from sentinel.model.account import Right
from sentinel.model.delivery import Books, State
from sentinel.model.estimate import Basis
from sentinel.model.incident import Phase
from sentinel.model.notice import Finding
from sentinel.serve.assets import packaged
from sentinel.serve.console.progress import stretches
from sentinel.serve.console.routes import Console
from sentinel.serve.console.words import diff, size
from sentinel.serve.gate import Gate
from sentinel.serve.pages import Pages
from sentinel.serve.port import Board, CheckView, HoldView, ReportView, Shown, VendorTime
from sentinel.serve.session import Logins
from tests.serve import world
from tests.serve.browser import Browser, Clock, client, text_of
from tests.serve.hub import MemoryHub
from tests.serve.standin_services import CHECK
from tests.serve.test_shield import OUR_SCRIPT

PAGES = ("/", "/incidents/17", "/notices/11/deliveries", "/deliveries/2", "/declare", "/hold", "/report", "/sign-in")


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
    assert "as Ana Ortiz reads it, by the clock of Atlantic/Canary" in words
    assert "Estimada Ana Ortiz:" in words
    assert "184 people get it" in words
    assert "12 no consent, 4 unsubscribed" in words
    assert "Reading grade 8.4" in words
    assert "still counts as on time” ended" in words
    assert "Approved with it: what goes out if the time lapses unanswered" in words
    assert "118 accepted" in words
    assert "books balance" in words


async def test_a_time_that_somebody_named_is_shown_as_one_and_one_of_history_as_a_range(lead: Browser, hub: MemoryHub) -> None:
    half = "Half of such incidents end by the first, 80 % by the second."
    assert f"11:05 to 14:05 {half}" in text_of(await lead.get("/incidents/17"))
    named = replace(hub.page.estimates[0], basis=Basis.VENDOR, p50=timedelta(hours=4), p80=timedelta(hours=4), sample=0)
    hub.page = replace(hub.page, estimates=(named,))
    words = text_of(await lead.get("/incidents/17"))
    assert "14:05 Basis: vendor: like before" in words
    assert half not in words


async def test_what_a_vendors_page_says_of_the_end_stands_beside_the_form_for_a_time(lead: Browser, hub: MemoryHub) -> None:
    assert "the vendor's page says" not in text_of(await lead.get("/incidents/17"))
    hub.page = replace(hub.page, vendors=(VendorTime(check="ledger.cloud-page", until=world.NOW + timedelta(hours=2)),))
    words = text_of(await lead.get("/incidents/17"))
    assert "Give a time ledger.cloud-page : the vendor's page says that the work there ends at 12:30 ." in words


async def test_whoever_may_not_see_customers_reads_the_words_with_the_slots_named(clock: Clock, hub: MemoryHub) -> None:
    view = hub.notices[12]
    assert view.draft is not None
    bodies = tuple(replace(body, text=f"Dear {{name}}, {body.text}") for body in view.draft.bodies)
    hub.notices[12] = replace(view, draft=replace(view.draft, bodies=bodies))
    async with client(hub, clock) as viewer:
        browser = Browser(viewer)
        await browser.sign_in(world.VIEWER.email, world.PASSWORD + "!")
        page = await browser.get("/incidents/17")
    assert page.status_code == 200
    assert "Ana Ortiz" not in page.text
    assert "Dear {name}," in text_of(page)


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
        (
            "/incidents/17/eta",
            {"until": "2026-11-22T14:30", "reason": "they replace a disk", "vendor": "Redsys"},
            ask.SetEta(incident=17, until=world.NOW.replace(hour=13, minute=30), reason="they replace a disk", vendor="Redsys"),
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
        (
            "/notices/12/rehearse",
            {"hash": "hash-1", "language": "es", "to": "somebody@else.example"},
            ask.Rehearse(notice=12, hash="hash-1", to=world.LEAD.email, language="es"),
        ),
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
    assert "do not give one" not in words, "a time may well have been given, and kept"


async def test_an_incident_that_is_over_is_told_in_the_past(lead: Browser, hub: MemoryHub) -> None:
    before = text_of(await lead.get("/incidents/17"))
    assert ("✕ broken" in before, "When will it be back?" in before) == (True, True)
    hub.page = replace(hub.page, incident=replace(hub.page.incident, phase=Phase.RESOLVED), asked=())
    words = text_of(await lead.get("/incidents/17"))
    assert "was broken resolved" in words
    assert "✕ broken" not in words
    assert "What we said of its end" in words
    assert "When will it be back?" not in words
    hub.page = replace(hub.page, incident=replace(hub.page.incident, phase=Phase.DISMISSED))
    assert "was broken" not in text_of(await lead.get("/incidents/17")), "it never was"


async def test_board_and_incident_lead_to_services_and_checks(lead: Browser) -> None:
    for path in ("/", "/incidents/17"):
        assert '<a href="/services/payments">Online payments</a>' in (await lead.get(path)).text
    assert 'href="/checks/payments.card-form"' in (await lead.get("/")).text
    assert 'href="/desk#desk-17"' in (await lead.get("/incidents/17")).text


async def test_who_was_left_out_has_a_reason_in_words_and_no_made_up_address(lead: Browser, hub: MemoryHub) -> None:
    left = replace(world.delivery(1, State.SUPPRESSED), address="suppressed:NW-1", detail="no_consent")
    hub.ledger = {1: left}
    page = text_of(await lead.get("/notices/11/deliveries"))
    assert "no consent" in page
    assert "suppressed:" not in page


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
    hub.house = world.installation(mark)
    async with client(hub, clock) as connection:
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
        assert OUR_SCRIPT.sub("", page.text).count("<script") == 0
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


# What is shown to whom


async def test_nobody_is_shown_a_form_that_they_may_not_send(clock: Clock, hub: MemoryHub) -> None:
    async with client(hub, clock) as connection:
        browser = Browser(connection)
        await browser.sign_in(world.VIEWER.email, world.PASSWORD + "!")
        for path in ("/", "/incidents/17", "/report", "/hold"):
            page = await browser.get(path)
            assert page.status_code == 200
            assert set(re.findall(r'action="([^"]+)"', page.text)) == {"/sign-out"}, path
        assert "/declare" not in (await browser.get("/")).text
        assert (await browser.get("/notices/11/deliveries")).status_code == 403
        assert (await browser.get("/deliveries/2")).status_code == 403


def test_every_thing_done_on_an_incident_has_a_route_with_its_own_right(clock: Clock, hub: MemoryHub) -> None:
    console = Console(hub, Pages(hub, clock, packaged()), clock)
    gate = Gate(hub, Logins(hub, 16), Pages(hub, clock, packaged()), hub.installation.url, clock)
    needs = {route.name: getattr(route, "need", None) for route in console.routes(gate)}
    assert needs["POST /incidents/{id:int}/note"] is Right.DECLARE
    assert needs["POST /incidents/{id:int}/eta"] is Right.WORK
    assert needs["POST /notices/{id:int}/approve"] is Right.APPROVE
    assert not [name for name in needs if "{action}" in name]
    assert all(isinstance(need, Right) for need in needs.values())


async def test_the_navigation_says_where_one_is(lead: Browser) -> None:
    for path in ("/", "/report", "/hold", "/declare"):
        text = (await lead.get(path)).text
        assert text.count(f'<a href="{path}" aria-current="page">') == 2, "in the bar, and in the menu of a phone"
        assert text.count("aria-current") == 2
    for path, place in (("/services/payments", "/services"), (f"/checks/{CHECK}", "/services"), ("/places", "/places")):
        assert (await lead.get(path)).text.count(f'<a href="{place}" aria-current="page">') == 2


async def test_configuration_problems_stand_on_the_board(lead: Browser, hub: MemoryHub) -> None:
    shown = replace(world.board(), problems=("checks/payments.yaml:3:1: unknown key “every1”",))

    async def board() -> Board:
        return shown

    hub.board = board  # type: ignore[method-assign]  # the stand-in's answer for this test
    assert "checks/payments.yaml:3:1: unknown key “every1”" in text_of(await lead.get("/"))


async def test_the_board_says_once_that_a_check_was_not_looked_at(lead: Browser, hub: MemoryHub) -> None:
    unseen = CheckView(id="payments.new", shown=Shown.UNKNOWN, since=None, reason="not looked at yet")
    service = replace(world.board().services[0], checks=(unseen,))

    async def board() -> Board:
        return replace(world.board(), services=(service,))

    hub.board = board  # type: ignore[method-assign]  # the stand-in's answer for this test
    assert text_of(await lead.get("/")).count("not looked at yet") == 1


# The words


async def test_findings_stand_beside_the_form_they_are_about(lead: Browser, hub: MemoryHub) -> None:
    view = hub.notices[12]
    assert view.draft
    found = Finding(language="es", form="short", what="two segments", blocks=False)
    lost = Finding(language="fr", form="short", what="no French here", blocks=True)
    hub.notices[12] = replace(view, draft=replace(view.draft, findings=(found, lost)))
    text = (await lead.get("/incidents/17")).text
    spanish = text[text.index('id="words-12-es"') :]
    assert spanish.index("Text message") < spanish.index("two segments") < spanish.index("On the phone")
    assert "no French here" in text, "a finding that has no place is not lost"


async def test_an_edit_is_shown_against_the_standard_text(lead: Browser, hub: MemoryHub) -> None:
    view = hub.notices[12]
    assert view.draft
    standard = view.draft.bodies[0]
    mine = replace(standard, voice=standard.voice.replace("Sorry,", "We are sorry:"))
    draft = replace(view.draft, bodies=(mine, view.draft.bodies[1]), edited=("en",), fell_back=("es",))
    hub.notices[12] = replace(view, draft=draft, standard=(standard,))
    text = (await lead.get("/incidents/17")).text
    assert "<del>Sorry,</del><ins>We are sorry:</ins>" in text
    assert "back to the standard text because another language was edited" in text


@given(st.text(max_size=60), st.text(max_size=60))
def test_a_diff_holds_both_texts_whole(was: str, now: str) -> None:
    pieces = list(diff(was, now))
    assert "".join(piece.text for piece in pieces if piece.kind != "new") == was
    assert "".join(piece.text for piece in pieces if piece.kind != "gone") == now


def test_a_text_message_is_counted_in_segments_and_speech_in_words() -> None:
    assert size("short", "a" * 160) == "160 characters, 1 segment"
    assert size("short", "í" * 71) == "71 characters, 2 segments"
    assert size("voice", "one two three") == "3 words of at most 35"


# Deliveries


async def test_what_one_person_received_is_a_page_of_its_own(lead: Browser) -> None:
    words = text_of(await lead.get("/deliveries/1"))
    assert "What Ana Ortiz 1 received" in words
    assert "Dear Ana Ortiz 1," in words
    assert "Put into the queue." in words
    assert (await lead.get("/deliveries/404")).status_code == 404


async def test_a_person_is_found_by_a_piece_of_name_or_address(lead: Browser) -> None:
    page = await lead.get("/notices/11/deliveries?who=ANA3@")
    assert page.text.count('<tr id="delivery-') == 1
    assert "Ana Ortiz 3" in page.text
    assert "None for “nobody”." in text_of(await lead.get("/notices/11/deliveries?who=nobody"))


@given(st.dictionaries(st.sampled_from([*State, "expanding"]), st.integers(0, 10**6)))
def test_the_bar_of_a_delivery_says_the_same_as_its_numbers(counts: dict[str, int]) -> None:
    total = sum(counts.values())
    found = stretches(Books(notice=1, step="opened", snapshot=total, counts={str(state): n for state, n in counts.items()}))
    assert sum(one.number for one in found) == total
    assert sum(one.width for one in found) == pytest.approx(1000 if total else 0, abs=0.1)


async def test_a_dead_delivery_can_be_tried_once_more_and_a_refusal_stands_in_the_list(lead: Browser, hub: MemoryHub) -> None:
    hub.ledger[3] = world.delivery(3, State.DEAD)
    assert "Try once more" in text_of(await lead.get("/notices/11/deliveries"))
    answer = await lead.post("/deliveries/2/revive", {"notice": "11", "why": "their server is back"})
    assert "Delivery 2 is not dead." in text_of(answer)


# The report


async def test_a_time_that_is_still_open_or_was_given_to_nobody_is_neither_kept_nor_not(lead: Browser, hub: MemoryHub) -> None:
    etas = {"open": 1, "kept": 1, "broken": 1, "withdrawn": 2}
    rest = {"estimates_held": 0, "estimates_graded": 0, "books": 0, "books_balanced": 0}

    async def report() -> ReportView:
        return ReportView(
            data={"totals": {"incidents": 3, "open": 1, "dismissed": 0, "etas": etas, **rest}, "incidents": []}, text="x"
        )

    hub.report = report  # type: ignore[method-assign]  # the stand-in's answer for this test
    assert "Times promised and kept 1 of 2, 1 open, 1 broken" in text_of(await lead.get("/report"))


async def test_the_report_is_a_table_and_two_downloads(lead: Browser, hub: MemoryHub) -> None:
    data = {
        "totals": {"incidents": 1, "open": 0, "dismissed": 0, "etas": {"kept": 1}, "estimates_held": 1, "estimates_graded": 1,
                   "books": 1, "books_balanced": 1, "median": {"to_recover_seconds": 5400.0}},
        "incidents": [
            {"id": 17, "reference": "=17-A", "services": ["payments"], "phase": "resolved", "episodes": 1,
             "instants": {"began_at": "2026-11-22T09:00:00Z", "recovered_at": "2026-11-22T10:30:00Z"},
             "durations": {"to_recover_seconds": 5400.0}, "books": [{}], "balanced": True,
             "promises": [{"kind": "eta", "state": "kept", "at": "2026-11-22T11:00:00Z",
                           "published_at": "2026-11-22T09:20:00Z"}]},
        ],
    }  # fmt: skip

    async def report() -> ReportView:
        return ReportView(data=data, text="x")

    hub.report = report  # type: ignore[method-assign]  # the stand-in's answer for this test
    words = text_of(await lead.get("/report"))
    assert "1 h 30 min" in words
    assert "promised after 100 min, back after 70 min" in words
    sheet = await lead.get("/report.csv")
    assert sheet.headers["content-disposition"] == 'attachment; filename="sentinel-report.csv"'
    rows = list(csv.DictReader(StringIO(sheet.text)))
    assert rows[0]["reference"] == "'=17-A", "no spreadsheet takes a cell of ours for a formula"
    assert (rows[0]["recovered_at"], rows[0]["promises_kept"]) == ("2026-11-22T10:30:00Z", "1")
    assert (await lead.get("/report.json")).json() == data
