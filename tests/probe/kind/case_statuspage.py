"""What the contract asks of `statuspage`."""

from typing import Any

OVER = "tcp"


def options(port: int) -> Any:
    return f"http://127.0.0.1:{port}"
