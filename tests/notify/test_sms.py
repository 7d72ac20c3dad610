"""SMS segments."""

import pytest

from sentinel.notify.sms import segments


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3), ("€" * 80, 1), ("€" * 81, 2), ("ñ" * 160, 1),
        ("í" * 70, 1), ("í" * 71, 2), ("í" * 134, 2), ("í" * 135, 3), ("😀" * 35, 1), ("😀" * 36, 2), ("a" * 152 + "€" * 80, 3),
    ],
)  # fmt: skip
def test_segments_are_counted_as_the_network_does(text: str, count: int) -> None:
    assert segments(text) == count
