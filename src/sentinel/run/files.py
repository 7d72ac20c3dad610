"""Files: the folder that people write in, read from disk with bounds, and what its references stand for.

Belongs here: paths, sizes, bytes to text, the environment. Does not belong here: what the texts mean (config/ says that).
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from itertools import islice
from pathlib import Path, PurePath
from typing import TypeAlias

from sentinel.config import ConfigError, Problem, load
from sentinel.config.folder import MAIN, Proofread
from sentinel.config.reference import Resolve
from sentinel.config.tree import MAX_BYTES
from sentinel.exchange import blackbox
from sentinel.model.installation import Installation
from sentinel.model.kinds import Kinds
from sentinel.run.modules import read_modules

FOLDERS = ("checks", "templates/statements", "templates/customers")
MAX_FILES = 5_000
MAX_SECRET = 64_000


def open_installation(path: Path, kinds: Kinds, proofread: Proofread | None = None) -> Installation:
    """The installation of the sentinel.yaml at `path`, with absolute paths for its store, history and audiences.

    `proofread` says what is wrong in the templates (run/templates.py does); without it they are taken as they are.
    Raises ConfigError with all that is wrong, in what the files say (templates too) and in the files themselves, each mistake
    in the file as it is named on disk.
    """
    try:
        return _opened(path, kinds, proofread)
    except ConfigError as error:
        named = (replace(each, file=path.name) if each.file == MAIN else each for each in error.problems)
        raise ConfigError(named) from None


def _opened(path: Path, kinds: Kinds, proofread: Proofread | None) -> Installation:
    folder = path.absolute().parent
    texts, unread = _gather(folder, path.name)
    try:
        installation = load(texts, kinds, resolver(folder), proofread)
    except ConfigError as error:
        known = {problem.file for problem in unread}
        raise ConfigError([*unread, *(problem for problem in error.problems if problem.file not in known)]) from None
    if unread:
        raise ConfigError(unread)
    return replace(
        _with_modules(installation, folder),
        store=folder / installation.store,
        history=folder / installation.history if installation.history else None,
        audiences={
            name: replace(one, csv=folder / one.csv) if one.csv else one for name, one in installation.audiences.items()
        },
    )


def _with_modules(installation: Installation, folder: Path) -> Installation:
    """With the modules of its file as well, all of them looked at. Raises ConfigError."""
    modules, wrong = blackbox.modules(installation.modules)
    problems = [Problem(MAIN, 1, 1, f"modules: {what}", "correct it") for what in wrong]
    path = folder / installation.modules_file if installation.modules_file else None
    if path is not None:
        more, wrong = read_modules(path)
        problems += [Problem(str(installation.modules_file), 1, 1, what, "correct it") for what in wrong]
        modules = {**more, **modules}
    if problems:
        raise ConfigError(problems)
    return replace(installation, modules=modules, modules_file=path)


def digest(path: Path) -> str:
    """SHA-256 in hex of the names and texts of the installation of the sentinel.yaml at `path`: which edit of it this is.
    Secrets are not in it: the files hold references."""
    whole, texts = sha256(), _gather(path.absolute().parent, path.name)[0]
    for name in sorted(texts):
        for part in (name, texts[name]):
            whole.update(f"{len(part)}:{part}".encode("utf-8", "surrogatepass"))
    return whole.hexdigest()


Traces: TypeAlias = frozenset[tuple[str, int, int]]
"""Each file of an installation as it lies on disk: its name, when it was last written, its size."""


def traces(path: Path) -> Traces:
    """What tells that a file of the sentinel.yaml at `path` has changed, without reading any."""
    folder = path.absolute().parent
    return frozenset(_traces(islice(_files(folder, path.name), MAX_FILES + 1)))


def trace_of(path: PurePath | None) -> Traces:
    """The same of one file beside those."""
    return frozenset(_traces(() if path is None else ((str(path), Path(path)),)))


def _traces(files: Iterable[tuple[str, Path]]) -> Iterator[tuple[str, int, int]]:
    for name, file in files:
        with suppress(OSError):  # one that vanishes meanwhile is not there
            seen = file.stat()
            yield name, seen.st_mtime_ns, seen.st_size


def read(folder: Path) -> dict[str, str]:
    """The texts of an installation's folder by their path in it.

    Raises ConfigError for files that are larger than 1 MB (they are not read) or not UTF-8 (with the place).
    """
    texts, unread = _gather(folder, MAIN)
    if unread:
        raise ConfigError(unread)
    return texts


def resolver(folder: Path) -> Resolve:
    """What `env:NAME` and `file:path` (relative to `folder`) stand for; None where there is nothing to be had."""

    def resolve(name: str) -> str | None:
        kind, _, rest = name.partition(":")
        if kind == "env":
            return os.environ.get(rest)
        return _secret(folder / rest) if kind == "file" and rest and "\0" not in rest else None

    return resolve


def _gather(folder: Path, main: str) -> tuple[dict[str, str], list[Problem]]:
    """Every text that can be read, and a Problem for every file that cannot. The main file goes by its usual name."""
    texts: dict[str, str] = {}
    unread: list[Problem] = []
    for count, (name, path) in enumerate(_files(folder, main)):
        if count >= MAX_FILES:
            unread.append(Problem(name, 1, 1, f"this folder holds more than {MAX_FILES} files", "take the others out"))
            break
        found = _text(name, path)
        if isinstance(found, Problem):
            unread.append(found)
        else:
            texts[name] = found
    return texts, unread


def _files(folder: Path, main: str) -> Iterator[tuple[str, Path]]:
    """Name and path of each file that is part of an installation. Hidden files and editors' copies are not."""
    if (folder / main).exists():
        yield MAIN, folder / main
    for below in FOLDERS:
        place = folder / below
        for path in sorted(place.iterdir()) if place.is_dir() else ():
            if not path.name.startswith(".") and not path.name.endswith("~") and not path.is_dir():
                yield f"{below}/{path.name}", path


def _text(name: str, path: Path) -> str | Problem:
    try:
        # Only a plain file (or a link to one) is opened: a pipe would block for ever.
        raw = _bytes(path, MAX_BYTES) if path.is_file() else None
    except OSError as error:
        return Problem(name, 1, 1, f"this file cannot be read ({error.strerror})", "let Sentinel read it")
    if raw is None:
        return Problem(name, 1, 1, "this is not a file", "take it away")
    if len(raw) > MAX_BYTES:
        return Problem(name, 1, 1, "the file is larger than 1 MB", "split it")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig", "replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return Problem(name, line, column, "this is not text in UTF-8", "write the file in UTF-8")


def _secret(path: Path) -> str | None:
    try:
        raw = _bytes(path, MAX_SECRET) if path.is_file() else b""
        text = raw.decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    if not path.is_file() or len(raw) > MAX_SECRET:
        return None
    # A file that an editor or `echo` wrote ends in a line break that is no part of the secret.
    return text.removesuffix("\n").removesuffix("\r")


def _bytes(path: Path, most: int) -> bytes:
    """At most one byte more than `most`, by which the caller knows that there are more."""
    with path.open("rb") as file:
        return file.read(most + 1)
