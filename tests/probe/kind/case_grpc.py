"""What the contract asks of `grpc`."""

from typing import Any

from tests.probe.looked import SECRET

OVER = "tcp"


def options(port: int) -> Any:
    return f"127.0.0.1:{port}"


def secretive(port: int) -> Any:
    return {"host": "127.0.0.1", "port": port, "metadata": {"authorization": f"Bearer {SECRET}"}}
