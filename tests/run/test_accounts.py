"""Accounts, tokens, the audit and the first run, over a real store."""

import asyncio
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from sentinel.model import command as ask
from sentinel.model.account import Right, Role
from sentinel.model.command import Done, MakeToken, Refused, RevokeToken, SaveAccount
from sentinel.model.secret import Secret
from sentinel.run.audit import shortened
from sentinel.serve.accounts.credentials import digest_of, invite, new_key
from sentinel.serve.accounts.port import Seen, Session, Sight
from sentinel.store import tables
from tests.run.world import CARD, MINUTE, House
from tests.serve.real import hub_of

NORA = "nora@northwind.example"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def password(text: str = "four words that differ") -> Secret:
    return digest_of(text, 16)


def save(**other: object) -> SaveAccount:
    given: dict[str, object] = {"email": NORA, "name": "Nora", "roles": ("viewer",), **other}
    return SaveAccount(**given)  # type: ignore[arg-type]  # the names are SaveAccount's


def first_file(house: House) -> tuple[int, str] | None:
    """Mode and first line of what a first run leaves beside the store."""
    file = Path(f"{house.store.path}.first")
    return (stat.S_IMODE(file.stat().st_mode), file.read_text().partition("\n")[0]) if file.exists() else None


def alone(house: House) -> None:
    """Nobody of sentinel.yaml signs in here."""
    house.world = replace(house.world, installation=replace(house.world.installation, logins=()))


async def signed_in(house: House, email: str) -> None:
    await hub_of(house).save_session(Session(token_hash="a" * 64, email=email, mark="m", made_at=house.now, seen_at=house.now))


async def test_an_account_is_kept_under_one_spelling_and_read_back(house: House) -> None:
    house.done(save(email=" Nora@Northwind.example ", roles=("lead", "desk"), digest=password()))
    found = await hub_of(house).account("NORA@northwind.example")
    assert found is not None
    assert (found.email, found.roles, found.may_sign_in) == (NORA, (Role.DESK, Role.LEAD), True)


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "nora"}, {"email": "nora@"}, {"email": "a b@c.d"}, {"email": "x@y\n.z"}, {"email": "a" * 300 + "@b.c"},
        {"name": " "}, {"name": "x" * 101}, {"name": "a\nb"}, {"roles": ("king",)}, {"roles": ()}, {"digest": Secret("plain")},
    ],
)  # fmt: skip
def test_what_is_no_account_is_refused(house: House, wrong: dict[str, object]) -> None:
    assert house.refused(save(**wrong)).code == "invalid"
    assert house.read(lambda c: c.execute(select(tables.account)).all()) == []


def test_people_of_the_file_are_not_changed_here(house: House) -> None:
    there = house.world.installation.logins[0]
    assert house.refused(save(email=there.email.upper())).code == "kept"


@pytest.mark.parametrize("change", [{"roles": ("desk",)}, {"disabled": True}, {"digest": password("another one of them")}])
async def test_other_roles_another_password_or_shutting_out_end_every_session(house: House, change: dict[str, object]) -> None:
    house.done(save(digest=password()))
    await signed_in(house, NORA)
    house.done(save(name="Nora B."))
    assert len(await hub_of(house).sessions_of(NORA)) == 1, "another name ends none"
    house.done(save(**change))
    assert await hub_of(house).sessions_of(NORA) == ()


async def test_sign_ins_that_nobody_can_use_any_more_are_forgotten(house: House) -> None:
    hub, idle, old = hub_of(house), timedelta(hours=12), timedelta(days=7)
    ages = {"a": (old, timedelta(0)), "b": (idle, idle), "c": (old - MINUTE, idle - MINUTE)}
    for mark, (made, seen) in ages.items():
        kept = Session(
            token_hash=mark * 64,
            email=NORA,
            mark="m",
            made_at=house.now - made - MINUTE / 2,
            seen_at=house.now - seen - MINUTE / 2,
        )
        await hub.save_session(kept)
    housekeeping = asyncio.create_task(hub._housekeeping())
    async with asyncio.timeout(30):
        there = await hub.sessions_of(NORA)
        while len(there) == len(ages):  # each look takes its turn at the store
            there = await hub.sessions_of(NORA)
    housekeeping.cancel()
    assert [session.token_hash[0] for session in there] == ["c"]


