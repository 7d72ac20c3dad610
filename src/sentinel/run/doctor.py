"""Doctor: what this machine and these files cannot do, found before the night on which it matters.

Belongs here: the examinations, each bounded in time, none of which changes anything or shows a secret. Does not belong here:
how the findings are shown (cli/doctor.py), what reaches out to other machines (run/reachable.py).
"""

import fcntl
import json
import os
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from sentinel.config.problem import ConfigError
from sentinel.config.reach import reach
from sentinel.directory import csv, http, sql
from sentinel.directory.rows import RowError, Unread
from sentinel.model.audience import Audience, Question
from sentinel.model.installation import Installation
from sentinel.run.files import open_installation, read
from sentinel.run.kinds import FoundKinds
from sentinel.run.templates import proofread

LITTLE_SPACE: Final = 1_000_000_000
TOO_LITTLE_SPACE: Final = 100_000_000
SOON: Final = timedelta(days=30)
BEHIND: Final = timedelta(minutes=1)
"""How far a clock may be behind the store's last write before that is no rounding."""
SOURCE_WITHIN: Final = timedelta(seconds=10)
PEOPLE_READ: Final = 100_000
_REFERENCE = re.compile(r"\$\{(?:env|file):[^{}]*\}")


class State(StrEnum):
    OK = "ok"
    WARNING = "warning"
    WRONG = "wrong"


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing looked at. `mend`: what to do, empty where all is well."""

    what: str
    state: State
    said: str
    mend: str = ""


def ok(what: str, said: str) -> Finding:
    return Finding(what=what, state=State.OK, said=said)


def warning(what: str, said: str, mend: str) -> Finding:
    return Finding(what=what, state=State.WARNING, said=said, mend=mend)


def wrong(what: str, said: str, mend: str) -> Finding:
    return Finding(what=what, state=State.WRONG, said=said, mend=mend)


def open_files(config: Path) -> tuple[Installation | None, Finding]:
    """The installation, if its files are valid. Without it little else can be looked at."""
    try:
        installation = open_installation(config, FoundKinds(), proofread)
    except ConfigError as error:
        count = len(error.problems)
        said = f"{count} {'mistake' if count == 1 else 'mistakes'}; the first: {error.problems[0]}"
        return None, wrong("files", said, "run `sentinel validate` and mend each line")
    counted = {
        "service": installation.services,
        "check": installation.checks,
        "statement": installation.statements,
        "template": installation.templates,
    }
    said = ", ".join(many(len(found), what) for what, found in counted.items())
    return installation, ok("files", f"valid: {said}, in {', '.join(installation.languages)}")


def many(number: int, what: str) -> str:
    """ "1 check", "3 checks"."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def of_this_machine(config: Path, installation: Installation, now: datetime) -> Iterator[Finding]:
    """What can be seen without asking any other machine."""
    store = Path(installation.store)
    yield from _secrets(config)
    yield _folder(store)
    yield _space(store)
    is_running = False
    for finding in _hub(store):
        is_running = finding.said.startswith("a hub runs")
        yield finding
    if not is_running:
        yield _port(installation.listen)
    yield _clock(store, now)
    yield _console(installation)
    yield _canaries(installation)
    yield from _returns(installation, is_running)
    yield from _words(installation, now)


def audience(installation: Installation, name: str, now: datetime) -> Finding:
    """One audience, read as for a message that began just now."""
    what, found = f"audience {name}", installation.audiences[name]
    people, broken, first = 0, 0, ""
    for one in islice(_people(found, installation, now), PEOPLE_READ):
        if isinstance(one, Unread):
            return wrong(what, str(one), "make it readable: nothing can be approved until it is")
        first = first or (str(one) if isinstance(one, RowError) else "")
        broken += isinstance(one, RowError)
        people += not isinstance(one, RowError)
    more = "more than " if people + broken >= PEOPLE_READ else ""
    if broken:
        said = f"{more}{_people_in(people)}; {many(broken, 'row')} with a mistake, the first: {first}"
        return warning(what, said, "mend it in the source; every message lists all of them beside its draft")
    if not people and (found.csv or found.sql or found.http):
        return warning(what, "nobody is in it", "look at its source, and at `segment`")
    return ok(what, f"{more}{_people_in(people)}")


