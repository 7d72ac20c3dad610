"""Numbers of other systems, as the protocol can carry them."""

import pytest

from sentinel.probe.answer import number_of


@pytest.mark.parametrize(
    ("found", "number"),
    [
        (7, 7),
        ("7", 7),
        (2**53, 2**53),
        (2**60, float(2**60)),
        (-(2**63), -float(2**63)),
        ("1e9", 10**9),
        ("inf", None),
        (True, None),
    ],
)
def test_a_number_is_one_that_travels(found: object, number: float | None) -> None:
    """A larger one would be refused by the hub, with everything else that its prober says."""
    assert number_of(found) == number
    assert not isinstance(number_of(found), int) or abs(number_of(found) or 0) <= 2**53
