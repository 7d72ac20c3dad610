"""Headers on every answer, and the bounds on a body."""

import re
from collections.abc import AsyncIterator

import pytest

from sentinel.serve.shield import BODY_LIMIT, REPORT, REPORT_LIMIT
from tests.serve.browser import TOKEN, Browser
from tests.serve.hub import MemoryHub

OUR_SCRIPT = re.compile(r'<script src="/static/[a-z/.-]+[?]v=[0-9a-f]{12}" defer></script>')
OWN = {"sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    "path", ["/", "/sign-in", "/healthz", "/metrics", "/static/console.css", "/nope", "/api/v1/board", "/api/v1/nope", "/u/x"]
)
async def test_every_answer_carries_the_headers(stranger: Browser, path: str) -> None:
    headers = (await stranger.get(path)).headers
    policy = headers["content-security-policy"]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert {name: rules[name] for name in ("script-src", "style-src", "connect-src", "form-action")} == dict.fromkeys(
        ("script-src", "style-src", "connect-src", "form-action"), "'self'"
    )
    assert rules["img-src"] == "'self' data:"
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "max-age" in headers["strict-transport-security"]
    assert headers["cache-control"] == ("public, max-age=300" if "static" in path else "no-store")


async def test_no_page_has_a_script_a_style_of_its_own_or_a_foreign_address(lead: Browser) -> None:
    for path in ("/", "/incidents/17", "/notices/11/deliveries", "/deliveries/2", "/declare", "/hold", "/report", "/u/x"):
        text = OUR_SCRIPT.sub("", (await lead.get(path)).text)
        for banned in ("<script", "<style", ' style="', " onclick", "http://", "https://", "//cdn"):
            assert banned not in text, (path, banned)


async def test_a_body_over_the_limit_is_413_announced_or_not(lead: Browser, hub: MemoryHub) -> None:
    big = b"text=" + b"x" * BODY_LIMIT

    async def unannounced() -> AsyncIterator[bytes]:
        for start in range(0, len(big), 8192):
            yield big[start : start + 8192]

    for path in ("/incidents/17/note", "/sign-in", "/u/good-token", "/api/v1/commands"):
        for content in (big, unannounced()):
            headers = {**OWN, "authorization": f"Bearer {TOKEN}"}
            answer = await lead.client.post(path, content=content, headers=headers)
            assert answer.status_code == 413, path
            assert "frame-ancestors" in answer.headers["content-security-policy"]
    assert hub.writes == 0


async def test_a_body_at_the_limit_is_read(lead: Browser) -> None:
    token = f"token={await lead.form_token()}&text=".encode()
    body = token + b"x" * (BODY_LIMIT - len(token))
    assert (await lead.client.post("/incidents/17/note", content=body, headers=OWN)).status_code == 303


async def test_only_a_report_that_is_posted_is_left_to_its_face(stranger: Browser) -> None:
    """Of another method nobody would read it, and a body that never ends would hold its connection for ever."""
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        answer = await stranger.client.request(method, REPORT, content=b"x" * (BODY_LIMIT + 1), headers=OWN)
        assert answer.status_code == 413, method
        assert answer.headers["connection"] == "close"
        assert "64 KiB" in answer.text
    answer = await stranger.client.post(REPORT, content=b"x" * (REPORT_LIMIT + 1), headers=OWN)
    assert (answer.status_code, "256 KiB" in answer.text) == (413, True)


async def test_a_length_that_is_no_number_is_refused(stranger: Browser) -> None:
    for length in ("-1", "1e9", "9" * 400):
        answer = await stranger.client.post("/sign-in", content=b"", headers={**OWN, "content-length": length})
        assert answer.status_code == 413
