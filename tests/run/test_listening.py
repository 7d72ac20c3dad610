"""Since when a hub listens, where several write it down, on both databases."""

from datetime import timedelta

import pytest

from sentinel.run import listening
from sentinel.store.database import Store
from tests.store.conftest import pg, ready, store
from tests.store.test_processes import NOW

__all__ = ["pg", "ready", "store"]
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("ahead", [0.1, 15.0, 3600.0])
def test_hubs_whose_clocks_are_not_alike_keep_one_stretch_where_they_share_a_database(store: Store, ahead: float) -> None:
    """By the database's clock, which is one for all; a file is one machine's own, whose clock may be corrected a little."""
    if not store.shared and ahead > listening.LONGEST_GAP.total_seconds():
        pytest.skip("hubs on several machines share no file")
    other = ahead * SECOND

    def both(instant: timedelta) -> timedelta | None:
        """One notes, then the other; how long the first says that somebody has listened."""
        now = NOW + instant
        store.writer.submit(lambda c: listening.note(c, now + other)).result(10)
        store.writer.submit(lambda c: listening.note(c, now)).result(10)
        since = store.read(lambda c: listening.since(c, now))
        return None if since is None else now - since

    first, second, third = (both(count * SECOND) for count in (0, 10, 20))
    assert first is not None
    assert second is not None
    assert third is not None
    assert first < second < third, "it goes on"
