"""First: a few people drawn from an audience while it is read, who get the message before all the others.

By a hash of the id, seeded by the snapshot: the same draw each time, and no order of the directory (by age, by town, by domain)
makes the few unlike the many. A heap of that few is all that is kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from heapq import heappush, heappushpop

from sentinel.model.person import Admitted


@dataclass(kw_only=True, slots=True)
class First:
    """The `size` people whose ids hash lowest."""

    seed: str
    size: int
    _kept: list[tuple[int, str]] = field(default_factory=list)

    def see(self, people: Iterable[Admitted]) -> None:
        """Look at a piece of the audience; who is not sent to is passed over."""
        key = self.seed.encode()
        for each in people:
            if each.reason is None:
                drawn = -int.from_bytes(blake2b(each.person.id.encode(), digest_size=8, key=key).digest(), "big")
                if len(self._kept) < self.size:
                    heappush(self._kept, (drawn, each.person.id))
                elif drawn > self._kept[0][0]:
                    heappushpop(self._kept, (drawn, each.person.id))

    def persons(self) -> list[str]:
        return sorted(person for _, person in self._kept)
