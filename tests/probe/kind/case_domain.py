"""What the contract asks of `domain`."""

from typing import Any

OVER = "tcp"


def options(port: int) -> Any:
    return {"name": "northwind.example", "rdap": f"http://127.0.0.1:{port}/"}
