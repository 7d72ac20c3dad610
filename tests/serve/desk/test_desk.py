"""The desk's pages, over the real application and a hub in memory."""

import re

import httpx
import pytest

from sentinel.model.command import AddTold, CountCaller
from sentinel.serve.accounts.port import Sight
from tests.serve import world
from tests.serve.browser import Browser, text_of
from tests.serve.hub import MemoryHub
from tests.serve.standin_desk import ANA

pytestmark = pytest.mark.anyio

TOLD = {"incident": "17", "address": "gus@example.org", "name": "Gus", "language": "en", "how": "phone"}


def key_of(page: httpx.Response, topic: str) -> str:
    """The key that the page holds for one press about a topic."""
    row = page.text.partition(f'id="topic-{topic}"')[2].partition("</li>")[0]
    found = re.search(r'name="key" value="([^"]+)"', row)
    assert found, topic
    return found[1]


async def press(lead: Browser, topic: str = "payments.cannot_pay", key: str = "") -> httpx.Response:
    form = {"service": "payments", "statement": topic, "key": key}
    return await lead.post("/desk/callers", form)


# The sentence to say


async def test_the_desk_reads_the_sentence_the_time_that_customers_have_and_what_not_to_do(lead: Browser) -> None:
    page = text_of(await lead.get("/desk"))
    assert "You cannot pay on our website at the moment. We expect it back by 14:30." in page
    for words in (
        "Customers were given 14:30",
        "184 customers",
        "Do not pay again.",
        "Use bank transfer.",
        "confirmed",
        "Español",
    ):
        assert words in page, words


async def test_where_nothing_is_open_the_page_says_so_and_what_to_say_to_who_still_complains(
    hub: MemoryHub, lead: Browser
) -> None:
    hub.is_quiet = True
    page = text_of(await lead.get("/desk"))
    assert "Nothing is open" in page
    assert "To a caller who still complains We know of no trouble with this." in page


async def test_a_sentence_can_be_taken_without_script_and_no_script_stands_in_the_page(lead: Browser) -> None:
    page = await lead.get("/desk")
    assert not re.search(r"<script(?![^>]* src=)", page.text)
    assert " style=" not in page.text
    assert " onclick" not in page.text
    sheet = re.search(r'href="(/static/desk\.css\?v=[0-9a-f]+)"', page.text)
    assert sheet
    assert "user-select: all" in (await lead.get(sheet[1])).text


async def test_the_wallboard_shows_the_sentence_alone_and_refreshes_by_itself(lead: Browser) -> None:
    page = await lead.get("/desk/wallboard")
    assert 'http-equiv="refresh"' in page.text
    assert "<form" not in page.text
    assert "You cannot pay on our website at the moment." in text_of(page)
    assert "Ahora no se puede pagar" in text_of(await lead.get("/desk/wallboard?language=es"))
    assert "You cannot pay on our website" in text_of(await lead.get("/desk/wallboard?language=tlh")), "an unknown one is ours"


async def test_the_wallboard_of_a_quiet_day_says_that_nothing_is_open(hub: MemoryHub, lead: Browser) -> None:
    hub.is_quiet = True
    assert "Nothing is open" in text_of(await lead.get("/desk/wallboard"))


# Callers


