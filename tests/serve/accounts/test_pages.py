"""The pages of accounts, tokens and the audit, as their users go through them."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from sentinel.model.account import Account, Right, Role
from sentinel.model.command import Hold
from sentinel.model.secret import Secret
from sentinel.serve.accounts.credentials import digest_of, sha256
from sentinel.serve.accounts.port import AuditEntry, Sight
from sentinel.serve.app import make_app
from tests.serve import world
from tests.serve.browser import ORIGIN, Browser, Clock, client, text_of
from tests.serve.hub import MemoryHub
from tests.serve.standin_accounts import FIRST_TOKEN

NORA, OLD, NEW = "nora@northwind.example", "the old four words", "some new four words"


@pytest.fixture
async def admin(stranger: Browser, hub: MemoryHub) -> Browser:
    keep(hub, "ada@northwind.example", Role.ADMIN)
    assert (await stranger.sign_in("ada@northwind.example", OLD)).status_code == 303
    return stranger


def keep(hub: MemoryHub, email: str, *roles: Role) -> Account:
    made = Account(
        email=email,
        name=email.partition("@")[0].title(),
        roles=roles,
        digest=digest_of(OLD, 16).reveal(),
        made_at=world.NOW,
        changed_at=world.NOW,
    )
    hub.kept[email] = made
    return made


@asynccontextmanager
async def another(hub: MemoryHub, clock: Clock) -> AsyncIterator[Browser]:
    async with client(hub, clock, "198.51.100.9") as connection:
        yield Browser(connection)


async def test_an_invited_colleague_chooses_a_password_that_no_admin_knows(
    admin: Browser, hub: MemoryHub, clock: Clock
) -> None:
    page = await admin.post("/accounts", {"name": "Nora Blackwood", "email": NORA, "role-desk": "on"})
    code = re.findall(r"inv_[\w-]+", page.text)[0]
    assert code not in repr(hub.kept), "the code is kept as a hash"
    assert code not in (await admin.get("/accounts")).text, "the code is shown once"
    form = {"email": NORA.upper(), "code": code, "password": NEW, "again": NEW}
    async with another(hub, clock) as nora:
        assert (await nora.post("/invitation", {**form, "code": "inv_guess"}, token=False)).status_code == 403
        assert (await nora.post("/invitation", {**form, "again": OLD}, token=False)).status_code == 422
        done = await nora.post("/invitation", form, token=False)
        assert "Your password is set" in text_of(done)
        assert (await nora.post("/invitation", form, token=False)).status_code == 403, "once"
        assert (await nora.sign_in(NORA, NEW)).status_code == 303
        assert (await nora.get("/accounts")).status_code == 403
    assert code not in repr(hub.noted)


async def test_an_invitation_runs_out(admin: Browser, hub: MemoryHub, clock: Clock) -> None:
    page = await admin.post("/accounts", {"name": "Nora", "email": NORA, "role-desk": "on"})
    code = re.findall(r"inv_[\w-]+", page.text)[0]
    clock.now += timedelta(hours=24)
    async with another(hub, clock) as nora:
        form = {"email": NORA, "code": code, "password": NEW, "again": NEW}
        assert (await nora.post("/invitation", form, token=False)).status_code == 403


@pytest.mark.parametrize("path", ["", "/invitation", "/standing"])
async def test_a_change_of_roles_password_or_standing_signs_somebody_out_at_once(
    admin: Browser, hub: MemoryHub, clock: Clock, path: str
) -> None:
    keep(hub, NORA, Role.DESK)
    async with another(hub, clock) as nora:
        await nora.sign_in(NORA, OLD)
        assert (await nora.get("/profile")).status_code == 200
        form = {"name": "Nora", "role-viewer": "on", "standing": "out"}
        assert (await admin.post(f"/accounts/{NORA}{path}", form)).status_code in (200, 303)
        assert (await nora.get("/profile")).status_code == 303
    assert hub.asked[-1][1] == "Ada"


async def test_who_is_shut_out_does_not_come_in_and_looks_like_a_stranger(stranger: Browser, hub: MemoryHub) -> None:
    hub.kept[NORA] = replace(keep(hub, NORA, Role.DESK), disabled_at=world.NOW)
    out, unknown = await stranger.sign_in(NORA, OLD), await stranger.sign_in("nobody@northwind.example", OLD)
    assert (out.status_code, text_of(out)) == (unknown.status_code, text_of(unknown)) == (403, text_of(unknown))


async def test_the_last_admin_is_told_so_and_keeps_what_was_typed(admin: Browser) -> None:
    answer = await admin.post("/accounts/ada@northwind.example", {"name": "Ada L.", "role-viewer": "on"})
    assert answer.status_code == 409
    assert "is the last admin" in text_of(answer)
    assert 'value="Ada L."' in answer.text


async def test_an_account_that_is_there_is_not_made_again(admin: Browser, hub: MemoryHub) -> None:
    kept = keep(hub, NORA, Role.DESK)
    answer = await admin.post("/accounts", {"name": "Other", "email": NORA, "role-admin": "on"})
    assert answer.status_code == 409
    assert hub.kept[NORA] == kept
    assert (await admin.get("/accounts/ghost@northwind.example")).status_code == 404


async def test_changing_ones_own_password_ends_every_other_sign_in(stranger: Browser, hub: MemoryHub, clock: Clock) -> None:
    keep(hub, NORA, Role.DESK)
    async with another(hub, clock) as elsewhere:
        await elsewhere.sign_in(NORA, OLD)
        await stranger.sign_in(NORA, OLD)
        wrong = await stranger.post("/profile/password", {"old": "guess", "password": NEW, "again": NEW})
        assert (wrong.status_code, "old password is not right" in text_of(wrong)) == (422, True)
        assert (await stranger.post("/profile/password", {"old": OLD, "password": NORA, "again": NORA})).status_code == 422
        done = await stranger.post("/profile/password", {"old": OLD, "password": NEW, "again": NEW})
        assert done.status_code == 303
        assert (await stranger.get("/profile")).status_code == 200, "whoever changed it goes on"
        assert (await elsewhere.get("/profile")).status_code == 303
        assert (await elsewhere.sign_in(NORA, OLD)).status_code == 403
    assert OLD not in repr((hub.noted, hub.asked))


async def test_guessing_the_old_password_in_a_session_left_open_is_throttled(stranger: Browser, hub: MemoryHub) -> None:
    keep(hub, NORA, Role.DESK)
    await stranger.sign_in(NORA, OLD)
    for _ in range(5):
        await stranger.post("/profile/password", {"old": "guess", "password": NEW, "again": NEW})
    assert (await stranger.post("/profile/password", {"old": OLD, "password": NEW, "again": NEW})).status_code == 429


async def test_one_sees_ones_sign_ins_and_ends_them_but_not_somebody_elses(lead: Browser, hub: MemoryHub, clock: Clock) -> None:
    keep(hub, NORA, Role.DESK)
    async with another(hub, clock) as elsewhere, another(hub, clock) as nora:
        await elsewhere.sign_in()
        await nora.sign_in(NORA, OLD)
        theirs, hers = (sha256(each.client.cookies["__Host-sentinel"]) for each in (elsewhere, nora))
        page = (await lead.get("/profile")).text
        assert theirs in page
        assert hers not in page
        await lead.post("/profile/sessions", {"end": hers})
        assert (await nora.get("/profile")).status_code == 200
        await lead.post("/profile/sessions", {"end": theirs})
        assert (await elsewhere.get("/profile")).status_code == 303
        await elsewhere.sign_in()
        await lead.post("/profile/sessions", {"end": "others"})
        assert (await elsewhere.get("/profile")).status_code == 303
    assert (await lead.get("/profile")).status_code == 200
    assert "kept in sentinel.yaml" in text_of(await lead.get("/profile"))


async def test_people_of_the_file_and_accounts_sign_in_side_by_side_over_a_reload(
    stranger: Browser, hub: MemoryHub, clock: Clock
) -> None:
    keep(hub, NORA, Role.DESK)
    assert (await stranger.sign_in(NORA, OLD)).status_code == 303
    assert (await stranger.sign_in()).status_code == 303
    hub.house = replace(hub.house, logins=())
    assert (await stranger.get("/profile")).status_code == 303, "the reload took them out"
    assert (await stranger.sign_in()).status_code == 403
    login = replace(world.LEAD, email=NORA, password=Secret(NEW))
    hub.house = replace(hub.house, logins=(login,))
    assert (await stranger.sign_in(NORA, OLD)).status_code == 403, "whoever is in both counts by the file alone"
    assert (await stranger.sign_in(NORA, NEW)).status_code == 303


async def test_a_token_is_shown_once_and_revoked(admin: Browser, hub: MemoryHub) -> None:
    page = await admin.post("/tokens", {"name": "board", "right-read": "on", "right-hold": "on", "lasts": "30"})
    token = re.findall(r"sntl_[\w-]+", page.text)[0]
    assert hub.programs[sha256(token)].rights == (Right.READ, Right.HOLD)
    listed = await admin.get("/tokens")
    assert "board" in listed.text
    assert token not in listed.text
    assert (await admin.post("/tokens/1/revoke", {})).status_code == 303
    assert "revoked" in text_of(await admin.get("/tokens"))
    assert (await admin.post("/tokens", {"name": "x", "right-read": "on", "lasts": "5"})).status_code == 422


async def test_the_first_account_is_made_with_the_token_and_then_the_page_is_gone(stranger: Browser, hub: MemoryHub) -> None:
    hub.house, hub.first_token = replace(hub.house, logins=()), FIRST_TOKEN
    assert "/first-run" in (await stranger.get("/sign-in")).text
    form = {"code": FIRST_TOKEN, "name": "Nora", "email": NORA, "password": NEW, "again": NEW}
    assert (await stranger.post("/first-run", {**form, "code": "guess"}, token=False)).status_code == 403
    assert (await stranger.post("/first-run", {**form, "password": "short", "again": "short"}, token=False)).status_code == 422
    assert hub.kept == {}
    assert "Your password is set" in text_of(await stranger.post("/first-run", form, token=False))
    assert (await stranger.get("/first-run")).status_code == 404
    assert (await stranger.post("/first-run", form, token=False)).status_code == 404
    await stranger.sign_in(NORA, NEW)
    assert (await stranger.get("/accounts")).status_code == 200


async def test_the_token_of_the_first_run_is_guessed_at_twenty_times_and_no_more(stranger: Browser, hub: MemoryHub) -> None:
    hub.first_token = FIRST_TOKEN
    form = {"code": "guess", "name": "Nora", "email": NORA, "password": NEW, "again": NEW}
    answers = [(await stranger.post("/first-run", form, token=False)).status_code for _ in range(6)]
    assert answers == [403] * 5 + [429]


async def test_strangers_who_guess_lock_nobody_else_out_of_the_first_run_or_an_invitation(hub: MemoryHub, clock: Clock) -> None:
    hub.first_token = FIRST_TOKEN
    form = {"code": "guess", "name": "Nora", "email": NORA, "password": NEW, "again": NEW}
    app, own = make_app(hub, Secret("operator"), clock, scrypt_cost=16), {"sec-fetch-site": "same-origin"}
    far, near = (httpx.ASGITransport(app, client=(address, 40000)) for address in ("198.51.100.9", "203.0.113.7"))
    async with httpx.AsyncClient(transport=far, base_url=ORIGIN, headers=own) as stranger:
        for path in ("/first-run", "/invitation"):
            assert [(await stranger.post(path, data=form)).status_code for _ in range(6)] == [403] * 5 + [429]
    async with httpx.AsyncClient(transport=near, base_url=ORIGIN, headers=own) as nora:
        for path in ("/first-run", "/invitation"):
            assert (await nora.post(path, data=form)).status_code == 403


async def test_the_audit_shows_what_was_asked_and_what_came_of_it(admin: Browser, hub: MemoryHub) -> None:
    hub.lines = [
        AuditEntry(id=1, at=world.NOW, who="Lena", account="lena@northwind.example",
                   command='{"do":"note","incident":17,"text":"<b>x</b>"}', result='{"incident":17,"said":""}'),
        AuditEntry(id=2, at=world.NOW, who="Omar", account="token:3",
                   command='{"do":"hold","on":true}', result='{"code":"forbidden","why":"No."}'),
        *(AuditEntry(id=3 + n, at=world.NOW, who="Ada", account="ada@northwind.example",
                     command='{"do":"looked_up","about":"/notices/11/deliveries"}', result="{}") for n in range(110)),
    ]  # fmt: skip
    first = await admin.get("/audit")
    assert text_of(first).count("/notices/11/deliveries") == 100
    older = re.findall(r'href="(/audit\?before=\d+)"', first.text)[0]
    rest = await admin.get(older)
    assert "&lt;b&gt;x&lt;/b&gt;" in rest.text
    assert "✕ refused No." in text_of(rest)
    assert "Omar" not in text_of(await admin.get("/audit?incident=17"))
    assert "Lena" not in text_of(await admin.get("/audit?account=token%3A3"))
    for odd in ("before=-1", "before=99999999999999999999", "incident=²", "account=%00", "before=1&before=x"):
        assert (await admin.get(f"/audit?{odd}")).status_code == 200


async def test_what_is_no_command_stands_in_the_audit_too(lead: Browser, hub: MemoryHub, clock: Clock) -> None:
    await lead.get("/notices/11/deliveries?state=in_doubt")
    await lead.get("/notices/11/deliveries?state=in_doubt")
    clock.now += timedelta(minutes=2)
    await lead.get("/notices/11/deliveries?state=in_doubt")
    async with another(hub, clock) as viewer:
        await viewer.sign_in(password="guess")
        await viewer.sign_in(email="my password by mistake", password="x")
        await viewer.sign_in(world.VIEWER.email, world.VIEWER.password.reveal())
        assert (await viewer.post("/hold", {"hold": "on"})).status_code == 403
    await lead.post("/sign-out", {})
    noted = [(seen.do, account) for seen, _, account in hub.noted]
    lena, viktor = world.LEAD.email, world.VIEWER.email
    assert noted == [
        (Sight.SIGNED_IN, lena), (Sight.LOOKED_UP, lena), (Sight.LOOKED_UP, lena), (Sight.SIGN_IN_FAILED, lena),
        (Sight.SIGN_IN_FAILED, ""), (Sight.SIGNED_IN, viktor), (Sight.DENIED, viktor), (Sight.SIGNED_OUT, lena),
    ]  # fmt: skip
    assert "mistake" not in repr(hub.noted)
    assert not any(isinstance(command, Hold) for command, _ in hub.asked)
