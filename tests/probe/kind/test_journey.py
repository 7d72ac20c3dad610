"""The kind `journey` against a real server on loopback: what it does, what it says when it cannot, what it leaves behind."""

import asyncio
from typing import Any

import pytest
from pydantic import ValidationError

from sentinel.model.observation import Verdict
from sentinel.model.secret import Secret
from sentinel.probe.kind.journey import Options, facts_of
from sentinel.probe.looking import Came
from tests.probe.kind.shop import PASSWORD, Shop, northwind, until
from tests.probe.looked import sample
from tests.probe.servers import answering, endless, free_port, page, serving

pytestmark = pytest.mark.anyio

SIGN_IN = {
    "step": "sign in",
    "url": "/session",
    "json": {"user": "jo", "password": "{password}"},
    "up": {"status": 201},
    "keep": {"token": {"json": "data.token"}, "sid": {"cookie": "session"}, "request": {"header": "x-request"}},
}
CLAIM = {
    "step": "hand in",
    "url": "/claims",
    "headers": {"Authorization": "Bearer {token}"},
    "form": {"product": "car"},
    "keep": {"number": {"between": ["<b>Claim ", "</b>"]}},
}
UNDO = {"step": "tidy up", "method": "DELETE", "url": "/claims/{number}", "headers": {"Authorization": "Bearer {token}"}}


async def walked(shop: Shop, *steps: Any, seconds: float = 5.0, always: Any = (), **more: Any) -> Came:
    secrets = {"password": Secret(PASSWORD)}
    options = {"site": shop.url(), "secrets": secrets, "steps": list(steps), "always": list(always)}
    return await sample("journey", options, timeout=seconds, **more)


async def test_what_a_step_keeps_is_what_a_later_one_sends() -> None:
    with northwind() as shop:
        came = await walked(shop, SIGN_IN, CLAIM, always=[UNDO])
        assert (came.verdict, came.reason) == (Verdict.UP, "")
        assert shop.asked == ["POST /session", "POST /claims", "DELETE /claims/C-4711%2Fa%20b"]
    facts = dict(came.facts)
    assert (facts["steps_done"], facts["step"], facts["cleaned_up"]) == (2, "hand in", True)
    assert float(facts["sign_in_ms"] or 0) > 0
    assert float(facts["hand_in_ms"] or 0) > 0
    assert float(facts["total_ms"] or 0) >= float(facts["sign_in_ms"] or 0) + float(facts["hand_in_ms"] or 0)
    assert not {"ip", "dns_ms", "connect_ms"} & facts.keys(), "they would be of one connection of several"


async def test_the_clean_up_runs_after_a_failure_too() -> None:
    with northwind() as shop:
        shop.is_broken = True
        undo = {**UNDO, "url": "/claims/all"}
        came = await walked(shop, SIGN_IN, CLAIM, always=[undo])
        assert (came.verdict, came.reason) == (Verdict.DOWN, "step `hand in`: status 503, expected 2xx or 3xx")
        assert not shop.claims
        assert (came.facts["cleaned_up"], came.facts["steps_done"], came.facts["step"]) == (True, 1, "hand in")
        assert came.facts["evidence"] == "Oh no"


async def test_a_step_that_hangs_leaves_the_clean_up_its_time() -> None:
    with northwind() as shop:
        shop.hangs_at = "/claims"
        came = await walked(shop, SIGN_IN, CLAIM, always=[{**UNDO, "url": "/undone"}], seconds=1.2)
        assert came.reason == "timed out after 0.9 s while waiting for the first byte in step `hand in`"
        assert (came.verdict, came.facts["cleaned_up"]) == (Verdict.DOWN, True)
        assert shop.asked[-1] == "DELETE /undone"


async def test_a_clean_up_that_lacks_what_no_step_kept_is_not_done_and_told() -> None:
    with northwind() as shop:
        shop.is_broken = True
        came = await walked(shop, SIGN_IN, CLAIM, always=[UNDO])
        assert not any(asked.startswith("DELETE") for asked in shop.asked)
    assert came.facts["cleaned_up"] is False
    assert came.facts["clean_up_trouble"] == "step `tidy up`: not done, since nothing was kept as `number`"


