"""A check made ready: what is shared, and what is not."""

from typing import Any

import pytest

from tests.probe.looked import task

HTTP = {"url": "http://pay.example/"}


def test_checks_that_ask_the_same_share_what_is_made_of_it() -> None:
    one, other = (task("http", {"url": f"http://{host}.example/"}, up={"body": {"contains": "ok"}}) for host in "ab")
    assert one.rules is other.rules
    assert one.options != other.options


@pytest.mark.parametrize(
    ("kind", "options", "blocks"),
    [
        ("http", HTTP, {"up": {"status": 204}}),
        ("http", HTTP, {"healthy": {"status": 200}}),
        ("tcp", "pay.example:443", {}),
    ],
)
def test_one_that_asks_something_else_does_not(kind: str, options: Any, blocks: dict[str, Any]) -> None:
    assert task(kind, options, **blocks).rules.words != task("http", HTTP).rules.words


def test_what_cannot_be_read_is_said_of_each_check() -> None:
    for _ in range(2):
        assert task("http", HTTP, up={"status": 7}).fault.startswith("this prober cannot read the check: status")
