"""Customers behind an address: GET with the question as its query, JSON Lines or JSON arrays back, page by page.

Everything is bounded: a line, a page, the whole, the time for a reply and for all of them, the number of pages. Redirects are
not followed, other hosts are not asked, and what is compressed is not unpacked.
"""

import json
from collections.abc import Generator, Iterator
from time import monotonic
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx

from sentinel.directory.customer import ALIASES, LONGEST_CELL, Where, customer, parts
from sentinel.directory.rows import RowError, Unread
from sentinel.model.audience import HttpSource, Question
from sentinel.model.person import Found

LONGEST_LINE = 65_536
LARGEST_PAGE = 16_000_000
MOST_BYTES = 2_000_000_000
MOST_PAGES = 10_000
MOST_PEOPLE = 5_000_000
REPLY_SECONDS = 30.0
CONNECT_SECONDS = 10.0
_LINES = ("application/x-ndjson", "application/jsonl", "application/x-jsonlines", "application/jsonlines")


class _Stop(Exception):
    """Raised and caught in this file alone: why the source cannot be read to its end, and what helps."""

    def __init__(self, what: str, todo: str) -> None:
        self.what, self.todo = what, todo


def read(source: HttpSource, segment: str | None, question: Question, name: str) -> Iterator[Found | RowError | Unread]:
    """The people whom the address names, in its order. A segment that is named is asked for, and must stand in each person's
    `segments` too: a source that does not know the question must not answer with everybody."""
    line = 0
    try:
        for each in _Answer(source, segment, question).people():
            line += 1
            if line > MOST_PEOPLE:
                raise _Stop(f"it answers with more than {MOST_PEOPLE} people", "let it name only those affected")
            where = Where(source=name, line=line)
            if not isinstance(each, dict):
                yield where.error("", "this is not an object with a person's fields", "send one object a person")
                continue
            cells = {ALIASES.get(key.casefold(), key.casefold()): _cell(value) for key, value in each.items()}
            if segment is not None and segment not in parts(cells.get("segments", "")):
                continue
            found, errors = customer(cells, where)
            yield from errors
            if found is not None:
                yield found
    except _Stop as stop:
        yield Unread(source=name, what=stop.what, todo=stop.todo)
    except httpx.TimeoutException:
        yield Unread(source=name, what=f"no reply within {REPLY_SECONDS:g} s", todo="see to the service behind `url`")
    except httpx.HTTPError as error:
        yield Unread(source=name, what=f"it cannot be reached ({type(error).__name__})", todo="see to the service behind `url`")


