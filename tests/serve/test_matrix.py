"""Every route × every role × every token's scope: who gets through is exactly what the published matrix says, and nobody else
changes anything."""

import logging
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import select
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from sentinel.model.account import GIVES, OPENS, RIGHT_OF, RIGHTS, Account, ApiToken, Right, Role
from sentinel.model.command import Command, SaveAccount
from sentinel.model.secret import Secret
from sentinel.serve import app as application
from sentinel.serve.accounts.credentials import digest_of, sha256
from sentinel.serve.accounts.matrix import Ruled, lets_in, lets_program_in, ruled, tables
from sentinel.serve.gate import Need, refuse_unruled
from sentinel.serve.session import Logins, form_token
from sentinel.store import tables as stored
from tests.run.world import House
from tests.serve import world
from tests.serve.browser import TOKEN, Clock
from tests.serve.hub import MemoryHub
from tests.serve.real import hub_of, lived_in
from tests.serve.walk import Heard, asked, path_of, sent

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "roles.md"
BEGINS, ENDS = "<!-- made from the routes: -->\n", "<!-- : end -->"
PUBLIC = {
    "GET /healthz", "GET /readyz", "GET /metrics", "GET /static/{name:path}", "GET /u/{unsubscribe}", "POST /u/{unsubscribe}",
    # a ping needs no account: its address is the right to make it
    "GET /ping/{token}", "POST /ping/{token}", "GET /ping/{token}/", "POST /ping/{token}/",
    "GET /ping/{token}/{word}", "POST /ping/{token}/{word}",
    "POST /returns/{channel}",  # its signature is the right to make it
    "POST /hooks/{hook}", "POST /hooks/{hook}/v2/enqueue",  # their credential is
    "POST /agents/enrol", "POST /agents/report",  # their bearer token is
    "GET /history.atom", "GET /history.rss",
}  # fmt: skip
NOT_STATE = {("session", "seen_at"), ("token", "used_at"), ("installation", "rounds")}
"""What a look may touch: when a session or a token was last seen, and with it how many commits the store has seen. And the
audit says who looked at customers."""


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Thousands of refusals are expected here. caplog puts the level back: others wait for lines of the log."""
    caplog.set_level(logging.ERROR, logger="sentinel")


@dataclass(frozen=True, kw_only=True)
class Walked:
    """The application over the stand-in hub, with an account for each role."""

    hub: MemoryHub
    clock: Clock
    app: ASGIApp
    cookies: dict[str, str]
    began: dict[str, Any]

    def begin_again(self) -> None:
        """The hub as it was at first: making the application anew for each form would take minutes."""
        vars(self.hub).update(deepcopy(self.began))


@cache
def digest() -> str:
    return digest_of("x" * 12, 16).reveal()


def account(role: Role, **other: object) -> Account:
    made = Account(
        email=f"{role}@northwind.example", name=role.title(), roles=(role,), digest=digest(),
        made_at=world.NOW, changed_at=world.NOW,
    )  # fmt: skip
    return replace(made, **other)  # type: ignore[arg-type]  # the names are Account's


async def opened() -> Walked:
    hub, clock = MemoryHub(), Clock()
    # Deliveries' addresses and the like are world's; accounts that the walk shuts out or changes are nobody's of it.
    hub.kept["nora@northwind.example"] = replace(account(Role.VIEWER), email="nora@northwind.example")
    app = application.make_app(hub, Secret(TOKEN), clock, scrypt_cost=16)
    logins, cookies = Logins(hub, 16), {}
    for role in Role:
        hub.kept[f"{role}@northwind.example"] = account(role)
        cookies[role.value], session = logins.new_session(logins.of_account(account(role)), clock.now)
        hub.sessions[session.token_hash] = session
    cookies["nobody"] = ""
    cookies["expired"], session = logins.new_session(logins.of_account(account(Role.ADMIN)), clock.now - timedelta(hours=12))
    hub.sessions[session.token_hash] = session
    out = account(Role.LEAD, email="out@northwind.example", disabled_at=world.NOW)
    hub.kept[out.email] = out
    cookies["shut out"], session = logins.new_session(logins.of_account(out), clock.now)
    hub.sessions[session.token_hash] = session
    return Walked(hub=hub, clock=clock, app=app, cookies=cookies, began=deepcopy(vars(hub)))


def every_route() -> list[Ruled]:
    return ruled(application.build(MemoryHub(), Secret("t"), Clock(), scrypt_cost=16).routes)


def of_pages() -> list[Ruled]:
    return [one for one in every_route() if not one.is_api]


def of_api() -> list[Ruled]:
    return [one for one in every_route() if one.is_api]


UNASKED = ("noted", "lines", "looks", "reads", "_turned")


def state(hub: MemoryHub) -> str:
    """All that the stand-in holds, but what was seen, and how often a face looked by itself."""
    return repr({name: held for name, held in vars(hub).items() if name not in UNASKED})


def is_answer(heard: Heard, one: Ruled) -> bool:
    """Not broken. What anybody may ask (is it ready? what is its status?) may have nothing to show yet."""
    return 200 <= heard.status < 500 or (one.need is Need.NOBODY and heard.status == 503)


WHO = [*(role.value for role in Role), "nobody", "expired", "shut out"]


@pytest.mark.parametrize("who", WHO)
async def test_each_role_gets_through_to_just_what_the_matrix_says(who: str) -> None:
    role = Role(who) if who in set(Role) else None
    let, kept_out, house = 0, 0, await opened()
    for one in of_pages():
        cookie, before = house.cookies[who], state(house.hub)
        heard = await sent(house.app, one, cookie, form_token(cookie) if cookie else "")
        assert is_answer(heard, one), (one.name, heard.status)
        if lets_in(one.need, role):
            let += 1
            if one.need not in (Need.NOBODY, Need.OWN_PAGE):  # there the page itself may want a password or a token
                assert heard.status not in (401, 403), one.name
            assert not heard.headers.get("location", "").startswith("/sign-in?"), one.name
        else:
            kept_out += 1
            wanted = 403 if role else 303 if one.method == "GET" else 401
            assert heard.status == wanted, (one.name, heard.status)
            assert role or one.method != "GET" or heard.headers["location"].startswith("/sign-in?next="), one.name
            assert state(house.hub) == before, one.name
            assert house.hub.asked == []
        if state(house.hub) != before:
            house.begin_again()
    assert let >= len(PUBLIC), "the walk went nowhere"
    assert kept_out, "everybody may do everything"


async def test_a_form_from_another_site_or_without_its_token_changes_nothing() -> None:
    house = await opened()
    for one in of_pages():
        if one.method == "GET" or one.need is Need.NOBODY:
            continue
        before = state(house.hub)
        for role in (Role.ADMIN, Role.LEAD):
            cookie = house.cookies[role.value]
            for site in ("cross-site", "same-site", "none", ""):
                heard = await sent(house.app, one, cookie, form_token(cookie), site=site)
                assert heard.status == 403, (one.name, site)
            other = form_token(house.cookies[Role.OWNER.value])
            for token in ("", "0" * 64, other) if one.need is not Need.OWN_PAGE else ():
                heard = await sent(house.app, one, cookie, token)
                assert heard.status == 403, (one.name, token)
        assert state(house.hub) == before, one.name


@pytest.mark.parametrize("scope", [*Right, None])
async def test_each_scope_opens_just_its_part_of_the_api(scope: Right | None) -> None:
    scopes, house = frozenset({scope} if scope else set()), await opened()
    for one in of_api():
        alive = ApiToken(
            id=1, name="program", token_hash=sha256("sntl_alive"), rights=tuple(scopes), made_by="Ada", made_at=world.NOW
        )
        dead = replace(alive, token_hash=sha256("sntl_dead"), revoked_at=world.NOW)
        late = replace(alive, token_hash=sha256("sntl_late"), expires_at=world.NOW)
        house.hub.programs = {each.token_hash: each for each in (alive, dead, late)}
        headers, fresh = {"content-type": "application/json", "authorization": ""}, state(house.hub)
        for given in ("sntl_alive", "sntl_dead", "sntl_late", "sntl_unknown", ""):
            headers["authorization"], before = f"Bearer {given}", state(house.hub)
            house.clock.now += timedelta(minutes=15)  # wrong tokens are throttled
            heard = await asked(house.app, one.method, path_of(one), headers, b"{}")
            through = given == "sntl_alive" and lets_program_in(one.need, scopes)
            assert heard.status < 500, (one.name, heard.status)
            assert (heard.status in (401, 403)) is not through, (one.name, given, heard.status)
            if not through:
                assert heard.status == (403 if given == "sntl_alive" else 401), (one.name, given)
                assert state(house.hub) == before, one.name
        if state(house.hub) != fresh:
            house.begin_again()


async def test_no_cookie_opens_the_api_and_no_token_opens_a_page() -> None:
    house = await opened()
    cookie = house.cookies[Role.ADMIN.value]
    for one in every_route():
        headers = {"cookie": f"__Host-sentinel={cookie}"} if one.is_api else {"authorization": f"Bearer {TOKEN}"}
        if one.method == "GET" and not lets_in(one.need, None):
            heard = await asked(house.app, "GET", path_of(one), headers)
            assert heard.status == (401 if one.is_api else 303), one.name


async def test_a_command_in_plain_json_asks_for_its_own_right() -> None:
    house = await opened()
    key = ApiToken(id=1, name="reader", token_hash=sha256("t"), rights=(Right.READ,), made_by="Ada", made_at=world.NOW)
    house.hub.programs = {key.token_hash: key}
    headers = {"authorization": "Bearer t", "content-type": "application/json"}
    heard = await asked(house.app, "POST", "/api/v1/commands", headers, b'{"do":"hold","on":true}')
    assert heard.status == 403
    assert house.hub.asked == []


# Over a real hub: what a walk changes is seen in the tables themselves.


def dump(house: House) -> dict[str, list[tuple[object, ...]]]:
    """Every table, whole, but for when something was last seen and the lines of the audit about looks."""

    def rows(table: str) -> list[tuple[object, ...]]:
        t = stored.metadata.tables[table]
        columns = [column for column in t.columns if (table, column.name) not in NOT_STATE]
        query = select(*columns) if table != "audit" else select(*columns).where(t.c.result != "{}")
        return house.read(lambda c: sorted((tuple(row) for row in c.execute(query)), key=repr))

    return {table: rows(table) for table in stored.metadata.tables}


async def cookie_of(house: House, app_clock: Clock, *roles: Role) -> str:
    """A session of an account with these roles."""
    email, digest = f"{'-'.join(roles)}@northwind.example", digest_of("x" * 12, 16)
    house.done(SaveAccount(email=email, name="Walker", roles=tuple(roles), digest=digest))
    hub = hub_of(house)
    logins, there = Logins(hub, 16), await hub.account(email)
    assert there is not None
    cookie, session = logins.new_session(logins.of_account(there), house.now)
    await hub.save_session(session)
    return cookie


async def test_over_a_real_hub_no_look_changes_a_table_and_no_stranger_changes_one(tmp_path: Path) -> None:
    house = lived_in(tmp_path)
    try:
        hub, clock = hub_of(house), Clock()
        clock.now = house.now
        app = application.make_app(hub, Secret(TOKEN), clock, scrypt_cost=16)
        cookies = {"all": await cookie_of(house, clock, *Role), "viewer": await cookie_of(house, clock, Role.VIEWER)}
        before = dump(house)
        for one in every_route():
            headers = {"authorization": f"Bearer {TOKEN}", "cookie": f"__Host-sentinel={cookies['all']}"}
            if one.method == "GET":
                for method in ("GET", "HEAD"):
                    heard = await asked(app, method, path_of(one) + "?hold=on&arrived=yes", headers)
                    assert is_answer(heard, one), (one.name, heard.status)
            elif not one.is_api:
                for who, cookie in {"viewer": cookies["viewer"], "nobody": ""}.items():
                    if not lets_in(one.need, Role.VIEWER if who == "viewer" else None):
                        heard = await sent(app, one, cookie, form_token(cookie) if cookie else "")
                        assert heard.status in (401, 403), (one.name, who)
                heard = await sent(app, one, cookies["all"], form_token(cookies["all"]), site="cross-site")
            else:
                heard = await asked(app, one.method, path_of(one), {"content-type": "application/json"}, b"{}")
                assert heard.status == 401, one.name
        after = dump(house)
        # The chain's end follows the lines of the audit, which may grow by looks at customers.
        assert {table for table in before if before[table] != after[table]} - {"anchor"} == set()
    finally:
        house.close()


# Fail closed.


def test_what_needs_nothing_is_only_what_is_listed_here() -> None:
    allowed = PUBLIC | {f"GET {one.path}" for one in every_route() if one.path.startswith(("/status", "/api/v2/"))}
    assert {one.name for one in every_route() if one.need is Need.NOBODY} <= allowed
    assert all(one.method == "GET" or one.name in PUBLIC for one in every_route() if one.need is Need.NOBODY)


def test_a_route_that_declares_nothing_is_refused_at_the_start() -> None:
    async def secret(request: Request) -> Response:
        return Response("x")

    with pytest.raises(ValueError, match="do not declare"):
        application.refuse_undeclared([Route("/secret", secret)])
    with pytest.raises(ValueError, match="does not declare"):
        ruled([Route("/secret", secret)])


def test_a_command_that_no_right_covers_is_refused_at_the_start() -> None:
    rights = {kind: right for kind, right in RIGHT_OF.items() if kind is not SaveAccount}
    with pytest.raises(ValueError, match="SaveAccount"):
        refuse_unruled(get_args(Command), rights)
    refuse_unruled(get_args(Command), RIGHT_OF)


def test_every_role_and_right_is_in_the_tables() -> None:
    assert set(RIGHTS) == set(GIVES) == set(Role)
    assert set(OPENS) == set(Right)


# The page.


def written(routes: Iterable[object]) -> str:
    """The page as it should be."""
    text = PAGE.read_text(encoding="utf-8")
    head, _, rest = text.partition(BEGINS)
    return f"{head}{BEGINS}\n{tables(routes)}\n{ENDS}{rest.partition(ENDS)[2]}"  # type: ignore[arg-type]


def test_the_published_matrix_is_that_of_the_routes() -> None:
    routes = application.build(MemoryHub(), Secret("t"), Clock(), scrypt_cost=16).routes
    right = PAGE.read_text(encoding="utf-8") == written(routes)
    assert right, "write it anew: .venv/bin/python -m tests.serve.test_matrix"


if __name__ == "__main__":
    PAGE.write_text(written(application.build(MemoryHub(), Secret("t"), Clock(), scrypt_cost=16).routes), encoding="utf-8")