async def test_a_clean_up_that_fails_alters_no_verdict_and_is_told() -> None:
    with northwind() as shop:
        shop.hangs_at = "/hangs"
        away = {"step": "give back", "url": "/hangs"}
        came = await walked(shop, SIGN_IN, always=[{"step": "forget", "url": "/nowhere"}, away], seconds=1.0)
    assert (came.verdict, came.reason) == (Verdict.UP, "")
    assert came.facts["cleaned_up"] is False
    assert str(came.facts["clean_up_trouble"]).startswith(
        "step `forget`: status 404, expected 2xx or 3xx; timed out while wait"
    )


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ({"url": "/new", "up": {"status": 201}}, "status 200, expected 201"),
        (
            {"url": "/new", "up": {"body": {"contains": "{token}"}}},
            "the body lacks “•••”; got “<title>Northwind claims</title>",
        ),
        ({"url": "/new", "up": {"below_ms": 0.001}}, "took "),
        ({"url": "/new", "keep": {"a": {"json": "data"}}}, "the body is not JSON"),
        ({"url": "/new", "keep": {"a": {"header": "X-None"}}}, "there is no header X-None to keep"),
        ({"url": "/new", "keep": {"a": {"cookie": "none"}}}, "no cookie none was set"),
        ({"url": "/new", "keep": {"a": {"between": ["(", ")"]}}}, "nothing stands between “(” and “)”"),
        ({"url": "/away", "follow_redirects": False, "up": {"status": 200}}, "status 302, expected 200"),
        ({"url": "/circle"}, "redirected more than 10 times"),
    ],
)
async def test_a_step_that_fails_is_named_with_what_was_seen(step: dict[str, Any], reason: str) -> None:
    with northwind() as shop:
        came = await walked(shop, SIGN_IN, {"step": "look", **step})
    assert came.verdict is Verdict.DOWN
    assert came.reason.startswith(f"step `look`: {reason}")


async def test_redirects_are_followed_and_cookies_carried_along() -> None:
    with northwind() as shop:
        came = await walked(shop, SIGN_IN, {"step": "look", "url": "/away", "up": {"body": {"contains": "Report a claim"}}})
        assert came.verdict is Verdict.UP
        assert all(b"session=ab12cd34" in asked for asked in shop.server.asked[1:])


async def test_what_is_meant_for_one_site_does_not_go_to_another() -> None:
    with (
        serving(answering(page())) as other,
        serving(answering(page(status="302 Found", headers=f"Location: {other.url()}\r\n"))) as site,
    ):
        step = {"step": "look", "url": site.url(), "headers": {"X-Key": "{key}"}}
        came = await sample("journey", {"secrets": {"key": Secret("k-123456")}, "steps": [step]})
        assert came.verdict is Verdict.UP
        assert b"k-123456" in site.asked[0]
        assert b"k-123456" not in other.asked[0]
        posted = await sample("journey", {"secrets": {"key": Secret("k-123456")}, "steps": [{**step, "form": {"a": "b"}}]})
        assert posted.verdict is Verdict.UP, "a 302 makes a POST a GET, as in a browser"


async def test_a_redirect_to_where_probes_may_not_go_is_our_own_trouble() -> None:
    with serving(answering(page(status="302 Found", headers="Location: http://10.1.2.3/\r\n"))) as site:
        came = await sample("journey", {"steps": [{"step": "look", "url": site.url()}]})
    assert came.verdict is Verdict.UNKNOWN
    assert came.reason == "step `look`: it is at 10.1.2.3 (private), which probes may not reach: see allow_private"


async def test_no_secret_and_nothing_kept_is_told() -> None:
    with northwind() as shop:
        wrong = {**SIGN_IN, "json": {"password": "no{password}"}}
        came = await walked(shop, wrong)
        assert came.reason == "step `sign in`: status 403, expected 201"
        assert came.facts["evidence"] == "wrong password no•••"
        came = await walked(shop, SIGN_IN, {"step": "look", "url": "/new", "up": {"body": {"contains": "{token}"}}})
    assert "tok-5511-77" not in came.reason


