"""What the contract asks of `sql`."""

from typing import Any

from sentinel.model.secret import Secret
from tests.probe.looked import SECRET

OVER = "tcp"


def options(port: int) -> Any:
    return {"engine": "postgresql", "host": "127.0.0.1", "port": port, "user": "looker", "query": "SELECT 1"}


def secretive(port: int) -> Any:
    return {**options(port), "password": Secret(SECRET)}
