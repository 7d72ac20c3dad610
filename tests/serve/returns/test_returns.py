"""Where providers report back: who is answered what, without cookie or form, and that every no changes nothing (T6)."""

import httpx
import pytest

from tests.serve.browser import Browser
from tests.serve.hub import MemoryHub
from tests.serve.standin_returns import WORD

HERE = "/returns/email"
BODY = b'{"type": "message.delivered", "data": {"id": "re_9"}}'
SIGNED = {"webhook-signature": WORD}


async def post(browser: Browser, path: str = HERE, headers: dict[str, str] = SIGNED, body: bytes = BODY) -> httpx.Response:
    return await browser.client.post(path, content=body, headers=headers)


async def test_a_report_is_taken_without_cookie_form_or_origin(stranger: Browser, hub: MemoryHub) -> None:
    answer = await post(stranger, headers={**SIGNED, "origin": "https://provider.example"})
    assert (answer.status_code, answer.json()) == (200, {"reports": 1, "unknown": 0})
    assert hub.reported == [BODY]
    assert "set-cookie" not in answer.headers


async def test_a_session_gives_nobody_the_right_to_report(lead: Browser, hub: MemoryHub) -> None:
    """Only the signature counts: so there is nothing for a forged request across sites to ride on."""
    answer = await post(lead, headers={})
    assert answer.status_code == 401
    assert hub.reported == []


@pytest.mark.parametrize(
    ("path", "headers", "body", "status", "code"),
    [
        (HERE, {}, BODY, 401, "unproven"),
        (HERE, {"webhook-signature": "wrong"}, BODY, 401, "unproven"),
        (HERE, SIGNED, b"", 400, "unreadable"),
        ("/returns/nobody", SIGNED, BODY, 404, "unknown"),
        ("/returns/" + "x" * 65, SIGNED, BODY, 404, "unknown"),
        ("/returns/%00", SIGNED, BODY, 404, "unknown"),
    ],
)
async def test_what_is_refused_is_a_problem_of_one_shape(
    stranger: Browser, hub: MemoryHub, path: str, headers: dict[str, str], body: bytes, status: int, code: str
) -> None:
    answer = await post(stranger, path, headers, body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert hub.reported == []


async def test_a_channel_without_callbacks_answers_as_one_that_is_not_there(stranger: Browser) -> None:
    """Nobody learns by it which channels there are."""
    assert (await post(stranger, "/returns/cs-slack")).content == (await post(stranger, "/returns/nobody")).content


async def test_too_much_at_once_comes_again_later(stranger: Browser, hub: MemoryHub) -> None:
    hub.full = True
    answer = await post(stranger)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "5")


async def test_what_cannot_be_stored_is_not_acknowledged_and_says_no_more(stranger: Browser, hub: MemoryHub) -> None:
    """P2: a 2xx is a promise."""
    hub.store_is_away = True
    answer = await post(stranger)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "hunter2" not in answer.text


async def test_a_body_over_64_kib_is_refused_before_anybody_reads_it(stranger: Browser, hub: MemoryHub) -> None:
    assert (await post(stranger, body=b" " * (64 * 1024 + 1))).status_code == 413
    assert hub.reported == []


async def test_nothing_but_a_post_is_answered(stranger: Browser, hub: MemoryHub) -> None:
    """T8: no GET changes anything."""
    for method in ("GET", "PUT", "DELETE"):
        assert (await stranger.client.request(method, HERE, headers=SIGNED)).status_code == 405
    assert hub.reported == []


async def test_a_knocker_is_told_of_in_the_log_once_in_a_while(stranger: Browser, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(5):
        await post(stranger, headers={"webhook-signature": "SECRET"})
    told = [record.getMessage() for record in caplog.records if "was refused" in record.getMessage()]
    assert len(told) == 1
    assert "SECRET" not in told[0]
