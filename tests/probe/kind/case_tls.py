"""What the contract asks of `tls`."""

from typing import Any

OVER = "tcp"


def options(port: int) -> Any:
    return f"127.0.0.1:{port}"
