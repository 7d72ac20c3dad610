"""What a scraper asks the hub for: a module of the files, a real target, the child that looks."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sentinel.model.installation import Guard
from sentinel.run.asking import Asking
from sentinel.run.clock import WallClock
from sentinel.run.scraped import ScrapedViews
from sentinel.serve.probe.port import NotProbed, Probed, Refusal
from tests.probe.conftest import Authority
from tests.probe.servers import answering, free_port, page, serving
from tests.run.world import House

MODULES = {
    "tcp_tls": {"prober": "tcp", "tcp": {"tls": True, "tls_config": {"insecure_skip_verify": True}}},
    "http_2xx": {"prober": "http", "timeout": "5s", "http": {"fail_if_body_not_matches_regexp": ["Card number"]}},
    "expression": {"prober": "http", "http": {"fail_if_header_matches": [{"header": "X", "regexp": "a+b"}]}},
}


class Scraped(ScrapedViews):
    asking = Asking()


@pytest.fixture
def views(tmp_path: Path) -> Iterator[Scraped]:
    house = House(tmp_path)
    installation = replace(house.world.installation, modules=MODULES, guard=Guard(allow=("127.0.0.0/8",)))
    yield Scraped(replace(house.world, installation=installation), house.store, WallClock())
    house.close()


def scraped(views: Scraped, module: str, target: str, hostname: str = "") -> Probed | Refusal:
    async def ask() -> Probed | Refusal:
        views.asking = Asking()
        try:
            return await views.probe_for(module, target, hostname, 3.0)
        finally:
            await views.asking.close()

    return asyncio.run(ask())


def test_a_target_that_is_well_succeeds_with_its_figures(views: Scraped) -> None:
    with serving(answering(page())) as server:
        found = scraped(views, "http_2xx", f"127.0.0.1:{server.port}", "pay.northwind.example")
    assert isinstance(found, Probed)
    assert (found.success, found.within, found.facts["status"], found.headers) == (True, 3.0, 200, {"content-length": "11"})
    assert b"\r\nHost: pay.northwind.example\r\n" in server.asked[0]


def test_a_target_that_lacks_its_text_fails_by_that(views: Scraped) -> None:
    with serving(answering(page(b"Service unavailable"))) as server:
        found = scraped(views, "http_2xx", server.url())
    assert isinstance(found, Probed)
    assert (found.success, found.failed) == (False, ("body contains “Card number”",))


def test_a_certificate_is_told_of_by_whichever_module_sees_it(views: Scraped, tmp_path: Path) -> None:
    ends = datetime.now(UTC) + timedelta(days=40)
    with serving(answering(page()), tls=Authority(tmp_path).context("localhost", not_after=ends)) as server:
        found = scraped(views, "tcp_tls", f"127.0.0.1:{server.port}")
    assert isinstance(found, Probed)
    assert found.first_expiry == pytest.approx(ends.timestamp(), abs=2)


def test_where_nobody_listens_it_fails(views: Scraped) -> None:
    found = scraped(views, "http_2xx", f"127.0.0.1:{free_port()}")
    assert isinstance(found, Probed)
    assert (found.success, found.reason) == (False, "connection refused")


@pytest.mark.parametrize(
    ("module", "hostname", "why"),
    [("nothing", "", NotProbed.UNKNOWN), ("expression", "", NotProbed.UNFIT), ("http_2xx", "a\r\nX: y", NotProbed.UNFIT)],
)
def test_what_cannot_be_asked_is_refused_before_anything_is_sent(
    views: Scraped, module: str, hostname: str, why: NotProbed
) -> None:
    with serving(answering(page())) as server:
        found = scraped(views, module, server.url(), hostname)
    assert isinstance(found, Refusal)
    assert (found.why, server.connections) == (why, 0)
