"""What the contract asks of `http`."""

from typing import Any

from sentinel.model.secret import Secret
from tests.probe.looked import SECRET

OVER = "tcp"


def options(port: int) -> Any:
    return f"http://127.0.0.1:{port}/"


def secretive(port: int) -> Any:
    basic = {"user": "probe", "password": Secret(SECRET)}
    return {"url": f"http://127.0.0.1:{port}/", "headers": {"X-Key": f"Key {SECRET}"}, "auth": {"basic": basic}}
