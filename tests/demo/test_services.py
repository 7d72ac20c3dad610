"""The company: each way of breaking, seen by a real HTTP client."""

import socket
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from sentinel.demo.services import CUSTOMERS_USE, PAGES, Company, How


@pytest.fixture
async def company() -> AsyncIterator[Company]:
    company = Company(slow_by=timedelta(milliseconds=150))
    await company.start()
    yield company
    await company.stop()


async def get(company: Company, service: str, page: str | None = None) -> httpx.Response:
    path = page or next(iter(PAGES[service]))
    async with httpx.AsyncClient(timeout=2.0) as client:
        return await client.get(company.urls[service] + path)


@pytest.mark.parametrize("service", PAGES)
async def test_a_healthy_service_shows_each_of_its_pages(company: Company, service: str) -> None:
    for path, content in PAGES[service].items():
        answer = await get(company, service, path)
        assert (answer.status_code, answer.text) == (200, content)


async def test_any_other_page_is_not_there(company: Company) -> None:
    assert (await get(company, "payments", "/nowhere")).status_code == 404


@pytest.mark.parametrize("service", PAGES)
async def test_a_refusing_service_refuses_and_comes_back_on_the_same_port(company: Company, service: str) -> None:
    url = company.urls[service]
    company.break_(service, "refuse")
    with pytest.raises(httpx.ConnectError):
        await get(company, service)
    company.heal(service)
    assert (await get(company, service)).status_code == 200
    assert company.urls[service] == url


async def test_refusing_cuts_connections_that_are_kept_alive(company: Company) -> None:
    async with httpx.AsyncClient() as client:
        assert (await client.get(company.urls["quoting"] + "/quote")).status_code == 200
        company.break_("quoting", How.REFUSE)
        with pytest.raises(httpx.TransportError):
            await client.get(company.urls["quoting"] + "/quote")
        company.heal("quoting")
        assert (await client.get(company.urls["quoting"] + "/quote")).status_code == 200


async def test_a_refusing_service_keeps_its_port_from_others(company: Company) -> None:
    company.break_("accounts", How.REFUSE)
    port = int(company.urls["accounts"].rpartition(":")[2])
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind(("127.0.0.1", port))


async def test_a_service_in_error_answers_503(company: Company) -> None:
    company.break_("documents", How.ERROR)
    assert (await get(company, "documents")).status_code == 503


async def test_a_slow_service_answers_rightly_but_late(company: Company) -> None:
    company.break_("accounts", How.SLOW)
    answer = await get(company, "accounts")
    assert answer.status_code == 200
    assert answer.elapsed >= timedelta(milliseconds=150)


async def test_a_hanging_service_never_answers_and_lets_go_when_healed(company: Company) -> None:
    company.break_("quoting", How.HANG)
    async with httpx.AsyncClient(timeout=0.2) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get(company.urls["quoting"] + "/quote")
    company.heal("quoting")
    assert (await get(company, "quoting")).status_code == 200


async def test_wrong_content_is_a_200_without_what_the_page_should_hold(company: Company) -> None:
    company.break_("payments", How.WRONG)
    answer = await get(company, "payments", "/form")
    assert answer.status_code == 200
    assert "Card number" not in answer.text


@pytest.mark.parametrize(("how", "status"), [(How.REFUSE, 503), (How.ERROR, 503), (How.WRONG, 503), (How.SLOW, 200)])
async def test_a_broken_ledger_breaks_what_stands_on_it_and_nothing_else(company: Company, how: How, status: int) -> None:
    company.break_("ledger", how)
    assert company.broken == ("payments", "documents")
    assert [(await get(company, service)).status_code for service in ("payments", "documents")] == [status, status]
    assert [(await get(company, service)).status_code for service in ("quoting", "accounts")] == [200, 200]
    company.heal()
    assert [(await get(company, service)).status_code for service in PAGES] == [200] * len(PAGES)


async def test_a_hanging_ledger_makes_payments_hang(company: Company) -> None:
    company.break_("ledger", How.HANG)
    async with httpx.AsyncClient(timeout=0.2) as client:
        with pytest.raises(httpx.ReadTimeout):
            await client.get(company.urls["payments"] + "/form")


async def test_a_service_stays_broken_by_itself_when_the_ledger_heals(company: Company) -> None:
    company.break_("ledger", How.ERROR)
    company.break_("payments", How.REFUSE)
    company.heal("ledger")
    assert company.broken == ("payments",)


async def test_breaking_what_is_not_there_is_an_error(company: Company) -> None:
    with pytest.raises(KeyError):
        company.break_("claims", How.ERROR)
    with pytest.raises(ValueError, match="gently"):
        company.break_("payments", "gently")


async def test_the_ports_can_be_given() -> None:
    first = Company()
    await first.start()
    ports = {service: int(url.rpartition(":")[2]) for service, url in first.urls.items()}
    await first.stop()
    second = Company(ports=ports)
    await second.start()
    assert second.urls == first.urls
    await second.stop()


async def test_stopping_refuses_everything_even_what_hangs() -> None:
    company = Company()
    await company.start()
    company.break_("quoting", How.HANG)
    reached = socket.create_connection(("127.0.0.1", int(company.urls["quoting"].rpartition(":")[2])))
    reached.sendall(b"GET /quote HTTP/1.1\r\nHost: x\r\n\r\n")
    await company.stop()
    with reached:
        reached.settimeout(2)
        with pytest.raises(ConnectionError):
            _read_or_fail(reached)
    for service in CUSTOMERS_USE:
        with pytest.raises(httpx.ConnectError):
            await get(company, service)


def _read_or_fail(reached: socket.socket) -> None:
    """An end of the connection may show as a reset or as its end."""
    if not reached.recv(100):
        raise ConnectionError
