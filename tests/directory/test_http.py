"""Customers behind an address, from a real server: pages, lines, and everything that such a server can do wrong."""

import json
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sentinel.directory import http
from sentinel.directory.rows import RowError, Unread
from sentinel.model.audience import HttpSource, Question
from sentinel.model.person import Found
from sentinel.model.secret import Secret

BEGAN = datetime(2026, 11, 22, 10, 5, tzinfo=UTC)
QUESTION = Question(began_at=BEGAN, now=BEGAN + timedelta(minutes=5), places=("madrid",), services=("payments", "quoting"))
JSON, LINES = "application/json", "application/x-ndjson"
All = list[Found | RowError | Unread]
Answer = Callable[["Asked"], None]


def person(number: int, **more: Any) -> dict[str, Any]:
    return {"id": number, "name": f"N{number}", "email": f"n{number}@x.example", "consent": True} | more


class Asked(BaseHTTPRequestHandler):
    """One request, and short words for answering it."""

    protocol_version = "HTTP/1.1"
    answer: Answer
    ended: threading.Event
    seen: list["Asked"]

    def do_GET(self) -> None:
        self.seen.append(self)
        type(self).answer(self)

    def say(self, body: bytes, kind: str = JSON, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


class Server:
    """A server on this machine that answers as it is told."""

    def __init__(self) -> None:
        self.seen: list[Asked] = []
        self.ended = threading.Event()
        self.kind = type("It", (Asked,), {"seen": self.seen, "ended": self.ended})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.kind)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/affected"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def asked(self, answer: Answer, segment: str | None = None, seconds: float = 20, token: str | None = None) -> All:
        self.kind.answer = answer  # type: ignore[attr-defined]  # a class made above
        held = None if token is None else Secret(token)
        source = HttpSource(url=self.url, token=held, timeout=timedelta(seconds=seconds))
        return list(http.read(source, segment, QUESTION, "payers"))

    def close(self) -> None:
        self.ended.set()
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def ids(found: All) -> list[str]:
    return [each.id for each in found if isinstance(each, Found)]


def unread(found: All) -> str:
    assert isinstance(found[-1], Unread)
    return str(found[-1])


def test_the_question_stands_in_the_address_and_the_token_beside_it(server: Server) -> None:
    server.url += "?tenant=7"
    server.asked(lambda it: it.say(b"[]"), "payers", token="s3cret")
    (it,) = server.seen
    assert parse_qs(urlsplit(it.path).query) == {
        "tenant": ["7"],
        "began_at": ["2026-11-22T10:05:00Z"],
        "now": ["2026-11-22T10:10:00Z"],
        "places": ["madrid"],
        "segment": ["payers"],
        "services": ["payments,quoting"],
    }
    assert it.headers["Authorization"] == "Bearer s3cret"
    assert it.headers["Accept-Encoding"] == "identity"


def test_an_array_is_read(server: Server) -> None:
    found = server.asked(lambda it: it.say(json.dumps([person(1, segments=["a", "b"]), person(2, consent=False)]).encode()))
    assert ids(found) == ["1", "2"]
    assert isinstance(found[0], Found)
    assert (found[0].segments, found[0].where) == (("a", "b"), "payers:1")


def test_lines_are_read_as_they_come(server: Server) -> None:
    body = b"\n".join(json.dumps(person(n)).encode() for n in range(5)) + b"\n\n"
    assert len(ids(server.asked(lambda it: it.say(body, LINES)))) == 5


def test_pages_are_followed_by_their_body_or_their_header(server: Server) -> None:
    def answer(it: Asked) -> None:
        page = parse_qs(urlsplit(it.path).query).get("page", ["1"])[0]
        if page == "1":
            it.say(json.dumps({"people": [person(1)], "next": "/affected?page=2"}).encode())
        elif page == "2":
            it.say(json.dumps([person(2)]).encode(), Link='</affected?page=3>; rel="next"')
        else:
            it.say(json.dumps(person(3)).encode(), LINES)

    assert ids(server.asked(answer)) == ["1", "2", "3"]


def test_a_segment_must_stand_in_the_person_too(server: Server) -> None:
    """A server that does not know the question answers with everybody."""
    everybody = [person(1, segments=["payers"]), person(2), person(3, segments=["quoting"])]
    assert ids(server.asked(lambda it: it.say(json.dumps(everybody).encode()), "payers")) == ["1"]


