"""What every status means: whether the message was taken, whether to come back, and who is at fault (RFC 9110, section 15)."""

from typing import Final

import pytest

from sentinel.deliver import reply
from sentinel.deliver.call import Reply
from sentinel.deliver.outcome import Broken, Down, Limited
from sentinel.model.delivery import Failed, Unknown
from tests.deliver.letters import NOW

FINAL, DOUBT = "refused for good", "doubt"
STATUSES: Final[dict[int, tuple[object, object, object]]] = {
    300: (Broken, Broken, Broken),
    301: (Broken, Broken, Broken),
    302: (Broken, Broken, Broken),
    303: (DOUBT, DOUBT, Broken),
    307: (Broken, Broken, Broken),
    308: (Broken, Broken, Broken),
    400: (FINAL, FINAL, FINAL),
    401: (Broken, Broken, Broken),
    402: (FINAL, FINAL, FINAL),
    403: (Broken, Broken, Broken),
    404: (Broken, Broken, Broken),
    405: (Broken, Broken, Broken),
    406: (FINAL, FINAL, FINAL),
    407: (Broken, Broken, Broken),
    408: (Down, Down, Down),
    409: (FINAL, FINAL, FINAL),
    410: (Broken, Broken, Broken),
    413: (FINAL, FINAL, FINAL),
    415: (FINAL, FINAL, FINAL),
    422: (FINAL, FINAL, FINAL),
    425: (Down, Down, Down),
    429: (Limited, Limited, Limited),
    451: (FINAL, FINAL, FINAL),
    500: (DOUBT, DOUBT, Down),
    501: (Down, Down, Down),
    502: (DOUBT, DOUBT, Down),
    503: (DOUBT, Down, Down),
    504: (DOUBT, DOUBT, Down),
    505: (Down, Down, Down),
    507: (DOUBT, DOUBT, Down),
    511: (Down, Down, Down),
    520: (DOUBT, DOUBT, Down),
    524: (DOUBT, DOUBT, Down),
    599: (DOUBT, DOUBT, Down),
}
"""Status → to a customer; to a customer, with Retry-After; to staff, either way."""


def meant(status: int, *, staff: bool = False, after: str | None = None, not_taken: tuple[int, ...] = ()) -> object:
    came = Reply(status=status, headers={} if after is None else {"retry-after": after}, body=b"")
    outcome = reply.refusal(came, NOW, may_repeat=staff, not_taken=not_taken)
    if isinstance(outcome, Unknown):
        return DOUBT
    return FINAL if type(outcome) is Failed and outcome.permanent else type(outcome)


@pytest.mark.parametrize(("status", "means"), STATUSES.items())
def test_each_status_means_what_the_table_says(status: int, means: tuple[object, object, object]) -> None:
    """F29, F31: after a 5xx that does not say what became of a message, customers' messages are in doubt (P3); staff's go again
    (P1)."""
    assert (meant(status), meant(status, after="7"), meant(status, staff=True)) == means
    assert meant(status, staff=True, after="7") == means[2]


@pytest.mark.parametrize("status", range(300, 600))
def test_no_status_is_called_not_taken_to_a_customer_but_those_that_say_so(status: int) -> None:
    """A row that goes again is one that is not in doubt: for every status there is."""
    goes_again = meant(status) in (Down, Limited)
    assert goes_again == (status in (408, 425, 429, 501, 505, 511))


def test_a_providers_manual_may_say_of_a_status_that_nothing_was_taken() -> None:
    assert meant(500, not_taken=(500,)) is Down
    assert meant(502, not_taken=(500,)) == DOUBT


def test_a_wait_that_is_told_is_kept() -> None:
    """F28"""
    came = Reply(status=503, headers={"Retry-After": "12"}, body=b"")
    assert reply.refusal(came, NOW, may_repeat=False) == Down(reason="it answered 503", after=12.0)
