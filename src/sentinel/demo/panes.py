"""Panes: five readers side by side: the Slack channel, the desk with its lead, and three customers with something to show.

Belongs here: who they are, and their latest messages. Does not belong here: whole inboxes (reading.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sentinel.demo.mailroom import Mailroom
from sentinel.demo.people import NO_CONSENT, SHARES_ADDRESS, Customer, customers
from sentinel.demo.reading import clock, looks
from sentinel.demo.received import Received
from sentinel.demo.slack import Post, Slack
from sentinel.demo.world import CHANNEL, DESK, LEAD

SHOWN: Final = 4
ENGLISH: Final = "NW-100003"
SPANISH: Final = next(iter(SHARES_ADDRESS.values()))
SILENT: Final = NO_CONSENT[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """`lines`: kind (said, bold, quote or button) and words. `link` leads to the whole, "" where this is it."""

    subject: str
    at: str
    lines: Sequence[tuple[str, str]]
    link: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pane:
    """`kind`: staff, told or silent. `messages`: the latest, newest first; `more` came before them."""

    key: str
    kind: str
    name: str
    about: str
    empty: str
    messages: Sequence[Message]
    more: int


def panes(mailroom: Mailroom, slack: Slack) -> tuple[Pane, ...]:
    """As things are now."""
    everybody = {each.person: each for each in customers()}
    shares = next(person for person, whose in SHARES_ADDRESS.items() if whose == SPANISH)
    return (
        _channel(slack),
        _desk(mailroom),
        _customer(mailroom, everybody[ENGLISH], "reads English", "told"),
        _customer(mailroom, everybody[SPANISH], f"reads Spanish, shares an address with {shares}: one mail, not two", "told"),
        _customer(mailroom, everybody[SILENT], "asked for no such messages, and gets none", "silent"),
    )


def _channel(slack: Slack) -> Pane:
    posts = slack.channel(CHANNEL)
    shown = [_post(post) for post in posts[::-1][:SHOWN]]
    return Pane(
        key="slack",
        kind="staff",
        name=f"Slack, #{slack.channels[CHANNEL]}",
        about="customer service and engineers",
        empty="Nothing has been posted.",
        messages=shown,
        more=max(0, len(posts) - SHOWN),
    )


def _post(post: Post) -> Message:
    """As Slack shows it: its headings bold, what to say as a quotation, its button as one."""
    first, *rest = post.shown.splitlines() or [""]
    return Message(subject=first, at=clock(post.arrived_at), lines=[looks(line) for line in rest])


def _desk(mailroom: Mailroom) -> Pane:
    mails = sorted({*mailroom.inbox(DESK), *mailroom.inbox(LEAD)}, key=lambda mail: mail.number)
    return _inbox("desk", "staff", "Lena Hart, lead of the desk", f"{DESK} and her own address", mails)


def _customer(mailroom: Mailroom, customer: Customer, about: str, kind: str) -> Pane:
    return _inbox(
        customer.person,
        kind,
        customer.name,
        f"{customer.person} {about}; clock of {customer.zone}",
        mailroom.inbox(customer.email),
    )


def _inbox(key: str, kind: str, name: str, about: str, mails: Sequence[Received]) -> Pane:
    latest = mails[::-1][:SHOWN]
    return Pane(
        key=key,
        kind=kind,
        name=name,
        about=about,
        empty="No mail.",
        messages=[
            Message(
                subject=mail.subject or "(no subject)",
                at=clock(mail.arrived_at),
                lines=[("said", mail.text)],
                link=f"/mail/{mail.recipients[0]}/{mail.number}",
            )
            for mail in latest
        ],
        more=max(0, len(mails) - SHOWN),
    )
