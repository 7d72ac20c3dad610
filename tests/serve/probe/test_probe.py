"""`GET /probe`: a token with the right, the names that scrapers know, and plain words where there is no sample."""

import asyncio

import pytest
from starlette.types import ASGIApp

from sentinel.model.observation import Fact
from sentinel.model.secret import Secret
from sentinel.probe.kind import grpc
from sentinel.serve.app import make_app
from sentinel.serve.probe.exposition import fnv1a
from sentinel.serve.probe.port import NotProbed, Probed, Refusal
from tests.serve.browser import TOKEN, Clock
from tests.serve.hub import MemoryHub
from tests.serve.walk import Heard, asked


@pytest.fixture
def hub() -> MemoryHub:
    return MemoryHub()


@pytest.fixture
def app(hub: MemoryHub) -> ASGIApp:
    return make_app(hub, Secret(TOKEN), Clock(), scrypt_cost=16)


def scrape(app: ASGIApp, query: str, token: str = TOKEN, **headers: str) -> Heard:
    sent = {"authorization": f"Bearer {token}", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return asyncio.run(asked(app, "GET", f"/probe?{query}", sent if token else headers))


def test_a_scrape_gets_the_figures_by_the_names_it_knows(app: ASGIApp, hub: MemoryHub) -> None:
    heard = scrape(app, "target=pay.northwind.example&module=http_2xx")
    assert heard.status == 200
    lines = heard.text.splitlines()
    for line in (
        "probe_success 1.0", "probe_http_status_code 200.0", 'probe_http_duration_seconds{phase="processing"} 0.019',
        'probe_http_duration_seconds{phase="resolve"} 0.001', "probe_http_ssl 1.0", "probe_http_version 1.1",
        "probe_http_content_length 11.0", "probe_ip_protocol 4.0", "probe_ssl_earliest_cert_expiry 1.8e+09",
        "probe_duration_seconds 0.03",
    ):  # fmt: skip
        assert line in lines
    assert hub.scraped == [("http_2xx", "pay.northwind.example", "", None)]


def test_the_usual_module_stands_where_none_is_named(app: ASGIApp, hub: MemoryHub) -> None:
    assert scrape(app, "target=a").status == 200
    assert hub.scraped[0][0] == "http_2xx"


def test_half_a_second_is_kept_back_of_what_the_scraper_waits(app: ASGIApp, hub: MemoryHub) -> None:
    scrape(app, "target=a", x_prometheus_scrape_timeout_seconds="10")
    scrape(app, "target=a", x_prometheus_scrape_timeout_seconds="soon")
    assert [within for *_, within in hub.scraped] == [9.5, None]


@pytest.mark.parametrize("token", ["", "wrong"])
def test_nobody_scrapes_without_a_token(app: ASGIApp, hub: MemoryHub, token: str) -> None:
    assert scrape(app, "target=a", token).status == 401
    assert not hub.scraped


@pytest.mark.parametrize(
    ("why", "status"), [(NotProbed.UNFIT, 400), (NotProbed.BUSY, 503), (NotProbed.BROKEN, 503), (NotProbed.UNKNOWN, 400)]
)
def test_where_there_is_no_sample_it_says_why(app: ASGIApp, hub: MemoryHub, why: NotProbed, status: int) -> None:
    hub.answer = Refusal(why=why, said="it is so")
    heard = scrape(app, "target=a")
    assert (heard.status, heard.text) == (status, "it is so\n")


def test_a_target_is_needed(app: ASGIApp) -> None:
    assert scrape(app, "module=http_2xx").status == 400


def test_a_failure_is_a_figure_too(app: ASGIApp, hub: MemoryHub) -> None:
    hub.answer = Probed(kind="http", success=False, seconds=5.0, within=5.0, reason="connection refused",
                        failed=("body contains “Pay”",))  # fmt: skip
    heard = scrape(app, "target=a&debug=true")
    assert "probe_success 0.0" in heard.text
    assert "probe_failed_due_to_regex 1.0" in heard.text
    assert "connection refused" in heard.text


@pytest.mark.parametrize(
    ("failed", "regex", "cel"),
    [
        ("body lacks “json”", 1, 0), ('!body.matches("a+ json")', 1, 0), ('body.matches("a+")', 1, 0),
        ("header X contains “y”", 1, 0),
        ("!(json.state == 'bad')", 0, 1), ("size(json.items) > 3", 0, 1), ("status is 2xx", 0, 0),
    ],
)  # fmt: skip
def test_a_failure_is_put_down_to_what_asked(app: ASGIApp, hub: MemoryHub, failed: str, regex: int, cel: int) -> None:
    hub.answer = Probed(kind="http", success=False, seconds=1.0, within=5.0, failed=(failed,))
    lines = scrape(app, "target=a").text.splitlines()
    assert f"probe_failed_due_to_regex {regex}.0" in lines
    assert f"probe_failed_due_to_cel {cel}.0" in lines


def test_the_code_of_grpc_is_a_figure(app: ASGIApp, hub: MemoryHub) -> None:
    facts: dict[str, Fact] = dict.fromkeys(grpc.FACTS, None)
    hub.answer = Probed(kind="grpc", success=False, seconds=1.0, within=5.0, facts={**facts, "grpc_code": 12})
    assert "probe_grpc_status_code 12.0" in scrape(app, "target=a").text.splitlines()


def test_an_address_has_the_hash_that_it_has_there() -> None:
    assert fnv1a("127.0.0.1") == 3668918509  # of the bytes 7f 00 00 01, by Go's hash/fnv
    assert fnv1a("::1") != fnv1a("127.0.0.1")
