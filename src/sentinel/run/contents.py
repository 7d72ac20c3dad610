"""What senders are given to send: the approved words with their slots filled, and the briefs of staff notices."""

import asyncio

from sqlalchemy import Connection

from sentinel.model.message import Wording
from sentinel.model.notice import TELLING, Brief, Notice, NoticeState
from sentinel.notify.drill import marked
from sentinel.notify.facts import Facts
from sentinel.notify.html import html
from sentinel.notify.slots import fill, values
from sentinel.store import codec, notices
from sentinel.store.database import Store
from sentinel.store.openings import is_opening

NAME = "{name}"
"""The one slot that stays open: a wording serves everybody of its language and zone."""


class StoredContents:
    """Reads from the store what was approved. What is not approved has no wording."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def wording(self, notice: int, language: str, zone: str) -> Wording | None:
        """The words of an approved notice for one language and zone; None where there are none."""
        return await asyncio.to_thread(self._store.read, lambda c: wording_of(c, notice, language, zone))

    async def brief(self, notice: int) -> Brief | None:
        """The brief of a notice to staff, as it was when it became due."""
        return await asyncio.to_thread(self._store.read, lambda c: notices.brief_of(c, notice))


def wording_of(c: Connection, number: int, language: str, zone: str) -> Wording | None:
    notice = notices.one(c, number)
    consent = notices.approval_of(c, number)
    if notice is None or consent is None or notice.state is not NoticeState.APPROVED:
        return None
    approval, facts = consent
    if not approval.bodies:
        return None
    # A language that was added after these words were approved has none in them: better the first one than silence.
    body = next((body for body in approval.bodies if body.language == language), approval.bodies[0])
    known = codec.from_text(Facts, facts)
    body = marked(body) if known.drill else body
    filling = values(known, body.language, zone, NAME)
    text = fill(body.text, filling)
    return Wording(
        notice=number,
        language=body.language,
        zone=zone,
        subject=fill(body.subject, filling),
        short=fill(body.short, filling),
        text=text,
        html=html(text),
        thread=f"{notice.subject}/{notice.episode}",
        first=_is_first(notice),
    )


def _is_first(notice: Notice) -> bool:
    return notice.occasion in TELLING and is_opening(notice.step)
