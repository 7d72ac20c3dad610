"""What the contract asks of `prometheus`."""

from typing import Any

from sentinel.model.secret import Secret
from tests.probe.looked import SECRET

OVER = "tcp"


def options(port: int) -> Any:
    return {"url": f"http://127.0.0.1:{port}", "query": "up"}


def secretive(port: int) -> Any:
    return {**options(port), "bearer": Secret(SECRET)}
