"""Where other tools report: who is answered what, without cookie or form, and that every no changes nothing (T6)."""

import httpx
import pytest

from sentinel.model.hook import BODY_LIMIT, Refused
from sentinel.serve.hooks import routes
from tests.serve.browser import Browser
from tests.serve.hub import MemoryHub
from tests.serve.standin_hooks import BAD, MANY, TOKEN

HERE, DUTY = "/hooks/alertmanager", "/hooks/pagerduty"
BODY, EVENT = b'{"alerts": []}', f'{{"routing_key": "{TOKEN}"}}'.encode()
BEARS = {"authorization": f"Bearer {TOKEN}"}


async def post(browser: Browser, path: str = HERE, headers: dict[str, str] = BEARS, body: bytes = BODY) -> httpx.Response:
    return await browser.client.post(path, content=body, headers=headers)


async def test_alerts_are_taken_without_cookie_form_or_origin(stranger: Browser, hub: MemoryHub) -> None:
    answer = await post(stranger, headers={**BEARS, "origin": "https://tool.example"})
    assert (answer.status_code, answer.json()["raised"], answer.json()["alerts"]) == (200, 1, 1)
    assert hub.alerts == [BODY]
    assert "set-cookie" not in answer.headers


async def test_a_session_gives_nobody_the_right_to_report(lead: Browser, hub: MemoryHub) -> None:
    """Only the credential counts: so there is nothing for a forged request across sites to ride on."""
    assert (await post(lead, headers={})).status_code == 401
    assert hub.alerts == []


@pytest.mark.parametrize("path", [DUTY, f"{DUTY}/v2/enqueue"])
async def test_pagerduty_is_answered_in_its_own_words(stranger: Browser, hub: MemoryHub, path: str) -> None:
    answer = await post(stranger, path, {}, EVENT)
    assert (answer.status_code, answer.json()) == (
        202,
        {"status": "success", "message": "Event processed", "dedup_key": "k"},
    )
    assert (await post(stranger, path, {}, b"no key")).status_code == 401
    assert hub.alerts == [EVENT]


async def test_a_hook_that_is_not_there_answers_as_one_with_a_wrong_credential(stranger: Browser, hub: MemoryHub) -> None:
    """Nobody learns by it which tools report here."""
    wrong = {"authorization": "Bearer wrong"}
    answers = [await post(stranger, path, wrong) for path in (HERE, "/hooks/nobody", "/hooks/" + "x" * 65)]
    assert {each.status_code for each in answers} == {401}
    assert len({each.content for each in answers}) == 1
    assert hub.away[Refused.UNPROVEN] == 3


async def test_a_stranger_who_guesses_on_is_slowed_down_and_the_tool_is_not(stranger: Browser, hub: MemoryHub) -> None:
    for _ in range(6):
        answer = await post(stranger, headers={"authorization": "Bearer wrong"})
    assert answer.status_code == 429
    assert (await post(stranger)).status_code == 200


async def test_what_cannot_be_read_says_where_and_changes_nothing(stranger: Browser, hub: MemoryHub) -> None:
    answer = await post(stranger, body=BAD)
    assert (answer.status_code, answer.json()["code"]) == (400, "unreadable")
    assert answer.json()["detail"] == "Nothing was changed: the body is no JSON."
    assert hub.alerts == []


async def test_what_cannot_be_stored_is_not_acknowledged_and_says_no_more(stranger: Browser, hub: MemoryHub) -> None:
    """P2: a 2xx is a promise."""
    hub.store_is_away = True
    answer = await post(stranger)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "hunter2" not in answer.text


async def test_a_body_over_the_limit_is_refused_and_a_strangers_is_not_read_at_all(stranger: Browser, hub: MemoryHub) -> None:
    assert (await post(stranger, body=b" " * (BODY_LIMIT + 1))).status_code == 413
    assert hub.whole == ["alertmanager"], "staff hear of it"
    assert (await post(stranger, body=b" " * (100 * 1024))).status_code == 200
    assert (await post(stranger, DUTY, {}, b" " * (100 * 1024))).status_code == 413
    assert (await post(stranger, headers={}, body=b" " * (100 * 1024))).status_code == 401
    assert len(hub.alerts) == 1
    assert hub.whole == ["alertmanager"]


@pytest.mark.parametrize("body", [b" " * (BODY_LIMIT + 1), MANY])
@pytest.mark.parametrize("note", ["", "hangs", "fails"])
async def test_a_tool_hears_that_it_was_too_much_whether_or_not_staff_can_be_told(
    stranger: Browser, hub: MemoryHub, body: bytes, note: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To come again with the same, as a 503 asks, would not help it."""
    monkeypatch.setattr(routes, "NOTE_SECONDS", 0.05)
    hub.note = note
    assert (await post(stranger, body=body)).status_code == 413
    assert hub.whole == ([] if note else ["alertmanager"])


async def test_a_body_that_is_packed_is_refused(stranger: Browser, hub: MemoryHub) -> None:
    assert (await post(stranger, headers={**BEARS, "content-encoding": "gzip"})).status_code == 415
    assert hub.alerts == []


async def test_a_flood_of_one_tool_is_told_to_wait(stranger: Browser, hub: MemoryHub) -> None:
    statuses = [(await post(stranger)).status_code for _ in range(320)]
    assert statuses[0] == 200
    assert statuses[-1] == 429
    assert hub.away[Refused.BUSY] >= 1


async def test_nothing_but_a_post_is_answered(stranger: Browser, hub: MemoryHub) -> None:
    """T8: no GET changes anything."""
    for method in ("GET", "PUT", "DELETE"):
        assert (await stranger.client.request(method, HERE, headers=BEARS)).status_code == 405
    assert hub.alerts == []


async def test_a_knocker_is_told_of_in_the_log_once_in_a_while(stranger: Browser, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(5):
        await post(stranger, headers={"authorization": "Bearer SECRET"})
    told = [record.getMessage() for record in caplog.records if "was refused" in record.getMessage()]
    assert len(told) == 1
    assert "SECRET" not in told[0]
