"""Steps of a conversation with a provider, in the order in which they are reached. Nothing else belongs here."""

from enum import StrEnum
from typing import Final


class Step(StrEnum):
    """`DOT`: everything is in, nothing is taken. `KEPT`: it is taken, on disk, and not answered. `REPLIED`: it is answered."""

    CONNECT = "connect"
    EHLO = "ehlo"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    HEAD = "head"
    BODY = "body"
    DOT = "dot"
    KEPT = "kept"
    REPLIED = "replied"


SMTP: Final = (Step.CONNECT, Step.EHLO, Step.MAIL, Step.RCPT, Step.DATA, Step.BODY, Step.DOT, Step.KEPT, Step.REPLIED)
HTTP: Final = (Step.CONNECT, Step.HEAD, Step.DOT, Step.KEPT, Step.REPLIED)
AFTER_ARMED: Final = frozenset({Step.DATA, Step.BODY, Step.DOT, Step.KEPT, Step.REPLIED})
"""Steps of SMTP at which the row in the conversation lies armed (or accepted) on disk."""
