"""The page of failures, as those who may read it see it."""

import pytest

from sentinel.model.command import Mend, ReviveAll
from tests.serve import world
from tests.serve.browser import Browser, text_of
from tests.serve.hub import MemoryHub

THERE = "/failures"


@pytest.mark.anyio
async def test_what_failed_is_told_with_its_reason_and_where_to_act(lead: Browser) -> None:
    answer = await lead.get(THERE)
    page = text_of(answer)
    for part in (
        "cs-slack takes nothing from us",
        "Slack said token_revoked",
        "3 deliveries wait for it",
        "No channel has taken a brief of 17-A",
        "1,204 by email: 451 later",
        "bounced 31 by email: 5.1.1 user unknown",
        "gone@example.org since",
        "Set aside",
        "KeyError at run/tend.py:42",
    ):
        assert part in page, part
    assert "/notices/11/deliveries?state=in_doubt" in answer.text
    assert "/notices/11/deliveries?state=bounced" in answer.text
    assert "/failures?before=11" in answer.text


@pytest.mark.anyio
async def test_who_may_not_see_customers_reads_numbers_and_no_providers_words(stranger: Browser) -> None:
    """A provider's word may repeat an address."""
    await stranger.sign_in(world.VIEWER.email, world.PASSWORD + "!")
    answer = await stranger.get(THERE)
    page = text_of(answer)
    assert "1,204 by email" in page
    assert "451 later" not in page
    assert "no such user" not in page
    assert "user unknown" not in page
    assert "gone@example.org" not in page
    assert "1 address" in page
    assert "/notices/11/deliveries" not in answer.text
    assert "<button>Try all" not in answer.text
    assert "<button>It is mended" not in answer.text


@pytest.mark.anyio
async def test_many_are_revived_when_their_number_is_typed(lead: Browser, hub: MemoryHub) -> None:
    answer = await lead.post("/notices/11/revive", {"count": "1,204", "why": "The mail server is back."})
    assert (answer.status_code, answer.headers["location"]) == (303, THERE)
    assert hub.asked[-1][0] == ReviveAll(notice=11, count=1204, why="The mail server is back.")


@pytest.mark.anyio
async def test_without_a_number_nothing_is_revived_and_the_page_says_why(lead: Browser, hub: MemoryHub) -> None:
    answer = await lead.post("/notices/11/revive", {"count": "all", "why": "because"})
    assert answer.status_code == 422
    assert "Type how many are given up" in text_of(answer)
    assert 'value="because"' in answer.text
    assert not hub.asked


@pytest.mark.anyio
async def test_a_channel_is_mended(lead: Browser, hub: MemoryHub) -> None:
    answer = await lead.post("/channels/mend", {"channel": "cs-slack", "why": "A new token."})
    assert answer.status_code == 303
    assert hub.asked[-1][0] == Mend(channel="cs-slack", why="A new token.")


@pytest.mark.anyio
async def test_an_address_is_written_to_again_on_a_persons_word(lead: Browser, hub: MemoryHub) -> None:
    form = {"channel": "email", "address": "gone@example.org", "at": "mend-1", "why": "She has a new mailbox."}
    answer = await lead.post("/channels/mend", form)
    assert (answer.status_code, answer.headers["location"]) == (303, THERE)
    assert hub.asked[-1][0] == Mend(channel="email", address="gone@example.org", why="She has a new mailbox.")


@pytest.mark.anyio
async def test_from_the_list_of_a_message_it_leads_back_there(lead: Browser, hub: MemoryHub) -> None:
    page = await lead.get("/notices/11/deliveries?state=bounced")
    assert "bounced" in text_of(page)
    assert "5.1.1 no such user" in text_of(page)
    assert "Ana Ortiz 4" in text_of(page)
    assert "Ana Ortiz 1" not in text_of(page)
    assert 'name="address" value="ana4@example.org"' in page.text
    answer = await lead.post("/channels/mend", {"channel": "email", "address": "ana4@example.org", "notice": "11"})
    assert answer.headers["location"] == "/notices/11/deliveries?state=bounced"
    for other in ("//evil.example", "1/../..", "x", "9" * 30):
        answer = await lead.post("/channels/mend", {"channel": "email", "address": "ana4@example.org", "notice": other})
        assert answer.headers["location"] == THERE


@pytest.mark.anyio
async def test_whatever_a_provider_said_is_shown_and_never_run(lead: Browser, hub: MemoryHub) -> None:
    hub.mark = "<img src=x onerror=alert(1)>"
    page = (await lead.get(THERE)).text
    assert "<img src=x" not in page
    assert "style=" not in page
    assert page.count("&lt;img") == 9


@pytest.mark.anyio
async def test_when_all_is_well_it_says_so(lead: Browser, hub: MemoryHub) -> None:
    hub.well = True
    assert "None. Nothing is in doubt, given up, refused or held, and nothing bounced." in text_of(await lead.get(THERE))
