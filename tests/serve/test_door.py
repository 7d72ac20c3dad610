"""Signing in and out, sessions and their ends."""

from datetime import timedelta

import pytest

from sentinel.model.secret import Secret
from sentinel.serve.app import make_app
from sentinel.serve.port import Session
from sentinel.serve.session import token_hash
from tests.serve import world
from tests.serve.browser import Browser, Clock, client, text_of
from tests.serve.hub import MemoryHub
from tests.serve.walk import asked


async def test_the_cookie_is_bound_to_this_host_and_out_of_reach_of_scripts(stranger: Browser) -> None:
    answer = await stranger.sign_in()
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-sentinel=")
    for attribute in ("HttpOnly", "SameSite=lax", "Secure", "Path=/"):
        assert attribute in cookie
    assert "Domain" not in cookie


async def test_over_plain_http_the_cookie_goes_without_what_a_browser_would_refuse(hub: MemoryHub, clock: Clock) -> None:
    hub.house = world.installation(url="http://127.0.0.1:8080")
    async with client(hub, clock) as connection:
        cookie = (await Browser(connection).sign_in()).headers["set-cookie"]
    assert cookie.startswith("sentinel=")
    assert "Secure" not in cookie


async def test_only_the_hash_of_a_token_is_stored(lead: Browser, hub: MemoryHub) -> None:
    token = lead.client.cookies["__Host-sentinel"]
    (session,) = hub.sessions.values()
    assert session.token_hash == token_hash(token)
    assert token not in repr(hub.sessions)
    assert world.PASSWORD not in repr(hub.sessions)


async def test_a_wrong_password_and_an_unknown_account_look_the_same(stranger: Browser, hub: MemoryHub) -> None:
    wrong = await stranger.sign_in(password="guess")
    unknown = await stranger.sign_in(email="nobody@northwind.example")
    assert wrong.status_code == unknown.status_code == 403
    assert text_of(wrong) == text_of(unknown)
    assert "guess" not in wrong.text
    assert hub.sessions == {}


async def test_signing_out_ends_the_session_on_the_hub(lead: Browser, hub: MemoryHub) -> None:
    token = lead.client.cookies["__Host-sentinel"]
    assert (await lead.post("/sign-out", {})).headers["location"] == "/sign-in"
    assert hub.sessions == {}
    lead.client.cookies.set("__Host-sentinel", token)
    assert (await lead.get("/")).status_code == 303


async def test_signing_in_again_gives_a_new_token_and_ends_the_old_session(lead: Browser, hub: MemoryHub) -> None:
    old = lead.client.cookies["__Host-sentinel"]
    await lead.sign_in()
    assert lead.client.cookies["__Host-sentinel"] != old
    assert token_hash(old) not in hub.sessions


async def test_a_session_ends_after_twelve_idle_hours(lead: Browser, clock: Clock) -> None:
    clock.now += timedelta(hours=11, minutes=59)
    assert (await lead.get("/")).status_code == 200
    clock.now += timedelta(hours=11, minutes=59)
    assert (await lead.get("/")).status_code == 200, "the first look kept it alive"
    clock.now += timedelta(hours=12)
    assert (await lead.get("/")).status_code == 303


async def test_an_open_page_that_shows_itself_anew_keeps_nobody_signed_in(lead: Browser, clock: Clock) -> None:
    for _ in range(23):
        clock.now += timedelta(minutes=31)
        assert (await lead.client.get("/", headers={"hx-request": "true"})).status_code == 200
    clock.now += timedelta(minutes=31)
    assert (await lead.get("/")).status_code == 303


async def test_a_session_ends_after_seven_days_however_busy(lead: Browser, clock: Clock) -> None:
    for _ in range(6 * 24 + 23):
        clock.now += timedelta(hours=1)
        assert (await lead.get("/hold")).status_code == 200
    clock.now += timedelta(hours=1)
    assert (await lead.get("/hold")).status_code == 303


async def test_a_new_password_ends_every_session_and_a_restart_ends_none(lead: Browser, hub: MemoryHub, clock: Clock) -> None:
    token = lead.client.cookies["__Host-sentinel"]
    for password, status in ((world.PASSWORD, 200), ("another one", 303)):
        hub.house = world.installation(password=password)
        async with client(hub, clock) as connection:
            connection.cookies.set("__Host-sentinel", token)
            assert (await connection.get("/")).status_code == status


async def test_a_forged_or_foreign_session_lets_nobody_in(stranger: Browser, hub: MemoryHub) -> None:
    session = Session(token_hash=token_hash("t"), email="gone@northwind.example", mark="", made_at=world.NOW, seen_at=world.NOW)
    hub.sessions[session.token_hash] = session
    for token in ("t", "", "x" * 4000, "é"):
        answer = await stranger.client.get("/", headers={b"cookie": f"__Host-sentinel={token}".encode()})
        assert answer.status_code == 303


async def test_guessing_is_throttled_and_says_how_long(stranger: Browser, clock: Clock) -> None:
    for _ in range(5):
        assert (await stranger.sign_in(password="guess")).status_code == 403
    answer = await stranger.sign_in()
    assert answer.status_code == 429, "even the right password waits"
    assert "Try again in 15 min" in text_of(answer)
    assert answer.headers["retry-after"] == "901"
    clock.now += timedelta(minutes=15)
    assert (await stranger.sign_in()).status_code == 303


async def test_a_network_that_guesses_at_many_accounts_is_throttled(stranger: Browser) -> None:
    for number in range(20):
        assert (await stranger.sign_in(email=f"a{number}@northwind.example", password="guess")).status_code == 403
    assert (await stranger.sign_in()).status_code == 429


@pytest.mark.parametrize("header", ["x-forwarded-for", "x-real-ip", "forwarded"])
async def test_a_header_does_not_make_a_new_network(stranger: Browser, header: str) -> None:
    for number in range(20):
        stranger.client.headers[header] = f"198.51.{number}.1"
        await stranger.sign_in(email=f"a{number}@northwind.example", password="guess")
    assert (await stranger.sign_in()).status_code == 429


async def test_failed_sign_ins_from_everywhere_fill_the_log_and_not_the_audit(hub: MemoryHub, clock: Clock) -> None:
    app = make_app(hub, Secret("t"), clock, scrypt_cost=16)
    headers = {"sec-fetch-site": "same-origin", "content-type": "application/x-www-form-urlencoded"}
    for number in range(250):
        body = f"email=a{number}%40northwind.example&password=guess".encode()
        heard = await asked(app, "POST", "/sign-in", headers, body, address=f"10.1.{number}.1")
        assert heard.status == 403
    assert len(hub.noted) == 200
    clock.now += timedelta(hours=1)
    await asked(app, "POST", "/sign-in", headers, b"email=b%40northwind.example&password=guess", address="10.2.0.1")
    assert len(hub.noted) == 201
