"""docs/reference/callbacks.md: its tables are the code's, and its example by hand is taken as it stands."""

import os
import re
import subprocess
import threading
from base64 import b64decode
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import ClassVar

from sentinel.exchange import callback
from sentinel.exchange.callback import Posted, reports
from sentinel.model.callback import Callbacks, Signed
from sentinel.model.returned import Fate
from tests.docs.pages import page, section

PAGE = page("docs/reference/callbacks.md")


def test_every_type_of_a_report_is_named() -> None:
    named = re.findall(r"`(message\.[a-z]+)`", section(PAGE, "A report").split("| `data` |")[0])
    assert set(named) == set(callback.FATES)


def test_every_status_and_every_code_of_a_text_is_named() -> None:
    text = section(PAGE, "Twilio's status callbacks")
    rows = {
        status: row
        for row in text.splitlines()
        if row.startswith("| `")
        for status in re.findall(r"`([a-z]+)`", row.split("|")[1])
    }
    assert rows.keys() == callback.STATUSES.keys()
    assert {status for status, row in rows.items() if "came back" in row} == {
        status for status, fate in callback.STATUSES.items() if fate is Fate.BOUNCED
    }
    assert set(re.findall(r"\b[23][01][0-9]{3}\b", next(row for row in rows.values() if "Hard" in row))) == callback.NO_SUCH
    assert set(re.findall(r"`(5\.1\.[0-9]+)`", section(PAGE, "A report").split("| `hard` |")[1])) == callback.NO_SUCH_MAILBOX


class _Hub(BaseHTTPRequestHandler):
    """Keeps what was posted."""

    got: ClassVar[list[Posted]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.got.append(Posted(url=self.path, headers={name.lower(): value for name, value in self.headers.items()}, body=body))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Silent."""


def test_the_example_by_hand_is_a_report_that_counts() -> None:
    script = re.search(r"### By hand\n\n```sh\n(.*?)```", PAGE, re.DOTALL)
    assert script is not None
    _Hub.got.clear()
    server = HTTPServer(("127.0.0.1", 0), _Hub)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        hub = f"http://127.0.0.1:{server.server_port}"
        environment = {"PATH": os.environ["PATH"], "HUB": hub, "no_proxy": "*"}
        subprocess.run(["bash", "-euo", "pipefail", "-c", script[1]], env=environment, check=True, timeout=60)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    (posted,) = _Hub.got
    assert posted.url == "/returns/crm"
    key = b64decode(script[1].partition("whsec_")[2].split()[0])
    (one,) = reports(posted, Callbacks(signed=Signed.STANDARD, keys=(key,)), "crm", datetime.now(UTC))
    assert (one.fate, one.ref) == (Fate.DELIVERED, "re_9")