class _Answer:
    """One answer, of one page or many."""

    def __init__(self, source: HttpSource, segment: str | None, question: Question) -> None:
        self._source = source
        self._until = monotonic() + source.timeout.total_seconds()
        self._bytes = 0
        self._seen: set[str] = set()
        asked = question.parameters(segment)
        self._asked = {key: _query(value) for key, value in asked.items() if value}

    def people(self) -> Iterator[Any]:
        headers = {"Accept": "application/x-ndjson, application/json", "Accept-Encoding": "identity", "User-Agent": "sentinel"}
        if self._source.token is not None:
            headers["Authorization"] = f"Bearer {self._source.token.reveal()}"
        timeout = httpx.Timeout(min(REPLY_SECONDS, self._source.timeout.total_seconds()), connect=CONNECT_SECONDS)
        # No proxy and no .netrc of whoever started us: the token goes where the file says, and nowhere else.
        with httpx.Client(headers=headers, timeout=timeout, follow_redirects=False, trust_env=False) as client:
            page: str | None = str(httpx.URL(self._source.url).copy_merge_params(self._asked))
            while page is not None:
                self._visit(page)
                with client.stream("GET", page) as response:
                    page = yield from self._page(response, page)

    def _visit(self, page: str) -> None:
        if page in self._seen:
            raise _Stop("its pages lead back to one that was read already", "let the last page name no next one")
        if len(self._seen) >= MOST_PAGES:
            raise _Stop(f"it has more than {MOST_PAGES} pages", "put more people on a page")
        self._seen.add(page)

    def _page(self, response: httpx.Response, page: str) -> Generator[Any, None, str | None]:
        """The people of a page; its value is the address of the next one."""
        if response.status_code != httpx.codes.OK:
            raise _Stop(f"it answers {response.status_code}", _todo(response.status_code))
        if response.headers.get("content-encoding", "identity") != "identity":
            raise _Stop("its answer is compressed", "let it answer as it was asked, with `identity`")
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        following = response.links.get("next", {}).get("url")
        if kind in _LINES:
            yield from self._lines(response)
        elif kind == "application/json":
            people, after = _array(self._whole(response))
            yield from people
            following = after or following
        else:
            raise _Stop(
                f"its answer is {kind[:60] or 'of no type'}", "let it answer with application/x-ndjson or application/json"
            )
        return self._next(page, following)

    def _next(self, page: str, following: str | None) -> str | None:
        if not following:
            return None
        try:
            there = urljoin(page, following)
            is_theirs = urlsplit(there)[:2] == urlsplit(self._source.url)[:2]
            httpx.URL(there)
        except (ValueError, httpx.InvalidURL):
            raise _Stop("its next page has no address that can be read", "let it name pages of its own") from None
        if not is_theirs:
            raise _Stop("its next page is on another host", "let it name pages of its own")
        return there

    def _chunks(self, response: httpx.Response) -> Iterator[bytes]:
        for chunk in response.iter_raw():
            self._bytes += len(chunk)
            if self._bytes > MOST_BYTES:
                raise _Stop(f"it answers with more than {MOST_BYTES:,} bytes", "let it name only those affected")
            if monotonic() > self._until:
                raise _Stop(
                    f"not at its end after {self._source.timeout.total_seconds():g} s", "make it faster, or raise `timeout`"
                )
            yield chunk

    def _whole(self, response: httpx.Response) -> Any:
        read = bytearray()
        for chunk in self._chunks(response):
            read += chunk
            if len(read) > LARGEST_PAGE:
                raise _Stop(f"a page is larger than {LARGEST_PAGE:,} bytes", "answer with JSON Lines, or page by page")
        return _parsed(bytes(read), "a page")

    def _lines(self, response: httpx.Response) -> Iterator[Any]:
        rest = b""
        for chunk in self._chunks(response):
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                if line.strip():
                    yield _parsed(line, "a line")
            if len(rest) > LONGEST_LINE:
                raise _Stop(f"a line is longer than {LONGEST_LINE:,} bytes", "write one person a line")
        if rest.strip():
            yield _parsed(rest, "a line")


def _parsed(raw: bytes, what: str) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        # Perhaps it broke off: who stands behind that line is not known, so nobody is told on the strength of it.
        raise _Stop(f"{what} of its answer is not JSON", "let it send whole lines of JSON in UTF-8") from None


def _array(page: Any) -> tuple[list[Any], str | None]:
    """The people of a page and where the next one is: an array, or an object with `people` and `next`."""
    if isinstance(page, list):
        return page, None
    people = page.get("people") if isinstance(page, dict) else None
    if not isinstance(people, list):
        raise _Stop("its answer holds no array of people", "answer with an array, or an object with `people` and `next`")
    following = page.get("next")
    return people, following if isinstance(following, str) else None


def _todo(status: int) -> str:
    if 300 <= status < 400:
        return "write the address that it sends to: no redirect is followed"
    if status in (401, 403):
        return "see to `token`"
    return "see to the service behind `url`"


def _query(value: Any) -> str:
    """A parameter as it stands in the address."""
    if isinstance(value, list):
        return ",".join(value)
    return str(value) if isinstance(value, str) else value.strftime("%Y-%m-%dT%H:%M:%SZ")


def _cell(value: object) -> str:
    """What stands in a field, as text; what has no place in a cell is nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ";".join(str(item) for item in value if isinstance(item, str | int))[: LONGEST_CELL + 1]
    return str(value).strip()[: LONGEST_CELL + 1] if isinstance(value, str | int | float) else ""
