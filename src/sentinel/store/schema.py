"""The version of the tables, and what keeps a store from being opened."""

from typing import Final

from sentinel.store.trouble import StoreAway as StoreAway
from sentinel.store.trouble import StoreBroken as StoreBroken
from sentinel.store.trouble import StoreBusy as StoreBusy
from sentinel.store.trouble import StoreFull as StoreFull
from sentinel.store.trouble import StoreTrouble as StoreTrouble
from sentinel.store.trouble import StoreUnsure as StoreUnsure

SCHEMA: Final = 9
"""Of the newest migration. Raised by one with each (store/migrations)."""
OLDEST_READER: Final = 8
"""The oldest schema whose hubs and workers may go on working on a store of this one, for a rolling upgrade. A migration that
only adds keeps it; one that old code would misread raises it to its own. (8: older code writes what detectors remember past the
mark by which the others know of it, store/recalled.py.)"""


class StoreTaken(Exception):
    """Another hub has this store open. The message says which process, and what to do."""


class StoreTooOld(Exception):
    """The store has an older schema. The message says how it is brought forward."""


class StoreTooNew(Exception):
    """The store was written by a later version of Sentinel, which this one would misread."""


def refuse(schema: int, reader: int) -> None:
    """Raises StoreTooOld or StoreTooNew if this version cannot work on a store of `schema`, which versions from `reader` on
    may use."""
    if schema < SCHEMA:
        raise StoreTooOld(f"the store has schema {schema}, this Sentinel wants {SCHEMA}: run `sentinel migrate`")
    if schema > SCHEMA and reader > SCHEMA:
        raise StoreTooNew(f"the store has schema {schema}, this Sentinel knows {SCHEMA}: install the newer version")