async def test_what_breaks_the_line_is_not_put_into_a_header() -> None:
    with serving(answering(page(b"<a\r\nX-Evil: 1>"))) as site:
        first = {"step": "one", "url": site.url(), "keep": {"a": {"between": ["<", ">"]}}}
        came = await sample("journey", {"steps": [first, {"step": "two", "url": site.url(), "headers": {"X-A": "{a}"}}]})
    assert came.reason == "step `two`: what was kept and is to be sent in a header holds a line break"


async def test_each_sample_has_a_unique_value_of_its_own() -> None:
    with serving(answering(page())) as site:
        for _ in range(2):
            await sample("journey", {"steps": [{"step": "one", "url": site.url("/{unique}")}]})
        first, second = (asked.split(b" ")[1] for asked in site.asked)
    assert first != second


async def test_of_a_body_without_an_end_the_first_mebibyte_is_judged() -> None:
    with serving(endless) as site:
        step = {"step": "one", "url": site.url(), "up": {"body": {"contains": "x" * 60}}}
        assert (await sample("journey", {"steps": [step]})).verdict is Verdict.UP
        came = await sample("journey", {"steps": [{**step, "up": {"body": {"contains": "the end"}}}]})
    assert came.reason.startswith("step `one`: the body lacks “the end” in its first MiB; got “…”")


async def test_nobody_there_is_said_with_the_step() -> None:
    came = await sample("journey", {"steps": [{"step": "open", "url": f"http://127.0.0.1:{free_port()}/"}]})
    assert (came.verdict, came.reason) == (Verdict.DOWN, "step `open`: connection refused")


async def test_tls_is_spoken_and_certificates_are_looked_at(authority: Any) -> None:
    with serving(answering(page()), tls=authority.context("localhost")) as site:
        steps = [{"step": "open", "url": site.url(scheme="https", host="localhost")}]
        assert (await sample("journey", {"steps": steps, "ca": str(authority.path)})).verdict is Verdict.UP
        assert (await sample("journey", {"steps": steps, "verify": False})).verdict is Verdict.UP
        came = await sample("journey", {"steps": steps})
    assert came.verdict is Verdict.DOWN
    assert came.reason == "step `open`: certificate is not signed by an authority that is trusted here"


async def test_when_it_is_called_off_it_ends_at_once() -> None:
    with northwind() as shop:
        shop.hangs_at = "/new"
        running = asyncio.create_task(walked(shop, {"step": "look", "url": "/new"}, seconds=60))
        await until(lambda: bool(shop.asked))
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ([{"step": "one", "url": "/new"}], "say what `site` it stands on"),
        ([{"step": "one", "url": "ftp://northwind.example/"}], "must begin with https:// or http://"),
        ([{"step": "one", "url": "http://a/{token}"}], "`{token}` is no secret, and no step before it keeps it"),
        ([{"step": "one", "url": "http://a/"}, {"step": "one", "url": "http://a/"}], "two steps are called `one`"),
        ([{"step": "total", "url": "http://a/"}], "a step cannot be called `total`"),
        ([{"step": "one"}], "either a `url` or a `mail`"),
        ([{"step": "one", "url": "http://a/", "form": {}, "body": ""}], "one of `form`, `json` and `body`"),
        ([{"step": "one", "url": "http://a/", "up": {"certificate_days": 3}}], "in a step you can judge"),
        ([{"step": "one", "url": "http://a/", "keep": {"a": {}}}], "say one of `json`, `header`, `cookie` or `between`"),
    ],
)
async def test_what_makes_no_sense_is_refused_at_load(options: Any, why: str) -> None:
    with pytest.raises(ValidationError, match=why.replace("{", r"\{").replace("}", r"\}")):
        Options.model_validate({"steps": options})


async def test_how_long_a_step_takes_can_be_judged_by_the_check() -> None:
    with northwind() as shop:
        came = await walked(shop, SIGN_IN, healthy={"fact": {"sign_in_ms": {"below": 0.0001}}})
    assert came.verdict is Verdict.DEGRADED
    assert facts_of({"steps": [SIGN_IN], "always": [UNDO]}) == {"sign_in_ms": "number", "tidy_up_ms": "number"}
