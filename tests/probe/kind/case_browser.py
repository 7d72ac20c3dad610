"""What the contract asks of `browser`. It starts a Chromium, for which the contract's time limits are too short: the hostile
servers meet it in test_browser.py."""

from typing import Any

OVER = "other"


def options(port: int) -> Any:
    return {"steps": [{"step": "open", "open": f"http://127.0.0.1:{port}/"}]}