async def test_whoever_shuts_somebody_out_hears_of_the_keys_that_they_made(house: House) -> None:
    house.done(save(name="Lena", digest=password()))
    house.done(MakeToken(name="board", token_hash=new_key().token_hash, rights=("read",)))
    house.done(MakeToken(name="gone", token_hash=new_key().token_hash, rights=("read",)))
    house.done(RevokeToken(token=2))
    assert "Keys" not in house.done(save(name="Lena")).said
    assert "Keys that Lena made still open, 1 of them" in house.done(save(name="Lena", disabled=True)).said


async def test_the_last_admin_stays(house: House) -> None:
    alone(house)
    house.done(save(roles=("admin",), digest=password()))
    assert house.refused(save(roles=("viewer",))).code == "last_admin"
    assert house.refused(save(roles=("admin",), disabled=True)).code == "last_admin"
    other = {"email": "omar@northwind.example", "name": "Omar", "roles": ("admin",)}
    house.done(save(**other, digest=invite(house.now).digest))
    assert house.refused(save(roles=("viewer",))).code == "last_admin", "who was only invited cannot sign in yet"
    house.done(save(**other, digest=password()))
    house.done(save(roles=("viewer",)))


async def test_an_invitation_is_redeemed_once_and_not_after_a_change(house: House) -> None:
    hub, invitation = hub_of(house), invite(house.now)
    house.done(save(digest=invitation.digest))
    was = invitation.digest.reveal()
    assert isinstance(await hub.set_password(NORA, was=was, digest=password()), Done)
    assert isinstance(await hub.set_password(NORA, was=was, digest=password()), Refused)
    house.done(save(digest=invitation.digest, disabled=True))
    assert isinstance(await hub.set_password(NORA, was=was, digest=password()), Refused)
    assert isinstance(await hub.set_password("ghost@x.y", was="", digest=password()), Refused)


async def test_a_token_lives_until_it_is_revoked_or_its_time_is_over(house: House) -> None:
    hub, key = hub_of(house), new_key()
    hashed, until = key.token_hash.reveal(), house.now + timedelta(days=1)
    house.done(MakeToken(name="board", token_hash=key.token_hash, rights=("read", "hold"), expires_at=until))
    found = await hub.find_token(hashed)
    assert found is not None
    assert (found.rights, found.made_by) == ((Right.READ, Right.HOLD), "Lena")
    assert await hub.find_token("0" * 64) is None
    house.now = until
    assert await hub.find_token(hashed) is None
    house.now -= timedelta(hours=1)
    house.done(RevokeToken(token=found.id))
    assert await hub.find_token(hashed) is None
    assert house.refused(RevokeToken(token=99)).code == "unknown"


async def test_the_use_of_a_token_is_written_once_a_minute(house: House) -> None:
    hub, key = hub_of(house), new_key()
    house.done(MakeToken(name="board", token_hash=key.token_hash, rights=("read",)))
    first = house.now
    for seconds, used_at in ((0, first), (59, first), (61, first + timedelta(seconds=61))):
        house.now = first + timedelta(seconds=seconds)
        await hub.find_token(key.token_hash.reveal())
        assert (await hub.tokens())[0].used_at == used_at


@pytest.mark.parametrize(
    "wrong", [{"rights": ()}, {"rights": ("root",)}, {"name": ""}, {"token_hash": Secret("sntl_x")}, {"past": True}]
)
def test_what_is_no_token_is_refused(house: House, wrong: dict[str, object]) -> None:
    given: dict[str, object] = {"name": "n", "token_hash": new_key().token_hash, "rights": ("read",), **wrong}
    if given.pop("past", False):
        given["expires_at"] = house.now
    assert house.refused(MakeToken(**given)).code == "invalid"  # type: ignore[arg-type]  # the names are MakeToken's


