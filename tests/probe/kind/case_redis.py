"""What the contract asks of `redis`."""

from typing import Any

from sentinel.model.secret import Secret
from tests.probe.looked import SECRET

OVER = "tcp"


def options(port: int) -> Any:
    return f"127.0.0.1:{port}"


def secretive(port: int) -> Any:
    return {"host": "127.0.0.1", "port": port, "password": Secret(SECRET)}
