"""What the contract asks of `journey`."""

from typing import Any

from sentinel.model.secret import Secret
from tests.probe.looked import SECRET

OVER = "tcp"


def options(port: int) -> Any:
    return {"steps": [{"step": "open", "url": f"http://127.0.0.1:{port}/"}]}


def secretive(port: int) -> Any:
    sent = {"step": "sign in", "url": f"http://127.0.0.1:{port}/", "json": {"password": "{password}"}}
    return {"secrets": {"password": Secret(SECRET)}, "steps": [{**sent, "headers": {"Authorization": "Bearer {password}"}}]}