def test_what_is_wrong_with_one_is_said_and_the_others_are_read(server: Server) -> None:
    people = [person(1, consent=None), "not one", person(3, email={"a": 1}), person(4, email="no"), {"id": {}}]
    found = server.asked(lambda it: it.say(json.dumps(people).encode()))
    assert ids(found) == ["3", "4"]
    said = [str(each) for each in found if isinstance(each, RowError)]
    assert said[0].startswith("payers:1: column consent: consent is neither yes nor no")
    assert said[1] == "payers:2: this is not an object with a person's fields, send one object a person"
    assert len(said) == 4


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda it: it.say(b"", status=500), "payers: it answers 500, see to the service behind `url`"),
        (lambda it: it.say(b"", status=401), "it answers 401, see to `token`"),
        (lambda it: it.say(b"", status=302, Location="http://169.254.169.254/"), "it answers 302, write the address"),
        (lambda it: it.say(b"[{]"), "a page of its answer is not JSON"),
        (lambda it: it.say(b"[" * 100_000), "a page of its answer is not JSON"),
        (lambda it: it.say(b'{"id": 1}\n{"id"', LINES), "a line of its answer is not JSON"),
        (lambda it: it.say(b'{"error": "none"}'), "its answer holds no array of people"),
        (lambda it: it.say(b"<html>", "text/html; charset=utf-8"), "its answer is text/html"),
        (lambda it: it.say(b"[]", Content_Encoding="gzip"), "its answer is compressed"),
        (lambda it: it.say(b'{"people": [], "next": "http://127.0.0.2/"}'), "its next page is on another host"),
        (lambda it: it.say(b'{"people": [], "next": "https://127.0.0.1/"}'), "its next page is on another host"),
        (lambda it: it.say(b'{"people": [], "next": "http://["}'), "its next page has no address that can be read"),
        (lambda it: it.say(b'{"people": [], "next": "/\\u0000"}'), "its next page has no address that can be read"),
        (lambda it: it.say(b'{"people": [], "next": "?page=2"}'), "its pages lead back to one that was read already"),
        (lambda it: it.say(b"x" * 200_000, LINES), "a line is longer than 65,536 bytes"),
        (lambda it: it.wfile.write(b"nonsense\r\n\r\n"), "it cannot be reached (RemoteProtocolError)"),
    ],
)
def test_what_cannot_be_read_to_its_end_is_said(server: Server, answer: Answer, message: str) -> None:
    assert message in unread(server.asked(answer))


def test_an_answer_that_breaks_off_is_no_answer(server: Server) -> None:
    def answer(it: Asked) -> None:
        it.send_response(200)
        it.send_header("Content-Type", LINES)
        it.send_header("Content-Length", "100000")
        it.end_headers()
        it.wfile.write(json.dumps(person(1)).encode() + b"\n")
        it.close_connection = True

    found = server.asked(answer)
    assert ids(found) == ["1"]
    assert "cannot be reached" in unread(found)


def test_a_server_that_says_nothing_is_given_up(server: Server) -> None:
    assert "no reply within" in unread(server.asked(lambda it: void(it.ended.wait(10)), seconds=0.3))


def test_a_server_that_drips_is_given_up(server: Server) -> None:
    def drip(it: Asked) -> None:
        it.send_response(200)
        it.send_header("Content-Type", LINES)
        it.send_header("Connection", "close")
        it.end_headers()
        try:
            while not it.ended.wait(0.05):
                it.wfile.write(b"\n")
        except OSError:
            pass

    assert "not at its end after 0.5 s" in unread(server.asked(drip, seconds=0.5))


def test_a_page_that_never_ends_is_given_up(server: Server) -> None:
    def pour(it: Asked) -> None:
        it.send_response(200)
        it.send_header("Content-Type", JSON)
        it.send_header("Connection", "close")
        it.end_headers()
        try:
            while not it.ended.is_set():
                it.wfile.write(b" " * 1_000_000)
        except OSError:
            pass

    assert "a page is larger than 16,000,000 bytes" in unread(server.asked(pour))


def test_pages_without_end_are_given_up(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MOST_PAGES", 5)

    def more(it: Asked) -> None:
        it.say(json.dumps({"people": [], "next": f"?page={len(it.seen)}"}).encode())

    assert "it has more than 5 pages" in unread(server.asked(more))


def test_where_nobody_listens_is_said(server: Server) -> None:
    source = HttpSource(url="http://127.0.0.1:1/", token=Secret("s3cret"), timeout=timedelta(seconds=5))
    found = list(http.read(source, None, QUESTION, "payers"))
    assert unread(found) == "payers: it cannot be reached (ConnectError), see to the service behind `url`"


def void(_: object) -> None:
    """For an answer of one expression."""
