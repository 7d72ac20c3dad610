"""What the contract asks of `ping`."""

from typing import Any

OVER = "other"  # ICMP has no ports


def options(port: int) -> Any:
    return "127.0.0.1"
