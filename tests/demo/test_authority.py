"""A certificate that expires, as a real check sees it: the example's own checks, against the company over TLS."""

import asyncio
import re
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from sentinel.config import load
from sentinel.demo.authority import Authority
from sentinel.demo.services import PAGES, Company, How
from sentinel.demo.world import write_world
from sentinel.model.observation import Verdict
from sentinel.run.files import read
from sentinel.run.kinds import FoundKinds
from tests.probe.probing import probe

PATHS = {service: next(iter(pages)) for service, pages in PAGES.items()}


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(datetime.now(UTC))


@pytest.fixture
async def company(authority: Authority) -> AsyncIterator[Company]:
    company = Company(authority=authority)
    await company.start()
    yield company
    await company.stop()


async def get(company: Company, authority: Authority, service: str) -> httpx.Response:
    trusting = ssl.create_default_context(cadata=authority.certificate.decode())
    async with httpx.AsyncClient(verify=trusting) as client:
        return await client.get(company.urls[service] + PATHS[service])


async def test_every_service_is_had_over_tls_by_those_who_trust_its_authority(company: Company, authority: Authority) -> None:
    assert all(url.startswith("https://127.0.0.1:") for url in company.urls.values())
    assert {(await get(company, authority, service)).status_code for service in PAGES} == {200}


async def test_those_who_do_not_trust_it_are_not_served_and_the_next_one_is(company: Company, authority: Authority) -> None:
    async with httpx.AsyncClient(verify=ssl.create_default_context()) as stranger:
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await stranger.get(company.urls["quoting"])
    async with httpx.AsyncClient() as plain:
        with pytest.raises(httpx.TransportError):
            await plain.get(company.urls["quoting"].replace("https", "http"))
    assert (await get(company, authority, "quoting")).status_code == 200


async def test_an_expired_certificate_is_shown_from_the_next_connection_on_and_healed_likewise(
    company: Company, authority: Authority
) -> None:
    company.break_("accounts", How.EXPIRED)
    assert company.broken == ("accounts",)
    with pytest.raises(httpx.ConnectError, match="certificate has expired"):
        await get(company, authority, "accounts")
    assert (await get(company, authority, "quoting")).status_code == 200
    company.heal("accounts")
    assert (await get(company, authority, "accounts")).status_code == 200


async def test_one_that_runs_out_soon_breaks_nothing(company: Company, authority: Authority) -> None:
    company.break_("accounts", How.EXPIRING)
    assert company.broken == ()
    assert (await get(company, authority, "accounts")).status_code == 200


async def test_an_expired_ledger_is_an_error_to_what_stands_on_it(company: Company, authority: Authority) -> None:
    company.break_("ledger", How.EXPIRED)
    assert company.broken == ("payments", "documents")
    assert (await get(company, authority, "payments")).status_code == 503


async def test_without_an_authority_nothing_can_expire() -> None:
    company = Company()
    with pytest.raises(ValueError, match="plain HTTP"):
        company.break_("payments", How.EXPIRED)
    assert company.state["payments"] is How.HEALTHY


def test_no_key_is_left_lying_about(authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    authority.contexts("payments")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("how", "verdict", "reason"),
    [
        (How.HEALTHY, Verdict.UP, ""),
        (How.EXPIRING, Verdict.UP, r"certificate expires on \d{4}-\d\d-\d\d, in \d days, expected at least 14"),
        (How.EXPIRED, Verdict.DOWN, r"certificate expired on \d{4}-\d\d-\d\d"),
    ],
)
async def test_the_examples_own_check_says_what_is_wrong_with_the_certificate(
    company: Company, authority: Authority, tmp_path: Path, how: How, verdict: Verdict, reason: str
) -> None:
    world = write_world(
        tmp_path,
        smtp_port=25,
        slack_url="http://127.0.0.1:9/api/",
        listen="127.0.0.1:9",
        urls=company.urls,
        authority=authority.certificate,
    )
    known = {f"env:{name}": value for name, value in world.environment.items()}
    form = load(read(tmp_path), FoundKinds(), known.get).checks["payments.card-form"]
    company.break_("payments", how)
    said = await asyncio.to_thread(probe, form)
    assert said.verdict is verdict, said
    assert re.fullmatch(reason, said.reason), said.reason
