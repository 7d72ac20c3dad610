""" "Send it to me first", over a real store: to the one who asks and nobody else, and as if it had never happened."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random

import pytest
from sqlalchemy import ColumnElement

from sentinel.deliver.outcome import Outcome
from sentinel.deliver.unsubscribe import person_of, token
from sentinel.model.account import Role
from sentinel.model.command import EditDraft, Hold, Rehearse, SaveAccount
from sentinel.model.delivery import Accepted, Delivery, Lane, State
from sentinel.model.message import Letter, Message
from sentinel.model.notice import Draft
from sentinel.run.contents import StoredContents
from sentinel.run.received import find, received
from sentinel.run.sender import Sender
from sentinel.store import tables
from tests.run.world import HOUR, House

pytestmark = pytest.mark.usefixtures("drafted")


class Mailroom:
    """The customers' mail as its provider sees it: keeps every message, and takes it."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.came = asyncio.Event()

    async def send(self, message: Message, arm: Callable[[], Awaitable[bool]]) -> Outcome:
        assert await arm()
        self.got.append(message)
        self.came.set()
        return Accepted()

    async def close(self) -> None: ...


async def sent_by_the_staffs_sender(house: House) -> list[Message]:
    """What the real sender of that lane sends by the channel `email`, until the first message."""
    room = Mailroom()
    contents = StoredContents(house.store)
    sender = Sender(Lane.CONFIRMATIONS, house.store, {"email": lambda: room}, contents, lambda: house.now, 1, Random(1))
    running = asyncio.create_task(sender.run())
    async with asyncio.timeout(10):
        await room.came.wait()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    return room.got


def rehearsal(house: House) -> Delivery:
    (row,) = [row for row in house.rows(lane=Lane.CONFIRMATIONS) if row.step.startswith("rehearsal#")]
    return row


def to_me(house: House, draft: Draft, **changes: str) -> Rehearse:
    asked = Rehearse(notice=draft.notice, hash=draft.hash, to=house.world.installation.logins[0].email)
    return replace(asked, **changes)  # type: ignore[arg-type]  # all of them are texts


async def test_the_draft_goes_to_the_one_who_asks_as_one_customer_would_get_it(house: House) -> None:
    lead = house.world.installation.logins[0].email
    said = house.done(to_me(house, house.draft())).said
    assert lead in said
    (letter,) = await sent_by_the_staffs_sender(house)
    assert isinstance(letter, Letter)
    assert (letter.address, letter.wording.language) == (lead, "en")
    assert letter.wording.subject.startswith("[Only to you] ")
    assert "{until}" not in letter.wording.text
    assert "{name}" in letter.wording.text, "the channel puts the customer's name in, as for any letter"
    assert letter.name not in said, "it stands in the audit, which people read who may see no customer"
    house.tell()
    assert letter.name in {row.name for row in house.rows("opened") if row.language == "en"}
    theirs = next(each.wording for each in house.postman.letters("opened") if each.row.language == "en" and each.wording)
    assert (letter.wording.text, letter.wording.html) == (theirs.text, theirs.html)
    assert letter.wording.subject == f"[Only to you] {theirs.subject}"


async def test_whoever_may_not_see_customers_gets_the_words_with_nobodys_name(house: House) -> None:
    """A program with the right to approve may have it sent to an account of less."""
    viewer = replace(house.world.installation.logins[0], email="vera@northwind.example", roles=(Role.VIEWER,))
    installation = replace(house.world.installation, logins=(*house.world.installation.logins, viewer))
    house.world = replace(house.world, installation=installation)
    house.done(to_me(house, house.draft(), to="Vera@northwind.example"))
    (letter,) = await sent_by_the_staffs_sender(house)
    assert isinstance(letter, Letter)
    assert (letter.address, letter.name) == ("Vera@northwind.example", "")
    assert (rehearsal(house).name, rehearsal(house).zone) == ("", installation.zone)


def test_an_account_of_the_store_counts_by_its_own_roles_and_one_that_is_shut_out_not_at_all(house: House) -> None:
    account = SaveAccount(email="nora@northwind.example", name="Nora", roles=("lead",))
    house.done(account)
    house.done(to_me(house, house.draft(), to=account.email))
    assert rehearsal(house).name == "Ada"
    house.done(replace(account, disabled=True))
    assert house.refused(to_me(house, house.draft(), to=account.email, language="es")).code == "not_yours"


