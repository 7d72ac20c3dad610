"""What everybody really received: customers' mail and the desk's, told apart and counted by address.

The stories sort mail by when it came and by what it says, never by what the hub believes that it sent.
"""

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

from sentinel.demo.patience import Waited, until_true
from sentinel.demo.people import Customer, told
from sentinel.demo.received import Received
from sentinel.demo.stage import Stage
from sentinel.demo.world import DESK

_LANGUAGES = {customer.email.lower(): customer.language for customer in told("customers")}


class Post:
    """A customers' postbag that is emptied now and then: `new` is what came since the last `empty`."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._seen = 0

    @property
    def all(self) -> tuple[Received, ...]:
        """Every mail to customers, in order of arrival."""
        return tuple(mail for mail in self._stage.mailroom.received if DESK not in mail.recipients)

    @property
    def desk(self) -> tuple[Received, ...]:
        """Every mail to the desk."""
        return self._stage.mailroom.inbox(DESK)

    @property
    def new(self) -> tuple[Received, ...]:
        return self.all[self._seen :]

    def empty(self) -> tuple[Received, ...]:
        """Take out what is new."""
        new = self.new
        self._seen += len(new)
        return new

    async def until_count(self, count: int, seconds: float = 20.0) -> tuple[Received, ...]:
        """Wait until that many are new, and take them out. Fewer than that after `seconds` are what there is."""
        with suppress(Waited):
            await until_true(lambda: len(self.new) >= count, seconds)
        return self.empty()


def addresses(mails: Iterable[Received]) -> Counter[str]:
    """How many of these mails each address got."""
    return Counter(address.lower() for mail in mails for address in mail.recipients)


def one_each(people: Iterable[Customer]) -> Counter[str]:
    """One mail for each of these people."""
    return Counter(person.email.lower() for person in people)


def of_segments(*segments: str) -> tuple[Customer, ...]:
    """Everybody of these segments who is to be told, each once."""
    return tuple({person.person: person for segment in segments for person in told(segment)}.values())


def language_of(mail: Received) -> str:
    """The language that the addressee reads, as the directory says."""
    return _LANGUAGES.get(mail.recipients[0].lower(), "")


def difference(got: Counter[str], wanted: Counter[str]) -> str:
    """In words, how two counts differ: for the claim that failed."""
    missing, extra = sorted(wanted - got), sorted(got - wanted)
    return f"{len(missing)} missing {missing[:3]}, {len(extra)} too many {extra[:3]}"