def _people_in(number: int) -> str:
    return "1 person" if number == 1 else f"{number} people"


def _people(found: Audience, installation: Installation, now: datetime) -> Iterator[object]:
    question = Question(began_at=now, now=now, places=(installation.place,), services=tuple(installation.services))
    if found.csv is not None:
        yield from csv.read(found.csv, found.segment)
    elif found.sql is not None:
        source = replace(found.sql, timeout=min(found.sql.timeout, SOURCE_WITHIN))
        yield from sql.read(source, found.segment, question, found.name)
    elif found.http is not None:
        asked = replace(found.http, timeout=min(found.http.timeout, SOURCE_WITHIN))
        yield from http.read(asked, found.segment, question, found.name)


def _secrets(config: Path) -> Iterator[Finding]:
    """That every reference has a value is part of being valid; who else can read them is not."""
    try:
        texts = read(config.absolute().parent)
    except ConfigError:  # it was valid a moment ago
        return
    names = {name for text in texts.values() for name in _REFERENCE.findall("\n".join(_uncommented(text)))}
    folder = config.absolute().parent
    files = [folder / name[len("${file:") : -1] for name in names if name.startswith("${file:")]
    open_to_all = sorted(str(file) for file in files if file.exists() and file.stat().st_mode & 0o004)
    if open_to_all:
        yield warning("secrets", f"everybody on this machine can read {', '.join(open_to_all)}", "chmod 600 them")
    else:
        yield ok("secrets", f"{many(len(names), 'reference')}, all resolved; none is shown")


def _uncommented(text: str) -> Iterator[str]:
    yield from (line for line in text.splitlines() if not line.lstrip().startswith("#"))


def _folder(store: Path) -> Finding:
    if not store.parent.is_dir():
        return wrong(
            "store", f"there is no folder {store.parent}", f"mkdir -p {store.parent}, owned by the user that runs Sentinel"
        )
    unfit = [path for path in (store.parent, store) if path.exists() and not os.access(path, os.W_OK)]
    if unfit:
        return wrong("store", f"{unfit[0]} cannot be written", "give it to the user that runs Sentinel")
    return ok("store", f"{store}{'' if store.exists() else ' (not there yet: the first start makes it)'}")


def _space(store: Path) -> Finding:
    try:
        free = shutil.disk_usage(store.parent).free
    except OSError as error:
        return wrong("disk", f"cannot be looked at ({error.strerror})", "look at the folder of the store")
    said = f"{free / 1e9:.1f} GB free"
    if free < TOO_LITTLE_SPACE:
        return wrong("disk", said, "make room: a full disk stops every write, and with it every message")
    return warning("disk", said, "make room before it is under 0.1 GB") if free < LITTLE_SPACE else ok("disk", said)


def _canaries(installation: Installation) -> Finding:
    count = len(installation.canaries)
    if count == 0:
        said = "none: when this machine's own network fails, every check looks down"
        return warning("canaries", said, "name three targets in `canaries` that are not yours and do not fail together")
    if count < 3:
        return warning("canaries", f"only {'one' if count == 1 else 'two'}, and one alone may lie", "name three")
    return ok("canaries", f"{count} canaries say whether this machine can see")


def _returns(installation: Installation, is_running: bool) -> Iterator[Finding]:
    """Whether what cannot be delivered by mail comes back to us."""
    ways = installation.returns
    sent_back = [name for name, one in installation.channels.items() if one.kind == "email" and one.options.bounces]
    if sent_back and ways.mailbox is None and not ways.lmtp:
        said = f"mail by {', '.join(sent_back)} that cannot be delivered goes to a mailbox that the hub does not read"
        yield warning("bounces", said, "write `returns:` with `imap` or `lmtp`: docs/how-to/handle-bounces.md")
    if ways.lmtp and not is_running:
        yield replace(_port(ways.lmtp), what="bounces by LMTP")


