"""Mishap: what a sink does wrong on purpose, and the step at which it does.

Belongs here: the steps of a conversation and the answers that a hook may give at each. Does not belong here: the conversations
(mailroom.py, slack.py).

A hook is asked at every step. It may wait as long as it likes (the other side waits with it), kill somebody, and answer None
(go on), `Refuse` or `DROP`. The steps tell apart what a sender cannot: at `ARRIVED` everything has been received and nothing
taken, at `TAKEN` it has been taken and nothing answered.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias


class Step(StrEnum):
    """In the order in which they happen. A Slack-shaped conversation has no `MAIL`, `RCPT` and `DATA`.

    `DATA` is the command, before its 354. `ARRIVED`: the final dot (or the whole request) is in. `TAKEN`: the message is
    stored, the reply is not sent. `REPLIED`: the reply is sent.
    """

    CONNECT = "connect"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    ARRIVED = "arrived"
    TAKEN = "taken"
    REPLIED = "replied"


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """Where a conversation is. `session` counts connections from 1, `number` is that of the message once it is taken.

    `about` is what is known so far: sender, recipient (the last one named), channel, method.
    """

    step: Step
    session: int
    number: int = 0
    about: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Refuse:
    """Answer with `code` (SMTP reply or HTTP status) and `text`. SMTP's 421 hangs up too. `after`: seconds, as Retry-After.

    At `TAKEN` it is a lie: the message is kept, and its sender is told that it was not.
    """

    code: int
    text: str = "not now"
    after: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Drop:
    """Cut the connection without a word."""


DROP: Final = Drop()
Answer: TypeAlias = Refuse | Drop | None
Hook: TypeAlias = Callable[[Moment], Awaitable[Answer]]


async def nothing(moment: Moment) -> Answer:
    """The hook of a sink that works."""
    return None


def at(step: Step, answer: Answer, *, times: int | None = None, skip: int = 0) -> Hook:
    """A hook that gives `answer` whenever `step` is reached: from the `skip`-th on, `times` times (None: always)."""
    reached = 0

    async def hook(moment: Moment) -> Answer:
        nonlocal reached
        if moment.step is not step:
            return None
        reached += 1
        spent = times is not None and reached > skip + times
        return None if reached <= skip or spent else answer

    return hook
