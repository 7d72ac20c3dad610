"""The channel `apprise`: a brief to staff by one of the services that the library apprise knows (extra `apprise`).

It says whether a message went out and nothing more, so a failure is tried again, and there is no number of the message. The
library connects by itself: the address guard does not see where to, so name nothing here that staff should not reach.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, field_validator

from sentinel.deliver import layout, mime, staffmail
from sentinel.deliver.call import Arm
from sentinel.deliver.outcome import Down, NotArmed, Outcome
from sentinel.model.delivery import Accepted, Failed, Unknown
from sentinel.model.guard import Networks
from sentinel.model.message import Message, StaffNote
from sentinel.model.notice import Towards
from sentinel.model.secret import Secret

INSTALL: Final = "pip install 'sentinel[apprise]'"
_TITLE_MOST: Final = 200
_TEXT_MOST: Final = 20_000
REACHES: Final = frozenset({Towards.STAFF})


class Options(BaseModel):
    """One service, as apprise writes it."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, use_attribute_docstrings=True)

    url: Secret
    """The service's address in apprise's own form (`ntfys://...`); a reference."""
    timeout: timedelta = timedelta(seconds=60)
    """For one message."""

    @field_validator("url")
    @classmethod
    def _is_known(cls, url: Secret) -> Secret:
        if find_spec("apprise") is None:
            raise ValueError(f"the extra is not installed: {INSTALL}")
        if not _library().add(url.reveal()):
            raise ValueError("apprise knows no such service: https://github.com/caronc/apprise/wiki lists how each is written")
        return url


class AppriseConnection:
    """Sends one brief at a time, in a thread."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._apprise = _library()
        self._apprise.add(options.url.reveal())

    async def send(self, message: Message, arm: Arm) -> Outcome:
        """Send one brief."""
        if not isinstance(message, StaffNote):
            return Failed(reason="apprise reaches staff, not customers", permanent=True)
        if not await arm():
            return NotArmed()
        title = "".join(" " if mime.unfit(each) else each for each in layout.title(message.brief))[:_TITLE_MOST]
        try:
            async with asyncio.timeout(self._options.timeout.total_seconds()):
                went_out = await asyncio.to_thread(self._notify, title, staffmail.text(message)[:_TEXT_MOST])
        except TimeoutError:
            return Unknown(reason="no answer in time")
        return Accepted() if went_out else Down(reason="apprise could not send it")

    async def close(self) -> None:
        """There is nothing to close."""

    def _notify(self, title: str, body: str) -> bool:
        try:
            return bool(self._apprise.notify(title=title, body=body, body_format="text"))
        except Exception:  # noqa: BLE001 - the edge: 170 plug-ins of a foreign library, whose errors may name an address
            return False


def connect(options: Options, *, secret: bytes, now: Callable[[], datetime], allow: Networks = ()) -> AppriseConnection:
    """A connection; nothing is sent yet."""
    return AppriseConnection(options)


def _library() -> Any:
    from apprise import Apprise  # an extra: imported where somebody uses it

    return Apprise()