def _hub(store: Path) -> Iterator[Finding]:
    """Whether a hub holds the lock. A shared one is tried, and let go at once."""
    lock = Path(f"{store}.lock")
    if not lock.exists():
        yield ok("hub", "none has run here yet")
        return
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        yield _is_answering(store)
    except OSError as error:
        yield wrong("hub", f"{lock} cannot be opened ({error.strerror})", "run this as the user that runs Sentinel")
    else:
        yield ok("hub", "none runs at the moment; the lock is free")


def _is_answering(store: Path) -> Finding:
    try:
        held = json.loads(Path(f"{store}.hub").read_text(encoding="utf-8"))
        address = re.fullmatch(r"http://(.+):(\d+)", str(held["url"]))
        assert address is not None
        with closing(socket.create_connection((address[1].strip("[]"), int(address[2])), timeout=3)):
            return ok("hub", f"a hub runs (process {held['process']}) and answers on {address[1]}:{address[2]}")
    except (OSError, ValueError, KeyError, AssertionError):
        said = "a hub runs, which holds the lock, and it does not answer"
        return wrong("hub", said, "look into its log; restart it if nothing is being sent")


def _port(listen: str) -> Finding:
    host, _, port = listen.rpartition(":")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host.strip("[]"), int(port)))
    except OSError as error:
        return wrong("port", f"{listen} cannot be had ({error.strerror})", "free it, or write another one under `listen:`")
    return ok("port", f"{listen} is free")


def _clock(store: Path, now: datetime) -> Finding:
    """The store's files were last written before now, or the clock goes wrong: times in messages are made from it."""
    written = [path.stat().st_mtime for path in (store, Path(f"{store}-wal")) if path.exists()]
    last = datetime.fromtimestamp(max(written), UTC) if written else None
    if last is not None and last > now + BEHIND:
        said = f"it shows {now:%Y-%m-%d %H:%M} UTC, and the store was written at {last:%Y-%m-%d %H:%M}"
        return wrong("clock", said, "set it, and let NTP keep it; messages promise times by this clock")
    return ok("clock", f"{now:%Y-%m-%d %H:%M} UTC{', after the store was last written' if last else ''}")


def _console(installation: Installation) -> Finding:
    url = installation.url
    if url.startswith("https://") or re.match(r"http://(localhost|127\.|\[::1\])", url):
        return ok("console", url)
    return warning("console", f"{url} is not encrypted", "put a proxy with TLS in front, and write https:// under `url:`")


def _words(installation: Installation, now: datetime) -> Iterator[Finding]:
    """What was once right and is so no longer, or soon: reassurances, reviews, statements that reach nobody."""
    today = now.astimezone(ZoneInfo(installation.zone)).date()
    found = reach(installation, today)
    for statement, evidence, until in found.lapsed:
        said = f"{statement}: the one by {evidence} ended on {until}, and is left out"
        yield warning("assurance", said, "ask its owner to renew it, or take it out")
    for one in installation.statements.values():
        for assurance in one.assure:
            if assurance.is_current(today) and assurance.until - today <= SOON:
                said = f"{one.id}: the one by {assurance.evidence} ends on {assurance.until}"
                yield warning("assurance", said, f"ask {assurance.owner} to renew it")
    for service, reviewed in found.overdue:
        yield warning("owner", f"{service}: last looked at on {reviewed}", "check team and person, and set `reviewed` to today")
    silent = [one.statement for one in found.reaches if not one.reaches]
    if silent:
        yield warning("reach", f"{', '.join(silent)} can reach no customer", "`sentinel validate` says why for each")
    if not (found.lapsed or found.overdue or silent):
        yield ok("words", f"{len(found.reaches)} statements can reach customers")