async def test_nobody_counts_as_told_and_nothing_is_promised(house: House) -> None:
    draft = house.draft()

    def shown() -> tuple[object, ...]:
        return house.incident(), house.notices(), house.promises(), house.draft(), house.count(draft.notice), house.rows()

    before = shown()
    house.done(to_me(house, draft))
    await sent_by_the_staffs_sender(house)
    house.round()
    assert rehearsal(house).state is State.ACCEPTED
    assert shown() == before
    assert not rehearsal(house).key.startswith(f"{house.incident().subject}/"), "no key that a customer's delivery could have"
    told = house.tell()
    assert len(house.postman.heard("opened")) == house.count(told.id) > 0


def test_its_link_that_stops_messages_stops_no_customers(house: House) -> None:
    house.done(to_me(house, house.draft()))
    person = person_of(house.world.unsubscribe_key, token(house.world.unsubscribe_key, rehearsal(house).person))
    assert person is not None
    assert person.startswith("account:")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"hash": "an-older-one"}, "changed"),
        ({"to": "ana@example.org"}, "not_yours"),
        ({"language": "xx"}, "unknown"),
    ],
)
def test_it_is_refused_and_nothing_is_queued(house: House, changes: dict[str, str], code: str) -> None:
    assert house.refused(to_me(house, house.draft(), **changes)).code == code
    assert not [row for row in house.rows(lane=Lane.CONFIRMATIONS) if row.step.startswith("rehearsal#")]


def test_the_same_words_go_to_the_same_person_once_and_edited_ones_again(house: House) -> None:
    draft = house.draft()
    house.done(to_me(house, draft))
    assert house.refused(to_me(house, draft)).code == "already"
    house.done(to_me(house, draft, language="es"))
    voice = draft.bodies[0].voice + " Sorry."
    house.done(EditDraft(notice=draft.notice, version=draft.version, language="en", forms={"voice": voice}))
    house.done(to_me(house, house.draft()))
    assert len([row for row in house.rows(lane=Lane.CONFIRMATIONS) if row.step.startswith("rehearsal#")]) == 3


def test_words_that_are_approved_are_tried_out_no_more(house: House) -> None:
    draft = house.draft()
    house.approve()
    assert house.refused(to_me(house, draft)).code == "not_a_draft"


async def test_the_hold_of_customers_lanes_does_not_hold_it(house: House) -> None:
    house.done(Hold(on=True, why="wait"))
    house.done(to_me(house, house.draft()))
    await sent_by_the_staffs_sender(house)
    assert rehearsal(house).state is State.ACCEPTED


def test_what_one_person_received_is_shown_word_for_word(house: House) -> None:
    house.tell()
    row = next(row for row in house.rows("opened") if row.state is State.ACCEPTED)
    found = house.read(lambda c: received(c, row.id))
    assert found is not None
    assert row.name in found.text
    assert "{" not in found.subject + found.text
    assert found.moves[0][1] == "Put into the queue."
    assert [at for at, _ in found.moves] == sorted(at for at, _ in found.moves)
    assert house.read(lambda c: received(c, 10**9)) is None


def test_somebody_is_found_by_a_piece_of_name_or_address_and_a_wildcard_is_a_character(house: House) -> None:
    house.tell()
    row = next(row for row in house.rows("opened") if row.state is State.ACCEPTED)
    for piece in (row.name.upper()[:6], row.address[3:], row.person):
        assert row.id in _found(house, row.notice, piece)
    assert _found(house, row.notice, "%") == ()
    assert _found(house, row.notice, row.name, tables.delivery.c.state == State.DEAD.value) == ()


def _found(house: House, notice: int, text: str, *which: ColumnElement[bool]) -> tuple[int, ...]:
    return tuple(each.id for each in house.read(lambda c: find(c, notice, text, which, 500)).deliveries)


async def test_words_to_those_who_were_told_go_to_the_asker_as_one_of_them_would_get_them(house: House) -> None:
    house.tell()
    house.set_eta(house.now + 3 * HOUR)
    house.round()
    draft = house.draft()
    assert house.notice(draft.notice).step.startswith("delayed")
    house.done(Rehearse(notice=draft.notice, hash=draft.hash, language="es", to="lena@northwind.example"))
    (sent,) = await sent_by_the_staffs_sender(house)
    assert isinstance(sent, Letter)
    assert sent.name == "Ben"
