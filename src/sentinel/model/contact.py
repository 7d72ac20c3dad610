"""Contacts: how many customers called, wrote or chatted about what, in which quarter of an hour."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

Topic: TypeAlias = tuple[str, str]
"""(service, full id of a statement; empty where only the service is known)."""
SLOT = timedelta(minutes=15)
"""Contacts are counted by quarters of an hour of UTC; no zone's clock cuts one."""
DETECTOR = "contacts"
PLACE = "desk"
"""Where the signals of contacts are seen from: no place that probes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Customer:
    """Who called, where the desk knows: a reference such as the customer's number. Personal data: it can be erased."""

    reference: str
    at: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactCount:
    """How many came in the quarter of an hour that begins at `slot`. `statement` is a full id; empty: about the service."""

    slot: datetime
    service: str
    count: int
    statement: str = ""
    channel: str = "phone"
    customers: tuple[Customer, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ContactPolicy:
    """When callers alone are a signal.

    `odds`: it is raised when so many callers, or more, would come by chance in one quarter of an hour out of so many.
    `at_least`: never for fewer callers. `clears_after`: how long they must have been as few as usual.
    """

    alarm: bool = True
    odds: int = 10_000
    at_least: int = 5
    clears_after: timedelta = 2 * SLOT


def slot_of(at: datetime) -> int:
    """The number of the quarter of an hour that `at` lies in."""
    return int(at.timestamp()) // 900


def start_of(slot: int) -> datetime:
    return datetime.fromtimestamp(slot * 900, UTC)


def check_of(topic: Topic) -> str:
    """What stands in a signal where others name their check."""
    return f"{DETECTOR}/{topic[1] or topic[0]}"
