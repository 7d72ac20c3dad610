"""What the contract asks of `dns`."""

from typing import Any

OVER = "tcp"


def options(port: int) -> Any:
    return {"name": "northwind.example", "resolver": "127.0.0.1", "port": port, "over": "tcp"}
