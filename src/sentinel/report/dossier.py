"""Dossier: all that the record holds of one incident, as the report reads it."""

from dataclasses import dataclass
from datetime import datetime

from sentinel.model.delivery import Books
from sentinel.model.estimate import Estimate, Promise
from sentinel.model.incident import Entry, Incident


@dataclass(frozen=True, kw_only=True, slots=True)
class Dossier:
    """One incident with its timeline and everything made of it, of every episode.

    `staff_told_at`: a channel accepted the first notice to staff. `customers_told_at`: the first customer's message was
    accepted. None: nobody was told (yet). `books`: one for every notice to customers.
    """

    incident: Incident
    entries: tuple[Entry, ...] = ()
    promises: tuple[Promise, ...] = ()
    estimates: tuple[Estimate, ...] = ()
    staff_told_at: datetime | None = None
    customers_told_at: datetime | None = None
    books: tuple[Books, ...] = ()
