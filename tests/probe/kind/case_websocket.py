"""What the contract asks of `websocket`."""

from typing import Any

from sentinel.model.secret import Secret
from tests.probe.looked import SECRET

OVER = "tcp"


def options(port: int) -> Any:
    return f"ws://127.0.0.1:{port}/"


def secretive(port: int) -> Any:
    return {"url": options(port), "headers": {"Authorization": f"Bearer {SECRET}"}, "login": Secret(SECRET), "wait_for": ""}