async def test_one_press_counts_one_caller_and_leads_back_to_the_same_place(hub: MemoryHub, lead: Browser) -> None:
    answer = await press(lead, key=key_of(await lead.get("/desk"), "payments.cannot_pay"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk#topic-payments.cannot_pay")
    assert hub.asked[-1][0] == CountCaller(service="payments", statement="payments.cannot_pay")
    page = text_of(await lead.get("/desk"))
    assert "Counted: 1 in the last hour." in page
    assert "You cannot pay. 1 this hour, 1 today" in page


async def test_a_press_sent_twice_counts_once_and_two_presses_count_twice(hub: MemoryHub, lead: Browser) -> None:
    key = key_of(await lead.get("/desk"), "payments.cannot_pay")
    await press(lead, key=key)
    await press(lead, key=key)
    assert hub.calls["payments", "payments.cannot_pay"] == 1
    await press(lead, key=key_of(await lead.get("/desk"), "payments.cannot_pay"))
    assert hub.calls["payments", "payments.cannot_pay"] == 2


async def test_enough_callers_about_what_is_not_open_make_the_page_suggest_to_declare_it(lead: Browser) -> None:
    for _ in range(4):
        await press(lead, "payments.slow", key_of(await lead.get("/desk"), "payments.slow"))
    assert "Declare it" not in text_of(await lead.get("/desk"))
    await press(lead, "payments.slow", key_of(await lead.get("/desk"), "payments.slow"))
    page = await lead.get("/desk")
    assert "5 callers in an hour, and nothing is open. Declare it" in text_of(page)
    assert 'href="/declare?statement=payments.slow"' in page.text
    assert page.text.index("topic-payments.slow") < page.text.index("topic-ledger"), "most callers first"


async def test_a_topic_that_is_gone_is_refused_on_the_same_page(lead: Browser) -> None:
    answer = await lead.post("/desk/callers", {"service": "nothing", "statement": ""})
    assert answer.status_code == 422
    assert "There is no such service." in text_of(answer)


# Told by us in person


async def test_somebody_is_put_on_the_list(hub: MemoryHub, lead: Browser) -> None:
    answer = await lead.post("/desk/told", TOLD)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk#told")
    asked, who = hub.asked[-1]
    assert asked == AddTold(incident=17, address="gus@example.org", name="Gus", language="en", how="phone")
    assert who == world.LEAD.name


@pytest.mark.parametrize(("field", "wrong"), [("incident", "seventeen"), ("incident", "9" * 40), ("how", "shouted")])
async def test_a_form_at_fault_comes_back_with_what_was_typed(lead: Browser, field: str, wrong: str) -> None:
    answer = await lead.post("/desk/told", {**TOLD, field: wrong})
    assert answer.status_code == 422
    assert "Choose " in text_of(answer)
    assert 'value="gus@example.org"' in answer.text


# What one customer got


async def test_a_customer_is_looked_up_by_a_form_and_the_audit_keeps_a_hash_and_no_address(
    hub: MemoryHub, lead: Browser
) -> None:
    answer = await lead.post("/desk/customer", {"asked": f"  {ANA} "})
    page = text_of(answer)
    assert answer.status_code == 200
    for words in (
        "Ana Ortiz",
        "in doubt: we do not know",
        "Estimada Ana Ortiz: lo sentimos.",
        "We promised them it would work by 14:30",
    ):
        assert words in page, words
    abouts = [seen.about for seen, who, account in hub.noted if seen.do is Sight.LOOKED_UP and account == world.LEAD.email]
    assert f"customer mark-of-{len(ANA)}" in abouts
    assert ANA not in repr(hub.noted)
    assert ANA.partition("@")[0] not in repr(hub.noted), "nor written in another way"


async def test_a_get_looks_nobody_up(hub: MemoryHub, lead: Browser) -> None:
    answer = await lead.get(f"/desk/customer?asked={ANA}")
    assert answer.status_code == 200
    assert hub.looked_up == []
    assert ANA not in answer.text


async def test_what_cannot_be_written_into_the_audit_is_not_shown(
    hub: MemoryHub, lead: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object) -> None:
        raise RuntimeError("planted: the store is gone")

    monkeypatch.setattr(hub, "note_in_audit", gone)
    answer = await lead.post("/desk/customer", {"asked": ANA})
    assert answer.status_code == 500
    assert "Ortiz" not in answer.text


async def test_a_stranger_is_called_one_and_may_be_put_on_the_list(lead: Browser) -> None:
    answer = await lead.post("/desk/customer", {"asked": "gus@example.org"})
    page = text_of(answer)
    assert "We do not know “gus@example.org”" in page
    assert "Tell me when it works" in page
    assert (
        'name="address" required maxlength="254" autocomplete="off" spellcheck="false" value="gus@example.org"' in answer.text
    )


async def test_a_reference_shows_what_the_incident_s_customers_got(lead: Browser) -> None:
    page = text_of(await lead.post("/desk/customer", {"asked": "17-A"}))
    assert "What its customers got" in page
    assert "Customers were given 14:30" in page


@pytest.mark.parametrize("asked", ["", "   ", "x" * 321, "a\x1bb\nc"])
async def test_what_is_no_question_is_refused(hub: MemoryHub, lead: Browser, asked: str) -> None:
    answer = await lead.post("/desk/customer", {"asked": asked})
    assert answer.status_code == 422
    assert hub.looked_up == []


# Who may


async def test_a_viewer_sees_the_wallboard_and_nothing_of_the_desk(hub: MemoryHub, stranger: Browser) -> None:
    await stranger.sign_in(world.VIEWER.email, world.VIEWER.password.reveal())
    assert (await stranger.get("/desk/wallboard")).status_code == 200
    for path in ("/desk", "/desk/customer"):
        assert (await stranger.get(path)).status_code == 403
    for path, form in (("/desk/callers", {"service": "payments"}), ("/desk/told", TOLD), ("/desk/customer", {"asked": ANA})):
        answer = await stranger.post(path, form)
        assert answer.status_code == 403, path
        assert "Ortiz" not in answer.text
    assert hub.asked == []
    assert hub.looked_up == []


async def test_nobody_s_words_become_markup(hub: MemoryHub, lead: Browser) -> None:
    hub.mark = "<img src=x onerror=alert(1)>"
    pages = [await lead.get("/desk"), await lead.get("/desk/wallboard")]
    pages += [await lead.post("/desk/customer", {"asked": asked}) for asked in (ANA, "17-A", hub.mark)]
    pages.append(await lead.post("/desk/told", {**TOLD, "how": hub.mark, "name": hub.mark}))
    for page in pages:
        assert "<img src=x" not in page.text
        assert "&lt;img src=x" in page.text