async def test_every_command_stands_in_the_audit_refused_ones_too_and_no_secret_does(house: House) -> None:
    digest, key = password(), new_key()
    house.breaks(CARD)
    house.done(save(digest=digest))
    house.done(MakeToken(name="board", token_hash=key.token_hash, rights=("read",)))
    house.refused(ask.Note(incident=99, text="nobody"))
    house.done(ask.Note(incident=1, text='ring ann@example.com, "incident":99, +34 600 123 456'))
    page = await hub_of(house).audit(before=None, limit=500)
    text = repr(page)
    assert digest.reveal() not in text
    assert key.token_hash.reveal() not in text
    assert '"code":"unknown"' in text
    assert "ann@example.com" not in text
    assert "a***@example.com" in text
    assert "600 123" not in text
    assert NORA in text, "colleagues' accounts are shown whole"
    about = await hub_of(house).audit(before=None, limit=500, incident=99)
    assert len(about.entries) == 1, "what somebody types names no incident"


async def test_the_audit_is_read_by_the_page_and_by_account(house: House) -> None:
    hub = hub_of(house)
    for number in range(5):
        await hub.note_in_audit(Seen(do=Sight.SIGNED_IN, about=str(number)), "Nora", "NORA@northwind.example")
    await hub.note_in_audit(Seen(do=Sight.SIGN_IN_FAILED), "", "")
    first = await hub.audit(before=None, limit=2, account=NORA)
    rest = await hub.audit(before=first.next, limit=500, account=NORA)
    ids = [entry.id for entry in (*first.entries, *rest.entries)]
    assert len(ids) == 5
    assert ids == sorted(ids, reverse=True)
    assert rest.next is None


def test_addresses_are_shortened_wherever_they_stand() -> None:
    assert shortened('{"do":"add_told","address":"ana@example.com"}') == '{"do":"add_told","address":"a***@example.com"}'
    assert shortened('{"do":"add_told","address":"+34600123456"}') == '{"do":"add_told","address":"***56"}'
    assert "Ana" not in shortened('{"do":"add_told","address":"a@b.c","name":"Ana Ortiz","person":"Ana-7"}')
    assert "2026-11-22 14:30" in shortened('{"do":"note","text":"since 2026-11-22 14:30, reference 17-A"}')


async def test_what_was_searched_for_is_not_even_kept(house: House) -> None:
    hub = hub_of(house)
    for asked in ("who=ana%40example.com&x=1", "q=Ana+Ortiz&state=dead"):
        await hub.note_in_audit(Seen(do=Sight.LOOKED_UP, about=f"/notices/1/deliveries?{asked}"), "Lena", "lena@x.y")
    kept = [row.command for row in house.read(lambda c: c.execute(select(tables.audit)).all())]
    assert "na" not in "".join(kept)
    assert kept[-1] == '{"do":"looked_up","about":"/notices/1/deliveries ?q=A*** state=dead"}'


async def test_the_first_run_makes_one_account_with_the_token_of_the_file(house: House) -> None:
    alone(house)
    hub = hub_of(house)
    await hub.begin_first_run()
    mode, token = first_file(house) or (0, "")
    assert mode == 0o600
    assert len(token) >= 40
    assert await hub.first_run_is_open()
    for guess in ("guess", "", token[:-1]):
        assert isinstance(await hub.first_run(guess, email=NORA, name="Nora", digest=password()), Refused)
    assert isinstance(await hub.first_run(token, email=NORA, name="Nora", digest=password()), Done)
    assert first_file(house) is None
    assert not await hub.first_run_is_open()
    assert isinstance(await hub.first_run(token, email="b@c.d", name="Nora", digest=password()), Refused)
    (made,) = await hub.accounts()
    assert (made.email, set(made.roles)) == (NORA, {Role.ADMIN, Role.LEAD})


async def test_a_hub_that_somebody_can_sign_in_to_has_no_first_run(house: House) -> None:
    before = house.world
    alone(house)
    await hub_of(house).begin_first_run()
    assert first_file(house)
    house.world = before
    assert not await hub_of(house).first_run_is_open(), "a reload has brought people"
    await hub_of(house).begin_first_run()
    assert first_file(house) is None, "what an earlier start left is taken away"
    alone(house)
    house.done(save(digest=password()))
    await hub_of(house).begin_first_run()
    assert first_file(house) is None


async def test_the_log_says_where_the_token_lies_and_not_what_it_is(house: House, caplog: pytest.LogCaptureFixture) -> None:
    alone(house)
    await hub_of(house).begin_first_run()
    _, token = first_file(house) or (0, "nothing")
    assert ".first" in caplog.text
    assert token not in caplog.text
